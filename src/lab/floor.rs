//! The floor: the lowest population MSE that any φ, ψ of width m can reach.
//!
//! φ(w)·ψ(x) is a kernel of rank m. Under w, x ~ N(0, I_d) no such kernel is nearer to K(w, x) = target(w·x) than
//! the sum of the m largest terms of K's singular value decomposition (Schmidt 1907; Eckart and Young 1936), so
//!
//! ```text
//! floor(d, m) = Σ_{i > m} σᵢ²        floor(d, 0) = Σᵢ σᵢ² = E[target(w·x)²]
//! ```
//!
//! # How the σᵢ are found
//!
//! A target is slope·z + e(z) with a bend e that is even or odd ([`crate::data::target`]); of GELU, z/2 + z/2·erf(z/√2). The line is
//! slope·Σwᵢxᵢ, d singular values that are the slope exactly. The bend depends on r = |w|, s = |x| and the cosine t of their angle
//! alone, so its singular functions are spherical harmonics of even or odd degree k times functions of the radius, and the
//! harmonics drop out (Funk and Hecke):
//!
//! ```text
//! κₖ(r, s) = ∫ e(r·s·t)·Pₖ(t) dt        Pₖ: Gegenbauer's polynomial, Pₖ(1) = 1
//! ```
//!
//! Each eigenvalue of κₖ under the chi distribution of r and s is a σ, as often as there are harmonics of degree k.
//! Gauss nodes in r and t turn κₖ into a small symmetric matrix. Legendre's nodes over the radii that matter, and not
//! Laguerre's, the textbook's for a chi distribution: of those 96 lie so far out that what they miss is 2·10⁻¹⁰ at
//! d = 2; of Legendre's, 64 miss nothing that double precision sees.
//!
//! # Where no matrix is needed
//!
//! |z| and z² are homogeneous: their κₖ is (r·s)ᵖ·aₖ with aₖ = ∫ |t|ᵖ·Pₖ(t) dt, of rank one in the radius, so that each degree has one
//! σ = aₖ·E\[r²ᵖ\]. For |z|, and for ReLU's bend |z|/2,
//!
//! ```text
//! a₀ = Γ(d/2)/(√π·Γ((d+1)/2))        aₖ₊₂/aₖ = −(k−1)/(k+d+1)        E[r²] = d
//! ```
//!
//! and for z², σ₀ = d + 2 and σ₂ = 2, d(d+1)/2 in all: its rank.

use std::fmt;

use nalgebra::DMatrix;

use crate::data::target::Parity;
use crate::recipe::{Key, Target, keys::Kind};

/// Nodes of the radius, and where there is no angle, in one dimension.
const RADII: usize = 64;
const RADII_ON_A_LINE: usize = 112;

/// Nodes of t in (0, 1); as many lie mirrored in (−1, 0), where an even function is the same.
const ANGLES: usize = 96;

/// The bend takes up a part of t that becomes narrower with d: 3/2 nodes for each dimension follow it.
fn angles(d: usize) -> usize {
    ANGLES.max(3 * d / 2)
}

/// Dimensions beyond which Gauss's nodes of t, an eigenvalue problem of their number, give way to panels.
const MANY: usize = 257;

/// Harmonics of a degree, from which on no floor tells them apart from the rest.
const UNCOUNTED: f64 = 1e9;

/// The largest degree of a harmonic that is looked at. d = 2 has the fewest of each: of the even degrees up to this one, 161.
const DEGREES: usize = 160;

/// How far from √d a radius is looked at: beyond, the chi distribution has less than 10⁻¹⁸.
pub(super) const REACH: f64 = 9.0;

/// The share of all from which a floor is what the largest σ² leave of it, and not the sum of the others.
const DIFFERENCE: f64 = 1e-2;

/// A σ² that is so much smaller than the largest is rounding; what there is of its kind is told from the whole.
const NOISE: f64 = 1e-29;

/// Degrees of a target whose σ are known in closed form.
const CLOSED_DEGREES: usize = 4000;

/// The smallest floor whose digits are true. A σ is known to 10⁻¹⁶; only d = 1 comes down here, at m = 25.
const SMALLEST: f64 = 1e-22;

