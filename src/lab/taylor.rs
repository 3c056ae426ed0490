//! The biased baseline: the sister notebook's Taylor series, of GELU or another target, written as Φ(w)·Ψ(x) by Kronecker powers.
//!
//! ```text
//! GELU(z) = z/2 + Σ_{k=0}^{n−1} cₖ·z^{2(k+1)}        cₖ = (−1)ᵏ / (√(2π)·2ᵏ·k!·(2k + 1))
//! ```
//!
//! n terms have the powers 1, 2, 4, …, 2n of z = w·x (of an odd target 1, 3, …, 2n − 1; of softplus 0, 1, 2, 4, …), and a power of an inner product is an inner product of Kronecker
//! powers: (w·x)ᵖ = w^{⊗p}·x^{⊗p}, with dᵖ features, of which the distinct monomials are C(p + d − 1, p). The series is
//! superb near 0 and of no use a little away from it: its error grows with z^{2(n+1)}, and |w·x| has no bound. The series of targets
//! with poles do not even converge there ([`super::series`]), and ReLU and |z| have none.
//!
//! # What its powers could do
//!
//! The error to hold it against is the learned networks', the mean over w, x ~ N(0, I_d). There no series is best but
//! the least-squares fit of the same powers ([`Fit`]). It is made on a quadrature in |w|, |x| and their angle, by
//! orthogonal polynomials, since the normal equations hold moments up to E[z^{4n}] and would have no digits.

use std::fmt;

use super::floor::{Ball, chi, half_gegenbauer};
use super::series;
use crate::data::target::Parity;
use crate::data::{Dataset, Draws, Stream, product};
use crate::recipe::Target;

/// The most terms: with one more, the largest moments at d = [`WIDEST`] would leave double precision's digits.
pub const MOST_TERMS: usize = 12;

/// The largest d for which the series is computed.
pub const WIDEST: usize = 64;

/// Kronecker features that are written out at most: 8 MiB.
const MOST_FEATURES: f64 = 1e6;

/// Nodes of each radius and of the angle in a fit.
const RADII: usize = 64;
const ANGLES: usize = 160;

/// A target's Taylor series with n terms beyond its multiple of z.
#[derive(Debug, Clone, PartialEq)]
pub struct Taylor {
    target: Target,
    /// The powers of the bend, each two more than the one before, and their coefficients.
    bend: Vec<(usize, f64)>,
}

impl Taylor {
    /// The series with `terms` powers beyond slope·z, or as many as it has.
    ///
    /// # Errors
    ///
    /// When there are none, or more than [`MOST_TERMS`], or the target has no series.
    pub fn new(target: Target, terms: usize) -> Result<Self, TaylorError> {
        if !(1..=MOST_TERMS).contains(&terms) {
            return Err(TaylorError::Terms { terms });
        }
        let bend = series::bend(target, terms).ok_or(TaylorError::None { target })?;
        Ok(Self { target, bend })
    }

    /// What it is a series of.
    pub fn target(&self) -> Target {
        self.target
    }

    /// The powers of z in order, 1, 2, 4, … of GELU, and their coefficients.
    pub fn powers(&self) -> Vec<(usize, f64)> {
        self.with_slope(&self.bend.iter().map(|(_, coefficient)| *coefficient).collect::<Vec<_>>())
    }

    /// The powers in order with these coefficients of the bend.
    pub fn with_slope(&self, bend: &[f64]) -> Vec<(usize, f64)> {
        let slope = Some((1, self.target.slope())).filter(|(_, slope)| *slope != 0.0);
        let powers = self.bend.iter().map(|(power, _)| *power).zip(bend.iter().copied());
        let mut all: Vec<(usize, f64)> = slope.into_iter().chain(powers).collect();
        all.sort_by_key(|(power, _)| *power);
        all
    }

    /// The series at z.
    pub fn at(&self, z: f64) -> f64 {
        self.target.slope() * z + self.bend_with(z, self.bend.iter().map(|(_, c)| *c))
    }

