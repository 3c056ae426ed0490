//! The notebook's numbers: every recorded PyTorch run, replayed step by step on the CPU backend.
//!
//! `cargo test --test golden` replays each `*.safetensors` in `tests/golden`, and in the folder that the
//! environment variable `GOLDEN_DIR` names when it is set, and prints how far each is from PyTorch.
#![cfg(all(feature = "cpu", not(target_arch = "wasm32")))]
#![allow(clippy::print_stdout)] // The parity table is this test's product.

mod replay;

use std::path::{Path, PathBuf};

use phi_psi::backend::Backend;
use pollster::block_on;
use replay::{Case, Deviation};

/// What the figures of a `Deviation` are.
const HEADINGS: [&str; 6] = [
    "losses ≤ 80",
    "losses",
    "epoch MSE",
    "weights",
    "demo",
    "Wx, GELU",
];

const LIMIT: Deviation = Deviation {
    first_losses: 1e-4,
    losses: 1e-3,
    epoch_mse: 1e-3,
    weights: 1e-3,
    demo: 1e-3,
    target: 1e-6,
};

#[test]
fn every_pytorch_run_is_reproduced() {
    let mut paths = cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"));
    assert!(
        paths.len() >= 4,
        "tests/golden holds {} cases, at least four are promised",
        paths.len()
    );
    if let Some(folder) = std::env::var_os("GOLDEN_DIR") {
        let more = cases(Path::new(&folder));
        assert!(
            !more.is_empty(),
            "GOLDEN_DIR = {} holds no *.safetensors",
            folder.display()
        );
        paths.extend(more);
    }
    println!(
        "{:<24}{}",
        "largest deviation",
        HEADINGS.map(|heading| format!("{heading:>12}")).concat()
    );
    let failures: Vec<String> = paths.iter().filter_map(|path| replay(path).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn replay(path: &Path) -> Result<(), String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let case = Case::read(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let device = block_on(Backend::Cpu.open()).expect("the CPU is always there");
    let deviation = block_on(case.replay(case.recipe.micro_batch(), &device));
    println!(
        "{name:<24}{}",
        deviation
            .figures()
            .map(|figure| format!("{figure:>12.1e}"))
            .concat()
    );
    if deviation.within(&LIMIT) {
        Ok(())
    } else {
        Err(format!(
            "{name} is off: {deviation:?}, the limit is {LIMIT:?}"
        ))
    }
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "safetensors")
        })
        .collect();
    paths.sort();
    paths
}