/// A target's floors of width 0, 1, … `most`, the first being E[target(w·x)²].
///
/// Exact to four digits wherever it is a number, for every d and m of a recipe; the tests refine each of the
/// quadratures and see no change. NaN stands for a floor below 10⁻²², where double precision has no digits left: at
/// d = 1 from m = 25 for GELU. Where a target has no more than m singular values at all the floor is 0: z² from d(d+1)/2 on, ReLU and |z| at
/// d = 1.
///
/// # Errors
///
/// When d or `most` is not one that a recipe may have.
pub fn floors(target: Target, d: usize, most: usize) -> Result<Vec<f64>, FloorError> {
    hold("d", d)?;
    hold("m", most.max(1))?;
    let spectrum = Spectrum::new(target, 1.0, Ball::whole(d));
    Ok((0..=most).map(|m| spectrum.floor(m as f64)).collect())
}

/// The floor of width `m`, as [`floors`] has it.
///
/// # Errors
///
/// As [`floors`].
pub fn floor(target: Target, d: usize, m: usize) -> Result<f64, FloorError> {
    Ok(floors(target, d, m)?[m])
}

/// Holds d or m to a recipe's limits.
pub(crate) fn hold(key: &'static str, value: usize) -> Result<(), FloorError> {
    let key = Key::named(key).expect("a key of the recipe");
    let within = matches!(key.kind, Kind::Whole(least, most) if least <= value as f64 && value as f64 <= most);
    if within { Ok(()) } else { Err(FloorError { key, value }) }
}

/// A width that no recipe has. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, PartialEq)]
pub struct FloorError {
    key: &'static Key,
    value: usize,
}

impl FloorError {
    /// The key to point at in the form.
    pub fn key(&self) -> &'static str {
        self.key.name
    }
}

impl fmt::Display for FloorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value } = self;
        write!(f, "{} = {value} is out of range: it must be {key}", key.name)
    }
}

impl std::error::Error for FloorError {}

/// The singular values of K(w, x) = target(scale·w·x) under w, x ~ N(0, I_d).
pub(super) struct Spectrum {
    /// Each σ² and how many there are of it, largest first.
    squares: Vec<Line>,
    /// E[target(scale·w·x)²], and what it has beyond their sum: the degrees that were not looked at.
    all: f64,
    rest: f64,
    /// Whether the σ are known in closed form, so that what lies beyond the last is 0 and not unknown.
    closed: bool,
}

/// A singular value of K, squared, and how often it is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub(super) square: f64,
    pub(super) count: f64,
}

impl Spectrum {
    /// As exactly as the floors of a recipe are told.
    pub(super) fn new(target: Target, scale: f64, ball: Ball) -> Self {
        Self::closed(target, scale, ball)
            .unwrap_or_else(|| Self::of(target, scale, &Quadrature::usual(ball), DEGREES))
    }

    /// Where no matrix is needed.
    fn closed(target: Target, scale: f64, ball: Ball) -> Option<Self> {
        match target {
            Target::Relu => Some(Self::of_absolute(0.5 * scale, 0.5 * scale, ball)),
            Target::Abs => Some(Self::of_absolute(scale, 0.0, ball)),
            Target::Square => Some(Self::of_square(scale * scale, ball)),
            _ => None,
        }
    }

    fn of(target: Target, scale: f64, quadrature: &Quadrature, degrees: usize) -> Self {
        let Quadrature { ball, radius, angle } = quadrature;
        let (ball, d, radii) = (*ball, ball.d, radius.len());
        let slope = scale * target.slope();
        // Weighted already, for every pair of radii.
        let mut bend = Vec::new();
        for (i, (r, _)) in radius.iter().enumerate() {
            for (s, _) in &radius[..=i] {
                let at = |t: f64| target.bend(scale * (r * s * t));
                bend.extend(angle.iter().map(|(t, weight)| weight * at(*t)));
            }
        }
        let mut squares = Self::line(slope, ball);
        let mut polynomials = Polynomials::new(d, angle);
        let first = match target.parity() {
            Parity::Even => 0,
            Parity::Odd => 1,
        };
        if first == 1 {
            polynomials.go_on();
        }
        for degree in (first..=degrees).step_by(2) {
            let count = harmonics(d, degree);
            if count == 0.0 || d > 64 && count > UNCOUNTED {
                break;
            }
            let mut entries = bend.chunks_exact(angle.len());
            let mut kernel = DMatrix::zeros(radii, radii);
            for i in 0..radii {
                for j in 0..=i {
                    let values = entries.next().expect("one for each pair").iter();
                    let integral: f64 = values.zip(&polynomials.now).map(|(e, p)| e * p).sum();
                    kernel[(i, j)] = integral * (radius[i].1 * radius[j].1).sqrt();
                    kernel[(j, i)] = kernel[(i, j)];
                }
            }
            let sigmas = kernel.symmetric_eigenvalues();
            squares.extend(sigmas.iter().map(|sigma| Line { square: sigma * sigma, count }));
            polynomials.go_on();
            polynomials.go_on();
        }
        let largest = squares.iter().map(|line| line.square).fold(0.0, f64::max);
        squares.retain(|line| line.square > NOISE * largest);
        let moment = |r: f64| match target {
            Target::Gelu => second_moment((scale * r).powi(2)),
            _ => (slope * r).powi(2) + bend_moment(target, scale * r),
        };
        let all = if ball.most.is_infinite() {
            radius.iter().map(|(r, weight)| weight * moment(*r)).sum()
        } else {
            let mut bend = 0.0;
            for (r, first) in radius {
                for (s, second) in radius {
                    let at = |t: f64| target.bend(scale * (r * s * t)).powi(2);
                    let mean: f64 = angle.iter().map(|(t, weight)| weight * at(*t)).sum();
                    bend += first * second * mean;
                }
            }
            bend + squares_of(&Self::line(slope, ball))
        };
        Self::ordered(squares, all, false)
    }

