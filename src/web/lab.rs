//! The lab: floors, the Taylor baseline, the closed form, the error over many draws.

use js_sys::{Array, Error, Float64Array, Object, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::data;
use crate::format::safetensors::{self as file, WeightsFile};
use crate::lab::population::{Estimate, Population};
use crate::lab::solve::{Solution, Solve};
use crate::lab::taylor::{Fit, TOY, TOY_TERMS, Taylor, TaylorEvaluation, Toy};
use crate::model::layout::Layout;
use crate::recipe::Recipe;

use super::{keyed_error, read_recipe, recipe_object, set};

/// The lowest population MSE of width 0, 1, … `most`: NaN where double precision has no digits of it (d = 1, m > 24).
///
/// # Errors
///
/// An `Error` whose `key` is d or m, where no recipe has such a one.
#[wasm_bindgen]
pub fn floors(d: usize, most: usize) -> Result<Float64Array, JsValue> {
    let floors =
        crate::lab::floor::floors(d, most).map_err(|error| keyed_error(&error, error.key()))?;
    Ok(Float64Array::from(floors.as_slice()))
}

/// The sister notebook's toy case:
/// `{ d, terms, W, x, wx, taylor, product, geluTanh, rmseTanh, rmseProduct, features, monomials }`.
#[wasm_bindgen(js_name = taylorToy)]
pub fn taylor_toy() -> Object {
    let toy = Toy::compute();
    let object = Object::new();
    set(&object, "d", TOY.1.len() as f64);
    set(&object, "terms", TOY_TERMS as f64);
    set(&object, "W", numbers(&TOY.0));
    set(&object, "x", numbers(&TOY.1));
    set(&object, "wx", numbers(&toy.wx));
    set(&object, "taylor", numbers(&toy.taylor));
    set(&object, "product", numbers(&toy.product));
    set(&object, "geluTanh", numbers(&toy.gelu_tanh));
    set(&object, "rmseTanh", toy.rmse_tanh);
    set(&object, "rmseProduct", toy.rmse_product);
    set(&object, "features", toy.features);
    set(&object, "monomials", toy.monomials);
    object
}

/// The series with so many terms in d dimensions, and the best that its powers could do:
/// `{ d, terms, features, monomials, powers, coefficients, fitted, largest, population, held }`.
///
/// `largest` holds `{ r, error }` for [−r, r]; `population` `{ taylor, best }`, two MSEs; `held` the same two over the
/// first `draws` held-out draws of the seed, with `draws`, and the series' `largest` and `median` error there.
///
/// # Errors
///
/// When there are no terms or too many, or no recipe has this d.
#[wasm_bindgen]
pub fn taylor(d: usize, terms: usize, seed: u32, draws: usize) -> Result<Object, JsValue> {
    let taylor = series(d, terms)?;
    let fit = Fit::of(&taylor, d);
    let object = Object::new();
    set(&object, "d", d as f64);
    set(&object, "terms", terms as f64);
    set(&object, "features", taylor.kronecker_features(d));
    set(&object, "monomials", taylor.monomials(d));
    let (powers, coefficients): (Vec<f64>, Vec<f64>) =
        taylor.powers().map(|(power, coefficient)| (power as f64, coefficient)).unzip();
    set(&object, "powers", numbers(&powers));
    set(&object, "coefficients", numbers(&coefficients));
    set(&object, "fitted", numbers(&[&[0.5], fit.even.as_slice()].concat()));
    let largest = [1.0, 3.0, 5.0, 7.0].map(|r| {
        let entry = Object::new();
        set(&entry, "r", r);
        set(&entry, "error", taylor.largest_error(r));
        entry
    });
    set(&object, "largest", largest.iter().collect::<Array>());
    let population = Object::new();
    set(&population, "taylor", fit.taylor);
    set(&population, "best", fit.best);
    set(&object, "population", population);
    let held = TaylorEvaluation::of(&taylor, &fit, d, seed, draws);
    let on_draws = Object::new();
    set(&on_draws, "draws", held.draws as f64);
    set(&on_draws, "taylor", held.taylor);
    set(&on_draws, "best", held.best);
    set(&on_draws, "largest", held.largest);
    set(&on_draws, "median", held.median);
    set(&object, "held", on_draws);
    Ok(object)
}

/// The series, the fit of its powers and GELU at some z: `{ taylor, fitted, gelu }`.
///
/// # Errors
///
/// As [`taylor`].
#[wasm_bindgen(js_name = taylorCurves)]
pub fn taylor_curves(d: usize, terms: usize, z: &[f64]) -> Result<Object, JsValue> {
    let taylor = series(d, terms)?;
    let fit = Fit::of(&taylor, d);
    let curve = |at: &dyn Fn(f64) -> f64| {
        Float64Array::from(z.iter().map(|z| at(*z)).collect::<Vec<f64>>().as_slice())
    };
    let object = Object::new();
    set(&object, "taylor", curve(&|z| taylor.at(z)));
    set(&object, "fitted", curve(&|z| fit.at(z)));
    set(&object, "gelu", curve(&data::gelu));
    Ok(object)
}

/// The last layers in closed form. Works when it is asked to, a bounded piece at a time.
#[wasm_bindgen(js_name = Solve)]
pub struct WebSolve(Solve);

#[wasm_bindgen(js_class = Solve)]
impl WebSolve {
    /// Begins for a recipe as typed, on the first `draws` draws of its seed's data. Hidden layers are the seed's initial
    /// ones, or those of a `.safetensors` file, whose d, m and hidden take the place of the recipe's.
    ///
    /// # Errors
    ///
    /// When the recipe or the file is refused, or there are too many draws.
    pub fn open(
        fields: &JsValue,
        bytes: Option<Vec<u8>>,
        draws: usize,
    ) -> Result<WebSolve, JsValue> {
        let recipe = read_recipe(fields)?;
        let solve = match bytes {
            None => Solve::open(recipe, None, draws),
            Some(bytes) => {
                let WeightsFile { layout: Layout { d, m, hidden }, weights, .. } = read(&bytes)?;
                Solve::open(Recipe { d, m, hidden, ..recipe }, Some(weights), draws)
            }
        };
        Ok(Self(solve.map_err(|error| keyed_error(&error, error.key()))?))
    }

    /// Works on up to `blocks` blocks, or one of the longer steps at the end. Returns how much of the whole is done, 1
    /// at the end.
    pub fn advance(&mut self, blocks: usize) -> f64 {
        self.0.advance(blocks)
    }

    /// What was found:
    /// `{ file, recipe, draws, rows, rank, ridges, mse, singularValues }`, the file being the networks'.
    ///
    /// # Errors
    ///
    /// Before everything is done, or when there is no solution in finite numbers.
    pub fn finish(&self) -> Result<Object, JsValue> {
        let solution = self.0.solution().ok_or_else(|| Error::new("The solution is not done."))?;
        if let Some((name, value)) = solution.weights.not_finite() {
            return Err(Error::new(&format!("{name} came out as {value}")).into());
        }
        Ok(solution_object(self.0.recipe(), solution))
    }
}

/// The error of networks over many fresh draws. Works when it is asked to, a bounded piece at a time.
#[wasm_bindgen(js_name = Population)]
pub struct WebPopulation(Population);

#[wasm_bindgen(js_class = Population)]
impl WebPopulation {
    /// Begins for the networks in a `.safetensors` file.
    ///
    /// # Errors
    ///
    /// When the file is refused, or there are no draws or too many.
    pub fn open(bytes: &[u8], seed: u32, draws: usize) -> Result<WebPopulation, JsValue> {
        let WeightsFile { layout, weights, .. } = read(bytes)?;
        let population = Population::open(layout, &weights, seed, draws);
        Ok(Self(population.map_err(|error| Error::new(&error.to_string()))?))
    }

    /// Takes up to `blocks` blocks of draws. Returns how much of the whole is done, 1 at the end.
    pub fn advance(&mut self, blocks: usize) -> f64 {
        self.0.advance(blocks)
    }

    /// `{ draws, mse, standardError }`.
    ///
    /// # Errors
    ///
    /// Before every draw is taken.
    pub fn finish(&self) -> Result<Object, JsValue> {
        let estimate = self.0.estimate().ok_or_else(|| Error::new("The estimate is not done."))?;
        let Estimate { draws, mse, standard_error } = estimate;
        let object = Object::new();
        set(&object, "draws", draws as f64);
        set(&object, "mse", mse);
        set(&object, "standardError", standard_error);
        Ok(object)
    }
}

fn series(d: usize, terms: usize) -> Result<Taylor, JsValue> {
    // The floor has the sentence for a d that no recipe has.
    crate::lab::floor::hold("d", d).map_err(|error| keyed_error(&error, error.key()))?;
    Ok(Taylor::new(terms).map_err(|error| Error::new(&error.to_string()))?)
}

fn read(bytes: &[u8]) -> Result<WeightsFile, JsValue> {
    Ok(file::read(bytes).map_err(|error| Error::new(&error.to_string()))?)
}

fn solution_object(recipe: &Recipe, solution: &Solution) -> Object {
    let Solution { weights, draws, rows, rank, ridges, mse, singular_values } = solution;
    let notes = [("solved_over", format!("{draws} draws of x and {rows} rows of W"))];
    let bytes = file::write(weights, recipe, &notes);
    let object = Object::new();
    set(&object, "file", Uint8Array::from(bytes.as_slice()));
    set(&object, "recipe", recipe_object(recipe));
    set(&object, "draws", *draws as f64);
    set(&object, "rows", *rows as f64);
    set(&object, "rank", *rank as f64);
    set(&object, "ridges", numbers(ridges));
    set(&object, "mse", *mse);
    set(&object, "singularValues", numbers(singular_values));
    object
}

fn numbers(values: &[f64]) -> Array {
    values.iter().map(|value| JsValue::from(*value)).collect()
}
