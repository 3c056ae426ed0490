//! The last layers of Φ and Ψ in closed form, their hidden layers left as they are: reduced-rank regression.
//!
//! W's rows and x are independent, so each of n draws of x makes a pair with every row that was drawn, and the target is
//! known for all of them. With the hidden layers' features and a 1 behind them, g(w) and k(x),
//!
//! ```text
//! Σg = GᵀG/rows    Σk = HᵀH/n    C = GᵀKH/(rows·n)        Gᵢ = g(wᵢ), Hⱼ = k(xⱼ), Kᵢⱼ = target(wᵢ·xⱼ)
//! ```
//!
//! the best g(w)ᵀ·A·Bᵀ·k(x) of rank m is the truncated singular value decomposition of the whitened C, un-whitened:
//!
//! ```text
//! Σg = L·Lᵀ, Σk = R·Rᵀ        L⁻¹·C·R⁻ᵀ ≈ U·S·Vᵀ        A = L⁻ᵀ·U·√S, B = R⁻ᵀ·V·√S
//! ```
//!
//! A and B are the second Linear layers, their last rows the biases. √S on each side, so that single precision treats
//! both alike.
//!
//! # The ridge
//!
//! Hundreds of ReLU features of a few inputs are nearly dependent: Σ's eigenvalues fall from 1 to 10⁻¹⁰, and the
//! smallest know nothing but the draws they came from. Cutting those off needs all eigenvectors, of up to 1,025
//! features; adding a little to the diagonal instead does the same softly, for the price of Cholesky's
//! decomposition, and was as good or better in every case that was tried (d = 2, m = 16, hidden 512, the MSE over the
//! floor, two seeds; cut and ridge relative to the largest eigenvalue):
//!
//! | | 10⁻⁶ | 10⁻⁷ | 10⁻⁸ | 10⁻⁹ |
//! |---|---|---|---|---|
//! | 1,024 draws, cut | 1.69 1.58 | 1.53 1.47 | 1.58 1.56 | 1.72 1.80 |
//! | 1,024 draws, ridge | 1.66 1.57 | 1.51 1.45 | 1.56 1.52 | 1.68 1.76 |
//! | 8,000 draws, cut | 1.36 1.19 | 1.18 1.07 | 1.15 1.04 | 1.15 1.04 |
//! | 8,000 draws, ridge | 1.30 1.17 | 1.17 1.06 | 1.15 1.04 | 1.14 1.04 |
//!
//! So the ridge is [`RIDGE`]/n of the trace, which the largest eigenvalue nearly is.
//!
//! # The sums
//!
//! GᵀK is nearly all of the work, 2·features·rows·n operations, 66·10⁹ at 512 hidden units and 8,000 draws. K comes
//! into being a block at a time and goes. This product is single precision over 128 rows at a time and added up in
//! double: its rounding, 10⁻⁹, meets L⁻¹ alone, which is at most 10³. The rounding of Σg, Σk and C meets both
//! inverses, a million to the ridge: they are double precision throughout. (In single precision, the same solution was
//! 12 times above the floor instead of 1.1.) Pulled: a call does so many blocks and returns.

use std::fmt;
use std::ops::Range;

use nalgebra::{DMatrix, SymmetricEigen};

use crate::data::source::Source;
use crate::data::{Draws, Order, Stream};
use crate::kernel::{Four, accumulate, double, gelu};
use crate::model::layout::LANES;
use crate::model::weights::{LinearWeights, MlpWeights, Weights};
use crate::plan::solve::{self, rows, width};
use crate::recipe::error::too_much;
use crate::recipe::path::Solves;
use crate::recipe::{MEMORY_LIMIT, Recipe, RecipeError, Target};

/// The ridge on Σ over n draws is this times the trace over n.
pub const RIDGE: f64 = 1e-4;

/// Rows of W in a block of K.
const ROWS: usize = solve::ROWS;

/// Draws of x in a block of K.
const COLUMNS: usize = 64;

/// Columns that the iteration for the singular vectors has more than there are vectors, and its rounds.
const SPARE: usize = 8;
const ROUNDS: usize = 10;

/// What an operation of the linear algebra in double precision takes, in operations of a product.
const ALGEBRA: f64 = 10.0;

