//! The lab: floors, the Taylor baseline, the closed form, the error over many draws.

use std::sync::Arc;

use js_sys::{Array, Error, Float32Array, Float64Array, Object, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::data::layer::Layer;
use crate::data::source::Source;
use crate::format::safetensors::{self as file, WeightsFile};
use crate::lab::atlas::Atlas;
use crate::lab::copies::{Copies, Copy};
use crate::lab::floor::Ball;
use crate::lab::layer::{Errors, Head, Part, Replaced, Replacement};
use crate::lab::methods::{Course, Methods};
use crate::lab::population::{Estimate, Population};
use crate::lab::solve::{Solution, Solve};
use crate::lab::taylor::{Fit, Plain, TOY, TOY_TERMS, Taylor, TaylorEvaluation, Toy, WIDEST};
use crate::model::layout::Layout;
use crate::model::weights::{LinearWeights, MlpWeights, Weights};
use crate::recipe::{Key, Recipe, Target};

use super::layer::{LayerNumbers, held, layer_of};
use super::{keyed_error, read_recipe, recipe_object, set};

/// A target's lowest population MSE of width 0, 1, … `most`: NaN where double precision has no digits of it (GELU's at d = 1, m > 24).
///
/// # Errors
///
/// An `Error` whose `key` is target, d or m, where no recipe has such a one.
#[wasm_bindgen]
pub fn floors(d: usize, most: usize, target: Option<String>) -> Result<Float64Array, JsValue> {
    let floors = crate::lab::floor::floors(named(target)?, d, most)
        .map_err(|error| keyed_error(&error, error.key()))?;
    Ok(Float64Array::from(floors.as_slice()))
}

/// The floors of a target at every width up to a million, of w·x times a scale.
///
/// # Errors
///
/// An `Error` whose `key` is target, d or scale.
#[wasm_bindgen(unchecked_return_type = "Atlas")]
pub fn atlas(d: usize, scale: f64, target: Option<String>) -> Result<Object, JsValue> {
    let atlas =
        Atlas::of(named(target)?, scale, d).map_err(|error| keyed_error(&error, error.key()))?;
    Ok(atlas_object(&atlas))
}

crossing! {
    /// The mean square of a target, the share of it that the best multiple of w·x has, and the floors at the widths where a group of equal
    /// singular values ends, from 0 on; NaN where double precision has no digits of it.
    fn atlas_object(atlas: &Atlas) -> "Atlas" {
        all ": number" = atlas.all,
        linear ": number" = atlas.linear,
        widths ": Float64Array" = Float64Array::from(atlas.widths.as_slice()),
        floors ": Float64Array" = Float64Array::from(atlas.floors.as_slice()),
    }
}

/// Every method on the same w and x, by width. Works when it is asked to, a piece at a time.
#[wasm_bindgen(js_name = Methods)]
pub struct WebMethods(Methods);

#[wasm_bindgen(js_class = Methods)]
impl WebMethods {
    /// Begins for a recipe as typed; w and x are no longer than `radius`, which may be infinite. The networks of runs are those of
    /// `.safetensors` files, of any width.
    ///
    /// # Errors
    ///
    /// When the recipe, the file or the radius is refused.
    pub fn open(
        #[wasm_bindgen(unchecked_param_type = "Fields")] fields: &JsValue,
        radius: f64,
        files: Vec<Uint8Array>,
    ) -> Result<WebMethods, JsValue> {
        let recipe = standard(fields)?;
        if radius.is_nan() || radius <= 0.0 {
            let told =
                format!("radius = {radius} is no length: it must be a number above 0, or infinite");
            return Err(keyed_error(&told, "radius"));
        }
        let mut trained = vec![];
        for file in &files {
            let WeightsFile { layout, weights, .. } = read(&file.to_vec())?;
            if layout.d != recipe.d {
                let told = format!(
                    "the networks of a file are for d = {}, and not {}",
                    layout.d, recipe.d
                );
                return Err(keyed_error(&told, "d"));
            }
            trained.push(weights);
        }
        let methods = Methods::open(recipe, radius, trained);
        Ok(Self(methods.map_err(|error| keyed_error(&error, error.key()))?))
    }

    /// Does the next piece, however many blocks are asked for. Returns how much of the whole is done, 1 at the end.
    pub fn advance(&mut self, _blocks: usize) -> f64 {
        self.0.advance()
    }

    /// What was found.
    ///
    /// # Errors
    ///
    /// Before everything is done.
    #[wasm_bindgen(unchecked_return_type = "MethodCourses")]
    pub fn finish(&self) -> Result<Object, JsValue> {
        let found = self.0.found().ok_or_else(|| Error::new("The methods are not done."))?;
        Ok(courses_object(found))
    }
}

crossing! {
    /// Every method's errors by width.
    fn courses_object(courses: &[Course]) -> "MethodCourses" {
        courses ": MethodCourse[]" = courses.iter().map(course_object).collect::<Array>(),
    }
}

crossing! {
    /// A method's widths, mean squared errors and their standard errors (0 where nothing is drawn); whether its variance over these w and x
    /// is finite; and, where it has none, why.
    fn course_object(course: &Course) -> "MethodCourse" {
        name ": string" = course.name,
        m ": number[]" = numbers(&course.points.iter().map(|point| point.m).collect::<Vec<_>>()),
        mse ": number[]" = numbers(&course.points.iter().map(|point| point.mse).collect::<Vec<_>>()),
        standardError ": number[]" = numbers(&course.points.iter().map(|point| point.standard_error).collect::<Vec<_>>()),
        finite ": boolean" = course.finite,
        reason ": string" = course.reason.as_str(),
    }
}

/// Independent copies of each method at one w and x. Works when it is asked to, a piece at a time.
#[wasm_bindgen(js_name = Copies)]
pub struct WebCopies(Copies);

#[wasm_bindgen(js_class = Copies)]
impl WebCopies {
    /// Begins for a recipe as typed, at one row w of W and one x, of d numbers each.
    ///
    /// # Errors
    ///
    /// When the recipe is refused, or w or x has another length.
    pub fn open(
        #[wasm_bindgen(unchecked_param_type = "Fields")] fields: &JsValue,
        w: Vec<f64>,
        x: Vec<f64>,
    ) -> Result<WebCopies, JsValue> {
        let recipe = standard(fields)?;
        if w.len() != recipe.d || x.len() != recipe.d {
            return Err(Error::new(&format!("w and x must have {} numbers each", recipe.d)).into());
        }
        if w.iter().chain(&x).any(|value| !value.is_finite()) {
            return Err(Error::new("w and x must be finite numbers").into());
        }
        let copies = Copies::open(recipe, w, x);
        Ok(Self(copies.map_err(|error| keyed_error(&error, error.key()))?))
    }

    /// Works on up to `blocks` blocks. Returns how much of the whole is done, 1 at the end.
    pub fn advance(&mut self, blocks: usize) -> f64 {
        self.0.advance(blocks)
    }

    /// What was found.
    ///
    /// # Errors
    ///
    /// Before everything is done.
    #[wasm_bindgen(unchecked_return_type = "MethodCopies")]
    pub fn finish(&self) -> Result<Object, JsValue> {
        let found = self.0.found().ok_or_else(|| Error::new("The copies are not done."))?;
        Ok(copies_object(self.0.z(), found))
    }
}

crossing! {
    /// z = w·x, and the copies of each method.
    fn copies_object(z: f64, copies: &[Copy]) -> "MethodCopies" {
        z ": number" = z,
        copies ": MethodCopy[]" = copies.iter().map(copy_object).collect::<Array>(),
    }
}

crossing! {
    /// The width of one copy and what each gives: one number where nothing is drawn; where the method does not apply none, and why.
    fn copy_object(copy: &Copy) -> "MethodCopy" {
        name ": string" = copy.name,
        m ": number" = copy.m,
        values ": number[]" = numbers(&copy.values),
        reason ": string" = copy.reason.as_str(),
    }
}

/// A recipe as typed whose draws are standard normal.
fn standard(fields: &JsValue) -> Result<Recipe, JsValue> {
    let recipe = read_recipe(fields)?;
    if recipe.d > WIDEST {
        let told = format!("the methods are shown up to d = {WIDEST}, and not at d = {}", recipe.d);
        return Err(keyed_error(&told, "d"));
    }
    if !recipe.layer.is_none() {
        return Err(keyed_error(
            &"the methods are shown for normal draws, and not for a layer’s",
            "layer",
        ));
    }
    Ok(recipe)
}

/// The sister notebook's toy case.
#[wasm_bindgen(js_name = taylorToy, unchecked_return_type = "TaylorToy")]
pub fn taylor_toy() -> Object {
    toy_object(&Toy::compute())
}

crossing! {
    /// The sister notebook's toy case, W row by row: its series against φ·ψ by Kronecker features and against GELU_tanh.
    fn toy_object(toy: &Toy) -> "TaylorToy" {
        d ": number" = TOY.1.len() as f64,
        terms ": number" = TOY_TERMS as f64,
        W ": number[]" = numbers(&TOY.0),
        x ": number[]" = numbers(&TOY.1),
        wx ": number[]" = numbers(&toy.wx),
        taylor ": number[]" = numbers(&toy.taylor),
        product ": number[]" = numbers(&toy.product),
        geluTanh ": number[]" = numbers(&toy.gelu_tanh),
        rmseTanh ": number" = toy.rmse_tanh,
        rmseProduct ": number" = toy.rmse_product,
        features ": number" = toy.features,
        monomials ": number" = toy.monomials,
    }
}

/// The series with so many terms in d dimensions, and the best that its powers could do, in the population and over the first `draws`
/// held-out draws of the seed.
///
/// # Errors
///
/// When there are no terms or too many, or no recipe has this target or this d, or the target has no series.
#[wasm_bindgen(unchecked_return_type = "Taylor")]
pub fn taylor(
    d: usize,
    terms: usize,
    seed: u32,
    draws: usize,
    target: Option<String>,
) -> Result<Object, JsValue> {
    let taylor = series(d, terms, target)?;
    let fit = Fit::of(&taylor, Ball::whole(d));
    let plain = Plain::of(taylor.target(), Ball::whole(d));
    let held = TaylorEvaluation::of(&taylor, &fit, &plain, d, seed, draws);
    Ok(taylor_object(&taylor, &fit, &plain, &held, [d, terms]))
}

crossing! {
    /// A Taylor series and the least-squares fit of the same powers (`best`, `fitted`): Kronecker features (beyond 2⁵³ a
    /// rounded number) and distinct monomials among them, the coefficients of the powers by the series and the best ones over
    /// w, x ~ N(0, I), the series' largest error on [−r, r], population MSEs, and MSEs on the seed's held-out draws with the series' largest and
    /// median error there.
    fn taylor_object(taylor: &Taylor, fit: &Fit, plain: &Plain, held: &TaylorEvaluation, sizes: [usize; 2]) -> "Taylor" {
        d ": number" = sizes[0] as f64,
        terms ": number" = sizes[1] as f64,
        features ": number" = taylor.kronecker_features(sizes[0]),
        monomials ": number" = taylor.monomials(sizes[0]),
        powers ": number[]" = numbers(&taylor.powers().iter().map(|(power, _)| *power as f64).collect::<Vec<_>>()),
        coefficients ": number[]" = numbers(&taylor.powers().iter().map(|(_, coefficient)| *coefficient).collect::<Vec<_>>()),
        fitted ": number[]" = numbers(&taylor.with_slope(&fit.bend).iter().map(|(_, coefficient)| *coefficient).collect::<Vec<_>>()),
        largest ": LargestError[]" = largest(taylor),
        population ": PopulationErrors" = population_object(fit, plain),
        held ": HeldTaylor" = held_object(held),
    }
}

fn largest(taylor: &Taylor) -> Array {
    [1.0, 3.0, 5.0, 7.0].iter().map(|r| largest_object(taylor, *r)).collect()
}

crossing! {
    /// The series' largest error on [−r, r].
    fn largest_object(taylor: &Taylor, r: f64) -> "LargestError" {
        r ": number" = r,
        error ": number" = taylor.largest_error(r),
    }
}

crossing! {
    /// Population MSEs of the series, of the best fit of its powers, and of the best multiple of z with a constant and with a multiple of |w||x|; and the target's mean.
    fn population_object(fit: &Fit, plain: &Plain) -> "PopulationErrors" {
        taylor ": number" = fit.taylor,
        best ": number" = fit.best,
        constant ": number" = plain.constant,
        norms ": number" = plain.norms,
        mean ": number" = plain.shift,
    }
}

crossing! {
    /// MSEs on a seed's held-out draws, and the series' largest and median error there.
    fn held_object(held: &TaylorEvaluation) -> "HeldTaylor" {
        draws ": number" = held.draws as f64,
        taylor ": number" = held.taylor,
        best ": number" = held.best,
        constant ": number" = held.constant,
        norms ": number" = held.norms,
        largest ": number" = held.largest,
        median ": number" = held.median,
    }
}

/// The series, the fit of its powers and the target at some z: `{ taylor, fitted, target }`.
///
/// # Errors
///
/// As [`taylor`].
#[wasm_bindgen(js_name = taylorCurves, unchecked_return_type = "TaylorCurves")]
pub fn taylor_curves(
    d: usize,
    terms: usize,
    z: &[f64],
    target: Option<String>,
) -> Result<Object, JsValue> {
    let taylor = series(d, terms, target)?;
    let fit = Fit::of(&taylor, Ball::whole(d));
    Ok(curves_object(&taylor, &fit, z))
}

crossing! {
    /// The series, the fit of its powers, and the target at some z.
    fn curves_object(taylor: &Taylor, fit: &Fit, z: &[f64]) -> "TaylorCurves" {
        taylor ": Float64Array" = curve(z, &|z| taylor.at(z)),
        fitted ": Float64Array" = curve(z, &|z| fit.at(taylor, z)),
        target ": Float64Array" = curve(z, &|z| taylor.target().at(z)),
    }
}

fn curve(z: &[f64], at: &dyn Fn(f64) -> f64) -> Float64Array {
    Float64Array::from(z.iter().map(|z| at(*z)).collect::<Vec<f64>>().as_slice())
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
        #[wasm_bindgen(unchecked_param_type = "Fields")] fields: &JsValue,
        bytes: Option<Vec<u8>>,
        draws: usize,
    ) -> Result<WebSolve, JsValue> {
        let recipe = read_recipe(fields)?;
        let (recipe, weights) = match bytes {
            None => (recipe, None),
            Some(bytes) => {
                let WeightsFile { layout: Layout { d, m, hidden }, weights, .. } = read(&bytes)?;
                (Recipe { d, m, hidden, ..recipe }, Some(weights))
            }
        };
        let solve = Solve::open(recipe.clone(), &source(&recipe)?, weights, draws);
        Ok(Self(solve.map_err(|error| keyed_error(&error, error.key()))?))
    }

    /// Works on up to `blocks` blocks, or one of the longer steps at the end. Returns how much of the whole is done, 1
    /// at the end.
    pub fn advance(&mut self, blocks: usize) -> f64 {
        self.0.advance(blocks)
    }

    /// What was found, as a file of networks and in figures.
    ///
    /// # Errors
    ///
    /// Before everything is done, or when there is no solution in finite numbers.
    #[wasm_bindgen(unchecked_return_type = "Solution")]
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
    /// Begins for the networks in a `.safetensors` file, and what they are to give.
    ///
    /// # Errors
    ///
    /// When the file or the target is refused, or there are no draws or too many.
    pub fn open(
        bytes: &[u8],
        seed: u32,
        draws: usize,
        target: Option<String>,
    ) -> Result<WebPopulation, JsValue> {
        let WeightsFile { layout, weights, .. } = read(bytes)?;
        let population = Population::open(layout, &weights, named(target)?, seed, draws);
        Ok(Self(population.map_err(|error| Error::new(&error.to_string()))?))
    }

    /// Takes up to `blocks` blocks of draws. Returns how much of the whole is done, 1 at the end.
    pub fn advance(&mut self, blocks: usize) -> f64 {
        self.0.advance(blocks)
    }

    /// The estimate from all draws.
    ///
    /// # Errors
    ///
    /// Before every draw is taken.
    #[wasm_bindgen(unchecked_return_type = "Estimate")]
    pub fn finish(&self) -> Result<Object, JsValue> {
        let estimate = self.0.estimate().ok_or_else(|| Error::new("The estimate is not done."))?;
        Ok(estimate_object(estimate))
    }
}

