//! A step of networks that do not fit in a workgroup: twelve tiled products and sums, and Adam.
//!
//! Everything that a piece makes on its way lies in one scratch buffer, at offsets ([`Plan`]): one kernel then does
//! for every product, with the same four bindings, and WebGPU need not grant more than eight.
//!
//! | dispatch | makes | from | `[rows, depth] · [depth, columns]` |
//! |---|---|---|---|
//! | 1 | Ψ's hidden layer | x, A₁ | draws, d + 1, hidden |
//! | 2 | Ψ | hidden layer, A₂ | draws, hidden, m |
//! | 3 | q | Ψ, A₂ of Φ | draws, m, hidden |
//! | 4 | Φ's hidden layer H | W, A₁ of Φ | draws · d, d + 1, hidden |
//! | 5 | y', its gradient g, s | H, q | a workgroup a draw |
//! | 6 | ∂Ψ | s, A₂ of Φ | draws, hidden, m |
//! | 7 | the gradient of Ψ's hidden layer | ∂Ψ, A₂ | draws, m, hidden |
//! | 8 | ∂A₁ of Φ | W, g · q where H > 0 | d + 1, draws · d, hidden |
//! | 9 | ∂A₂ of Φ | Ψ, s | m, draws, hidden |
//! | 10 | ∂A₂ of Ψ | ∂Ψ, hidden layer | m, draws, hidden |
//! | 11 | ∂A₁ of Ψ | x, its gradient | d + 1, draws, hidden |
//! | 12 | ∂b₂ of both, the loss | Ψ, ∂Ψ, g | |
//!
//! From 8 on the sums go over draws, and are cut in [`Plan::splits`] so that enough workgroups have work; the last
//! dispatch ([`adam`]) adds them up.

use burn_wgpu::CubeTensor;
use cubecl::prelude::*;

use crate::layout::{LANES, Layout};
use crate::op::{DrawTensors, StateTensors};
use crate::span::{Piece, Span};

use super::{Control, CubeBackend, Four, adam, buffer, empty, field};

/// Invocations in a workgroup, in a square.
const UNITS: usize = SIDE * SIDE;
const SIDE: usize = 8;

/// Terms of the sum that a workgroup holds at a time.
const DEPTH: usize = 16;

/// Rows of H that [`pull()`] sums at a time.
const ROWS: usize = 8;

/// Floats of scratch memory for a piece's activations: 48 MiB, where WebGPU need not bind more than 128.
const ACTIVATIONS: usize = 12 << 20;

/// Floats of scratch memory for the gradient's parts.
const PARTS: usize = 8 << 20;

/// Parts of the gradient at most.
const MOST_SPLITS: usize = 16;

/// Where everything lies in the scratch buffer, in floats.
#[derive(Debug, Clone, Copy)]
struct Plan {
    layout: Layout,
    lanes: usize,
    features: usize,
    /// Parts of the gradient.
    splits: usize,
    /// Draws in a piece.
    draws: usize,
    /// Ψ's hidden layer, `[draws, lanes]`.
    hidden: usize,
    /// Its gradient, `[draws, lanes]`.
    back: usize,
    /// q, `[draws, lanes]`.
    query: usize,
    /// s, `[draws, lanes]`.
    pulled: usize,
    /// Ψ, `[draws, features]`.
    psi: usize,
    /// Its gradient, `[draws, features]`.
    psi_back: usize,
    /// g of a draw, Σᵢgᵢ and the squared error, `[draws, d + 2]`.
    errors: usize,
    /// Φ's hidden layer, `[draws, d, lanes]`.
    rows: usize,
    /// The end.
    size: usize,
}

impl Plan {
    /// A plan for up to `most` draws at a time.
    fn of(layout: Layout, most: usize, splits: usize) -> Self {
        let (lanes, features) = (layout.lanes(), layout.features());
        let per_draw = (layout.d + 4) * lanes + 2 * features + layout.d + 2;
        let affordable = ACTIVATIONS / per_draw;
        let draws = if most <= affordable { most } else { (affordable / 32 * 32).max(1) };
        let parts = layout.parameters() + LANES;
        let splits = splits.min(PARTS / parts).min(draws.div_ceil(32));
        let mut size = splits * parts;
        let mut take = |floats: usize| {
            let begin = size;
            size += draws * floats;
            begin
        };
        Self {
            layout,
            lanes,
            features,
            splits,
            draws,
            hidden: take(lanes),
            back: take(lanes),
            query: take(lanes),
            pulled: take(lanes),
            psi: take(features),
            psi_back: take(features),
            errors: take(layout.d + 2),
            rows: take(layout.d * lanes),
            size,
        }
    }
}