/// A solution under way.
pub struct Solve {
    recipe: Recipe,
    weights: Weights,
    /// Vectors of a row of features.
    width: usize,
    w: Vectors,
    x: Vectors,
    /// G, `[rows, width]`.
    g: Vec<Four>,
    /// Hidden layers with the unit that is always 1, `[d + 1, width]`.
    phi: Vec<Four>,
    psi: Vec<Four>,
    /// Sums over draws, `[features, features]`, padded.
    g_g: Sum,
    k_k: Sum,
    g_k: Sum,
    /// H of the present block of draws, `[COLUMNS, width]`, and in double precision.
    h: Vec<Four>,
    h_doubled: Vec<f64>,
    /// KᵀG of the present block of draws over all rows, `[COLUMNS, width]`, and the share of one block of rows.
    pulled: Vec<f64>,
    part: Vec<Four>,
    /// A block of K, `[ROWS, COLUMNS]`.
    kernel: Vec<Four>,
    /// Σ K².
    squares: f64,
    /// Blocks done.
    done: usize,
    /// What the linear algebra has so far.
    algebra: Algebra,
}

/// Vectors of d numbers, and transposed with a row of ones behind, `[d + 1, stride]`.
struct Vectors {
    count: usize,
    stride: usize,
    transposed: Vec<f32>,
}

/// A sum of products aᵀ·b over draws, `[features, features]`, padded.
struct Sum(Vec<f64>);

/// The linear algebra, a long step at a time.
enum Algebra {
    Waiting,
    /// L of Σg.
    One(Factor),
    /// And R of Σk.
    Both(Factor, Factor),
    /// L⁻¹·C.
    Half(Factor, Factor, DMatrix<f64>),
    /// The whitened C.
    Whitened(Factor, Factor, DMatrix<f64>),
    Done(Box<Solution>),
}

/// A lower triangle T with T·Tᵀ = Σ + ridge.
pub(super) struct Factor {
    pub(super) lower: DMatrix<f64>,
}

/// Steps of [`Algebra`].
const STEPS: usize = 5;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// Hidden layers as they were given, last layers as they were found.
    pub weights: Weights,
    /// Draws of x.
    pub draws: usize,
    /// Rows of W, each of which was paired with every x.
    pub rows: usize,
    /// Width that is in use: m, or the number of features where that is smaller.
    pub rank: usize,
    /// The MSE over the pairs it was solved on, which it knows a little too well.
    pub mse: f64,
    /// The whitened C's first m singular values: what the networks take for K's.
    pub singular_values: Vec<f64>,
}

impl Solve {
    /// Takes the first `draws` draws of the seed's training data, more than the recipe has where more are asked for: all
    /// of their x, and of the rows of their W as many as there are draws, or 4,096 where they have so many. Of a layer it takes all
    /// rows that are learnt from and as many of the inputs, each once.
    /// Hidden layers are the seed's initial ones, or those of `weights`, which must be of the recipe's sizes.
    ///
    /// # Errors
    ///
    /// When the recipe breaks a limit, or there would be too many draws or too many numbers to hold.
    pub fn open(
        recipe: Recipe,
        source: &Source,
        weights: Option<Weights>,
        draws: usize,
    ) -> Result<Self, SolveError> {
        recipe.validate()?;
        if !(1..=Solves::MOST_DRAWS).contains(&draws) {
            return Err(SolveError::Draws { draws });
        }
        let bytes = solve::memory(&recipe, draws);
        if bytes > MEMORY_LIMIT {
            return Err(SolveError::TooLarge { draws, hidden: recipe.hidden, bytes });
        }
        let weights = weights.unwrap_or_else(|| Weights::init(&recipe));
        let (w, x) = vectors(&recipe, source, draws);
        Ok(Self::over(recipe, weights, w, x))
    }

    /// Over every pair of these.
    fn over(recipe: Recipe, weights: Weights, w: Vectors, x: Vectors) -> Self {
        let width = width(&recipe);
        let phi = with_a_one(&weights.phi.hidden, width);
        let psi = with_a_one(&weights.psi.hidden, width);
        let vectors = |count: usize| vec![[0.0; LANES]; count];
        Self {
            g: vectors(w.count.next_multiple_of(ROWS) * width),
            g_g: Sum::new(width),
            k_k: Sum::new(width),
            g_k: Sum::new(width),
            h: vectors(COLUMNS * width),
            h_doubled: Vec::new(),
            pulled: Vec::new(),
            part: vectors(COLUMNS * width),
            kernel: vectors(ROWS * COLUMNS / LANES),
            squares: 0.0,
            done: 0,
            algebra: Algebra::Waiting,
            recipe,
            weights,
            width,
            w,
            x,
            phi,
            psi,
        }
    }