fn source(recipe: &Recipe) -> Result<Source, JsValue> {
    Source::of(recipe, held(recipe)).map_err(|error| keyed_error(&error, error.key()))
}

/// The least mean squared error of width 0, 1, … on the rows and inputs that a recipe's run keeps back of the layer that it names.
///
/// # Errors
///
/// When the recipe is refused or of another width, or the layer is not held.
#[wasm_bindgen(js_name = layerFloors)]
pub fn layer_floors(
    #[wasm_bindgen(unchecked_param_type = "Fields")] fields: &JsValue,
) -> Result<Float64Array, JsValue> {
    let recipe = read_recipe(fields)?;
    let layer = layer(&recipe)?;
    Ok(Float64Array::from(crate::lab::layer::floors(&layer, recipe.seed).as_slice()))
}

fn layer(recipe: &Recipe) -> Result<Arc<Layer>, JsValue> {
    match source(recipe)? {
        Source::Layer(layer) => Ok(layer),
        Source::Normal => Err(Error::new("the recipe names no layer").into()),
    }
}

/// What the networks in a `.safetensors` file make of the layer that a recipe as typed names, by what the recipe's run sees of it.
///
/// # Errors
///
/// When the recipe or the file is refused or of another width, or the layer is not held.
#[wasm_bindgen(js_name = layerErrors, unchecked_return_type = "LayerErrors")]
pub fn layer_errors(
    #[wasm_bindgen(unchecked_param_type = "Fields")] fields: &JsValue,
    bytes: &[u8],
) -> Result<Object, JsValue> {
    let recipe = read_recipe(fields)?;
    let layer = layer(&recipe)?;
    let WeightsFile { layout, weights, .. } = read(bytes)?;
    if layout.d != recipe.d {
        return Err(Error::new("the networks are not as wide as the layer").into());
    }
    Ok(errors_object(&Errors::of(&layer, recipe.seed, &weights)))
}

