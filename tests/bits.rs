//! On the CPU a recipe is its result, to the last bit: natively, in every browser, on every machine.
//!
//! The fingerprints were recorded once, on x86-64. `cargo xtask bits` holds aarch64 to them too. A change here changes what
//! every shared link shows; where the arithmetic is changed on purpose, they are recorded anew, and the changelog says so.
//!
//! Machines part where a product and a sum are fused (nothing here is), where subnormal numbers are taken for zero (two
//! tests below see that they are not), and in the sign and the payload of a NaN, which no standard fixes: x86-64
//! makes one with the sign set, aarch64 without. So a NaN is held to be one, and no more; the page stops before it.
#![cfg(feature = "cpu")]

use phi_psi::backend::Backend;
use phi_psi::data::source::Source;
use phi_psi::model::weights::Weights;
use phi_psi::run::train::Trainer;
use phi_psi::{plan::cpu::BLOCK, recipe::Recipe};
use pollster::block_on;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// The notebook's run; one that fills no vector and no block; one whose rows go through Φ in several groups.
fn recipes() -> [(Recipe, u64); 3] {
    let ragged =
        Recipe { d: 3, m: 5, hidden: 7, n: 101, batch: 40, epochs: 3, ..Recipe::default() };
    let wide =
        Recipe { d: 33, m: 20, hidden: 50, n: 90, batch: 70, epochs: 2, ..Recipe::default() };
    [
        (Recipe::default(), 0x5708_c8c8_5fbb_eaa6),
        (ragged, 0xdcd9_d682_0fef_54b4),
        (wide, 0xce04_ded7_8afc_9ac5),
    ]
}

/// A run on the CPU, to its end: every loss and every weight.
fn numbers(trainer: &mut Trainer) -> Vec<f32> {
    let mut numbers = Vec::new();
    while let Some(report) = block_on(trainer.next_epoch()).expect("trains") {
        numbers.extend(report.losses);
    }
    let weights = block_on(trainer.weights()).expect("reads");
    numbers.extend(weights.tensors().into_iter().flatten());
    numbers
}

/// FNV-1a over the bits; every NaN counts as the same.
fn fingerprint(numbers: &[f32]) -> u64 {
    let bits = |number: &f32| if number.is_nan() { f32::NAN } else { *number }.to_bits();
    let bytes = numbers.iter().flat_map(|number| bits(number).to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_recipe_is_its_result_to_the_last_bit() {
    let device = block_on(Backend::Cpu.open()).expect("the CPU is always there");
    let found = recipes()
        .map(|(recipe, _)| fingerprint(&numbers(&mut Trainer::new(recipe, BLOCK, &device))));
    let recorded = recipes().map(|(_, recorded)| recorded);
    assert_eq!(found, recorded, "{found:#018x?}");
}

/// Adam's moments of a hidden unit that has died shrink by a constant factor for ever: after a thousand steps they are
/// smaller than the smallest normal number.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn subnormal_moments_are_the_same_everywhere() {
    let device = block_on(Backend::Cpu.open()).expect("the CPU is always there");
    let recipe =
        Recipe { d: 1, m: 2, hidden: 8, n: 16, batch: 1, epochs: 70, lr: 0.1, ..Recipe::default() };
    let mut trainer = Trainer::new(recipe, BLOCK, &device);
    let mut numbers = numbers(&mut trainer);
    let checkpoint = block_on(trainer.checkpoint()).expect("reads").expect("is finite");
    let moments = [&checkpoint.mean, &checkpoint.square].map(Weights::tensors);
    numbers.extend(moments.into_iter().flatten().flatten());
    let subnormal = numbers.iter().filter(|number| number.is_subnormal()).count();
    assert!(subnormal > 0, "none of {} numbers is subnormal", numbers.len());
    let found = fingerprint(&numbers);
    assert_eq!(found, 0xa9e2_cd15_e8c9_1ac1, "{found:#018x}, {subnormal} of them subnormal");
}

/// From weights so large that the first products overflow.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn infinity_and_nan_come_in_the_same_places() {
    let device = block_on(Backend::Cpu.open()).expect("the CPU is always there");
    let recipe = Recipe { n: 128, epochs: 1, ..Recipe::default() };
    let mut weights = Weights::init(&recipe);
    weights.phi.hidden.weight.iter_mut().for_each(|weight| *weight *= 1e30);
    let mut trainer = Trainer::from_weights(recipe, Source::Normal, &weights, BLOCK, &device);
    let numbers = numbers(&mut trainer);
    let count = |what: fn(f32) -> bool| numbers.iter().filter(|number| what(**number)).count();
    let counts = [f32::is_infinite, f32::is_nan, f32::is_finite].map(count);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?} are infinite, none and finite");
    let found = fingerprint(&numbers);
    assert_eq!(found, 0x1624_92e6_85b5_e320, "{found:#018x}, {counts:?} infinite, none and finite");
}
