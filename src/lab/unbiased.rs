//! Estimators that are unbiased in the sense of statistics: random features whose mean is the target, exactly.
//!
//! ```text
//! E[φ_ω(w)·ψ_ω(x)] = bend(w·x)        ω drawn anew for each feature, and the mean of k features has 1/k of the variance
//! ```
//!
//! slope·z needs no randomness: it is d features. What is estimated is the bend, and two methods do that.
//!
//! # Random Maclaurin features (Kar and Karnick, 2012)
//!
//! bend(z) = Σ aₙ·zⁿ. A power n is drawn with probability pₙ, then n vectors g ~ N(0, I): since E[(g·w)(g·x)] = w·x,
//!
//! ```text
//! φ(w) = aₙ/pₙ·Π gᵢ·w        ψ(x) = Π gᵢ·x
//! ```
//!
//! has the mean Σ aₙ·zⁿ wherever the series converges: for GELU, the sine and z² everywhere, for the others within their radius only
//! ([`super::series`]), so that over all z it is no estimator. pₙ halves from one power of the series to the next, without end. The second moment
//! Σ aₙ²/pₙ·Mⁿ with M = |w|²|x|² + 2z² is finite for every w and x. Over Gaussian w and x it is not: E|w|²ⁿ grows like n! and twice, which
//! aₙ² of GELU and of the sine, 1/n! or so, does not outweigh. Of z² it is. (Kar and Karnick take random signs in the place of g; then M depends
//! on more than the lengths and the angle.)
//!
//! # Random Fourier features of the bend, by the exponential kernel's (Choromanski et al., 2021; Sehanobish et al., 2024)
//!
//! ```text
//! GELU(z) − z/2 = ∫₀^∞ h(ω)·(1 − cos ωz) dω        h(ω) = (1 + ω²)/(π·ω²)·exp(−ω²/2)
//! ```
//!
//! since the second derivative (2 − z²)·exp(−z²/2)/√(2π) has the transform (1 + ω²)·exp(−ω²/2), and both sides and their slopes
//! are 0 at 0. And with g ~ N(0, I), ζ² = iω,
//!
//! ```text
//! A(w) = exp(ζ·g·w − ζ²|w|²/2)        E[A(w)·A(x)] = exp(ζ²·w·x) = exp(iω·w·x)        E[A] = 1
//! ```
//!
//! so that P = (A(w) − 1)(A(x) − 1) has the mean exp(iωz) − 1, whose real part is what the integral asks for. Without the ones the product
//! does not vanish as ω → 0 where h does not stay finite, and its variance is infinite for every w and x. ω is drawn as ν² of a
//! standard normal ν, so that ζ = ν·exp(iπ/4); its density, ω^{−1/2}·exp(−ω/2)/√(2π), weighs the small ω as the variance asks and
//! leaves room at the large. The real part of a product of complex numbers is two real features. With a = |w|², b = |x|²,
//!
//! ```text
//! E|P|²   = −3 + e^{ωa} + e^{ωb} + 2cos ωz + 2e^{ωz} − 2e^{ωz}·cos ωz·(e^{ωa} + e^{ωb}) + e^{ω(a+b+2z)}
//! Re E[P²] = −3 + cos ωa + cos ωb + 4cos ωz − 2cos ω(a+2z) − 2cos ω(b+2z) + cos ω(a+b+4z)
//! E[(Re P)²] = (E|P|² + Re E[P²])/2        E[(Im P)²] = (E|P|² − Re E[P²])/2
//! ```
//!
//! so the variance is finite for every w and x, about exp(|w + x|⁴/4) where they are long, and over Gaussian w and x infinite.
//!
//! The sine is the imaginary part at ω = 1. The transforms of tanh, SiLU and softplus fall like exp(−πω/2) or exp(−πω) alone, those of ReLU and
//! |z| like a power: beyond |w + x|² = 2π, 4π, or for all w and x, what is drawn has no mean at all, and it is no estimator.

use std::f64::consts::LN_2;
use std::fmt;

