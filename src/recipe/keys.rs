//! The table of a recipe's keys. **A new key is one row here, and a control in the page**; whoever reads, writes, keeps,
//! names or compares recipes goes through [`KEYS`].
//!
//! The page has the same table as `www/common/keys.js`, which `cargo xtask write` makes of this one and a test holds to
//! it.

use super::layer::LayerName;
use super::path::{Rates, Schedule, Solves};
use super::target::Target;
use super::value::Value;

/// One key of a recipe.
#[derive(Debug, PartialEq)]
pub struct Key {
    /// As in the form, the link, a file's metadata and [`Recipe`]'s field.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// The version of links that brought it. Those of the first must be given; a later one may be left out, and is
    /// left out wherever it is as in the notebook's run.
    pub since: u32,
    /// What a change of it changes, of [`NETWORKS`], [`DRAWS`] and [`SPEED`].
    pub changes: u32,
}

/// What the text of a key may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A whole number between two others, both included.
    Whole(f64, f64),
    /// A number between two others, both included.
    Real(f64, f64),
    /// One of these words; the first is the notebook's.
    Choice(&'static [&'static str]),
    /// Learning rates and the epochs from which they hold, up to so many, or nothing.
    Rates(usize),
    /// Draws and the epochs at whose end they are solved over, up to so many, or nothing.
    Solves(usize),
    /// A layer's name, or nothing.
    Layer,
}

/// The sizes of Φ and Ψ: other networks, so that weights fit no longer.
pub const NETWORKS: u32 = 1;
/// Which draws are trained on and in which order, so that a checkpoint is of another run.
pub const DRAWS: u32 = 2;
/// How long a step takes, so that a measured speed says nothing of it.
pub const SPEED: u32 = 4;

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $notebook:expr, $kind:expr, $since:expr, $changes:expr, $words:expr;)*) => {
        /// Everything that defines a run. The defaults are the notebook's.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Recipe {
            $($(#[$doc])* pub $name: $type,)*
        }

        impl Default for Recipe {
            fn default() -> Self {
                Self { $($name: $notebook,)* }
            }
        }

        /// All keys, in the order of the form and the link.
        pub const KEYS: &[Key] = &[$(Key {
            name: stringify!($name),
            kind: $kind,
            since: $since,
            changes: $changes,
        },)*];

        /// Each key's place in [`KEYS`].
        #[allow(non_camel_case_types, dead_code)]
        enum Place {
            $($name,)*
        }

        /// What each is, in words, in the order of [`KEYS`]; of a key that may be left out, what the run does that the
        /// notebook's does not. For the page's table: no module of wasm has them.
        pub const WORDS: [&str; KEYS.len()] = [$($words,)*];

        impl Recipe {
            /// The values, in the order of [`KEYS`].
            pub(super) fn values(&self) -> [&dyn Value; KEYS.len()] {
                [$(&self.$name,)*]
            }

            pub(super) fn values_mut(&mut self) -> [&mut dyn Value; KEYS.len()] {
                [$(&mut self.$name,)*]
            }
        }
    };
}

table! {
    /// Width of the layer: W is `[d, d]`, x and y are `[d]`.
    d: usize = 2, Kind::Whole(1.0, WIDEST), 1, NETWORKS | DRAWS | SPEED, "d, the layer’s width";
    /// Feature dimension: Φ(W) is `[d, m]`, Ψ(x) is `[m]`.
    m: usize = 16, Kind::Whole(1.0, 256.0), 1, NETWORKS | DRAWS | SPEED, "m, features";
    /// Width of the one hidden layer of Φ and of Ψ.
    hidden: usize = 64, Kind::Whole(1.0, 1024.0), 1, NETWORKS | DRAWS | SPEED, "hidden, units in each network";
    /// Number of training draws (W, x, y).
    n: usize = 1024, Kind::Whole(1.0, 1_048_576.0), 1, DRAWS | SPEED, "n, training draws";
    /// Draws in a mini-batch; the last one of an epoch may be smaller.
    batch: usize = 64, Kind::Whole(1.0, 1_048_576.0), 1, DRAWS | SPEED, "draws in a mini-batch";
    /// Passes over the training draws.
    epochs: usize = 5, Kind::Whole(1.0, 100_000.0), 1, 0, "epochs";
    /// Adam's learning rate.
    lr: f64 = 1e-3, Kind::Real(1e-7, 1.0), 1, 0, "the learning rate";
    /// Seed of every draw: data, initial weights, shuffles, held-out set, demo.
    seed: u32 = 42, Kind::Whole(0.0, u32::MAX as f64), 1, DRAWS, "the seed of every draw";
    /// Whether every epoch draws its own training set: the limit of n → ∞.
    fresh: bool = false, Kind::Choice(&["0", "1"]), 2, DRAWS | SPEED, "fresh draws every epoch";
    /// How the learning rate falls from step to step.
    schedule: Schedule = Schedule::Constant, Kind::Choice(Schedule::NAMES), 2, 0, "the learning rate along a cosine";
    /// Other learning rates, each from an epoch on.
    rates: Rates = Rates(Vec::new()), Kind::Rates(MOST_RATES), 2, 0, "another learning rate";
    /// Where the last layers are found in closed form instead of step by step.
    solve: Solves = Solves(Vec::new()), Kind::Solves(MOST_SOLVES), 3, 0, "the last layers in closed form";
    /// Runs that are trained, each from a seed of its own, counted up from the recipe's.
    seeds: usize = 1, Kind::Whole(1.0, MOST_SEEDS as f64), 4, 0, "seeds";
    /// The layer that the draws are taken from; none: they are standard normal.
    layer: LayerName = LayerName::default(), Kind::Layer, 5, DRAWS, "draws from a layer";
    /// The function that is learned.
    target: Target = Target::Gelu, Kind::Choice(Target::NAMES), 6, DRAWS, "in the place of GELU";
}