    /// Of slope·z: in each dimension slope·E|w|²/d, which is the slope where nothing is cut off.
    fn line(slope: f64, ball: Ball) -> Vec<Line> {
        let count = ball.d as f64;
        let line = Line { square: (slope * ball.moment(2) / count).powi(2), count };
        Some(line).filter(|_| slope > 0.0).into_iter().collect()
    }

    /// Of bend·|z| + slope·z.
    fn of_absolute(bend: f64, slope: f64, ball: Ball) -> Self {
        let (d, width) = (ball.d, ball.d as f64);
        let second = ball.moment(2);
        let mut squares = Self::line(slope, ball);
        let line = squares_of(&squares);
        let mut coefficient = absolute_mean(d);
        for degree in (0..=CLOSED_DEGREES).step_by(2) {
            let count = harmonics(d, degree);
            if count == 0.0 || d > 2 && count > UNCOUNTED {
                break;
            }
            squares.push(Line { square: (bend * second * coefficient).powi(2), count });
            let k = degree as f64;
            coefficient *= -(k - 1.0) / (k + width + 1.0);
        }
        // E|z|² = E|w|²·E|x|²·E[t²].
        Self::ordered(squares, bend * bend * second * second / width + line, true)
    }

    /// Of bend·z².
    fn of_square(bend: f64, ball: Ball) -> Self {
        let d = ball.d as f64;
        let whole = d * (d + 2.0);
        let stretch = bend * ball.moment(4) / whole;
        let line = |sigma: f64, count| Line { square: (stretch * sigma).powi(2), count };
        let squares = [line(d + 2.0, 1.0), line(2.0, (d - 1.0) * (d + 2.0) / 2.0)];
        let squares: Vec<Line> = squares.into_iter().filter(|line| line.count > 0.0).collect();
        let all = squares_of(&squares);
        Self::ordered(squares, all, true)
    }

    fn ordered(mut squares: Vec<Line>, all: f64, closed: bool) -> Self {
        squares.sort_by(|a, b| b.square.total_cmp(&a.square));
        let seen = squares_of(&squares);
        // A smaller difference is the rounding of the two sums.
        let rest = if all - seen > 1e-13 * all { all - seen } else { 0.0 };
        Self { squares, all, rest, closed }
    }

    /// The singular values, the largest first.
    pub(super) fn lines(&self) -> &[Line] {
        &self.squares
    }

    /// The share of E[target(scale·w·x)²] that the best multiple of w·x has; these are the singular values of that target.
    pub(super) fn linear_share(&self, target: Target, scale: f64, d: usize) -> f64 {
        let along = |r: f64| match target.parity() {
            Parity::Even => 0.0,
            Parity::Odd => bend_along(target, scale * r),
        };
        let radius = chi(RADII, Ball::whole(d));
        let bend: f64 = radius.iter().map(|(r, weight)| weight * r * along(*r)).sum();
        // E[z²] is d.
        let line = scale * target.slope() + bend / d as f64;
        line * line * d as f64 / self.all
    }

    /// How many singular values are known.
    fn width(&self) -> f64 {
        self.squares.iter().map(|line| line.count).sum()
    }

