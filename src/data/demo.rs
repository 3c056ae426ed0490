//! One W and one x to compare on: drawn as the notebook does, or typed.

use std::fmt;

use super::source::Source;
use super::{Dataset, Stream};
use crate::recipe::{Recipe, shorten};

/// One W and one x to compare on.
#[derive(Debug, Clone, PartialEq)]
pub struct Demo {
    /// Weights, `[d, d]`, row-major.
    pub w: Vec<f32>,
    /// Input, `[d]`.
    pub x: Vec<f32>,
}

impl Demo {
    /// The demo with this number, counted from 0.
    pub fn draw(recipe: &Recipe, source: &Source, number: u32) -> Self {
        let Dataset { w, x, .. } = source.stream(recipe, Stream::Demo, number).take(1);
        Self { w, x }
    }

    /// A W and an x as typed: numbers with commas, semicolons, brackets or white space between them.
    ///
    /// # Errors
    ///
    /// When a number cannot be read, is not finite or too large, or their count is not d·d and d.
    pub fn parse(d: usize, w: &str, x: &str) -> Result<Self, DemoError> {
        Ok(Self { w: numbers("W", d * d, w)?, x: numbers("x", d, x)? })
    }
}

/// The longest W or x that is read, in bytes: the 66,049 numbers of the widest W with all their digits, and more.
pub const LONGEST: usize = 2 << 20;

/// The largest magnitude that a typed number may have: beyond it the squares leave f32.
const LARGEST: f32 = 1e6;

fn numbers(name: &'static str, expected: usize, text: &str) -> Result<Vec<f32>, DemoError> {
    if text.len() > LONGEST {
        return Err(DemoError::TooLong { name });
    }
    let is_separator =
        |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '[' | ']' | '(' | ')');
    let mut numbers = Vec::new();
    let mut found = 0;
    for word in text.split(is_separator).filter(|word| !word.is_empty()) {
        found += 1;
        if found > expected {
            continue;
        }
        match word.parse::<f32>() {
            Ok(number) if number.abs() <= LARGEST => numbers.push(number),
            _ => {
                return Err(DemoError::NotANumber { name, word: shorten(word) });
            }
        }
    }
    if found != expected {
        return Err(DemoError::Count { name, expected, found });
    }
    Ok(numbers)
}

/// Why a typed W or x was refused. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, PartialEq)]
pub enum DemoError {
    /// A word that is not a number of reasonable size.
    NotANumber {
        /// `W` or `x`.
        name: &'static str,
        /// The word, cut when long.
        word: String,
    },
    /// More text than so many numbers take.
    TooLong {
        /// `W` or `x`.
        name: &'static str,
    },
    /// Too many or too few numbers.
    Count {
        /// `W` or `x`.
        name: &'static str,
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

impl DemoError {
    /// `W` or `x`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotANumber { name, .. } | Self::TooLong { name } | Self::Count { name, .. } => {
                name
            }
        }
    }
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber { name, word } => {
                write!(
                    f,
                    "{name} holds “{word}”, which is not a number from -{LARGEST} to {LARGEST}"
                )
            }
            Self::TooLong { name } => write!(f, "{name} is longer than any that is read"),
            Self::Count { name, expected, found } => {
                let s = if *expected == 1 { "" } else { "s" };
                let were = if *found == 1 { "was" } else { "were" };
                write!(f, "{name} needs {expected} number{s} at this d, and {found} {were} given")
            }
        }
    }
}

impl std::error::Error for DemoError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_demo_number_is_another_draw_and_the_same_again() {
        let recipe = Recipe::default();
        assert_eq!(
            Demo::draw(&recipe, &Source::Normal, 3),
            Demo::draw(&recipe, &Source::Normal, 3)
        );
        assert_ne!(
            Demo::draw(&recipe, &Source::Normal, 3),
            Demo::draw(&recipe, &Source::Normal, 4)
        );
    }

    #[test]
    fn typed_numbers_are_counted_and_read_or_refused_in_a_sentence() {
        assert_eq!(
            Demo::parse(1, " 2 ", "-3e-1").expect("ok"),
            Demo { w: vec![2.0], x: vec![-0.3] }
        );
        let refusal = |w, x| Demo::parse(2, w, x).expect_err("refused").to_string();
        assert_eq!(refusal("1 2 3", "1 2"), "W needs 4 numbers at this d, and 3 were given");
        assert_eq!(refusal("1 2 3 4", "1 2 3"), "x needs 2 numbers at this d, and 3 were given");
        assert_eq!(refusal("1 2 3 4", "1"), "x needs 2 numbers at this d, and 1 was given");
        assert_eq!(
            refusal("1 2 3 four", "1 2"),
            "W holds “four”, which is not a number from -1000000 to 1000000"
        );
        assert_eq!(refusal(&" ".repeat(LONGEST + 1), "1 2"), "W is longer than any that is read");
        for bad in ["NaN", "inf", "1e7"] {
            assert!(Demo::parse(1, "1", bad).is_err(), "{bad}");
        }
    }
}
