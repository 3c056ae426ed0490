//! A step of networks that do not fit in a workgroup: a dozen products and sums, and Adam.
//!
//! An invocation owns a tile of a product, up to eight rows by eight columns, and keeps it in registers. What it
//! multiplies it reads from the buffers themselves, four neighbours at a time, and a GPU's cache does what workgroup
//! memory would be filled for: neighbouring invocations read the same rows, or columns that lie side by side. So
//! nothing waits at a barrier. On the software adapter this takes a quarter of the time of tiles in workgroup memory,
//! and the kernels, without barriers, a tenth of the time to compile.
//!
//! For that, whatever a product reads lies as it is read, in whole vectors: [`fetch()`] puts a piece's draws in order and
//! the second layers' weights on their side. Everything that a piece makes on its way lies in one scratch buffer
//! ([`Plan`]), but for what is no matrix, which lies in another of single floats ([`Sums`]).
//!
//! | dispatch | makes | from | `[rows, depth] · [depth, columns]` |
//! |---|---|---|---|
//! | 1 | W and x in order; A₂ᵀ of both | the draws, the parameters | |
//! | 2 | Ψ's hidden layer | x, A₁ | draws, d, hidden |
//! | 3 | Ψ | hidden layer, A₂ᵀ | draws, hidden, m |
//! | 4 | q | Ψ, A₂ of Φ | draws, m, hidden |
//! | 5 | Φ's hidden layer H, parts of H·q | W, A₁ of Φ, q | draws · d, d, hidden |
//! | 6 | y' and its gradient g | parts, b₂ of Φ, Ψ | |
//! | 7 | ∂A₁ of Φ, s, Σᵢgᵢ | W, g · q where H > 0 | d + 1, draws · d, hidden |
//! | 8 | ∂Ψ | s, A₂ᵀ of Φ | draws, hidden, m |
//! | 9 | the gradient of Ψ's hidden layer | ∂Ψ, A₂ | draws, m, hidden |
//! | 10 | ∂A₂ of Φ | Ψ, s | m, draws, hidden |
//! | 11 | ∂A₂ of Ψ | ∂Ψ, hidden layer | m, draws, hidden |
//! | 12 | ∂A₁ of Ψ | x, its gradient | d + 1, draws, hidden |
//! | 13 | ∂b₂ of both, the loss | Ψ, ∂Ψ, g | |
//!
//! Sums over draws (7 and from 10 on) are cut in [`Plan::splits`] so that enough invocations have work; the last
//! dispatch ([`adam`]) adds them up.

use burn_wgpu::CubeTensor;
use cubecl::prelude::*;

use crate::layout::{LANES, Layout};
use crate::op::{DrawTensors, StateTensors};
use crate::span::{Piece, Span};

use super::{Control, CubeBackend, Four, adam, buffer, empty, field, where_positive};

/// Invocations in a workgroup, in a square.
const UNITS: usize = SIDE * SIDE;
const SIDE: usize = 8;

/// Rows of a tile at most.
const ROWS: usize = 8;

/// Invocations of a product at least, if need be with smaller tiles: as many as a small GPU runs at a time.
const FEWEST: usize = 1024;

/// Vectors of scratch memory for a piece's activations: 48 MiB, where WebGPU need not bind more than 128.
const ACTIVATIONS: usize = 3 << 20;

/// Vectors of scratch memory for the gradient's parts.
const PARTS: usize = 2 << 20;

/// Parts of the gradient at most.
const MOST_SPLITS: usize = 16;

/// Where everything lies in the scratch buffer, in vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Plan {
    d: usize,
    m: usize,
    /// d, padded to whole vectors.
    inputs: usize,
    /// Hidden units.
    width: usize,
    /// Features.
    features: usize,
    /// Parts of the gradient.
    splits: usize,
    /// Draws in a piece.
    draws: usize,
    /// x, `[draws, inputs]`.
    x: usize,
    /// W, `[draws, d, inputs]`.
    w: usize,
    /// A₂ᵀ of Ψ and then of Φ, `[4 · width, features]`.
    transposed: usize,
    /// Ψ's hidden layer, `[draws, width]`.
    hidden: usize,
    /// Its gradient, `[draws, width]`.
    back: usize,
    /// q, `[draws, width]`.
    query: usize,
    /// s, `[draws, width]`.
    pulled: usize,
    /// Ψ, `[draws, features]`.
    psi: usize,
    /// Its gradient, `[draws, features]`.
    psi_back: usize,
    /// Φ's hidden layer, `[draws, d, width]`.
    rows: usize,
    /// The end.
    size: usize,
}

