//! The one validator: what the keys may be, and what the memory allows. Nothing is allocated before.

use super::solve;
use crate::recipe::keys::{N, SOLVE};
use crate::recipe::{BUFFER_LIMIT, MEMORY_LIMIT, Recipe, RecipeError};

impl Recipe {
    /// Reads a recipe from `(key, text)` pairs in any order, each key of [`KEYS`](crate::recipe::KEYS) at most once; those
    /// that came with a later version of links than the first may be left out.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, as a [`RecipeError`].
    pub fn parse<'a>(
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, RecipeError> {
        let recipe = Self::read(fields)?;
        recipe.fits_in_memory()?;
        Ok(recipe)
    }

    /// Holds a recipe that was made in code to the same limits as one that was read.
    ///
    /// # Errors
    ///
    /// As [`Recipe::parse`].
    pub fn validate(&self) -> Result<(), RecipeError> {
        self.holds_values()?;
        self.fits_in_memory()
    }

    fn fits_in_memory(&self) -> Result<(), RecipeError> {
        let (n, d) = (self.n, self.d);
        let (bytes, buffer) = (self.memory(), self.largest_buffer());
        if bytes > MEMORY_LIMIT {
            return Err(RecipeError::TooLarge { key: N, n, d, bytes });
        }
        if buffer > BUFFER_LIMIT {
            return Err(RecipeError::TooLong { n, d, bytes: buffer });
        }
        let (seeds, bytes) = (self.seeds, self.kept_bytes());
        if bytes > MEMORY_LIMIT {
            return Err(RecipeError::TooMany { seeds, bytes });
        }
        for (_, draws) in &self.solve.0 {
            let n = *draws as usize;
            let bytes = solve::memory(self, n);
            if bytes > MEMORY_LIMIT {
                return Err(RecipeError::TooLarge { key: SOLVE, n, d, bytes });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::path::Solves;

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
    fn more_runs_than_can_be_kept_are_refused_before_any_begins() {
        let recipe = |hidden, seeds| Recipe { hidden, seeds, ..Recipe::default() };
        assert_eq!(recipe(64, 1024).validate(), Ok(()));
        assert_eq!(recipe(1024, 1).validate(), Ok(()));
        let error = recipe(1024, 1024).validate().expect_err("480 MB of checkpoints");
        assert_eq!(error.key(), "seeds");
        assert!(error.to_string().starts_with("the runs of 1024 seeds keep about 45"), "{error}");
        let last = Recipe { seed: u32::MAX, seeds: 2, ..Recipe::default() };
        let error = last.validate().expect_err("there is no such seed");
        assert_eq!(error.key(), "seeds");
        assert!(error.to_string().starts_with("seeds = 2 go past the last seed"), "{error}");
    }

    #[test]
    fn more_than_can_be_solved_for_is_refused_before_the_run_begins() {
        let recipe = |hidden, draws: usize| Recipe {
            hidden,
            solve: Solves(vec![(3, 64.0), (5, draws as f64)]),
            ..Recipe::default()
        };
        assert_eq!(recipe(64, Solves::MOST_DRAWS).validate(), Ok(()));
        let error = recipe(64, Solves::MOST_DRAWS + 1).validate().expect_err("too many");
        assert_eq!(error.key(), "solve");
        let error = recipe(1024, Solves::MOST_DRAWS).validate().expect_err("593 MiB of features");
        assert!(
            error.to_string().starts_with("solve = 131072 draws at d = 2 need about 59"),
            "{error}"
        );
        assert!(error.to_string().ends_with(": lower solve or hidden"), "{error}");
    }

    #[test]
    fn no_accepted_recipe_has_a_buffer_that_webgpu_need_not_bind() {
        for d in (1..=64).chain([65, 128, 200, 257]) {
            let small = |n| Recipe { d, m: 1, hidden: 1, n, batch: 1, ..Recipe::default() };
            let accepted = |n: &usize| small(*n).validate().is_ok();
            // From the largest n down to the first that is accepted, in steps of a thousandth.
            let largest =
                (1..=1 << 20).rev().step_by(1 << 10).chain((1..1 << 10).rev()).find(accepted);
            let n = largest.expect("a few draws are always accepted");
            assert!(4 * d * d * n <= 128 << 20, "d = {d}, n = {n}");
        }
    }
}
