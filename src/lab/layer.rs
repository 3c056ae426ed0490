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

use std::fmt;

use nalgebra::DMatrix;

use super::solve::{Factor, leading, write};
use crate::data::{Order, gelu};
use crate::model::weights::{LinearWeights, Weights};
use crate::recipe::Recipe;

/// The widest Φ and Ψ that are told of.
pub const WIDEST: usize = 64;

/// Inputs that a row may have.
const MOST_INPUTS: usize = 1_024;

/// Rows that a layer may have.
const MOST_ROWS: usize = 1_024;

/// Inputs that a layer may come with, and outputs that it may have for all of them.
const MOST_SAMPLES: usize = 20_000;
const MOST_OUTPUTS: usize = 4_000_000;

/// Units of each hidden layer.
const MOST_HIDDEN: usize = 1_024;

/// Added to the diagonal of the normal equations of the linear map, over its trace: inputs that are always zero have no weight.
const TINY: f64 = 1e-12;

/// A layer, row-major.
pub struct Layer {
    /// W, `[rows, d]`.
    pub weight: Vec<f32>,
    /// b, `[rows]`.
    pub bias: Vec<f32>,
    /// The inputs, `[samples, d]`.
    pub inputs: Vec<f32>,
    /// The last so many inputs are those that are kept back; 0 for a quarter of them, by the seed.
    pub kept: usize,
    /// What stands behind the layer, if anything is known of it.
    pub head: Option<Head>,
}

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
    /// Inputs that are solved on, and those that are kept back.
    seen: Vec<usize>,
    kept: Vec<usize>,
    /// Y of both.
    y_seen: DMatrix<f64>,
    y_kept: DMatrix<f64>,
    stage: Stage,
    found: Found,
}