    /// The powers of the bend at z with these coefficients.
    fn bend_with(&self, z: f64, coefficients: impl DoubleEndedIterator<Item = f64>) -> f64 {
        let first = self.first_power();
        coefficients.rev().fold(0.0, |sum, c| sum * z * z + c) * z.powi(first as i32)
    }

    /// The lowest power of the bend.
    fn first_power(&self) -> usize {
        self.bend[0].0
    }

    /// Φ(w): the Kronecker powers of w, each times its coefficient.
    ///
    /// # Errors
    ///
    /// When there are more features than are written out.
    pub fn phi(&self, w: &[f64]) -> Result<Vec<f64>, TaylorError> {
        self.features(w, |coefficient| coefficient)
    }

    /// Ψ(x): the Kronecker powers of x.
    ///
    /// # Errors
    ///
    /// As [`Taylor::phi`].
    pub fn psi(&self, x: &[f64]) -> Result<Vec<f64>, TaylorError> {
        self.features(x, |_| 1.0)
    }

    fn features(
        &self,
        vector: &[f64],
        factor: impl Fn(f64) -> f64,
    ) -> Result<Vec<f64>, TaylorError> {
        let features = self.kronecker_features(vector.len());
        if features > MOST_FEATURES {
            return Err(TaylorError::Features { d: vector.len(), features });
        }
        let mut all = Vec::with_capacity(features as usize);
        for (power, coefficient) in self.powers() {
            all.extend(kronecker_power(vector, power).iter().map(|v| factor(coefficient) * v));
        }
        Ok(all)
    }

    /// Features of Φ and of Ψ in d dimensions, Σ dᵖ. A float, since at d = 64 no integer holds them.
    pub fn kronecker_features(&self, d: usize) -> f64 {
        self.powers().iter().map(|(power, _)| (d as f64).powi(*power as i32)).sum()
    }

    /// The distinct monomials among them, Σ C(p + d − 1, p): what a Φ and a Ψ without repetition would have.
    pub fn monomials(&self, d: usize) -> f64 {
        let monomials =
            |power: usize| (1..=power).fold(1.0, |c, i| c * (d - 1 + i) as f64 / i as f64);
        self.powers().iter().map(|(power, _)| monomials(*power).round()).sum()
    }

    /// The largest |T(z) − target(z)| on [−r, r], on a grid of a thousandth of r.
    pub fn largest_error(&self, r: f64) -> f64 {
        const PLACES: usize = 1000;
        let error = |i: usize| {
            let z = r * i as f64 / PLACES as f64;
            [z, -z].map(|z| (self.at(z) - self.target.at(z)).abs())
        };
        (0..=PLACES).flat_map(error).fold(0.0, f64::max)
    }
}

/// v ⊗ v ⊗ … ⊗ v, `power` times.
fn kronecker_power(vector: &[f64], power: usize) -> Vec<f64> {
    let times =
        |all: Vec<f64>| all.iter().flat_map(|a| vector.iter().map(move |b| a * b)).collect();
    (0..power).fold(vec![1.0], |all, _| times(all))
}

/// What the same powers reach over the w and x of a [`Ball`] with the coefficients that are best there.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The population MSE of the series itself.
    pub taylor: f64,
    /// The population MSE of the best coefficients.
    pub best: f64,
    /// The best coefficients of the bend's powers; that of the line is the slope, since the line has no part along them.
    pub bend: Vec<f64>,
}

