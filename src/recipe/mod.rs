//! The recipe: everything that defines a run, as one table of keys.
//!
//! A recipe is eight numbers, and what leaves the notebook's path. Whoever has it has the run: on the CPU the same recipe
//! gives the same bits on every machine. [`keys`] is the only place that says which keys there are. A form, a link, a file
//! and the worker hand in text (or numbers written as text) and get back a [`Recipe`] or a sentence that names the key, the
//! value and what is allowed.
//!
//! The one validator that every entrance uses is [`Recipe::parse`], in [`crate::plan`]: it also knows how much memory a run
//! takes.

pub mod error;
pub mod keys;
mod layer;
pub mod path;
mod target;
mod value;

pub use error::{BUFFER_LIMIT, MEMORY_LIMIT, RecipeError};
pub use keys::{KEYS, Key, Recipe};
pub use layer::LayerName;
pub use target::Target;

pub(crate) use error::shorten;

use keys::{MOST_RATES, MOST_SOLVES, RATE, RATES, SEED, SOLVE};
use path::Schedule;
use value::Value;

impl Recipe {
    /// Reads a recipe from `(key, text)` pairs in any order, each key of [`KEYS`] at most once; only those of a later
    /// version of links than the first may be left out. How much memory its run would take is not looked at.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, as a [`RecipeError`].
    pub(crate) fn read<'a>(
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, RecipeError> {
        let mut recipe = Self::default();
        let mut given = [false; KEYS.len()];
        for (name, text) in fields {
            let index = KEYS.iter().position(|key| key.name == name);
            let index = index.ok_or_else(|| RecipeError::UnknownKey { key: shorten(name) })?;
            let key = &KEYS[index];
            if std::mem::replace(&mut given[index], true) {
                return Err(RecipeError::Repeated { key });
            }
            recipe.values_mut()[index].read(key, text)?;
        }
        let missing = KEYS.iter().zip(given).find(|(key, given)| !given && !key.is_optional());
        if let Some((key, _)) = missing {
            return Err(RecipeError::Missing { key });
        }
        recipe.holds_path()?;
        Ok(recipe)
    }

    /// Holds each value of a recipe that was made in code to what its key may be.
    pub(crate) fn holds_values(&self) -> Result<(), RecipeError> {
        KEYS.iter().zip(self.values()).try_for_each(|(key, value)| value.hold(key))?;
        self.holds_path()
    }

