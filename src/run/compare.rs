//! The comparison: y' against the target, on one draw as the notebook shows it, or over many.
//!
//! Arithmetic on the host only: whoever has a trained network hands in its predictions.

use crate::data::demo::Demo;
use crate::data::source::{Drawing, Source};
use crate::data::{Dataset, Stream, product};
use crate::recipe::{Recipe, Target};

/// The notebook's demo: Wx, what the networks make of it, the yardstick at Wx, and their RMSE.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What was compared on.
    pub demo: Demo,
    /// x' = Wx, `[d]`.
    pub wx: Vec<f32>,
    /// Φ(W)·Ψ(x), `[d]`.
    pub approx: Vec<f32>,
    /// GELU_tanh(x'), or another target at x', `[d]`.
    pub yardstick: Vec<f32>,
    /// Root of the mean square of `approx − yardstick`.
    pub rmse: f64,
}

/// The error over many held-out draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Number of draws of (W, x).
    pub draws: usize,
    /// Mean square of y' − target(Wx), which training aims at.
    pub mse: f64,
    /// Its standard error over draws.
    pub mse_error: f64,
    /// Mean of y' − target(Wx), with its sign.
    pub mean: f64,
    /// Its standard error over draws.
    pub mean_error: f64,
    /// Root of the mean square of y' less the demo's yardstick: GELU_tanh(Wx), or another target.
    pub rmse_yardstick: f64,
}

/// Held-out draws, handed out in slices, and the squared errors so far.
///
/// The draws come from a stream of the seed that training never touches.
#[derive(Debug)]
pub struct HeldOut {
    draws: Drawing,
    d: usize,
    target: Target,
    total: usize,
    done: usize,
    squares: f64,
    squares_yardstick: f64,
    /// Over draws, the mean square and the mean of each: the entries of one y are not independent.
    square_of: Spread,
    mean_of: Spread,
}

/// A sum of numbers and of their squares.
#[derive(Debug, Default)]
struct Spread {
    sum: f64,
    squares: f64,
}

/// A part of the held-out draws, kept, to be predicted after every epoch.
#[derive(Debug)]
pub struct Watch {
    data: Dataset,
    done: usize,
    squares: f64,
}

/// What the networks make of some held-out draws, entry by entry: `[draws · d]` each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// z = Wx.
    pub z: Vec<f32>,
    /// y = target(z), GELU being the exact one.
    pub y: Vec<f32>,
    /// y' = Φ(W)·Ψ(x).
    pub approx: Vec<f32>,
}

/// Draws that an evaluation takes where the recipe is small enough.
pub const HELD_OUT_DRAWS: usize = 10_000;

/// Floating-point operations that an evaluation may take: half a second on one core of a PC, some seconds on a phone.
const HELD_OUT_FLOPS: u64 = 20_000_000_000;

impl Comparison {
    /// Compares predictions `[d]` with a target's yardstick.
    pub fn new(demo: Demo, approx: Vec<f32>, target: Target) -> Self {
        let wx: Vec<f32> = product(&demo.w, &demo.x).map(|z| z as f32).collect();
        let at = |z: &f32| target.yardstick(f64::from(*z)) as f32;
        let yardstick: Vec<f32> = wx.iter().map(at).collect();
        let rmse = rmse(&approx, &yardstick);
        Self { demo, wx, approx, yardstick, rmse }
    }
}

impl Evaluation {
    /// Root of the mean square of y' − target(Wx).
    pub fn rmse(&self) -> f64 {
        self.mse.sqrt()
    }
}

impl HeldOut {
    /// Begins an evaluation for this recipe: [`HELD_OUT_DRAWS`] draws, fewer where that would take too long.
    pub fn new(recipe: &Recipe, source: &Source) -> Self {
        // A prediction is the forward third of a training step.
        let affordable = 3 * HELD_OUT_FLOPS / recipe.flops_per_draw();
        Self {
            draws: source.stream(recipe, Stream::HeldOut, 0),
            d: recipe.d,
            target: recipe.target,
            total: HELD_OUT_DRAWS.min(affordable as usize),
            done: 0,
            squares: 0.0,
            squares_yardstick: 0.0,
            square_of: Spread::default(),
            mean_of: Spread::default(),
        }
    }

    /// The next slice of up to `size` draws to predict on. Empty at the end.
    pub fn next_slice(&mut self, size: usize) -> Dataset {
        self.draws.take(size.min(self.total - self.done))
    }