impl Plan {
    /// A plan for up to `most` draws at a time.
    fn of(layout: Layout, most: usize, splits: usize) -> Self {
        let Layout { d, m, .. } = layout;
        let (inputs, width) = (d.div_ceil(LANES), layout.lanes() / LANES);
        let features = layout.features() / LANES;
        let per_draw = (d + 1) * inputs + (d + 4) * width + 2 * features;
        let affordable = ACTIVATIONS / per_draw;
        let draws = if most <= affordable { most } else { (affordable / 32 * 32).max(1) };
        let part = layout.parameters() / LANES + 1;
        let splits = splits.min(PARTS / part).min(draws.div_ceil(32));
        let mut size = splits * part;
        let mut take = |vectors: usize| {
            let begin = size;
            size += vectors;
            begin
        };
        Self {
            d,
            m,
            inputs,
            width,
            features,
            splits,
            draws,
            x: take(draws * inputs),
            w: take(draws * d * inputs),
            transposed: take(2 * LANES * width * features),
            hidden: take(draws * width),
            back: take(draws * width),
            query: take(draws * width),
            pulled: take(draws * width),
            psi: take(draws * features),
            psi_back: take(draws * features),
            rows: take(draws * d * width),
            size,
        }
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

    /// Vectors of a part of the gradient: the parameters, and one for the loss.
    fn part(&self) -> usize {
        2 * self.network() + 1
    }

    /// The tile of Φ's hidden layer: one draw's rows alone are in it, since they have a q in common.
    fn draw_tile(&self) -> Tile {
        let rows = self.d.div_ceil(self.d.div_ceil(ROWS));
        let tiles = self.d.div_ceil(rows) * self.draws;
        let Tile { columns, .. } = Tile::of(tiles * ROWS, self.width, 1);
        Tile::sized((rows, columns), tiles * rows, self.width)
    }

    /// Parts of H·q: one for each invocation that has some of a row.
    fn shares(&self) -> usize {
        let tile = self.draw_tile();
        self.width.div_ceil(tile.beside() * tile.columns) * tile.beside()
    }

    fn sums(&self) -> Sums {
        let pull = self.draws * self.d;
        let shares = pull + self.draws;
        Sums { pull, shares, size: shares + pull * self.shares() }
    }
}

/// Where everything lies in the buffer of single floats, after g, `[draws, d]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Sums {
    /// Σᵢgᵢ, `[draws]`.
    pull: usize,
    /// Parts of H·q, `[draws, d, shares]`.
    shares: usize,
    /// The end.
    size: usize,
}

/// What an invocation owns of a product, and how a workgroup's invocations stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Tile {
    rows: usize,
    /// In vectors.
    columns: usize,
    /// Invocations below one another.
    down: usize,
}

impl Tile {
    /// The largest that leaves work for [`FEWEST`] invocations, where as many parts of the sum are made.
    fn of(rows: usize, columns: usize, parts: usize) -> Self {
        let count =
            |(tall, wide): &(usize, usize)| rows.div_ceil(*tall) * columns.div_ceil(*wide) * parts;
        let sizes = [(ROWS, 2), (ROWS, 1), (LANES, 1), (2, 1)];
        let size = sizes.into_iter().find(|size| count(size) >= FEWEST);
        Self::sized(size.unwrap_or((1, 1)), rows, columns)
    }

    /// As [`Tile::of`], with rows in whole vectors.
    fn of_vectors(rows: usize, columns: usize, parts: usize) -> Self {
        let Self { rows: tall, columns: wide, .. } = Self::of(rows, columns, parts);
        Self::sized((tall.max(LANES), wide), rows, columns)
    }

    /// A square of invocations, but where there are fewer tiles than would fill it.
    fn sized((tall, wide): (usize, usize), rows: usize, columns: usize) -> Self {
        let (tiles, beside) = (rows.div_ceil(tall), columns.div_ceil(wide));
        let narrow = UNITS / beside.next_power_of_two().min(UNITS);
        let down = tiles.next_power_of_two().min(SIDE).max(narrow);
        Self { rows: tall, columns: wide, down }
    }

