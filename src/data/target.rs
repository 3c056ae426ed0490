//! The targets: each as a function of z, and what is known of it before anything is computed.
//!
//! ```text
//! target(z) = slope·z + bend(z)        the bend is even or odd
//! ```
//!
//! The slope is ½ where the odd part of the target is z/2 exactly: GELU, its approximation by tanh, ReLU, SiLU and softplus. tanh and sin
//! are odd and have no such part; |z| and z² are even.

use crate::recipe::Target;

/// GELU(z) = z·Φ(z) with the exact error function: z/2·(1 + erf(z/√2)).
pub fn gelu(z: f64) -> f64 {
    0.5 * z * (1.0 + libm::erf(z * std::f64::consts::FRAC_1_SQRT_2))
}

/// The tanh approximation that the demo compares with: 0.5·z·(1 + tanh(√(2/π)·(z + 0.044715·z³))).
pub fn gelu_tanh(z: f64) -> f64 {
    let inner = (2.0 * std::f64::consts::FRAC_1_PI).sqrt() * (z + 0.044715 * z * z * z);
    0.5 * z * (1.0 + libm::tanh(inner))
}

/// Whether a function of z changes its sign with z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    /// f(−z) = f(z).
    Even,
    /// f(−z) = −f(z).
    Odd,
}

impl Target {
    /// The target at z, in double precision.
    pub fn at(self, z: f64) -> f64 {
        match self {
            Self::Gelu => gelu(z),
            Self::GeluTanh => gelu_tanh(z),
            Self::Relu => z.max(0.0),
            Self::Silu => z / (1.0 + libm::exp(-z)),
            Self::Tanh => libm::tanh(z),
            Self::Sin => libm::sin(z),
            Self::Softplus => z.max(0.0) + libm::log1p(libm::exp(-z.abs())),
            Self::Abs => z.abs(),
            Self::Square => z * z,
        }
    }

    /// What the demo compares with: GELU_tanh for GELU, as in the notebook, and the target itself for any other.
    pub fn yardstick(self, z: f64) -> f64 {
        if self == Self::Gelu { gelu_tanh(z) } else { self.at(z) }
    }

    /// The factor of z in the target's odd part where that is a multiple of z.
    pub fn slope(self) -> f64 {
        match self {
            Self::Gelu | Self::GeluTanh | Self::Relu | Self::Silu | Self::Softplus => 0.5,
            Self::Tanh | Self::Sin | Self::Abs | Self::Square => 0.0,
        }
    }

    /// What the target has beyond slope·z, without the difference of two large numbers where there is another way.
    pub fn bend(self, z: f64) -> f64 {
        match self {
            Self::Gelu => 0.5 * z * libm::erf(z * std::f64::consts::FRAC_1_SQRT_2),
            Self::GeluTanh => gelu_tanh(z) - 0.5 * z,
            Self::Relu => 0.5 * z.abs(),
            Self::Silu => 0.5 * z * libm::tanh(0.5 * z),
            // ln(2·cosh(z/2)).
            Self::Softplus => 0.5 * z.abs() + libm::log1p(libm::exp(-z.abs())),
            Self::Tanh | Self::Sin | Self::Abs | Self::Square => self.at(z),
        }
    }

    /// The bend's.
    pub fn parity(self) -> Parity {
        match self {
            Self::Tanh | Self::Sin => Parity::Odd,
            _ => Parity::Even,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gelu_agrees_with_pytorch() {
        // torch.nn.functional.gelu(z, approximate="none" | "tanh"), float64.
        let cases = [
            (-2.48, -0.016291415456155946, -0.01585867730644176),
            (0.0, 0.0, 0.0),
            (1.55, 1.4561153250968086, 1.4559121133090074),
            (2.23, 2.2012916011919175, 2.201580609304743),
        ];
        for (z, exact, tanh) in cases {
            assert!((gelu(z) - exact).abs() < 1e-14, "gelu({z}) = {}", gelu(z));
            assert!((gelu_tanh(z) - tanh).abs() < 1e-14, "gelu_tanh({z}) = {}", gelu_tanh(z));
        }
    }

    #[test]
    fn each_is_its_slope_and_its_bend() {
        for target in Target::ALL {
            for z in [-30.0, -3.7, -1.0, -1e-3, 0.0, 0.4, 2.0, 9.5, 800.0] {
                let (whole, parts) = (target.at(z), target.slope() * z + target.bend(z));
                assert!((whole - parts).abs() <= 1e-14 * (1.0 + z * z), "{target:?} at {z}");
                let mirrored = match target.parity() {
                    Parity::Even => target.bend(-z),
                    Parity::Odd => -target.bend(-z),
                };
                assert!((mirrored - target.bend(z)).abs() <= 1e-15 * (1.0 + z.abs()), "{target:?}");
            }
        }
    }

    /// By Python's `math`.
    #[test]
    fn each_agrees_with_numbers_computed_apart() {
        for (target, at_one, at_minus_two) in [
            (Target::Gelu, 0.841_344_746_068_542_9, -0.045_500_263_896_358_44),
            (Target::GeluTanh, 0.841_191_990_608_276_8, -0.045_402_305_912_224_94),
            (Target::Relu, 1.0, 0.0),
            (Target::Silu, 0.731_058_578_630_004_9, -0.238_405_844_044_235_1),
            (Target::Tanh, 0.761_594_155_955_764_9, -0.964_027_580_075_816_9),
            (Target::Sin, 0.841_470_984_807_896_5, -0.909_297_426_825_681_7),
            (Target::Softplus, 1.313_261_687_518_222_8, 0.126_928_011_042_972_5),
            (Target::Abs, 1.0, 2.0),
            (Target::Square, 1.0, 4.0),
        ] {
            assert!((target.at(1.0) - at_one).abs() < 1e-14, "{target:?}: {}", target.at(1.0));
            let value = target.at(-2.0);
            assert!((value - at_minus_two).abs() < 1e-14, "{target:?}: {value}");
        }
    }

    #[test]
    fn the_largest_numbers_give_no_nan() {
        for target in Target::ALL {
            for z in [-1e12, 1e12] {
                assert!(
                    target.at(z).is_finite() && target.bend(z).is_finite(),
                    "{target:?} at {z}"
                );
            }
        }
    }
}
