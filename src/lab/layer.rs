//! A real GELU layer in the place of normal draws: what Φ(W)·Ψ(x) of a width can do for it, and what else could.
//!
//! A layer is y = GELU(W·x + b) with its rows w and some inputs x. With the bias as one more input that is always 1, a row
//! is w̃ = (w, b), an input x̃ = (x, 1), and y = GELU(w̃·x̃): what Φ and Ψ are made for, in d + 1 dimensions. The inputs are
//! split into those that are solved on and those that are kept back; what is told of the latter is what counts.
//!
//! - **the floor**: the best approximation of rank m of Y `[kept inputs, rows]`, the tail of its squared singular values
//!   (Eckart and Young 1936). No Φ and Ψ of width m come below it on these rows and inputs, and it may look at them.
//! - **the linear map**: least squares of Y on x̃.
//! - **ours**: the last layers of Φ and Ψ in closed form over all pairs of rows and inputs, their hidden layers as the seed draws
//!   them, by the reduced-rank regression that [`super::solve`] has for normal draws, with the same ridge. One decomposition
//!   serves every width up to [`WIDEST`]: the first m of its features are the best m.
//! - **what transfers**: the same from three quarters of the rows, told of the others.
//!
//! R² is one less the squared errors over those of each row's own mean, summed over rows and inputs.

use nalgebra::DMatrix;

use super::solve::{Factor, leading, write};
use crate::data::gelu;
use crate::data::layer::{Layer, LayerError, Split, finite, fit, hold};
use crate::model::weights::{LinearWeights, MlpWeights, Weights};
use crate::recipe::Recipe;

/// The widest Φ and Ψ that are solved for.
pub const WIDEST: usize = 64;

/// Units of each hidden layer.
const MOST_HIDDEN: usize = 1_024;

/// Added to the diagonal of the normal equations of the linear map, over its trace: inputs that are always zero have no weight.
const TINY: f64 = 1e-12;

/// The share of a sum of squares that is rounding: inputs are of single precision, what is made of them of double.
const ROUNDING: f64 = 1e-24;

/// A Linear layer behind the GELU, and what it should answer.
pub struct Head {
    /// `[classes, rows]`.
    pub weight: Vec<f32>,
    /// `[classes]`.
    pub bias: Vec<f32>,
    /// Of each input its class.
    pub labels: Vec<u32>,
}

/// Where the work is.
enum Stage {
    Targets,
    Floor,
    Linear,
    Ours,
    Transfer,
    Done,
}

/// The work on a layer, a step at a time.
pub struct Replacement {
    hidden: usize,
    seed: u32,
    x: DMatrix<f64>,
    w: DMatrix<f64>,
    head: Option<(DMatrix<f64>, Vec<f64>, Vec<u32>)>,
    /// Rows that are solved on, and the others, where it is asked what transfers.
    others: Split,
    /// Inputs that are solved on, and those that are kept back.
    seen: Vec<usize>,
    kept: Vec<usize>,
    /// Y of both.
    y_seen: DMatrix<f64>,
    y_kept: DMatrix<f64>,
    stage: Stage,
    found: Replaced,
}

/// What was found. Index m of each series is of width m, from 0 on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replaced {
    /// The inputs that are kept back, by their numbers.
    pub kept: Vec<u32>,
    /// The share of the kept inputs whose class the network answers; NaN without a head, as are all accuracies then.
    pub original: f64,
    /// The same without the bend: W·x + b goes on.
    pub unbent: f64,
    /// With nothing in its place: zeros.
    pub nothing: f64,
    /// The mean squared error of the best of rank m, over kept inputs and rows.
    pub floor: Vec<f64>,
    /// Its accuracy.
    pub best: Vec<f64>,
    /// The linear map's R² on kept inputs.
    pub linear_r2: f64,
    /// Its accuracy.
    pub linear: f64,
    /// The accuracy of Φ(W)·Ψ(x).
    pub ours: Vec<f64>,
    /// Its mean squared error over kept inputs and rows.
    pub ours_mse: Vec<f64>,
    /// Its R² on the inputs that it was solved on.
    pub ours_seen_r2: Vec<f64>,
    /// And on those that were kept back.
    pub ours_r2: Vec<f64>,
    /// Solved on three quarters of the rows: R² on kept inputs, for those rows.
    pub transfer_seen_r2: Vec<f64>,
    /// And for the others.
    pub transfer_r2: Vec<f64>,
    /// Ψ's and Φ's networks of the greatest width, as the notebook has them, with d + 1 inputs.
    pub weights: Option<Weights>,
    /// That width.
    pub width: usize,
    /// Φ of every row, `[rows, width]`.
    pub phi: Vec<f32>,
}

