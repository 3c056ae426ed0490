//! Adam, computed as PyTorch computes it.
//!
//! ```text
//! m ← β₁·m + (1 − β₁)·g          v ← β₂·v + (1 − β₂)·g²
//! w ← w − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
//! ```
//!
//! The scalars are made in double precision and rounded once, as in Python. burn's own Adam makes them
//! in single precision, where 1 − 0.999ᵗ keeps only three digits or four in the first steps, and its ε
//! is 1e-5 by default: a tenfold and a thousandfold larger distance from the notebook's losses.

use burn::optim::{AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Adam with β 0.9 and 0.999 and ε 1e-8.
#[derive(Debug, Clone)]
pub struct Adam;

impl Optimizer for Adam {
    /// burn's own: t, m and v.
    type State<const D: usize> = AdaptiveMomentumState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let mean = gradient.clone().mul_scalar(1.0 - BETA_1);
        let square = gradient.square().mul_scalar(1.0 - BETA_2);
        let state = match state {
            None => AdaptiveMomentumState::new(1, mean, square),
            Some(old) => AdaptiveMomentumState::new(
                old.time + 1,
                old.moment_1.mul_scalar(BETA_1) + mean,
                old.moment_2.mul_scalar(BETA_2) + square,
            ),
        };
        let correction = |beta: f64| 1.0 - libm::pow(beta, state.time as f64);
        let denominator =
            state.moment_2.clone().sqrt().div_scalar(correction(BETA_2).sqrt()).add_scalar(EPSILON);
        let change = state.moment_1.clone() / denominator;
        (tensor - change.mul_scalar(lr / correction(BETA_1)), Some(state))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}