/// What was found. Index m of each series is of width m, from 0 on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
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
    /// When the parts do not fit, are too many, or are not finite.
    pub fn open(layer: Layer, d: usize, hidden: usize, seed: u32) -> Result<Self, LayerError> {
        let rows = layer.bias.len();
        let samples = layer.inputs.len() / d.max(1);
        hold("inputs to a row", d, MOST_INPUTS)?;
        hold("rows", rows, MOST_ROWS)?;
        hold("inputs", samples, MOST_SAMPLES)?;
        hold("hidden units", hidden, MOST_HIDDEN)?;
        hold("outputs, rows times inputs,", rows * samples, MOST_OUTPUTS)?;
        fit("weight", layer.weight.len(), rows * d)?;
        fit("inputs", layer.inputs.len(), samples * d)?;
        if samples < 8 {
            return Err(LayerError::Few { samples });
        }
        if layer.kept > 0 && !(2..=samples - 4).contains(&layer.kept) {
            return Err(LayerError::Kept { kept: layer.kept, samples });
        }
        for (name, numbers) in
            [("weight", &layer.weight), ("bias", &layer.bias), ("inputs", &layer.inputs)]
        {
            finite(name, numbers)?;
        }
        let head = match layer.head {
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
        let (seen, kept) = split(samples, layer.kept, seed);
        let with_ones = |numbers: &[f32], ones: &dyn Fn(usize) -> f64| {
            DMatrix::from_fn(numbers.len() / d, d + 1, |i, j| {
                if j < d { f64::from(numbers[i * d + j]) } else { ones(i) }
            })
        };
        Ok(Self {
            hidden,
            seed,
            x: with_ones(&layer.inputs, &|_| 1.0),
            w: with_ones(&layer.weight, &|i| f64::from(layer.bias[i])),
            head,
            found: Found {
                kept: kept.iter().map(|index| *index as u32).collect(),
                ..Found::default()
            },
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
    pub fn found(&self) -> Option<&Found> {
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
        let gram = y.tr_mul(y).symmetric_eigen();
        let mut order: Vec<usize> = (0..y.ncols()).collect();
        order.sort_by(|a, b| gram.eigenvalues[*b].total_cmp(&gram.eigenvalues[*a]));
        // From the smallest up, since a difference of large sums would have no digits.
        let squares: Vec<f64> = order.iter().map(|i| gram.eigenvalues[*i].max(0.0)).collect();
        let width = WIDEST.min(y.ncols());
        self.found.floor =
            (0..=width).map(|m| squares[m..].iter().rev().sum::<f64>() / y.len() as f64).collect();
        let vectors = DMatrix::from_fn(y.ncols(), width, |i, j| gram.eigenvectors[(i, order[j])]);
        let told = self.by_width(&(y * &vectors), &vectors, y);
        self.found.best = told.accuracy;
    }

    fn linear(&mut self) {
        let x = self.x.select_rows(&self.seen);
        let mut moments = x.tr_mul(&x);
        let ridge = TINY * moments.trace();
        (0..moments.nrows()).for_each(|i| moments[(i, i)] += ridge);
        let map = moments
            .cholesky()
            .expect("the ridge is above the rounding")
            .solve(&x.tr_mul(&self.y_seen));
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
        let (some, others) = split(rows, 0, self.seed);
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

/// The numbers of those that are solved on, and of a quarter of all, or of the last `kept`, that are kept back; both in order.
fn split(count: usize, kept: usize, seed: u32) -> (Vec<usize>, Vec<usize>) {
    if kept > 0 {
        return ((0..count - kept).collect(), (count - kept..count).collect());
    }
    let order = Order::Shuffled { seed }.of_epoch(0, count);
    let mut back: Vec<usize> = order[..count / 4].iter().map(|index| *index as usize).collect();
    let mut seen: Vec<usize> = order[count / 4..].iter().map(|index| *index as usize).collect();
    back.sort_unstable();
    seen.sort_unstable();
    (seen, back)
}

/// relu of a hidden layer for some vectors, with a 1 behind, `[vectors, hidden + 1]`.
fn features(vectors: &DMatrix<f64>, hidden: &LinearWeights) -> DMatrix<f64> {
    let weight = matrix(&hidden.weight, hidden.outputs(), hidden.inputs());
    let z = vectors * weight.transpose();
    DMatrix::from_fn(z.nrows(), z.ncols() + 1, |i, j| {
        if j < z.ncols() { (z[(i, j)] + f64::from(hidden.bias[j])).max(0.0) } else { 1.0 }
    })
}

/// By what features are whitened.
fn whitening(features: &DMatrix<f64>) -> Factor {
    let count = features.nrows() as f64;
    Factor::of(features.tr_mul(features) / count, count)
}

/// One less the squared errors over those of each column's own mean.
fn r2(y: &DMatrix<f64>, squared_error: f64) -> f64 {
    let spread: f64 = y.column_iter().map(|c| c.add_scalar(-c.mean()).norm_squared()).sum();
    1.0 - squared_error / spread
}

fn matrix(numbers: &[f32], rows: usize, columns: usize) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |i, j| f64::from(numbers[i * columns + j]))
}

fn hold(what: &'static str, count: usize, most: usize) -> Result<(), LayerError> {
    if (1..=most).contains(&count) { Ok(()) } else { Err(LayerError::Count { what, count, most }) }
}

fn fit(name: &'static str, found: usize, expected: usize) -> Result<(), LayerError> {
    if found == expected { Ok(()) } else { Err(LayerError::Misfit { name, found, expected }) }
}

fn finite(name: &'static str, numbers: &[f32]) -> Result<(), LayerError> {
    match numbers.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => Err(LayerError::NotFinite { name, value: *value }),
    }
}

/// Why a layer is not taken on. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, PartialEq)]
pub enum LayerError {
    /// More of something than there may be, or none.
    Count {
        /// What of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// A tensor of another size than the others ask for.
    Misfit {
        /// Its name.
        name: &'static str,
        /// Numbers in it.
        found: usize,
        /// Numbers that there should be.
        expected: usize,
    },
    /// Too few inputs to keep a quarter back.
    Few {
        /// How many there are.
        samples: usize,
    },
    /// More inputs kept back than leave some to solve on.
    Kept {
        /// How many are to be kept back.
        kept: usize,
        /// Of how many.
        samples: usize,
    },
    /// A number that is none.
    NotFinite {
        /// The tensor it stands in.
        name: &'static str,
        /// The number.
        value: f32,
    },
    /// A class that the head does not have.
    Label {
        /// The class.
        label: u32,
        /// How many there are.
        classes: usize,
    },
}

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { what, count, most } => {
                write!(f, "the layer has {count} {what}: it must be 1 to {most}")
            }
            Self::Misfit { name, found, expected } => {
                write!(f, "{name} holds {found} numbers, and with the others it must be {expected}")
            }
            Self::Few { samples } => write!(
                f,
                "the file has {samples} inputs: at least 8 are needed, of which a quarter is kept back"
            ),
            Self::Kept { kept, samples } => {
                write!(f, "{kept} of {samples} inputs cannot be kept back")
            }
            Self::NotFinite { name, value } => {
                write!(f, "{name} holds {value}, and a layer's numbers must be finite")
            }
            Self::Label { label, classes } => {
                write!(f, "labels holds class {label}, and the head has {classes}, counted from 0")
            }
        }
    }
}

