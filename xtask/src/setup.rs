//! What a fresh machine lacks is installed, announced line by line; what cannot be is asked for in a sentence.
//!
//! Nothing outside this user's cache, the clone's `target/` and its npm packages is touched, except by `rustup` and, on
//! Debian-like systems, `apt-get`.

use std::env::consts::{ARCH, OS};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;
use std::{env, fs};

use crate::Outcome;
use crate::checkout::{Checkout, lock};
use crate::process::{answer, run};

/// The workflow that asks for advisories has the same.
const CARGO_DENY: &str = "0.20.2";

const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// What the shipped modules are built with.
pub(crate) fn for_build(checkout: &Checkout) -> Outcome {
    wasm_target(checkout)?;
    wasm_bindgen(checkout)
}

/// What bundles, lints and type-checks the page, and drives the browser.
pub(crate) fn for_npm(checkout: &Checkout) -> Outcome {
    node(checkout)?;
    npm_packages(checkout)
}

/// The compiler's target for the page.
pub(crate) fn wasm_target(checkout: &Checkout) -> Outcome {
    rust_target(checkout, WASM_TARGET)
}

/// The compiler's standard library for another machine.
pub(crate) fn rust_target(checkout: &Checkout, target: &str) -> Outcome {
    let mut rustc = checkout.command("rustc");
    let installed = answer(rustc.args(["--print", "target-libdir", "--target", target]))
        .is_some_and(|dir| Path::new(&dir).is_dir());
    if installed {
        return Ok(());
    }
    announce(&format!("the {target} target"), "rustup adds it");
    run(checkout.command("rustup").args(["target", "add", target])).map_err(|why| {
        format!("{why}; install the {target} target of this Rust toolchain, with rustup or your distribution")
    })
}

/// Clippy and rustfmt, which a minimal toolchain leaves out.
pub(crate) fn lints(checkout: &Checkout) -> Outcome {
    let present = |tool: &str| answer(checkout.cargo().args([tool, "--version"])).is_some();
    if present("clippy") && present("fmt") {
        return Ok(());
    }
    announce("clippy and rustfmt", "rustup adds them");
    run(checkout.command("rustup").args(["component", "add", "clippy", "rustfmt"]))
}

/// wasm-bindgen at exactly the version of the library: the two share a private format.
fn wasm_bindgen(checkout: &Checkout) -> Outcome {
    let lock = checkout.read("Cargo.lock")?;
    let wanted = locked_version(&lock, "wasm-bindgen").ok_or("Cargo.lock names no wasm-bindgen")?;
    let present = answer(checkout.command("wasm-bindgen").arg("--version"));
    if present.as_deref().and_then(|text| text.split_whitespace().nth(1)) == Some(wanted) {
        return Ok(());
    }
    let name = format!("wasm-bindgen {wanted}");
    let why = present.map_or_else(|| "not found".to_owned(), |text| format!("found {text}"));
    announce(&name, &format!("{why}; compiled once, some minutes"));
    // Without --locked: the lock file it was published with names versions that were withdrawn since. And without TLS, since
    // whom it talks to is a browser's driver on this machine.
    install(checkout, &["wasm-bindgen-cli", "--version", wanted, "--no-default-features"])
}

/// wasm-pack, which runs the browser's share of the Rust tests.
pub(crate) fn wasm_pack(checkout: &Checkout) -> Outcome {
    if answer(checkout.command("wasm-pack").arg("--version")).is_some() {
        return Ok(());
    }
    announce("wasm-pack", "not found; compiled once, some minutes");
    install(checkout, &["wasm-pack", "--locked"])
}

/// cargo-fuzz, which builds the fuzzer's targets.
pub(crate) fn cargo_fuzz(checkout: &Checkout) -> Outcome {
    pinned(checkout, "cargo-fuzz", "0.13.2")
}

/// cargo-deny, which judges what we depend on.
pub(crate) fn cargo_deny(checkout: &Checkout) -> Outcome {
    pinned(checkout, "cargo-deny", CARGO_DENY)
}

/// cargo-mutants, which changes the crate.
pub(crate) fn cargo_mutants(checkout: &Checkout) -> Outcome {
    pinned(checkout, "cargo-mutants", "27.1.0")
}

/// A program of cargo's at the version that was tried, whatever else is on the search path.
fn pinned(checkout: &Checkout, name: &str, wanted: &str) -> Outcome {
    let present = answer(checkout.command(name).arg("--version"));
    if present.as_deref().and_then(|text| text.split_whitespace().nth(1)) == Some(wanted) {
        return Ok(());
    }
    let why = present.map_or_else(|| "not found".to_owned(), |text| format!("found {text}"));
    announce(&format!("{name} {wanted}"), &format!("{why}; compiled once, some minutes"));
    install(checkout, &[name, "--version", wanted, "--locked"])
}