    /// Invocations beside one another.
    fn beside(&self) -> usize {
        UNITS / self.down
    }

    /// Workgroups for so many rows of tiles, columns in vectors, and parts.
    fn workgroups(&self, tiles: usize, columns: usize, parts: usize) -> CubeCount {
        let (x, y) = (columns.div_ceil(self.beside() * self.columns), tiles.div_ceil(self.down));
        CubeCount::Static(x as u32, y as u32, parts as u32)
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
    let pieces: Vec<Piece> = span.pieces(plan.draws).collect();
    let work = Work::new(plan, &state.parameters, order, span, &pieces);
    for (index, piece) in pieces.iter().enumerate() {
        let count = piece.end - piece.start;
        work.forward(&draws.w, &draws.x, index, count);
        work.errors(&draws.y, index, count, true);
        let splits = work.backward(index, count);
        adam::update(state, &work.scratch, splits, &work.control, index);
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
    let span = Span {
        layout,
        batch: n.max(1),
        n,
        start: 0,
        end: n,
        steps: 0,
        lr: 0.0,
        cosine: 0,
        slot: 0,
    };
    let pieces: Vec<Piece> = span.pieces(plan.draws).collect();
    let work = Work::new(plan, parameters, order, &span, &pieces);
    for (index, piece) in pieces.iter().enumerate() {
        let count = piece.end - piece.start;
        work.forward(w, x, index, count);
        work.errors(output, index, count, false);
    }
}

/// What every dispatch of a call goes by.
struct Work<'a> {
    plan: Plan,
    parameters: &'a CubeTensor,
    order: &'a CubeTensor,
    control: Control,
    scratch: CubeTensor,
    sums: CubeTensor,
}

impl<'a> Work<'a> {
    fn new(
        plan: Plan,
        parameters: &'a CubeTensor,
        order: &'a CubeTensor,
        span: &Span,
        pieces: &[Piece],
    ) -> Self {
        Self {
            plan,
            parameters,
            order,
            control: Control::of(span, pieces, parameters),
            scratch: empty(parameters, [plan.size * LANES].into()),
            sums: empty(parameters, [plan.sums().size].into()),
        }
    }

    /// Both hidden layers, Ψ, q and the parts of H·q of `count` draws.
    fn forward(&self, w: &CubeTensor, x: &CubeTensor, piece: usize, count: usize) {
        let plan = self.plan;
        let Plan { d, inputs, width, features, .. } = plan;
        let phi = plan.network();
        let items = count * (d + 1) * inputs + 2 * LANES * width * features;
        fetch::launch(
            &self.parameters.client,
            CubeCount::Static(items.div_ceil(UNITS) as u32, 1, 1),
            CubeDim::new_1d(UNITS as u32),
            buffer(&self.scratch),
            buffer(self.parameters),
            buffer(w),
            buffer(x),
            buffer(self.order),
            buffer(&self.control.tensor),
            piece as u32,
            count as u32,
            plan,
        );
        let [parameters, scratch] = [Right::Parameters, Right::Scratch];
        self.product(
            (parameters, Finish::Relu),
            count,
            Operands { left: plan.x, depth: inputs, right: 0, more: d * width, out: plan.hidden },
        );
        self.product(
            (scratch, Finish::Bias),
            count,
            Operands {
                left: plan.hidden,
                depth: width,
                right: plan.transposed,
                more: plan.output_bias(),
                out: plan.psi,
            },
        );
        self.product(
            (parameters, Finish::Plain),
            count,
            Operands {
                left: plan.psi,
                depth: features,
                right: phi + plan.output_weight(),
                more: 0,
                out: plan.query,
            },
        );
        self.product(
            (parameters, Finish::Shares),
            count,
            Operands {
                left: plan.w,
                depth: inputs,
                right: phi,
                more: phi + d * width,
                out: plan.rows,
            },
        );
    }