impl Fit {
    /// Fits the powers of a series.
    pub fn of(taylor: &Taylor, ball: Ball) -> Self {
        let terms = taylor.bend.len();
        let grid = Grid::new(ball);
        let target = grid.column(|z| taylor.target.bend(z));
        let series = grid.column(|z| taylor.bend_with(z, taylor.bend.iter().map(|(_, c)| *c)));
        let difference: Vec<f64> = series.iter().zip(&target).map(|(a, b)| a - b).collect();

        // zᵖ·qₖ(z²) with orthonormal qₖ and the lowest power p: each is z² times the one before, less its parts along all before it
        // (twice, since the first time leaves rounding behind). The same steps on coefficients tell what each is made of.
        let mut columns: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
        let mut rest = target;
        let mut bend = vec![0.0; terms];
        for _ in 0..terms {
            let (mut column, mut made_of) = match columns.last() {
                None => {
                    let power = taylor.first_power() as i32;
                    (grid.column(|z| z.powi(power)), unit(terms, 0))
                }
                Some((last, made_of)) => {
                    let mut shifted = vec![0.0; terms];
                    shifted[1..].copy_from_slice(&made_of[..terms - 1]);
                    (last.iter().zip(&grid.z).map(|(c, z)| c * z * z).collect(), shifted)
                }
            };
            for (other, other_made_of) in columns.iter().chain(&columns) {
                let along = dot(&column, other);
                subtract(&mut column, along, other);
                subtract(&mut made_of, along, other_made_of);
            }
            let length = dot(&column, &column).sqrt();
            column.iter_mut().chain(&mut made_of).for_each(|value| *value /= length);
            let along = dot(&rest, &column);
            subtract(&mut rest, along, &column);
            subtract(&mut bend, -along, &made_of);
            columns.push((column, made_of));
        }
        Self { taylor: dot(&difference, &difference), best: dot(&rest, &rest), bend }
    }

    /// The fit of a series at z.
    pub fn at(&self, taylor: &Taylor, z: f64) -> f64 {
        taylor.target.slope() * z + taylor.bend_with(z, self.bend.iter().copied())
    }
}

/// What the best multiple of z reaches over the w and x of a [`Ball`] with one feature more. Any method that learns is to come below.
///
/// `line`, `shift` and `stretch` are coefficients, `constant` and `norms` population MSEs. The width is d + 1; it is d for an odd target, to
/// which the feature adds nothing, and 1 for |z| and z², which have no line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plain {
    /// The best multiple of z: the slope, or of an odd target what of it is linear.
    pub line: f64,
    /// The best constant, the mean of the target.
    pub shift: f64,
    /// The MSE with both.
    pub constant: f64,
    /// The best multiple of |w||x|, which stretches as GELU's bend does.
    pub stretch: f64,
    /// The MSE with the line and it.
    pub norms: f64,
}

impl Plain {
    /// Of a target.
    pub fn of(target: Target, ball: Ball) -> Self {
        let (radius, angle) = (chi(RADII, ball), half_gegenbauer(ANGLES, ball.d));
        let even = target.parity() == Parity::Even;
        let (mut mean, mut square, mut along, mut along_z, mut norm) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (r, first) in &radius {
            for (s, second) in &radius {
                for (t, third) in &angle {
                    let weight = first * second * third;
                    let z = r * s * t;
                    let bend = target.bend(z);
                    square += weight * bend * bend;
                    norm += weight * (r * s).powi(2);
                    // Over the other half of the angles an odd function takes away what it gave, and z times an even one.
                    if even {
                        mean += weight * bend;
                        along += weight * bend * r * s;
                    } else {
                        along_z += weight * bend * z;
                    }
                }
            }
        }
        // E[z²] = E|w|²·E|x|²/d.
        let (stretch, linear) = (along / norm, along_z * ball.d as f64 / norm);
        let square = square - linear * along_z;
        let (constant, norms) = (square - mean * mean, square - stretch * along);
        Self { line: target.slope() + linear, shift: mean, constant, stretch, norms }
    }
}

/// |z| at quadrature nodes for z = w·x, and the roots of their weights, which every column is multiplied by.
struct Grid {
    z: Vec<f64>,
    roots: Vec<f64>,
}

impl Grid {
    fn new(ball: Ball) -> Self {
        let (radius, angle) = (chi(RADII, ball), half_gegenbauer(ANGLES, ball.d));
        let (mut z, mut roots) = (Vec::new(), Vec::new());
        for (i, (r, first)) in radius.iter().enumerate() {
            for (s, second) in &radius[..=i] {
                // r and s may be exchanged.
                let twice = if r == s { 1.0 } else { 2.0 };
                for (t, third) in &angle {
                    z.push(r * s * t);
                    roots.push((twice * first * second * third).sqrt());
                }
            }
        }
        Self { z, roots }
    }

