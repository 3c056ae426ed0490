//! The floor: the lowest population MSE that any φ, ψ of width m can reach.
//!
//! φ(w)·ψ(x) is a kernel of rank m. Under w, x ~ N(0, I_d) no such kernel is nearer to K(w, x) = GELU(w·x) than
//! the sum of the m largest terms of K's singular value decomposition (Schmidt 1907; Eckart and Young 1936), so
//!
//! ```text
//! floor(d, m) = Σ_{i > m} σᵢ²        floor(d, 0) = Σᵢ σᵢ² = E[GELU(w·x)²]
//! ```
//!
//! # How the σᵢ are found
//!
//! GELU(z) = z/2 + e(z) with e(z) = z/2·erf(z/√2): an odd and an even function. The odd one is ½·Σwᵢxᵢ, d singular
//! values of ½ exactly. The even one depends on r = |w|, s = |x| and the cosine t of their angle alone, so its
//! singular functions are spherical harmonics of even degree k times functions of the radius, and the harmonics
//! drop out (Funk and Hecke):
//!
//! ```text
//! κₖ(r, s) = ∫ e(r·s·t)·Pₖ(t) dt        Pₖ: Gegenbauer's polynomial, Pₖ(1) = 1
//! ```
//!
//! Each eigenvalue of κₖ under the chi distribution of r and s is a σ, as often as there are harmonics of degree k.
//! Gauss nodes in r and t turn κₖ into a small symmetric matrix. Legendre's nodes over the radii that matter, and not
//! Laguerre's, the textbook's for a chi distribution: of those 96 lie so far out that what they miss is 2·10⁻¹⁰ at
//! d = 2; of Legendre's, 64 miss nothing that double precision sees.

use std::fmt;

use nalgebra::DMatrix;

use crate::recipe::{Key, keys::Kind};

/// Nodes of the radius, and where there is no angle, in one dimension.
const RADII: usize = 64;
const RADII_ON_A_LINE: usize = 112;

/// Nodes of t in (0, 1); as many lie mirrored in (−1, 0), where an even function is the same.
const ANGLES: usize = 96;

/// The bend takes up a part of t that becomes narrower with d: 3/2 nodes for each dimension follow it.
fn angles(d: usize) -> usize {
    ANGLES.max(3 * d / 2)
}

/// Harmonics of a degree, from which on no floor tells them apart from the rest.
const UNCOUNTED: f64 = 1e9;

/// The largest degree of a harmonic that is looked at. d = 2 has the fewest of each, and with this one 131.
const DEGREES: usize = 160;

/// How far from √d a radius is looked at: beyond, the chi distribution has less than 10⁻¹⁸.
const REACH: f64 = 9.0;

/// The share of all from which a floor is what the largest σ² leave of it, and not the sum of the others.
const DIFFERENCE: f64 = 1e-2;

/// The smallest floor whose digits are true. A σ is known to 10⁻¹⁶; only d = 1 comes down here, at m = 25.
const SMALLEST: f64 = 1e-22;

/// The floors of width 0, 1, … `most`, the first being E[GELU(w·x)²].
///
/// Exact to four digits wherever it is a number, for every d and m of a recipe; the tests refine each of the
/// quadratures and see no change. NaN stands for a floor below 10⁻²², where double precision has no digits left: at
/// d = 1 from m = 25.
///
/// # Errors
///
/// When d or `most` is not one that a recipe may have.
pub fn floors(d: usize, most: usize) -> Result<Vec<f64>, FloorError> {
    hold("d", d)?;
    hold("m", most.max(1))?;
    let radii = if d == 1 { RADII_ON_A_LINE } else { RADII };
    let spectrum = Spectrum::of(d, radii, angles(d), DEGREES);
    let known = |floor: f64| if floor < SMALLEST { f64::NAN } else { floor };
    Ok((0..=most).map(|m| known(spectrum.tail(m))).collect())
}