    /// y', and when training the gradient there; otherwise `y` receives y'.
    fn errors(&self, y: &CubeTensor, piece: usize, count: usize, training: bool) {
        errors::launch(
            &self.parameters.client,
            CubeCount::Static((count * self.plan.d).div_ceil(UNITS) as u32, 1, 1),
            CubeDim::new_1d(UNITS as u32),
            buffer(&self.scratch),
            buffer(self.parameters),
            buffer(&self.sums),
            buffer(y),
            buffer(self.order),
            buffer(&self.control.tensor),
            piece as u32,
            count as u32,
            self.plan,
            training,
        );
    }

    /// The gradient's parts; returns how many.
    fn backward(&self, piece: usize, count: usize) -> usize {
        let plan = self.plan;
        let Plan { d, m, inputs, width, features, .. } = plan;
        let phi = plan.network();
        // Neither more parts than were planned for, nor an empty one.
        let share = count.div_ceil(plan.splits);
        let splits = count.div_ceil(share);

        let tile = Tile::of_vectors(d, width, plan.splits);
        pull_back::launch(
            &self.parameters.client,
            tile.workgroups(d.div_ceil(tile.rows), width, splits),
            CubeDim::new_1d(UNITS as u32),
            buffer(&self.scratch),
            buffer(&self.sums),
            count as u32,
            share as u32,
            plan,
            tile,
        );
        self.product(
            (Right::Scratch, Finish::PulledBias),
            count,
            Operands {
                left: plan.pulled,
                depth: width,
                right: plan.transposed + LANES * width * features,
                more: phi + plan.output_bias(),
                out: plan.psi_back,
            },
        );
        self.product(
            (Right::Parameters, Finish::Masked),
            count,
            Operands {
                left: plan.psi_back,
                depth: features,
                right: plan.output_weight(),
                more: plan.hidden,
                out: plan.back,
            },
        );
        let weight = plan.output_weight();
        let over_draws = |left, right, out| Over { count, share, splits, left, right, out };
        self.gradient(m, false, over_draws((plan.psi, features), plan.pulled, phi + weight));
        self.gradient(m, false, over_draws((plan.psi_back, features), plan.hidden, weight));
        self.gradient(d, true, over_draws((plan.x, inputs), plan.back, 0));
        biases::launch(
            &self.parameters.client,
            CubeCount::Static((2 * features + 1).div_ceil(UNITS) as u32, splits as u32, 1),
            CubeDim::new_1d(UNITS as u32),
            buffer(&self.scratch),
            buffer(&self.sums),
            buffer(&self.control.tensor),
            piece as u32,
            count as u32,
            share as u32,
            plan,
        );
        splits
    }

    /// A product of which a row of the left operand is a draw's, or a row's of its W.
    fn product(&self, (right, finish): (Right, Finish), count: usize, operands: Operands) {
        let plan = self.plan;
        let columns = if right == Right::Scratch { plan.features } else { plan.width };
        // By the plan and not by the piece: another tile is another kernel to compile.
        let (tile, rows, tiles) = if finish == Finish::Shares {
            let tile = plan.draw_tile();
            (tile, count * plan.d, count * plan.d.div_ceil(tile.rows))
        } else {
            let tile = Tile::of(plan.draws, columns, 1);
            (tile, count, count.div_ceil(tile.rows))
        };
        product::launch(
            &self.parameters.client,
            tile.workgroups(tiles, columns, 1),
            CubeDim::new_1d(UNITS as u32),
            buffer(&self.scratch),
            buffer(self.parameters),
            buffer(&self.sums),
            SizesLaunch::new(
                rows as u32,
                columns as u32,
                operands.depth as u32,
                operands.left as u32,
                operands.right as u32,
                operands.more as u32,
                operands.out as u32,
            ),
            Kind { right, finish, tile },
            plan,
        );
    }

    /// The gradient's parts of a layer's weights: `rows`, and one more if they have a bias.
    fn gradient(&self, rows: usize, bias: bool, over: Over) {
        let plan = self.plan;
        let tile = Tile::of_vectors(rows, plan.width, plan.splits);
        gradient::launch(
            &self.parameters.client,
            tile.workgroups(rows.div_ceil(tile.rows), plan.width, over.splits),
            CubeDim::new_1d(UNITS as u32),
            buffer(&self.scratch),
            over.count as u32,
            over.share as u32,
            rows as u32,
            over.left.0 as u32,
            over.left.1 as u32,
            over.right as u32,
            over.out as u32,
            bias,
            tile,
            plan,
        );
    }
}

/// Where a product's right operand lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Right {
    Scratch,
    Parameters,
}

