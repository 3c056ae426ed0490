//! The plan of networks that do not fit into a workgroup's memory: a step as some ten products and sums.
//!
//! | stage | makes | from | `[rows, depth] · [depth, columns]` |
//! |---|---|---|---|
//! | hidden | Ψ's hidden layer | x, A₁ | draws, d, hidden |
//! | psi | Ψ | hidden layer, A₂ᵀ | draws, hidden, m |
//! | q | q | Ψ, A₂ of Φ | draws, m, hidden |
//! | rows | Φ's hidden layer H, parts of y' = H·q + b₂·Ψ | W, A₁ of Φ, q | draws · d, d, hidden |
//! | rows back | g, s, Σᵢgᵢ; ∂A₁ of Φ | W, g·q where H > 0 | d + 1, draws · d, hidden |
//! | psi back | ∂Ψ | s, A₂ᵀ of Φ | draws, hidden, m |
//! | back | the gradient of Ψ's hidden layer | ∂Ψ, A₂ | draws, m, hidden |
//! | phi's output | ∂A₂ and ∂b₂ of Φ | Ψ, s | m, draws, hidden |
//! | psi's output | ∂A₂ and ∂b₂ of Ψ | ∂Ψ, hidden layer | m, draws, hidden |
//! | psi's input | ∂A₁ of Ψ | x, its gradient | d + 1, draws, hidden |
//!
//! The stages are the same on every adapter, and so is what is between them, with one exception: on a card Φ's hidden
//! layer is never kept, only its signs are, a sixteenth of the memory (`shader/rows_back.wgsl` says how s follows). What
//! differs is how a stage is computed: on a card in tiles that go through workgroup memory, as many stages in a dispatch
//! as do not need one another; on the software adapter in tiles that an invocation keeps in registers, with nothing that
//! waits.
//!
//! Sums over draws are cut into parts so that enough invocations have work; `shader/adam.wgsl` adds them up.

mod card;
mod soft;

use crate::model::layout::{LANES, Layout};
use crate::shader::{self, constants};

use super::{Adapter, SOFT_TURNS};

/// Vectors of scratch memory for a piece's activations: 48 MiB, where WebGPU need not bind more than 128.
pub(super) const ACTIVATIONS: usize = 3 << 20;

/// Vectors of scratch memory for the gradient's parts: 32 MiB.
pub(super) const PARTS: usize = 2 << 20;

/// Parts of the gradient over so many draws, at most: each has 32 draws or more.
pub(super) fn most_parts(draws: usize, software: bool) -> usize {
    let most = if software { soft::SPLITS } else { card::SPLITS };
    draws.div_ceil(32).min(most)
}

/// How a recipe is computed, and where everything lies: in `scratch` in vectors, in `sums` and `bits` in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plan {
    layout: Layout,
    software: bool,
    /// Bytes of memory that a workgroup may have.
    memory: usize,
    /// Draws in a piece.
    draws: usize,
    /// Parts of the gradient, and of that of Φ's first layer.
    splits: usize,
    row_splits: usize,
    /// Φ's first layer's parts, where they lie elsewhere.
    other: usize,
    /// x and W in order, `[draws, inputs]` and `[draws, d, inputs]`, and A₂ᵀ of both networks, `[4 · width, features]`:
    /// for the software adapter.
    inputs_at: usize,
    rows_of_w: usize,
    transposed: usize,
    /// Φ's hidden layer, `[draws, d, width]`: for the software adapter.
    hidden_rows: usize,
    /// Ψ's hidden layer and its gradient, q and s, `[draws, width]` each.
    hidden: usize,
    back: usize,
    q: usize,
    s: usize,
    /// Ψ and its gradient, `[draws, features]` each.
    psi: usize,
    psi_back: usize,
    /// Where `scratch` ends.
    size: usize,
    /// Σᵢgᵢ, `[draws]`, and the parts of y', `[draws, d, shares]`, in `sums`; for the software adapter behind g, `[draws, d]`.
    pull: usize,
    shares: usize,
    sums: usize,
}

/// A kernel of a step and how many workgroups it takes.
#[derive(Debug, Clone)]
pub struct Stage {
    /// For whoever reads a trace.
    pub name: &'static str,
    /// The whole text.
    pub text: String,
    groups: Groups,
}