    /// Works on up to `blocks` blocks, each a few million operations, or one step of the linear algebra behind them,
    /// which takes longer. Returns how much of the whole is done, 1 at the end.
    pub fn advance(&mut self, blocks: usize) -> f64 {
        let end = (self.done + blocks).min(self.blocks());
        if self.done == self.blocks() {
            self.solve();
        }
        while self.done < end {
            self.block(self.done);
            self.done += 1;
        }
        self.progress()
    }

    /// The solution, once everything is done.
    pub fn solution(&self) -> Option<&Solution> {
        match &self.algebra {
            Algebra::Done(solution) => Some(solution),
            _ => None,
        }
    }

    /// The recipe whose networks these are.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    fn row_blocks(&self) -> usize {
        self.w.count.div_ceil(ROWS)
    }

    /// Σg's blocks of rows, and then every block of draws with every block of rows.
    fn blocks(&self) -> usize {
        self.row_blocks() * (1 + self.x.count.div_ceil(COLUMNS))
    }

    fn progress(&self) -> f64 {
        let features = (self.width * LANES) as f64;
        let products = 2.0 * features * self.w.count as f64 * self.x.count as f64;
        let algebra = ALGEBRA * 4.0 * features.powi(3);
        let steps = match self.algebra {
            Algebra::Waiting => 0,
            Algebra::One(..) => 1,
            Algebra::Both(..) => 2,
            Algebra::Half(..) => 3,
            Algebra::Whitened(..) => 4,
            Algebra::Done(..) => return 1.0,
        };
        let done = self.done as f64 / self.blocks() as f64 * products
            + steps as f64 / STEPS as f64 * algebra;
        done / (products + algebra)
    }

    fn block(&mut self, index: usize) {
        let blocks = self.row_blocks();
        match index.checked_sub(blocks) {
            None => self.row_block(index),
            Some(pair) => self.pair_block(pair / blocks, pair % blocks),
        }
    }

    /// G of a block of rows, and its share of Σg.
    fn row_block(&mut self, index: usize) {
        let rows = self.w.block(index, ROWS);
        let g = &mut self.g[index * ROWS * self.width..][..rows.len() * self.width];
        features(g, &self.w, rows, &self.phi, self.width);
        let g = doubled(g);
        double::accumulate(&mut self.g_g.0, &g, &g, self.width * LANES, true);
    }

    /// A block of K: its share of KᵀG. With the last block of rows, KᵀG's share of C.
    fn pair_block(&mut self, column: usize, row: usize) {
        let (width, blocks) = (self.width, self.row_blocks());
        let (draws, rows) = (self.x.block(column, COLUMNS), self.w.block(row, ROWS));
        if row == 0 {
            let h = &mut self.h[..draws.len() * width];
            features(h, &self.x, draws.clone(), &self.psi, width);
            self.h_doubled = doubled(h);
            let h = &self.h_doubled;
            double::accumulate(&mut self.k_k.0, h, h, width * LANES, true);
            self.pulled.clear();
            self.pulled.resize(h.len(), 0.0);
        }
        let vectors = draws.len().div_ceil(LANES);
        let kernel = &mut self.kernel[..rows.len() * vectors];
        // Whole vectors of draws; what the last one has too much is zero.
        let (w, x) = (self.w.columns(rows.start), self.x.columns(draws.start));
        products(kernel, rows.len(), w, self.w.stride, x, self.x.stride, vectors, self.recipe.d);
        apply(self.recipe.target, kernel, vectors, draws.len());
        self.squares += sum_of_squares(kernel, vectors);
        let g = &self.g[rows.start * width..rows.end * width];
        let part = &mut self.part[..draws.len() * width];
        let stride = vectors * LANES;
        accumulate(part, draws.len(), kernel.as_flattened(), stride, g, width, false);
        for (sum, part) in self.pulled.iter_mut().zip(part.as_flattened()) {
            *sum += f64::from(*part);
        }
        if row + 1 == blocks {
            self.pulled.iter_mut().for_each(|sum| *sum /= self.w.count as f64);
            let sum = &mut self.g_k.0;
            double::accumulate(sum, &self.pulled, &self.h_doubled, width * LANES, false);
        }
    }

    /// One step of the linear algebra.
    fn solve(&mut self) {
        let (features, m) = (self.recipe.hidden + 1, self.recipe.m);
        let (rows, draws) = (self.w.count as f64, self.x.count as f64);
        let width = self.width;
        self.algebra = match std::mem::replace(&mut self.algebra, Algebra::Waiting) {
            Algebra::Waiting => {
                Algebra::One(Factor::of(self.g_g.symmetric_mean(width, features, rows), rows))
            }
            Algebra::One(left) => Algebra::Both(
                left,
                Factor::of(self.k_k.symmetric_mean(width, features, draws), draws),
            ),
            Algebra::Both(left, right) => {
                let mut c = self.g_k.mean(width, features, draws);
                left.lower.solve_lower_triangular_mut(&mut c);
                Algebra::Half(left, right, c)
            }
            Algebra::Half(left, right, c) => {
                let mut c = c.transpose();
                right.lower.solve_lower_triangular_mut(&mut c);
                Algebra::Whitened(left, right, c.transpose())
            }
            Algebra::Whitened(left, right, whitened) => {
                let (u, s, v) = leading(&whitened, m.min(features), self.recipe.seed);
                Algebra::Done(Box::new(self.fill(&left, &right, &whitened, u, s, v)))
            }
            done @ Algebra::Done(..) => done,
        };
    }

    /// Un-whitens the singular vectors and puts them where the last layers are.
    fn fill(
        &self,
        left: &Factor,
        right: &Factor,
        whitened: &DMatrix<f64>,
        mut u: DMatrix<f64>,
        s: Vec<f64>,
        mut v: DMatrix<f64>,
    ) -> Solution {
        // E[y'·y] in the whitened coordinates, before the vectors are scaled.
        let overlap: f64 =
            (whitened * &v).component_mul(&u).row_sum().iter().zip(&s).map(|(o, s)| o * s).sum();
        left.unwhiten(&mut u, &s);
        right.unwhiten(&mut v, &s);
        // E[y'²] by the moments without the ridge.
        let (rows, draws) = (self.w.count as f64, self.x.count as f64);
        let inner = |sum: &Sum, a: &DMatrix<f64>, n| {
            a.transpose() * (sum.symmetric_mean(self.width, a.nrows(), n) * a)
        };
        let own: f64 = inner(&self.g_g, &u, rows).component_mul(&inner(&self.k_k, &v, draws)).sum();
        let target = self.squares / (rows * draws);
        let mut weights = self.weights.clone();
        write(&mut weights.phi, &u, self.recipe.m);
        write(&mut weights.psi, &v, self.recipe.m);
        Solution {
            weights,
            draws: self.x.count,
            rows: self.w.count,
            rank: s.len(),
            mse: (target - 2.0 * overlap + own).max(0.0),
            singular_values: s,
        }
    }
}

