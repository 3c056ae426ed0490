//! The training step: forward, mean squared error, backward, Adam.
//!
//! A mini-batch is given in one or more micro-batches. Each adds its share of the gradient of
//!
//! ```text
//! loss = 1/(B·d) · Σ (y' − y)²        over the B draws of the mini-batch
//! ```
//!
//! and [`Step::update`] applies Adam to the sum. Splitting changes the order of the additions, never
//! the meaning. This is the seam at which another implementation of the step goes in: nothing outside
//! this file knows how a gradient is made.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, ExecutionError, Tensor};

use crate::adam::Adam;
use crate::model::PhiPsi;
use crate::weights::Weights;

/// Φ and Ψ with what it takes to train them.
pub struct Step {
    model: PhiPsi,
    optimizer: ModuleOptimizer,
    gradients: GradientsAccumulator<PhiPsi>,
    /// The mini-batch's loss so far, `[1]`, on the device.
    loss: Option<Tensor<1>>,
    lr: f64,
}

impl Step {
    /// Puts weights on a device, ready to be trained by [`Adam`] at learning rate `lr`.
    pub fn new(weights: &Weights, lr: f64, device: &Device) -> Self {
        Self {
            model: PhiPsi::new(weights, &device.clone().autodiff()),
            optimizer: Adam.into(),
            gradients: GradientsAccumulator::new(),
            loss: None,
            lr,
        }
    }

    /// Adds one micro-batch of a mini-batch of `batch` draws: forward and backward.
    ///
    /// # Shapes
    ///
    /// - w: `[micro, d, d]`
    /// - x, y: `[micro, d]`
    pub fn add(&mut self, w: Tensor<3>, x: Tensor<2>, y: Tensor<2>, batch: usize) {
        let [_, d] = y.dims();
        let error = self.model.forward(w.autodiff(), x.autodiff()) - y.autodiff(); // [micro, d]
        let loss = error.square().sum().div_scalar((batch * d) as f32); // [1]
        let gradients = GradientsParams::from_grads(loss.backward(), &self.model);
        self.gradients.accumulate(&self.model, gradients);
        let loss = loss.without_autodiff();
        self.loss = Some(match self.loss.take() {
            Some(sum) => sum + loss,
            None => loss,
        });
    }

    /// Ends the mini-batch: one step of Adam. Returns its loss, `[1]`, still on the device.
    pub fn update(&mut self) -> Tensor<1> {
        let gradients = self.gradients.grads();
        self.model = self.optimizer.step(self.lr, self.model.clone(), gradients);
        self.loss.take().expect("a mini-batch has at least one micro-batch")
    }

    /// y' = Φ(W)·Ψ(x) with the present weights.
    ///
    /// # Shapes
    ///
    /// - w: `[batch, d, d]`
    /// - x: `[batch, d]`
    /// - output: `[batch, d]`
    pub fn predict(&self, w: Tensor<3>, x: Tensor<2>) -> Tensor<2> {
        self.model.valid().forward(w, x)
    }

    /// Reads the present weights from the device.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn weights(&self) -> Result<Weights, ExecutionError> {
        self.model.valid().weights().await
    }
}
