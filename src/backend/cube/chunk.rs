//! The first dispatch of a small step: forward and backward of a chunk of draws in one workgroup.
//!
//! A workgroup takes a group of draws ([`Plan::draws`]) at a time and keeps what they make in workgroup memory,
//! draws being the fast dimension, four in a vector. An invocation owns four neighbouring hidden units: what it
//! computes for them from a row of weights and a row of draws is an outer product, so that eight loads feed sixteen
//! multiply-adds, or twelve thirty-two. Φ's hidden layer is never stored: it is made for y' and once more for the
//! gradient, since with a small d that costs less than to keep it.

use burn_wgpu::CubeTensor;
use cubecl::prelude::*;

use crate::layout::{LANES, Layout};
use crate::op::{DrawTensors, StateTensors};
use crate::span::{Piece, Span};

use super::{Control, CubeBackend, Four, adam, buffer, empty, field};

/// What every WebGPU device gives a workgroup, in vectors: 16 KiB.
const MEMORY: usize = 1024;

/// What every WebGPU device allows in a workgroup.
const MOST_UNITS: usize = 256;

/// Workgroups of a dispatch at most. Each writes a gradient of its own, which the second dispatch reads.
const MOST_CHUNKS: usize = 128;

/// Draws in a piece at most, so that no dispatch lasts so long that a driver would take the device for hung.
const PIECE: usize = 1 << 14;

/// How a recipe is computed, in vectors of four. Part of the kernel: everything in it is known when that is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Plan {
    d: usize,
    m: usize,
    /// Hidden units.
    width: usize,
    /// Features.
    features: usize,
    /// Draws in a group.
    fours: usize,
    /// Invocations in a workgroup.
    units: usize,
    /// Invocations that share the sum for four features.
    parts: usize,
    /// Whether no workgroup takes more than one group.
    single: bool,
}

impl Plan {
    /// A plan for these networks, or none if they need more memory than a workgroup has.
    pub(super) fn of(layout: Layout) -> Option<Self> {
        let (width, features) = (layout.lanes() / LANES, layout.features() / LANES);
        let units = width.max(16);
        let plan = |fours| Self {
            d: layout.d,
            m: layout.m,
            width,
            features,
            fours,
            units,
            parts: (units / features).clamp(1, width),
            single: true,
        };
        let fits = |plan: &Self| plan.units <= MOST_UNITS && plan.memory() <= MEMORY;
        [2, 1].map(plan).into_iter().find(fits)
    }

    /// Draws in a group.
    fn draws(&self) -> usize {
        LANES * self.fours
    }

    /// Vectors of workgroup memory.
    fn memory(&self) -> usize {
        let Self { d, width, features, fours, .. } = self;
        fours * (d * (d + 2) + 2 * LANES * width + LANES * features + 2) + self.scratch()
    }

    /// Vectors for sums that several invocations have a part of.
    fn scratch(&self) -> usize {
        let Self { d, features, fours, units, parts, .. } = self;
        fours * (parts * LANES * features).max(units * d)
    }

    /// Workgroups for so many draws.
    fn chunks(&self, draws: usize) -> usize {
        draws.div_ceil(self.draws()).min(MOST_CHUNKS)
    }

    /// Vectors of the parameters, and one for the loss.
    fn row(&self) -> usize {
        2 * self.network() + 1
    }

    /// Vectors of one network: [`Layout::network`].
    fn network(&self) -> usize {
        self.output_bias() + self.features
    }

    /// [`Layout::output_weight`] in vectors.
    fn output_weight(&self) -> usize {
        (self.d + 1) * self.width
    }

    /// [`Layout::output_bias`] in vectors.
    fn output_bias(&self) -> usize {
        (self.d + 1 + self.m) * self.width
    }
}