/// What else becomes of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Finish {
    Plain,
    /// A bias is added.
    Bias,
    /// A bias is added, Σᵢgᵢ of the row times.
    PulledBias,
    /// A bias is added, and what is negative made nought.
    Relu,
    /// The same; and parts of each row's product with its draw's q are left.
    Shares,
    /// Nought where another matrix is not positive.
    Masked,
}

/// A product, as far as its kernel is compiled for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    right: Right,
    finish: Finish,
    tile: Tile,
}

/// Where a product's operands lie and, in vectors, how many terms its sums have. A row of the left operand is as long
/// as that, padded with noughts, and so it does not matter what lies behind the right operand's last row.
struct Operands {
    left: usize,
    depth: usize,
    right: usize,
    /// What [`Finish`] needs besides: the bias or the mask.
    more: usize,
    out: usize,
}

/// A sum over draws: how many there are in all and in a part, and parts; the left operand and the distance of its
/// rows, the right operand, and where in a part of the gradient the sum goes.
struct Over {
    count: usize,
    share: usize,
    splits: usize,
    left: (usize, usize),
    right: usize,
    out: usize,
}

/// [`Operands`] and the product's sizes, as a kernel sees them.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
#[expand(derive(Clone, Copy))]
struct Sizes {
    rows: u32,
    columns: u32,
    depth: u32,
    left: u32,
    right: u32,
    more: u32,
    out: u32,
}

/// Puts a piece's draws in order and A₂ of both networks on its side, all in whole vectors: one an invocation.
#[cube(launch)]
#[allow(clippy::too_many_arguments)] // a kernel's bindings
fn fetch(
    scratch: &mut [Four],
    parameters: &[f32],
    w: &[f32],
    x: &[f32],
    order: &[i32],
    control: &[f32],
    piece: u32,
    count: u32,
    #[comptime] plan: Plan,
) {
    let Plan { d, m, inputs, width, features, .. } = comptime!(plan);
    let lanes = comptime!(LANES * width);
    let at = ABSOLUTE_POS;
    let start = field(control, piece, Control::START) as usize;
    let of_w = count as usize * comptime!(d * inputs);
    let of_x = of_w + count as usize * inputs;
    let mut four = Four::new(0.0);
    if at < of_x {
        let in_w = at < of_w;
        let item = select(in_w, at, at - of_w);
        let row = item / inputs;
        let element = item % inputs * LANES;
        let draw = order[start + select(in_w, row / d, row)] as usize;
        let first = select(in_w, draw * d + row % d, draw) * d + element;
        #[unroll]
        for lane in 0..4usize {
            let value = if in_w { w[first + lane] } else { x[first + lane] };
            four.insert(lane, select(element + lane < d, value, 0.0));
        }
        scratch[select(in_w, comptime!(plan.w), comptime!(plan.x)) + item] = four;
    } else if at < of_x + comptime!(2 * lanes * features) {
        let item = at - of_x;
        let network = item / comptime!(lanes * features);
        // Neighbours take neighbouring units of a feature.
        let feature = item / lanes % features;
        let unit = item % lanes;
        let first = network * comptime!(LANES * plan.network())
            + comptime!(LANES * plan.output_weight())
            + unit;
        #[unroll]
        for lane in 0..4usize {
            let k = LANES * feature + lane;
            four.insert(lane, select(k < m, parameters[first + k * lanes], 0.0));
        }
        let row = network * lanes + unit;
        scratch[comptime!(plan.transposed) + row * features + feature] = four;
    }
}