/// W's rows and x of the training draws.
fn vectors(recipe: &Recipe, source: &Source, draws: usize) -> (Vectors, Vectors) {
    let d = recipe.d;
    if let Source::Layer(layer) = source {
        let rows = layer.split_rows(recipe.seed).seen;
        let mut inputs = layer.split_inputs(recipe.seed).seen;
        // In the seed's order, so that a few of them are not the file's first.
        let order = Order::Shuffled { seed: recipe.seed }.of_epoch(0, inputs.len());
        inputs = order.iter().take(draws).map(|place| inputs[*place as usize]).collect();
        let rows: Vec<&[f32]> = rows.iter().map(|index| layer.row(*index)).collect();
        let inputs: Vec<&[f32]> = inputs.iter().map(|index| layer.input(*index)).collect();
        return (Vectors::of(d, &rows, ROWS), Vectors::of(d, &inputs, COLUMNS));
    }
    let mut w = Vectors::new(d, rows(recipe, draws), ROWS);
    let mut x = Vectors::new(d, draws, COLUMNS);
    let mut stream = Draws::new(recipe.seed, Stream::Data, 0);
    let (mut row, mut vector) = (0, vec![0.0; d]);
    for index in 0..draws {
        let rows = d.min(w.count - row);
        for _ in 0..rows {
            vector.fill_with(|| stream.normal());
            w.set(row, &vector);
            row += 1;
        }
        // Of the longest vectors more rows than can be drawn in a minute.
        stream.pass((d - rows) * d);
        vector.fill_with(|| stream.normal());
        x.set(index, &vector);
    }
    (w, x)
}

impl Vectors {
    fn new(d: usize, count: usize, block: usize) -> Self {
        let stride = count.next_multiple_of(block);
        let mut transposed = vec![0.0; (d + 1) * stride];
        transposed[d * stride..][..count].fill(1.0);
        Self { count, stride, transposed }
    }