/// Trains on a span: two dispatches a step.
pub(super) fn train(
    plan: &Plan,
    state: &StateTensors<CubeBackend>,
    draws: &DrawTensors<CubeBackend>,
    order: &CubeTensor,
    span: &Span,
) {
    let chunks = plan.chunks(span.batch.min(span.n));
    let parts = empty(&state.parameters, [chunks * plan.row() * LANES].into());
    let pieces: Vec<Piece> = span.pieces(PIECE).collect();
    let control = Control::of(span, &pieces, &state.parameters);
    for (index, piece) in pieces.iter().enumerate() {
        let count = piece.end - piece.start;
        let chunks = plan.chunks(count);
        gradient::launch(
            &state.parameters.client,
            CubeCount::Static(chunks as u32, 1, 1),
            CubeDim::new_1d(plan.units as u32),
            buffer(&state.parameters),
            buffer(&draws.w),
            buffer(&draws.x),
            buffer(&draws.y),
            buffer(order),
            buffer(&parts),
            buffer(&control.tensor),
            index as u32,
            Plan { single: count <= chunks * plan.draws(), ..*plan },
        );
        adam::update(state, &parts, chunks, &control, index);
    }
}

/// y' of draws W `[batch, d, d]`, x `[batch, d]` into `[batch, d]`.
pub(super) fn predict(
    plan: &Plan,
    parameters: &CubeTensor,
    w: &CubeTensor,
    x: &CubeTensor,
    order: &CubeTensor,
    output: &CubeTensor,
) {
    let count = x.meta.num_elements() / plan.d;
    if count == 0 {
        return;
    }
    prediction::launch(
        &parameters.client,
        CubeCount::Static(plan.chunks(count) as u32, 1, 1),
        CubeDim::new_1d(plan.units as u32),
        buffer(parameters),
        buffer(w),
        buffer(x),
        buffer(order),
        buffer(output),
        count as u32,
        *plan,
    );
}

/// Workgroup memory. Quantities of a draw are `[…, fours]`: row after row, the group's draws in each.
#[derive(CubeType)]
struct Memory {
    /// x, `[d, fours]`.
    x: Shared<[Four]>,
    /// W, `[d, d, fours]`.
    w: Shared<[Four]>,
    /// Ψ's hidden layer, `[4 · width, fours]`.
    hidden: Shared<[Four]>,
    /// s = Σᵢ gᵢ·Hᵢ, `[4 · width, fours]`.
    pulled: Shared<[Four]>,
    /// Ψ's features, `[4 · features, fours]`; later their gradient.
    psi: Shared<[Four]>,
    /// y' and later the gradient there, `[d, fours]`.
    output: Shared<[Four]>,
    /// Σᵢ gᵢ, `[fours]`.
    pull: Shared<[Four]>,
    /// Squared errors, `[fours]`.
    squares: Shared<[Four]>,
    /// Sums in parts.
    scratch: Shared<[Four]>,
}

#[cube]
fn memory(#[comptime] plan: Plan) -> Memory {
    let fours = comptime!(plan.fours);
    Memory {
        x: Shared::new_slice(comptime!(plan.d * fours)),
        w: Shared::new_slice(comptime!(plan.d * plan.d * fours)),
        hidden: Shared::new_slice(comptime!(4 * plan.width * fours)),
        pulled: Shared::new_slice(comptime!(4 * plan.width * fours)),
        psi: Shared::new_slice(comptime!(4 * plan.features * fours)),
        output: Shared::new_slice(comptime!(plan.d * fours)),
        pull: Shared::new_slice(fours),
        squares: Shared::new_slice(fours),
        scratch: Shared::new_slice(comptime!(plan.scratch())),
    }
}

