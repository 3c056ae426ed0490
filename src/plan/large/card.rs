//! The stages as a card computes them: tiles of 64 columns that go through workgroup memory, 256 invocations each.

use crate::model::layout::{LANES, Layout};
use crate::shader::constants;

use super::{Bias, Finish, Groups, Left, Plan, Product, Right, Stage};

/// Vectors of a tile's columns.
pub(super) const COLUMNS: usize = 16;

/// Rows of a tile, for each that an invocation has.
const ROWS: usize = 16;

/// Invocations of a workgroup.
const UNITS: usize = 256;

/// Parts of the gradient at most.
pub(super) const SPLITS: usize = 8;

/// Workgroups that a large card has at work at a time, or nearly: with fewer, smaller tiles.
const FEWEST: usize = 96;

/// Workgroups for Φ's first layer, whose parts take memory.
const ROW_GROUPS: usize = 512;

/// Vectors of the parts of Φ's first layer: 32 MiB.
const ROW_PARTS: usize = 2 << 20;

/// Bytes of workgroup memory that there are everywhere.
const ROW_MEMORY: usize = 16 << 10;

/// Rows of W in workgroup memory at a time, at most.
const ROW_CHUNK: usize = 16;

/// Tiles of a product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tiles {
    tall: usize,
    across: usize,
    /// Rows of the result, or none where they are draws.
    rows: Option<usize>,
    /// Whether it is a sum over draws, in parts.
    over_draws: bool,
}

impl Tiles {
    fn of(product: &Product, tall: usize) -> Self {
        let across = product.columns.div_ceil(COLUMNS);
        Self { tall, across, rows: product.rows, over_draws: product.depth.is_none() }
    }

    pub(super) fn count(&self, draws: usize, parts: usize) -> usize {
        let Self { tall, across, rows, over_draws } = *self;
        rows.unwrap_or(draws).div_ceil(tall) * across * if over_draws { parts } else { 1 }
    }
}

/// How the draws of a piece go through [`rows_back`].
#[derive(Debug, Clone, Copy)]
struct Slots {
    /// Vectors of inputs at a time, and how many times.
    inputs: usize,
    blocks: usize,
    /// Draws at a time.
    slots: usize,
    /// Rows of W at a time.
    chunk: usize,
}

impl Slots {
    fn of(layout: Layout) -> Self {
        let all = layout.d.div_ceil(LANES);
        let blocks = (all * COLUMNS).div_ceil(UNITS);
        let inputs = all.div_ceil(blocks);
        let chunk = (LANES * all).min(ROW_CHUNK);
        let plan = |slots| Self { inputs, blocks, slots, chunk };
        let fits = |plan: &Self| {
            plan.slots * COLUMNS * inputs <= UNITS && plan.memory(layout) <= ROW_MEMORY
        };
        (1..=ROWS).rev().map(plan).find(fits).unwrap_or(plan(1))
    }

    /// Bytes of workgroup memory: rows of W, signs, sums and g.
    fn memory(&self, layout: Layout) -> usize {
        let Self { inputs, slots, chunk, .. } = *self;
        let vectors = chunk * (inputs + COLUMNS) + COLUMNS * inputs;
        slots * (16 * vectors + 4 * layout.d.next_multiple_of(LANES))
    }
}

/// Parts of the gradient of Φ's first layer.
pub(super) fn row_splits(layout: Layout, draws: usize, part: usize) -> usize {
    let across = layout.hidden.div_ceil(LANES).div_ceil(COLUMNS);
    let twice = draws.div_ceil(2 * Slots::of(layout).slots);
    (ROW_GROUPS / across).min(twice).min(ROW_PARTS / part).max(1)
}

pub(super) fn forward(plan: &Plan, products: &[Product; 3]) -> Vec<Stage> {
    let products = products.iter().map(|product| dispatch(plan, product.name, &[*product]));
    products.chain([rows(plan)]).collect()
}

pub(super) fn backward(
    plan: &Plan,
    [features, hidden]: &[Product; 2],
    [of_phi, of_psi, of_inputs]: &[Product; 3],
) -> Vec<Stage> {
    vec![
        rows_back(plan),
        dispatch(plan, "psi back, phi's output", &[*features, *of_phi]),
        dispatch(plan, "back", &[*hidden]),
        dispatch(plan, "psi's gradient", &[*of_psi, *of_inputs]),
    ]
}