crossing! {
    /// What networks make of a layer: on rows and inputs that their run trains on (`seen`), on other inputs, and on other rows and inputs (`both`);
    /// and the numbers of those that are kept back.
    fn errors_object(told: &Errors) -> "LayerErrors" {
        seen ": LayerPart" = part_object(&told.seen),
        inputs ": LayerPart" = part_object(&told.inputs),
        both ": LayerPart" = part_object(&told.both),
        keptRows ": Uint32Array" = Uint32Array::from(told.kept_rows.as_slice()),
        keptInputs ": Uint32Array" = Uint32Array::from(told.kept_inputs.as_slice()),
    }
}

crossing! {
    /// Every pair of some rows and some inputs: the mean squared error, its R², that of least squares on the inputs that are trained on, and
    /// the least mean squared error of rank 0, 1, …
    fn part_object(part: &Part) -> "LayerPart" {
        rows ": number" = part.rows as f64,
        inputs ": number" = part.inputs as f64,
        mse ": number" = part.mse,
        r2 ": number" = part.r2,
        linearR2 ": number" = part.linear_r2,
        floor ": Float64Array" = Float64Array::from(part.floor.as_slice()),
    }
}

/// What can be put in the place of a real layer. Works when it is asked to, a step at a time.
#[wasm_bindgen(js_name = Replacement)]
pub struct WebReplacement(Replacement);