/// Partial gradients and losses of a piece: a row of `parts` for each workgroup.
#[cube(launch)]
#[allow(clippy::too_many_arguments)] // a kernel's bindings
fn gradient(
    parameters: &[Four],
    w: &[f32],
    x: &[f32],
    y: &[f32],
    order: &[i32],
    parts: &mut [f32],
    control: &[f32],
    piece: u32,
    #[comptime] plan: Plan,
) {
    let Plan { d, m, width, features, fours, units, .. } = comptime!(plan);
    let network = comptime!(plan.network());
    let end = field(control, piece, Control::END) as usize;
    let scale = field(control, piece, Control::SCALE);
    let unit = UNIT_POS as usize;
    let row = CUBE_POS_X as usize * comptime!(plan.row());
    let mut memory = memory(plan);
    let mut first = field(control, piece, Control::START) as usize
        + CUBE_POS_X as usize * comptime!(plan.draws());
    let mut again = false;
    while first < end {
        load(&mut memory.x, x, order, first, end, d, plan);
        load(&mut memory.w, w, order, first, end, comptime!(d * d), plan);
        sync_cube();
        let query = forward(&mut memory, parameters, plan);

        // The gradient at y', nought for what stands beyond the piece's end.
        if unit < fours {
            let begin = first + unit * 4;
            let mut pull = Four::new(0.0);
            let mut squares = Four::new(0.0);
            for i in 0..d {
                let at = i * fours + unit;
                let mut error = memory.output[at] - gather(y, order, begin, end, d, i);
                #[unroll]
                for lane in 0..4usize {
                    error.insert(lane, select(begin + lane < end, error.extract(lane), 0.0));
                }
                let g = error * Four::new(2.0 * scale);
                memory.output[at] = g;
                pull += g;
                squares += error * error;
            }
            memory.pull[unit] = pull;
            memory.squares[unit] = squares;
        }
        sync_cube();

        if unit == 0 {
            let mut squares = memory.squares[0];
            for q in 1..fours {
                squares += memory.squares[q];
            }
            put(parts, (row + comptime!(2 * network)) * 4, total(squares) * scale, again, plan);
        }

        // Φ: the gradient of A₁ and b₁, s, and with that of A₂.
        if unit < width {
            let mut pulled = Array::<Four>::new(comptime!(4 * fours));
            fill(&mut pulled, Four::new(0.0), plan);
            let mut rows = Array::<Four>::new(comptime!(d + 1));
            for k in 0..comptime!(d + 1) {
                rows[k] = Four::new(0.0);
            }
            for i in 0..d {
                let mut tile = phi_hidden(&memory.w, parameters, i, plan);
                #[unroll]
                for q in 0..fours {
                    let g = memory.output[i * fours + q];
                    #[unroll]
                    for u in 0..4usize {
                        let at = comptime!(u * fours + q);
                        let hidden = tile[at];
                        pulled[at] += g * hidden;
                        tile[at] = where_positive(hidden, g * query[at]);
                    }
                }
                rows[d] += sums(&tile, plan);
                for k in 0..d {
                    rows[k] += outer(&memory.w, (i * d + k) * fours, &tile, plan);
                }
            }
            for k in 0..comptime!(d + 1) {
                put_four(parts, row + network + k * width + unit, rows[k], again, plan);
            }
            store(&mut memory.pulled, unit, &pulled, plan);
            let begin = row + comptime!(network + plan.output_weight()) + unit;
            for k in 0..m {
                let value = outer(&memory.psi, k * fours, &pulled, plan);
                put_four(parts, begin + k * width, value, again, plan);
            }
        }
        for k in range_stepped(unit, comptime!(4 * features), units) {
            let mut sum = 0.0f32;
            for q in 0..fours {
                sum += memory.psi[k * fours + q].dot(memory.pull[q]);
            }
            put(parts, (row + comptime!(network + plan.output_bias())) * 4 + k, sum, again, plan);
        }
        sync_cube();

        // The features' gradient takes their place.
        contract(
            &mut memory.scratch,
            &memory.pulled,
            parameters,
            comptime!(network + plan.output_weight()),
            plan,
        );
        sync_cube();
        let bias = comptime!(network + plan.output_bias());
        for at in range_stepped(unit, comptime!(4 * features * fours), units) {
            let pull = memory.pull[at % fours];
            memory.psi[at] = feature(&memory.scratch, parameters, bias, at, pull, plan);
        }
        sync_cube();

        // Ψ.
        if unit < width {
            let tile = read(&memory.hidden, unit, plan);
            let begin = row + comptime!(plan.output_weight()) + unit;
            for k in 0..m {
                let value = outer(&memory.psi, k * fours, &tile, plan);
                put_four(parts, begin + k * width, value, again, plan);
            }
            let mut back = Array::<Four>::new(comptime!(4 * fours));
            fill(&mut back, Four::new(0.0), plan);
            columns(
                &mut back,
                parameters,
                comptime!(plan.output_weight()),
                &memory.psi,
                0usize,
                m,
                plan,
            );
            #[unroll]
            for at in 0..comptime!(4 * fours) {
                back[at] = where_positive(tile[at], back[at]);
            }
            let bias = sums(&back, plan);
            for k in 0..d {
                let value = outer(&memory.x, k * fours, &back, plan);
                put_four(parts, row + k * width + unit, value, again, plan);
            }
            put_four(parts, row + comptime!(d * width) + unit, bias, again, plan);
        }
        for k in range_stepped(unit, comptime!(4 * features), units) {
            let mut sum = 0.0f32;
            for q in 0..fours {
                sum += total(memory.psi[k * fours + q]);
            }
            put(parts, (row + comptime!(plan.output_bias())) * 4 + k, sum, again, plan);
        }
        sync_cube();
        first += CUBE_COUNT_X as usize * comptime!(plan.draws());
        again = true;
    }
}

