//! The population MSE of networks, by many fresh draws of (W, x), with its standard error.
//!
//! The held-out set of a run is small, so that it can be looked at after every epoch; its MSE is off by some percent.
//! A floor that is missed by 5 % takes more draws than that: up to [`MOST_DRAWS`], a block at a time, none of which is
//! kept. They come from a stream of the seed that neither training nor the held-out set touches.

use std::fmt;

use crate::data::{Dataset, Draws, Stream};
use crate::kernel::predict;
use crate::model::layout::Layout;
use crate::model::weights::Weights;
use crate::recipe::Target;

/// The most draws.
pub const MOST_DRAWS: usize = 10_000_000;

/// Numbers of W in a block.
const BLOCK: usize = 1 << 12;

/// An estimate under way.
pub struct Population {
    layout: Layout,
    parameters: Vec<f32>,
    target: Target,
    stream: Draws,
    total: usize,
    done: usize,
    /// Σ e and Σ e² of a draw's error e, the mean square over its d rows.
    sum: f64,
    squares: f64,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Draws of (W, x).
    pub draws: usize,
    /// Mean square of Φ(W)·Ψ(x) − target(Wx).
    pub mse: f64,
    /// The standard error of that mean.
    pub standard_error: f64,
}

impl Population {
    /// Begins an estimate over `draws` draws.
    ///
    /// # Errors
    ///
    /// When there are none or too many.
    pub fn open(
        layout: Layout,
        weights: &Weights,
        target: Target,
        seed: u32,
        draws: usize,
    ) -> Result<Self, DrawsError> {
        if !(1..=MOST_DRAWS).contains(&draws) {
            return Err(DrawsError { draws });
        }
        let (stream, parameters) = (Draws::new(seed, Stream::HeldOut, 1), layout.pack(weights));
        Ok(Self {
            layout,
            parameters,
            target,
            stream,
            total: draws,
            done: 0,
            sum: 0.0,
            squares: 0.0,
        })
    }

    /// Takes up to `blocks` blocks of draws. Returns how much of the whole is done, 1 at the end.
    pub fn advance(&mut self, blocks: usize) -> f64 {
        let d = self.layout.d;
        let size = (BLOCK / (d * d)).max(8);
        for _ in 0..blocks {
            let count = size.min(self.total - self.done);
            if count == 0 {
                break;
            }
            let data = Dataset::draw(self.target, d, count, &mut self.stream);
            let output = predict(&self.parameters, &data.w, &data.x, self.layout);
            for (output, y) in output.chunks_exact(d).zip(data.y.chunks_exact(d)) {
                let square =
                    |(y, target): (&f32, &f32)| (f64::from(*y) - f64::from(*target)).powi(2);
                let error = output.iter().zip(y).map(square).sum::<f64>() / d as f64;
                self.sum += error;
                self.squares += error * error;
            }
            self.done += count;
        }
        self.done as f64 / self.total as f64
    }

    /// The estimate, once every draw is taken.
    pub fn estimate(&self) -> Option<Estimate> {
        let draws = self.done as f64;
        let mse = self.sum / draws;
        let variance = self.squares / draws - mse * mse;
        // Rounding may take it below zero where all are equal; what is not a number stays none.
        let variance = if variance < 0.0 { 0.0 } else { variance };
        let standard_error = (variance / draws).sqrt();
        (self.done == self.total).then_some(Estimate { draws: self.done, mse, standard_error })
    }
}

/// A number of draws that is not taken. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawsError {
    draws: usize,
}

impl fmt::Display for DrawsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} draws are not evaluated: there must be 1 to {MOST_DRAWS}", self.draws)
    }
}

impl std::error::Error for DrawsError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::floor::floor;
    use crate::recipe::Recipe;

    fn all(recipe: &Recipe, weights: &Weights, draws: usize, blocks: usize) -> Estimate {
        let layout = Layout::of(recipe);
        let mut population =
            Population::open(layout, weights, recipe.target, recipe.seed, draws).expect("few");
        while population.advance(blocks) < 1.0 {
            assert_eq!(population.estimate(), None);
        }
        population.estimate().expect("done")
    }

    #[test]
    fn networks_that_say_nothing_are_wrong_by_all_of_the_target() {
        let recipe = Recipe { d: 3, m: 4, hidden: 5, ..Recipe::default() };
        let mut weights = Weights::init(&recipe);
        weights.phi.output.weight.fill(0.0);
        weights.phi.output.bias.fill(0.0);
        let estimate = all(&recipe, &weights, 40_000, 7);
        let expected = floor(recipe.target, 3, 0).expect("a recipe's d");
        let off = (estimate.mse - expected) / estimate.standard_error;
        assert!(off.abs() < 4.0, "{estimate:?}, {expected} expected");
        assert!(estimate.standard_error < 0.03 * expected, "{estimate:?}");
    }

    #[test]
    fn the_same_draws_are_taken_however_it_is_pulled() {
        let recipe = Recipe::default();
        let weights = Weights::init(&recipe);
        let estimate = all(&recipe, &weights, 5_000, 1);
        assert_eq!(estimate, all(&recipe, &weights, 5_000, 100));
        assert_eq!(estimate.draws, 5_000);
    }

    #[test]
    fn no_draws_are_refused_in_a_sentence() {
        let recipe = Recipe::default();
        let refusal = |draws| {
            let weights = Weights::init(&recipe);
            Population::open(Layout::of(&recipe), &weights, recipe.target, 1, draws)
                .err()
                .map(|e| e.to_string())
        };
        assert_eq!(
            refusal(0).as_deref(),
            Some("0 draws are not evaluated: there must be 1 to 10000000")
        );
        assert!(refusal(MOST_DRAWS + 1).is_some());
    }
}
