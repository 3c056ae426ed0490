//! `cargo xtask check`: what can be judged without running what it is about. Every gate runs, also after one has failed.

use crate::Outcome;
use crate::checkout::{Checkout, NATIVE};
use crate::dist;
use crate::gates;
use crate::options::Options;
use crate::process::run;
use crate::setup;

/// A gate and its verdict.
type Gate = (&'static str, fn(&Checkout) -> Outcome);

/// Warnings are denied here and never through `RUSTFLAGS`, which would replace the target's own flags.
const DENY_WARNINGS: [&str; 3] = ["--", "-D", "warnings"];

const WASM: [&str; 2] = ["--target", "wasm32-unknown-unknown"];

const GATES: &[Gate] = &[
    ("formatting", |checkout| run(checkout.cargo().args(["fmt", "--all", "--check"]))),
    ("clippy, native", |checkout| clippy(checkout, &[&NATIVE[..], &["--all-targets"]].concat())),
    ("clippy, wasm", |checkout| clippy_wasm(checkout, &["--all-targets"])),
    ("clippy, wasm, CPU module", |checkout| {
        clippy_wasm(checkout, &["--lib", "--no-default-features", "--features", "cpu"])
    }),
    ("clippy, wasm, WebGPU module", |checkout| {
        clippy_wasm(checkout, &["--lib", "--no-default-features", "--features", "webgpu"])
    }),
    ("clippy, wasm, lab module", |checkout| {
        clippy_wasm(checkout, &["--lib", "--no-default-features", "--features", "lab"])
    }),
    ("documentation", documentation),
    ("the text of every kernel, by naga", |checkout| {
        run(checkout.cargo().arg("test").args(NATIVE).args([
            "--package",
            "phi-psi",
            "--test",
            "kernels",
        ]))
    }),
    ("format and lint of the page and its tests", biome),
    // The tests need the same modules, and each is made once. The page's types begin with what the modules declare.
    ("sizes of the modules", dist::build_and_weigh),
    ("types of the page and its tests", types),
    ("licences, bans and sources of the dependencies", dependencies),
];

/// `cargo xtask check`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    options.finish()?;
    setup::lints(checkout)?;
    setup::wasm_target(checkout)?;
    let mut verdicts: Vec<(&str, Outcome)> = Vec::new();
    for (name, gate) in GATES {
        verdicts.push((name, gate(checkout)));
    }
    match gates::all(checkout) {
        Ok(all) => verdicts.extend(all),
        Err(why) => verdicts.push(("the rules of the house", Err(why))),
    }

    println!();
    let mut wrong = 0;
    for (name, verdict) in &verdicts {
        match verdict {
            Ok(()) => println!("OK     {name}"),
            Err(why) => {
                wrong += 1;
                println!("WRONG  {name}: {why}");
            }
        }
    }
    println!("\n{} gates, {wrong} wrong", verdicts.len());
    if wrong == 0 { Ok(()) } else { Err("not every gate is open".to_owned()) }
}

fn clippy(checkout: &Checkout, what: &[&str]) -> Outcome {
    run(checkout.cargo().arg("clippy").args(what).args(DENY_WARNINGS))
}

fn clippy_wasm(checkout: &Checkout, what: &[&str]) -> Outcome {
    run(checkout.cargo().arg("clippy").args(WASM).args(what).args(DENY_WARNINGS))
}

/// The crate's as the browser's compiler sees it, `web` included. With private items: those who read
/// these docs are those who work on the crate.
fn documentation(checkout: &Checkout) -> Outcome {
    let document = |package: &[&str]| {
        let mut cargo = checkout.cargo();
        cargo.args(["doc", "--no-deps", "--document-private-items"]);
        run(cargo.args(package).env("RUSTDOCFLAGS", "-D warnings"))
    };
    document(&[&["--package", "phi-psi"][..], &WASM].concat())?;
    document(&["--package", "xtask"])
}

/// As .cargo/deny.toml says. Advisories need a database from the network, and are the workflow's.
fn dependencies(checkout: &Checkout) -> Outcome {
    setup::cargo_deny(checkout)?;
    let mut deny = checkout.command("cargo-deny");
    // The duplicates that it would warn of are listed by `cargo deny check bans`.
    deny.args(["--log-level", "error", "--locked", "check", "--hide-inclusion-graph"]);
    run(deny.args(["licenses", "bans", "sources"]))
}

/// As .biome.json says; `node tests/node_modules/@biomejs/biome/bin/biome check --write` mends what it can.
fn biome(checkout: &Checkout) -> Outcome {
    setup::for_npm(checkout)?;
    let mut biome = checkout.command("node");
    run(biome.args(["tests/node_modules/@biomejs/biome/bin/biome", "check"]))
}

fn types(checkout: &Checkout) -> Outcome {
    setup::for_npm(checkout)?;
    let mut tsc = checkout.command("node");
    run(tsc.args(["tests/node_modules/typescript/bin/tsc", "--project", "tests/tsconfig.json"]))
}
