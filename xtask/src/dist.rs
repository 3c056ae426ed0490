//! `cargo xtask build`: the page as it ships, in `dist/`.
//!
//! One crate becomes two modules, by features: the CPU module, which the page always loads, and the WebGPU
//! module, which is loaded only where WebGPU works. Each is made once per content: what came out is kept beside
//! cargo's own output, with a hash of what went in. (Cargo alone would compile both again each time: two sets of
//! features, one file name.)

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs, io};

use crate::Outcome;
use crate::checkout::{Checkout, shown};
use crate::options::Options;
use crate::process::{answer, run, run_quietly};
use crate::setup;
use crate::sizes::{Sizes, in_words};

/// The modules, by the feature that each is built with.
const BACKENDS: [&str; 2] = ["cpu", "webgpu"];

/// What wasm-bindgen writes for each.
const PARTS: [&str; 2] = ["phi_psi.js", "phi_psi_bg.wasm"];

/// What rustc emits for our target; an old wasm-opt must be told each by name.
const WASM_FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The CPU module without wasm-opt: 4.59 MB, gzip 580 kB; -O1: 3.49 MB, 543 kB; -O3 and -Oz: 2.6 MB, but 618 kB,
/// and three times the minutes. What counts is what travels (binaryen 132).
const WASM_OPT_LEVEL: &str = "-O1";

/// `cargo xtask build`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    options.finish()?;
    let dist = build(checkout)?;
    print_sizes(checkout, &dist);
    Ok(())
}

/// Builds both modules and lays the page out in `dist/`, which it returns.
pub(crate) fn build(checkout: &Checkout) -> Outcome<PathBuf> {
    setup::for_build(checkout)?;
    let optimizer = Optimizer::find(checkout);
    let key = inputs(checkout, &optimizer)?;
    let mut packages = Vec::new();
    for backend in BACKENDS {
        let package = checkout.target.join("phi-psi").join(backend);
        make_unless_made(checkout, backend, &package, &key, &optimizer)?;
        packages.push((backend, package));
    }
    // Only now, so that a failed build leaves the last good page in place.
    let dist = checkout.root.join("dist");
    lay_out(checkout, &dist, &packages).map_err(|why| format!("dist/ cannot be written: {why}"))?;
    Ok(dist)
}

/// Makes one backend's module in `package`, unless the same was made there before.
fn make_unless_made(
    checkout: &Checkout,
    backend: &str,
    package: &Path,
    key: &str,
    optimizer: &Optimizer,
) -> Outcome {
    let record = package.join("made-from");
    if fs::read_to_string(&record).is_ok_and(|made_from| made_from == key) {
        println!("{backend} module: unchanged");
        return Ok(());
    }
    // The record goes first and comes back last: what was interrupted is made again.
    let _ = fs::remove_dir_all(package);
    let started = Instant::now();
    let wasm = compile(checkout, backend)?;
    constructors_run_once(backend, &wasm)?;
    let mut wasm_bindgen = checkout.command("wasm-bindgen");
    wasm_bindgen.args("--target web --no-typescript --out-name phi_psi".split(' '));
    wasm_bindgen.args(["--remove-name-section", "--remove-producers-section"]);
    run(wasm_bindgen.arg("--out-dir").arg(package).arg(wasm))?;
    optimizer.optimize(checkout, backend, &package.join("phi_psi_bg.wasm"))?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{backend} module: made in {seconds:.0} s");
    fs::write(&record, key).map_err(|why| format!("{} cannot be written: {why}", record.display()))
}

/// Compiles the crate for one backend.
fn compile(checkout: &Checkout, backend: &str) -> Outcome<PathBuf> {
    let mut cargo = checkout.cargo();
    // A cdylib alone: with the rlib that the tests need, rustc ignores the profile's LTO.
    cargo.args("rustc --release --lib --crate-type cdylib".split(' '));
    cargo.args(["--target", "wasm32-unknown-unknown"]);
    run(cargo.args(["--no-default-features", "--features", backend]))?;
    let output = "wasm32-unknown-unknown/release/phi_psi.wasm";
    Ok(checkout.target.join(output))
}

/// Everything that the modules are made from, as a hash.
fn inputs(checkout: &Checkout, optimizer: &Optimizer) -> Outcome<String> {
    let unreadable = |why| format!("the crate's sources cannot be read: {why}");
    let mut files = Vec::new();
    for path in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "rust-toolchain.toml"] {
        files.push((PathBuf::from(path), checkout.read(path)?.into_bytes()));
    }
    read_tree(&checkout.root, Path::new("src"), &mut files).map_err(unreadable)?;
    files.sort();
    let version = |tool: &str| answer(checkout.command(tool).arg("--version"));
    let tools = [version("rustc"), version("wasm-bindgen"), Some(optimizer.version.clone())];
    Ok(fingerprint(&(files, tools, WASM_OPT_LEVEL)))
}