/// y' alone.
#[cube(launch)]
fn prediction(
    parameters: &[Four],
    w: &[f32],
    x: &[f32],
    order: &[i32],
    output: &mut [f32],
    end: u32,
    #[comptime] plan: Plan,
) {
    let Plan { d, fours, units, .. } = comptime!(plan);
    let end = end as usize;
    let unit = UNIT_POS as usize;
    let mut memory = memory(plan);
    let mut first = CUBE_POS_X as usize * comptime!(plan.draws());
    while first < end {
        load(&mut memory.x, x, order, first, end, d, plan);
        load(&mut memory.w, w, order, first, end, comptime!(d * d), plan);
        sync_cube();
        let _query = forward(&mut memory, parameters, plan);
        for at in range_stepped(unit, comptime!(d * fours), units) {
            let draw = first + at % fours * 4;
            let value = memory.output[at];
            #[unroll]
            for lane in 0..4usize {
                if draw + lane < end {
                    output[(draw + lane) * d + at / fours] = value.extract(lane);
                }
            }
        }
        sync_cube();
        first += CUBE_COUNT_X as usize * comptime!(plan.draws());
    }
}

/// From x and W in memory to Ψ's hidden layer, Ψ's features and y', complete for every invocation. Returns q of this
/// invocation's hidden units.
#[cube]
fn forward(memory: &mut Memory, parameters: &[Four], #[comptime] plan: Plan) -> Array<Four> {
    let Plan { d, m, width, features, fours, units, .. } = comptime!(plan);
    let network = comptime!(plan.network());
    let unit = UNIT_POS as usize;
    if unit < width {
        let mut tile = Array::<Four>::new(comptime!(4 * fours));
        fill(&mut tile, parameters[comptime!(d * width) + unit], plan);
        columns(&mut tile, parameters, 0usize, &memory.x, 0usize, d, plan);
        #[unroll]
        for at in 0..comptime!(4 * fours) {
            tile[at] = relu(tile[at]);
        }
        store(&mut memory.hidden, unit, &tile, plan);
    }
    sync_cube();
    contract(
        &mut memory.scratch,
        &memory.hidden,
        parameters,
        comptime!(plan.output_weight()),
        plan,
    );
    sync_cube();
    let bias = comptime!(plan.output_bias());
    for at in range_stepped(unit, comptime!(4 * features * fours), units) {
        memory.psi[at] = feature(&memory.scratch, parameters, bias, at, Four::new(1.0), plan);
    }
    sync_cube();

    let mut query = Array::<Four>::new(comptime!(4 * fours));
    fill(&mut query, Four::new(0.0), plan);
    if unit < width {
        let weight = comptime!(network + plan.output_weight());
        columns(&mut query, parameters, weight, &memory.psi, 0usize, m, plan);
        for i in 0..d {
            let tile = phi_hidden(&memory.w, parameters, i, plan);
            #[unroll]
            for q in 0..fours {
                let mut sum = tile[q] * query[q];
                #[unroll]
                for u in 1..4usize {
                    sum += tile[comptime!(u * fours + q)] * query[comptime!(u * fours + q)];
                }
                memory.scratch[(unit * d + i) * fours + q] = sum;
            }
        }
    }
    sync_cube();
    for at in range_stepped(unit, comptime!(d * fours), units) {
        let mut sum = memory.scratch[at];
        for part in 1..width {
            sum += memory.scratch[part * comptime!(d * fours) + at];
        }
        let q = at % fours;
        for band in 0..features {
            let bias = parameters[comptime!(network + plan.output_bias()) + band];
            #[unroll]
            for u in 0..4usize {
                sum += memory.psi[(4 * band + u) * fours + q] * Four::new(bias.extract(u));
            }
        }
        memory.output[at] = sum;
    }
    sync_cube();
    query
}

