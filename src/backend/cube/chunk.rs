//! The first dispatch of a small step: forward and backward of a chunk of draws in one workgroup.
//!
//! A workgroup takes four draws at a time and keeps what they make in workgroup memory, the four in one vector. An
//! invocation owns four neighbouring hidden units: what it computes for them from a row of weights and a row of draws
//! is an outer product, so that two loads of a vector feed sixteen multiply-adds. (With eight draws at a time three
//! would feed thirty-two, but the kernel takes twice as long to compile.) Φ's hidden layer is never stored: it is made
//! for y' and once more for the gradient, since with a small d that costs less than to keep it.

use burn_wgpu::CubeTensor;
use cubecl::prelude::*;

use crate::layout::{LANES, Layout};
use crate::op::{DrawTensors, StateTensors};
use crate::span::{Piece, Span};

use super::{Control, CubeBackend, Four, adam, buffer, empty, field, where_positive};

/// What every WebGPU device gives a workgroup, in vectors: 16 KiB.
const MEMORY: usize = 1024;

/// Invocations in a workgroup: enough to fetch the draws, and what every WebGPU device allows.
const LEAST_UNITS: usize = 16;
const MOST_UNITS: usize = 256;

/// Workgroups of a dispatch at most. Each writes a gradient of its own, which the second dispatch reads.
const MOST_CHUNKS: usize = 128;

/// Draws in a piece at most, so that no dispatch lasts so long that a driver would take the device for hung.
const PIECE: usize = 1 << 14;

/// How a recipe is computed; sizes in vectors of four, but for d and m. Part of the kernel: everything in it is known when that is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Plan {
    d: usize,
    m: usize,
    /// Hidden units.
    width: usize,
    /// Features.
    features: usize,
    /// Invocations in a workgroup.
    units: usize,
    /// Invocations that share the sum for four features.
    parts: usize,
    /// Whether no workgroup takes more than four draws.
    single: bool,
}

impl Plan {
    /// A plan for these networks, or none if they need more memory than a workgroup has.
    pub(super) fn of(layout: Layout) -> Option<Self> {
        let (width, features) = (layout.lanes() / LANES, layout.features() / LANES);
        let units = width.max(LEAST_UNITS);
        let parts = (units / features).clamp(1, width);
        let plan = Self { d: layout.d, m: layout.m, width, features, units, parts, single: true };
        (units <= MOST_UNITS && plan.memory() <= MEMORY).then_some(plan)
    }

    /// Vectors of workgroup memory.
    fn memory(&self) -> usize {
        let Self { d, width, features, .. } = self;
        d * (d + 2) + 2 * LANES * width + LANES * features + 1 + self.scratch()
    }

    /// Vectors for sums that several invocations have a part of.
    fn scratch(&self) -> usize {
        (self.parts * LANES * self.features).max(self.width * self.d)
    }