/// Node, which no package manager of ours can bring.
fn node(checkout: &Checkout) -> Outcome {
    let version = answer(checkout.command("node").arg("--version")).ok_or(
        "Node is missing: install version 20 or newer from your distribution or nodejs.org",
    )?;
    match major(&version) {
        Some(major) if major >= 20 => Ok(()),
        _ => Err(format!("Node {version} is too old: version 20 or newer is needed")),
    }
}

/// The packages of tests/package-lock.json.
fn npm_packages(checkout: &Checkout) -> Outcome {
    npm_ci(checkout, "tests")
}

/// What φ·ψ is held against, from tests/peers/package-lock.json.
pub(crate) fn peers_packages(checkout: &Checkout) -> Outcome {
    npm_ci(checkout, "tests/peers")
}

/// What changes the page's scripts, from tests/mutants/package-lock.json.
pub(crate) fn mutants_packages(checkout: &Checkout) -> Outcome {
    npm_ci(checkout, "tests/mutants")
}

/// Node for aarch64, from tests/aarch64/package-lock.json.
pub(crate) fn aarch64_packages(checkout: &Checkout) -> Outcome {
    npm_ci(checkout, "tests/aarch64")
}

/// Installs a folder's package-lock.json, exactly, unless that was done before.
fn npm_ci(checkout: &Checkout, folder: &str) -> Outcome {
    let list = format!("{folder}/package-lock.json");
    // Some packages are another system's programs.
    let wanted = format!("{OS} {ARCH}\n{}", checkout.read(&list)?);
    let folder = checkout.root.join(folder);
    // npm's own record has another form, so ours is that text.
    let installed = folder.join("node_modules/.installed.json");
    // Two commands at once would each delete what the other installs.
    let _one_at_a_time = lock(&checkout.root.join("target/npm"))
        .map_err(|why| format!("target/npm cannot be locked: {why}"))?;
    if fs::read_to_string(&installed).is_ok_and(|record| record == wanted) {
        return Ok(());
    }
    announce("npm packages", &format!("as {list} lists them"));
    let mut npm = checkout.npm();
    // What these packages would do on installation is to fetch browsers and binaries that nobody needs.
    npm.current_dir(&folder).args(["ci", "--ignore-scripts", "--no-fund", "--no-audit"]);
    run(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    fs::write(&installed, wanted)
        .map_err(|why| format!("{} cannot be written: {why}", installed.display()))
}

/// A Python that has what tests/python/requirements.txt lists: the one that `PHI_PSI_PYTHON` names (which may
/// have PyTorch as well), or that of a virtual environment beside the other tools. `Err` says why there is none.
pub(crate) fn python(checkout: &Checkout) -> Outcome<PathBuf> {
    if let Some(named) = env::var_os("PHI_PSI_PYTHON").filter(|name| !name.is_empty()) {
        return as_typed(named);
    }
    let list = "tests/python/requirements.txt";
    let wanted = checkout.read(list)?;
    let unwritable = |why| format!("{} cannot be written: {why}", checkout.tools.display());
    let _one_at_a_time = lock(&checkout.tools).map_err(unwritable)?;
    let folder = checkout.tools.join("python");
    let python = folder.join(if cfg!(windows) { r"Scripts\python.exe" } else { "bin/python" });
    let installed = folder.join("installed.txt");
    // The Python that it was made from may have gone since, or have become one that these packages were not compiled for.
    let imports = || {
        let modules = format!("import {}", modules(&wanted).join(", "));
        answer(checkout.command(&python).args(["-c", &modules])).is_some()
    };
    if fs::read_to_string(&installed).is_ok_and(|record| record == wanted) && imports() {
        return Ok(python);
    }
    announce("Python packages in a virtual environment", &format!("as {list} lists them"));
    virtual_environment(checkout, &folder)?;
    let mut pip = checkout.command(&python);
    // What would have to be compiled here is not worth it.
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary"]);
    run(pip.args([":all:", "--requirement", list]))?;
    fs::write(&installed, wanted).map_err(unwritable)?;
    Ok(python)
}

/// What a list of requirements names, by which it is also imported.
fn modules(list: &str) -> Vec<&str> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let mut names: Vec<&str> = lines.filter_map(|line| Some(line.split_once("==")?.0)).collect();
    names.sort();
    names.dedup();
    names
}

/// A new virtual environment; Debian has the module that makes it in a package of its own.
fn virtual_environment(checkout: &Checkout, folder: &Path) -> Outcome {
    let make = || {
        let mut python = checkout.command(if cfg!(windows) { "python" } else { "python3" });
        run(python.args(["-m", "venv", "--clear"]).arg(folder))
    };
    make().or_else(|why| {
        apt_install(checkout, &["python3-venv"])
            .map_err(|neither| format!("{why}, and {neither}"))?;
        make()
    })
}