impl Replacement {
    /// Takes a layer on; nothing is computed yet.
    ///
    /// # Errors
    ///
    /// When its head does not fit, has a number that is not finite or a label of no class, or there would be too many hidden units.
    pub fn open(
        layer: &Layer,
        head: Option<Head>,
        hidden: usize,
        seed: u32,
    ) -> Result<Self, LayerError> {
        let (rows, samples) = (layer.rows(), layer.samples());
        hold("hidden units", hidden, MOST_HIDDEN)?;
        let head = match head {
            None => None,
            Some(Head { weight, bias, labels }) => {
                fit("head.weight", weight.len(), bias.len() * rows)?;
                fit("labels", labels.len(), samples)?;
                finite("head.weight", &weight)?;
                finite("head.bias", &bias)?;
                if let Some(label) = labels.iter().find(|label| **label as usize >= bias.len()) {
                    return Err(LayerError::Label { label: *label, classes: bias.len() });
                }
                let matrix = matrix(&weight, bias.len(), rows);
                Some((matrix, bias.iter().map(|b| f64::from(*b)).collect(), labels))
            }
        };
        let Split { seen, kept } = layer.split_inputs(seed);
        Ok(Self {
            hidden,
            seed,
            x: matrix_of(layer.width(), (0..samples).map(|index| layer.input(index))),
            w: matrix_of(layer.width(), (0..rows).map(|index| layer.row(index))),
            others: layer.split_rows(seed),
            head,
            found: Replaced { kept: numbered(&kept), ..Replaced::default() },
            seen,
            kept,
            y_seen: DMatrix::zeros(0, 0),
            y_kept: DMatrix::zeros(0, 0),
            stage: Stage::Targets,
        })
    }

    /// Does the next step. Returns how much of the whole is done, 1 at the end.
    pub fn advance(&mut self) -> f64 {
        let (next, done) = match self.stage {
            Stage::Targets => (Stage::Floor, 0.1),
            Stage::Floor => (Stage::Linear, 0.3),
            Stage::Linear => (Stage::Ours, 0.4),
            Stage::Ours => (Stage::Transfer, 0.7),
            Stage::Transfer | Stage::Done => (Stage::Done, 1.0),
        };
        match self.stage {
            Stage::Targets => self.targets(),
            Stage::Floor => self.floor(),
            Stage::Linear => self.linear(),
            Stage::Ours => self.ours(),
            Stage::Transfer => self.transfer(),
            Stage::Done => {}
        }
        self.stage = next;
        done
    }

    /// What was found, once everything is done.
    pub fn found(&self) -> Option<&Replaced> {
        matches!(self.stage, Stage::Done).then_some(&self.found)
    }

    fn targets(&mut self) {
        let z = |indices: &[usize]| self.x.select_rows(indices) * self.w.transpose();
        let unbent = z(&self.kept);
        self.y_seen = z(&self.seen).map(gelu);
        self.y_kept = unbent.map(gelu);
        self.found.unbent = self.accuracy(&unbent);
        self.found.original = self.accuracy(&self.y_kept);
        self.found.nothing = self.accuracy(&(&unbent * 0.0));
    }

