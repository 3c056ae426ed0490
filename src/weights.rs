//! The learned numbers in host memory, in PyTorch's layout and under PyTorch's names.
//!
//! A Linear layer's weight is `[out, in]` here, as in a `state_dict`; [`crate::layout`] says how a training
//! step wants it.

use crate::config::Recipe;
use crate::data::{Draws, Stream};

/// One Linear layer: y = x·Aᵀ + b.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearWeights {
    /// A, `[out, in]`, row-major.
    pub weight: Vec<f32>,
    /// b, `[out]`.
    pub bias: Vec<f32>,
}

/// Linear → ReLU → Linear. PyTorch's `nn.Sequential` counts them `net.0`, `net.1`, `net.2`.
#[derive(Debug, Clone, PartialEq)]
pub struct MlpWeights {
    /// `net.0`: `[hidden, d]` and `[hidden]`.
    pub hidden: LinearWeights,
    /// `net.2`: `[m, hidden]` and `[m]`.
    pub output: LinearWeights,
}

/// All that Φ and Ψ have learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// Ψ, on x.
    pub psi: MlpWeights,
    /// Φ, on each row of W.
    pub phi: MlpWeights,
}

/// The eight tensors' names in PyTorch, in the order of [`Weights::tensors`].
pub const NAMES: [&str; 8] = [
    "psi.net.0.weight",
    "psi.net.0.bias",
    "psi.net.2.weight",
    "psi.net.2.bias",
    "phi.net.0.weight",
    "phi.net.0.bias",
    "phi.net.2.weight",
    "phi.net.2.bias",
];

impl Weights {
    /// Draws initial weights as PyTorch does: U(±1/√fan_in) for weights and biases, in the order of [`NAMES`].
    pub fn init(recipe: &Recipe) -> Self {
        let draws = &mut Draws::new(recipe.seed, Stream::Weights, 0);
        Self { psi: MlpWeights::init(recipe, draws), phi: MlpWeights::init(recipe, draws) }
    }

    /// The eight tensors, row-major, in the order of [`NAMES`].
    pub fn tensors(&self) -> [&Vec<f32>; 8] {
        let [a, b, c, d] = self.psi.tensors();
        let [e, f, g, h] = self.phi.tensors();
        [a, b, c, d, e, f, g, h]
    }

    /// The first number that is NaN or infinite, and the tensor it stands in.
    pub fn not_finite(&self) -> Option<(&'static str, f32)> {
        let named = NAMES.into_iter().zip(self.tensors());
        let mut wrong = named.filter_map(|(name, values)| {
            Some((name, *values.iter().find(|value| !value.is_finite())?))
        });
        wrong.next()
    }
}

impl MlpWeights {
    fn init(recipe: &Recipe, draws: &mut Draws) -> Self {
        Self {
            hidden: LinearWeights::init(recipe.d, recipe.hidden, draws),
            output: LinearWeights::init(recipe.hidden, recipe.m, draws),
        }
    }

    fn tensors(&self) -> [&Vec<f32>; 4] {
        [&self.hidden.weight, &self.hidden.bias, &self.output.weight, &self.output.bias]
    }
}

impl LinearWeights {
    fn init(inputs: usize, outputs: usize, draws: &mut Draws) -> Self {
        let bound = 1.0 / (inputs as f64).sqrt();
        let mut uniform = |count| (0..count).map(|_| draws.uniform(bound)).collect();
        Self { weight: uniform(inputs * outputs), bias: uniform(outputs) }
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.weight.len() / self.bias.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_weights_fill_pytorchs_range() {
        let weights = Weights::init(&Recipe { d: 4, hidden: 400, ..Recipe::default() });
        for (name, tensor) in NAMES.iter().zip(weights.tensors()) {
            let bound = if name.contains(".0.") { 0.5 } else { 0.05 };
            let largest = tensor.iter().fold(0f32, |largest, value| largest.max(value.abs()));
            assert!(largest <= bound, "{name}: {largest}");
            assert!(tensor.len() < 100 || largest > 0.95 * bound, "{name}: {largest}");
        }
    }

    #[test]
    fn n_batch_and_epochs_do_not_change_the_initial_weights() {
        let recipe = Recipe::default();
        let other = Recipe { n: 7, batch: 3, epochs: 30, lr: 0.1, ..recipe.clone() };
        assert_eq!(Weights::init(&recipe), Weights::init(&other));
        assert_ne!(Weights::init(&recipe), Weights::init(&Recipe { seed: 43, ..recipe.clone() }));
    }
}