    fn of(d: usize, all: &[&[f32]], block: usize) -> Self {
        let mut vectors = Self::new(d, all.len(), block);
        all.iter().enumerate().for_each(|(index, vector)| vectors.set(index, vector));
        vectors
    }

    fn set(&mut self, index: usize, vector: &[f32]) {
        for (column, value) in self.transposed.chunks_exact_mut(self.stride).zip(vector) {
            column[index] = *value;
        }
    }

    fn block(&self, index: usize, size: usize) -> Range<usize> {
        index * size..((index + 1) * size).min(self.count)
    }

    /// From the vector with this index on; the next coordinate is a stride away.
    fn columns(&self, from: usize) -> &[f32] {
        &self.transposed[from..]
    }
}

impl Sum {
    fn new(width: usize) -> Self {
        Self(vec![0.0; (width * LANES).pow(2)])
    }

    /// The sum over `count` as a matrix without the padding. Of a symmetric one, the lower half is the whole.
    fn mean(&self, width: usize, features: usize, count: f64) -> DMatrix<f64> {
        DMatrix::from_fn(features, features, |row, column| {
            self.0[row * width * LANES + column] / count
        })
    }

    fn symmetric_mean(&self, width: usize, features: usize, count: f64) -> DMatrix<f64> {
        DMatrix::from_fn(features, features, |row, column| {
            self.0[row.max(column) * width * LANES + row.min(column)] / count
        })
    }
}

impl Factor {
    /// Of the mean of the features' products over so many draws; NaN where that is not finite.
    pub(super) fn of(mut matrix: DMatrix<f64>, draws: f64) -> Self {
        let ridge = RIDGE / draws * matrix.trace();
        if !ridge.is_finite() {
            let (rows, columns) = matrix.shape();
            return Self { lower: DMatrix::repeat(rows, columns, f64::NAN) };
        }
        for i in 0..matrix.nrows() {
            matrix[(i, i)] += ridge;
        }
        let cholesky = matrix.cholesky().expect("the ridge is far above the rounding");
        Self { lower: cholesky.unpack() }
    }

    /// Singular vectors of what was whitened, with √S in each, as last layers: T⁻ᵀ·U·√S.
    pub(super) fn unwhiten(&self, vectors: &mut DMatrix<f64>, s: &[f64]) {
        for (index, s) in s.iter().enumerate() {
            vectors.column_mut(index).scale_mut(s.sqrt());
        }
        self.lower.tr_solve_lower_triangular_mut(vectors);
    }
}

/// A hidden layer `[d + 1, width]` with one unit more, which is always 1: no weights and a bias of 1.
fn with_a_one(hidden: &LinearWeights, width: usize) -> Vec<Four> {
    let (units, d) = (hidden.outputs(), hidden.inputs());
    let mut packed = vec![[0.0; LANES]; (d + 1) * width];
    let floats = packed.as_flattened_mut();
    for unit in 0..units {
        for input in 0..d {
            floats[input * width * LANES + unit] = hidden.weight[unit * d + input];
        }
        floats[d * width * LANES + unit] = hidden.bias[unit];
    }
    floats[d * width * LANES + units] = 1.0;
    packed
}

/// relu of the hidden layer for some vectors, `[vectors, width]`.
fn features(to: &mut [Four], of: &Vectors, range: Range<usize>, hidden: &[Four], width: usize) {
    let count = range.len();
    // The left operand of a product is read from its first row on, so the block moves to the front.
    let block: Vec<f32> = of
        .transposed
        .chunks_exact(of.stride)
        .flat_map(|row| row[range.start..].iter().take(count.next_multiple_of(LANES)))
        .copied()
        .collect();
    accumulate(to, count, &block, count.next_multiple_of(LANES), hidden, width, false);
    for value in to.as_flattened_mut() {
        *value = value.max(0.0);
    }
}

/// z = w·x for a block, `[rows, vectors]`.
#[allow(clippy::too_many_arguments)] // The two operands with their geometry.
fn products(
    z: &mut [Four],
    rows: usize,
    w: &[f32],
    w_stride: usize,
    x: &[f32],
    x_stride: usize,
    vectors: usize,
    d: usize,
) {
    let left: Vec<f32> = (0..d).flat_map(|i| &w[i * w_stride..][..rows]).copied().collect();
    let right: Vec<Four> =
        (0..d).flat_map(|i| x[i * x_stride..][..vectors * LANES].as_chunks().0).copied().collect();
    accumulate(z, rows, &left, rows, &right, vectors, false);
}