/// Workgroups as a function of a piece's draws.
#[derive(Debug, Clone, Copy)]
enum Groups {
    /// Numbers of an element-wise kernel: so many for each draw, and so many besides; in workgroups of 64.
    Elements { each: usize, besides: usize },
    /// Tiles of the software adapter: columns of workgroups; draws of a tile, or tiles of a draw; tiles below one another.
    Tiles { x: usize, draws: usize, of_draw: usize, down: usize },
    /// So many for each part of a gradient, which are the third number.
    Parts { x: usize, y: usize },
    /// So many for each part of a gradient, which are the second number.
    Rows { x: usize },
    /// The same for Φ's first layer on a card.
    RowParts { x: usize },
    /// Φ's hidden layer on a card: rows of a draw, rows of a tile, columns of workgroups.
    RowTiles { x: usize, of_draw: usize, tall: usize },
    /// Products on a card, one or two in a dispatch.
    Products([Option<card::Tiles>; 2]),
}

/// How a piece's draws are shared out among the parts of a sum over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Parts.
    pub parts: usize,
    /// Draws of each but the last, which may have fewer.
    pub share: usize,
}

impl Shares {
    /// No more parts than were planned for, and none that is empty.
    fn of(draws: usize, parts: usize) -> Self {
        let share = draws.div_ceil(parts.max(1)).max(1);
        Self { parts: draws.div_ceil(share), share }
    }
}

impl Plan {
    /// A plan for mini-batches of so many draws.
    pub fn of(layout: Layout, batch: usize, adapter: &Adapter) -> Self {
        let d = layout.d;
        let software = adapter.software;
        let (width, features, inputs) =
            (layout.lanes() / LANES, layout.features() / LANES, d.div_ceil(LANES));
        let mut per_draw = 4 * width + 2 * features;
        if software {
            per_draw += (d + 1) * inputs + d * width;
        } else {
            // The signs lie in a buffer of their own, but count.
            per_draw += (inputs * width).div_ceil(LANES);
        }
        let mut affordable = (ACTIVATIONS / per_draw).max(1);
        if software {
            // Some invocations sum over a part's draws, others over all their rows, in loops one behind the other.
            affordable = affordable.min(soft::SPLITS * SOFT_TURNS / (d + 2));
        }
        let whole = if affordable >= 32 { affordable / 32 * 32 } else { affordable };
        let draws = if batch <= affordable { batch.max(1) } else { whole };

        let part = layout.parameters() / LANES + 1;
        let splits = most_parts(draws, software).min(PARTS / part).max(1);
        let row_part = (d + 1) * width + 1;
        let row_splits = if software { splits } else { card::row_splits(layout, draws, row_part) };
        let mut size = splits * part;
        let mut take = |vectors: usize| {
            let begin = size;
            size += vectors;
            begin
        };
        let other = take(if software { 0 } else { row_splits * row_part });
        let [inputs_at, rows_of_w, transposed, hidden_rows] = if software {
            [draws * inputs, draws * d * inputs, 2 * LANES * width * features, draws * d * width]
                .map(&mut take)
        } else {
            [0; 4]
        };
        let [hidden, back, q, s] = [draws * width; 4].map(&mut take);
        let [psi, psi_back] = [draws * features; 2].map(&mut take);
        let pull = if software { draws * d } else { 0 };
        let mut plan = Self {
            layout,
            software,
            memory: adapter.memory,
            draws,
            splits,
            row_splits,
            other,
            inputs_at,
            rows_of_w,
            transposed,
            hidden_rows,
            hidden,
            back,
            q,
            s,
            psi,
            psi_back,
            size,
            pull,
            shares: pull + draws,
            sums: 0,
        };
        plan.sums = plan.shares + draws * d * plan.share_count();
        plan
    }

    /// The networks' sizes.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Draws in a piece: more are taken one piece after the other.
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// Floats of `scratch` and of `sums`, and words of `bits`.
    pub fn sizes(&self) -> [usize; 3] {
        let bits = self.draws * self.layout.d.div_ceil(LANES) * self.width();
        [LANES * self.size, self.sums, if self.software { 1 } else { bits }]
    }

    /// How a piece's draws are shared out among the parts of the gradient, and of that of Φ's first layer.
    pub fn parts(&self, draws: usize) -> [Shares; 2] {
        [Shares::of(draws, self.splits), Shares::of(draws, self.row_splits)]
    }

    /// What adds up the parts.
    pub fn adam(&self) -> shader::Parts {
        let vectors = self.layout.parameters() / LANES;
        let first = self.network();
        let other = if self.software {
            (0, 0, 0)
        } else {
            (first, first + (self.layout.d + 1) * self.width(), self.other)
        };
        let (columns, slices) = if self.software { (64, 1) } else { (32, 4) };
        shader::Parts { vectors, other, columns, slices }
    }

