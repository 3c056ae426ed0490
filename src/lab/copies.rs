//! Independent copies of each method at one w and x: what each gives, so that bias and variance can be told apart.
//!
//! A copy of random features is another draw of all of them, of the recipe's width; a copy of the closed form is another seed's hidden
//! layers and draws. Their mean goes to the truth where a method is unbiased, and past it where it is not; nothing of a series is drawn.

use nalgebra::DMatrix;

use super::layer::outputs;
use super::solve::{Solve, SolveError};
use super::taylor::{MOST_TERMS, Taylor};
use super::unbiased::{Estimator, Method, line_width};
use crate::data::source::Source;
use crate::data::{Draws, Stream};
use crate::recipe::Recipe;

/// Copies of random features.
const DRAWN: usize = 256;

/// Copies of the closed form, each from a seed of its own.
const SOLVED: usize = 24;

/// What the copies of a method give.
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    /// Which method.
    pub name: &'static str,
    /// The features that one of them has.
    pub m: f64,
    /// What each gives; one number where nothing is drawn, and none where the method does not apply.
    pub values: Vec<f64>,
    /// Why it does not apply; empty where it does.
    pub reason: String,
}

impl Copy {
    fn told(name: &'static str, m: f64, values: Vec<f64>) -> Self {
        Self { name, m, values, reason: String::new() }
    }

    fn untold(name: &'static str, reason: &impl ToString) -> Self {
        Self { name, m: 0.0, values: vec![], reason: reason.to_string() }
    }
}

/// Copies under way. Works when it is asked to, a piece at a time.
pub struct Copies {
    recipe: Recipe,
    w: Vec<f64>,
    x: Vec<f64>,
    solve: Option<Solve>,
    solved: Vec<f64>,
    found: Vec<Copy>,
}

impl Copies {
    /// Begins for a recipe's target and sizes, at one row w of W and one x, `[d]` each.
    ///
    /// # Errors
    ///
    /// When the closed form has no room.
    pub fn open(recipe: Recipe, w: Vec<f64>, x: Vec<f64>) -> Result<Self, SolveError> {
        let solve = Some(Solve::open(recipe.clone(), &Source::Normal, None, recipe.n)?);
        let mut copies = Self { recipe, w, x, solve, solved: vec![], found: vec![] };
        copies.found =
            vec![copies.series(), copies.random(Method::Maclaurin), copies.random(Method::Fourier)];
        Ok(copies)
    }

    /// w·x.
    pub fn z(&self) -> f64 {
        self.w.iter().zip(&self.x).map(|(w, x)| w * x).sum()
    }

    /// Works on up to `blocks` blocks of a solution. Returns how much of the whole is done, 1 at the end.
    pub fn advance(&mut self, blocks: usize) -> f64 {
        let Some(solve) = &mut self.solve else { return 1.0 };
        let share = solve.advance(blocks);
        if let Some(solution) = solve.solution() {
            let of = |v: &[f64], mlp| outputs(&DMatrix::from_row_slice(1, v.len(), v), mlp);
            let weights = &solution.weights;
            self.solved.push(of(&self.w, &weights.phi).dot(&of(&self.x, &weights.psi)));
            let done = self.solved.len();
            let seed = self.recipe.seed.wrapping_add(done as u32);
            let recipe = Recipe { seed, ..self.recipe.clone() };
            // What one had room for the next one has too.
            let next = || Solve::open(recipe.clone(), &Source::Normal, None, recipe.n).ok();
            self.solve = if done < SOLVED { next() } else { None };
            if self.solve.is_none() {
                let values = std::mem::take(&mut self.solved);
                let m = self.recipe.m as f64;
                self.found.push(Copy::told("solve", m, values));
                return 1.0;
            }
            return done as f64 / SOLVED as f64;
        }
        (self.solved.len() as f64 + share.min(0.99)) / SOLVED as f64
    }

    /// What was found, once everything is done.
    pub fn found(&self) -> Option<&[Copy]> {
        self.solve.is_none().then_some(&self.found)
    }