    fn floor(&mut self) {
        let y = &self.y_kept;
        let (floor, vectors) = best(y);
        self.found.floor = floor;
        let told = self.by_width(&(y * &vectors), &vectors, y);
        self.found.best = told.accuracy;
    }

    fn linear(&mut self) {
        let map = linear_map(&self.x.select_rows(&self.seen), &self.y_seen);
        let answers = self.x.select_rows(&self.kept) * map;
        self.found.linear = self.accuracy(&answers);
        self.found.linear_r2 = r2(&self.y_kept, (&answers - &self.y_kept).norm_squared());
    }

    fn ours(&mut self) {
        let weights = self.initial();
        let all: Vec<usize> = (0..self.w.nrows()).collect();
        let solved = self.solved(&weights, &all);
        let h_kept = features(&self.x.select_rows(&self.kept), &weights.psi.hidden);
        let h_seen = features(&self.x.select_rows(&self.seen), &weights.psi.hidden);
        let phi = features(&self.w, &weights.phi.hidden) * &solved.phi;
        let kept = self.by_width(&(h_kept * &solved.psi), &phi, &self.y_kept);
        let seen = self.by_width(&(h_seen * &solved.psi), &phi, &self.y_seen);
        let found = &mut self.found;
        found.ours = kept.accuracy;
        found.ours_mse = kept.mse;
        found.ours_r2 = kept.r2;
        found.ours_seen_r2 = seen.r2;
        found.width = phi.ncols();
        found.phi = phi.transpose().iter().map(|value| *value as f32).collect();
        let mut weights = weights;
        write(&mut weights.psi, &solved.psi, found.width);
        write(&mut weights.phi, &solved.phi, found.width);
        found.weights = Some(weights);
    }

    fn transfer(&mut self) {
        let rows = self.w.nrows();
        if rows < 8 {
            return;
        }
        let weights = self.initial();
        let Split { seen: some, kept: others } = self.others.clone();
        let solved = self.solved(&weights, &some);
        let left = features(&self.x.select_rows(&self.kept), &weights.psi.hidden) * &solved.psi;
        let of = |rows: &[usize]| {
            let phi = features(&self.w.select_rows(rows), &weights.phi.hidden) * &solved.phi;
            self.by_width(&left, &phi, &self.y_kept.select_columns(rows)).r2
        };
        let (seen, others) = (of(&some), of(&others));
        self.found.transfer_seen_r2 = seen;
        self.found.transfer_r2 = others;
    }

    /// The seed's weights of networks with d + 1 inputs.
    fn initial(&self) -> Weights {
        let (d, hidden, seed) = (self.x.ncols(), self.hidden, self.seed);
        Weights::init(&Recipe { d, m: 1, hidden, seed, ..Recipe::default() })
    }

    /// The last layers over the pairs of the inputs that are seen with some rows, `[hidden + 1, width]`.
    fn solved(&self, weights: &Weights, rows: &[usize]) -> Solved {
        let g = features(&self.w.select_rows(rows), &weights.phi.hidden);
        let h = features(&self.x.select_rows(&self.seen), &weights.psi.hidden);
        let y = self.y_seen.select_columns(rows);
        let (left, right) = (whitening(&g), whitening(&h));
        let mut c = g.tr_mul(&y.tr_mul(&h)) / (g.nrows() * h.nrows()) as f64;
        left.lower.solve_lower_triangular_mut(&mut c);
        let mut c = c.transpose();
        right.lower.solve_lower_triangular_mut(&mut c);
        let width = WIDEST.min(rows.len()).min(self.hidden + 1);
        let (mut u, s, mut v) = leading(&c.transpose(), width, self.seed);
        left.unwhiten(&mut u, &s);
        right.unwhiten(&mut v, &s);
        Solved { phi: u, psi: v }
    }

