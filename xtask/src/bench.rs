//! `cargo xtask bench`: the shipped modules against their peers, in one interleaved run (`tests/peers/README.md`).
//!
//! Only the ratios mean something: another machine, or another hour on this one, has other absolute numbers. What
//! cannot be had here (Python's peers, npm's) becomes a line of the table with the reason.

use std::path::PathBuf;

use crate::Outcome;
use crate::browser;
use crate::checkout::Checkout;
use crate::dist;
use crate::options::Options;
use crate::process::run;
use crate::serve::Server;
use crate::setup;

/// Workloads that `tests/bench.mjs` knows.
const SIZES: [&str; 3] = ["S", "M", "L"];

/// `cargo xtask bench`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    let words = words(options)?;
    setup::for_npm(checkout)?;
    if let Err(why) = setup::peers_packages(checkout) {
        println!("the peers from npm are left out: {why}");
    }
    let chrome = browser::chrome(checkout)?;
    let limit = limit(checkout)?;
    let built = dist::build(checkout)?;
    let server = Server::on_free_port(&built.shipped, "/")?;
    println!("browser: {}", browser::version(checkout, &chrome.program));
    let mut node = checkout.command("node");
    node.arg("tests/bench.mjs").args(words).env("PEERS_LIMIT", limit);
    run(node.env("CHROME", &chrome.program).env("PHI_PSI_URL", &server.url))
}

/// What is passed on, read here first: a slip should not cost a build.
fn words(options: &mut Options) -> Outcome<Vec<String>> {
    let rounds: u32 = options.number("rounds", 3)?;
    let seconds: f64 = options.number("seconds", 0.5)?;
    if rounds == 0 || !seconds.is_finite() || seconds <= 0.0 {
        return options.refuse("--rounds and --seconds are more than zero".to_owned());
    }
    let mut sizes = Vec::new();
    for size in options.take("sizes").unwrap_or_else(|| "S,M".to_owned()).split(',') {
        let size = size.trim().to_uppercase();
        if !SIZES.contains(&size.as_str()) {
            return options.refuse(format!("--sizes {size}: they are {}", SIZES.join(", ")));
        }
        sizes.push(size);
    }
    let mut words = vec![
        format!("--sizes={}", sizes.join(",")),
        format!("--rounds={rounds}"),
        format!("--seconds={seconds}"),
    ];
    for name in ["only", "out"] {
        words.extend(options.take(name).map(|value| format!("--{name}={value}")));
    }
    options.finish()?;
    Ok(words)
}

/// Compiles the kernel that measures how fast this browser can multiply and add.
fn limit(checkout: &Checkout) -> Outcome<PathBuf> {
    setup::wasm_target(checkout)?;
    let module = checkout.target.join("phi-psi").join("limit.wasm");
    let folder = module.parent().expect("it was joined to one");
    std::fs::create_dir_all(folder)
        .map_err(|why| format!("{} cannot be made: {why}", folder.display()))?;
    let mut rustc = checkout.command("rustc");
    rustc.args("--edition 2024 --crate-type cdylib --target wasm32-unknown-unknown".split(' '));
    for option in ["opt-level=3", "panic=abort", "strip=symbols", "target-feature=+simd128"] {
        rustc.arg("-C").arg(option);
    }
    run(rustc.arg("-o").arg(&module).arg("tests/peers/limit/limit.rs"))?;
    Ok(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Outcome<Vec<String>> {
        words(&mut Options::parse(line.split_whitespace().map(str::to_owned)).unwrap())
    }

    #[test]
    fn options_are_passed_on_and_have_defaults() {
        assert_eq!(read("").unwrap().join(" "), "--sizes=S,M --rounds=3 --seconds=0.5");
        let given = read("--sizes s,L --rounds=5 --only jax,NumPy").unwrap();
        assert_eq!(given.join(" "), "--sizes=S,L --rounds=5 --seconds=0.5 --only=jax,NumPy");
    }

    #[test]
    fn a_slip_is_named_before_anything_is_built() {
        assert!(read("--sizes S,XL").unwrap_err().contains("XL"));
        assert!(read("--rounds many").unwrap_err().contains("many"));
        assert!(read("--epochs 30").unwrap_err().contains("--epochs"));
    }
}
