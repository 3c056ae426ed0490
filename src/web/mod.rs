//! The wasm-bindgen surface: conversions between Rust and plain JavaScript objects, nothing else.
//!
//! Strings, numbers, typed arrays and plain objects cross; never callbacks, DOM nodes or exported
//! structs inside objects (those do not survive `postMessage`). Every error is a real `Error` whose
//! message is the sentence for the visitor; a recipe's carries the offending `key` as well. The only
//! folder that may name `js_sys` or `web_sys`.

/// Declares once what crosses to JavaScript: a plain object's type, which the page's checker reads in the declarations that
/// wasm-bindgen writes, and the conversion to it. After a key stands its type; `"?: …"` is of an `Option`, whose `None` leaves
/// the key out.
macro_rules! crossing {
    ($(#[doc = $about:literal])* fn $name:ident($($from:ident: $type:ty),*) -> $shape:literal {
        $($key:ident $ts:literal = $value:expr,)*
    }) => {
        const _: () = {
            #[wasm_bindgen(typescript_custom_section)]
            const TYPE: &'static str = concat!(
                "/**", $($about,)* " */\nexport type ", $shape, " = { ",
                $(stringify!($key), $ts, ", ",)* "};",
            );
        };

        $(#[doc = $about])*
        fn $name($($from: $type),*) -> Object {
            let object = Object::new();
            $(set(&object, stringify!($key), $value);)*
            object
        }
    };
}

#[cfg(feature = "lab")]
mod lab;
mod layer;
#[cfg(feature = "train")]
mod run;

use js_sys::{Array, Error, JsString, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::recipe::{Recipe, RecipeError};

#[cfg(feature = "lab")]
pub use lab::*;
pub use layer::*;
#[cfg(feature = "train")]
pub use run::*;

/// The longest text that comes in whole: a typed W.
const LONGEST_TEXT: u32 = crate::data::demo::LONGEST as u32;

/// Entries of an object that come in at most; what has more of them has one that is unknown or repeated.
const MOST_ENTRIES: usize = 64;

/// Runs when the module is instantiated. A test harness, which skips it, calls it first.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// Reads `{ key: text or number }`. A number is taken as JavaScript writes it.
fn read_recipe(fields: &JsValue) -> Result<Recipe, JsValue> {
    if fields.dyn_ref::<Object>().is_none() {
        return Err(Error::new("a recipe is an object of eight keys or more").into());
    }
    let pairs = text_entries(fields);
    Recipe::parse(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))
        .map_err(recipe_error)
}

/// An object's own entries, numbers as JavaScript writes them. What is neither text nor a number reads as empty,
/// and is refused as such under its key.
fn text_entries(value: &JsValue) -> Vec<(String, String)> {
    let Some(object) = value.dyn_ref::<Object>() else {
        return Vec::new();
    };
    let read = |value: JsValue| {
        let number = || value.as_f64().map(|number| number.to_string());
        text(&value).or_else(number).unwrap_or_default()
    };
    let entry = |entry: JsValue| {
        let entry: Array = entry.unchecked_into();
        (read(entry.get(0)), read(entry.get(1)))
    };
    Object::entries(object).iter().take(MOST_ENTRIES).map(entry).collect()
}

/// A text from outside, if it is one. Of one that is longer than any reader takes only so much comes into the module's
/// memory that every reader refuses it for its length.
fn text(value: &JsValue) -> Option<String> {
    let text = value.dyn_ref::<JsString>()?;
    if text.length() <= LONGEST_TEXT {
        value.as_string()
    } else {
        text.slice(0, LONGEST_TEXT + 1).as_string()
    }
}

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = "import type { Recipe } from '../../common/keys.js';
/** What was typed into the recipe form, key by key, unread. */
export type Fields = Record<string, string>;";

/// A recipe as the page's table of keys has its type.
fn recipe_object(recipe: &Recipe) -> Object {
    let object = Object::new();
    for (key, text) in recipe.fields() {
        match recipe.number(key) {
            Some(number) => set(&object, key, number),
            None => set(&object, key, text),
        }
    }
    object
}

fn recipe_error(error: RecipeError) -> JsValue {
    keyed_error(&error, error.key())
}

/// An `Error` that says under which key the fault is.
fn keyed_error(error: &impl ToString, key: &str) -> JsValue {
    let object = Error::new(&error.to_string());
    set(&object, "key", key);
    object.into()
}

/// Sets a key, but for a value that is undefined, as an `Option`'s `None` is.
fn set(object: &Object, key: &str, value: impl Into<JsValue>) {
    put(object, key, &value.into());
}

/// Apart, so that it is compiled once and not for every type of value.
fn put(object: &Object, key: &str, value: &JsValue) {
    if !value.is_undefined() {
        // Fails only on frozen objects and setters that throw; these are fresh.
        let _ = Reflect::set(object, &key.into(), value);
    }
}