    /// The recipe as text: every key that must be given, and the others where they are not as in the notebook's run.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let texts = KEYS.iter().zip(self.values()).map(|(key, value)| (key, value.text()));
        texts
            .filter(|(key, text)| !key.is_left_out(text))
            .map(|(key, text)| (key.name, text))
            .collect()
    }

    /// The value of a key where it is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        let place = KEYS.iter().position(|key| key.name == name)?;
        self.values()[place].number()
    }

    /// Whether everything is the same whose change changes this: [`keys::NETWORKS`], [`keys::DRAWS`] or [`keys::SPEED`].
    pub fn agrees(&self, other: &Self, on: u32) -> bool {
        let both = self.values().into_iter().zip(other.values());
        let mut keys = KEYS.iter().zip(both).filter(|(key, _)| key.changes & on != 0);
        keys.all(|(_, (one, other))| one.text() == other.text())
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
            changed.rates.change(epoch, lr);
        }
        changed.holds_path()?;
        *self = changed;
        Ok(())
    }

    /// The learning rate of an epoch, counted from 1, before the schedule.
    pub fn rate_of(&self, epoch: usize) -> f64 {
        self.rates.rate_of(epoch, self.lr)
    }

    /// Mini-batches in an epoch, the ragged last one included.
    pub fn steps_per_epoch(&self) -> usize {
        self.n.div_ceil(self.batch)
    }

    /// Mini-batches in so many epochs: more than 32 bits hold, with the most epochs of the most draws.
    pub fn steps_in(&self, epochs: usize) -> u64 {
        epochs as u64 * self.steps_per_epoch() as u64
    }

    /// Steps along whose cosine the learning rate falls; zero for a rate that stays.
    pub fn cosine_steps(&self) -> u64 {
        match self.schedule {
            Schedule::Constant => 0,
            Schedule::Cosine => self.steps_in(self.epochs),
        }
    }

    /// The same with a learning rate that falls along a cosine.
    #[cfg(test)]
    pub(crate) fn along_a_cosine(self) -> Self {
        Self { schedule: Schedule::Cosine, ..self }
    }

    /// Draws in the largest mini-batch: a batch larger than n is one ragged batch.
    pub fn largest_batch(&self) -> usize {
        self.batch.min(self.n)
    }

    /// The recipe of one of its runs alone, counted from the first.
    pub fn of_run(&self, run: usize) -> Self {
        Self { seed: self.seed.wrapping_add(run as u32), seeds: 1, ..self.clone() }
    }

    /// Holds the last of so many seeds, counted up from the recipe's, to what a seed may be.
    pub(crate) fn holds_seeds(&self, seeds: usize) -> Result<(), RecipeError> {
        let last = f64::from(self.seed) + seeds as f64 - 1.0;
        if last > SEED.most() { Err(RecipeError::PastLast { seeds }) } else { Ok(()) }
    }

    /// Holds changes of the learning rate and solutions to the run's epochs and to as many as there may be, the last seed to what a
    /// seed may be, and a run on a layer to GELU.
    fn holds_path(&self) -> Result<(), RecipeError> {
        if !self.rates.are_within(self.epochs, MOST_RATES) {
            return Err(RATES.refused(&self.rates.text()));
        }
        if !self.solve.are_within(self.epochs, MOST_SOLVES) {
            return Err(SOLVE.refused(&self.solve.text()));
        }
        self.holds_seeds(self.seeds)?;
        if !self.layer.is_none() && self.target != Target::Gelu {
            return Err(RecipeError::OtherTarget { target: self.target });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::keys::Kind;
    use super::*;

    fn typed(key: &str, text: &str) -> Result<Recipe, RecipeError> {
        let fields = Recipe::default().fields();
        let others = fields.iter().filter(|(name, _)| *name != key);
        Recipe::parse(others.map(|(name, value)| (*name, value.as_str())).chain([(key, text)]))
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
        let page = include_str!("../../index.html");
        for (key, text) in Recipe::default().fields() {
            let name = format!("name=\"{key}\"");
            let value = format!("value=\"{text}\"");
            let inputs = page.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
            let fields: Vec<&str> = inputs.filter(|input| input.contains(&name)).collect();
            assert_eq!(fields.len(), 1, "{name}");
            assert!(fields[0].contains(&value), "{value} in {}", fields[0]);
        }
    }

    #[test]
    fn every_limit_is_inclusive_and_refuses_the_next_value() {
        for key in KEYS {
            let (Kind::Whole(least, most) | Kind::Real(least, most)) = key.kind else { continue };
            let allowed = |text: String| match typed(key.name, &text) {
                Ok(_) | Err(RecipeError::TooLarge { .. } | RecipeError::TooLong { .. }) => {}
                Err(error) => panic!("{error}"),
            };
            allowed(least.to_string());
            allowed(most.to_string());
            let (below, above) = match key.kind {
                Kind::Whole(..) => (least - 1.0, most + 1.0),
                _ => (least / 2.0, most * 2.0),
            };
            for outside in [below, above] {
                let error = typed(key.name, &outside.to_string()).expect_err("outside");
                assert!(matches!(error, RecipeError::OutOfRange { .. }), "{error}");
                assert_eq!(error.key(), key.name);
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
        assert_eq!(refusal("d", ""), "d is empty: it must be a whole number from 1 to 257");
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
    fn what_leaves_the_notebooks_path_may_be_left_out_and_is_read_strictly() {
        let with = |pairs: &[(&'static str, &'static str)]| {
            let mut fields = Recipe { epochs: 30, ..Recipe::default() }.fields();
            fields.extend(pairs.iter().map(|(key, text)| (*key, (*text).to_owned())));
            Recipe::parse(fields.iter().map(|(key, text)| (*key, text.as_str())))
        };
        let off = with(&[
            ("fresh", "0"),
            ("schedule", "constant"),
            ("rates", ""),
            ("solve", ""),
            ("seeds", "1"),
        ]);
        assert_eq!(off, with(&[]));
        assert_eq!(off.expect("a recipe").fields().len(), 8);
        let pairs = [
            ("fresh", "1"),
            ("schedule", "cosine"),
            ("rates", "10:0.0005,20:0.0001"),
            ("solve", "0:64,30:131072"),
        ];
        let on = with(&pairs).expect("a recipe");
        assert!(on.fresh && on.schedule == Schedule::Cosine);
        assert_eq!(on.rates.0, [(10, 5e-4), (20, 1e-4)]);
        assert_eq!(on.solve.0, [(0, 64.0), (30, 131_072.0)]);
        assert_eq!(
            on.fields()[8..].iter().map(|(k, t)| (*k, t.as_str())).collect::<Vec<_>>(),
            pairs
        );
        let refusal = |key, text| with(&[(key, text)]).expect_err(text);
        assert_eq!(
            refusal("fresh", "yes").to_string(),
            "fresh = “yes” is not possible: it must be 0 or 1"
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
            ("solve", "30"),
            ("solve", "31:64"),
            ("solve", "30:0"),
            ("solve", "30:1.5"),
            ("solve", "30:1048577"),
            ("solve", "3:64,3:64"),
            ("solve", "0:64,0:64"),
        ] {
            assert_eq!(refusal(key, text).key(), key, "{text}");
        }
        let twice = with(&[("fresh", "1"), ("fresh", "1")]).expect_err("twice");
        assert_eq!(twice.to_string(), "fresh is given more than once");
    }
}