/// Trains on a span.
pub(super) fn train(
    state: &StateTensors<CubeBackend>,
    draws: &DrawTensors<CubeBackend>,
    order: &CubeTensor,
    span: &Span,
) {
    let plan = Plan::of(span.layout, span.batch.min(span.n), MOST_SPLITS);
    let scratch = empty(&state.parameters, [plan.size].into());
    let pieces: Vec<Piece> = span.pieces(plan.draws).collect();
    let control = &Control::of(span, &pieces, &state.parameters);
    let work = Work { plan, parameters: &state.parameters, scratch: &scratch, order, control };
    for (index, piece) in pieces.iter().enumerate() {
        let count = piece.end - piece.start;
        work.forward(&draws.w, &draws.x, index, count);
        work.pull(&draws.y, index, count, true);
        let splits = work.backward(&draws.w, &draws.x, index, count);
        adam::update(state, &scratch, splits, work.control, index);
    }
}

/// y' of draws W `[batch, d, d]`, x `[batch, d]` into `[batch, d]`.
pub(super) fn predict(
    layout: Layout,
    parameters: &CubeTensor,
    w: &CubeTensor,
    x: &CubeTensor,
    order: &CubeTensor,
    output: &CubeTensor,
) {
    let n = x.meta.num_elements() / layout.d;
    let plan = Plan::of(layout, n.max(1), 0);
    let scratch = empty(parameters, [plan.size].into());
    let span = Span { layout, batch: n.max(1), n, start: 0, end: n, steps: 0, lr: 0.0, slot: 0 };
    let pieces: Vec<Piece> = span.pieces(plan.draws).collect();
    let control = &Control::of(&span, &pieces, parameters);
    let work = Work { plan, parameters, scratch: &scratch, order, control };
    for (index, piece) in pieces.iter().enumerate() {
        let count = piece.end - piece.start;
        work.forward(w, x, index, count);
        work.pull(output, index, count, false);
    }
}

/// What every dispatch of a call goes by.
struct Work<'a> {
    plan: Plan,
    parameters: &'a CubeTensor,
    scratch: &'a CubeTensor,
    order: &'a CubeTensor,
    control: &'a Control,
}

