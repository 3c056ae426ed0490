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
//! bend(z) = Σ aₙ·zⁿ. A power n is drawn with probability pₙ, then n vectors ε of random signs: since E[(ε·w)(ε·x)] = w·x,
//!
//! ```text
//! φ(w) = aₙ/pₙ·Π εᵢ·w        ψ(x) = Π εᵢ·x
//! ```
//!
//! has the mean Σ aₙ·zⁿ wherever the series converges: for GELU, the sine and z² everywhere, for the others within their radius only
//! ([`super::series`]), so that there it is no estimator. pₙ halves from one power of the series to the next. The second moment
//! Σ aₙ²/pₙ·Mⁿ with M = |w|²|x|² + 2z² − 2Σwᵢ²xᵢ² is finite for every w and x. Over Gaussian w and x it is not: E|w|²ⁿ grows like n!
//! and twice, which aₙ² of GELU, 1/n! or so, does not outweigh. Of z² it is.
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
//! so that (A(w) − 1)(A(x) − 1) has the mean exp(iωz) − 1, whose real part is what the integral asks for. Without the ones the product
//! does not vanish as ω → 0 where h does not stay finite, and its variance is infinite for every w and x. ω is drawn as ν² of a
//! standard normal ν, so that ζ = ν·exp(iπ/4); its density, ω^{−1/2}·exp(−ω/2)/√(2π), weighs the small ω as the variance asks and
//! leaves room at the large. The real part of a product of complex numbers is two real features. E|A(w)A(x)|² = exp(ω·|w + x|²), so
//! the variance is finite for every w and x, about exp(|w + x|⁴/4) where they are long, and over Gaussian w and x infinite.
//!
//! The sine is the imaginary part at ω = 1. The transforms of tanh, SiLU and softplus fall like exp(−πω/2) or exp(−πω) alone, those of ReLU and
//! |z| like a power: beyond |w + x|² = 2π, 4π, or for all w and x, what is drawn has no mean at all, and it is no estimator.

use std::fmt;

use super::series;
use crate::data::Draws;
use crate::recipe::Target;

/// How the features are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By the series.
    Maclaurin,
    /// By the Fourier transform.
    Fourier,
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

/// Powers of a series that are drawn: the last one with probability 2⁻⁶³, and what lies beyond is not missed.
const POWERS: usize = 64;

/// A way to draw features for a target's bend.
#[derive(Debug, Clone)]
pub struct Estimator {
    target: Target,
    method: Method,
    /// The series, where it is by that.
    powers: Vec<(usize, f64)>,
}

/// One draw of ω, for a width of [`Estimator::width`].
#[derive(Debug, Clone)]
pub struct Feature(Drawn);

#[derive(Debug, Clone)]
enum Drawn {
    /// aₙ/pₙ and the n vectors of signs, one after the other.
    Maclaurin { factor: f64, signs: Vec<f64>, d: usize },
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
        let powers = match method {
            Method::Maclaurin => match series::radius(target) {
                Some(f64::INFINITY) => series::bend(target, POWERS).expect("it has a series"),
                _ => return Err(NoEstimator { target, method }),
            },
            Method::Fourier if matches!(target, Target::Gelu | Target::Sin) => vec![],
            Method::Fourier => return Err(NoEstimator { target, method }),
        };
        Ok(Self { target, method, powers })
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
        Feature(match self.method {
            Method::Maclaurin => {
                let last = self.powers.len() - 1;
                // As many heads in a row, with half the probability each; the last power takes what is left.
                let place = (draws.bits().trailing_ones() as usize).min(last);
                let probability = 0.5f64.powi(if place == last { place } else { place + 1 } as i32);
                let (power, coefficient) = self.powers[place];
                let mut signs = Vec::with_capacity(power * d);
                while signs.len() < power * d {
                    let bits = draws.bits();
                    let rest = power * d - signs.len();
                    signs.extend(
                        (0..rest.min(64)).map(|i| if bits >> i & 1 == 1 { 1.0 } else { -1.0 }),
                    );
                }
                Drawn::Maclaurin { factor: coefficient / probability, signs, d }
            }
            Method::Fourier => {
                let imaginary = self.target == Target::Sin;
                let root = if imaginary { 1.0 } else { draws.normal_double() };
                let g = (0..d).map(|_| draws.normal_double()).collect();
                Drawn::Fourier {
                    root,
                    g,
                    factor: if imaginary { 1.0 } else { weight(root * root) },
                    imaginary,
                }
            }
        })
    }
}