use super::series::{self, Term};
use crate::data::Draws;
use crate::recipe::Target;

/// How the features are drawn. A number is a part of what a seed's copies are ([`super::copies`]): it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By the series.
    Maclaurin = 0,
    /// By the Fourier transform.
    Fourier = 1,
}

impl Method {
    /// As the page knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Maclaurin => "maclaurin",
            Self::Fourier => "fourier",
        }
    }
}

/// Nodes of ν in the second moment of a Fourier feature, and their step.
const NODES: usize = 120;
const REACH: f64 = 4.0;

/// Below this ν the second moment's integrand is what it is here: nearer to 0 it has no digits, and hardly changes.
const FIRST: f64 = 0.06;

/// A way to draw features for a target's bend.
#[derive(Debug, Clone, Copy)]
pub struct Estimator {
    target: Target,
    method: Method,
}

/// One draw of ω, for a width of [`Estimator::width`].
#[derive(Debug, Clone)]
pub struct Feature(Drawn);

#[derive(Debug, Clone)]
enum Drawn {
    /// aₙ/pₙ and the n vectors g, one after the other.
    Maclaurin { factor: f64, g: Vec<f64>, d: usize },
    /// ν, g, and what the product is multiplied by.
    Fourier { root: f64, g: Vec<f64>, factor: f64, imaginary: bool },
}

impl Estimator {
    /// For a target.
    ///
    /// # Errors
    ///
    /// When the method is none for this target.
    pub fn new(target: Target, method: Method) -> Result<Self, NoEstimator> {
        let is_one = match method {
            Method::Maclaurin => series::radius(target) == Some(f64::INFINITY),
            Method::Fourier => matches!(target, Target::Gelu | Target::Sin),
        };
        if is_one { Ok(Self { target, method }) } else { Err(NoEstimator { target, method }) }
    }

    /// Real features of one draw.
    pub fn width(&self) -> usize {
        match self.method {
            Method::Maclaurin => 1,
            Method::Fourier => 2,
        }
    }

    /// Draws ω in d dimensions.
    pub fn draw(&self, d: usize, draws: &mut Draws) -> Feature {
        let mut normals = |count: usize| (0..count).map(|_| draws.normal_double()).collect();
        Feature(match self.method {
            Method::Maclaurin if self.target == Target::Square => {
                Drawn::Maclaurin { factor: 1.0, g: normals(2 * d), d }
            }
            Method::Maclaurin => {
                // As many heads in a row, with half the probability each.
                let mut place = 0;
                while draws.bits() & 1 == 1 {
                    place += 1;
                }
                let Term { power, sign, log } = series::entire(self.target, place);
                let g = (0..power * d).map(|_| draws.normal_double()).collect();
                let factor = sign * libm::exp(log + (place + 1) as f64 * LN_2);
                Drawn::Maclaurin { factor, g, d }
            }
            Method::Fourier => {
                let imaginary = self.target == Target::Sin;
                let root = if imaginary { 1.0 } else { draws.normal_double() };
                let factor = if imaginary { 1.0 } else { weight(root * root) };
                let g = (0..d).map(|_| draws.normal_double()).collect();
                Drawn::Fourier { root, g, factor, imaginary }
            }
        })
    }

    /// E[(φ_ω(w)·ψ_ω(x))²] of one draw, for w and x of these squared lengths and this product.
    pub fn second_moment(&self, a: f64, b: f64, z: f64) -> f64 {
        match self.method {
            Method::Maclaurin => {
                let m = a * b + 2.0 * z * z;
                if self.target == Target::Square {
                    return m * m;
                }
                let term = |place: usize| {
                    let Term { power, log, .. } = series::entire(self.target, place);
                    let size = 2.0 * log + power as f64 * libm::log(m);
                    libm::exp(size + (place + 1) as f64 * LN_2)
                };
                // The terms rise and then fall, faster than any power.
                let (mut sum, mut last) = (0.0, 0.0);
                for place in 0.. {
                    let next = term(place);
                    sum += next;
                    if next <= last && next <= 1e-17 * sum {
                        break;
                    }
                    last = next;
                }
                sum
            }
            Method::Fourier if self.target == Target::Sin => {
                let (size, square) = squares(1.0, [a, b, z], 0.0);
                0.5 * (size - square)
            }
            Method::Fourier => over_nu([a, b, z], NODES),
        }
    }
}

