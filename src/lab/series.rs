//! The Taylor series of the targets about 0.
//!
//! A bend is a power series in z, by the arithmetic of truncated series: tanh of a series u solves y' = (1 − y²)·u', coefficient by
//! coefficient, and GELU, its approximation, SiLU and softplus are made of that or of the exponential's series.

use crate::recipe::Target;

/// How far from 0 a target's series converges: everywhere for GELU, the sine and z²; to the nearest pole for the others.
///
/// None where there is no series about 0 at all: ReLU and |z| have a corner there.
pub fn radius(target: Target) -> Option<f64> {
    use std::f64::consts::{FRAC_PI_2, PI};
    match target {
        Target::Gelu | Target::Sin | Target::Square => Some(f64::INFINITY),
        Target::Silu | Target::Softplus => Some(PI),
        Target::Tanh => Some(FRAC_PI_2),
        // The least |z| with √(2/π)·(z + 0.044715·z³) = iπ/2.
        Target::GeluTanh => Some(GELU_TANH_POLE),
        Target::Relu | Target::Abs => None,
    }
}

/// |z| of the pole of GELU's approximation by tanh nearest to 0.
const GELU_TANH_POLE: f64 = 2.826_868_279_27;

/// The first `terms` powers of a target's bend that are not 0, with their coefficients, fewer where there are fewer. None where it has
/// no series.
pub fn bend(target: Target, terms: usize) -> Option<Vec<(usize, f64)>> {
    // Even or odd, so that every other coefficient is 0, and one more.
    let length = 2 * terms + 2;
    let all = match target {
        Target::Relu | Target::Abs => return None,
        Target::Gelu => gelu(length),
        Target::GeluTanh => {
            let factor = (2.0 * std::f64::consts::FRAC_1_PI).sqrt();
            half_z_times(&tanh_of(&[0.0, factor, 0.0, factor * 0.044715], length))
        }
        Target::Silu => half_z_times(&tanh_of(&[0.0, 0.5], length)),
        Target::Tanh => tanh_of(&[0.0, 1.0], length),
        Target::Sin => sine(length),
        Target::Softplus => {
            // ln(2·cosh(z/2)), whose derivative is tanh(z/2)/2.
            let slope = tanh_of(&[0.0, 0.5], length);
            let integral = slope.iter().enumerate().map(|(k, c)| 0.5 * c / (k + 1) as f64);
            std::iter::once(std::f64::consts::LN_2).chain(integral).take(length).collect()
        }
        Target::Square => vec![0.0, 0.0, 1.0],
    };
    let powers = all.into_iter().enumerate().filter(|(_, coefficient)| *coefficient != 0.0);
    Some(powers.take(terms).collect())
}

/// A power of z with its coefficient, as the sign of that and the logarithm of its size: with a power of a large number beside it a
/// coefficient counts long after it has left double precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// The power.
    pub power: usize,
    /// ±1.
    pub sign: f64,
    /// ln |coefficient|.
    pub log: f64,
}

/// The term with this index, from 0 on, of a bend whose series converges everywhere and does not end: GELU's, the sine's.
pub fn entire(target: Target, index: usize) -> Term {
    let sign = if index.is_multiple_of(2) { 1.0 } else { -1.0 };
    let log_factorial = |n: usize| libm::lgamma(n as f64 + 1.0);
    match target {
        Target::Gelu => {
            let k = index as f64;
            let divisor = 0.5 * libm::log(std::f64::consts::TAU) + libm::log(2.0 * k + 1.0);
            let log = -k * std::f64::consts::LN_2 - log_factorial(index) - divisor;
            Term { power: 2 * index + 2, sign, log }
        }
        Target::Sin => {
            let power = 2 * index + 1;
            Term { power, sign, log: -log_factorial(power) }
        }
        _ => unreachable!("its series ends, or does not converge everywhere"),
    }
}

/// z/2·erf(z/√2): (−1)ᵏ/(√(2π)·2ᵏ·k!·(2k + 1)) at z^{2(k+1)}.
fn gelu(length: usize) -> Vec<f64> {
    let mut all = vec![0.0; length];
    let mut power = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
    for k in 0..length.saturating_sub(1) / 2 {
        all[2 * (k + 1)] = power / (2 * k + 1) as f64;
        power /= -2.0 * (k + 1) as f64;
    }
    all
}