/// A tile of a product an invocation.
#[cube(launch)]
fn product(
    scratch: &mut [Four],
    parameters: &[Four],
    sums: &mut [f32],
    sizes: Sizes,
    #[comptime] kind: Kind,
    #[comptime] plan: Plan,
) {
    let Tile { rows, columns, down } = comptime!(kind.tile);
    let Plan { d, .. } = comptime!(plan);
    let beside = comptime!(kind.tile.beside());
    let by_draw = comptime!(matches!(kind.finish, Finish::Shares));
    let unit = UNIT_POS as usize;
    let tile = CUBE_POS_Y as usize * down + unit / beside;
    let position = CUBE_POS_X as usize * beside + unit % beside;
    let column = CUBE_POS_X as usize * comptime!(beside * columns) + unit % beside;
    let across = sizes.columns as usize;
    let depth = sizes.depth as usize;
    let mut row = tile * rows;
    let mut end = sizes.rows as usize;
    let draw = tile / comptime!(d.div_ceil(rows));
    if by_draw {
        row = draw * d + tile % comptime!(d.div_ceil(rows)) * rows;
        end = end.min(draw * d + d);
    }
    if row >= end {
        terminate!();
    }

    let mut tiles = Array::<Four>::new(comptime!(rows * columns));
    #[unroll]
    for c in 0..columns {
        let bias = start(parameters, sizes.more as usize + column + c * beside, kind);
        #[unroll]
        for r in 0..rows {
            tiles[comptime!(r * columns + c)] = match comptime!(kind.finish) {
                Finish::PulledBias => bias * Four::new(sums[comptime!(plan.sums().pull) + row + r]),
                _ => bias,
            };
        }
    }
    let left = sizes.left as usize + row * depth;
    let right = sizes.right as usize + column;
    for k in 0..depth {
        let mut factors = Array::<Four>::new(rows);
        #[unroll]
        for r in 0..rows {
            factors[r] = scratch[left + r * depth + k];
        }
        #[unroll]
        for lane in 0..4usize {
            let begin = right + (LANES * k + lane) * across;
            #[unroll]
            for c in 0..columns {
                let value = match comptime!(kind.right) {
                    Right::Scratch => scratch[begin + c * beside],
                    Right::Parameters => parameters[begin + c * beside],
                };
                #[unroll]
                for r in 0..rows {
                    tiles[comptime!(r * columns + c)] +=
                        Four::new(factors[r].extract(lane)) * value;
                }
            }
        }
    }

    #[unroll]
    for r in 0..rows {
        let mut share = 0.0f32;
        if row + r < end {
            #[unroll]
            for c in 0..columns {
                let at = column + c * beside;
                if at < across {
                    let place = (row + r) * across + at;
                    let value = tiles[comptime!(r * columns + c)];
                    let value = match comptime!(kind.finish) {
                        Finish::Relu | Finish::Shares => value.max(Four::new(0.0)),
                        Finish::Masked => {
                            where_positive(scratch[sizes.more as usize + place], value)
                        }
                        _ => value,
                    };
                    scratch[sizes.out as usize + place] = value;
                    if by_draw {
                        share += value.dot(scratch[comptime!(plan.query) + draw * across + at]);
                    }
                }
            }
            if by_draw {
                let place = (row + r) * comptime!(plan.shares()) + position;
                sums[comptime!(plan.sums().shares) + place] = share;
            }
        }
    }
}

/// What a tile's sums begin with.
#[cube]
fn start(parameters: &[Four], bias: usize, #[comptime] kind: Kind) -> Four {
    match comptime!(kind.finish) {
        Finish::Plain | Finish::Masked => Four::new(0.0),
        _ => parameters[bias],
    }
}

/// y' = H·q + b₂·Ψ and the gradient there: one number an invocation.
#[cube(launch)]
#[allow(clippy::too_many_arguments)] // a kernel's bindings
fn errors(
    scratch: &[Four],
    parameters: &[Four],
    sums: &mut [f32],
    y: &mut [f32],
    order: &[i32],
    control: &[f32],
    piece: u32,
    count: u32,
    #[comptime] plan: Plan,
    #[comptime] training: bool,
) {
    let Plan { d, features, .. } = comptime!(plan);
    let at = ABSOLUTE_POS;
    if at >= count as usize * d {
        terminate!();
    }
    let draw = at / d;
    let mut output = 0.0f32;
    let bias = comptime!(plan.network() + plan.output_bias());
    for feature in 0..features {
        let psi = scratch[comptime!(plan.psi) + draw * features + feature];
        output += parameters[bias + feature].dot(psi);
    }
    let begin = comptime!(plan.sums().shares) + at * comptime!(plan.shares());
    for share in 0..comptime!(plan.shares()) {
        output += sums[begin + share];
    }
    let place = field(control, piece, Control::START) as usize + draw;
    if training {
        let error = output - y[order[place] as usize * d + at % d];
        sums[at] = 2.0 * field(control, piece, Control::SCALE) * error;
    } else {
        y[place * d + at % d] = output;
    }
}