    fn column(&self, f: impl Fn(f64) -> f64) -> Vec<f64> {
        self.z.iter().zip(&self.roots).map(|(z, root)| f(*z) * root).collect()
    }
}

fn unit(length: usize, index: usize) -> Vec<f64> {
    (0..length).map(|i| if i == index { 1.0 } else { 0.0 }).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// a −= factor·b.
fn subtract(a: &mut [f64], factor: f64, b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a -= factor * b);
}

/// The errors of the series and of the fit on the draws that the learned networks are evaluated on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaylorEvaluation {
    /// Draws of (W, x).
    pub draws: usize,
    /// MSE of the series.
    pub taylor: f64,
    /// MSE of the fit.
    pub best: f64,
    /// MSE of the best line and a constant.
    pub constant: f64,
    /// The same with a multiple of |w||x| in the constant's place.
    pub norms: f64,
    /// The largest error of the series among them.
    pub largest: f64,
    /// The median of the series' |error|: half of the draws are better than this.
    pub median: f64,
}

impl TaylorEvaluation {
    /// Evaluates on the first `draws` held-out draws of a seed.
    pub fn of(
        taylor: &Taylor,
        fit: &Fit,
        plain: &Plain,
        d: usize,
        seed: u32,
        draws: usize,
    ) -> Self {
        let mut stream = Draws::new(seed, Stream::HeldOut, 0);
        let mut errors = Vec::with_capacity(draws * d);
        let (mut best, mut constant, mut norms) = (0.0, 0.0, 0.0);
        let length = |v: &[f32]| v.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        for _ in 0..draws {
            let Dataset { w, x, .. } = Dataset::draw(taylor.target, d, 1, &mut stream);
            for (row, z) in w.chunks_exact(d).zip(product(&w, &x)) {
                let y = taylor.target.at(z);
                errors.push((taylor.at(z) - y).abs());
                best += (fit.at(taylor, z) - y).powi(2);
                constant += (plain.line * z + plain.shift - y).powi(2);
                norms += (plain.line * z + plain.stretch * length(row) * length(&x) - y).powi(2);
            }
        }
        let count = errors.len().max(1) as f64;
        errors.sort_by(f64::total_cmp);
        let squares: f64 = errors.iter().map(|error| error * error).sum();
        Self {
            draws,
            taylor: squares / count,
            best: best / count,
            constant: constant / count,
            norms: norms / count,
            largest: errors.last().copied().unwrap_or_default(),
            median: errors.get(errors.len() / 2).copied().unwrap_or_default(),
        }
    }
}

/// The sister notebook's toy case, computed: d = 3, five terms, one W and one x.
#[derive(Debug, Clone, PartialEq)]
pub struct Toy {
    /// Wx.
    pub wx: Vec<f64>,
    /// The series at Wx.
    pub taylor: Vec<f64>,
    /// Φ(W)·Ψ(x) by Kronecker features.
    pub product: Vec<f64>,
    /// GELU_tanh(Wx).
    pub gelu_tanh: Vec<f64>,
    /// RMSE of the series against GELU_tanh.
    pub rmse_tanh: f64,
    /// RMSE of Φ·Ψ against the series.
    pub rmse_product: f64,
    /// Kronecker features.
    pub features: f64,
    /// Distinct monomials.
    pub monomials: f64,
}

/// The toy case's W, row-major, and x.
pub const TOY: ([f64; 9], [f64; 3]) =
    ([-0.8, -0.8, -0.8, 0.5, 0.5, 0.5, 0.2, 0.3, 1.0], [1.0, 0.1, 2.0]);

/// The toy case's terms.
pub const TOY_TERMS: usize = 5;