impl std::error::Error for LayerError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Draws, Stream};

    /// Rows and inputs that live in few dimensions, as real ones do, and a head that tells two halves apart.
    fn layer(d: usize, rows: usize, samples: usize) -> Layer {
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
        Layer { weight, bias, inputs, kept: 0, head: Some(head) }
    }

    fn found(layer: Layer, d: usize, hidden: usize) -> Found {
        let mut work = Replacement::open(layer, d, hidden, 3).expect("is a layer");
        assert!(work.found().is_none());
        while work.advance() < 1.0 {}
        work.found().expect("is done").clone()
    }

    #[test]
    fn nothing_comes_below_the_floor_and_more_width_comes_nearer() {
        let found = found(layer(5, 24, 400), 5, 128);
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
        let found = found(layer(4, 16, 200), 4, 64);
        assert_eq!(found.best[16], found.original);
        assert_eq!(found.best[0], found.nothing);
        assert_eq!(found.ours[0], found.nothing);
    }

    #[test]
    fn the_networks_are_what_was_told_of_them() {
        let layer_ = layer(4, 16, 200);
        let inputs = layer_.inputs.clone();
        let found = found(layer_, 4, 32);
        let weights = found.weights.as_ref().expect("are there");
        let kept: Vec<usize> = found.kept.iter().map(|index| *index as usize).collect();
        assert_eq!(kept.len(), 50);
        let x =
            DMatrix::from_fn(
                50,
                5,
                |i, j| {
                    if j < 4 { f64::from(inputs[kept[i] * 4 + j]) } else { 1.0 }
                },
            );
        let psi = features(&x, &weights.psi.hidden);
        let last = &weights.psi.output;
        let out = DMatrix::from_fn(33, 16, |f, unit| {
            f64::from(if f < 32 { last.weight[unit * 32 + f] } else { last.bias[unit] })
        });
        let phi = matrix(&found.phi, 16, 16);
        let answers = psi * out * phi.transpose();
        let mut work = Replacement::open(layer(4, 16, 200), 4, 32, 3).expect("is a layer");
        work.advance();
        let mse = (answers - &work.y_kept).norm_squared() / work.y_kept.len() as f64;
        assert!((mse / found.ours_mse[16] - 1.0).abs() < 1e-3, "{mse} {}", found.ours_mse[16]);
    }

    #[test]
    fn inputs_can_be_kept_back_by_their_place() {
        let found = found(Layer { kept: 20, ..layer(3, 9, 100) }, 3, 16);
        assert_eq!(found.kept, (80..100).collect::<Vec<u32>>());
    }

    #[test]
    fn what_is_no_layer_is_refused_in_a_sentence() {
        let refused = |change: &dyn Fn(&mut Layer), d: usize| {
            let mut layer = layer(3, 9, 100);
            change(&mut layer);
            Replacement::open(layer, d, 16, 1).err().expect("is refused").to_string()
        };
        for (change, d, words) in [
            (&(|l: &mut Layer| l.bias.clear()) as &dyn Fn(&mut Layer), 3, "the layer has 0 rows"),
            (&|l: &mut Layer| l.weight.truncate(26), 3, "weight holds 26 numbers, and"),
            (&|l: &mut Layer| l.inputs[5] = f32::NAN, 3, "inputs holds NaN, and"),
            (&|l: &mut Layer| l.inputs.truncate(12), 3, "the file has 4 inputs: at least 8"),
            (&|l: &mut Layer| l.kept = 99, 3, "99 of 100 inputs cannot be kept back"),
            (
                &|l: &mut Layer| l.head.as_mut().expect("has one").labels[3] = 2,
                3,
                "labels holds class 2",
            ),
            (&|_: &mut Layer| (), 0, "the layer has 0 inputs to a row: it must be 1 to 1024"),
            (&|_: &mut Layer| (), 2000, "the layer has 2000 inputs to a row"),
        ] {
            assert!(refused(change, d).starts_with(words), "{}", refused(change, d));
        }
    }
}
