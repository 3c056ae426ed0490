//! The wasm-bindgen surface: conversions between Rust and plain JavaScript objects, nothing else.
//!
//! Strings, numbers, typed arrays and plain objects cross; never callbacks, DOM nodes or exported
//! structs inside objects (those do not survive `postMessage`). Every error is a real `Error` whose
//! message is the sentence for the visitor; a recipe's carries the offending `key` as well. The only
//! file that may name `js_sys` or `web_sys`.

use std::sync::Once;

use js_sys::{Array, Error, Float32Array, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::backend::Backend;
use crate::compare::{Comparison, Evaluation};
use crate::config::{LIMITS, Recipe, RecipeError};
use crate::session::{self, Session, SessionError};
use crate::train::EpochReport;

/// Runs when the module is instantiated. A test harness, which skips it, calls it first.
#[wasm_bindgen(start)]
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        run_constructors();
        console_error_panic_hook::set_once();
    });
}

/// Runs the module's static constructors.
///
/// CubeCL registers thousands of items in constructors. Where nobody calls `__wasm_call_ctors`, the
/// linker wraps every export so that each call from JavaScript runs all of them again: 7–10 ms of CPU
/// for every kernel launch. A module that calls it itself is left alone.
#[allow(unsafe_code)]
fn run_constructors() {
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }
    // SAFETY: the linker defines the symbol, the function takes and returns nothing, and `start` sees
    // to it that it runs once and before any kernel.
    unsafe { __wasm_call_ctors() }
}

/// The name of the backend that this module was built for: `cpu` or `webgpu`.
#[wasm_bindgen]
pub fn backend() -> String {
    Backend::BUILT_FOR.name().to_owned()
}

/// Checks a recipe as typed, `{ d: "2", … }`, and returns it with its costs:
/// `{ recipe, memory, stepsPerEpoch, flopsPerDraw }`, memory in bytes.
///
/// # Errors
///
/// An `Error` whose `key` names the field.
#[wasm_bindgen]
pub fn check(fields: &JsValue) -> Result<Object, JsValue> {
    let recipe = read_recipe(fields)?;
    let values = Object::new();
    for (limit, value) in LIMITS.iter().zip(recipe.values()) {
        set(&values, limit.key, value);
    }
    let checked = Object::new();
    set(&checked, "recipe", values);
    set(&checked, "memory", recipe.memory() as f64);
    set(&checked, "stepsPerEpoch", recipe.steps_per_epoch() as f64);
    set(&checked, "flopsPerDraw", recipe.flops_per_draw() as f64);
    Ok(checked)
}

/// Opens the backend's device, so that a refusal is known before a run depends on it.
///
/// # Errors
///
/// When the device is refused.
#[wasm_bindgen(js_name = openDevice)]
pub async fn open_device() -> Result<(), JsValue> {
    Backend::BUILT_FOR.open().await.map_err(|error| Error::new(&error.to_string()))?;
    Ok(())
}

/// The losses of three steps of a small fixed recipe, to hold one backend against the other.
///
/// # Errors
///
/// When the device is refused or fails.
#[wasm_bindgen(js_name = selfCheck)]
pub async fn self_check() -> Result<Float32Array, JsValue> {
    let losses = session::self_check(Backend::BUILT_FOR).await.map_err(session_error)?;
    Ok(Float32Array::from(losses.as_slice()))
}

/// A run on this module's backend. One call at a time: a second one while another awaits throws.
#[wasm_bindgen(js_name = Session)]
pub struct WebSession(Session);

#[wasm_bindgen(js_class = Session)]
impl WebSession {
    /// Draws data and initial weights for a recipe as typed (or as numbers).
    ///
    /// # Errors
    ///
    /// When the recipe breaks a limit or the device is refused.
    pub async fn open(fields: JsValue) -> Result<WebSession, JsValue> {
        let recipe = read_recipe(&fields)?;
        let session = Session::open(recipe, Backend::BUILT_FOR).await.map_err(session_error)?;
        Ok(Self(session))
    }

