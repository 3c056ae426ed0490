//! Layers, handed over once and then known by their names: a recipe that names one is opened with it.

use std::cell::RefCell;
use std::sync::Arc;

use js_sys::Error;
#[cfg(feature = "lab")]
use js_sys::Float32Array;
use wasm_bindgen::prelude::*;

use crate::data::layer::Layer;
use crate::recipe::{LayerName, Recipe};

/// Layers that are held at a time: two that are compared. The one that was handed over first goes first.
const MOST: usize = 2;

thread_local! {
    static HELD: RefCell<Vec<(LayerName, Arc<Layer>)>> = const { RefCell::new(Vec::new()) };
}

#[wasm_bindgen]
extern "C" {
    /// A layer's numbers, as the declaration below says.
    #[wasm_bindgen(typescript_type = "LayerNumbers")]
    pub type LayerNumbers;

    #[wasm_bindgen(method, getter)]
    fn d(this: &LayerNumbers) -> usize;
    #[wasm_bindgen(method, getter)]
    fn kept(this: &LayerNumbers) -> usize;
    #[wasm_bindgen(method, getter)]
    fn weight(this: &LayerNumbers) -> Vec<f32>;
    #[wasm_bindgen(method, getter)]
    pub(super) fn bias(this: &LayerNumbers) -> Vec<f32>;
    #[wasm_bindgen(method, getter)]
    fn inputs(this: &LayerNumbers) -> Option<Vec<f32>>;
    #[wasm_bindgen(method, getter, js_name = headWeight)]
    pub(super) fn head_weight(this: &LayerNumbers) -> Option<Vec<f32>>;
    #[wasm_bindgen(method, getter, js_name = headBias)]
    pub(super) fn head_bias(this: &LayerNumbers) -> Option<Vec<f32>>;
    #[wasm_bindgen(method, getter)]
    pub(super) fn labels(this: &LayerNumbers) -> Option<Vec<u32>>;
}

#[wasm_bindgen(typescript_custom_section)]
const LAYER_NUMBERS: &'static str = "/** A layer's numbers, row-major: weight [rows, d], bias [rows], inputs [samples, d], or none where they are assumed, of which the last \
`kept` are kept back (0: a quarter, by the seed), and with a head also headWeight [classes, rows], headBias and labels. */
export type LayerNumbers = { d: number, kept: number, weight: Float32Array, bias: Float32Array, inputs?: Float32Array, \
headWeight?: Float32Array, headBias?: Float32Array, labels?: Uint32Array };";

/// Takes a layer's numbers on; inputs that it does not have are of this scale.
pub(super) fn layer_of(numbers: &LayerNumbers, scale: f64) -> Result<Layer, JsValue> {
    let (weight, bias) = (numbers.weight(), numbers.bias());
    let inputs = numbers.inputs();
    let inputs = inputs.unwrap_or_else(|| Layer::assumed_inputs(numbers.d(), scale));
    let layer = Layer::new(numbers.d(), &weight, &bias, &inputs, numbers.kept());
    layer.map_err(|error| Error::new(&error.to_string()).into())
}

/// Holds a layer under the name that recipes have for it.
///
/// # Errors
///
/// When it is no layer, or its name none.
#[wasm_bindgen(js_name = holdLayer)]
pub fn hold_layer(name: &str, numbers: &LayerNumbers) -> Result<(), JsValue> {
    let name = LayerName::parse(name).ok_or_else(|| Error::new("this is no name of a layer"))?;
    let layer = Arc::new(layer_of(numbers, name.scale())?);
    HELD.with_borrow_mut(|held| {
        held.retain(|(other, _)| *other != name);
        held.truncate(MOST - 1);
        held.insert(0, (name, layer));
    });
    Ok(())
}

/// The layer that a recipe names, where it is held.
pub(super) fn held(recipe: &Recipe) -> Option<Arc<Layer>> {
    HELD.with_borrow(|held| {
        let found = held.iter().find(|(name, _)| *name == recipe.layer);
        found.map(|(_, layer)| layer.clone())
    })
}

/// Inputs for a layer that has none, `[samples, d]`: standard normal times a scale, always the same.
#[cfg(feature = "lab")]
#[wasm_bindgen(js_name = assumedInputs)]
pub fn assumed_inputs(d: usize, scale: f64) -> Float32Array {
    Float32Array::from(Layer::assumed_inputs(d, scale).as_slice())
}