/// The second moment of GELU's Fourier features, in so many steps: over ν > 0 with twice its density. The integrand is flat at 0 and ends
/// where exp(−ω² + ω·|w + x|²) does.
fn over_nu([a, b, z]: [f64; 3], nodes: usize) -> f64 {
    let end = f64::max(0.5 * (a + b + 2.0 * z), 0.0).sqrt() + REACH;
    let step = end / nodes as f64;
    let mean = |nu: f64| {
        let nu = nu.max(FIRST);
        let omega = nu * nu;
        // The one leaves double precision where the other makes up for it.
        let most = omega * (a + b + 2.0 * z.max(0.0));
        let (size, square) = squares(omega, [a, b, z], most);
        let density = libm::exp(most + 2.0 * log_weight(omega) - 0.5 * omega);
        0.5 * (size + square) * 2.0 * density / std::f64::consts::TAU.sqrt()
    };
    (0..nodes).map(|i| step * mean((i as f64 + 0.5) * step)).sum()
}

/// The features that a target's line takes.
pub(super) fn line_width(target: Target, d: usize) -> usize {
    if target.slope() == 0.0 { 0 } else { d }
}

/// −h(ω) over the density of ω: the mean of (exp(iωz) − 1) times this is the bend.
fn weight(omega: f64) -> f64 {
    -libm::exp(log_weight(omega))
}

/// The logarithm of its size.
fn log_weight(omega: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    let h = libm::log((1.0 + omega * omega) / (PI * omega * omega)) - 0.5 * omega * omega;
    h + 0.5 * omega + 0.5 * libm::log(TAU * omega)
}

/// E|P|² and the real part of P²’s mean at a = |w|², b = |x|² and z, both times exp(−down).
fn squares(omega: f64, [a, b, z]: [f64; 3], down: f64) -> (f64, f64) {
    let e = |v: f64| libm::exp(omega * v - down);
    let cos = |v: f64| libm::cos(omega * v);
    let (one, cz) = (libm::exp(-down), cos(z));
    let size = (2.0 * cz - 3.0) * one + e(a) + e(b) + 2.0 * e(z) - 2.0 * cz * (e(a + z) + e(b + z))
        + e(a + b + 2.0 * z);
    let square =
        -3.0 + cos(a) + cos(b) + 4.0 * cz - 2.0 * cos(a + 2.0 * z) - 2.0 * cos(b + 2.0 * z)
            + cos(a + b + 4.0 * z);
    (size, square * one)
}

impl Feature {
    /// φ(w), a number or two.
    pub fn phi(&self, w: &[f64]) -> [f64; 2] {
        match &self.0 {
            Drawn::Maclaurin { factor, g, d } => [factor * along(g, *d, w), 0.0],
            Drawn::Fourier { root, g, factor, imaginary } => {
                let [re, im] = less_one(*root, g, w);
                if *imaginary { [factor * im, factor * re] } else { [factor * re, -factor * im] }
            }
        }
    }

    /// ψ(x), as many.
    pub fn psi(&self, x: &[f64]) -> [f64; 2] {
        match &self.0 {
            Drawn::Maclaurin { g, d, .. } => [along(g, *d, x), 0.0],
            Drawn::Fourier { root, g, .. } => less_one(*root, g, x),
        }
    }

    /// φ(w)·ψ(x), whose mean is the bend at w·x.
    pub fn at(&self, w: &[f64], x: &[f64]) -> f64 {
        let ([a, b], [c, d]) = (self.phi(w), self.psi(x));
        a * c + b * d
    }
}

