//! The networks: Ψ on x, Φ on each row of W, and their product.
//!
//! Both are Linear(d, hidden) → ReLU → Linear(hidden, m), and the layer's output is approximated by
//!
//! ```text
//! y'ᵢ = Σₖ Φ(W)ᵢₖ · Ψ(x)ₖ        Φ(W) [d, m],  Ψ(x) [m]
//! ```
//!
//! Φ never sees x and Ψ never sees W: what couples them is one dot product of length m.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, ExecutionError, Tensor, TensorData};

use crate::weights::{LinearWeights, MlpWeights, Weights};

/// Ψ: x `[batch, d]` → features `[batch, m]`.
#[derive(Module, Debug)]
pub struct PsiNet {
    hidden: Linear,
    output: Linear,
}

/// Φ: the rows of W `[batch, d, d]` → features `[batch, d, m]`, the same network for every row.
#[derive(Module, Debug)]
pub struct PhiNet {
    hidden: Linear,
    output: Linear,
}

/// Φ and Ψ together: y' = Φ(W)·Ψ(x).
#[derive(Module, Debug)]
pub struct PhiPsi {
    phi: PhiNet,
    psi: PsiNet,
}

impl PsiNet {
    /// Ψ(x).
    ///
    /// # Shapes
    ///
    /// - x: `[batch, d]`
    /// - output: `[batch, m]`
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let hidden = relu(self.hidden.forward(x)); // [batch, hidden]
        self.output.forward(hidden) // [batch, m]
    }
}

impl PhiNet {
    /// Φ(W).
    ///
    /// # Shapes
    ///
    /// - w: `[batch, d, d]`
    /// - output: `[batch, d, m]`
    pub fn forward(&self, w: Tensor<3>) -> Tensor<3> {
        let [batch, d, _] = w.dims();
        // Rows side by side make one matrix product of what would be `batch` small ones.
        let rows = w.reshape([batch * d, d]);
        let hidden = relu(self.hidden.forward(rows)); // [batch · d, hidden]
        let features = self.output.forward(hidden); // [batch · d, m]
        let [_, m] = features.dims();
        features.reshape([batch, d, m])
    }
}

impl PhiPsi {
    /// Puts weights on a device.
    pub fn new(weights: &Weights, device: &Device) -> Self {
        Self {
            phi: PhiNet {
                hidden: linear(&weights.phi.hidden, device),
                output: linear(&weights.phi.output, device),
            },
            psi: PsiNet {
                hidden: linear(&weights.psi.hidden, device),
                output: linear(&weights.psi.output, device),
            },
        }
    }

    /// y' = Φ(W)·Ψ(x).
    ///
    /// # Shapes
    ///
    /// - w: `[batch, d, d]`
    /// - x: `[batch, d]`
    /// - output: `[batch, d]`
    pub fn forward(&self, w: Tensor<3>, x: Tensor<2>) -> Tensor<2> {
        let phi = self.phi.forward(w); // [batch, d, m]
        let psi = self.psi.forward(x).unsqueeze_dim::<3>(1); // [batch, 1, m]
        // A sum of products, because a batched matrix–vector product launches one kernel a draw on the CPU.
        (phi * psi).sum_dim(2).squeeze_dim(2) // [batch, d]
    }

    /// Reads the weights back from the device.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn weights(&self) -> Result<Weights, ExecutionError> {
        Ok(Weights {
            psi: MlpWeights {
                hidden: read(&self.psi.hidden).await?,
                output: read(&self.psi.output).await?,
            },
            phi: MlpWeights {
                hidden: read(&self.phi.hidden).await?,
                output: read(&self.phi.output).await?,
            },
        })
    }
}

fn linear(weights: &LinearWeights, device: &Device) -> Linear {
    let (inputs, outputs) = (weights.inputs(), weights.outputs());
    // PyTorch's [out, in] becomes burn's [in, out].
    let transposed = transpose(&weights.weight, outputs, inputs);
    Linear {
        weight: Param::from_data(TensorData::new(transposed, [inputs, outputs]), device),
        bias: Some(Param::from_data(TensorData::new(weights.bias.clone(), [outputs]), device)),
    }
}

async fn read(linear: &Linear) -> Result<LinearWeights, ExecutionError> {
    let weight = linear.weight.val();
    let [inputs, outputs] = weight.dims();
    let bias = linear.bias.as_ref().expect("every layer here has a bias").val();
    let weight = weight.into_data_async().await?.try_to_vec::<f32>().expect("weights are f32");
    let bias = bias.into_data_async().await?.try_to_vec::<f32>().expect("biases are f32");
    Ok(LinearWeights { weight: transpose(&weight, inputs, outputs), bias })
}

/// A `[rows, columns]` matrix as `[columns, rows]`.
fn transpose(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| matrix[row * columns + column]))
        .collect()
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::*;
    use crate::backend::Backend;
    use crate::config::Recipe;
    use pollster::block_on;

    #[test]
    fn weights_survive_the_way_to_the_device_and_back() {
        let device = block_on(Backend::Cpu.open()).expect("the CPU is always there");
        let weights = Weights::init(&Recipe { d: 3, m: 5, hidden: 7, ..Recipe::default() });
        let back = block_on(PhiPsi::new(&weights, &device).weights()).expect("read");
        assert_eq!(back, weights);
    }

    #[test]
    fn the_output_is_the_formula() {
        let recipe = Recipe { d: 2, m: 3, hidden: 4, ..Recipe::default() };
        let device = block_on(Backend::Cpu.open()).expect("the CPU is always there");
        let weights = Weights::init(&recipe);
        let (w, x) = ([0.5f32, -1.0, 2.0, 0.25], [1.5f32, -0.5]);
        let output = PhiPsi::new(&weights, &device)
            .forward(
                Tensor::from_data(TensorData::new(w.to_vec(), [1, 2, 2]), &device),
                Tensor::from_data(TensorData::new(x.to_vec(), [1, 2]), &device),
            )
            .into_data()
            .try_to_vec::<f32>()
            .expect("f32");
        let psi = by_hand(&weights.psi, &x);
        for (row, actual) in w.chunks(2).zip(output) {
            let phi = by_hand(&weights.phi, row);
            let expected: f32 = phi.iter().zip(&psi).map(|(phi, psi)| phi * psi).sum();
            assert!((actual - expected).abs() < 1e-6, "{actual} vs {expected}");
        }
    }

    fn by_hand(mlp: &MlpWeights, input: &[f32]) -> Vec<f32> {
        let layer = |linear: &LinearWeights, input: &[f32]| -> Vec<f32> {
            linear
                .weight
                .chunks(input.len())
                .zip(&linear.bias)
                .map(|(row, bias)| bias + row.iter().zip(input).map(|(a, b)| a * b).sum::<f32>())
                .collect()
        };
        let hidden: Vec<f32> =
            layer(&mlp.hidden, input).iter().map(|value| value.max(0.0)).collect();
        layer(&mlp.output, &hidden)
    }
}