/// A tile of the parts of ∂A₁ and ∂b₁ of Φ an invocation; and s and Σᵢgᵢ of every draw on the way.
#[cube(launch)]
fn pull_back(
    scratch: &mut [Four],
    sums: &mut [f32],
    count: u32,
    share: u32,
    #[comptime] plan: Plan,
    #[comptime] tile: Tile,
) {
    let Plan { d, inputs, width, .. } = comptime!(plan);
    let Tile { rows, columns, down } = comptime!(tile);
    let beside = comptime!(tile.beside());
    let vectors = comptime!(rows / LANES);
    let unit = UNIT_POS as usize;
    let input = (CUBE_POS_Y as usize * down + unit / beside) * vectors;
    let column = CUBE_POS_X as usize * comptime!(beside * columns) + unit % beside;
    if input >= inputs {
        terminate!();
    }
    let begin = CUBE_POS_Z as usize * share as usize;
    let end = (begin + share as usize).min(count as usize);
    let mut tiles = Array::<Four>::new(comptime!(rows * columns));
    let mut bias = Array::<Four>::new(columns);
    noughts(&mut tiles, comptime!(rows * columns));
    noughts(&mut bias, columns);
    for draw in begin..end {
        let mut query = Array::<Four>::new(columns);
        let mut pulled = Array::<Four>::new(columns);
        noughts(&mut pulled, columns);
        let mut pull = 0.0f32;
        #[unroll]
        for c in 0..columns {
            query[c] = scratch[comptime!(plan.query) + draw * width + column + c * beside];
        }
        for i in 0..d {
            let row = draw * d + i;
            let g = sums[row];
            pull += g;
            let mut factors = Array::<Four>::new(vectors);
            #[unroll]
            for v in 0..vectors {
                factors[v] = scratch[comptime!(plan.w) + row * inputs + input + v];
            }
            #[unroll]
            for c in 0..columns {
                let hidden = scratch[comptime!(plan.rows) + row * width + column + c * beside];
                pulled[c] += hidden * Four::new(g);
                let back = where_positive(hidden, query[c] * Four::new(g));
                bias[c] += back;
                #[unroll]
                for r in 0..rows {
                    tiles[comptime!(r * columns + c)] +=
                        Four::new(factors[comptime!(r / LANES)].extract(comptime!(r % LANES)))
                            * back;
                }
            }
        }
        if input == 0 {
            #[unroll]
            for c in 0..columns {
                let at = column + c * beside;
                if at < width {
                    scratch[comptime!(plan.pulled) + draw * width + at] = pulled[c];
                }
            }
            if column == 0 {
                sums[comptime!(plan.sums().pull) + draw] = pull;
            }
        }
    }
    let out = comptime!(plan.network()) + CUBE_POS_Z as usize * comptime!(plan.part());
    let first = input * LANES;
    put(scratch, out, first, d, column, &tiles, plan, tile);
    put_bias(scratch, out + d * width, first, column, &bias, plan, tile);
}

/// A tile of the parts of a gradient an invocation: Σ over draws, left ⊗ right.
#[cube(launch)]
#[allow(clippy::too_many_arguments)] // a product's sizes
#[allow(clippy::collapsible_if)] // the outer one is decided when the kernel is compiled
fn gradient(
    scratch: &mut [Four],
    count: u32,
    share: u32,
    rows: u32,
    left: u32,
    left_distance: u32,
    right: u32,
    out: u32,
    #[comptime] with_bias: bool,
    #[comptime] tile: Tile,
    #[comptime] plan: Plan,
) {
    let Plan { width, .. } = comptime!(plan);
    let Tile { rows: tall, columns, down } = comptime!(tile);
    let beside = comptime!(tile.beside());
    let vectors = comptime!(tall / LANES);
    let unit = UNIT_POS as usize;
    let first = (CUBE_POS_Y as usize * down + unit / beside) * vectors;
    let column = CUBE_POS_X as usize * comptime!(beside * columns) + unit % beside;
    if first * LANES >= rows as usize {
        terminate!();
    }
    let begin = CUBE_POS_Z as usize * share as usize;
    let end = (begin + share as usize).min(count as usize);
    let mut tiles = Array::<Four>::new(comptime!(tall * columns));
    let mut bias = Array::<Four>::new(columns);
    noughts(&mut tiles, comptime!(tall * columns));
    noughts(&mut bias, columns);
    for draw in begin..end {
        let mut factors = Array::<Four>::new(vectors);
        #[unroll]
        for v in 0..vectors {
            factors[v] = scratch[left as usize + draw * left_distance as usize + first + v];
        }
        #[unroll]
        for c in 0..columns {
            let value = scratch[right as usize + draw * width + column + c * beside];
            if with_bias {
                bias[c] += value;
            }
            #[unroll]
            for r in 0..tall {
                tiles[comptime!(r * columns + c)] +=
                    Four::new(factors[comptime!(r / LANES)].extract(comptime!(r % LANES))) * value;
            }
        }
    }
    let out = out as usize + CUBE_POS_Z as usize * comptime!(plan.part());
    put(scratch, out, first * LANES, rows as usize, column, &tiles, plan, tile);
    if with_bias {
        put_bias(scratch, out + rows as usize * width, first, column, &bias, plan, tile);
    }
}

