//! Where each parameter stands in the one flat buffer that a training step works on.
//!
//! ```text
//! [ Ψ: A₁ (d × lanes) | b₁ (lanes) | A₂ (m × lanes) | b₂ (m, padded) ] [ Φ: the same ]
//! ```
//!
//! The hidden dimension is the fast one in both layers, and padded to a multiple of four, so that every
//! product of a step runs along it in whole vectors. A padded hidden unit has no weights: its activation
//! is zero, its gradient is zero, and Adam leaves it where it is. So A₁ is transposed with respect to
//! PyTorch, `[in, out]`, and A₂ is not, `[out, in]`; b₁ follows A₁ as one more row, the weights of an input
//! that is always 1.

use crate::config::Recipe;
use crate::weights::{LinearWeights, MlpWeights, Weights};

/// Floats in a vector.
pub const LANES: usize = 4;

/// Floats apart at which rows get into each other's way in a cache: a kilobyte.
const CLASH: usize = 256;

/// The sizes of Φ and Ψ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Width of the layer that is approximated.
    pub d: usize,
    /// Feature dimension.
    pub m: usize,
    /// Hidden units of each network.
    pub hidden: usize,
}

impl Layout {
    /// The layout of a recipe's networks.
    pub fn of(recipe: &Recipe) -> Self {
        Self { d: recipe.d, m: recipe.m, hidden: recipe.hidden }
    }

    /// Hidden units, padded to whole vectors.
    ///
    /// And by one more where rows would be whole kilobytes apart: a cache keeps such rows in the same few places,
    /// and a column of them drives itself out. At hidden = 1024 the CPU's step took 1.7 times as long.
    pub fn lanes(&self) -> usize {
        let lanes = self.hidden.next_multiple_of(LANES);
        if lanes.is_multiple_of(CLASH) && lanes > CLASH { lanes + LANES } else { lanes }
    }

    /// Features, padded to whole vectors.
    pub fn features(&self) -> usize {
        self.m.next_multiple_of(LANES)
    }

    /// Floats of one network: where Φ begins.
    pub fn network(&self) -> usize {
        (self.d + 1 + self.m) * self.lanes() + self.features()
    }

    /// Floats of both networks.
    pub fn parameters(&self) -> usize {
        2 * self.network()
    }

    /// Floating-point operations that training on one draw costs, forward and backward.
    ///
    /// The hidden layers see d + 1 rows, once forward and once for their gradient; the output and what is
    /// pulled back through it take two passes over Φ's hidden layer; six products carry m ([`crate::op`]).
    pub fn flops_per_draw(&self) -> u64 {
        let Self { d, m, hidden } = *self;
        2 * (2 * (d + 1) * (d + 1) * hidden + 2 * d * hidden + 6 * hidden * m) as u64
    }

    /// Where A₂ begins within a network; A₁ and b₁ fill what is before.
    pub fn output_weight(&self) -> usize {
        (self.d + 1) * self.lanes()
    }

    /// Where b₂ begins within a network.
    pub fn output_bias(&self) -> usize {
        (self.d + 1 + self.m) * self.lanes()
    }

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