#[wasm_bindgen(js_class = Replacement)]
impl WebReplacement {
    /// Begins for a layer, with so many hidden units in Φ and in Ψ.
    ///
    /// # Errors
    ///
    /// When it is no layer, or there is too much of it.
    pub fn open(layer: &LayerNumbers, hidden: usize, seed: u32) -> Result<WebReplacement, JsValue> {
        let head = match (layer.head_weight(), layer.head_bias(), layer.labels()) {
            (Some(weight), Some(bias), Some(labels)) => Some(Head { weight, bias, labels }),
            _ => None,
        };
        let work = Replacement::open(&layer_of(layer, 1.0)?, head, hidden, seed);
        Ok(Self(work.map_err(|error| Error::new(&error.to_string()))?))
    }

    /// Does the next step, however many blocks are asked for. Returns how much of the whole is done, 1 at the end.
    pub fn advance(&mut self, _blocks: usize) -> f64 {
        self.0.advance()
    }

    /// What was found.
    ///
    /// # Errors
    ///
    /// Before everything is done.
    #[wasm_bindgen(unchecked_return_type = "Replaced")]
    pub fn finish(&self) -> Result<Object, JsValue> {
        let found = self.0.found().ok_or_else(|| Error::new("The layer is not done."))?;
        let weights = found.weights.as_ref().ok_or_else(|| Error::new("The layer is not done."))?;
        Ok(replaced_object(found, weights))
    }
}