#[cube]
fn noughts(values: &mut Array<Four>, #[comptime] count: usize) {
    #[unroll]
    for at in 0..count {
        values[at] = Four::new(0.0);
    }
}

/// Writes a tile that begins at a row and a column, as far as there are rows and columns.
#[cube]
#[allow(clippy::too_many_arguments)] // a tile and its place
fn put(
    scratch: &mut [Four],
    out: usize,
    first: usize,
    end: usize,
    column: usize,
    tiles: &Array<Four>,
    #[comptime] plan: Plan,
    #[comptime] tile: Tile,
) {
    #[unroll]
    for r in 0..tile.rows {
        #[unroll]
        for c in 0..tile.columns {
            let at = column + c * comptime!(tile.beside());
            if first + r < end && at < plan.width {
                scratch[out + (first + r) * plan.width + at] =
                    tiles[comptime!(r * tile.columns + c)];
            }
        }
    }
}

/// The same for the one row of a bias, which the topmost tiles have.
#[cube]
fn put_bias(
    scratch: &mut [Four],
    out: usize,
    first: usize,
    column: usize,
    bias: &Array<Four>,
    #[comptime] plan: Plan,
    #[comptime] tile: Tile,
) {
    #[unroll]
    for c in 0..tile.columns {
        let at = column + c * comptime!(tile.beside());
        if first == 0 && at < plan.width {
            scratch[out + at] = bias[c];
        }
    }
}

/// Parts of the gradients of b₂ of Ψ, of b₂ of Φ, and of the loss: one vector an invocation.
#[cube(launch)]
#[allow(clippy::needless_range_loop)] // a buffer on a device has no iterator
fn biases(
    scratch: &mut [Four],
    sums: &[f32],
    control: &[f32],
    piece: u32,
    count: u32,
    share: u32,
    #[comptime] plan: Plan,
) {
    let Plan { d, features, .. } = comptime!(plan);
    let at = ABSOLUTE_POS_X as usize;
    let out = CUBE_POS_Y as usize * comptime!(plan.part());
    let begin = CUBE_POS_Y as usize * share as usize;
    let end = (begin + share as usize).min(count as usize);
    let mut sum = Four::new(0.0);
    if at < features {
        for draw in begin..end {
            sum += scratch[comptime!(plan.psi_back) + draw * features + at];
        }
        scratch[out + comptime!(plan.output_bias()) + at] = sum;
    } else if at < comptime!(2 * features) {
        for draw in begin..end {
            let pull = Four::new(sums[comptime!(plan.sums().pull) + draw]);
            sum += scratch[comptime!(plan.psi) + draw * features + at - features] * pull;
        }
        let bias = comptime!(plan.network() + plan.output_bias());
        scratch[out + bias + at - features] = sum;
    } else if at == comptime!(2 * features) {
        // The squared errors counted, from g = 2 · scale · error.
        let mut squares = 0.0f32;
        for at in 0..(end - begin) * d {
            let g = sums[begin * d + at];
            squares += g * g;
        }
        sum.insert(0usize, squares / (4.0 * field(control, piece, Control::SCALE)));
        scratch[out + comptime!(2 * plan.network())] = sum;
    }
}