impl Toy {
    /// Computes the toy case.
    pub fn compute() -> Self {
        let (w, x) = TOY;
        let series = Taylor::new(Target::Gelu, TOY_TERMS).expect("five terms");
        let rows = w.chunks_exact(x.len());
        let wx: Vec<f64> = rows.clone().map(|row| dot(row, &x)).collect();
        let taylor: Vec<f64> = wx.iter().map(|z| series.at(*z)).collect();
        let psi = series.psi(&x).expect("66,432 features");
        let phi = |row| series.phi(row).expect("as many");
        let product: Vec<f64> = rows.map(|row| dot(&phi(row), &psi)).collect();
        let gelu_tanh: Vec<f64> = wx.iter().map(|z| crate::data::gelu_tanh(*z)).collect();
        Self {
            rmse_tanh: rmse(&taylor, &gelu_tanh),
            rmse_product: rmse(&product, &taylor),
            features: series.kronecker_features(x.len()),
            monomials: series.monomials(x.len()),
            wx,
            taylor,
            product,
            gelu_tanh,
        }
    }
}

fn rmse(a: &[f64], b: &[f64]) -> f64 {
    let squares: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    (squares / a.len() as f64).sqrt()
}

/// Why a series is refused. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, PartialEq)]
pub enum TaylorError {
    /// No terms, or too many.
    Terms {
        /// How many were asked for.
        terms: usize,
    },
    /// A target without a series about 0.
    None {
        /// The target.
        target: Target,
    },
    /// Too many features to write out.
    Features {
        /// The width.
        d: usize,
        /// How many there would be.
        features: f64,
    },
}

impl fmt::Display for TaylorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terms { terms } => {
                write!(
                    f,
                    "a series of {terms} terms is not made here: it must have 1 to {MOST_TERMS}"
                )
            }
            Self::None { target } => {
                write!(f, "{} has no Taylor series about 0: it has a corner there", target.name())
            }
            Self::Features { d, features } => {
                write!(
                    f,
                    "at d = {d} the series has {features:.3e} features, too many to write out"
                )
            }
        }
    }
}