/// Π gᵢ·v.
fn along(g: &[f64], d: usize, v: &[f64]) -> f64 {
    g.chunks_exact(d).map(|g| dot(g, v)).product()
}

/// A(v) − 1 without the difference of nearly equal numbers.
fn less_one(root: f64, g: &[f64], v: &[f64]) -> [f64; 2] {
    // ζ·g·v − ζ²|v|²/2, where ζ = root·(1 + i)/√2.
    let re = root * std::f64::consts::FRAC_1_SQRT_2 * dot(g, v);
    let im = re - 0.5 * root * root * dot(v, v);
    let half = libm::sin(0.5 * im);
    [libm::expm1(re) * libm::cos(im) - 2.0 * half * half, libm::exp(re) * libm::sin(im)]
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Why there is no such estimator. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoEstimator {
    target: Target,
    method: Method,
}

impl fmt::Display for NoEstimator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.target.name();
        match (self.method, series::radius(self.target)) {
            (Method::Maclaurin, None) => write!(f, "{name} has no series about 0"),
            (Method::Maclaurin, Some(radius)) => {
                write!(
                    f,
                    "the series of {name} converges for |z| below {radius:.3} alone, and not over all z"
                )
            }
            (Method::Fourier, _) => match self.target {
                Target::Square => {
                    f.write_str("z² has no Fourier transform that could be drawn from")
                }
                Target::GeluTanh => write!(f, "the Fourier transform of {name} has no closed form"),
                _ => write!(
                    f,
                    "the Fourier transform of {name} falls too slowly: what is drawn has no mean where w and x are long"
                ),
            },
        }
    }
}

impl std::error::Error for NoEstimator {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Stream;

    const ALL: [(Target, Method); 5] = [
        (Target::Gelu, Method::Maclaurin),
        (Target::Gelu, Method::Fourier),
        (Target::Sin, Method::Maclaurin),
        (Target::Sin, Method::Fourier),
        (Target::Square, Method::Maclaurin),
    ];

    /// Twelve pairs whose variance a million draws can average out.
    fn pairs() -> Vec<(Vec<f64>, Vec<f64>)> {
        let mut draws = Draws::new(19, Stream::Demo, 0);
        let mut vector = |d: usize, length: f64| {
            let v: Vec<f64> = (0..d).map(|_| draws.normal_double()).collect();
            let norm = dot(&v, &v).sqrt();
            v.iter().map(|v| v * length / norm).collect::<Vec<f64>>()
        };
        (0..12)
            .map(|i| (vector(1 + i % 4, 0.3 + 0.05 * i as f64), vector(1 + i % 4, 0.8)))
            .collect()
    }

    /// The mean of so many draws, its standard error, and the mean of their squares with its own.
    fn means(estimator: &Estimator, w: &[f64], x: &[f64], count: u32) -> [f64; 4] {
        let mut draws = Draws::new(7, Stream::Demo, 1);
        let mut sums = [0.0; 4];
        for _ in 0..count {
            let value = estimator.draw(w.len(), &mut draws).at(w, x);
            for (power, sum) in sums.iter_mut().enumerate() {
                *sum += value.powi(power as i32 + 1);
            }
        }
        let count = f64::from(count);
        let [mean, square, _, fourth] = sums.map(|sum| sum / count);
        let error = |square: f64, mean: f64| ((square - mean * mean).max(0.0) / count).sqrt();
        [mean, error(square, mean), square, error(fourth, square)]
    }

    #[test]
    fn the_mean_of_a_million_draws_is_the_bend_and_their_second_moment_what_the_derivation_says() {
        for (target, method) in ALL {
            let estimator = Estimator::new(target, method).expect("it is one");
            for (w, x) in pairs() {
                let z = dot(&w, &x);
                let [mean, error, square, square_error] = means(&estimator, &w, &x, 1_000_000);
                let off = (mean - target.bend(z)) / error;
                assert!(off.abs() < 4.0, "{target:?}, {method:?}: {mean} ± {error}, off by {off}");
                assert!(error < 0.02, "{target:?}, {method:?}: {error} tells nothing");
                let expected = estimator.second_moment(dot(&w, &w), dot(&x, &x), z);
                let off = (square - expected).abs();
                // The squares have long tails: their own standard error is a guess.
                assert!(
                    off < 5.0 * square_error + 0.02 * expected,
                    "{target:?}, {method:?}, {w:?}, {x:?}: {square} ± {square_error}, {expected} expected"
                );
            }
        }
    }