/// Φ's hidden layer of the group's `i`-th rows, for this invocation's four units.
#[cube]
fn phi_hidden(
    w: &Shared<[Four]>,
    parameters: &[Four],
    i: usize,
    #[comptime] plan: Plan,
) -> Array<Four> {
    let Plan { d, width, fours, .. } = comptime!(plan);
    let network = comptime!(plan.network());
    let mut tile = Array::<Four>::new(comptime!(4 * fours));
    fill(&mut tile, parameters[comptime!(network + d * width) + UNIT_POS as usize], plan);
    columns(&mut tile, parameters, network, w, i * comptime!(d * fours), d, plan);
    #[unroll]
    for at in 0..comptime!(4 * fours) {
        tile[at] = relu(tile[at]);
    }
    tile
}

/// Adds a product's four columns: Σₖ weight(k, column) · operand(k), for each of the group's draws.
#[cube]
fn columns(
    tile: &mut Array<Four>,
    parameters: &[Four],
    #[comptime] weight: usize,
    operand: &Shared<[Four]>,
    begin: usize,
    #[comptime] rows: usize,
    #[comptime] plan: Plan,
) {
    let Plan { width, fours, .. } = comptime!(plan);
    let column = UNIT_POS as usize + weight;
    for k in 0..rows {
        let factors = parameters[column + k * width];
        #[unroll]
        for q in 0..fours {
            let value = operand[begin + k * fours + q];
            #[unroll]
            for u in 0..4usize {
                tile[comptime!(u * fours + q)] += value * Four::new(factors.extract(u));
            }
        }
    }
}

/// The other product with a second layer's weights, Σⱼ weight(k, j) · operand(j), in parts that [`feature()`] adds up:
/// there are fewer features than invocations.
#[cube]
fn contract(
    scratch: &mut Shared<[Four]>,
    operand: &Shared<[Four]>,
    parameters: &[Four],
    #[comptime] weight: usize,
    #[comptime] plan: Plan,
) {
    let Plan { width, features, fours, units, parts, .. } = comptime!(plan);
    for task in range_stepped(UNIT_POS as usize, comptime!(parts * features), units) {
        let begin = weight + task % features * comptime!(4 * width);
        let mut tile = Array::<Four>::new(comptime!(4 * fours));
        fill(&mut tile, Four::new(0.0), plan);
        for column in range_stepped(task / features, width, parts) {
            let values = read(operand, column, plan);
            #[unroll]
            for k in 0..4usize {
                let factors = parameters[begin + k * width + column];
                #[unroll]
                for u in 0..4usize {
                    let factor = Four::new(factors.extract(u));
                    #[unroll]
                    for q in 0..fours {
                        tile[comptime!(k * fours + q)] += values[comptime!(u * fours + q)] * factor;
                    }
                }
            }
        }
        store(scratch, task, &tile, plan);
    }
}

/// One feature of four draws from the parts that [`contract()`] left, and its bias times something; nought where the
/// feature is padding.
#[cube]
fn feature(
    scratch: &Shared<[Four]>,
    parameters: &[Four],
    #[comptime] bias: usize,
    at: usize,
    times: Four,
    #[comptime] plan: Plan,
) -> Four {
    let Plan { m, features, fours, parts, .. } = comptime!(plan);
    let mut sum = scratch[at];
    for part in 1..parts {
        sum += scratch[part * comptime!(4 * features * fours) + at];
    }
    let k = at / fours;
    let bias = parameters[bias + k / 4].extract_dynamic(k % 4);
    select(k < m, sum + times * Four::new(bias), Four::new(0.0))
}

