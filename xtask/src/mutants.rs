//! `cargo xtask mutants`: small changes to the code, one at a time, and whether a test notices (`tests/mutants/README.md`).
//!
//! No part of `test`: it runs the tests once for each of thousands of changes, for hours. Of the crate, `--shard 1/50` tries one change
//! of fifty; of the page's scripts, `--files 'www/plot/*.js'` those of some files.

use crate::Outcome;
use crate::checkout::{Checkout, NATIVE};
use crate::dist;
use crate::options::Options;
use crate::process::run;
use crate::setup;

const STRYKER: &str = "tests/mutants/node_modules/@stryker-mutator/core/bin/stryker.js";

/// `cargo xtask mutants`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    let only = options.choice("only", &["js", "rust"])?;
    let (shard, files) = (options.take("shard"), options.take("files"));
    if only == Some("js") && shard.is_some() {
        return options.refuse("--shard is of the crate's changes: leave out --only js".to_owned());
    }
    if only != Some("js") && files.is_some() {
        return options.refuse("--files is of the page's scripts: say --only js, too".to_owned());
    }
    options.finish()?;
    let scripts = if only == Some("rust") { Ok(()) } else { scripts(checkout, files.as_deref()) };
    if only == Some("js") {
        return scripts;
    }
    // Both are run, whatever came of the first.
    crate_itself(checkout, shard.as_deref()).and(scripts)
}

/// The page's scripts that run in Node, or those of them that a pattern names, by Stryker.
fn scripts(checkout: &Checkout, files: Option<&str>) -> Outcome {
    let built = dist::build(checkout)?;
    setup::mutants_packages(checkout)?;
    let mut stryker = checkout.command("node");
    stryker.args([STRYKER, "run", "tests/mutants/stryker.json"]);
    stryker.args(files.iter().flat_map(|files| ["--mutate", files]));
    run(stryker.env("PHI_PSI_DIST", &built.unbundled))?;
    let mut survivors = checkout.command("node");
    run(survivors.arg("tests/mutants/survivors.mjs").args(files.map(|_| "some")))
}

/// The crate, by cargo-mutants.
fn crate_itself(checkout: &Checkout, shard: Option<&str>) -> Outcome {
    setup::cargo_mutants(checkout)?;
    let mut cargo = checkout.cargo();
    cargo.args([
        "mutants",
        "--package",
        "phi-psi",
        "--file",
        "src/**/*.rs",
        "--test-workspace=false",
    ]);
    cargo.args(NATIVE.iter().filter(|word| **word != "--workspace"));
    cargo.args(shard.iter().flat_map(|shard| ["--shard", shard]));
    cargo.args(["--output", "target/mutants"]);
    // It builds a copy of the clone, which cargo takes for the clone itself: elsewhere its changes would count as compiled.
    run(cargo.env("CARGO_TARGET_DIR", checkout.target.join("mutants")))
}