/// The floor of width `m`, as [`floors`] has it.
///
/// # Errors
///
/// As [`floors`].
pub fn floor(d: usize, m: usize) -> Result<f64, FloorError> {
    Ok(floors(d, m)?[m])
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

/// The singular values of K(w, x) = GELU(w·x) under w, x ~ N(0, I_d).
struct Spectrum {
    /// Each σ² and how many there are of it, largest first.
    squares: Vec<(f64, f64)>,
    /// E[GELU(w·x)²], and what it has beyond their sum: the degrees that were not looked at.
    all: f64,
    rest: f64,
}

impl Spectrum {
    fn of(d: usize, radii: usize, angles: usize, degrees: usize) -> Self {
        let radius = chi(radii, d);
        let angle = half_gegenbauer(angles, d);
        // Weighted already, for every pair of radii.
        let mut even = Vec::new();
        for (i, (r, _)) in radius.iter().enumerate() {
            for (s, _) in &radius[..=i] {
                even.extend(angle.iter().map(|(t, weight)| weight * even_part(r * s * t)));
            }
        }
        let mut squares = vec![(0.25, d as f64)];
        let mut polynomials = Polynomials::new(d, &angle);
        for degree in (0..=degrees).step_by(2) {
            let count = harmonics(d, degree);
            if count == 0.0 || d > 64 && count > UNCOUNTED {
                break;
            }
            let mut entries = even.chunks_exact(angle.len());
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
            squares.extend(sigmas.iter().map(|sigma| (sigma * sigma, count)));
            polynomials.go_on();
            polynomials.go_on();
        }
        squares.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let all: f64 = radius.iter().map(|(r, weight)| weight * second_moment(r * r)).sum();
        let seen: f64 = squares.iter().map(|(square, count)| square * count).sum();
        // A smaller difference is the rounding of the two sums.
        let rest = if all - seen > 1e-13 * all { all - seen } else { 0.0 };
        Self { squares, all, rest }
    }

    /// Σ σᵢ² beyond the m largest. Where that is a small part of all it is added up, since the difference of two large sums
    /// would have no digits; where it is not, it is the difference: in hundreds of dimensions there are 10¹⁰⁰ harmonics of a high
    /// degree, and the rounding of a σ, so often, is no small number.
    fn tail(&self, m: usize) -> f64 {
        let mut left = m as f64;
        let first = self.squares.iter().map(|(square, count)| {
            let taken = left.min(*count);
            left -= taken;
            square * taken
        });
        let difference = self.all - first.sum::<f64>();
        if difference > DIFFERENCE * self.all {
            return difference;
        }
        let mut left = m as f64;
        let beyond = self.squares.iter().map(|(square, count)| {
            let taken = left.min(*count);
            left -= taken;
            square * (count - taken)
        });
        beyond.sum::<f64>() + self.rest
    }
}

/// The even part of GELU.
fn even_part(z: f64) -> f64 {
    0.5 * z * libm::erf(z * std::f64::consts::FRAC_1_SQRT_2)
}

/// E[GELU(z)²] for z ~ N(0, v): by parts, v times the mean of Φ(z)², the probability that z exceeds two independent
/// normal numbers, and v² times that of its second derivative.
fn second_moment(v: f64) -> f64 {
    use std::f64::consts::{FRAC_1_PI, TAU};
    v * (0.25 + libm::asin(v / (1.0 + v)) / TAU)
        + v * v * FRAC_1_PI / ((1.0 + v) * (1.0 + 2.0 * v).sqrt())
}

/// How many independent spherical harmonics of degree k there are in d dimensions.
fn harmonics(d: usize, k: usize) -> f64 {
    match (d, k) {
        (_, 0) => 1.0,
        // Two points are the sphere, and an even function takes one value there.
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

/// Nodes r and weights for the length of a vector from N(0, I_d): Gauss–Legendre over the lengths that occur.
pub(crate) fn chi(nodes: usize, d: usize) -> Vec<(f64, f64)> {
    let middle = (d as f64).sqrt();
    let (from, to) = ((middle - REACH).max(0.0), middle + REACH);
    let legendre = gauss(nodes, |_| 0.0, |i| i / (4.0 * i * i - 1.0).sqrt());
    let length = |node: f64| 0.5 * (from + to) + 0.5 * (to - from) * node;
    // Measured in √d, since r to the power of 63 would leave little of double precision's range.
    let density = |r: f64| {
        libm::exp((d as f64 - 1.0) * libm::log(r / middle) - 0.5 * (r * r - middle * middle))
    };
    let mut radius: Vec<(f64, f64)> = legendre
        .into_iter()
        .map(|(node, weight)| (length(node), weight * density(length(node))))
        .collect();
    let sum: f64 = radius.iter().map(|(_, weight)| weight).sum();
    radius.iter_mut().for_each(|(_, weight)| *weight /= sum);
    radius
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
    use crate::data::{Draws, Stream, gelu};

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

    #[test]
    fn finer_quadratures_change_nothing() {
        for d in [1, 2, 3, 7, 16, 33, 64, 129, 257] {
            let floors = floors(d, 256).expect("within the limits");
            let radii = if d == 1 { RADII_ON_A_LINE } else { RADII };
            let finer = Spectrum::of(d, radii + 28, angles(d) + 41, DEGREES + 40);
            for (m, floor) in floors.into_iter().enumerate() {
                if floor.is_nan() {
                    assert!(d == 1 && m >= 25 && finer.tail(m) < SMALLEST, "d = {d}, m = {m}");
                } else {
                    close(floor, finer.tail(m), 5e-5, &format!("d = {d}, m = {m}"));
                }
            }
        }
    }

    /// The floors from K on a grid of Gauss–Hermite nodes in every coordinate: no polar coordinates, no harmonics.
    fn on_a_grid(d: usize, nodes: usize) -> Vec<f64> {
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
            gelu(z) * (grid[i].1 * grid[j].1).sqrt()
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
        for (d, nodes, widths) in [
            (1, 60, &[0, 1, 2, 3][..]),
            (2, 24, &[0, 1, 2, 3, 4, 5, 6, 8, 12][..]),
            (3, 9, &[0, 1, 3, 4, 5, 8][..]),
        ] {
            let (found, grid) = (floors(d, 16).expect("within the limits"), on_a_grid(d, nodes));
            for m in widths {
                // The grid is coarse; a wrong multiplicity or measure would be off by a third or more.
                close(found[*m], grid[*m], 4e-2, &format!("d = {d}, m = {m}"));
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
                let kernel = (w.transpose() * x).map(gelu) / n as f64;
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
        assert_eq!(floor(0, 1).expect_err("refused").key(), "d");
        assert_eq!(floor(2, 257).expect_err("refused").key(), "m");
    }
}