fn doubled(values: &[Four]) -> Vec<f64> {
    values.as_flattened().iter().map(|value| f64::from(*value)).collect()
}

/// Replaces every z of a block by the target there, `vectors` of draws in a row, of which the first `draws` numbers are.
fn apply(target: Target, z: &mut [Four], vectors: usize, draws: usize) {
    // In single precision, with an error function of its own; the others are not asked as often.
    if target == Target::Gelu {
        return gelu(z);
    }
    for row in z.chunks_exact_mut(vectors) {
        // What no draw has stays 0, whatever the target is there.
        for z in &mut row.as_flattened_mut()[..draws] {
            *z = target.at(f64::from(*z)) as f32;
        }
    }
}

/// Σ of the squares, row by row in single precision.
fn sum_of_squares(values: &[Four], vectors: usize) -> f64 {
    let row = |row: &[Four]| {
        let mut sums = [0.0f32; LANES];
        for four in row {
            sums.iter_mut().zip(four).for_each(|(sum, value)| *sum += value * value);
        }
        f64::from((sums[0] + sums[2]) + (sums[1] + sums[3]))
    };
    values.chunks_exact(vectors).map(row).sum()
}

/// The `rank` largest singular values with their vectors, by subspace iteration.
///
/// A round shrinks what the vectors still hold of the k-th other one by (σₖ/σ_rank)², and where that is near 1 it does
/// not matter which of the two is taken. Of a matrix that is not finite all are NaN.
pub(super) fn leading(
    matrix: &DMatrix<f64>,
    rank: usize,
    seed: u32,
) -> (DMatrix<f64>, Vec<f64>, DMatrix<f64>) {
    let size = matrix.nrows();
    // For one that is not, the search for eigenvalues would have no end.
    if !matrix.iter().all(|value| value.is_finite()) {
        let nan = DMatrix::repeat(size, rank, f64::NAN);
        return (nan.clone(), vec![f64::NAN; rank], nan);
    }
    let columns = (rank + SPARE + rank / 4).min(size);
    // Another stream than the one that a run's weights are drawn from.
    let mut draws = Draws::new(seed, Stream::Weights, 1);
    let mut right = DMatrix::from_fn(size, columns, |_, _| f64::from(draws.normal()));
    for _ in 0..ROUNDS {
        right = matrix.tr_mul(&(matrix * &right)).qr().q();
    }
    let left = matrix * &right;
    let SymmetricEigen { eigenvectors, eigenvalues } = left.tr_mul(&left).symmetric_eigen();
    let mut order: Vec<usize> = (0..columns).collect();
    order.sort_by(|a, b| eigenvalues[*b].total_cmp(&eigenvalues[*a]));
    let turn = DMatrix::from_fn(columns, rank, |row, index| eigenvectors[(row, order[index])]);
    let values: Vec<f64> =
        order[..rank].iter().map(|index| eigenvalues[*index].max(0.0).sqrt()).collect();
    let mut left = left * &turn;
    for (mut column, value) in left.column_iter_mut().zip(&values) {
        if *value > 0.0 {
            column.unscale_mut(*value);
        }
    }
    (left, values, right * turn)
}

/// Writes `[features, rank]` as a second Linear layer, whose bias is the last feature's row.
pub(super) fn write(mlp: &mut MlpWeights, solved: &DMatrix<f64>, m: usize) {
    let hidden = solved.nrows() - 1;
    let value = |unit: usize, feature: usize| {
        solved.get((feature, unit)).map_or(0.0, |value| *value as f32)
    };
    mlp.output = LinearWeights {
        weight: (0..m)
            .flat_map(|unit| (0..hidden).map(move |f| (unit, f)))
            .map(|(u, f)| value(u, f))
            .collect(),
        bias: (0..m).map(|unit| value(unit, hidden)).collect(),
    };
}

/// Why nothing is solved. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, PartialEq)]
pub enum SolveError {
    /// The recipe breaks a limit.
    Recipe(RecipeError),
    /// No draws, or too many.
    Draws {
        /// How many were asked for.
        draws: usize,
    },
    /// More numbers than fit.
    TooLarge {
        /// How many draws were asked for.
        draws: usize,
        /// The recipe's hidden units.
        hidden: usize,
        /// The estimate, in bytes.
        bytes: u64,
    },
}

