//! The recipe: everything that defines a run, and the one validator that every entrance uses.
//!
//! A recipe is eight numbers, and a [`Course`] where the run leaves the notebook's. Whoever has it has the run:
//! on the CPU the same recipe gives the same bits on every machine. A form, a link, a file and the worker all hand in text (or numbers written
//! as text) and get back a [`Recipe`] or a sentence that names the key, the value and what is allowed.
//! Limits and the memory estimate are checked here, before anything is allocated.

mod memory;

pub use memory::MOST_OUTPUTS;

use std::fmt;

use crate::course::{self, Course, CourseError};
use crate::layout::Layout;

/// Everything that defines a run. The defaults are the notebook's.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Width of the layer: W is `[d, d]`, x and y are `[d]`.
    pub d: usize,
    /// Feature dimension: Φ(W) is `[d, m]`, Ψ(x) is `[m]`.
    pub m: usize,
    /// Width of the one hidden layer of Φ and of Ψ.
    pub hidden: usize,
    /// Number of training draws (W, x, y).
    pub n: usize,
    /// Draws in a mini-batch; the last one of an epoch may be smaller.
    pub batch: usize,
    /// Passes over the training draws.
    pub epochs: usize,
    /// Adam's learning rate.
    pub lr: f64,
    /// Seed of every draw: data, initial weights, shuffles, held-out set, demo.
    pub seed: u32,
    /// Where the run leaves the notebook's path.
    pub course: Course,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            d: 2,
            m: 16,
            hidden: 64,
            n: 1024,
            batch: 64,
            epochs: 5,
            lr: 1e-3,
            seed: 42,
            course: Course::default(),
        }
    }
}

/// What one key of a recipe may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// The key, as in the form, the link and [`Recipe`]'s fields.
    pub key: &'static str,
    /// Smallest value allowed.
    pub min: f64,
    /// Largest value allowed.
    pub max: f64,
    /// Whether only whole numbers are allowed.
    pub integer: bool,
}

const fn whole(key: &'static str, min: u32, max: u32) -> Limit {
    Limit { key, min: min as f64, max: max as f64, integer: true }
}

/// The limits, in the order of the form and the link.
pub const LIMITS: [Limit; 8] = [
    whole("d", 1, 64),
    whole("m", 1, 256),
    whole("hidden", 1, 1024),
    whole("n", 1, 1 << 20),
    whole("batch", 1, 1 << 20),
    whole("epochs", 1, 100_000),
    Limit { key: "lr", min: 1e-7, max: 1.0, integer: false },
    whole("seed", 0, u32::MAX),
];

/// The limit of the learning rate, which its changes are held to as well.
const RATE: Limit = LIMITS[6];

/// The most memory that a recipe may need by [`Recipe::memory`], in bytes.
pub const MEMORY_LIMIT: u64 = 352 << 20;

/// The most that one of its buffers may take: what every WebGPU device binds.
const BUFFER_LIMIT: u64 = 128 << 20;

/// The longest text of a value that is read, in bytes: a hundred learning rates with room to spare.
const LONGEST: usize = 4096;

/// The most a micro-batch on the CPU should cost, as [`Recipe::cost_per_draw`] counts.
///
/// It is the grain at which a run can be paused: 2 ms at the 30–50 GFLOP/s of one wasm thread on a PC, some
/// 10 ms on a phone. A [`BLOCK`] of the largest recipe costs ten times as much.
const MICRO_BATCH_COST: u64 = 80_000_000;

/// Draws that the CPU sums over before it adds their gradient to the mini-batch's.
///
/// Blocks are counted from a mini-batch's first draw and a run is cut between them only, so the same recipe
/// gives the same bits however it is pulled.
pub const BLOCK: usize = 32;