    #[test]
    fn the_mean_of_k_draws_has_a_kth_of_the_variance() {
        for (target, method) in ALL {
            let estimator = Estimator::new(target, method).expect("it is one");
            let (w, x) = (vec![0.5, -0.2], vec![-0.4, 0.4]);
            let mut draws = Draws::new(3, Stream::Demo, 2);
            let truth = target.bend(dot(&w, &x));
            // The squared error of means of 1, 2, 4, … 64 draws.
            let rounds = 20_000;
            let mut errors = [0.0; 7];
            for _ in 0..rounds {
                let (mut sum, mut next) = (0.0, 0);
                for k in 1..=64 {
                    sum += estimator.draw(2, &mut draws).at(&w, &x);
                    if k == 1 << next {
                        errors[next] += (sum / f64::from(k) - truth).powi(2) / f64::from(rounds);
                        next += 1;
                    }
                }
            }
            // The slope of log error against log k, by least squares.
            let centre = 3.0;
            let along = |(i, e): (usize, &f64)| (i as f64 - centre) * e.log2();
            let slope: f64 = errors.iter().enumerate().map(along).sum::<f64>()
                / (0..7).map(|i| (f64::from(i) - centre).powi(2)).sum::<f64>();
            assert!((slope + 1.0).abs() < 0.05, "{target:?}, {method:?}: {slope}");
        }
    }

    #[test]
    fn the_second_moment_is_finite_for_long_vectors_and_a_finer_quadrature_finds_the_same() {
        let estimator = Estimator::new(Target::Gelu, Method::Fourier).expect("it is one");
        for (a, b, z) in [(1.0, 1.0, 0.3), (4.0, 4.0, 3.9), (9.0, 9.0, 8.9), (9.0, 4.0, -6.0)] {
            let fine = over_nu([a, b, z], 20_000);
            let found = estimator.second_moment(a, b, z);
            assert!((found / fine - 1.0).abs() < 1e-2, "{a}, {b}, {z}: {found}, {fine}");
            assert!(found.is_finite() && found > 0.0);
        }
    }

    #[test]
    fn the_second_moments_of_the_longest_vectors_of_the_page_are_finite_and_grow() {
        for (target, method) in ALL {
            let estimator = Estimator::new(target, method).expect("it is one");
            let moments = [0.5, 1.0, 2.0, 3.0].map(|r: f64| {
                let square = r * r;
                estimator.second_moment(square, square, square)
            });
            assert!(moments.iter().all(|moment| moment.is_finite()), "{target:?}, {method:?}");
            assert!(moments.is_sorted(), "{target:?}, {method:?}: {moments:?}");
            assert!(estimator.second_moment(0.0, 0.0, 0.0).abs() < 1e-12, "{target:?}");
        }
    }

    #[test]
    fn what_is_no_estimator_is_refused_with_the_reason() {
        let refusal = |target, method| Estimator::new(target, method).err().map(|e| e.to_string());
        for (target, method, reason) in [
            (Target::Relu, Method::Maclaurin, "relu has no series about 0"),
            (
                Target::Tanh,
                Method::Maclaurin,
                "the series of tanh converges for |z| below 1.571 alone, and not over all z",
            ),
            (
                Target::Square,
                Method::Fourier,
                "z² has no Fourier transform that could be drawn from",
            ),
            (
                Target::Silu,
                Method::Fourier,
                "the Fourier transform of silu falls too slowly: what is drawn has no mean where w and x are long",
            ),
        ] {
            assert_eq!(refusal(target, method).as_deref(), Some(reason));
        }
    }
}
