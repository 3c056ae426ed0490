//! Adam, computed as PyTorch computes it.
//!
//! ```text
//! m ← β₁·m + (1 − β₁)·g          v ← β₂·v + (1 − β₂)·g²
//! w ← w − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
//! ```

use wide::f32x4;

use crate::model::adam::Adam;
use crate::model::layout::LANES;

/// One step, the `step`-th from 1; clears the gradient for the next mini-batch.
pub(super) fn update(
    parameters: &mut [f32],
    moments: &mut [f32],
    gradient: &mut [f32],
    lr: f64,
    step: u64,
) {
    let Adam { rate, root } = Adam::at(lr, step);
    let [beta_1, rest_1, beta_2, rest_2] = Adam::DECAY.map(f32x4::splat);
    let (rate, root, epsilon) =
        (f32x4::splat(rate), f32x4::splat(root), f32x4::splat(Adam::EPSILON));
    let (first, second) = moments.split_at_mut(parameters.len());
    let vectors = (parameters.as_chunks_mut::<LANES>().0.iter_mut())
        .zip(gradient.as_chunks_mut::<LANES>().0)
        .zip(first.as_chunks_mut::<LANES>().0)
        .zip(second.as_chunks_mut::<LANES>().0);
    for (((parameter, gradient), first), second) in vectors {
        let g = f32x4::new(*gradient);
        let m = f32x4::new(*first) * beta_1 + g * rest_1;
        let v = f32x4::new(*second) * beta_2 + g * g * rest_2;
        let change = m / (v.sqrt() * root + epsilon) * rate;
        *parameter = (f32x4::new(*parameter) - change).to_array();
        *first = m.to_array();
        *second = v.to_array();
        *gradient = [0.0; LANES];
    }
}