impl Recipe {
    /// Reads a recipe from `(key, text)` pairs, each key of [`LIMITS`] exactly once, in any order; those of
    /// [`course::KEYS`] may be left out.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, as a [`RecipeError`].
    pub fn parse<'a>(
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, RecipeError> {
        let mut values: [Option<f64>; LIMITS.len()] = [None; LIMITS.len()];
        let mut read = [false; course::KEYS.len()];
        let mut course = Course::default();
        for (key, text) in fields {
            if let Some(index) = course::KEYS.iter().position(|known| *known == key) {
                let key = course::KEYS[index];
                if std::mem::replace(&mut read[index], true) {
                    return Err(RecipeError::Repeated { key });
                }
                if text.len() > LONGEST {
                    return Err(CourseError { key }.about(text));
                }
                let rate = |text: &str| RATE.read(text).ok();
                course.read(key, text, rate).map_err(|error| error.about(text))?;
                continue;
            }
            let index = LIMITS
                .iter()
                .position(|limit| limit.key == key)
                .ok_or_else(|| RecipeError::UnknownKey { key: shorten(key) })?;
            if values[index].is_some() {
                return Err(RecipeError::Repeated { key: LIMITS[index].key });
            }
            values[index] = Some(LIMITS[index].read(text)?);
        }
        if let Some(index) = values.iter().position(Option::is_none) {
            return Err(RecipeError::Missing { limit: LIMITS[index] });
        }
        let [d, m, hidden, n, batch, epochs, lr, seed] = values.map(Option::unwrap_or_default);
        let recipe = Self {
            d: d as usize,
            m: m as usize,
            hidden: hidden as usize,
            n: n as usize,
            batch: batch as usize,
            epochs: epochs as usize,
            lr,
            seed: seed as u32,
            course,
        };
        recipe.holds_course()?;
        recipe.fits_in_memory()?;
        Ok(recipe)
    }

    /// Holds a recipe that was made in code to the same limits as one that was read.
    ///
    /// # Errors
    ///
    /// As [`Recipe::parse`].
    pub fn validate(&self) -> Result<(), RecipeError> {
        for (limit, value) in LIMITS.iter().zip(self.values()) {
            limit.hold(value, || value.to_string())?;
        }
        self.holds_course()?;
        self.fits_in_memory()
    }

    /// The values as numbers, in the order of [`LIMITS`].
    pub fn values(&self) -> [f64; LIMITS.len()] {
        [
            self.d as f64,
            self.m as f64,
            self.hidden as f64,
            self.n as f64,
            self.batch as f64,
            self.epochs as f64,
            self.lr,
            f64::from(self.seed),
        ]
    }

