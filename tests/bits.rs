//! On the CPU a recipe is its result, to the last bit: natively, in every browser, on every machine.
//!
//! The fingerprints were recorded once. A change here changes what every shared link shows; where the arithmetic
//! is changed on purpose, they are recorded anew, and the changelog says so.
#![cfg(feature = "cpu")]

use phi_psi::backend::Backend;
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

/// FNV-1a over the bits of every loss and every weight.
fn fingerprint(recipe: &Recipe) -> u64 {
    let device = block_on(Backend::Cpu.open()).expect("the CPU is always there");
    let mut trainer = Trainer::new(recipe.clone(), BLOCK, &device);
    let mut numbers = Vec::new();
    while let Some(report) = block_on(trainer.next_epoch()).expect("trains") {
        numbers.extend(report.losses);
    }
    let weights = block_on(trainer.weights()).expect("reads");
    numbers.extend(weights.tensors().into_iter().flatten());
    let bytes = numbers.iter().flat_map(|number| number.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_recipe_is_its_result_to_the_last_bit() {
    let found = recipes().map(|(recipe, _)| fingerprint(&recipe));
    let recorded = recipes().map(|(_, recorded)| recorded);
    assert_eq!(found, recorded, "{found:#018x?}");
}