impl Work<'_> {
    /// Both hidden layers, Ψ and q of `count` draws.
    fn forward(&self, w: &CubeTensor, x: &CubeTensor, piece: usize, count: usize) {
        let Plan { layout, lanes, features, hidden, query, psi, rows, .. } = self.plan;
        let (d, m) = (layout.d, layout.m);
        let phi = layout.network();
        let to_hidden = Kind { left: Left::Draws { rows: 1 }, finish: Finish::Relu, ..Kind::of(d) };
        self.product(
            Kind { right: Right::Weights, ..to_hidden },
            x,
            Sizes { piece, rows: count, columns: lanes, depth: d + 1, ..Sizes::default() }
                .right(0, lanes)
                .out(hidden, lanes),
        );
        self.product(
            Kind { right: Right::WeightsTransposed, finish: Finish::Bias, ..Kind::of(d) },
            x,
            Sizes { rows: count, columns: m, depth: lanes, ..Sizes::default() }
                .left(hidden, lanes)
                .right(layout.output_weight(), lanes)
                .out(psi, features)
                .more(layout.output_bias(), 0),
        );
        self.product(
            Kind { right: Right::Weights, ..Kind::of(d) },
            x,
            Sizes { rows: count, columns: lanes, depth: m, ..Sizes::default() }
                .left(psi, features)
                .right(phi + layout.output_weight(), lanes)
                .out(query, lanes),
        );
        self.product(
            Kind { left: Left::Draws { rows: d }, right: Right::Weights, ..to_hidden },
            w,
            Sizes { piece, rows: count * d, columns: lanes, depth: d + 1, ..Sizes::default() }
                .right(phi, lanes)
                .out(rows, lanes),
        );
    }

    /// y', and when training the gradient there and s; otherwise `y` receives y'.
    fn pull(&self, y: &CubeTensor, piece: usize, count: usize, training: bool) {
        let Plan { layout, lanes, features, query, pulled, psi, errors, rows, .. } = self.plan;
        pull::launch(
            &self.scratch.client,
            CubeCount::Static(count as u32, 1, 1),
            CubeDim::new_1d(UNITS as u32),
            buffer(self.scratch),
            buffer(self.parameters),
            buffer(y),
            buffer(self.order),
            buffer(&self.control.tensor),
            piece as u32,
            PullPlan {
                d: layout.d,
                m: layout.m,
                lanes,
                features,
                bias: layout.network() + layout.output_bias(),
                query,
                pulled,
                psi,
                errors,
                rows,
                training,
            },
        );
    }

    /// The gradient's parts; returns how many.
    fn backward(&self, w: &CubeTensor, x: &CubeTensor, piece: usize, count: usize) -> usize {
        let Plan { layout, lanes, features, .. } = self.plan;
        let Plan { hidden, back, query, pulled, psi, psi_back, errors, rows, .. } = self.plan;
        let (d, m, phi) = (layout.d, layout.m, layout.network());
        // Neither more parts than were planned for, nor an empty one.
        let share = count.div_ceil(self.plan.splits);
        let splits = count.div_ceil(share);
        let stride = layout.parameters() + LANES;

        self.product(
            Kind { right: Right::WeightsTransposed, finish: Finish::PulledBias, ..Kind::of(d) },
            x,
            Sizes { rows: count, columns: m, depth: lanes, ..Sizes::default() }
                .left(pulled, lanes)
                .right(phi + layout.output_weight(), lanes)
                .out(psi_back, features)
                .more(phi + layout.output_bias(), errors),
        );
        self.product(
            Kind { right: Right::Weights, finish: Finish::Masked, ..Kind::of(d) },
            x,
            Sizes { rows: count, columns: lanes, depth: m, ..Sizes::default() }
                .left(psi_back, features)
                .right(layout.output_weight(), lanes)
                .out(back, lanes)
                .more(hidden, 0),
        );
        let over_draws =
            Sizes { piece, columns: lanes, depth: count, share, stride, ..Sizes::default() };
        self.product(
            Kind {
                left: Left::DrawsTransposed { rows: d },
                right: Right::PulledBack,
                ..Kind::of(d)
            },
            w,
            Sizes { rows: d + 1, depth: count * d, share: share * d, ..over_draws }
                .right(query, lanes)
                .out(phi, lanes)
                .more(rows, errors),
        );
        let second = Kind { left: Left::Transposed, right: Right::Plain, ..Kind::of(d) };
        self.product(
            second,
            x,
            Sizes { rows: m, ..over_draws }
                .left(psi, features)
                .right(pulled, lanes)
                .out(phi + layout.output_weight(), lanes),
        );
        self.product(
            second,
            x,
            Sizes { rows: m, ..over_draws }
                .left(psi_back, features)
                .right(hidden, lanes)
                .out(layout.output_weight(), lanes),
        );
        self.product(
            Kind { left: Left::DrawsTransposed { rows: 1 }, ..second },
            x,
            Sizes { rows: d + 1, ..over_draws }.right(back, lanes).out(0, lanes),
        );
        biases::launch(
            &self.scratch.client,
            CubeCount::Static((2 * features + 1).div_ceil(UNITS) as u32, splits as u32, 1),
            CubeDim::new_1d(UNITS as u32),
            buffer(self.scratch),
            buffer(&self.control.tensor),
            piece as u32,
            count as u32,
            share as u32,
            BiasesPlan {
                d,
                m,
                features,
                psi,
                psi_back,
                errors,
                of_psi: layout.output_bias(),
                of_phi: phi + layout.output_bias(),
                loss: layout.parameters(),
                stride,
            },
        );
        splits
    }

    fn product(&self, kind: Kind, draws: &CubeTensor, sizes: Sizes) {
        let kind = kind.tiled(&sizes);
        let share = if sizes.share == 0 { sizes.depth } else { sizes.share };
        let count = |size: usize, tile: usize| size.div_ceil(tile) as u32;
        product::launch(
            &self.scratch.client,
            CubeCount::Static(
                count(sizes.columns, kind.tile_columns()),
                count(sizes.rows, kind.tile_rows()),
                count(sizes.depth, share),
            ),
            CubeDim::new_2d(SIDE as u32, SIDE as u32),
            buffer(self.scratch),
            buffer(self.parameters),
            buffer(draws),
            buffer(self.order),
            buffer(&self.control.tensor),
            SizesOnDeviceLaunch::new(
                sizes.piece as u32,
                sizes.rows as u32,
                sizes.columns as u32,
                sizes.depth as u32,
                share as u32,
                sizes.left.0 as u32,
                sizes.left.1 as u32,
                sizes.right.0 as u32,
                sizes.right.1 as u32,
                sizes.out.0 as u32,
                sizes.out.1 as u32,
                sizes.stride as u32,
                sizes.more.0 as u32,
                sizes.more.1 as u32,
            ),
            kind,
        );
    }
}

