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
use burn::tensor::{Device, Gradients, Tensor, TensorData};

use phi_psi::model::weights::{LinearWeights, MlpWeights, Weights};

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
    pub fn weights(&self) -> Weights {
        let mlp = |hidden, output| MlpWeights { hidden: read(hidden), output: read(output) };
        Weights {
            psi: mlp(&self.psi.hidden, &self.psi.output),
            phi: mlp(&self.phi.hidden, &self.phi.output),
        }
    }
}

impl PhiPsi {
    /// The gradients of the eight tensors, in PyTorch's layout.
    pub fn gradients(&self, gradients: &Gradients) -> Weights {
        let mlp = |hidden: &Linear, output: &Linear| MlpWeights {
            hidden: linear_gradient(hidden, gradients),
            output: linear_gradient(output, gradients),
        };
        Weights {
            psi: mlp(&self.psi.hidden, &self.psi.output),
            phi: mlp(&self.phi.hidden, &self.phi.output),
        }
    }
}

fn linear_gradient(linear: &Linear, gradients: &Gradients) -> LinearWeights {
    let weight = linear.weight.val();
    let [inputs, outputs] = weight.dims();
    let bias = linear.bias.as_ref().expect("every layer here has a bias").val();
    let read = |data: TensorData| data.try_to_vec::<f32>().expect("gradients are f32");
    let weight = read(weight.grad(gradients).expect("a gradient").into_data());
    let bias = read(bias.grad(gradients).expect("a gradient").into_data());
    LinearWeights { weight: transpose(&weight, inputs, outputs), bias }
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

fn read(linear: &Linear) -> LinearWeights {
    let weight = linear.weight.val();
    let [inputs, outputs] = weight.dims();
    let bias = linear.bias.as_ref().expect("every layer here has a bias").val();
    let weight = weight.into_data().try_to_vec::<f32>().expect("weights are f32");
    let bias = bias.into_data().try_to_vec::<f32>().expect("biases are f32");
    LinearWeights { weight: transpose(&weight, inputs, outputs), bias }
}

/// A `[rows, columns]` matrix as `[columns, rows]`.
fn transpose(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| matrix[row * columns + column]))
        .collect()
}