crossing! {
    /// What can stand in a layer's place, of width 0, 1, … `width`. `kept` are the numbers of the inputs that were kept back, of which
    /// all but `oursSeenR2` is told; accuracies are NaN without a head; `transferSeenR2` and `transferR2` are of three quarters of the rows that
    /// were solved on and of the others. `phi` is Φ of each row, `[rows, width]`; Ψ's layers and Φ's are as PyTorch's Linear has them.
    fn replaced_object(found: &Replaced, weights: &Weights) -> "Replaced" {
        kept ": Uint32Array" = Uint32Array::from(found.kept.as_slice()),
        width ": number" = found.width as f64,
        original ": number" = found.original,
        unbent ": number" = found.unbent,
        nothing ": number" = found.nothing,
        floor ": Float64Array" = Float64Array::from(found.floor.as_slice()),
        best ": Float64Array" = Float64Array::from(found.best.as_slice()),
        linear ": number" = found.linear,
        linearR2 ": number" = found.linear_r2,
        ours ": Float64Array" = Float64Array::from(found.ours.as_slice()),
        oursMse ": Float64Array" = Float64Array::from(found.ours_mse.as_slice()),
        oursR2 ": Float64Array" = Float64Array::from(found.ours_r2.as_slice()),
        oursSeenR2 ": Float64Array" = Float64Array::from(found.ours_seen_r2.as_slice()),
        transferSeenR2 ": Float64Array" = Float64Array::from(found.transfer_seen_r2.as_slice()),
        transferR2 ": Float64Array" = Float64Array::from(found.transfer_r2.as_slice()),
        phi ": Float32Array" = Float32Array::from(found.phi.as_slice()),
        psi ": Linear[]" = layers(&weights.psi),
        phiNet ": Linear[]" = layers(&weights.phi),
    }
}