/// The left operand of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Left {
    /// `[rows, depth]` in the scratch buffer.
    Scratch,
    /// `[depth, rows]` in the scratch buffer.
    Transposed,
    /// `[rows, d + 1]`: rows of draws in the piece's order, so many a draw, with a one behind each.
    Draws { rows: usize },
    /// `[d + 1, rows]`: the same.
    DrawsTransposed { rows: usize },
}

/// The right operand of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Right {
    /// `[depth, columns]` in the scratch buffer.
    Plain,
    /// `[depth, columns]` in the parameters.
    Weights,
    /// `[columns, depth]` in the parameters.
    WeightsTransposed,
    /// `[draws · d, columns]`: gᵢ·qⱼ where Hᵢⱼ is positive.
    PulledBack,
}

/// What becomes of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Finish {
    Plain,
    Relu,
    /// A bias is added.
    Bias,
    /// A bias is added, Σᵢgᵢ of the row times.
    PulledBias,
    /// Nought where another matrix is not positive.
    Masked,
}

/// A product, as far as its kernel is compiled for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    left: Left,
    right: Right,
    finish: Finish,
    d: usize,
    /// Rows of an invocation.
    rows: usize,
    /// Columns of an invocation, in vectors.
    columns: usize,
}

impl Kind {
    fn of(d: usize) -> Self {
        let (left, right, finish) = (Left::Scratch, Right::Plain, Finish::Plain);
        Self { left, right, finish, d, rows: 1, columns: 1 }
    }

    /// With the largest tile of which not too much lies outside.
    fn tiled(self, sizes: &Sizes) -> Self {
        let tiles = sizes.rows.div_ceil(9 * SIDE);
        let fitting = sizes.rows.div_ceil(tiles * SIDE);
        // Rows of draws come in any number: small tiles where there are few, so that every core has some.
        let rows = if sizes.rows > 4096 {
            8
        } else if sizes.share > 0 {
            fitting
        } else {
            fitting.min(4)
        };
        Self { rows, columns: if sizes.columns > 32 { 2 } else { 1 }, ..self }
    }

    fn tile_rows(&self) -> usize {
        SIDE * self.rows
    }

    fn tile_columns(&self) -> usize {
        SIDE * LANES * self.columns
    }
}

/// A product's sizes and where its operands lie: offset and distance of rows.
#[derive(Debug, Clone, Copy, Default)]
struct Sizes {
    /// Which piece of the call, where draws are an operand.
    piece: usize,
    rows: usize,
    columns: usize,
    depth: usize,
    /// Terms in a part of the sum, nought for all.
    share: usize,
    /// Distance of the parts.
    stride: usize,
    left: (usize, usize),
    right: (usize, usize),
    out: (usize, usize),
    /// What [`Right::PulledBack`] or [`Finish`] needs besides: H or the bias or the mask, and the errors.
    more: (usize, usize),
}

impl Sizes {
    fn left(self, offset: usize, distance: usize) -> Self {
        Self { left: (offset, distance), ..self }
    }

    fn right(self, offset: usize, distance: usize) -> Self {
        Self { right: (offset, distance), ..self }
    }

    fn out(self, offset: usize, distance: usize) -> Self {
        Self { out: (offset, distance), ..self }
    }

    fn more(self, offset: usize, errors: usize) -> Self {
        Self { more: (offset, errors), ..self }
    }
}

/// [`Sizes`] as a kernel sees them.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
#[expand(derive(Clone, Copy))]
struct SizesOnDevice {
    piece: u32,
    rows: u32,
    columns: u32,
    depth: u32,
    share: u32,
    left: u32,
    left_distance: u32,
    right: u32,
    right_distance: u32,
    out: u32,
    out_distance: u32,
    stride: u32,
    more: u32,
    errors: u32,
}