    /// What answers left·rightᵀ come to against y, with the first 0, 1, … columns of both.
    fn by_width(&self, left: &DMatrix<f64>, right: &DMatrix<f64>, y: &DMatrix<f64>) -> ByWidth {
        let judged = y.ncols() == self.w.nrows() && y.nrows() == self.kept.len();
        let mut error = -y;
        let mut answers = DMatrix::zeros(y.nrows(), y.ncols());
        let mut told = ByWidth::default();
        for m in 0..=left.ncols() {
            if let Some(column) = m.checked_sub(1) {
                let more = left.column(column) * right.column(column).transpose();
                error += &more;
                answers += more;
            }
            let sum = error.norm_squared();
            told.mse.push(sum / y.len() as f64);
            told.r2.push(r2(y, sum));
            told.accuracy.push(if judged { self.accuracy(&answers) } else { f64::NAN });
        }
        told
    }

    /// The share of the kept inputs whose class the head answers.
    fn accuracy(&self, y: &DMatrix<f64>) -> f64 {
        let Some((weight, bias, labels)) = &self.head else {
            return f64::NAN;
        };
        let scores = y * weight.transpose();
        let right = self.kept.iter().enumerate().filter(|(row, index)| {
            let score = |class: usize| scores[(*row, class)] + bias[class];
            let best = (1..bias.len())
                .fold(0, |best, class| if score(class) > score(best) { class } else { best });
            best == labels[**index] as usize
        });
        right.count() as f64 / self.kept.len() as f64
    }
}

/// Last layers, `[hidden + 1, width]`.
struct Solved {
    phi: DMatrix<f64>,
    psi: DMatrix<f64>,
}

#[derive(Default)]
struct ByWidth {
    accuracy: Vec<f64>,
    mse: Vec<f64>,
    r2: Vec<f64>,
}

/// What networks make of a layer's pairs, by what their run has seen of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors {
    /// Rows and inputs that the run trains on.
    pub seen: Part,
    /// The same rows, and inputs that are kept back.
    pub inputs: Part,
    /// Rows and inputs that are kept back: what a run's held-out draws are of.
    pub both: Part,
    /// The numbers of the rows that are kept back.
    pub kept_rows: Vec<u32>,
    /// The numbers of the inputs that are kept back.
    pub kept_inputs: Vec<u32>,
}

/// Some rows with some inputs, every pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// How many rows.
    pub rows: usize,
    /// How many inputs.
    pub inputs: usize,
    /// The mean squared error of Φ(W)·Ψ(x).
    pub mse: f64,
    /// R², one less the squared errors over those of each row's own mean.
    pub r2: f64,
    /// That of each row's least squares on the inputs that are trained on.
    pub linear_r2: f64,
    /// The least mean squared error of rank 0, 1, …, up to [`WIDEST`] and the number of rows.
    pub floor: Vec<f64>,
}

impl Errors {
    /// Of the split that a run of this seed makes, and of its networks, which must be as wide as the layer.
    pub fn of(layer: &Layer, seed: u32, weights: &Weights) -> Self {
        let (rows, inputs) = (layer.split_rows(seed), layer.split_inputs(seed));
        let (w_seen, w_kept) = (rows_of(layer, &rows.seen), rows_of(layer, &rows.kept));
        let (x_seen, x_kept) = (inputs_of(layer, &inputs.seen), inputs_of(layer, &inputs.kept));
        let linear = |w: &DMatrix<f64>| linear_map(&x_seen, &targets(&x_seen, w));
        let part = |w: &DMatrix<f64>, x: &DMatrix<f64>, map: &DMatrix<f64>| {
            let y = targets(x, w);
            let answers = outputs(x, &weights.psi) * outputs(w, &weights.phi).transpose();
            let errors = (answers - &y).norm_squared();
            Part {
                rows: w.nrows(),
                inputs: x.nrows(),
                mse: errors / y.len() as f64,
                r2: r2(&y, errors),
                linear_r2: r2(&y, (x * map - &y).norm_squared()),
                floor: best(&y).0,
            }
        };
        let map_seen = linear(&w_seen);
        Self {
            seen: part(&w_seen, &x_seen, &map_seen),
            inputs: part(&w_seen, &x_kept, &map_seen),
            both: part(&w_kept, &x_kept, &linear(&w_kept)),
            kept_rows: numbered(&rows.kept),
            kept_inputs: numbered(&inputs.kept),
        }
    }
}