    /// From the draws to the parts of y'.
    pub fn forward(&self) -> Vec<Stage> {
        let products = [self.hidden_layer(), self.features(), self.queries()];
        if self.software { soft::forward(self, &products) } else { card::forward(self, &products) }
    }

    /// From there to the parts of the gradient.
    pub fn backward(&self) -> Vec<Stage> {
        let products = [self.features_back(), self.hidden_back()];
        if self.software {
            soft::backward(self, &products, &self.gradients())
        } else {
            card::backward(self, &products, &self.gradients())
        }
    }

    /// From the parts of y' to y' or its squared errors, of a piece.
    pub fn outputs(&self) -> String {
        let numbers = constants(&[
            ("D", self.layout.d),
            ("SHARES", self.shares),
            ("SHARE_COUNT", self.share_count()),
        ]);
        [&numbers, shader::PIECE, include_str!("../../shader/outputs.wgsl")].concat()
    }

    fn width(&self) -> usize {
        self.layout.lanes() / LANES
    }

    /// Vectors of hidden units without the one that a row may be longer by.
    fn columns(&self) -> usize {
        self.layout.hidden.div_ceil(LANES)
    }

    fn count_of_features(&self) -> usize {
        self.layout.features() / LANES
    }

    fn inputs(&self) -> usize {
        self.layout.d.div_ceil(LANES)
    }

    /// Vectors of one network.
    fn network(&self) -> usize {
        self.layout.network() / LANES
    }

    fn output_weight(&self) -> usize {
        self.layout.output_weight() / LANES
    }

    fn output_bias(&self) -> usize {
        self.layout.output_bias() / LANES
    }

    /// Parts of a row's y': on a card one for each workgroup's columns, elsewhere one for each invocation that has some.
    fn share_count(&self) -> usize {
        if self.software { soft::share_count(self) } else { self.columns().div_ceil(card::COLUMNS) }
    }

    /// A kernel's text: what the plan fixes, what is fixed for the stage, the file.
    fn text(&self, own: &str, file: &str) -> String {
        let numbers = constants(&[
            ("D", self.layout.d),
            ("M", self.layout.m),
            ("W", self.width()),
            ("C", self.columns()),
            ("F", self.count_of_features()),
            ("I", self.inputs()),
            ("OTHER", self.other),
            ("INPUTS", self.inputs_at),
            ("ROWS_OF_W", self.rows_of_w),
            ("TRANSPOSED_A2", self.transposed),
            ("HIDDEN_ROWS", self.hidden_rows),
            ("Q", self.q),
            ("S", self.s),
            ("PSI", self.psi),
            ("PSI_BACK", self.psi_back),
            ("PULL", self.pull),
            ("SHARES", self.shares),
            ("SHARE_COUNT", self.share_count()),
        ]);
        [&numbers, own, shader::PIECE, include_str!("../../shader/tiled.wgsl"), file].concat()
    }
}