impl std::error::Error for TaylorError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notebooks_toy_case_gives_its_printed_numbers() {
        let toy = Toy::compute();
        let close = |found: &[f64], printed: [f64; 3]| {
            found.iter().zip(printed).all(|(found, printed)| (found - printed).abs() < 6e-9)
        };
        assert!(close(&toy.wx, [-2.48, 1.55, 2.23]), "{toy:?}");
        assert!(close(&toy.taylor, [0.33582152, 1.45766421, 2.30608443]), "{toy:?}");
        assert!(close(&toy.gelu_tanh, [-0.01585868, 1.45591211, 2.20158061]), "{toy:?}");
        assert_eq!(format!("{:.5}", toy.rmse_tanh), "0.21182");
        assert_eq!(format!("{:.5}", toy.rmse_product), "0.00000");
        assert_eq!((toy.features, toy.monomials), (66_432.0, 163.0));
    }

    #[test]
    fn five_terms_are_off_by_what_the_notebook_prints() {
        let series = Taylor::new(Target::Gelu, 5).expect("within the limits");
        let printed = [(1.0, "8.8e-6"), (3.0, "3.01"), (5.0, "785"), (7.0, "26793")];
        for (r, printed) in printed {
            let error = series.largest_error(r);
            let shown = match printed.len() {
                6 => format!("{error:.1e}"),
                4 => format!("{error:.2}"),
                _ => format!("{error:.0}"),
            };
            assert_eq!(shown, printed, "on [-{r}, {r}]");
            let inside = (0..1000).map(|i| {
                let z = r * (f64::from(i) / 500.0 - 1.0);
                (series.at(z) - Target::Gelu.at(z)).abs()
            });
            assert!(inside.fold(0.0, f64::max) <= error * (1.0 + 1e-9), "largest at the end");
        }
    }

    #[test]
    fn the_fit_is_the_least_squares_solution_on_moments() {
        // One term: the best coefficient of z² is E[e·z²]/E[z⁴].
        for d in [1, 2, 5] {
            let series = Taylor::new(Target::Gelu, 1).expect("within the limits");
            let (fit, grid) = (Fit::of(&series, Ball::whole(d)), Grid::new(Ball::whole(d)));
            let mean = |f: &dyn Fn(f64) -> f64| {
                grid.z.iter().zip(&grid.roots).map(|(z, root)| f(z * z) * root * root).sum::<f64>()
            };
            let fourth = mean(&|z2| z2 * z2);
            // E[z⁴] = 3·E[|x|⁴] = 3·d·(d + 2).
            assert!((fourth / (3 * d * (d + 2)) as f64 - 1.0).abs() < 1e-9, "d = {d}: {fourth}");
            let e = |z2: f64| Target::Gelu.bend(z2.sqrt());
            let best = mean(&|z2| z2 * e(z2)) / fourth;
            assert!((fit.bend[0] - best).abs() < 1e-12, "d = {d}: {fit:?}");
        }
    }

    #[test]
    fn the_fit_beats_the_series_and_more_terms_help_it_alone() {
        let fits: Vec<Fit> = (1..=6)
            .map(|terms| {
                Fit::of(
                    &Taylor::new(Target::Gelu, terms).expect("within the limits"),
                    Ball::whole(2),
                )
            })
            .collect();
        for pair in fits.windows(2) {
            assert!(pair[1].best < pair[0].best && pair[1].taylor > pair[0].taylor, "{pair:?}");
        }
        assert!(fits[0].best < fits[0].taylor);
    }

    #[test]
    fn the_draws_agree_with_the_population_where_the_tail_is_light() {
        let series = Taylor::new(Target::Gelu, 2).expect("within the limits");
        let fit = Fit::of(&series, Ball::whole(2));
        let plain = Plain::of(Target::Gelu, Ball::whole(2));
        let evaluation = TaylorEvaluation::of(&series, &fit, &plain, 2, 42, 40_000);
        assert!((evaluation.constant / plain.constant - 1.0).abs() < 0.05, "{evaluation:?}");
        assert!((evaluation.norms / plain.norms - 1.0).abs() < 0.05, "{evaluation:?} {plain:?}");
        assert!((evaluation.best / fit.best - 1.0).abs() < 0.2, "{evaluation:?} {fit:?}");
        assert!(evaluation.median < 0.05 && evaluation.largest > 10.0, "{evaluation:?}");
    }

    #[test]
    fn what_needs_no_training_is_what_the_design_says() {
        // The class's own sequel, d = 16: 1.64 and 1.47, from Python.
        let plain = Plain::of(Target::Gelu, Ball::whole(16));
        assert!((plain.constant - 1.64).abs() < 0.005, "{plain:?}");
        assert!((plain.norms - 1.47).abs() < 0.005, "{plain:?}");
        for d in [1, 2, 5, 64] {
            let Plain { constant, norms, .. } = Plain::of(Target::Gelu, Ball::whole(d));
            let floors = crate::lab::floor::floors(Target::Gelu, d, d + 1).expect("a recipe's d");
            // d + 1 features each, so that neither comes below that floor; and all of e is above both.
            let bend = floors[0] - 0.25 * d as f64;
            assert!(constant >= floors[d + 1] * (1.0 - 1e-9) && constant < bend, "d = {d}");
            assert!(norms >= floors[d + 1] * (1.0 - 1e-9) && norms < bend, "d = {d}");
        }
    }

    #[test]
    fn what_cannot_be_written_out_is_refused_in_a_sentence() {
        let error = Taylor::new(Target::Gelu, 5)
            .expect("within the limits")
            .phi(&[1.0; 64])
            .expect_err("refused");
        assert_eq!(
            error.to_string(),
            "at d = 64 the series has 1.153e18 features, too many to write out"
        );
        let none = Taylor::new(Target::Relu, 5).expect_err("a corner");
        assert_eq!(none.to_string(), "relu has no Taylor series about 0: it has a corner there");
        assert!(
            Taylor::new(Target::Gelu, 0).is_err()
                && Taylor::new(Target::Gelu, MOST_TERMS + 1).is_err()
        );
    }
}