/// A tile of a product a workgroup: an invocation owns `kind.rows` by `kind.columns` vectors of it.
#[cube(launch)]
fn product(
    scratch: &mut [f32],
    parameters: &[f32],
    draws: &[f32],
    order: &[i32],
    control: &[f32],
    sizes: SizesOnDevice,
    #[comptime] kind: Kind,
) {
    let (rows, columns) = comptime!((kind.rows, kind.columns));
    let (tile_rows, tile_vectors) = comptime!((SIDE * rows, SIDE * columns));
    // One more than the tile has, so that what neighbours write lies in different banks.
    let distance = comptime!(tile_rows + 1);
    let by_row = comptime!(matches!(kind.left, Left::Scratch | Left::Draws { .. }));
    let by_column = comptime!(matches!(kind.right, Right::WeightsTransposed));
    let unit = UNIT_POS as usize;
    let (tile_row, tile_column) = (unit / SIDE, unit % SIDE);
    let first_row = CUBE_POS_Y as usize * tile_rows;
    let first_column = CUBE_POS_X as usize * comptime!(LANES * tile_vectors);
    let mut begin = CUBE_POS_Z as usize * sizes.share as usize;
    let end = (begin + sizes.share as usize).min(sizes.depth as usize);

    let start = field(control, sizes.piece, Control::START) as usize;
    let mut lefts = Shared::<[f32]>::new_slice(comptime!(DEPTH * distance));
    let mut rights = Shared::<[Four]>::new_slice(comptime!(DEPTH * tile_vectors));
    let mut sums = Array::<Four>::new(comptime!(rows * columns));
    #[unroll]
    for at in 0..comptime!(rows * columns) {
        sums[at] = Four::new(0.0);
    }
    while begin < end {
        // Neighbours take what lies side by side.
        for at in range_stepped(unit, comptime!(DEPTH * tile_rows), UNITS) {
            let (row, k) =
                if by_row { (at / DEPTH, at % DEPTH) } else { (at % tile_rows, at / tile_rows) };
            let value = left_value(
                &*scratch,
                draws,
                order,
                &sizes,
                start,
                first_row + row,
                begin + k,
                kind,
            );
            lefts[k * distance + row] = select(begin + k < end, value, 0.0);
        }
        for at in range_stepped(unit, comptime!(DEPTH * tile_vectors), UNITS) {
            let (column, k) = if by_column {
                (at / DEPTH, at % DEPTH)
            } else {
                (at % tile_vectors, at / tile_vectors)
            };
            let mut four = Four::new(0.0);
            let first = first_column + 4 * column;
            #[unroll]
            for lane in 0..4usize {
                let value =
                    right_value(&*scratch, parameters, &sizes, begin + k, first + lane, kind);
                four.insert(lane, select(begin + k < end, value, 0.0));
            }
            rights[k * tile_vectors + column] = four;
        }
        sync_cube();
        for k in 0..DEPTH {
            let mut right = Array::<Four>::new(columns);
            #[unroll]
            for c in 0..columns {
                right[c] = rights[k * tile_vectors + c * SIDE + tile_column];
            }
            #[unroll]
            for r in 0..rows {
                let left = Four::new(lefts[k * distance + tile_row * rows + r]);
                #[unroll]
                for c in 0..columns {
                    sums[comptime!(r * columns + c)] += left * right[c];
                }
            }
        }
        sync_cube();
        begin += DEPTH;
    }

    let out = sizes.out as usize + CUBE_POS_Z as usize * sizes.stride as usize;
    #[unroll]
    for r in 0..rows {
        let row = first_row + tile_row * rows + r;
        #[unroll]
        for c in 0..columns {
            let sum = sums[comptime!(r * columns + c)];
            #[unroll]
            for lane in 0..4usize {
                let column = first_column + 4 * (c * SIDE + tile_column) + lane;
                if row < sizes.rows as usize && column < sizes.columns as usize {
                    let value = finished(
                        &*scratch,
                        parameters,
                        &sizes,
                        row,
                        column,
                        sum.extract(lane),
                        kind,
                    );
                    scratch[out + row * sizes.out_distance as usize + column] = value;
                }
            }
        }
    }
}

