//! The four doors through which text and bytes from strangers come in, and what must hold whatever they are.
//!
//! A door takes anything and panics only where a promise is broken. The fuzzer drives them with what it makes up
//! (`tests/fuzz/targets`), and `tests/doors.rs` with what the fuzzer has found worth keeping (`tests/fuzz/corpus`).

use std::collections::BTreeMap;

use phi_psi::data::demo::Demo;
use phi_psi::format::link::{LONGEST, Link};
use phi_psi::format::safetensors::{self as file, WeightsFile};
use phi_psi::model::layout::Layout;
use phi_psi::recipe::{KEYS, MEMORY_LIMIT, Recipe, Target};
use phi_psi::run::compare::Comparison;
use safetensors::SafeTensors;

/// A file's metadata.
type Notes = BTreeMap<String, String>;

/// What a door does with what comes in.
pub type Door = fn(&[u8]);

/// Every door by name: the name of its target, its corpus and its words.
pub const DOORS: [(&str, Door); 4] =
    [("link", link), ("file", weights_file), ("recipe", recipe), ("demo", demo)];

/// A link is refused in a sentence, or means the same when it is written out again.
pub fn link(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Link::parse(text) {
        Ok(link) => {
            holds(&link.recipe);
            let written = link.to_string();
            assert!(written.len() <= LONGEST, "a link of {} bytes is written", written.len());
            let again = Link::parse(&written).expect("what was written can be read");
            assert_eq!(again, link, "it comes back as another link");
            assert_eq!(again.to_string(), written, "it is written in another way");
        }
        Err(error) => {
            is_a_sentence(&error.to_string());
            is_a_sentence(error.key());
        }
    }
}

/// A file of weights is refused in a sentence, or the format's own reader takes it and finds the same in it.
///
/// The data are read as they are, and once more with the right length in front of what ends with their last brace:
/// no fuzzer guesses the two together.
pub fn weights_file(data: &[u8]) {
    one_file(data);
    if let Some(end) = data.iter().rposition(|byte| *byte == b'}') {
        one_file(&[&(end as u64 + 1).to_le_bytes(), data].concat());
    }
}

fn one_file(bytes: &[u8]) {
    let WeightsFile { layout, weights, recipe } = match file::read(bytes) {
        Ok(file) => file,
        Err(error) => return is_a_sentence(&error.to_string()),
    };
    let theirs = SafeTensors::deserialize(bytes).expect("the format's own reader takes it");
    let names = phi_psi::model::weights::NAMES;
    assert_eq!(theirs.len(), names.len());
    for (name, tensor) in names.iter().zip(weights.tensors()) {
        let view = theirs.tensor(name).expect("the tensor");
        let bytes: Vec<u8> = tensor.iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!(view.data(), bytes, "{name}");
    }
    let (_, header) = SafeTensors::read_metadata(bytes).expect("a header");
    let notes: Notes = header.metadata().clone().unwrap_or_default().into_iter().collect();
    if let Some(recipe) = &recipe {
        holds(recipe);
        assert_eq!(Layout::of(recipe), layout);
        assert_eq!(recipe_of(&notes).as_ref(), Some(recipe), "the metadata say something else");
    }
    let Layout { d, m, hidden } = layout;
    let known = recipe.clone().unwrap_or(Recipe { d, m, hidden, ..Recipe::default() });
    let other =
        |key: &str| !known.fields().iter().any(|(known, _)| *known == key) && key != "format";
    let notes: Vec<(&str, String)> = notes
        .iter()
        .filter(|(key, _)| other(key))
        .map(|(key, value)| (&**key, value.clone()))
        .collect();
    let notes = if recipe.is_some() { notes } else { Vec::new() };
    let written = file::write(&weights, &known, &notes);
    let again = file::read(&written).expect("what was written can be read");
    assert_eq!((again.layout, &again.weights), (layout, &weights));
    assert_eq!(again.recipe, (known.validate() == Ok(())).then_some(known));
}

fn recipe_of(notes: &Notes) -> Option<Recipe> {
    let known = |key: &str| KEYS.iter().any(|known| known.name == key);
    let fields = notes.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    Recipe::parse(fields.filter(|(key, _)| known(key))).ok()
}

/// A recipe, as lines of `key=text`, is refused in a sentence, or is the same when its own fields are read.
pub fn recipe(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let pairs = text.lines().map(|line| line.split_once('=').unwrap_or((line, "")));
    match Recipe::parse(pairs) {
        Ok(recipe) => {
            holds(&recipe);
            let fields = recipe.fields();
            let again = Recipe::parse(fields.iter().map(|(key, text)| (*key, text.as_str())));
            assert_eq!(again.as_ref(), Ok(&recipe));
            assert_eq!(again.map(|again| again.fields()), Ok(fields));
        }
        Err(error) => {
            is_a_sentence(&error.to_string());
            is_a_sentence(error.key());
        }
    }
}

/// A typed W and x, a `|` between them and d in front, are refused in a sentence, or are the same when they are typed
/// as the page shows them.
pub fn demo(data: &[u8]) {
    let Some((d, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let (d, (w, x)) = (1 + usize::from(*d), text.split_once('|').unwrap_or((text, "")));
    match Demo::parse(d, w, x) {
        Ok(demo) => {
            assert_eq!((demo.w.len(), demo.x.len()), (d * d, d));
            let typed =
                |values: &[f32]| values.iter().map(f32::to_string).collect::<Vec<_>>().join(", ");
            assert_eq!(Demo::parse(d, &typed(&demo.w), &typed(&demo.x)).as_ref(), Ok(&demo));
            let comparison = Comparison::new(demo, vec![0.0; d], Target::Gelu);
            assert!(comparison.rmse.is_finite(), "{comparison:?}");
            assert!(comparison.wx.iter().all(|z| z.is_finite()), "{comparison:?}");
        }
        Err(error) => is_a_sentence(&error.to_string()),
    }
}

/// What was let in is within every limit.
fn holds(recipe: &Recipe) {
    assert_eq!(recipe.validate(), Ok(()));
    assert!(recipe.memory() <= MEMORY_LIMIT && recipe.rates.0.len() <= 100);
}

/// Fit to be shown anywhere, also where somebody takes text for markup: short, and nothing in it that cannot be seen.
fn is_a_sentence(text: &str) {
    assert!(text.chars().count() < 400, "{} characters: {text}", text.chars().count());
    let misleads = |c: char| {
        c.is_control()
            || "<>\u{ad}\u{61c}\u{feff}".contains(c)
            || ('\u{200b}'..='\u{200f}').contains(&c)
            || ('\u{2028}'..='\u{202e}').contains(&c)
            || ('\u{2060}'..='\u{206f}').contains(&c)
            || ('\u{e0000}'..='\u{e007f}').contains(&c)
    };
    assert!(!text.contains(misleads), "{text:?}");
}
