//! Adam's constants, made as PyTorch makes them.
//!
//! The scalars of a step are made in double precision and rounded once, as in Python. burn's own Adam makes
//! them in single precision, where 1 − 0.999ᵗ keeps only three digits or four in the first steps, and its ε
//! is 1e-5 by default: a tenfold and a thousandfold larger distance from the notebook's losses.

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;

/// The scalars of one step:
///
/// ```text
/// m ← β₁·m + (1 − β₁)·g      v ← β₂·v + (1 − β₂)·g²      w ← w − rate · m / (√v·root + ε)
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// lr / (1 − β₁ᵗ).
    pub rate: f32,
    /// 1 / √(1 − β₂ᵗ).
    pub root: f32,
}

impl Adam {
    /// β₁, 1 − β₁, β₂, 1 − β₂.
    pub const DECAY: [f32; 4] =
        [BETA_1 as f32, (1.0 - BETA_1) as f32, BETA_2 as f32, (1.0 - BETA_2) as f32];

    /// Added to the root of the second moment.
    pub const EPSILON: f32 = 1e-8;

    /// The scalars of the `step`-th step, counted from 1.
    pub fn at(lr: f64, step: u64) -> Self {
        let correction = |beta: f64| 1.0 - libm::pow(beta, step as f64);
        Self {
            rate: (lr / correction(BETA_1)) as f32,
            root: (1.0 / correction(BETA_2).sqrt()) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_moves_by_the_learning_rate() {
        let Adam { rate, root } = Adam::at(1e-3, 1);
        let (g, [_, rest_1, _, rest_2]) = (0.25f32, Adam::DECAY);
        let change = rate * (rest_1 * g) / ((rest_2 * g * g).sqrt() * root + Adam::EPSILON);
        assert!((change - 1e-3).abs() < 1e-9, "{change}");
    }

    #[test]
    fn corrections_vanish_in_the_long_run() {
        // More than 32 bits hold, with the most epochs of the most draws.
        for step in [1_000_000, 1 << 32, (1 << 32) + 1, 1_000_000 << 20] {
            let Adam { rate, root } = Adam::at(1e-3, step);
            assert_eq!((rate, root), (1e-3, 1.0), "{step}");
        }
    }
}