/// Sums over the group's draws: one row of draws against each of four.
#[cube]
fn outer(
    operand: &Shared<[Four]>,
    begin: usize,
    tile: &Array<Four>,
    #[comptime] plan: Plan,
) -> Four {
    let fours = comptime!(plan.fours);
    let mut values = Array::<Four>::new(fours);
    #[unroll]
    for q in 0..fours {
        values[q] = operand[begin + q];
    }
    let mut result = Four::new(0.0);
    #[unroll]
    for u in 0..4usize {
        let mut sum = values[0usize].dot(tile[comptime!(u * fours)]);
        #[unroll]
        for q in 1..fours {
            sum += values[q].dot(tile[comptime!(u * fours + q)]);
        }
        result.insert(u, sum);
    }
    result
}

/// The same against a row of ones.
#[cube]
fn sums(tile: &Array<Four>, #[comptime] plan: Plan) -> Four {
    let fours = comptime!(plan.fours);
    let mut result = Four::new(0.0);
    #[unroll]
    for u in 0..4usize {
        let mut sum = tile[comptime!(u * fours)];
        #[unroll]
        for q in 1..fours {
            sum += tile[comptime!(u * fours + q)];
        }
        result.insert(u, total(sum));
    }
    result
}

/// Every draw's `size` numbers, a quantity a row.
#[cube]
fn load(
    to: &mut Shared<[Four]>,
    list: &[f32],
    order: &[i32],
    first: usize,
    end: usize,
    #[comptime] size: usize,
    #[comptime] plan: Plan,
) {
    let fours = comptime!(plan.fours);
    // Neighbours take neighbouring numbers of a draw.
    for at in range_stepped(UNIT_POS as usize, comptime!(size * fours), comptime!(plan.units)) {
        let (q, element) = (at / size, at % size);
        to[element * fours + q] = gather(list, order, first + 4 * q, end, size, element);
    }
}

/// One number of four draws; the last draw stands in for those beyond the end.
#[cube]
fn gather(
    list: &[f32],
    order: &[i32],
    first: usize,
    end: usize,
    #[comptime] size: usize,
    element: usize,
) -> Four {
    let mut four = Four::new(0.0);
    #[unroll]
    for lane in 0..4usize {
        let draw = order[(first + lane).min(end - 1)] as usize;
        four.insert(lane, list[draw * size + element]);
    }
    four
}

/// The group's draws of four rows.
#[cube]
fn read(from: &Shared<[Four]>, row: usize, #[comptime] plan: Plan) -> Array<Four> {
    let mut tile = Array::<Four>::new(comptime!(4 * plan.fours));
    #[unroll]
    for at in 0..comptime!(4 * plan.fours) {
        tile[at] = from[row * comptime!(4 * plan.fours) + at];
    }
    tile
}

#[cube]
fn store(to: &mut Shared<[Four]>, row: usize, tile: &Array<Four>, #[comptime] plan: Plan) {
    #[unroll]
    for at in 0..comptime!(4 * plan.fours) {
        to[row * comptime!(4 * plan.fours) + at] = tile[at];
    }
}

/// Each of four values for a row of draws.
#[cube]
fn fill(tile: &mut Array<Four>, values: Four, #[comptime] plan: Plan) {
    #[unroll]
    for at in 0..comptime!(4 * plan.fours) {
        tile[at] = Four::new(values.extract(comptime!(at / plan.fours)));
    }
}

/// Writes four neighbours of a workgroup's part of the gradient.
#[cube]
fn put_four(parts: &mut [f32], at: usize, value: Four, again: bool, #[comptime] plan: Plan) {
    #[unroll]
    for u in 0..4usize {
        put(parts, 4 * at + u, value.extract(u), again, plan);
    }
}

/// Writes a number, or adds it to what the workgroup's earlier draws left there.
#[cube]
fn put(parts: &mut [f32], at: usize, value: f32, again: bool, #[comptime] plan: Plan) {
    if comptime!(plan.single) {
        parts[at] = value;
    } else if again {
        parts[at] += value;
    } else {
        parts[at] = value;
    }
}

/// `value` where `condition` is positive.
#[cube]
fn where_positive(condition: Four, value: Four) -> Four {
    let zero = Four::new(0.0);
    select_many(condition.greater_than(&zero), value, zero)
}

#[cube]
fn relu(four: Four) -> Four {
    four.max(Four::new(0.0))
}

#[cube]
fn total(four: Four) -> f32 {
    four.dot(Four::new(1.0))
}