fn sine(length: usize) -> Vec<f64> {
    let mut all = vec![0.0; length];
    let mut coefficient = 1.0;
    for k in (1..length).step_by(2) {
        all[k] = coefficient;
        coefficient /= -(((k + 1) * (k + 2)) as f64);
    }
    all
}

/// z/2 times a series, as long as it.
fn half_z_times(series: &[f64]) -> Vec<f64> {
    std::iter::once(0.0).chain(series.iter().map(|c| 0.5 * c)).take(series.len()).collect()
}

/// tanh of a series without a constant.
fn tanh_of(u: &[f64], length: usize) -> Vec<f64> {
    let mut y = vec![0.0; length];
    for k in 0..length - 1 {
        // The coefficient of zᵏ in (1 − y²)·u', of which y to the power k is known.
        let one_less_square = |at: usize| {
            let square: f64 = (0..=at).map(|i| y[i] * y[at - i]).sum();
            if at == 0 { 1.0 - square } else { -square }
        };
        let slope = |at: usize| u.get(at + 1).map_or(0.0, |c| (at + 1) as f64 * c);
        y[k + 1] =
            (0..=k).map(|at| one_less_square(at) * slope(k - at)).sum::<f64>() / (k + 1) as f64;
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_series_is_its_bend_near_0() {
        for target in Target::ALL {
            let Some(powers) = bend(target, 8) else {
                assert!(radius(target).is_none());
                continue;
            };
            assert!(powers.len() == 8 || target == Target::Square, "{target:?}: {powers:?}");
            for z in [-0.4, 0.1, 0.5] {
                let sum: f64 = powers.iter().map(|(p, c)| c * f64::powi(z, *p as i32)).sum();
                let off = (sum - target.bend(z)).abs();
                assert!(off < 1e-7, "{target:?} at {z}: off by {off:e}");
            }
        }
    }

    #[test]
    fn known_coefficients_are_found() {
        let close = |target, expected: &[(usize, f64)]| {
            let found = bend(target, expected.len()).expect("it has a series");
            for ((power, found), (at, c)) in found.iter().zip(expected) {
                assert!(power == at && (found - c).abs() < 1e-15, "{target:?}: {found} at {power}");
            }
        };
        close(Target::Tanh, &[(1, 1.0), (3, -1.0 / 3.0), (5, 2.0 / 15.0), (7, -17.0 / 315.0)]);
        close(Target::Sin, &[(1, 1.0), (3, -1.0 / 6.0), (5, 1.0 / 120.0)]);
        close(Target::Softplus, &[(0, std::f64::consts::LN_2), (2, 0.125), (4, -1.0 / 192.0)]);
        close(Target::Silu, &[(2, 0.25), (4, -1.0 / 48.0)]);
        close(Target::Square, &[(2, 1.0)]);
    }

    #[test]
    fn a_single_coefficient_is_that_of_the_series() {
        for target in [Target::Gelu, Target::Sin] {
            for (index, known) in bend(target, 20).expect("it has a series").iter().enumerate() {
                let Term { power, sign, log } = entire(target, index);
                let found = sign * libm::exp(log);
                assert_eq!(power, known.0);
                assert!((found / known.1 - 1.0).abs() < 1e-12, "{target:?}: {found}, {}", known.1);
            }
        }
    }

    #[test]
    fn coefficients_grow_as_the_radius_says() {
        for target in [Target::Tanh, Target::Silu, Target::Softplus, Target::GeluTanh] {
            let powers = bend(target, 60).expect("it has a series");
            // The root of the largest coefficients; GELU's approximation has two pairs of poles, whose terms beat.
            let last = &powers[powers.len() - 12..];
            let root = |(p, c): &(usize, f64)| c.abs().powf(1.0 / *p as f64);
            let found = 1.0 / last.iter().map(root).fold(0.0, f64::max);
            let radius = radius(target).expect("it has a series");
            assert!((found / radius - 1.0).abs() < 0.04, "{target:?}: {found}, {radius} expected");
        }
    }
}
