//! The learned numbers in host memory, in PyTorch's layout and under PyTorch's names.
//!
//! A Linear layer's weight is `[out, in]` here, as in a `state_dict`; [`crate::model::layout`] says how a training
//! step wants it.

use crate::data::{Draws, Stream};
use crate::model::layout::Layout;
use crate::recipe::Recipe;

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

impl Layout {
    /// PyTorch's tensors as one flat buffer of [`Layout::parameters`] floats.
    pub fn pack(&self, weights: &Weights) -> Vec<f32> {
        let mut flat = vec![0.0; self.parameters()];
        for (network, mlp) in
            flat.chunks_exact_mut(self.network()).zip([&weights.psi, &weights.phi])
        {
            let (hidden, output) = network.split_at_mut(self.output_weight());
            let (weight, bias) = output.split_at_mut(self.m * self.lanes());
            let (rows, hidden_bias) = hidden.split_at_mut(self.d * self.lanes());
            for (input, row) in rows.chunks_exact_mut(self.lanes()).enumerate() {
                for (unit, value) in row[..self.hidden].iter_mut().enumerate() {
                    *value = mlp.hidden.weight[unit * self.d + input];
                }
            }
            hidden_bias[..self.hidden].copy_from_slice(&mlp.hidden.bias);
            let rows = mlp.output.weight.chunks_exact(self.hidden);
            for (row, values) in weight.chunks_exact_mut(self.lanes()).zip(rows) {
                row[..self.hidden].copy_from_slice(values);
            }
            bias[..self.m].copy_from_slice(&mlp.output.bias);
        }
        flat
    }

    /// The inverse of [`Layout::pack`].
    pub fn unpack(&self, flat: &[f32]) -> Weights {
        let mlp = |network: &[f32]| {
            let (hidden, output) = network.split_at(self.output_weight());
            let (weight, bias) = output.split_at(self.m * self.lanes());
            let (rows, hidden_bias) = hidden.split_at(self.d * self.lanes());
            let column = |unit| rows.iter().skip(unit).step_by(self.lanes()).copied();
            MlpWeights {
                hidden: LinearWeights {
                    weight: (0..self.hidden).flat_map(column).collect(),
                    bias: hidden_bias[..self.hidden].to_vec(),
                },
                output: LinearWeights {
                    weight: weight
                        .chunks_exact(self.lanes())
                        .flat_map(|row| &row[..self.hidden])
                        .copied()
                        .collect(),
                    bias: bias[..self.m].to_vec(),
                },
            }
        };
        let (psi, phi) = flat.split_at(self.network());
        Weights { psi: mlp(psi), phi: mlp(phi) }
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

    #[test]
    fn weights_survive_the_way_into_the_buffer_and_back() {
        for (d, m, hidden) in [(1, 1, 1), (2, 16, 64), (3, 5, 7), (4, 8, 6), (2, 3, 512)] {
            let recipe = Recipe { d, m, hidden, ..Recipe::default() };
            let (layout, weights) = (Layout::of(&recipe), Weights::init(&recipe));
            let flat = layout.pack(&weights);
            assert_eq!(flat.len(), layout.parameters());
            let learned = flat.iter().filter(|value| **value != 0.0).count();
            assert_eq!(learned, recipe.parameters(), "padding is zero");
            assert_eq!(layout.unpack(&flat), weights);
        }
    }
}