    /// The floor of width m, NaN where it has no digits.
    pub(super) fn floor(&self, m: f64) -> f64 {
        let floor = self.tail(m);
        // A closed form that is cut off has something left beyond its last value, and that is not told.
        let known =
            if self.closed { self.rest == 0.0 || m <= self.width() } else { floor >= SMALLEST };
        if known { floor } else { f64::NAN }
    }

    /// Σ σᵢ² beyond the m largest. Where that is a small part of all it is added up, since the difference of two large sums
    /// would have no digits; where it is not, it is the difference: in hundreds of dimensions there are 10¹⁰⁰ harmonics of a high
    /// degree, and the rounding of a σ, so often, is no small number.
    pub(super) fn tail(&self, m: f64) -> f64 {
        let mut left = m;
        let first = self.squares.iter().map(|Line { square, count }| {
            let taken = left.min(*count);
            left -= taken;
            square * taken
        });
        let difference = self.all - first.sum::<f64>();
        if difference > DIFFERENCE * self.all {
            return difference;
        }
        let mut left = m;
        let beyond = self.squares.iter().map(|Line { square, count }| {
            let taken = left.min(*count);
            left -= taken;
            square * (count - taken)
        });
        beyond.sum::<f64>() + self.rest
    }
}

/// Σ σ².
fn squares_of(lines: &[Line]) -> f64 {
    lines.iter().map(|line| line.square * line.count).sum()
}

/// E[GELU(z)²] for z ~ N(0, v): by parts, v times the mean of Φ(z)², the probability that z exceeds two independent
/// normal numbers, and v² times that of its second derivative.
fn second_moment(v: f64) -> f64 {
    use std::f64::consts::{FRAC_1_PI, TAU};
    v * (0.25 + libm::asin(v / (1.0 + v)) / TAU)
        + v * v * FRAC_1_PI / ((1.0 + v) * (1.0 + 2.0 * v).sqrt())
}

/// E[bend(z)²] for z ~ N(0, r²) by the trapezoid rule, which for a function that is analytic in a strip and falls like a Gaussian misses
/// exp(−2π·width/step): the bends have no pole nearer to the real line than π/2.
fn bend_moment(target: Target, r: f64) -> f64 {
    normal_mean(r, |u| target.bend(r * u).powi(2))
}

/// E[f(u)] of an even f for u ~ N(0, 1), in steps that follow a function of r·u.
fn normal_mean(r: f64, f: impl Fn(f64) -> f64) -> f64 {
    let step = 0.25 / (1.0 + r);
    let (mut sum, mut weights) = (0.0, 0.0);
    for i in 0..=(REACH / step) as usize {
        let u = i as f64 * step;
        // Each u stands for −u too.
        let weight = libm::exp(-0.5 * u * u) * if i == 0 { 1.0 } else { 2.0 };
        sum += weight * f(u);
        weights += weight;
    }
    sum / weights
}

/// E[u·bend(r·u)] for u ~ N(0, 1), by the rule of [`bend_moment`].
fn bend_along(target: Target, r: f64) -> f64 {
    normal_mean(r, |u| u * target.bend(r * u))
}

/// E|t| for the cosine t of the angle between two directions in d dimensions, Γ(d/2)/(√π·Γ((d+1)/2)): 1 on a line, 2/π in a
/// plane, and d/(d + 1) of it two dimensions further.
fn absolute_mean(d: usize) -> f64 {
    let (first, from) = if d % 2 == 1 { (1.0, 1) } else { (2.0 * std::f64::consts::FRAC_1_PI, 2) };
    (from..d).step_by(2).fold(first, |mean, k| mean * k as f64 / (k + 1) as f64)
}

/// How many independent spherical harmonics of degree k there are in d dimensions.
fn harmonics(d: usize, k: usize) -> f64 {
    match (d, k) {
        (_, 0) => 1.0,
        // Two points are the sphere: a function there is even or odd.
        (1, 1) => 1.0,
        (1, _) => 0.0,
        _ => {
            let first = (2 * k + d - 2) as f64 / k as f64;
            (1..k).fold(first, |count, i| count * (d - 2 + i) as f64 / i as f64)
        }
    }
}

/// Pₖ at the nodes of t, degree by degree.
struct Polynomials {
    t: Vec<f64>,
    lambda: f64,
    degree: f64,
    before: Vec<f64>,
    now: Vec<f64>,
}