/// One product, or two that do not need one another, in one dispatch.
fn dispatch(plan: &Plan, name: &'static str, products: &[Product]) -> Stage {
    let tiles = |rows: usize| {
        let mut tiles = products.iter().map(|product| Tiles::of(product, ROWS * rows));
        [tiles.next(), tiles.next()]
    };
    let enough = |rows: usize| {
        let parts = plan.parts(plan.draws)[0].parts;
        let counts = tiles(rows).into_iter().flatten().map(|tiles| tiles.count(plan.draws, parts));
        counts.sum::<usize>() >= FEWEST
    };
    let rows = [4, 2].into_iter().find(|rows| enough(*rows)).unwrap_or(1);
    // What a tile is deep takes memory with what it is tall.
    let depth = if rows == 1 { 32 } else { 16 };
    let operands = |product: &Product| operands(plan, product);
    let second = products.last().expect("a dispatch has a product");
    let own = format!(
        "{}const BOTH: bool = {};\nconst FIRST: Operands = {};\nconst SECOND: Operands = {};\n",
        constants(&[("TR", rows), ("KC", depth)]),
        products.len() == 2,
        operands(&products[0]),
        operands(second),
    );
    let text = plan.text(&own, include_str!("../../shader/product.wgsl"));
    Stage { name, text, groups: Groups::Products(tiles(rows)) }
}

/// What is multiplied, as `product.wgsl` has it.
fn operands(plan: &Plan, product: &Product) -> String {
    let over_draws = product.depth.is_none();
    let (left, left_at, left_row) = match product.left {
        Left::Inputs => (if over_draws { "INPUTS_ACROSS" } else { "INPUTS_ALONG" }, 0, 0),
        Left::Matrix(at, row) => (if over_draws { "ACROSS" } else { "ALONG" }, at, row),
    };
    let (right, right_at) = match product.right {
        Right::Weights(at) => ("WEIGHTS", at),
        Right::Matrix(at) => ("MATRIX", at),
        Right::Transposed(network) => {
            ("TRANSPOSED", network * plan.network() + plan.output_weight())
        }
    };
    let (finish, more) = match product.finish {
        Finish::Plain | Finish::Shared(_) => ("PLAIN", 0),
        Finish::Bias(at) => ("BIAS", at),
        Finish::Relu(at) => ("RELU", at),
        Finish::PulledBias(at) => ("PULLED_BIAS", at),
        Finish::Masked(at) => ("MASKED", at),
        Finish::Part => ("PART", 0),
    };
    let (bias, bias_out) = match product.bias {
        None => (0, 0),
        Some((Bias::Sum, at)) => (1, at),
        Some((Bias::Pulled, at)) => (2, at),
    };
    let Product { rows, depth, columns, row, out, .. } = *product;
    let (rows, depth) = (rows.unwrap_or(0), depth.unwrap_or(0));
    let across = columns.div_ceil(COLUMNS);
    format!(
        "Operands({left}, {left_at}u, {left_row}u, {right}, {right_at}u, {rows}u, {depth}u, {columns}u, {row}u, \
         {finish}, {more}u, {out}u, {across}u, {bias}u, {bias_out}u)"
    )
}

/// Terms of a sum that Φ's hidden layer has in a workgroup's memory at a time.
const DEPTH: usize = 16;

/// Φ's hidden layer.
fn rows(plan: &Plan) -> Stage {
    let (d, x) = (plan.layout.d, plan.columns().div_ceil(COLUMNS));
    let of_draw = d.next_multiple_of(LANES);
    let tall = |rows: usize| LANES * ROWS * rows;
    // What rows.wgsl has of a workgroup's memory.
    let bytes = |rows: usize| 16 * DEPTH * (16 * rows + 1 + 17) + 4 * 4 * 16 * rows * 17;
    let enough = (plan.draws * of_draw).div_ceil(tall(2)) * x >= 4 * FEWEST;
    let rows = if enough && bytes(2) <= plan.memory { 2 } else { 1 };
    let own = constants(&[("DP", of_draw), ("TR", rows), ("KC", DEPTH)]);
    let text = plan.text(&own, include_str!("../../shader/rows.wgsl"));
    Stage { name: "rows", text, groups: Groups::RowTiles { x, of_draw, tall: tall(rows) } }
}

/// The gradient at y', and of Φ's first layer.
fn rows_back(plan: &Plan) -> Stage {
    let Slots { inputs, blocks, slots, chunk } = Slots::of(plan.layout);
    let of_draw = plan.layout.d.next_multiple_of(LANES);
    let own = constants(&[
        ("DP", of_draw),
        ("KQ", inputs),
        ("BLOCKS", blocks),
        ("SLOTS", slots),
        ("CHUNK", chunk),
    ]);
    let text = plan.text(&own, include_str!("../../shader/rows_back.wgsl"));
    let groups = Groups::RowParts { x: plan.columns().div_ceil(COLUMNS) };
    Stage { name: "rows back", text, groups }
}