    /// Workgroups for so many draws.
    fn chunks(&self, draws: usize) -> usize {
        draws.div_ceil(LANES).min(MOST_CHUNKS)
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
            Plan { single: count <= chunks * LANES, ..*plan },
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

/// Workgroup memory. A vector holds one quantity of four draws.
#[derive(CubeType)]
struct Memory {
    /// x, `[d]`.
    x: Shared<[Four]>,
    /// W, `[d, d]`.
    w: Shared<[Four]>,
    /// Ψ's hidden layer, `[4 · width]`.
    hidden: Shared<[Four]>,
    /// s = Σᵢ gᵢ·Hᵢ, `[4 · width]`.
    pulled: Shared<[Four]>,
    /// Ψ's features, `[4 · features]`; later their gradient.
    psi: Shared<[Four]>,
    /// y' and later the gradient there, `[d]`.
    output: Shared<[Four]>,
    /// Σᵢ gᵢ.
    pull: Shared<[Four]>,
    /// Sums in parts.
    scratch: Shared<[Four]>,
}

#[cube]
fn memory(#[comptime] plan: Plan) -> Memory {
    Memory {
        x: Shared::new_slice(plan.d),
        w: Shared::new_slice(comptime!(plan.d * plan.d)),
        hidden: Shared::new_slice(comptime!(LANES * plan.width)),
        pulled: Shared::new_slice(comptime!(LANES * plan.width)),
        psi: Shared::new_slice(comptime!(LANES * plan.features)),
        output: Shared::new_slice(plan.d),
        pull: Shared::new_slice(1usize),
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
    let Plan { d, m, width, features, units, .. } = comptime!(plan);
    let network = comptime!(plan.network());
    let end = field(control, piece, Control::END) as usize;
    let scale = field(control, piece, Control::SCALE);
    let unit = UNIT_POS as usize;
    let row = CUBE_POS_X as usize * comptime!(plan.row());
    let mut memory = memory(plan);
    let mut first = field(control, piece, Control::START) as usize + CUBE_POS_X as usize * LANES;
    let mut again = false;
    while first < end {
        load(&mut memory.x, x, order, first, end, d, plan);
        load(&mut memory.w, w, order, first, end, comptime!(d * d), plan);
        sync_cube();
        let query = forward(&mut memory, parameters, plan);

        // The gradient at y', nought for what stands beyond the piece's end.
        if unit == 0 {
            let mut pull = Four::new(0.0);
            let mut squares = Four::new(0.0);
            for i in 0..d {
                let mut error = memory.output[i] - gather(y, order, first, end, d, i);
                #[unroll]
                for lane in 0..4usize {
                    error.insert(lane, select(first + lane < end, error.extract(lane), 0.0));
                }
                let g = error * Four::new(2.0 * scale);
                memory.output[i] = g;
                pull += g;
                squares += error * error;
            }
            memory.pull[0] = pull;
            put(parts, (row + comptime!(2 * network)) * LANES, total(squares) * scale, again, plan);
        }
        sync_cube();

        // Φ: the gradient of A₁ and b₁, s, and with that of A₂.
        if unit < width {
            let mut pulled = Array::<Four>::new(LANES);
            fill(&mut pulled, Four::new(0.0));
            let mut rows = Array::<Four>::new(comptime!(d + 1));
            for k in 0..comptime!(d + 1) {
                rows[k] = Four::new(0.0);
            }
            for i in 0..d {
                let mut tile = phi_hidden(&memory.w, parameters, i, plan);
                let g = memory.output[i];
                #[unroll]
                for u in 0..4usize {
                    let hidden = tile[u];
                    pulled[u] += g * hidden;
                    tile[u] = where_positive(hidden, g * query[u]);
                }
                rows[d] += outer(Four::new(1.0), &tile);
                for k in 0..d {
                    rows[k] += outer(memory.w[i * d + k], &tile);
                }
            }
            for k in 0..comptime!(d + 1) {
                put_four(parts, row + network + k * width + unit, rows[k], again, plan);
            }
            store(&mut memory.pulled, unit, &pulled);
            let begin = row + comptime!(network + plan.output_weight()) + unit;
            for k in 0..m {
                put_four(parts, begin + k * width, outer(memory.psi[k], &pulled), again, plan);
            }
        }
        let bias = (row + comptime!(network + plan.output_bias())) * LANES;
        for k in range_stepped(unit, comptime!(LANES * features), units) {
            put(parts, bias + k, memory.psi[k].dot(memory.pull[0]), again, plan);
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
        for k in range_stepped(unit, comptime!(LANES * features), units) {
            memory.psi[k] = feature(&memory.scratch, parameters, bias, k, memory.pull[0], plan);
        }
        sync_cube();

        // Ψ.
        if unit < width {
            let tile = read(&memory.hidden, unit);
            let weight = comptime!(plan.output_weight());
            for k in 0..m {
                let value = outer(memory.psi[k], &tile);
                put_four(parts, row + weight + k * width + unit, value, again, plan);
            }
            let mut back = Array::<Four>::new(LANES);
            fill(&mut back, Four::new(0.0));
            columns(&mut back, parameters, weight, &memory.psi, 0usize, m, width);
            #[unroll]
            for u in 0..4usize {
                back[u] = where_positive(tile[u], back[u]);
            }
            for k in 0..d {
                put_four(parts, row + k * width + unit, outer(memory.x[k], &back), again, plan);
            }
            let bias = outer(Four::new(1.0), &back);
            put_four(parts, row + comptime!(d * width) + unit, bias, again, plan);
        }
        let bias = (row + comptime!(plan.output_bias())) * LANES;
        for k in range_stepped(unit, comptime!(LANES * features), units) {
            put(parts, bias + k, total(memory.psi[k]), again, plan);
        }
        sync_cube();
        first += CUBE_COUNT_X as usize * LANES;
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
    let Plan { d, units, .. } = comptime!(plan);
    let end = end as usize;
    let unit = UNIT_POS as usize;
    let mut memory = memory(plan);
    let mut first = CUBE_POS_X as usize * LANES;
    while first < end {
        load(&mut memory.x, x, order, first, end, d, plan);
        load(&mut memory.w, w, order, first, end, comptime!(d * d), plan);
        sync_cube();
        let _query = forward(&mut memory, parameters, plan);
        for i in range_stepped(unit, d, units) {
            let value = memory.output[i];
            #[unroll]
            for lane in 0..4usize {
                if first + lane < end {
                    output[(first + lane) * d + i] = value.extract(lane);
                }
            }
        }
        sync_cube();
        first += CUBE_COUNT_X as usize * LANES;
    }
}

/// From x and W in memory to Ψ's hidden layer, Ψ's features and y', complete for every invocation. Returns q of this
/// invocation's hidden units.
#[cube]
fn forward(memory: &mut Memory, parameters: &[Four], #[comptime] plan: Plan) -> Array<Four> {
    let Plan { d, m, width, features, units, .. } = comptime!(plan);
    let network = comptime!(plan.network());
    let unit = UNIT_POS as usize;
    if unit < width {
        let mut tile = Array::<Four>::new(LANES);
        fill(&mut tile, parameters[comptime!(d * width) + unit]);
        columns(&mut tile, parameters, 0usize, &memory.x, 0usize, d, width);
        relu(&mut tile);
        store(&mut memory.hidden, unit, &tile);
    }
    sync_cube();
    let weight = comptime!(plan.output_weight());
    contract(&mut memory.scratch, &memory.hidden, parameters, weight, plan);
    sync_cube();
    let bias = comptime!(plan.output_bias());
    for k in range_stepped(unit, comptime!(LANES * features), units) {
        memory.psi[k] = feature(&memory.scratch, parameters, bias, k, Four::new(1.0), plan);
    }
    sync_cube();

    let mut query = Array::<Four>::new(LANES);
    fill(&mut query, Four::new(0.0));
    if unit < width {
        let weight = comptime!(network + plan.output_weight());
        columns(&mut query, parameters, weight, &memory.psi, 0usize, m, width);
        for i in 0..d {
            let tile = phi_hidden(&memory.w, parameters, i, plan);
            let mut sum = tile[0usize] * query[0usize];
            #[unroll]
            for u in 1..4usize {
                sum += tile[u] * query[u];
            }
            memory.scratch[unit * d + i] = sum;
        }
    }
    sync_cube();
    for i in range_stepped(unit, d, units) {
        let mut sum = memory.scratch[i];
        for part in 1..width {
            sum += memory.scratch[part * d + i];
        }
        for band in 0..features {
            let bias = parameters[comptime!(network + plan.output_bias()) + band];
            #[unroll]
            for u in 0..4usize {
                sum += memory.psi[4 * band + u] * Four::new(bias.extract(u));
            }
        }
        memory.output[i] = sum;
    }
    sync_cube();
    query
}

/// Φ's hidden layer of the draws' `i`-th rows, for this invocation's four units.
#[cube]
fn phi_hidden(
    w: &Shared<[Four]>,
    parameters: &[Four],
    i: usize,
    #[comptime] plan: Plan,
) -> Array<Four> {
    let Plan { d, width, .. } = comptime!(plan);
    let network = comptime!(plan.network());
    let mut tile = Array::<Four>::new(LANES);
    fill(&mut tile, parameters[comptime!(network + d * width) + UNIT_POS as usize]);
    columns(&mut tile, parameters, network, w, i * d, d, width);
    relu(&mut tile);
    tile
}

/// Adds a product's four columns: Σₖ weight(k, column) · operand(k).
#[cube]
fn columns(
    tile: &mut Array<Four>,
    parameters: &[Four],
    #[comptime] weight: usize,
    operand: &Shared<[Four]>,
    begin: usize,
    #[comptime] rows: usize,
    #[comptime] width: usize,
) {
    let column = UNIT_POS as usize + weight;
    for k in 0..rows {
        let factors = parameters[column + k * width];
        let value = operand[begin + k];
        #[unroll]
        for u in 0..4usize {
            tile[u] += value * Four::new(factors.extract(u));
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
    let Plan { width, features, units, parts, .. } = comptime!(plan);
    for task in range_stepped(UNIT_POS as usize, comptime!(parts * features), units) {
        let begin = weight + task % features * comptime!(LANES * width);
        let mut tile = Array::<Four>::new(LANES);
        fill(&mut tile, Four::new(0.0));
        for column in range_stepped(task / features, width, parts) {
            let values = read(operand, column);
            #[unroll]
            for k in 0..4usize {
                let factors = parameters[begin + k * width + column];
                #[unroll]
                for u in 0..4usize {
                    tile[k] += values[u] * Four::new(factors.extract(u));
                }
            }
        }
        store(scratch, task, &tile);
    }
}

/// One feature of four draws from the parts that [`contract()`] left, and its bias times something; nought where the
/// feature is padding.
#[cube]
fn feature(
    scratch: &Shared<[Four]>,
    parameters: &[Four],
    #[comptime] bias: usize,
    k: usize,
    times: Four,
    #[comptime] plan: Plan,
) -> Four {
    let Plan { m, features, parts, .. } = comptime!(plan);
    let mut sum = scratch[k];
    for part in 1..parts {
        sum += scratch[part * comptime!(LANES * features) + k];
    }
    let bias = parameters[bias + k / 4].extract_dynamic(k % 4);
    select(k < m, sum + times * Four::new(bias), Four::new(0.0))
}

/// Sums over the draws: one quantity against each of four.
#[cube]
fn outer(value: Four, tile: &Array<Four>) -> Four {
    let mut result = Four::new(0.0);
    #[unroll]
    for u in 0..4usize {
        result.insert(u, value.dot(tile[u]));
    }
    result
}

/// Every draw's `size` numbers.
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
    // Neighbours take neighbouring numbers of a draw.
    for element in range_stepped(UNIT_POS as usize, size, comptime!(plan.units)) {
        to[element] = gather(list, order, first, end, size, element);
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

/// A row of four vectors.
#[cube]
fn read(from: &Shared<[Four]>, row: usize) -> Array<Four> {
    let mut tile = Array::<Four>::new(LANES);
    #[unroll]
    for u in 0..4usize {
        tile[u] = from[row * LANES + u];
    }
    tile
}

#[cube]
fn store(to: &mut Shared<[Four]>, row: usize, tile: &Array<Four>) {
    #[unroll]
    for u in 0..4usize {
        to[row * LANES + u] = tile[u];
    }
}

/// Each of four values, the same for every draw.
#[cube]
fn fill(tile: &mut Array<Four>, values: Four) {
    #[unroll]
    for u in 0..4usize {
        tile[u] = Four::new(values.extract(u));
    }
}

#[cube]
fn relu(tile: &mut Array<Four>) {
    #[unroll]
    for u in 0..4usize {
        tile[u] = tile[u].max(Four::new(0.0));
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

#[cube]
fn total(four: Four) -> f32 {
    four.dot(Four::new(1.0))
}