    /// The recipe as text: the keys of [`LIMITS`], and those of the course that are not as the notebook has them.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let numbers = LIMITS.iter().zip(self.values());
        let numbers = numbers.map(|(limit, value)| (limit.key, value.to_string()));
        numbers.chain(self.course.fields()).collect()
    }

    /// Reads a learning rate as typed.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn read_rate(text: &str) -> Result<f64, RecipeError> {
        RATE.read(text)
    }

    /// Has another learning rate hold from an epoch, counted from 1, on.
    ///
    /// # Errors
    ///
    /// When it is no learning rate, the epoch is over or never comes, or there were too many changes already.
    pub fn change_rate(&mut self, epoch: usize, lr: f64) -> Result<(), RecipeError> {
        RATE.hold(lr, || lr.to_string())?;
        let mut changed = self.clone();
        if epoch == 1 {
            changed.lr = lr;
        } else {
            changed.course.change_rate(epoch, lr);
        }
        changed.holds_course()?;
        *self = changed;
        Ok(())
    }

    /// Mini-batches in an epoch, the ragged last one included.
    pub fn steps_per_epoch(&self) -> usize {
        self.n.div_ceil(self.batch)
    }

    /// Steps along whose cosine the learning rate falls; zero for a rate that stays.
    pub fn cosine_steps(&self) -> usize {
        if self.course.cosine { self.epochs * self.steps_per_epoch() } else { 0 }
    }

    /// Draws in the largest mini-batch: a batch larger than n is one ragged batch.
    pub fn largest_batch(&self) -> usize {
        self.batch.min(self.n)
    }

    /// Numbers that Φ and Ψ learn together.
    pub fn parameters(&self) -> usize {
        let Self { d, m, hidden, .. } = *self;
        2 * (d * hidden + hidden + hidden * m + m)
    }

    /// Floating-point operations that training on one draw costs, forward and backward.
    pub fn flops_per_draw(&self) -> u64 {
        Layout::of(self).flops_per_draw()
    }

    /// Draws in a micro-batch where a run must be able to pause between two (the CPU): whole [`BLOCK`]s.
    pub fn micro_batch(&self) -> usize {
        let affordable = MICRO_BATCH_COST / self.cost_per_draw();
        let blocks = (affordable as usize / BLOCK).max(1);
        (blocks * BLOCK).min(self.largest_batch())
    }

    /// What training on one draw costs in time, counted in floating-point operations: the products, the
    /// passes over rows and features, whose elements take as long as some forty operations of a product,
    /// and what every draw takes (measured on the CPU module: 50–60 a nanosecond over 15 shapes).
    pub fn cost_per_draw(&self) -> u64 {
        let Self { d, m, hidden, .. } = *self;
        self.flops_per_draw() + 40 * (d * (d + hidden) + m) as u64 + 4000
    }

    fn holds_course(&self) -> Result<(), RecipeError> {
        let list = || self.course.fields().pop().map_or_else(String::new, |(_, text)| text);
        self.course.hold(self.epochs).map_err(|error| error.about(&list()))?;
        for (_, lr) in &self.course.rates {
            RATE.hold(*lr, || lr.to_string())?;
        }
        Ok(())
    }

    fn fits_in_memory(&self) -> Result<(), RecipeError> {
        let (n, d) = (self.n, self.d);
        let (bytes, buffer) = (self.memory(), self.largest_buffer());
        if bytes > MEMORY_LIMIT {
            return Err(RecipeError::TooLarge { n, d, bytes });
        }
        if buffer > BUFFER_LIMIT {
            return Err(RecipeError::TooLong { n, d, bytes: buffer });
        }
        Ok(())
    }
}

impl Limit {
    /// The notebook's value of this key.
    pub fn default(&self) -> f64 {
        let index = LIMITS.iter().position(|limit| limit.key == self.key);
        Recipe::default().values()[index.expect("a limit stands in LIMITS")]
    }

    /// Reads one value as typed: ASCII digits, and for a real number a point and an exponent.
    fn read(self, text: &str) -> Result<f64, RecipeError> {
        let refused = || RecipeError::NotANumber { limit: self, value: shorten(text) };
        if text.len() > LONGEST || !is_decimal(text, self.integer) {
            return Err(refused());
        }
        let value: f64 = text.parse().map_err(|_| refused())?;
        self.hold(value, || shorten(text))?;
        Ok(value)
    }

    fn hold(self, value: f64, shown: impl Fn() -> String) -> Result<(), RecipeError> {
        if self.integer && value.fract() != 0.0 {
            return Err(RecipeError::NotANumber { limit: self, value: shown() });
        }
        // Written so that NaN is out of range too.
        if !(self.min <= value && value <= self.max) {
            return Err(RecipeError::OutOfRange { limit: self, value: shown() });
        }
        Ok(())
    }
}

