//! The plan of networks whose activations fit into a workgroup's memory (`shader/chunk.wgsl`).

use crate::model::layout::{LANES, Layout};
use crate::shader::{self, BACKWARD, CHUNK, PIECE, STEPS};

use super::{Adapter, SOFT_TURNS};

/// Bytes of a vector.
const VECTOR: usize = 16;

/// Invocations of a workgroup at least on the software adapter: a few vectors of four.
const SOFT_UNITS: usize = 16;

/// Bytes of a workgroup's memory there, where it is a part of a buffer: what a cache has for it.
const SOFT_MEMORY: usize = 128 << 10;

/// Tiles of a chunk there, one after the other.
const SOFT_ROUNDS: usize = 16;

/// Invocations of a workgroup at least, on a card, that a mini-batch is spread over: half a processor's lanes.
const CARD_UNITS: usize = 64;

/// Vectors of a gradient at most that an invocation of a card sums up: as many as it has registers for.
const CARD_OWNED: usize = 16;

/// Invocations of a workgroup at most.
const MOST: usize = 256;

/// Workgroups at most that a mini-batch is spread over, on a card and, if its turns allow it, on the software adapter: each
/// leaves a gradient of its own, which is to be added up.
const MOST_PARTS: (usize, usize) = (128, 8);

/// Constants of the kernels; sizes in vectors of four where they say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plan {
    /// Width of the layer.
    pub d: usize,
    /// Features.
    pub m: usize,
    /// Hidden units, in vectors.
    pub width: usize,
    /// Tiles of four draws that are computed side by side.
    pub beside: usize,
    /// And one after the other, in one chunk.
    pub rounds: usize,
    /// Whether the parameters are in the workgroup's memory.
    pub held: bool,
    /// Whether that memory is a part of a buffer.
    pub buffered: bool,
    /// Rows of A₂'s gradient that an invocation owns together.
    pub owned: usize,
    /// Features that an invocation sums at a time: one or four.
    pub summed: usize,
}

impl Plan {
    /// A plan with the parameters in the workgroup's memory, or none where they do not fit: with as few chunks a
    /// mini-batch as there is room for.
    pub fn resident(layout: Layout, batch: usize, adapter: &Adapter) -> Option<Self> {
        let tiles = batch.div_ceil(LANES).max(1);
        let plan = |beside, rounds| Self::new(layout, beside, rounds, true, adapter);
        let plans: Vec<Self> = if adapter.software {
            let beside = SOFT_UNITS.div_ceil(layout.lanes() / LANES).min(tiles);
            (1..=SOFT_ROUNDS).map(|rounds| plan(beside, rounds)).collect()
        } else {
            (1..=tiles.min(MOST)).map(|beside| plan(beside, 1)).collect()
        };
        let plans = plans.into_iter().filter(|plan| plan.fits(adapter));
        plans.min_by_key(|plan| batch.div_ceil(plan.draws()))
    }

    /// A plan for a mini-batch that many workgroups share, or none where the activations of four draws do not fit.
    pub fn spread(layout: Layout, adapter: &Adapter) -> Option<Self> {
        let width = layout.lanes() / LANES;
        let fewest = if adapter.software { SOFT_UNITS } else { CARD_UNITS };
        let enough = fewest.div_ceil(width);
        let sizes = (1..=enough).rev().chain(enough + 1..=MOST / width);
        let sizes = sizes.flat_map(|beside| [(beside, true), (beside, false)]);
        let mut plans = sizes.map(|(beside, held)| Self::new(layout, beside, 1, held, adapter));
        plans.find(|plan| plan.fits(adapter))
    }

    fn new(layout: Layout, beside: usize, rounds: usize, held: bool, adapter: &Adapter) -> Self {
        let Layout { d, m, .. } = layout;
        let width = layout.lanes() / LANES;
        let units = width * beside;
        let (owned, summed) = if adapter.software {
            (LANES, LANES)
        } else {
            // Each invocation is to have something to do.
            let enough = |owned: &usize| m.div_ceil(*owned) * width >= units;
            let all = beside * rounds * m.div_ceil(LANES) >= units;
            ([4, 2].into_iter().find(enough).unwrap_or(1), if all { LANES } else { 1 })
        };
        let buffered = adapter.software;
        Self { d, m, width, beside, rounds, held, buffered, owned, summed }
    }

    /// Invocations of a workgroup.
    pub fn units(&self) -> usize {
        self.width * self.beside
    }

    /// Draws of a chunk.
    pub fn draws(&self) -> usize {
        LANES * self.beside * self.rounds
    }

    /// Vectors of a run's parameters.
    pub fn vectors(&self) -> usize {
        2 * ((self.d + 1 + self.m) * self.width + self.m.div_ceil(LANES))
    }

    /// Vectors of a workgroup's memory: what chunk.wgsl numbers.
    pub fn region(&self) -> usize {
        let Self { d, m, width, beside, rounds, .. } = *self;
        let tiles = beside * rounds;
        let features = m.next_multiple_of(LANES);
        let weights = if self.held { (d + 1) * width + features * (width | 1) } else { 0 };
        // Where there is one round, q stays in registers and the parts of y' have its place.
        let parts = if rounds > 1 { 4 + d } else { d.max(4) };
        2 * weights + tiles * (d * (d + 2) + (4 + parts) * width + 2 * features)
    }

