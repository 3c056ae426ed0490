//! The atlas of floors: the lowest mean squared error of every width at once, for a target, any scale of w and x, and up to
//! [`WIDEST`] dimensions.
//!
//! It bounds from below every method that writes a layer as Φ(W)·Ψ(x) under these draws, a two-layer network's features included: the
//! floors are the Kolmogorov widths of the layer's outputs in the mean square (Wu and Long, 2021; Schmidt, 1907; Eckart and Young, 1936).
//! Between two of the widths that are told, each the end of a group of equal singular values, the floor is a straight line.

use std::fmt;

use super::floor::{Ball, Line, Spectrum};
use crate::recipe::Target;

/// The most dimensions.
pub const WIDEST: usize = 1024;

/// The scales of w·x that there are.
pub const SCALES: [f64; 2] = [0.01, 2.0];

/// The largest width that is asked for.
const LARGEST: f64 = 1e6;

/// The floors of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct Atlas {
    /// E[target(w·x)²], the floor of width 0.
    pub all: f64,
    /// The share of it that the best multiple of w·x has.
    pub linear: f64,
    /// Widths at which a group of equal singular values ends, from 0 up to a million or the first beyond.
    pub widths: Vec<f64>,
    /// The floor of each; NaN where double precision has no digits of it.
    pub floors: Vec<f64>,
}

impl Atlas {
    /// Of target(scale·w·x) under w, x ~ N(0, I_d).
    ///
    /// # Errors
    ///
    /// When d or the scale is out of range.
    pub fn of(target: Target, scale: f64, d: usize) -> Result<Self, AtlasError> {
        if !(1..=WIDEST).contains(&d) {
            return Err(AtlasError::Dimensions { d });
        }
        if !(SCALES[0]..=SCALES[1]).contains(&scale) {
            return Err(AtlasError::Scale { scale });
        }
        let spectrum = Spectrum::new(target, scale, Ball::whole(d));
        let mut widths = vec![0.0];
        for Line { count, .. } in spectrum.lines() {
            let last = widths[widths.len() - 1];
            if last >= LARGEST {
                break;
            }
            widths.push(last + count);
        }
        let floors: Vec<f64> = widths.iter().map(|m| spectrum.floor(*m)).collect();
        let linear = spectrum.linear_share(target, scale, d);
        Ok(Self { all: floors[0], linear, widths, floors })
    }
}

/// What the atlas does not have. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AtlasError {
    /// Too few or too many dimensions.
    Dimensions {
        /// How many.
        d: usize,
    },
    /// A scale that is too small or too large, or none.
    Scale {
        /// Which.
        scale: f64,
    },
}

impl AtlasError {
    /// The field to point at.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Dimensions { .. } => "d",
            Self::Scale { .. } => "scale",
        }
    }
}

impl fmt::Display for AtlasError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dimensions { d } => {
                write!(
                    f,
                    "d = {d} is out of range: the atlas has a whole number from 1 to {WIDEST}"
                )
            }
            Self::Scale { scale } => write!(
                f,
                "scale = {scale} is out of range: the atlas has a number from {} to {}",
                SCALES[0], SCALES[1]
            ),
        }
    }
}

impl std::error::Error for AtlasError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::floor;

    fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
        assert!(
            (found / expected - 1.0).abs() < tolerance,
            "{what}: {found} instead of {expected}"
        );
    }

    #[test]
    fn it_has_the_floors_of_the_recipes() {
        for target in Target::ALL {
            for d in [1, 2, 16, 257] {
                let atlas = Atlas::of(target, 1.0, d).expect("within the limits");
                let floors = floor::floors(target, d, 256).expect("within the limits");
                for (m, known) in atlas.widths.iter().zip(&atlas.floors) {
                    let Some(expected) = floors.get(*m as usize) else { continue };
                    let same = expected == known || expected.is_nan() && known.is_nan();
                    assert!(same, "{target:?}, d = {d}, m = {m}: {known}, {expected} expected");
                }
                let known: Vec<f64> =
                    atlas.floors.iter().copied().filter(|f| f.is_finite()).collect();
                assert!(known.is_sorted_by(|one, next| one >= next), "{target:?}");
            }
        }
    }

    #[test]
    fn the_designs_figures_in_64_dimensions() {
        let Atlas { all, linear, widths, floors } = Atlas::of(Target::Gelu, 1.0, 64).expect("fits");
        close(all, 31.98, 1e-3, "all");
        close(linear, 0.25 * 64.0 / 31.98, 1e-3, "linear");
        let at = |m: f64| {
            let i = widths.iter().position(|w| *w >= m).expect("it goes so far");
            let share = (m - widths[i - 1]) / (widths[i] - widths[i - 1]);
            floors[i - 1] + share * (floors[i] - floors[i - 1])
        };
        for (m, floor) in [(64.0, 6.12), (256.0, 5.40), (2144.0, 0.74)] {
            close(at(m), floor, 5e-3, &format!("m = {m}"));
        }
        // Its knees: the constant and the line, and then all quadrics.
        for knee in [65.0, 65.0 + 63.0 * 66.0 / 2.0] {
            assert!(widths.contains(&knee), "{knee} in {:?}", &widths[..8]);
        }
    }

    #[test]
    fn small_layers_are_lines_and_large_ones_the_functions_far_from_0() {
        // tanh(z) ≈ z, and far from 0 ±1.
        let small = Atlas::of(Target::Tanh, 0.01, 4).expect("fits");
        assert!(small.linear > 0.999, "{}", small.linear);
        close(small.all, 1e-4 * 4.0, 2e-3, "E[z²]");
        let large = Atlas::of(Target::Tanh, 2.0, 64).expect("fits");
        assert!((0.9..1.0).contains(&large.all), "{}", large.all);
    }

    #[test]
    fn a_thousand_dimensions_are_told_of_and_more_are_refused() {
        let relu = Atlas::of(Target::Relu, 1.0, 1024).expect("fits");
        let gelu = Atlas::of(Target::Gelu, 1.0, 1024).expect("fits");
        // Far from 0 nearly everywhere, GELU is ReLU; the constant, the line and the quadrics are its first knees.
        for m in [0, 1, 2, 3] {
            close(gelu.floors[m], relu.floors[m], 2e-2, &format!("knee {m}"));
        }
        assert_eq!(&gelu.widths[..3], [0.0, 1.0, 1025.0]);
        let refused = Atlas::of(Target::Gelu, 1.0, 1025).expect_err("too many");
        assert_eq!(
            (refused.key(), refused.to_string().as_str()),
            ("d", "d = 1025 is out of range: the atlas has a whole number from 1 to 1024")
        );
        assert_eq!(Atlas::of(Target::Gelu, f64::NAN, 2).expect_err("none").key(), "scale");
    }
}