/// Whether a text is a plain decimal number: `-?digits`, and unless `integer` also `.digits` and `e±digits`.
///
/// Rust's own parser would take `inf`, `NaN` and `+1`; JavaScript's would take `0x10`, ` 7` and ``.
fn is_decimal(text: &str, integer: bool) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if integer {
        return digits(unsigned);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_ok = exponent
        .is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)));
    let mantissa_ok = match mantissa.split_once('.') {
        Some((before, after)) => {
            (digits(before) && (after.is_empty() || digits(after)))
                || (before.is_empty() && digits(after))
        }
        None => digits(mantissa),
    };
    mantissa_ok && exponent_ok
}

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
        key: &'static str,
    },
    /// A key that was not given.
    Missing {
        /// What it may be.
        limit: Limit,
    },
    /// A value that is not a number, or not a whole one where it must be.
    NotANumber {
        /// What it may be.
        limit: Limit,
        /// The text as given, cut when long.
        value: String,
    },
    /// A number that is too small or too large.
    OutOfRange {
        /// What it may be.
        limit: Limit,
        /// The text as given, cut when long.
        value: String,
    },
    /// A course that no run can take.
    Course {
        /// Its key, and what that may be.
        error: CourseError,
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
    /// Values that are each allowed but together need too much memory.
    TooLarge {
        /// The number of draws.
        n: usize,
        /// The layer's width.
        d: usize,
        /// The estimate, in bytes.
        bytes: u64,
    },
}

impl RecipeError {
    /// The key to point at in the form.
    pub fn key(&self) -> &str {
        match self {
            Self::UnknownKey { key } => key,
            Self::Repeated { key } => key,
            Self::Course { error, .. } => error.key,
            Self::Missing { limit }
            | Self::NotANumber { limit, .. }
            | Self::OutOfRange { limit, .. } => limit.key,
            Self::TooLarge { .. } | Self::TooLong { .. } => "n",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.integer { "a whole number" } else { "a number" };
        // 1e-7 reads better than 0.0000001.
        if self.min > 0.0 && self.min < 1e-3 {
            return write!(f, "{kind} from {:e} to {}", self.min, self.max);
        }
        write!(f, "{kind} from {} to {}", self.min, self.max)
    }
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key } => {
                let keys = LIMITS.map(|limit| limit.key);
                let keys = [&keys[..], &course::KEYS].concat().join(", ");
                write!(f, "“{key}” is not part of a recipe: the keys are {keys}")
            }
            Self::Repeated { key } => write!(f, "{key} is given more than once"),
            Self::Missing { limit } => write!(f, "{} is missing: it must be {limit}", limit.key),
            Self::NotANumber { limit, value } if value.is_empty() => {
                write!(f, "{} is empty: it must be {limit}", limit.key)
            }
            Self::NotANumber { limit, value } => {
                let kind = if limit.integer { "a whole number" } else { "a plain decimal number" };
                write!(f, "{} = “{value}” is not {kind}: it must be {limit}", limit.key)
            }
            Self::OutOfRange { limit, value } => {
                write!(f, "{} = {value} is out of range: it must be {limit}", limit.key)
            }
            Self::Course { error, value } => {
                write!(f, "{} = “{value}” is no course of a run: it must be {error}", error.key)
            }
            Self::TooLong { n, d, bytes } => write!(
                f,
                "the W of n = {n} draws at d = {d} take {} MiB, more than the {} MiB that every GPU takes in one piece: lower n or d",
                bytes.div_ceil(1 << 20),
                BUFFER_LIMIT >> 20
            ),
            Self::TooLarge { n, d, bytes } => write!(
                f,
                "n = {n} draws at d = {d} need about {} MiB, more than the {} MiB that a tab can be relied on for: lower n or d",
                bytes.div_ceil(1 << 20),
                MEMORY_LIMIT >> 20
            ),
        }
    }
}

impl std::error::Error for RecipeError {}

impl CourseError {
    fn about(self, text: &str) -> RecipeError {
        RecipeError::Course { error: self, value: shorten(text) }
    }
}