crossing! {
    /// A Linear layer: `weight` is `[outputs, inputs]`.
    fn linear_object(linear: &LinearWeights) -> "Linear" {
        weight ": Float32Array" = Float32Array::from(linear.weight.as_slice()),
        bias ": Float32Array" = Float32Array::from(linear.bias.as_slice()),
    }
}

fn layers(mlp: &MlpWeights) -> Array {
    [&mlp.hidden, &mlp.output].into_iter().map(linear_object).collect()
}

/// The target of this name; the notebook's where there is none.
fn named(target: Option<String>) -> Result<Target, JsValue> {
    let Some(target) = target else { return Ok(Target::default()) };
    Target::named(&target).ok_or_else(|| {
        let key = Key::named("target").expect("a key of the recipe");
        keyed_error(&format!("target = “{target}” is not one of them: it must be {key}"), key.name)
    })
}

fn series(d: usize, terms: usize, target: Option<String>) -> Result<Taylor, JsValue> {
    let target = named(target)?;
    // The floor has the sentence for a d that no recipe has.
    crate::lab::floor::hold("d", d).map_err(|error| keyed_error(&error, error.key()))?;
    if d > WIDEST {
        let told = format!("the series is shown up to d = {WIDEST}, and not at d = {d}");
        return Err(keyed_error(&told, "d"));
    }
    Ok(Taylor::new(target, terms).map_err(|error| Error::new(&error.to_string()))?)
}

fn read(bytes: &[u8]) -> Result<WeightsFile, JsValue> {
    Ok(file::read(bytes).map_err(|error| Error::new(&error.to_string()))?)
}

crossing! {
    /// The population MSE of networks by fresh draws.
    fn estimate_object(estimate: Estimate) -> "Estimate" {
        draws ": number" = estimate.draws as f64,
        mse ": number" = estimate.mse,
        standardError ": number" = estimate.standard_error,
    }
}

crossing! {
    /// The last layers in closed form. `mse` is over the pairs that were solved on, a little too good; `recipe` has the
    /// file's sizes where the hidden layers came from one.
    fn solution_object(recipe: &Recipe, solution: &Solution) -> "Solution" {
        file ": Uint8Array" = solved_file(recipe, solution),
        recipe ": Recipe" = recipe_object(recipe),
        draws ": number" = solution.draws as f64,
        rows ": number" = solution.rows as f64,
        rank ": number" = solution.rank as f64,
        mse ": number" = solution.mse,
    }
}

fn solved_file(recipe: &Recipe, solution: &Solution) -> Uint8Array {
    let Solution { weights, draws, rows, .. } = solution;
    let notes = [("solved_over", format!("{draws} draws of x and {rows} rows of W"))];
    Uint8Array::from(file::write(weights, recipe, &notes).as_slice())
}

fn numbers(values: &[f64]) -> Array {
    values.iter().map(|value| JsValue::from(*value)).collect()
}