    fn series(&self) -> Copy {
        // As many terms as there is room for; one where there is none.
        let Recipe { target, d, m, .. } = self.recipe;
        let fits = |terms: &usize| {
            Taylor::new(target, *terms).is_ok_and(|series| series.monomials(d) <= m as f64)
        };
        let terms = (1..=MOST_TERMS).take_while(fits).last().unwrap_or(1);
        match Taylor::new(target, terms) {
            Ok(series) => Copy::told("series", series.monomials(d), vec![series.at(self.z())]),
            Err(error) => Copy::untold("series", &error),
        }
    }

    fn random(&self, method: Method) -> Copy {
        let Recipe { target, d, m, seed, .. } = self.recipe;
        let name = method.name();
        let estimator = match Estimator::new(target, method) {
            Ok(estimator) => estimator,
            Err(error) => return Copy::untold(name, &error),
        };
        let line = line_width(target, d);
        let draws = (m.saturating_sub(line) / estimator.width()).max(1);
        let mut stream = Draws::new(seed, Stream::Demo, u32::MAX - 8 - method as u32);
        let linear = target.slope() * self.z();
        let mut copy = || {
            let values = (0..draws).map(|_| estimator.draw(d, &mut stream).at(&self.w, &self.x));
            linear + values.sum::<f64>() / draws as f64
        };
        let values = (0..DRAWN).map(|_| copy()).collect();
        let m = (line + draws * estimator.width()) as f64;
        Copy::told(name, m, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Target;

    fn all(recipe: &Recipe, w: &[f64], x: &[f64]) -> Vec<Copy> {
        let mut copies = Copies::open(recipe.clone(), w.to_vec(), x.to_vec()).expect("room");
        let mut last = -1.0;
        while last < 1.0 {
            assert!(copies.found().is_none());
            let done = copies.advance(1000);
            assert!(done > last, "{last} and then {done}");
            last = done;
        }
        copies.found().expect("done").to_vec()
    }

    #[test]
    fn the_mean_of_unbiased_copies_is_the_truth_and_that_of_the_series_is_not() {
        let recipe = Recipe { n: 64, hidden: 8, ..Recipe::default() };
        let (w, x) = ([0.9, -0.3], [1.1, 0.6]);
        let found = all(&recipe, &w, &x);
        let z = 0.9 * 1.1 - 0.3 * 0.6;
        let truth = Target::Gelu.at(z);
        for Copy { name, m, values, reason } in &found {
            assert!(reason.is_empty() && *m > 0.0, "{name}");
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let variance =
                values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
            let error = (variance / count).sqrt();
            match *name {
                "series" => {
                    assert!(values.len() == 1 && *m <= 16.0);
                    assert!((mean - truth).abs() < 0.01 && mean != truth, "{mean}");
                }
                "solve" => assert!(values.len() == SOLVED && variance > 0.0),
                _ => {
                    assert!((mean - truth).abs() < 4.0 * error, "{name}: {mean} ± {error}, {truth}")
                }
            }
        }
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn one_copy_of_the_closed_form_is_that_of_the_recipes_seed() {
        let recipe = Recipe { n: 64, hidden: 8, ..Recipe::default() };
        let (w, x) = ([0.5, 0.25], [1.0, -1.0]);
        let mut solve = Solve::open(recipe.clone(), &Source::Normal, None, recipe.n).expect("room");
        while solve.advance(1000) < 1.0 {}
        let weights = &solve.solution().expect("done").weights;
        let single = |v: &[f64]| v.iter().map(|v| *v as f32).collect::<Vec<_>>();
        let layout = crate::model::layout::Layout::of(&recipe);
        let (row, x32) = (single(&w), single(&x));
        let y = crate::kernel::predict(
            &layout.pack(weights),
            &[row.clone(), row].concat(),
            &x32,
            layout,
        );
        let found = all(&recipe, &w, &x);
        let solved = found.iter().find(|copy| copy.name == "solve").expect("a method");
        assert!(
            (solved.values[0] - f64::from(y[0])).abs() < 1e-4,
            "{} and {}",
            solved.values[0],
            y[0]
        );
    }
}
