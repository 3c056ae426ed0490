//! Why a recipe is refused, in a sentence.

use std::fmt;

use super::Target;
use super::keys::{KEYS, Key, Kind, SEEDS, SOLVE, TARGET};
use super::path::Solves;

/// The most memory that a recipe may need by [`Recipe::memory`](super::Recipe::memory), in bytes.
pub const MEMORY_LIMIT: u64 = 352 << 20;

/// The most that one of its buffers may take: what every WebGPU device binds.
pub const BUFFER_LIMIT: u64 = 128 << 20;

/// Why a recipe was refused. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, PartialEq)]
pub enum RecipeError {
    /// A key that no recipe has.
    UnknownKey {
        /// The key as given, cut when long.
        key: String,
    },
    /// A key that was given twice.
    Repeated {
        /// The key.
        key: &'static Key,
    },
    /// A key that was not given.
    Missing {
        /// The key.
        key: &'static Key,
    },
    /// A value that is not a number, or not a whole one where it must be.
    NotANumber {
        /// The key.
        key: &'static Key,
        /// The text as given, cut when long.
        value: String,
    },
    /// A number that is too small or too large.
    OutOfRange {
        /// The key.
        key: &'static Key,
        /// The text as given, cut when long.
        value: String,
    },
    /// A text that is none of what the key may be.
    NotAllowed {
        /// The key.
        key: &'static Key,
        /// The text as given, cut when long.
        value: String,
    },
    /// Values that are each allowed but together make a W that no device need take.
    TooLong {
        /// The number of draws.
        n: usize,
        /// The layer's width.
        d: usize,
        /// The size of all W, in bytes.
        bytes: u64,
    },
    /// More seeds than there are from the first on.
    PastLast {
        /// The number of seeds.
        seeds: usize,
    },
    /// A layer, whose function is GELU, with another.
    OtherTarget {
        /// The other.
        target: Target,
    },
    /// More seeds than there is room to keep the runs of.
    TooMany {
        /// The number of seeds.
        seeds: usize,
        /// The estimate, in bytes.
        bytes: u64,
    },
    /// Values that are each allowed but together need too much memory.
    TooLarge {
        /// The key that has the draws.
        key: &'static Key,
        /// The number of draws.
        n: usize,
        /// The layer's width.
        d: usize,
        /// The estimate, in bytes.
        bytes: u64,
    },
}

impl RecipeError {
    /// That there are no runs, or too many of them.
    pub fn seeds(seeds: usize) -> Self {
        Self::OutOfRange { key: SEEDS, value: seeds.to_string() }
    }

    /// The key to point at in the form.
    pub fn key(&self) -> &str {
        match self {
            Self::UnknownKey { key } => key,
            Self::Repeated { key }
            | Self::Missing { key }
            | Self::NotANumber { key, .. }
            | Self::OutOfRange { key, .. }
            | Self::NotAllowed { key, .. }
            | Self::TooLarge { key, .. } => key.name,
            Self::TooLong { .. } => "n",
            Self::OtherTarget { .. } => TARGET.name,
            Self::PastLast { .. } | Self::TooMany { .. } => SEEDS.name,
        }
    }
}

/// What the key may be, to end a sentence with.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Whole(least, most) => write!(f, "a whole number from {least} to {most}"),
            // 1e-7 reads better than 0.0000001.
            Kind::Real(least, most) => write!(f, "a number from {least:e} to {most}"),
            Kind::Choice(words) => f.write_str(&words.join(" or ")),
            Kind::Rates(most) => write!(
                f,
                "epochs from 2 to the last, in order, each with the learning rate from it on: 10:0.0005,20:0.0001 \
                 (at most {most})"
            ),
            Kind::Solves(most) => write!(
                f,
                "epochs from 0 to the last, in order, each with up to {} draws to solve over at its end: 30:1024 \
                 (at most {most})",
                Solves::MOST_DRAWS
            ),
            Kind::Layer => f.write_str(
                "the first 16 hexadecimal digits of the SHA-256 of a layer’s file, and behind a colon the scale of \
                 inputs that it does not have",
            ),
        }
    }
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key } => {
                let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
                write!(f, "“{key}” is not part of a recipe: the keys are {}", names.join(", "))
            }
            Self::Repeated { key } => write!(f, "{} is given more than once", key.name),
            Self::Missing { key } => write!(f, "{} is missing: it must be {key}", key.name),
            Self::NotANumber { key, value } if value.is_empty() => {
                write!(f, "{} is empty: it must be {key}", key.name)
            }
            Self::NotANumber { key, value } => {
                let whole = matches!(key.kind, Kind::Whole(..));
                let kind = if whole { "a whole number" } else { "a plain decimal number" };
                write!(f, "{} = “{value}” is not {kind}: it must be {key}", key.name)
            }
            Self::OutOfRange { key, value } => {
                write!(f, "{} = {value} is out of range: it must be {key}", key.name)
            }
            Self::NotAllowed { key, value } => {
                write!(f, "{} = “{value}” is not possible: it must be {key}", key.name)
            }
            Self::TooLong { n, d, bytes } => write!(
                f,
                "the W of n = {n} draws at d = {d} take {} MiB, more than the {} MiB that every GPU takes in one piece: lower n or d",
                bytes.div_ceil(1 << 20),
                BUFFER_LIMIT >> 20
            ),
            Self::PastLast { seeds } => {
                write!(f, "seeds = {seeds} go past the last seed there is: lower seeds or seed")
            }
            Self::OtherTarget { target } => write!(
                f,
                "target = {} is not for a run on a layer, whose own function is GELU: leave it at {}, or choose no layer",
                target.name(),
                Target::Gelu.name()
            ),
            Self::TooMany { seeds, bytes } => {
                write!(f, "the runs of {seeds} seeds keep")?;
                write_limit(f, *bytes, "seeds, epochs, hidden", "m")
            }
            Self::TooLarge { key: Key { name, .. }, n, d, bytes } => {
                write!(f, "{name} = {n} draws at d = {d} need")?;
                // A solution has the hidden layers of all its draws.
                let other = if *name == SOLVE.name { "hidden" } else { "d" };
                write_limit(f, *bytes, name, other)
            }
        }
    }
}

/// How much too much it is, and what is to be lowered.
fn write_limit(f: &mut fmt::Formatter<'_>, bytes: u64, name: &str, other: &str) -> fmt::Result {
    write!(f, " {}: lower {name} or {other}", too_much(bytes))
}

/// So many bytes beside [`MEMORY_LIMIT`], which they are above.
pub(crate) fn too_much(bytes: u64) -> String {
    let (needed, limit) = (bytes.div_ceil(1 << 20), MEMORY_LIMIT >> 20);
    format!("about {needed} MiB, more than the {limit} MiB that a tab can be relied on for")
}

impl std::error::Error for RecipeError {}

/// A stranger's text, fit to stand in a sentence: short, nothing in it that cannot be seen or turns what follows round,
/// and no bracket that somebody who shows the sentence elsewhere could take for markup.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 24;
    let mut shown = text.chars().map(|c| match c {
        '<' => '‹',
        '>' => '›',
        c if is_hidden(c) => '\u{fffd}',
        c => c,
    });
    let mut short: String = shown.by_ref().take(LONGEST).collect();
    short.extend(shown.next().map(|_| '…'));
    short
}

/// Control characters, and those of Unicode that have no shape of their own but change how others are read.
fn is_hidden(c: char) -> bool {
    let others = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || others
}