    /// Takes the predictions for a slice, `[draws · d]`.
    pub fn add(&mut self, slice: &Dataset, approx: &[f32]) {
        let d = self.d;
        let z = slice
            .w
            .chunks_exact(d * d)
            .zip(slice.x.chunks_exact(d))
            .flat_map(|(w, x)| product(w, x));
        for ((approx, y), z) in approx.iter().zip(&slice.y).zip(z) {
            self.squares += (f64::from(*approx) - f64::from(*y)).powi(2);
            self.squares_yardstick += (f64::from(*approx) - self.target.yardstick(z)).powi(2);
        }
        for (approx, y) in approx.chunks_exact(d).zip(slice.y.chunks_exact(d)) {
            let errors = approx.iter().zip(y).map(|(a, y)| f64::from(*a) - f64::from(*y));
            let (sum, squares) =
                errors.fold((0.0, 0.0), |(sum, squares), e| (sum + e, squares + e * e));
            self.square_of.add(squares / d as f64);
            self.mean_of.add(sum / d as f64);
        }
        self.done += slice.len();
    }

    /// The result, once every slice is in.
    pub fn evaluation(&self) -> Option<Evaluation> {
        let count = (self.total * self.d) as f64;
        (self.done == self.total).then(|| Evaluation {
            draws: self.total,
            mse: self.squares / count,
            mse_error: self.square_of.error(self.total),
            mean: self.mean_of.sum / self.total as f64,
            mean_error: self.mean_of.error(self.total),
            rmse_yardstick: (self.squares_yardstick / count).sqrt(),
        })
    }
}

impl Spread {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.squares += value * value;
    }

    /// The standard error of the mean of `count` numbers.
    fn error(&self, count: usize) -> f64 {
        let count = count as f64;
        let mean = self.sum / count;
        let variance = self.squares / count - mean * mean;
        // Rounding may take it below zero where all are equal; what is not a number stays none.
        let variance = if variance < 0.0 { 0.0 } else { variance };
        (variance / (count - 1.0).max(1.0)).sqrt()
    }
}

impl Watch {
    /// Draws what will be watched in this recipe's run.
    pub fn new(recipe: &Recipe, source: &Source) -> Self {
        let data = watched(recipe, source);
        Self { data, done: 0, squares: 0.0 }
    }

    /// W and x of the next slice of up to `size` draws.
    pub fn next_slice(&self, size: usize) -> (&[f32], &[f32]) {
        let d = self.data.d;
        let end = (self.done + size).min(self.data.len());
        (&self.data.w[self.done * d * d..end * d * d], &self.data.x[self.done * d..end * d])
    }

    /// Takes the predictions for the slice. Returns the mean squared error with the last one, and begins again.
    pub fn add(&mut self, approx: &[f32]) -> Option<f64> {
        let Self { data, done, squares } = self;
        let start = *done * data.d;
        for (approx, y) in approx.iter().zip(&data.y[start..]) {
            *squares += (f64::from(*approx) - f64::from(*y)).powi(2);
        }
        *done += approx.len() / data.d;
        (*done == data.len()).then(|| {
            *done = 0;
            std::mem::take(squares) / data.y.len() as f64
        })
    }
}

/// The held-out draws that are watched from epoch to epoch.
pub(super) fn watched(recipe: &Recipe, source: &Source) -> Dataset {
    source.stream(recipe, Stream::HeldOut, 0).take(recipe.watched())
}

impl Sample {
    /// The first `draws` held-out draws, to be predicted on; `approx` is still empty.
    pub fn draw(recipe: &Recipe, source: &Source, draws: usize) -> (Self, Dataset) {
        let data = source.stream(recipe, Stream::HeldOut, 0).take(draws);
        let d = recipe.d;
        let rows = data.w.chunks_exact(d * d).zip(data.x.chunks_exact(d));
        let z = rows.flat_map(|(w, x)| product(w, x)).map(|z| z as f32).collect();
        (Self { z, y: data.y.clone(), approx: Vec::new() }, data)
    }
}