impl Layout {
    /// The layout of a recipe's networks.
    pub fn of(recipe: &Recipe) -> Self {
        Self { d: recipe.d, m: recipe.m, hidden: recipe.hidden }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(key: &str, text: &str) -> Result<Recipe, RecipeError> {
        let fields = LIMITS.map(|limit| (limit.key, limit.default().to_string()));
        Recipe::parse(fields.iter().map(|(k, v)| (*k, if *k == key { text } else { v.as_str() })))
    }

    fn refusal(key: &str, text: &str) -> String {
        typed(key, text).expect_err("this recipe must be refused").to_string()
    }

    #[test]
    fn the_defaults_are_the_notebooks_and_are_accepted() {
        assert_eq!(typed("d", "2"), Ok(Recipe::default()));
        assert_eq!(Recipe::default().validate(), Ok(()));
        assert_eq!(Recipe::default().steps_per_epoch(), 16);
    }

    #[test]
    fn the_form_shows_the_same_defaults_before_any_wasm_is_there() {
        let page = include_str!("../index.html");
        for limit in LIMITS {
            let name = format!("name=\"{}\"", limit.key);
            let value = format!("value=\"{}\"", limit.default());
            let inputs = page.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
            let fields: Vec<&str> = inputs.filter(|input| input.contains(&name)).collect();
            assert_eq!(fields.len(), 1, "{name}");
            assert!(fields[0].contains(&value), "{value} in {}", fields[0]);
        }
    }

    #[test]
    fn every_limit_is_inclusive_and_refuses_the_next_value() {
        for limit in LIMITS {
            let allowed = |text: String| match typed(limit.key, &text) {
                Ok(_) | Err(RecipeError::TooLarge { .. } | RecipeError::TooLong { .. }) => {}
                Err(error) => panic!("{error}"),
            };
            allowed(limit.min.to_string());
            allowed(limit.max.to_string());
            let (below, above) = if limit.integer {
                (limit.min - 1.0, limit.max + 1.0)
            } else {
                (limit.min / 2.0, limit.max * 2.0)
            };
            for outside in [below, above] {
                let error = typed(limit.key, &outside.to_string()).expect_err("outside");
                assert!(matches!(error, RecipeError::OutOfRange { .. }), "{error}");
                assert_eq!(error.key(), limit.key);
            }
        }
    }

    #[test]
    fn a_refusal_names_the_key_the_value_and_the_range() {
        assert_eq!(
            refusal("batch", "0"),
            "batch = 0 is out of range: it must be a whole number from 1 to 1048576"
        );
        assert_eq!(
            refusal("lr", "2"),
            "lr = 2 is out of range: it must be a number from 1e-7 to 1"
        );
        assert_eq!(
            refusal("m", "1.5"),
            "m = “1.5” is not a whole number: it must be a whole number from 1 to 256"
        );
        assert_eq!(refusal("d", ""), "d is empty: it must be a whole number from 1 to 64");
    }

    #[test]
    fn only_plain_decimal_numbers_are_numbers() {
        for text in [
            "NaN", "inf", "Infinity", "0x10", "1_000", " 1", "1 ", "+1", "--1", "1e", "e3", ".",
            "-", "1e1.5", "٣", "１", "1,5", "1e5\0",
        ] {
            assert!(
                matches!(typed("lr", text), Err(RecipeError::NotANumber { .. })),
                "lr = {text:?}"
            );
            assert!(
                matches!(typed("n", text), Err(RecipeError::NotANumber { .. })),
                "n = {text:?}"
            );
        }
        for (text, value) in
            [("1e-3", 1e-3), ("0.01", 0.01), (".5", 0.5), ("1.", 1.0), ("5E-4", 5e-4)]
        {
            assert_eq!(typed("lr", text).map(|recipe| recipe.lr), Ok(value));
        }
        assert!(matches!(typed("lr", "1e999"), Err(RecipeError::OutOfRange { .. })));
        assert!(matches!(typed("seed", "4294967296"), Err(RecipeError::OutOfRange { .. })));
    }

    #[test]
    fn keys_are_given_once_each_and_no_others() {
        let unknown = Recipe::parse([("__proto__", "1")]).expect_err("unknown");
        assert!(unknown.to_string().starts_with("“__proto__” is not part of a recipe"));
        let repeated = Recipe::parse([("d", "2"), ("d", "2")]).expect_err("repeated");
        assert_eq!(repeated.to_string(), "d is given more than once");
        let missing = Recipe::parse([("d", "2")]).expect_err("missing");
        assert_eq!(missing.to_string(), "m is missing: it must be a whole number from 1 to 256");
        let long = "k".repeat(10_000);
        assert!(Recipe::parse([(long.as_str(), "1")]).expect_err("long").to_string().len() < 200);
    }

    #[test]
    fn a_course_may_be_left_out_and_is_read_strictly() {
        let with = |pairs: &[(&'static str, &'static str)]| {
            let mut fields = Recipe { epochs: 30, ..Recipe::default() }.fields();
            fields.extend(pairs.iter().map(|(key, text)| (*key, (*text).to_owned())));
            Recipe::parse(fields.iter().map(|(key, text)| (*key, text.as_str())))
        };
        let off = with(&[("fresh", "0"), ("schedule", "constant"), ("rates", "")]);
        assert_eq!(off, with(&[]));
        assert_eq!(off.expect("a recipe").course, Course::default());
        let pairs = [("fresh", "1"), ("schedule", "cosine"), ("rates", "10:0.0005,20:0.0001")];
        let on = with(&pairs).expect("a recipe");
        assert_eq!(
            on.course,
            Course { fresh: true, cosine: true, rates: vec![(10, 5e-4), (20, 1e-4)] }
        );
        assert_eq!(
            on.fields()[8..].iter().map(|(k, t)| (*k, t.as_str())).collect::<Vec<_>>(),
            pairs
        );
        let refusal = |key, text| with(&[(key, text)]).expect_err(text);
        assert_eq!(
            refusal("fresh", "yes").to_string(),
            "fresh = “yes” is no course of a run: it must be 0 or 1"
        );
        for (key, text) in [
            ("fresh", ""),
            ("fresh", "2"),
            ("schedule", "Cosine"),
            ("rates", "10"),
            ("rates", "10:"),
            ("rates", ":0.1"),
            ("rates", "1:0.1"),
            ("rates", "31:0.1"),
            ("rates", "10:0.1,5:0.1"),
            ("rates", "10:2"),
            ("rates", "10:NaN"),
            ("rates", "+10:0.1"),
            ("rates", "10:0.1,"),
            ("rates", "99999999999999999999999:0.1"),
        ] {
            assert_eq!(refusal(key, text).key(), key, "{text}");
        }
        let twice = with(&[("fresh", "1"), ("fresh", "1")]).expect_err("twice");
        assert_eq!(twice.to_string(), "fresh is given more than once");
    }

    #[test]
    fn what_does_not_fit_in_a_tab_is_refused_with_the_estimate() {
        let recipe = Recipe { d: 64, n: 1 << 20, ..Recipe::default() };
        let error = recipe.validate().expect_err("34 GiB of draws");
        assert!(
            error.to_string().starts_with("n = 1048576 draws at d = 64 need about 33"),
            "{error}"
        );
        assert_eq!(error.key(), "n");
    }

    #[test]
    fn no_accepted_recipe_has_a_buffer_that_webgpu_need_not_bind() {
        for d in 1..=64 {
            let small = |n| Recipe { d, m: 1, hidden: 1, n, batch: 1, ..Recipe::default() };
            let accepted = |n: &usize| small(*n).validate().is_ok();
            // From the largest n down to the first that is accepted, in steps of a thousandth.
            let largest = (1..=1 << 20).rev().step_by(1 << 10).find(accepted);
            let n = largest.expect("a few draws are always accepted");
            assert!(4 * d * d * n <= 128 << 20, "d = {d}, n = {n}");
        }
    }

    #[test]
    fn a_micro_batch_is_the_whole_batch_unless_the_recipe_is_big() {
        assert_eq!(Recipe::default().micro_batch(), 64);
        let oversized = Recipe { n: 10, ..Recipe::default() };
        assert_eq!(oversized.micro_batch(), 10);
        let large = Recipe { d: 64, m: 128, hidden: 512, batch: 1024, ..Recipe::default() };
        assert_eq!(large.micro_batch(), BLOCK);
        assert!(large.largest_micro_batch() > 1);
    }
}
