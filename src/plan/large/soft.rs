//! The stages as the software adapter computes them best: an invocation owns a tile of a product, up to eight rows by
//! eight columns, in registers, and reads what it multiplies from the buffers themselves. So nothing waits at a barrier.
//! It takes a quarter of the time of tiles in workgroup memory there, and a tenth of the time to compile.

use crate::model::layout::LANES;
use crate::shader::{constants, unroll};

use super::{Finish, Groups, Left, Plan, Product, Right, Stage};

/// Invocations in a workgroup, in a square.
const UNITS: usize = SIDE * SIDE;
const SIDE: usize = 8;

/// Rows of a tile at most.
const ROWS: usize = 8;

/// Invocations of a product at least, if need be with smaller tiles.
const FEWEST: usize = 1024;

/// Parts of the gradient at most.
pub(super) const SPLITS: usize = 16;

/// What an invocation owns of a product, and how a workgroup's invocations stand.
#[derive(Debug, Clone, Copy)]
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

    /// The tile of Φ's hidden layer: one draw's rows alone are in it, since they have a q in common.
    fn of_draw(plan: &Plan) -> Self {
        let d = plan.layout.d;
        let rows = d.div_ceil(d.div_ceil(ROWS));
        let tiles = d.div_ceil(rows) * plan.draws;
        let Self { columns, .. } = Self::of(tiles * ROWS, plan.width(), 1);
        Self::sized((rows, columns), tiles * rows, plan.width())
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

    /// Workgroups beside one another.
    fn across(&self, columns: usize) -> usize {
        columns.div_ceil(self.beside() * self.columns)
    }

    fn constants(&self) -> String {
        let Self { rows, columns, down } = *self;
        let quads = rows.div_ceil(LANES);
        constants(&[
            ("TALL", rows),
            ("QUADS", quads),
            ("WIDE", columns),
            ("DOWN", down),
            ("BESIDE", self.beside()),
        ])
    }

    /// A file with its loops over the tile unrolled.
    fn unrolled(&self, file: &str) -> String {
        let quads = self.rows.div_ceil(LANES);
        unroll(file, &[("TALL", self.rows), ("QUADS", quads), ("WIDE", self.columns)])
    }
}

/// Parts of a row's y': one for each invocation that has some of the row.
pub(super) fn share_count(plan: &Plan) -> usize {
    let tile = Tile::of_draw(plan);
    tile.across(plan.width()) * tile.beside()
}

pub(super) fn forward(plan: &Plan, products: &[Product; 3]) -> Vec<Stage> {
    let file = include_str!("../../shader/soft_fetch.wgsl");
    let each = (plan.layout.d + 1) * plan.inputs();
    let besides = 2 * LANES * plan.width() * plan.count_of_features();
    let fetch = elements(plan, "fetch", file, (each, besides));
    let rows = plan.rows();
    let products = products.iter().chain([&rows]).map(|each| product(plan, each));
    std::iter::once(fetch).chain(products).collect()
}

pub(super) fn backward(
    plan: &Plan,
    products: &[Product; 2],
    gradients: &[Product; 3],
) -> Vec<Stage> {
    let errors = include_str!("../../shader/soft_errors.wgsl");
    let biases = include_str!("../../shader/soft_biases.wgsl");
    let x = (2 * plan.count_of_features() + 1).div_ceil(UNITS);
    let biases = Stage { name: "biases", text: plan.text("", biases), groups: Groups::Rows { x } };
    [elements(plan, "errors", errors, (plan.layout.d, 0)), rows_back(plan)]
        .into_iter()
        .chain(products.iter().map(|each| product(plan, each)))
        .chain(gradients.iter().map(|each| gradient(plan, each)))
        .chain([biases])
        .collect()
}

fn elements(plan: &Plan, name: &'static str, file: &str, (each, besides): (usize, usize)) -> Stage {
    Stage { name, text: plan.text("", file), groups: Groups::Elements { each, besides } }
}

/// A product whose rows are draws, or rows of their W.
fn product(plan: &Plan, product: &Product) -> Stage {
    let (left, depth) = match product.left {
        Left::Inputs => (plan.inputs_at, plan.inputs()),
        Left::Matrix(at, row) => (at, row),
    };
    let (of_weights, right) = match product.right {
        Right::Weights(at) => (true, at),
        Right::Matrix(at) => (false, at),
        Right::Transposed(network) => {
            let half = LANES * plan.width() * plan.count_of_features();
            (false, plan.transposed + network * half)
        }
    };
    let (finish, more) = match product.finish {
        Finish::Plain | Finish::Part => (0, 0),
        Finish::Bias(at) => (1, at),
        Finish::Relu(at) => (2, at),
        Finish::PulledBias(at) => (3, at),
        Finish::Masked(at) => (4, at),
        Finish::Shared(at) => (6, at),
    };
    let shared = matches!(product.finish, Finish::Shared(_));
    let tile = if shared { Tile::of_draw(plan) } else { Tile::of(plan.draws, product.row, 1) };
    let own = constants(&[
        ("LEFT", left),
        ("DEPTH", depth),
        ("RIGHT", right),
        ("MORE", more),
        ("OUT", product.out),
        ("ACROSS", product.row),
        ("FINISH", finish),
    ]);
    let own = format!("{own}const OF_WEIGHTS: bool = {of_weights};\n{}", tile.constants());
    let text = plan.text(&own, &tile.unrolled(include_str!("../../shader/soft_product.wgsl")));
    let (draws, of_draw) =
        if shared { (1, plan.layout.d.div_ceil(tile.rows)) } else { (tile.rows, 1) };
    let x = tile.across(product.row);
    Stage { name: product.name, text, groups: Groups::Tiles { x, draws, of_draw, down: tile.down } }
}

/// The parts of a sum over draws.
fn gradient(plan: &Plan, product: &Product) -> Stage {
    let (left, left_row, rows, with_bias) = match product.left {
        Left::Inputs => (plan.inputs_at, plan.inputs(), plan.layout.d, true),
        Left::Matrix(at, row) => (at, row, product.rows.unwrap_or(0), false),
    };
    let Right::Matrix(right) = product.right else {
        unreachable!("a sum over draws has matrices of draws");
    };
    let tile = Tile::of_vectors(rows, plan.width(), plan.splits);
    let own = constants(&[
        ("LEFT", left),
        ("LEFT_ROW", left_row),
        ("RIGHT", right),
        ("OUT", product.out),
        ("HIGH", rows),
    ]);
    let own = format!("{own}const WITH_BIAS: bool = {with_bias};\n{}", tile.constants());
    let text = plan.text(&own, &tile.unrolled(include_str!("../../shader/soft_gradient.wgsl")));
    let (x, y) = (tile.across(plan.width()), rows.div_ceil(tile.rows).div_ceil(tile.down));
    Stage { name: product.name, text, groups: Groups::Parts { x, y } }
}

/// The gradient of Φ's first layer, and s.
fn rows_back(plan: &Plan) -> Stage {
    let d = plan.layout.d;
    let tile = Tile::of_vectors(d, plan.width(), plan.splits);
    let file = tile.unrolled(include_str!("../../shader/soft_rows_back.wgsl"));
    let text = plan.text(&tile.constants(), &file);
    let (x, y) = (tile.across(plan.width()), d.div_ceil(tile.rows).div_ceil(tile.down));
    Stage { name: "rows back", text, groups: Groups::Parts { x, y } }
}