/// The least mean squared errors of width 0, 1, … on the rows and inputs that a run of this seed keeps back.
pub fn floors(layer: &Layer, seed: u32) -> Vec<f64> {
    let w = rows_of(layer, &layer.split_rows(seed).kept);
    let x = inputs_of(layer, &layer.split_inputs(seed).kept);
    best(&targets(&x, &w)).0
}

/// GELU(w·x) of every pair, `[inputs, rows]`.
fn targets(x: &DMatrix<f64>, w: &DMatrix<f64>) -> DMatrix<f64> {
    (x * w.transpose()).map(gelu)
}

/// The least mean squared errors of rank 0, 1, … of a matrix, and its right singular vectors.
fn best(y: &DMatrix<f64>) -> (Vec<f64>, DMatrix<f64>) {
    let gram = y.tr_mul(y).symmetric_eigen();
    let mut order: Vec<usize> = (0..y.ncols()).collect();
    order.sort_by(|a, b| gram.eigenvalues[*b].total_cmp(&gram.eigenvalues[*a]));
    // From the smallest up, since a difference of large sums would have no digits.
    let squares: Vec<f64> = order.iter().map(|i| gram.eigenvalues[*i].max(0.0)).collect();
    let width = WIDEST.min(y.ncols());
    let floor =
        (0..=width).map(|m| squares[m..].iter().rev().sum::<f64>() / y.len() as f64).collect();
    (floor, DMatrix::from_fn(y.ncols(), width, |i, j| gram.eigenvectors[(i, order[j])]))
}

/// Least squares of y on x, `[width, rows]`.
fn linear_map(x: &DMatrix<f64>, y: &DMatrix<f64>) -> DMatrix<f64> {
    let mut moments = x.tr_mul(x);
    let ridge = TINY * moments.trace();
    (0..moments.nrows()).for_each(|i| moments[(i, i)] += ridge);
    moments.cholesky().expect("the ridge is above the rounding").solve(&x.tr_mul(y))
}

/// What a network makes of some vectors, `[vectors, m]`.
pub(super) fn outputs(vectors: &DMatrix<f64>, mlp: &MlpWeights) -> DMatrix<f64> {
    let (features, last) = (features(vectors, &mlp.hidden), &mlp.output);
    let (units, m) = (last.inputs(), last.outputs());
    let layer = DMatrix::from_fn(units + 1, m, |i, j| {
        f64::from(if i < units { last.weight[j * units + i] } else { last.bias[j] })
    });
    features * layer
}

/// relu of a hidden layer for some vectors, with a 1 behind, `[vectors, hidden + 1]`.
fn features(vectors: &DMatrix<f64>, hidden: &LinearWeights) -> DMatrix<f64> {
    let (units, weight) =
        (hidden.outputs(), matrix(&hidden.weight, hidden.outputs(), hidden.inputs()));
    // Made in its place: of a large layer it is the most that is held.
    let mut all = DMatrix::repeat(vectors.nrows(), units + 1, 1.0);
    let mut z = all.columns_mut(0, units);
    z.gemm(1.0, vectors, &weight.transpose(), 0.0);
    for (mut unit, bias) in z.column_iter_mut().zip(&hidden.bias) {
        unit.apply(|value| *value = (*value + f64::from(*bias)).max(0.0));
    }
    all
}

/// By what features are whitened.
fn whitening(features: &DMatrix<f64>) -> Factor {
    let count = features.nrows() as f64;
    Factor::of(features.tr_mul(features) / count, count)
}

/// One less the squared errors over those of each column's own mean; NaN where those are rounding at most, since nothing varies.
fn r2(y: &DMatrix<f64>, squared_error: f64) -> f64 {
    let spread: f64 = y.column_iter().map(|c| c.add_scalar(-c.mean()).norm_squared()).sum();
    if spread <= ROUNDING * y.norm_squared() { f64::NAN } else { 1.0 - squared_error / spread }
}