/// The widest layer: 256 inputs and a bias.
const WIDEST: f64 = 257.0;

/// The key that every learning rate is held to.
pub(super) const RATE: &Key = &KEYS[Place::lr as usize];

/// The key of the changes of the learning rate.
pub(super) const RATES: &Key = &KEYS[Place::rates as usize];

/// Changes of the learning rate, at most.
pub(super) const MOST_RATES: usize = 100;

/// The key of the draws, which those of a solution are read as.
pub(crate) const N: &Key = &KEYS[Place::n as usize];

/// The key of the solutions on the way.
pub(crate) const SOLVE: &Key = &KEYS[Place::solve as usize];

/// The key of the function.
pub(super) const TARGET: &Key = &KEYS[Place::target as usize];

/// The key of the seed.
pub(super) const SEED: &Key = &KEYS[Place::seed as usize];

/// The key of the number of seeds.
pub(super) const SEEDS: &Key = &KEYS[Place::seeds as usize];

/// Seeds of one recipe, at most.
pub const MOST_SEEDS: usize = 1024;

/// Solutions on the way, at most.
pub(super) const MOST_SOLVES: usize = 16;

impl Key {
    /// The key of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Whether a recipe may leave it out.
    pub fn is_optional(&self) -> bool {
        self.since > 1
    }

    /// Whether a text is what the notebook's run has, where it may be left out.
    pub(super) fn is_left_out(&self, text: &str) -> bool {
        match self.kind {
            Kind::Choice(words) => text == words[0],
            Kind::Rates(_) | Kind::Solves(_) | Kind::Layer => text.is_empty(),
            // An optional number is the notebook's where it is the least.
            Kind::Whole(least, _) | Kind::Real(least, _) => {
                self.is_optional() && text == least.to_string()
            }
        }
    }

    /// The largest number that it may be.
    pub fn most(&self) -> f64 {
        match self.kind {
            Kind::Whole(_, most) | Kind::Real(_, most) => most,
            Kind::Choice(_) | Kind::Rates(_) | Kind::Solves(_) | Kind::Layer => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    /// From the folder that tests run in, the package's.
    const PAGE: &str = "www/common/keys.js";

    #[test]
    fn the_pages_table_is_this_one() {
        let made = script();
        if std::env::var_os("PHI_PSI_WRITE").is_some() {
            std::fs::write(PAGE, &made).expect("www/common/keys.js can be written");
        }
        let found = std::fs::read_to_string(PAGE).expect("www/common/keys.js is there");
        assert!(found == made, "www/common/keys.js is not this table: run `cargo xtask write`");
    }

    /// `www/common/keys.js`.
    fn script() -> String {
        let notebook = Recipe::default();
        let mut rows = String::new();
        let (mut numbers, mut others) = (String::new(), String::new());
        for ((key, words), value) in KEYS.iter().zip(WORDS).zip(notebook.values()) {
            let (kind, more) = match key.kind {
                Kind::Whole(least, most) => ("whole", format!("least: {least}, most: {most}")),
                Kind::Real(least, most) => ("real", format!("least: {least:e}, most: {most}")),
                Kind::Choice(words) => ("choice", format!("choices: ['{}']", words.join("', '"))),
                Kind::Rates(most) => ("rates", format!("most: {most}")),
                Kind::Solves(most) => ("solves", format!("most: {most}")),
                Kind::Layer => ("layer", String::new()),
            };
            let (name, optional) = (key.name, key.is_optional());
            let flags = [("networks", NETWORKS), ("draws", DRAWS), ("speed", SPEED)];
            let flags: Vec<String> = flags
                .iter()
                .map(|(flag, bit)| format!("{flag}: {}", key.changes & bit != 0))
                .collect();
            let flags = flags.join(", ");
            let text = value.text();
            let more = if more.is_empty() { more } else { format!("{more}, ") };
            writeln!(rows, "  {{ name: '{name}', kind: '{kind}', {more}notebook: '{text}', optional: {optional}, {flags}, words: '{words}' }},")
                .expect("a text takes more text");
            let list = if optional { &mut others } else { &mut numbers };
            let mark = if optional { "?" } else { "" };
            let kind = if value.number().is_some() { "number" } else { "string" };
            let entry = format!("{name}{mark}: {kind}, ");
            list.push_str(&entry);
        }
        let types = format!("{numbers}{others}");
        let types = types.trim_end_matches(", ");
        format!(
            "{HEAD}\n/** A recipe as the validator hands it out; an optional key only where it is not as in the notebook's run.\n * @typedef {{{{ {types} }}}} Recipe */\n\n/** @type {{readonly Key[]}} */\nexport const KEYS = [\n{rows}];\n"
        )
    }

    const HEAD: &str = "// @ts-check
/** The table of a recipe's keys. Made from `src/recipe/keys.rs` by `cargo xtask write`; a test holds it to that. */

/**
 * @typedef {object} Key
 * @property {keyof Recipe} name
 * @property {'whole' | 'real' | 'choice' | 'rates' | 'solves' | 'layer'} kind
 * @property {number} [least] of a number
 * @property {number} [most] of a number; of rates and solves, how many there may be
 * @property {readonly string[]} [choices] the first is the notebook's
 * @property {string} notebook what the notebook's run has, as text
 * @property {boolean} optional whether it is left out where it is as in the notebook's run
 * @property {boolean} networks whether another value makes other networks, so that weights no longer fit
 * @property {boolean} draws whether another value trains on other draws or in another order
 * @property {boolean} speed whether a step takes another time with another value
 * @property {string} words what it is; of an optional key, what the run does that the notebook's does not
 */
";
}