    /// Trains on up to `micro_batches` micro-batches and stops early where an epoch ends.
    /// Resolves to `{ epoch, mse, line }` if one ended.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn advance(&mut self, micro_batches: u32) -> Result<Option<Object>, JsValue> {
        let report = self.0.advance(micro_batches as usize).await.map_err(session_error)?;
        Ok(report.as_ref().map(report_object))
    }

    /// Epochs finished.
    #[wasm_bindgen(getter)]
    pub fn epoch(&self) -> f64 {
        self.0.trainer().epoch() as f64
    }

    /// Steps finished since the beginning of the run.
    #[wasm_bindgen(getter)]
    pub fn step(&self) -> f64 {
        self.0.trainer().steps() as f64
    }

    /// Mini-batches in an epoch.
    #[wasm_bindgen(getter, js_name = stepsPerEpoch)]
    pub fn steps_per_epoch(&self) -> f64 {
        self.0.trainer().recipe().steps_per_epoch() as f64
    }

    /// Micro-batches in a full mini-batch.
    #[wasm_bindgen(getter, js_name = microBatchesPerStep)]
    pub fn micro_batches_per_step(&self) -> f64 {
        let trainer = self.0.trainer();
        trainer.recipe().largest_batch().div_ceil(trainer.micro_batch()) as f64
    }

    /// Whether every epoch of the recipe is finished.
    #[wasm_bindgen(getter)]
    pub fn done(&self) -> bool {
        self.0.trainer().done()
    }

    /// The notebook's demo on draw number `draw`:
    /// `{ d, W, x, wx, approx, geluTanh, rmse, text }`, vectors as arrays, W row-major.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn compare(&self, draw: u32) -> Result<Object, JsValue> {
        let comparison = self.0.compare_draw(draw).await.map_err(session_error)?;
        Ok(comparison_object(&comparison))
    }

    /// The same on a W (d·d numbers, row by row) and an x (d numbers) as typed.
    ///
    /// # Errors
    ///
    /// When they cannot be read, or the device fails.
    #[wasm_bindgen(js_name = compareWith)]
    pub async fn compare_with(&self, w: String, x: String) -> Result<Object, JsValue> {
        let comparison = self.0.compare_typed(&w, &x).await.map_err(session_error)?;
        Ok(comparison_object(&comparison))
    }

    /// Evaluates the next slices of the held-out draws with the present weights. Resolves to
    /// `{ draws, mse, rmse, rmseTanh }` with the last slice and to `undefined` before.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn evaluate(&mut self, micro_batches: u32) -> Result<Option<Object>, JsValue> {
        let evaluation = self.0.evaluate(micro_batches as usize).await.map_err(session_error)?;
        Ok(evaluation.as_ref().map(evaluation_object))
    }
}

/// Reads `{ key: text or number }`. A number is taken as JavaScript writes it.
fn read_recipe(fields: &JsValue) -> Result<Recipe, JsValue> {
    let object = fields
        .dyn_ref::<Object>()
        .ok_or_else(|| Error::new("a recipe is an object of eight keys"))?;
    let mut pairs = Vec::new();
    for entry in Object::entries(object).iter() {
        let entry: Array = entry.unchecked_into();
        let text = |value: JsValue| {
            value.as_string().or_else(|| value.as_f64().map(|number| number.to_string()))
        };
        // What is neither text nor a number reads as empty, and is refused as such under its key.
        pairs
            .push((text(entry.get(0)).unwrap_or_default(), text(entry.get(1)).unwrap_or_default()));
    }
    Recipe::parse(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))
        .map_err(recipe_error)
}

fn report_object(report: &EpochReport) -> Object {
    let object = Object::new();
    set(&object, "epoch", report.epoch as f64);
    set(&object, "mse", report.mse);
    set(&object, "line", report.to_string());
    object
}

fn comparison_object(comparison: &Comparison) -> Object {
    let array =
        |values: &[f32]| values.iter().map(|value| JsValue::from(*value)).collect::<Array>();
    let object = Object::new();
    set(&object, "d", comparison.demo.x.len() as f64);
    set(&object, "W", array(&comparison.demo.w));
    set(&object, "x", array(&comparison.demo.x));
    set(&object, "wx", array(&comparison.wx));
    set(&object, "approx", array(&comparison.approx));
    set(&object, "geluTanh", array(&comparison.gelu_tanh));
    set(&object, "rmse", comparison.rmse);
    set(&object, "text", comparison.to_string());
    object
}

fn evaluation_object(evaluation: &Evaluation) -> Object {
    let object = Object::new();
    set(&object, "draws", evaluation.draws as f64);
    set(&object, "mse", evaluation.mse);
    set(&object, "rmse", evaluation.rmse());
    set(&object, "rmseTanh", evaluation.rmse_tanh);
    object
}

fn session_error(error: SessionError) -> JsValue {
    match error {
        SessionError::Recipe(error) => recipe_error(error),
        other => Error::new(&other.to_string()).into(),
    }
}

fn recipe_error(error: RecipeError) -> JsValue {
    let object = Error::new(&error.to_string());
    set(&object, "key", error.key());
    object.into()
}

fn set(object: &Object, key: &str, value: impl Into<JsValue>) {
    // Fails only on frozen objects and setters that throw; these are fresh.
    let _ = Reflect::set(object, &key.into(), &value.into());
}