/// −h(ω) over the density of ω: the mean of (exp(iωz) − 1) times this is the bend.
fn weight(omega: f64) -> f64 {
    let h = (1.0 + omega * omega) / (std::f64::consts::PI * omega * omega)
        * libm::exp(-0.5 * omega * omega);
    let density = libm::exp(-0.5 * omega) / (std::f64::consts::TAU * omega).sqrt();
    -h / density
}

impl Feature {
    /// φ(w), a number or two.
    pub fn phi(&self, w: &[f64]) -> [f64; 2] {
        match &self.0 {
            Drawn::Maclaurin { factor, signs, d } => [factor * along(signs, *d, w), 0.0],
            Drawn::Fourier { root, g, factor, imaginary } => {
                let [re, im] = less_one(*root, g, w);
                if *imaginary { [factor * im, factor * re] } else { [factor * re, -factor * im] }
            }
        }
    }

    /// ψ(x), as many.
    pub fn psi(&self, x: &[f64]) -> [f64; 2] {
        match &self.0 {
            Drawn::Maclaurin { signs, d, .. } => [along(signs, *d, x), 0.0],
            Drawn::Fourier { root, g, .. } => less_one(*root, g, x),
        }
    }

    /// φ(w)·ψ(x), whose mean is the bend at w·x.
    pub fn at(&self, w: &[f64], x: &[f64]) -> f64 {
        let ([a, b], [c, d]) = (self.phi(w), self.psi(x));
        a * c + b * d
    }
}

/// Π εᵢ·v.
fn along(signs: &[f64], d: usize, v: &[f64]) -> f64 {
    signs.chunks_exact(d).map(|signs| dot(signs, v)).product()
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
                write!(f, "the series of {name} converges for |z| below {radius:.3} alone")
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
        (0..12).map(|i| (vector(1 + i % 4, 0.3 + 0.1 * i as f64), vector(1 + i % 4, 0.9))).collect()
    }

    /// Mean and its standard error.
    fn mean(estimator: &Estimator, w: &[f64], x: &[f64], count: u32) -> (f64, f64) {
        let mut draws = Draws::new(7, Stream::Demo, 1);
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..count {
            let value = estimator.draw(w.len(), &mut draws).at(w, x);
            sum += value;
            squares += value * value;
        }
        let count = f64::from(count);
        let mean = sum / count;
        (mean, ((squares / count - mean * mean).max(0.0) / count).sqrt())
    }

    #[test]
    fn the_mean_of_a_million_draws_is_the_bend() {
        for (target, method) in ALL {
            let estimator = Estimator::new(target, method).expect("it is one");
            for (w, x) in pairs() {
                let (found, error) = mean(&estimator, &w, &x, 1_000_000);
                // In one dimension nothing of z² is left to chance.
                let off = (found - target.bend(dot(&w, &x))) / error.max(1e-12);
                assert!(off.abs() < 4.0, "{target:?}, {method:?}: {found} ± {error}, off by {off}");
                assert!(error < 0.02, "{target:?}, {method:?}: {error} tells nothing");
            }
        }
    }

    #[test]
    fn the_variance_is_what_the_derivation_says() {
        // Maclaurin: Σ aₙ²/pₙ·Mⁿ, less the mean's square.
        let (w, x) = ([0.5, -0.4], [0.7, 0.2]);
        let z = dot(&w, &x);
        let products: f64 = w.iter().zip(&x).map(|(w, x)| (w * x).powi(2)).sum();
        let m = dot(&w, &w) * dot(&x, &x) + 2.0 * z * z - 2.0 * products;
        let estimator = Estimator::new(Target::Gelu, Method::Maclaurin).expect("it is one");
        let terms = estimator.powers.iter().enumerate();
        let second: f64 =
            terms.map(|(k, (n, a))| a * a * 2f64.powi(k as i32 + 1) * m.powi(*n as i32)).sum();
        let expected = second - Target::Gelu.bend(z).powi(2);
        let (_, error) = mean(&estimator, &w, &x, 1_000_000);
        let found = error * error * 1e6;
        assert!((found / expected - 1.0).abs() < 0.03, "{found}, {expected} expected");
    }

    #[test]
    fn the_mean_of_k_draws_has_a_kth_of_the_variance() {
        for (target, method) in ALL {
            let estimator = Estimator::new(target, method).expect("it is one");
            let (w, x) = (vec![0.6, -0.2], vec![0.5, 0.4]);
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
            let slope: f64 =
                errors.iter().enumerate().map(|(i, e)| (i as f64 - centre) * e.log2()).sum::<f64>()
                    / (0..7).map(|i| (f64::from(i) - centre).powi(2)).sum::<f64>();
            assert!((slope + 1.0).abs() < 0.05, "{target:?}, {method:?}: {slope}");
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
                "the series of tanh converges for |z| below 1.571 alone",
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