fn read_tree(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            read_tree(root, &path, files)?;
        } else {
            let content = fs::read(entry.path())?;
            files.push((path, content));
        }
    }
    Ok(())
}

/// Refuses a module whose every export runs the static constructors again, 7–10 ms a call with CubeCL's.
///
/// The linker makes such wrappers, and names them so, where the module does not run its constructors
/// itself; `run_constructors` in `src/web.rs` does.
fn constructors_run_once(backend: &str, wasm: &Path) -> Outcome {
    let module =
        fs::read(wasm).map_err(|why| format!("{} cannot be read: {why}", wasm.display()))?;
    if wraps_exports(&module) {
        return Err(format!(
            "the {backend} module would run its constructors at every call: src/web.rs must call __wasm_call_ctors at start"
        ));
    }
    Ok(())
}

fn wraps_exports(module: &[u8]) -> bool {
    const WRAPPER: &[u8] = b".command_export";
    module.windows(WRAPPER.len()).any(|bytes| bytes == WRAPPER)
}

/// wasm-opt, where this machine has one.
struct Optimizer {
    program: Option<PathBuf>,
    version: String,
}

impl Optimizer {
    fn find(checkout: &Checkout) -> Self {
        let program =
            env::var_os("WASM_OPT").map(PathBuf::from).or_else(|| checkout.which("wasm-opt"));
        let version =
            program.as_ref().and_then(|program| answer(checkout.command(program).arg("--version")));
        match version {
            Some(version) => Self { program, version },
            None => {
                println!(
                    "wasm-opt was not found (binaryen): the modules are built without it and are larger"
                );
                Self { program: None, version: String::new() }
            }
        }
    }

    /// Shrinks `module` in place; a module that this wasm-opt does not understand ships as it is.
    fn optimize(&self, checkout: &Checkout, backend: &str, module: &Path) -> Outcome {
        let Some(program) = &self.program else {
            return Ok(());
        };
        let smaller = module.with_extension("opt");
        let mut wasm_opt = checkout.command(program);
        wasm_opt.args(WASM_FEATURES).arg(WASM_OPT_LEVEL).arg(module).arg("-o").arg(&smaller);
        match run_quietly(&mut wasm_opt) {
            Ok(()) => fs::rename(&smaller, module)
                .map_err(|why| format!("{} cannot be replaced: {why}", module.display())),
            Err(why) => {
                println!(
                    "{} does not take the {backend} module, which ships without it: {why}",
                    self.version
                );
                Ok(())
            }
        }
    }
}

/// `index.html`, `www/` and the packages, and nothing that was there before.
fn lay_out(checkout: &Checkout, dist: &Path, packages: &[(&str, PathBuf)]) -> io::Result<()> {
    if dist.exists() {
        fs::remove_dir_all(dist)?;
    }
    fs::create_dir_all(dist)?;
    fs::copy(checkout.root.join("index.html"), dist.join("index.html"))?;
    copy_tree(&checkout.root.join("www"), &dist.join("www"))?;
    for (backend, package) in packages {
        let to = dist.join("www/pkg").join(backend);
        fs::create_dir_all(&to)?;
        for part in PARTS {
            fs::copy(package.join(part), to.join(part))?;
        }
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn print_sizes(checkout: &Checkout, dist: &Path) {
    println!("\n{:<36} {:>9} {:>9} {:>9}", "", "raw", "gzip", "brotli");
    for backend in BACKENDS {
        let module = dist.join("www/pkg").join(backend).join("phi_psi_bg.wasm");
        let name = shown(&checkout.root, &module).to_string();
        let sizes = match Sizes::of(checkout, &module) {
            Some(Sizes { raw, gzip, brotli }) => [raw, gzip, brotli].map(in_words),
            None => {
                let raw = fs::metadata(&module).map_or(0, |file| file.len());
                [in_words(raw), "no Node".to_owned(), "no Node".to_owned()]
            }
        };
        println!("{name:<36} {:>9} {:>9} {:>9}", sizes[0], sizes[1], sizes[2]);
    }
}

fn fingerprint(content: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_exports_are_noticed() {
        assert!(!wraps_exports(b"\0asm session_open"));
        assert!(wraps_exports(b"\0asm session_open.command_export"));
    }

    #[test]
    fn another_module_or_another_level_is_packaged_again() {
        let key = fingerprint(&(vec![1u8, 2], "-O3"));
        assert_eq!(key, fingerprint(&(vec![1u8, 2], "-O3")));
        assert_ne!(key, fingerprint(&(vec![1u8, 3], "-O3")));
        assert_ne!(key, fingerprint(&(vec![1u8, 2], "-Os")));
    }
}
