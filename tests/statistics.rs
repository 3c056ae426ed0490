//! Runs from our own seeds against PyTorch's over many seeds: the means must agree within sampling error.
//!
//! The parity cases prove the step; this proves the draws: data, initial weights and shuffles.
#![cfg(all(feature = "cpu", not(target_arch = "wasm32")))]
#![allow(clippy::print_stdout)] // The table is this test's product.

use phi_psi::backend::Backend;
use phi_psi::recipe::Recipe;
use phi_psi::run::session::{Session, Start};
use pollster::block_on;

/// Epoch, mean and standard deviation of its MSE over 600 PyTorch runs of the notebook's recipe with
/// 30 epochs (`tests/golden/make.py --stats 600`). The last row is the held-out MSE at the end.
const PYTORCH: [(&str, f64, f64); 9] = [
    ("epoch 1", 0.5958, 0.1211),
    ("epoch 2", 0.2357, 0.0485),
    ("epoch 3", 0.1511, 0.0184),
    ("epoch 4", 0.1225, 0.0122),
    ("epoch 5", 0.1079, 0.0102),
    ("epoch 10", 0.0704, 0.0109),
    ("epoch 20", 0.0209, 0.0085),
    ("epoch 30", 0.0095, 0.0016),
    ("held out", 0.0121, 0.0017),
];
const PYTORCH_RUNS: f64 = 600.0;
const SEEDS: u32 = 60;

/// Epoch 1 is skewed and the rows move together, so a row is allowed four standard errors, not two:
/// a generator with a wrong variance or a shuffle that repeats is tens of them away.
const ALLOWED: f64 = 4.0;

#[test]
fn our_seeds_give_pytorchs_means() {
    let runs: Vec<[f64; PYTORCH.len()]> = (0..SEEDS).map(run).collect();
    let count = f64::from(SEEDS);
    println!("{:<10}{:>10}{:>10}{:>10}{:>10}{:>8}", "", "mean", "sd", "PyTorch", "sd", "z");
    for (row, (name, expected, expected_sd)) in PYTORCH.iter().enumerate() {
        let mean = runs.iter().map(|run| run[row]).sum::<f64>() / count;
        let variance =
            runs.iter().map(|run| (run[row] - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let z = (mean - expected) / (variance / count + expected_sd.powi(2) / PYTORCH_RUNS).sqrt();
        println!(
            "{name:<10}{mean:>10.4}{:>10.4}{expected:>10.4}{expected_sd:>10.4}{z:>8.2}",
            variance.sqrt()
        );
        // NaN is beyond as well.
        assert!(z.abs() < ALLOWED, "{name}: the mean is {z:.1} standard errors from PyTorch's");
    }
}

/// One run's figures, in the order of [`PYTORCH`].
fn run(seed: u32) -> [f64; PYTORCH.len()] {
    let recipe = Recipe { epochs: 30, seed, ..Recipe::default() };
    let mut session =
        block_on(Session::open(recipe, Start::Seeds(1), Backend::Cpu)).expect("opens");
    let mut epochs = Vec::new();
    while let Some(report) = block_on(session.advance(usize::MAX)).expect("trains") {
        epochs.push(report.mse);
    }
    let held_out =
        block_on(session.evaluate(usize::MAX)).expect("evaluates").expect("all slices").mse;
    let [first, second, third, fourth, fifth] = [0, 1, 2, 3, 4].map(|index| epochs[index]);
    [first, second, third, fourth, fifth, epochs[9], epochs[19], epochs[29], held_out]
}