/// One product of a step, whichever way it is computed.
#[derive(Debug, Clone, Copy)]
struct Product {
    name: &'static str,
    left: Left,
    right: Right,
    /// Rows of the result, or none where they are draws.
    rows: Option<usize>,
    /// Terms of a sum, or none where they are draws.
    depth: Option<usize>,
    /// Vectors of a row of the result that are computed, and from one row to the next.
    columns: usize,
    row: usize,
    finish: Finish,
    out: usize,
    /// A sum of the left operand over the draws that is wanted besides.
    bias: Option<(Bias, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// x; where it is summed over draws, with a 1 as one input more.
    Inputs,
    /// A matrix of `scratch` with a row for each draw, of so many vectors.
    Matrix(usize, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// Weights as they lie.
    Weights(usize),
    /// Transposed weights: Ψ's second layer or Φ's.
    Transposed(usize),
    /// A matrix of `scratch` with a row for each draw.
    Matrix(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finish {
    Plain,
    /// A bias is added.
    Bias(usize),
    /// A bias is added, and what is negative made zero.
    Relu(usize),
    /// A bias is added, Σᵢgᵢ of the row times.
    PulledBias(usize),
    /// Zero where another matrix is not positive.
    Masked(usize),
    /// A part of a sum over draws.
    Part,
    /// As [`Finish::Relu`], and parts of each row's product with its draw's q are left.
    Shared(usize),
}

/// What a row of a result is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Hidden units.
    Units,
    Features,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bias {
    Sum,
    /// Weighted by Σᵢgᵢ.
    Pulled,
}

/// The products of a step.
impl Plan {
    fn draws_by(
        &self,
        name: &'static str,
        left: (Left, usize),
        right: Right,
        finish: Finish,
        (out, of): (usize, Of),
    ) -> Product {
        let (left, depth) = left;
        let (rows, depth, bias) = (None, Some(depth), None);
        let (columns, row) = match of {
            Of::Units => (self.columns(), self.width()),
            Of::Features => (self.count_of_features(), self.count_of_features()),
        };
        Product { name, left, right, rows, depth, columns, row, finish, out, bias }
    }

    fn hidden_layer(&self) -> Product {
        let bias = self.layout.d * self.width();
        let left = (Left::Inputs, self.layout.d);
        let out = (self.hidden, Of::Units);
        self.draws_by("hidden", left, Right::Weights(0), Finish::Relu(bias), out)
    }

    fn features(&self) -> Product {
        let left = (Left::Matrix(self.hidden, self.width()), LANES * self.columns());
        let out = (self.psi, Of::Features);
        self.draws_by("psi", left, Right::Transposed(0), Finish::Bias(self.output_bias()), out)
    }

    fn queries(&self) -> Product {
        let left = (Left::Matrix(self.psi, self.count_of_features()), self.layout.m);
        let right = Right::Weights(self.network() + self.output_weight());
        self.draws_by("q", left, right, Finish::Plain, (self.q, Of::Units))
    }

    /// Φ's hidden layer, for the software adapter.
    fn rows(&self) -> Product {
        let phi = self.network();
        let bias = phi + self.layout.d * self.width();
        let left = (Left::Matrix(self.rows_of_w, self.inputs()), self.layout.d);
        let out = (self.hidden_rows, Of::Units);
        self.draws_by("rows", left, Right::Weights(phi), Finish::Shared(bias), out)
    }

    fn features_back(&self) -> Product {
        let left = (Left::Matrix(self.s, self.width()), LANES * self.columns());
        let bias = Finish::PulledBias(self.network() + self.output_bias());
        let out = (self.psi_back, Of::Features);
        self.draws_by("psi back", left, Right::Transposed(1), bias, out)
    }

    fn hidden_back(&self) -> Product {
        let left = (Left::Matrix(self.psi_back, self.count_of_features()), self.layout.m);
        let right = Right::Weights(self.output_weight());
        let out = (self.back, Of::Units);
        self.draws_by("back", left, right, Finish::Masked(self.hidden), out)
    }

    /// The sums over draws.
    fn gradients(&self) -> [Product; 3] {
        let (phi, features) = (self.network(), self.count_of_features());
        let over = |name, left, rows, right, out, bias| Product {
            name,
            left,
            right: Right::Matrix(right),
            rows: Some(rows),
            depth: None,
            columns: self.columns(),
            row: self.width(),
            finish: Finish::Part,
            out,
            bias,
        };
        let (weight, bias) = (self.output_weight(), self.output_bias());
        let psi = Left::Matrix(self.psi, features);
        let psi_back = Left::Matrix(self.psi_back, features);
        let [of_phi, of_psi] = [(Bias::Pulled, phi + bias), (Bias::Sum, bias)].map(Some);
        let Layout { d, m, .. } = self.layout;
        [
            over("phi's output", psi, m, self.s, phi + weight, of_phi),
            over("psi's output", psi_back, m, self.hidden, weight, of_psi),
            over("psi's input", Left::Inputs, d + 1, self.back, 0, None),
        ]
    }
}

impl Stage {
    /// Workgroups for a piece of so many draws.
    pub fn groups(&self, plan: &Plan, draws: usize) -> [u32; 3] {
        let [parts, row_parts] = plan.parts(draws).map(|shares| shares.parts);
        let groups = match self.groups {
            Groups::Elements { each, besides } => [(draws * each + besides).div_ceil(64), 1, 1],
            Groups::Tiles { x, draws: of_tile, of_draw, down } => {
                [x, (draws.div_ceil(of_tile) * of_draw).div_ceil(down), 1]
            }
            Groups::Parts { x, y } => [x, y, parts],
            Groups::Rows { x } => [x, parts, 1],
            Groups::RowParts { x } => [x, row_parts, 1],
            Groups::RowTiles { x, of_draw, tall } => [x, (draws * of_draw).div_ceil(tall), 1],
            Groups::Products(products) => {
                let counts = products.iter().flatten().map(|tiles| tiles.count(draws, parts));
                [counts.sum(), 1, 1]
            }
        };
        groups.map(|count| count as u32)
    }
}