impl SolveError {
    /// The key to point at in the form, or `draws`.
    pub fn key(&self) -> &str {
        match self {
            Self::Recipe(error) => error.key(),
            Self::Draws { .. } | Self::TooLarge { .. } => "draws",
        }
    }
}

impl fmt::Display for SolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipe(error) => error.fmt(f),
            Self::Draws { draws } => {
                write!(
                    f,
                    "{draws} draws are not solved for: there must be 1 to {}",
                    Solves::MOST_DRAWS
                )
            }
            Self::TooLarge { draws, hidden, bytes } => write!(
                f,
                "solving for {draws} draws at hidden = {hidden} needs {}: take fewer",
                too_much(*bytes)
            ),
        }
    }
}

impl std::error::Error for SolveError {}

impl From<RecipeError> for SolveError {
    fn from(error: RecipeError) -> Self {
        Self::Recipe(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use crate::lab::floor::floor;
    use crate::lab::population::Population;
    use crate::model::layout::Layout;
    use safetensors::SafeTensors;

    fn solved(recipe: &Recipe, draws: usize, blocks: usize) -> Solution {
        run(Solve::open(recipe.clone(), &Source::Normal, None, draws).expect("opens"), blocks)
    }

    fn run(mut solve: Solve, blocks: usize) -> Solution {
        let mut last = 0.0;
        while last < 1.0 {
            assert!(solve.solution().is_none());
            let progress = solve.advance(blocks);
            assert!(progress > last, "{last} and then {progress}");
            last = progress;
        }
        solve.solution().expect("done").clone()
    }

    fn population_mse(recipe: &Recipe, weights: &Weights) -> f64 {
        let layout = Layout::of(recipe);
        let mut population =
            Population::open(layout, weights, recipe.target, 7, 50_000).expect("opens");
        while population.advance(100) < 1.0 {}
        population.estimate().expect("done").mse
    }

    #[test]
    fn what_is_solved_on_is_what_the_seed_draws_for_training() {
        for (d, draws) in [(1, 5_000), (2, 10), (3, 1_400), (7, 700), (65, 70)] {
            let recipe = Recipe { d, seed: 9, ..Recipe::default() };
            let (w, x) = vectors(&recipe, &Source::Normal, draws);
            let mut stream = Draws::new(recipe.seed, Stream::Data, 0);
            let drawn = Dataset::draw(recipe.target, d, draws, &mut stream);
            let count = solve::rows(&recipe, draws);
            let rows: Vec<&[f32]> = drawn.w.chunks_exact(d).take(count).collect();
            let inputs: Vec<&[f32]> = drawn.x.chunks_exact(d).collect();
            assert!(w.transposed == Vectors::of(d, &rows, ROWS).transposed, "W, d = {d}");
            assert!(x.transposed == Vectors::of(d, &inputs, COLUMNS).transposed, "x, d = {d}");
        }
    }

    #[test]
    fn numpy_finds_the_same_networks() {
        // tests/golden/solve/make.py
        let bytes = include_bytes!("../../tests/golden/solve/case.safetensors");
        let case = SafeTensors::deserialize(bytes).expect("a file");
        let bytes = |name: &str| case.tensor(name).expect(name).data().to_vec();
        let singles = |name: &str| -> Vec<f32> {
            bytes(name).as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
        };
        let doubles = |name: &str| -> Vec<f64> {
            bytes(name).as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
        };
        let recipe = Recipe { d: 3, m: 4, hidden: 10, ..Recipe::default() };
        let mut weights = Weights::init(&recipe);
        for (name, mlp) in [("phi", &mut weights.phi), ("psi", &mut weights.psi)] {
            mlp.hidden.weight = singles(&format!("{name}.net.0.weight"));
            mlp.hidden.bias = singles(&format!("{name}.net.0.bias"));
        }
        let vectors = |values: Vec<f32>, block| {
            let mut vectors = Vectors::new(3, values.len() / 3, block);
            values.chunks_exact(3).enumerate().for_each(|(i, vector)| vectors.set(i, vector));
            vectors
        };
        let (w, x) = (vectors(singles("w"), ROWS), vectors(singles("x"), COLUMNS));
        let solution = run(Solve::over(recipe.clone(), weights, w, x), 1);
        for (found, expected) in solution.singular_values.iter().zip(doubles("singular_values")) {
            assert!((found - expected).abs() < 1e-7, "{found} instead of {expected}");
        }
        assert!((solution.mse - doubles("mse")[0]).abs() < 1e-6, "{}", solution.mse);

        let layout = Layout::of(&recipe);
        let parameters = layout.pack(&solution.weights);
        let (w, x) = (singles("test.w"), singles("test.x"));
        for (row, expected) in w.chunks_exact(3).zip(doubles("output").chunks_exact(20)) {
            for (x, expected) in x.chunks_exact(3).zip(expected) {
                let w = [row, row, row].concat();
                let found = f64::from(crate::kernel::predict(&parameters, &w, x, layout)[0]);
                assert!((found - expected).abs() < 2e-5, "{found} instead of {expected}");
            }
        }
    }

    #[test]
    fn the_notebooks_own_draws_give_what_30_epochs_of_training_do_not() {
        // 30 epochs end 110 times above the floor; NumPy's solution 8 to 15 times, by the hidden layers that the seed draws.
        let recipe = Recipe::default();
        let solution = solved(&recipe, recipe.n, 1000);
        assert_eq!((solution.draws, solution.rows, solution.rank), (1024, 2048, 16));
        let ratio =
            population_mse(&recipe, &solution.weights) / floor(Target::Gelu, 2, 16).expect("known");
        assert!((1.0..25.0).contains(&ratio), "{ratio} times the floor");
    }

    #[test]
    fn what_it_says_of_its_own_pairs_is_nearly_the_population() {
        let recipe = Recipe { m: 6, hidden: 24, ..Recipe::default() };
        let solution = solved(&recipe, 3000, 1000);
        let population = population_mse(&recipe, &solution.weights);
        assert!((solution.mse / population - 1.0).abs() < 0.15, "{} {population}", solution.mse);
        assert!(population > floor(Target::Gelu, 2, 6).expect("known"));
    }

    #[test]
    fn the_same_bits_are_found_however_it_is_pulled() {
        let recipe = Recipe { d: 3, m: 5, hidden: 19, n: 100, ..Recipe::default() };
        assert_eq!(solved(&recipe, 333, 1), solved(&recipe, 333, 1000));
        assert_ne!(solved(&recipe, 333, 1), solved(&Recipe { seed: 43, ..recipe }, 333, 1000));
    }

    #[test]
    fn hidden_layers_stay_and_may_be_given() {
        let recipe = Recipe { hidden: 12, ..Recipe::default() };
        let given = Weights::init(&Recipe { seed: 5, ..recipe.clone() });
        let solve =
            Solve::open(recipe.clone(), &Source::Normal, Some(given.clone()), 300).expect("opens");
        let solution = run(solve, 1000);
        assert_eq!(solution.weights.phi.hidden, given.phi.hidden);
        assert_eq!(solution.weights.psi.hidden, given.psi.hidden);
        assert_ne!(solution.weights.psi.output, given.psi.output);
        assert_eq!(solved(&recipe, 300, 9).weights.phi.hidden, Weights::init(&recipe).phi.hidden);
    }

    #[test]
    fn features_that_overflow_have_no_solution_in_finite_numbers() {
        let recipe = Recipe { n: 20, ..Recipe::default() };
        let mut weights = Weights::init(&recipe);
        weights.phi.hidden.weight.iter_mut().for_each(|weight| *weight *= 1e38);
        let solve = Solve::open(recipe, &Source::Normal, Some(weights), 20).expect("room");
        assert!(run(solve, 3).weights.not_finite().is_some());
    }

    #[test]
    fn sizes_at_the_edges_are_solved() {
        for (d, m, hidden, draws) in [(1, 1, 1, 1), (1, 9, 3, 2), (5, 256, 4, 65), (64, 3, 7, 3)] {
            let recipe = Recipe { d, m, hidden, ..Recipe::default() };
            let solution = solved(&recipe, draws, 1);
            assert_eq!(solution.rank, m.min(hidden + 1));
            assert_eq!(solution.weights.not_finite(), None, "{recipe:?}");
            assert_eq!(solution.weights.phi.output.weight.len(), m * hidden);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_before_anything_is_drawn() {
        let recipe = Recipe { hidden: 1024, ..Recipe::default() };
        let refusal = |draws| {
            Solve::open(recipe.clone(), &Source::Normal, None, draws).err().map(|e| e.to_string())
        };
        assert_eq!(
            refusal(0).as_deref(),
            Some("0 draws are not solved for: there must be 1 to 131072")
        );
        let error = refusal(100_000).expect("400 MB of features");
        assert!(
            error.starts_with("solving for 100000 draws at hidden = 1024 needs about "),
            "{error}"
        );
    }
}