/// Root of the mean square of a − b.
fn rmse(a: &[f32], b: &[f32]) -> f64 {
    let squares: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    (squares / a.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sister_notebooks_toy_case() {
        let demo =
            Demo::parse(3, "[[-.8,-.8,-.8],[.5,.5,.5],[.2,.3,1]]", "1, 0.1, 2").expect("numbers");
        let taylor = vec![0.335_821_5, 1.457_664_2, 2.306_084_4];
        let comparison = Comparison::new(demo, taylor, Target::Gelu);
        let close = |ours: &[f32], theirs: [f32; 3]| {
            assert!(ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-6), "{ours:?}");
        };
        close(&comparison.wx, [-2.48, 1.55, 2.23]);
        close(&comparison.yardstick, [-0.015_858_68, 1.455_912_1, 2.201_580_6]);
        assert!((comparison.rmse - 0.21182).abs() < 5e-6, "{comparison:?}");
    }

    #[test]
    fn a_perfect_prediction_has_no_error_and_a_constant_one_has_its_variance() {
        let recipe = Recipe::default();
        let mut held_out = HeldOut::new(&recipe, &Source::Normal);
        assert_eq!(held_out.evaluation(), None);
        while held_out.evaluation().is_none() {
            let slice = held_out.next_slice(999);
            held_out.add(&slice, &slice.y);
        }
        let evaluation = held_out.evaluation().expect("complete");
        assert_eq!((evaluation.draws, evaluation.mse), (10_000, 0.0));
        // GELU_tanh is within 5e-4 of GELU, and not equal to it.
        assert!(
            evaluation.rmse_yardstick > 1e-5 && evaluation.rmse_yardstick < 5e-4,
            "{evaluation:?}"
        );

        let mut zero = HeldOut::new(&recipe, &Source::Normal);
        let slice = zero.next_slice(usize::MAX);
        zero.add(&slice, &vec![0.0; slice.y.len()]);
        // E[y²] = 0.935534 at d = 2; five standard errors.
        assert!((zero.evaluation().expect("complete").mse - 0.935534).abs() < 0.11);
    }

    #[test]
    fn standard_errors_are_those_of_the_draws() {
        let recipe = Recipe { d: 3, ..Recipe::default() };
        let mut held_out = HeldOut::new(&recipe, &Source::Normal);
        let (mut squares, mut means) = (Vec::new(), Vec::new());
        while held_out.evaluation().is_none() {
            let slice = held_out.next_slice(777);
            // Every answer is zero, so the error is −y.
            held_out.add(&slice, &vec![0.0; slice.y.len()]);
            for y in slice.y.chunks_exact(3) {
                squares.push(y.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>() / 3.0);
                means.push(-y.iter().map(|y| f64::from(*y)).sum::<f64>() / 3.0);
            }
        }
        let evaluation = held_out.evaluation().expect("complete");
        let of = |values: &[f64]| {
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let variance =
                values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
            (mean, (variance / count).sqrt())
        };
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * b.abs(), "{a} and {b}");
        let ((mse, mse_error), (mean, mean_error)) = (of(&squares), of(&means));
        close(evaluation.mse, mse);
        close(evaluation.mse_error, mse_error);
        close(evaluation.mean, mean);
        close(evaluation.mean_error, mean_error);
    }

    #[test]
    fn what_is_watched_is_the_beginning_of_what_is_held_out() {
        let recipe = Recipe { n: 300, ..Recipe::default() };
        let mut watch = Watch::new(&recipe, &Source::Normal);
        let held_out = HeldOut::new(&recipe, &Source::Normal).next_slice(300);
        let expected =
            held_out.y.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>() / held_out.y.len() as f64;
        for _ in 0..2 {
            let mut found = None;
            while found.is_none() {
                let (w, x) = watch.next_slice(128);
                assert_eq!(w.len(), 2 * x.len());
                let zero = vec![0.0; x.len()];
                found = watch.add(&zero);
            }
            assert!((found.expect("the last slice") - expected).abs() < 1e-12);
        }
        let (sample, data) = Sample::draw(&recipe, &Source::Normal, 300);
        assert_eq!((&sample.y, &data), (&held_out.y, &held_out));
        let gelu = |z: f32| crate::data::gelu(f64::from(z));
        assert!(
            sample.z.iter().zip(&sample.y).all(|(z, y)| (gelu(*z) - f64::from(*y)).abs() < 1e-6)
        );
    }

    #[test]
    fn a_big_recipe_is_evaluated_on_fewer_draws() {
        let big = Recipe { d: 64, m: 256, hidden: 1024, n: 64, ..Recipe::default() };
        let draws = HeldOut::new(&big, &Source::Normal).total;
        assert!((1_000..HELD_OUT_DRAWS).contains(&draws), "{draws}");
    }
}