fn numbered(some: &[usize]) -> Vec<u32> {
    some.iter().map(|index| *index as u32).collect()
}

/// Some of a layer's rows, below one another.
fn rows_of(layer: &Layer, some: &[usize]) -> DMatrix<f64> {
    matrix_of(layer.width(), some.iter().map(|index| layer.row(*index)))
}

/// Some of its inputs.
fn inputs_of(layer: &Layer, some: &[usize]) -> DMatrix<f64> {
    matrix_of(layer.width(), some.iter().map(|index| layer.input(*index)))
}

/// Rows below one another.
fn matrix_of<'a>(width: usize, rows: impl Iterator<Item = &'a [f32]>) -> DMatrix<f64> {
    let numbers: Vec<f64> = rows.flatten().map(|value| f64::from(*value)).collect();
    DMatrix::from_row_slice(numbers.len() / width, width, &numbers)
}

fn matrix(numbers: &[f32], rows: usize, columns: usize) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |i, j| f64::from(numbers[i * columns + j]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Draws, Stream};

    /// Rows and inputs that live in few dimensions, as real ones do, and a head that tells two halves apart.
    fn layer(d: usize, rows: usize, samples: usize) -> (Layer, Head) {
        let mut draws = Draws::new(7, Stream::Demo, 0);
        let mut normals = |count: usize| (0..count).map(|_| draws.normal()).collect::<Vec<f32>>();
        let (basis, codes) = (normals(3 * d), normals(3 * samples));
        let inputs: Vec<f32> = (0..samples * d)
            .map(|at| (0..3).map(|k| codes[at / d * 3 + k] * basis[k * d + at % d]).sum())
            .collect();
        let labels = (0..samples).map(|at| u32::from(codes[3 * at] > 0.0)).collect();
        let (weight, bias) = (normals(rows * d), normals(rows));
        // The head that least squares would choose is not needed: any will do.
        let head = Head { weight: normals(2 * rows), bias: normals(2), labels };
        (Layer::new(d, &weight, &bias, &inputs, 0).expect("is a layer"), head)
    }

    fn found((layer, head): (Layer, Head), hidden: usize) -> Replaced {
        let mut work = Replacement::open(&layer, Some(head), hidden, 3).expect("is a layer");
        assert!(work.found().is_none());
        while work.advance() < 1.0 {}
        work.found().expect("is done").clone()
    }

    #[test]
    fn nothing_comes_below_the_floor_and_more_width_comes_nearer() {
        let found = found(layer(5, 24, 400), 128);
        assert_eq!((found.width, found.floor.len(), found.ours.len()), (24, 25, 25));
        for m in 0..=24 {
            assert!(found.ours_mse[m] >= found.floor[m] * (1.0 - 1e-9), "{m}");
        }
        assert!(found.floor[24] < 1e-9 * found.floor[0]);
        assert!((found.floor[0] / found.ours_mse[0] - 1.0).abs() < 1e-12);
        for m in 1..=24 {
            assert!(found.floor[m] <= found.floor[m - 1]);
        }
        assert!(found.ours_r2[16] > 0.9 && found.ours_seen_r2[16] >= found.ours_r2[16]);
        assert!(found.transfer_seen_r2[12] > found.transfer_r2[12]);
        assert!(found.linear_r2 > 0.0 && found.linear_r2 < found.ours_r2[16]);
    }

    #[test]
    fn with_every_rank_the_best_is_the_original() {
        let found = found(layer(4, 16, 200), 64);
        assert_eq!(found.best[16], found.original);
        assert_eq!(found.best[0], found.nothing);
        assert_eq!(found.ours[0], found.nothing);
    }

    #[test]
    fn the_networks_are_what_was_told_of_them() {
        let (layer, head) = layer(4, 16, 200);
        let found = found((layer.clone(), head), 32);
        let weights = found.weights.as_ref().expect("are there");
        let kept: Vec<usize> = found.kept.iter().map(|index| *index as usize).collect();
        assert_eq!(kept.len(), 50);
        let x = matrix_of(5, kept.iter().map(|index| layer.input(*index)));
        let answers = outputs(&x, &weights.psi) * matrix(&found.phi, 16, 16).transpose();
        let w = matrix_of(5, (0..16).map(|index| layer.row(index)));
        let y = (x * w.transpose()).map(gelu);
        let mse = (answers - &y).norm_squared() / y.len() as f64;
        assert!((mse / found.ours_mse[16] - 1.0).abs() < 1e-3, "{mse} {}", found.ours_mse[16]);
    }

    #[test]
    fn a_run_is_told_apart_by_what_it_has_seen() {
        let (layer, _) = layer(4, 40, 200);
        let mut weights = Weights::init(&Recipe { d: 5, m: 6, hidden: 32, ..Recipe::default() });
        let told = Errors::of(&layer, 3, &weights);
        let sizes = |part: &Part| (part.rows, part.inputs);
        assert_eq!(sizes(&told.seen), (30, 150));
        assert_eq!(sizes(&told.inputs), (30, 50));
        assert_eq!(sizes(&told.both), (10, 50));
        assert_eq!(told.both.floor, floors(&layer, 3));
        for part in [&told.seen, &told.inputs, &told.both] {
            assert!(part.mse > part.floor[6] && part.r2 < 1.0, "{part:?}");
            assert!(part.linear_r2 > 0.0 && part.linear_r2 < 1.0, "{part:?}");
        }
        // Networks that say nothing are wrong by all of the target.
        weights.phi.output.weight.fill(0.0);
        weights.phi.output.bias.fill(0.0);
        let told = Errors::of(&layer, 3, &weights);
        assert!((told.both.mse / told.both.floor[0] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_head_that_does_not_fit_is_refused_in_a_sentence() {
        let (layer, head) = layer(3, 9, 100);
        let labels = |label| vec![label; 100];
        for (head, words) in [
            (Head { labels: labels(2), ..head_like(&head) }, "labels holds class 2"),
            (Head { labels: labels(1)[1..].to_vec(), ..head_like(&head) }, "labels holds 99"),
            (Head { bias: vec![0.0; 3], ..head_like(&head) }, "head.weight holds 18 numbers"),
            (Head { bias: vec![f32::NAN; 2], ..head_like(&head) }, "head.bias holds NaN"),
        ] {
            let refused = Replacement::open(&layer, Some(head), 16, 1).err().expect("is refused");
            assert!(refused.to_string().starts_with(words), "{refused}");
        }
        let refused = Replacement::open(&layer, None, 0, 1).err().expect("is refused");
        assert!(refused.to_string().starts_with("the layer has 0 hidden units"), "{refused}");
    }

    #[test]
    fn a_layer_that_answers_the_same_to_every_input_has_no_r2() {
        let mut inputs = Draws::new(7, Stream::Demo, 0);
        let inputs: Vec<f32> = (0..200).map(|_| inputs.normal()).collect();
        for bias in [1.0, 0.3, 0.0, -50.0] {
            let layer = Layer::new(4, &[0.0; 36], &[bias; 9], &inputs, 0).expect("is a layer");
            let mut work = Replacement::open(&layer, None, 16, 3).expect("is a layer");
            while work.advance() < 1.0 {}
            let found = work.found().expect("is done");
            assert!(
                found.linear_r2.is_nan() && found.ours_r2.iter().all(|r2| r2.is_nan()),
                "{bias}"
            );
            let weights = Weights::init(&Recipe { d: 5, m: 3, hidden: 8, ..Recipe::default() });
            assert!(Errors::of(&layer, 3, &weights).both.r2.is_nan(), "{bias}");
        }
    }

    fn head_like(head: &Head) -> Head {
        Head { weight: head.weight.clone(), bias: head.bias.clone(), labels: head.labels.clone() }
    }
}