impl Polynomials {
    fn new(d: usize, angle: &[(f64, f64)]) -> Self {
        let t: Vec<f64> = angle.iter().map(|(t, _)| *t).collect();
        let (before, now) = (vec![0.0; t.len()], vec![1.0; t.len()]);
        Self { t, lambda: d as f64 / 2.0 - 1.0, degree: 0.0, before, now }
    }

    fn go_on(&mut self) {
        let Self { degree: k, lambda, .. } = *self;
        for ((before, now), t) in self.before.iter_mut().zip(&mut self.now).zip(&self.t) {
            let next = if k == 0.0 {
                *t
            } else {
                (2.0 * (k + lambda) * t * *now - k * *before) / (k + 2.0 * lambda)
            };
            *before = std::mem::replace(now, next);
        }
        self.degree += 1.0;
    }
}

/// Nodes and weights of the radii, and of the cosine between two directions: what is dear about few spectra in many dimensions.
struct Quadrature {
    ball: Ball,
    radius: Vec<(f64, f64)>,
    angle: Vec<(f64, f64)>,
}

impl Quadrature {
    /// As many nodes as double precision sees.
    fn usual(ball: Ball) -> Self {
        let radii = if ball.d == 1 { RADII_ON_A_LINE } else { RADII };
        Self::new(ball, radii, angles(ball.d))
    }

    fn new(ball: Ball, radii: usize, angles: usize) -> Self {
        let angle =
            if ball.d > MANY { half_in_panels(ball.d) } else { half_gegenbauer(angles, ball.d) };
        Self { ball, radius: chi(radii, ball), angle }
    }
}

/// What w and x are drawn from: N(0, I_d), or what of it is no longer than `most`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ball {
    /// Dimensions.
    pub d: usize,
    /// The greatest length, infinite where there is none.
    pub most: f64,
}

impl Ball {
    /// All of N(0, I_d).
    pub fn whole(d: usize) -> Self {
        Self { d, most: f64::INFINITY }
    }

    /// E|w|ᵖ of an even power: d·(d + 2)·… where nothing is cut off.
    pub fn moment(self, power: usize) -> f64 {
        if self.most.is_infinite() {
            return (0..power).step_by(2).map(|i| (self.d + i) as f64).product();
        }
        chi(RADII, self).iter().map(|(r, weight)| weight * r.powi(power as i32)).sum()
    }
}

/// Nodes r and weights for the length of a vector: Gauss–Legendre over the lengths that occur.
pub(crate) fn chi(nodes: usize, Ball { d, most }: Ball) -> Vec<(f64, f64)> {
    let middle = (d as f64).sqrt();
    let to = (middle + REACH).min(most);
    let from = (middle - REACH).max(0.0).min(to / 2.0);
    let legendre = gauss(nodes, |_| 0.0, |i| i / (4.0 * i * i - 1.0).sqrt());
    let length = |node: f64| 0.5 * (from + to) + 0.5 * (to - from) * node;
    let mut radius: Vec<(f64, f64)> = legendre
        .into_iter()
        .map(|(node, weight)| (length(node), weight * chi_density(length(node), d)))
        .collect();
    let sum: f64 = radius.iter().map(|(_, weight)| weight).sum();
    radius.iter_mut().for_each(|(_, weight)| *weight /= sum);
    radius
}

/// The density of the length r > 0 of a vector from N(0, I_d), up to a factor. Measured in √d, since r to the power of 63 would leave little
/// of double precision's range.
pub(super) fn chi_density(r: f64, d: usize) -> f64 {
    let middle = (d as f64).sqrt();
    libm::exp((d as f64 - 1.0) * libm::log(r / middle) - 0.5 * (r * r - middle * middle))
}

/// Nodes t in (0, 1) and weights for the cosine of the angle between two directions in d dimensions, Gauss–Gegenbauer.
///
/// Those of twice as many nodes in (−1, 1): the square of their Jacobi matrix falls apart into two of half its size.
pub(crate) fn half_gegenbauer(nodes: usize, d: usize) -> Vec<(f64, f64)> {
    if d == 1 {
        return vec![(1.0, 1.0)];
    }
    let lambda = d as f64 / 2.0 - 1.0;
    let beta = |k: f64| {
        if k == 0.0 {
            0.0
        } else if k == 1.0 {
            // 0/0 in the line below where d = 2.
            0.5 / (1.0 + lambda)
        } else {
            k * (k + 2.0 * lambda - 1.0) / (4.0 * (k + lambda) * (k + lambda - 1.0))
        }
    };
    let squares = gauss(
        nodes,
        |i| beta(2.0 * i) + beta(2.0 * i + 1.0),
        |i| (beta(2.0 * i - 1.0) * beta(2.0 * i)).sqrt(),
    );
    squares.into_iter().map(|(square, weight)| (square.max(0.0).sqrt(), weight)).collect()
}