    /// Bytes that a kernel declares as workgroup memory.
    pub fn memory(&self) -> usize {
        // Each array takes whole vectors.
        let numbers = 2 * self.m.next_multiple_of(LANES) + self.units().next_multiple_of(LANES);
        4 * numbers + if self.buffered { 0 } else { VECTOR * self.region() }
    }

    /// Workgroups that a piece of so many draws is spread over.
    pub fn workgroups(&self, draws: usize, adapter: &Adapter) -> usize {
        let chunks = draws.div_ceil(self.draws()).max(1);
        if adapter.software {
            let each = (SOFT_TURNS / self.chunk_turns()).max(1);
            chunks.min(MOST_PARTS.1).max(chunks.div_ceil(each))
        } else {
            chunks.min(MOST_PARTS.0)
        }
    }

    /// Steps on mini-batches of so many draws that a dispatch may take.
    pub fn steps(&self, batch: usize, adapter: &Adapter) -> usize {
        if adapter.software { (SOFT_TURNS / self.step_turns(batch)).clamp(1, STEPS) } else { STEPS }
    }

    /// Turns of loops that an invocation takes in a step: rather more than it does, since compilers unroll some.
    pub fn step_turns(&self, batch: usize) -> usize {
        let Self { d, m, beside, rounds, owned, .. } = *self;
        let (units, features, tiles) = (self.units(), m.div_ceil(LANES), beside * rounds);
        let own = m.div_ceil(owned) * self.width;
        let own = own.div_ceil(units) * (2 * owned + 1) + 6 * features.div_ceil(units);
        let round = (2 * (d + 1)).min(8 * rounds);
        let sums = (2 * (d + 1)).div_ceil(round) * (d + 2 + round.div_ceil(beside) * (beside + 1));
        let kept = 2 * ((d + 1 + m).div_ceil(beside) + features.div_ceil(units) + 2);
        let gradients = own + 2 * (d + 1) + sums + units.min(tiles * d) + kept;
        batch.div_ceil(self.draws()) * self.chunk_turns() + gradients
    }

    /// The same for a chunk, there and back.
    fn chunk_turns(&self) -> usize {
        let Self { d, m, width, beside, rounds, owned, summed, .. } = *self;
        let (units, features, tiles) = (self.units(), m.div_ceil(LANES), beside * rounds);
        let each = |tasks: usize, turns: usize| tasks.div_ceil(units) * turns;
        let numbers = each(tiles * d * (d + 2), 6);
        let layer = if summed == 1 {
            each(tiles * LANES * features, 2 + d + width)
        } else {
            each(tiles * features, 6 + d + width)
        };
        let rows = rounds * (4 + m + m.div_ceil(width) + d * (d + 3) + d);
        let errors = each(tiles * d, 5 + width);
        let back = rounds * (4 + d * (2 * d + 2) + m + d);
        let own = each(m.div_ceil(owned) * width, 1 + tiles * (owned + 1));
        let biases = each(features, 3 + tiles * (3 + d));
        numbers + 2 * layer + rows + errors + back + 2 * own + biases
    }

    /// What adds up the parts of a gradient that is spread.
    pub fn adam(&self, adapter: &Adapter) -> shader::Parts {
        let (columns, slices) = if adapter.software { (64, 1) } else { (32, 8) };
        shader::Parts { vectors: self.vectors(), other: (0, 0, 0), columns, slices }
    }

    fn fits(&self, adapter: &Adapter) -> bool {
        let units = self.units();
        let room = if self.buffered {
            VECTOR * self.region() <= SOFT_MEMORY
        } else {
            self.m.div_ceil(self.owned) * self.width * self.owned <= CARD_OWNED * units
        };
        let most = adapter.invocations.min(MOST);
        room && (1..=most).contains(&units) && self.memory() <= adapter.memory
    }

    /// The kernel that takes many steps. Where the memory is a part of a buffer, that is the binding behind the others, as
    /// for the other kernels.
    pub fn resident_kernel(&self) -> String {
        let steps = shader::constants(&[("STEPS", STEPS)]);
        let own = include_str!("../shader/resident.wgsl");
        let memory = self.memory_at(9);
        [&self.constants(), &steps, &shader::adams(), CHUNK, &memory, BACKWARD, own].concat()
    }

    /// The kernel that makes the gradient's parts of a step.
    pub fn spread_kernel(&self) -> String {
        let own = include_str!("../shader/spread.wgsl");
        [&self.constants(), PIECE, CHUNK, &self.memory_at(7), BACKWARD, own].concat()
    }

    /// The kernel that makes y' or its squared errors.
    pub fn evaluating_kernel(&self) -> String {
        let own = include_str!("../shader/predict.wgsl");
        [&self.constants(), CHUNK, &self.memory_at(6), own].concat()
    }

    fn memory_at(&self, binding: usize) -> String {
        shader::memory(self.buffered.then_some(binding))
    }

    /// The constants as the kernels' text begins with them.
    fn constants(&self) -> String {
        let Self { d, m, width, beside, rounds, held, owned, summed, .. } = *self;
        let numbers = shader::constants(&[
            ("D", d),
            ("M", m),
            ("W", width),
            ("G", beside),
            ("R", rounds),
            ("KT", owned),
            ("FT", summed),
        ]);
        format!("{numbers}const HELD: bool = {held};\n")
    }
}