/// A program's name, or its path: relative to where it was typed, not to the children's directory.
fn as_typed(program: OsString) -> Outcome<PathBuf> {
    let path = PathBuf::from(program);
    if path.components().count() == 1 {
        return Ok(path);
    }
    std::path::absolute(path).map_err(|why| format!("PHI_PSI_PYTHON: {why}"))
}

/// Debian packages, where this is Debian or its like and we may install; otherwise `Err` says why not.
pub(crate) fn apt_install(checkout: &Checkout, packages: &[&str]) -> Outcome {
    static UPDATED: OnceLock<bool> = OnceLock::new();
    if checkout.which("apt-get").is_none() {
        return Err("there is no apt-get here".to_owned());
    }
    let is_root = answer(checkout.command("id").arg("-u")).as_deref() == Some("0");
    if !is_root && answer(checkout.command("sudo").args(["-n", "true"])).is_none() {
        return Err("installing it needs root".to_owned());
    }
    // Or every command would ask the network again for each browser that this system has not.
    let missing = checkout.tools.join("not-in-apt").join(packages.join("+"));
    if is_of_today(&missing) {
        return Err(format!("apt-get had none within the last day, says {}", missing.display()));
    }
    let apt = || -> Command {
        let mut command = checkout.command(if is_root { "env" } else { "sudo" });
        if !is_root {
            command.args(["-n", "env"]);
        }
        // Here, since sudo keeps no variable.
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command
    };
    announce(&packages.join(", "), "apt-get installs");
    // One source among many may fail.
    let updated = *UPDATED.get_or_init(|| run(apt().args(["update", "-q"])).is_ok());
    let install = ["install", "-y", "-q", "--no-install-recommends"];
    let installed = run(apt().args(install).args(packages));
    // Where the lists are old or a dry run succeeds it was the network or a lock, and the next command may be luckier.
    let dry = || answer(apt().arg("--simulate").args(install).args(packages));
    if updated && installed.is_err() && dry().is_none() {
        let _ = fs::create_dir_all(missing.parent().unwrap_or(&missing));
        let _ = fs::write(&missing, "");
    }
    installed
}

fn is_of_today(file: &Path) -> bool {
    let age = fs::metadata(file).and_then(|known| known.modified()).map(|time| time.elapsed());
    matches!(age, Ok(Ok(age)) if age < Duration::from_secs(24 * 60 * 60))
}

/// The line before anything is installed.
fn announce(what: &str, how: &str) {
    println!("set-up: {what} ({how})");
}

fn install(checkout: &Checkout, words: &[&str]) -> Outcome {
    let mut cargo = checkout.cargo();
    cargo.arg("install").args(words).arg("--root").arg(&checkout.tools);
    // Unoptimised is compiled in a quarter of the time, and what these do takes a moment all the same; cargo-deny compares whole
    // licences, and would be slow.
    if !words.contains(&"cargo-deny") {
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    }
    // In a directory of its own, deleted afterwards: the shared one may be locked by a build.
    run(cargo.env_remove("CARGO_TARGET_DIR"))
}

/// The version of `package` in a Cargo.lock.
pub(crate) fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// 20 of `v20.11.1`.
fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_package_s_own() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }

    #[test]
    fn this_repository_s_lock_file_is_read() {
        let lock = include_str!("../../Cargo.lock");
        assert!(locked_version(lock, "wasm-bindgen").is_some());
    }

    #[test]
    fn a_program_is_found_from_where_it_was_named() {
        assert_eq!(as_typed("python3".into()), Ok("python3".into()));
        let relative = as_typed("venv/bin/python".into()).expect("a path");
        assert!(relative.is_absolute() && relative.ends_with("venv/bin/python"), "{relative:?}");
    }

    #[test]
    fn python_is_asked_for_what_is_required() {
        let list = include_str!("../../tests/python/requirements.txt");
        assert_eq!(modules(list), ["numpy", "safetensors"]);
    }

    #[test]
    fn the_workflow_judges_the_dependencies_with_the_same_program() {
        let workflow = include_str!("../../.github/workflows/doors.yml");
        assert!(workflow.contains(&format!("cargo-deny --version {CARGO_DENY} ")));
        assert!(workflow.contains(&format!("}}-{CARGO_DENY}\n")));
    }

    #[test]
    fn a_record_is_of_today_for_a_day() {
        let file = env::temp_dir().join(format!("phi-psi-today-{}", std::process::id()));
        assert!(!is_of_today(&file));
        fs::write(&file, "").unwrap();
        assert!(is_of_today(&file));
        let written = fs::File::options().append(true).open(&file).unwrap();
        let yesterday =
            written.metadata().unwrap().modified().unwrap() - Duration::from_secs(86_401);
        written.set_modified(yesterday).unwrap();
        assert!(!is_of_today(&file));
        fs::remove_file(file).unwrap();
    }

    #[test]
    fn node_s_version_is_read() {
        assert_eq!(major("v20.11.1"), Some(20));
        assert_eq!(major("nightly"), None);
    }
}