/// The same in panels of Legendre's nodes over the t that occur in many dimensions, where t has the standard deviation 1/√d.
fn half_in_panels(d: usize) -> Vec<(f64, f64)> {
    const NODES: usize = 16;
    let panels = d.div_ceil(16);
    let width = (REACH / (d as f64).sqrt()).min(1.0) / panels as f64;
    let legendre = gauss(NODES, |_| 0.0, |i| i / (4.0 * i * i - 1.0).sqrt());
    let nodes = (0..panels).flat_map(|panel| {
        let place = move |(node, weight): &(f64, f64)| {
            let t = width * (panel as f64 + 0.5 * (1.0 + node));
            (t, weight * libm::exp(0.5 * (d as f64 - 3.0) * libm::log1p(-t * t)))
        };
        legendre.iter().map(place).collect::<Vec<_>>()
    });
    let mut nodes: Vec<(f64, f64)> = nodes.collect();
    let sum: f64 = nodes.iter().map(|(_, weight)| weight).sum();
    nodes.iter_mut().for_each(|(_, weight)| *weight /= sum);
    nodes
}

/// Nodes and weights (of sum 1) from the Jacobi matrix of a three-term recurrence: its eigenvalues, and the squares
/// of its eigenvectors' first entries (Golub and Welsch).
fn gauss(
    nodes: usize,
    diagonal: impl Fn(f64) -> f64,
    below: impl Fn(f64) -> f64,
) -> Vec<(f64, f64)> {
    let mut jacobi = DMatrix::zeros(nodes, nodes);
    for i in 0..nodes {
        jacobi[(i, i)] = diagonal(i as f64);
        if i > 0 {
            jacobi[(i, i - 1)] = below(i as f64);
            jacobi[(i - 1, i)] = jacobi[(i, i - 1)];
        }
    }
    let eigen = jacobi.symmetric_eigen();
    let weights = eigen.eigenvectors.row(0).into_owned();
    eigen.eigenvalues.iter().zip(&weights).map(|(node, first)| (*node, first * first)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Draws, Stream};

    /// Those of GELU.
    fn floors(d: usize, most: usize) -> Result<Vec<f64>, FloorError> {
        super::floors(Target::Gelu, d, most)
    }

    fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
        let off = (found / expected - 1.0).abs();
        assert!(off < tolerance, "{what}: {found:.6e} instead of {expected:.6e}, off by {off:.1e}");
    }

    #[test]
    fn the_designs_floors_are_reproduced() {
        // From an independent computation in Python, rounded to the digits shown.
        let plane = [
            (0, 0.935534),
            (1, 0.60588),
            (2, 0.35588),
            (3, 0.10588),
            (4, 0.05555),
            (5, 0.00523),
            (6, 0.0034997),
            (8, 9.9822e-4),
            (12, 2.4880e-4),
            (16, 1.1102e-4),
            (24, 1.9321e-5),
            (32, 5.311e-6),
            (64, 1.399e-7),
        ];
        let space = [(4, 0.211988), (8, 0.052565), (16, 0.0051955), (64, 2.1396e-4)];
        for (d, expected) in [(2, &plane[..]), (3, &space[..])] {
            let found = floors(d, 64).expect("within the limits");
            for &(m, floor) in expected {
                // .05555 and .00523 are given to the last digit shown and no further.
                let tolerance = if m == 5 { 7e-4 } else { 1e-4 };
                close(found[m], floor, tolerance, &format!("d = {d}, m = {m}"));
            }
        }
    }

    /// More nodes of each kind.
    fn refined(ball: Ball) -> Quadrature {
        let Quadrature { radius, .. } = Quadrature::usual(ball);
        Quadrature::new(ball, radius.len() + 28, angles(ball.d) + 41)
    }

    #[test]
    fn finer_quadratures_change_nothing() {
        // Of ReLU, |z| and z² only where their floors end: quadrature finds their corners and scales less exactly.
        for d in [1, 2, 3, 7, 16, 33, 64, 129, 257] {
            let ball = Ball::whole(d);
            let (usual, refined) = (Quadrature::usual(ball), refined(ball));
            for target in Target::ALL {
                let spectrum = Spectrum::closed(target, 1.0, ball)
                    .unwrap_or_else(|| Spectrum::of(target, 1.0, &usual, DEGREES));
                let finer = Spectrum::of(target, 1.0, &refined, DEGREES + 40);
                for m in 0..=256 {
                    let floor = spectrum.floor(m as f64);
                    let what = format!("{target:?}, d = {d}, m = {m}");
                    if floor.is_nan() || floor == 0.0 {
                        let left = finer.tail(m as f64);
                        assert!(left < SMALLEST.max(1e-15 * finer.all), "{what}: {left}");
                    } else if target.bend(1.0) != 1.0 && target != Target::Relu {
                        close(floor, finer.tail(m as f64), 5e-5, &what);
                    }
                }
            }
        }
    }

    #[test]
    fn finer_quadratures_change_nothing_at_any_scale_of_the_atlas() {
        for (scale, d) in
            [(0.01, 3), (2.0, 2), (2.0, 16), (0.3, 64), (2.0, 257), (2.0, 300), (1.0, 1024)]
        {
            let ball = Ball::whole(d);
            let (usual, refined) = (Quadrature::usual(ball), refined(ball));
            for target in
                [Target::Gelu, Target::GeluTanh, Target::Tanh, Target::Sin, Target::Softplus]
            {
                let spectrum = Spectrum::of(target, scale, &usual, DEGREES);
                let finer = Spectrum::of(target, scale, &refined, DEGREES + 40);
                for m in [0.0, 1.0, 7.0, d as f64, 1e3, 1e4, 1e6] {
                    let (one, other) = (spectrum.tail(m), finer.tail(m));
                    // What is left is told where it is more than 10⁻¹⁰ of all.
                    if other > 1e-10 * finer.all {
                        close(one, other, 1e-4, &format!("{target:?} × {scale}, d = {d}, m = {m}"));
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_known_in_closed_form_is_what_the_quadrature_finds() {
        for target in [Target::Relu, Target::Abs, Target::Square] {
            for ball in [Ball::whole(1), Ball::whole(2), Ball::whole(5), Ball { d: 3, most: 1.5 }] {
                let (closed, found) = (
                    Spectrum::new(target, 1.5, ball),
                    Spectrum::of(target, 1.5, &Quadrature::new(ball, RADII, 160), 40),
                );
                close(closed.all, found.all, 1e-3, &format!("{target:?}, {ball:?}, all"));
                for (one, other) in closed.squares.iter().zip(&found.squares).take(4) {
                    // A corner is no friend of Gauss's nodes.
                    close(
                        other.square,
                        one.square,
                        1e-2,
                        &format!("{target:?}, {ball:?}: {one:?}, {other:?}"),
                    );
                    assert_eq!(one.count, other.count);
                }
            }
        }
    }

    #[test]
    fn a_square_has_no_floor_from_its_rank_on() {
        for d in [1, 2, 7, 22] {
            let rank = d * (d + 1) / 2;
            let floors = super::floors(Target::Square, d, 256.min(rank + 1)).expect("fits");
            assert!(floors[rank.min(256) - 1] > 1.0);
            assert!(floors[rank..].iter().all(|floor| *floor == 0.0), "d = {d}: {floors:?}");
        }
    }

    /// The floors from K on a grid of Gauss–Hermite nodes in every coordinate: no polar coordinates, no harmonics.
    fn on_a_grid(target: Target, d: usize, nodes: usize) -> Vec<f64> {
        let hermite = gauss(nodes, |_| 0.0, f64::sqrt);
        let mut grid = vec![(Vec::new(), 1.0)];
        for _ in 0..d {
            let longer = |(point, weight): &(Vec<f64>, f64)| {
                let (point, weight) = (point.clone(), *weight);
                let append = move |(x, w): &(f64, f64)| ([&point[..], &[*x]].concat(), weight * w);
                hermite.iter().map(append).collect::<Vec<_>>()
            };
            grid = grid.iter().flat_map(longer).collect();
        }
        let kernel = DMatrix::from_fn(grid.len(), grid.len(), |i, j| {
            let z: f64 = grid[i].0.iter().zip(&grid[j].0).map(|(w, x)| w * x).sum();
            target.at(z) * (grid[i].1 * grid[j].1).sqrt()
        });
        tails(kernel.symmetric_eigenvalues().iter().map(|sigma| sigma * sigma).collect())
    }

    /// The sums from the m-th largest on, for every m.
    fn tails(mut squares: Vec<f64>) -> Vec<f64> {
        squares.sort_by(f64::total_cmp);
        let sums = squares.iter().scan(0.0, |sum, square| {
            *sum += square;
            Some(*sum)
        });
        let mut tails: Vec<f64> = sums.collect();
        tails.reverse();
        tails
    }

    #[test]
    fn a_grid_that_knows_no_harmonics_has_the_same_floors() {
        for (target, d, nodes, widths) in [
            (Target::GeluTanh, 2, 24, &[0, 1, 2, 3, 4, 5, 6, 8][..]),
            (Target::Silu, 2, 24, &[0, 1, 2, 3, 4, 5, 6][..]),
            (Target::Tanh, 1, 60, &[0, 1][..]),
            (Target::Tanh, 2, 24, &[0, 1, 2, 3][..]),
            (Target::Sin, 1, 60, &[0, 1, 2, 3][..]),
            (Target::Sin, 2, 24, &[0, 1, 2, 3, 4][..]),
            (Target::Softplus, 2, 24, &[0, 1, 2, 3, 4, 5][..]),
            (Target::Relu, 1, 60, &[0, 1][..]),
            (Target::Relu, 2, 24, &[0, 1, 2, 3][..]),
            (Target::Abs, 2, 24, &[0, 1][..]),
            (Target::Square, 2, 24, &[0, 1, 2][..]),
            (Target::Gelu, 1, 60, &[0, 1, 2, 3][..]),
            (Target::Gelu, 2, 24, &[0, 1, 2, 3, 4, 5, 6, 8, 12][..]),
            (Target::Gelu, 3, 9, &[0, 1, 3, 4, 5, 8][..]),
        ] {
            let found = super::floors(target, d, 16).expect("within the limits");
            let grid = on_a_grid(target, d, nodes);
            for m in widths {
                // The grid is coarse; a wrong multiplicity or measure would be off by a third or more.
                close(found[*m], grid[*m], 4e-2, &format!("{target:?}, d = {d}, m = {m}"));
            }
        }
    }

    #[test]
    fn matrices_of_random_pairs_have_nearly_these_floors() {
        for (d, widths) in [(2, [0, 2, 3, 4]), (4, [0, 2, 4, 5])] {
            // The mean over many: one matrix of 250 lengths is off by a fifth. A sample's best kernel fits the
            // sample better than the population's best does, so the mean lies below, by less the larger n is.
            const MATRICES: u32 = 20;
            let n = 250;
            let mut sums = [0.0; 4];
            for index in 0..MATRICES {
                let mut draws = Draws::new(1, Stream::Data, index);
                let mut vectors = || DMatrix::from_fn(d, n, |_, _| f64::from(draws.normal()));
                let (w, x) = (vectors(), vectors());
                let kernel = (w.transpose() * x).map(|z| Target::Gelu.at(z)) / n as f64;
                let sample = tails(kernel.singular_values().iter().map(|s| s * s).collect());
                sums.iter_mut().zip(widths).for_each(|(sum, m)| *sum += sample[m]);
            }
            let floors = floors(d, 8).expect("within the limits");
            for (sum, m) in sums.into_iter().zip(widths) {
                let share = sum / f64::from(MATRICES) / floors[m];
                assert!((0.8..1.03).contains(&share), "d = {d}, m = {m}: {share}");
            }
        }
    }

    #[test]
    fn the_odd_part_fills_d_dimensions_and_no_more_is_gained_at_once() {
        for d in [1, 2, 5, 64, 255] {
            let floors = floors(d, d + 1).expect("within the limits");
            let gains: Vec<f64> = floors.windows(2).map(|pair| pair[0] - pair[1]).collect();
            let quarters = gains.iter().filter(|gain| (**gain - 0.25).abs() < 1e-12).count();
            assert_eq!(quarters, d, "d = {d}: {gains:?}");
        }
    }

    #[test]
    fn widths_that_no_recipe_has_are_refused_in_a_sentence() {
        assert!(floors(257, 256).is_ok());
        let error = floors(258, 16).expect_err("refused");
        assert_eq!(error.key(), "d");
        assert_eq!(
            error.to_string(),
            "d = 258 is out of range: it must be a whole number from 1 to 257"
        );
        assert_eq!(floor(Target::Gelu, 0, 1).expect_err("refused").key(), "d");
        assert_eq!(floor(Target::Gelu, 2, 257).expect_err("refused").key(), "m");
    }
}