#[cube]
fn left_value(
    scratch: &[f32],
    draws: &[f32],
    order: &[i32],
    sizes: &SizesOnDevice,
    start: usize,
    row: usize,
    k: usize,
    #[comptime] kind: Kind,
) -> f32 {
    match comptime!(kind.left) {
        Left::Scratch => scratch[sizes.left as usize + row * sizes.left_distance as usize + k],
        Left::Transposed => scratch[sizes.left as usize + k * sizes.left_distance as usize + row],
        Left::Draws { rows } => input(draws, order, start, row, k, rows, kind),
        Left::DrawsTransposed { rows } => input(draws, order, start, k, row, rows, kind),
    }
}

/// The `element`-th number of the piece's `row`-th row, or the one behind the row.
#[cube]
fn input(
    draws: &[f32],
    order: &[i32],
    start: usize,
    row: usize,
    element: usize,
    #[comptime] rows: usize,
    #[comptime] kind: Kind,
) -> f32 {
    let d = comptime!(kind.d);
    let draw = order[start + row / rows] as usize;
    let value = draws[(draw * rows + row % rows) * d + element];
    select(element == d, 1.0, value)
}

#[cube]
fn right_value(
    scratch: &[f32],
    parameters: &[f32],
    sizes: &SizesOnDevice,
    k: usize,
    column: usize,
    #[comptime] kind: Kind,
) -> f32 {
    let (offset, distance) = (sizes.right as usize, sizes.right_distance as usize);
    match comptime!(kind.right) {
        Right::Plain => scratch[offset + k * distance + column],
        Right::Weights => parameters[offset + k * distance + column],
        Right::WeightsTransposed => parameters[offset + column * distance + k],
        Right::PulledBack => {
            let d = comptime!(kind.d);
            let (draw, i) = (k / d, k % d);
            let g = scratch[sizes.errors as usize + draw * comptime!(d + 2) + i];
            let query = scratch[offset + draw * distance + column];
            let hidden = scratch[sizes.more as usize + k * distance + column];
            select(hidden > 0.0, g * query, 0.0)
        }
    }
}

#[cube]
fn finished(
    scratch: &[f32],
    parameters: &[f32],
    sizes: &SizesOnDevice,
    row: usize,
    column: usize,
    value: f32,
    #[comptime] kind: Kind,
) -> f32 {
    let more = sizes.more as usize;
    match comptime!(kind.finish) {
        Finish::Plain => value,
        Finish::Relu => select(value > 0.0, value, 0.0),
        Finish::Bias => value + parameters[more + column],
        Finish::PulledBias => {
            let pull =
                scratch[sizes.errors as usize + row * comptime!(kind.d + 2) + comptime!(kind.d)];
            value + parameters[more + column] * pull
        }
        Finish::Masked => {
            let mask = scratch[more + row * sizes.out_distance as usize + column];
            select(mask > 0.0, value, 0.0)
        }
    }
}

/// What [`pull()`] is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct PullPlan {
    d: usize,
    m: usize,
    lanes: usize,
    features: usize,
    /// Where b₂ of Φ lies in the parameters.
    bias: usize,
    query: usize,
    pulled: usize,
    psi: usize,
    errors: usize,
    rows: usize,
    training: bool,
}

