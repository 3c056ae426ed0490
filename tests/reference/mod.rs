//! What the training step means, said in burn's ordinary operations and differentiated by burn.
//!
//! Nothing of this ships: some 140 small operations a step, where `phi_psi::op` is one for many steps. It is
//! here so that the fused step has something to be held against that shares no line with it.

mod adam;
mod model;

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use phi_psi::data::Dataset;
use phi_psi::model::weights::Weights;

use adam::Adam;
use model::PhiPsi;

/// Φ and Ψ on a device with autodiff, and their optimizer.
pub struct Reference {
    model: PhiPsi,
    optimizer: ModuleOptimizer,
    lr: f64,
    device: Device,
}

impl Reference {
    /// Puts weights on a device, ready to be trained by Adam at learning rate `lr`.
    pub fn new(weights: &Weights, lr: f64, device: &Device) -> Self {
        let device = device.clone().autodiff();
        Self { model: PhiPsi::new(weights, &device), optimizer: Adam.into(), lr, device }
    }

    /// The loss of one mini-batch, 1/(B·d) · Σ (y' − y)², and its gradient, with the present weights.
    pub fn gradients(&self, batch: &Dataset) -> (f32, Weights) {
        let (loss, gradients) = self.backward(batch);
        (loss, self.model.gradients(&gradients))
    }

    /// One step on one mini-batch. Returns its loss, taken before the step.
    pub fn step(&mut self, batch: &Dataset) -> f32 {
        let (loss, gradients) = self.backward(batch);
        let gradients = GradientsParams::from_grads(gradients, &self.model);
        self.model = self.optimizer.step(self.lr, self.model.clone(), gradients);
        loss
    }

    /// y' = Φ(W)·Ψ(x) for each draw, `[batch · d]`.
    pub fn predict(&self, batch: &Dataset) -> Vec<f32> {
        let [w, x, _] = self.tensors(batch);
        let d = batch.d;
        let output =
            self.model.forward(w.reshape([batch.len(), d, d]), x.reshape([batch.len(), d]));
        output.into_data().try_to_vec().expect("predictions are f32")
    }

    /// The present weights.
    pub fn weights(&self) -> Weights {
        self.model.weights()
    }

    fn backward(&self, batch: &Dataset) -> (f32, Gradients) {
        let (count, d) = (batch.len(), batch.d);
        let [w, x, y] = self.tensors(batch);
        let output = self.model.forward(w.reshape([count, d, d]), x.reshape([count, d]));
        let loss = (output - y.reshape([count, d])).square().mean();
        let gradients = loss.backward();
        (loss.into_data().try_to_vec::<f32>().expect("losses are f32")[0], gradients)
    }

    fn tensors(&self, batch: &Dataset) -> [Tensor<1>; 3] {
        [&batch.w, &batch.x, &batch.y].map(|values| {
            let shape = [values.len()];
            Tensor::from_data(TensorData::new(values.clone(), shape), &self.device)
        })
    }
}