/// One draw a workgroup: y' = H·q + b₂·Ψ, the gradient there and the squared error, and s.
#[cube(launch)]
fn pull(
    scratch: &mut [f32],
    parameters: &[f32],
    y: &mut [f32],
    order: &[i32],
    control: &[f32],
    piece: u32,
    #[comptime] plan: PullPlan,
) {
    let PullPlan { d, m, lanes, features, .. } = comptime!(plan);
    let unit = UNIT_POS as usize;
    let draw = CUBE_POS_X as usize;
    let place = field(control, piece, Control::START) as usize + draw;
    let scale = field(control, piece, Control::SCALE);
    let query = comptime!(plan.query) + draw * lanes;
    let hidden = comptime!(plan.rows) + draw * comptime!(d * lanes);
    let errors = comptime!(plan.errors) + draw * comptime!(d + 2);
    let mut parts = Shared::<[f32]>::new_slice(comptime!(ROWS * UNITS));
    let mut sums = Shared::<[f32]>::new_slice(UNITS);
    let mut gradient = Shared::<[f32]>::new_slice(comptime!(d.next_multiple_of(ROWS)));
    let mut squares = Shared::<[f32]>::new_slice(comptime!(d.next_multiple_of(ROWS)));

    // Every row's output has b₂·Ψ in it.
    let mut offset = 0.0f32;
    for k in range_stepped(unit, m, UNITS) {
        offset += parameters[comptime!(plan.bias) + k]
            * scratch[comptime!(plan.psi) + draw * features + k];
    }
    for first in range_stepped(0usize, d, ROWS) {
        let mut row_sums = Array::<f32>::new(ROWS);
        #[unroll]
        for i in 0..ROWS {
            row_sums[i] = offset;
        }
        for j in range_stepped(unit, lanes, UNITS) {
            let q = scratch[query + j];
            #[unroll]
            for i in 0..ROWS {
                // Beyond the last row lies another draw's, or the end: summed, and never used.
                row_sums[i] += scratch[hidden + (first + i) * lanes + j] * q;
            }
        }
        #[unroll]
        for i in 0..ROWS {
            parts[i * UNITS + unit] = row_sums[i];
        }
        sync_cube();
        let mut sum = parts[unit * ROWS];
        for part in 1..ROWS {
            sum += parts[unit * ROWS + part];
        }
        sums[unit] = sum;
        sync_cube();
        if unit < ROWS && first + unit < d {
            let row = first + unit;
            let mut output = sums[unit * SIDE];
            for part in 1..SIDE {
                output += sums[unit * SIDE + part];
            }
            if comptime!(plan.training) {
                let error = output - y[order[place] as usize * d + row];
                let g = 2.0 * scale * error;
                gradient[row] = g;
                squares[row] = error * error;
                scratch[errors + row] = g;
            } else {
                y[place * d + row] = output;
            }
        }
        sync_cube();
    }
    if comptime!(plan.training) {
        if unit == 0 {
            let mut total = gradient[0];
            let mut square = squares[0];
            for i in 1..d {
                total += gradient[i];
                square += squares[i];
            }
            scratch[errors + d] = total;
            scratch[errors + comptime!(d + 1)] = square;
        }
        for j in range_stepped(unit, lanes, UNITS) {
            let mut sum = 0.0f32;
            for i in 0..d {
                sum += gradient[i] * scratch[hidden + i * lanes + j];
            }
            scratch[comptime!(plan.pulled) + draw * lanes + j] = sum;
        }
    }
}

/// What [`biases()`] is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct BiasesPlan {
    d: usize,
    m: usize,
    features: usize,
    psi: usize,
    psi_back: usize,
    errors: usize,
    /// Where the gradients of b₂ and the loss go, in a part.
    of_psi: usize,
    of_phi: usize,
    loss: usize,
    stride: usize,
}

/// Parts of the gradients of b₂ of Ψ, of b₂ of Φ, and of the loss: one number an invocation.
#[cube(launch)]
fn biases(
    scratch: &mut [f32],
    control: &[f32],
    piece: u32,
    count: u32,
    share: u32,
    #[comptime] plan: BiasesPlan,
) {
    let BiasesPlan { d, m, features, .. } = comptime!(plan);
    let at = ABSOLUTE_POS_X as usize;
    let out = CUBE_POS_Y as usize * comptime!(plan.stride);
    let begin = CUBE_POS_Y as usize * share as usize;
    let end = (begin + share as usize).min(count as usize);
    let errors = comptime!(plan.errors);
    let mut sum = 0.0f32;
    if at < features {
        for draw in begin..end {
            sum += scratch[comptime!(plan.psi_back) + draw * features + at];
        }
        scratch[out + comptime!(plan.of_psi) + at] = select(at < m, sum, 0.0);
    } else if at < comptime!(2 * features) {
        let k = at - features;
        for draw in begin..end {
            sum += scratch[comptime!(plan.psi) + draw * features + k]
                * scratch[errors + draw * comptime!(d + 2) + d];
        }
        scratch[out + comptime!(plan.of_phi) + k] = select(k < m, sum, 0.0);
    } else if at == comptime!(2 * features) {
        for draw in begin..end {
            sum += scratch[errors + draw * comptime!(d + 2) + comptime!(d + 1)];
        }
        scratch[out + comptime!(plan.loss)] = sum * field(control, piece, Control::SCALE);
    }
}
