//! `cargo xtask build`: the page as it ships, in `dist/`.
//!
//! The page is laid out twice. As it is written, below `target/`: that works as it is, and the tests that put another file in the
//! place of one of its files use it. And bundled, in `dist/`: few files whose names tell their content, made by
//! `xtask/bundle.mjs` from the first.
//!
//! One crate becomes three modules, by features: the CPU module, which the page always loads, the WebGPU module,
//! which is loaded only where WebGPU works, and the lab, which is loaded when it is asked for. Each is made once per
//! content: what came out is kept beside cargo's own output, with a hash of what went in. (Cargo alone would compile
//! them again each time: three sets of features, one file name.)
//!
//! Without wasm-opt. What counts is what travels, and compressed it gains next to nothing (binaryen 132): the CPU
//! module loses 2 % at -O1 and gains 4 % at -O2, -O3, -Os and -Oz; the WebGPU module loses 2 % at -O1 and half a
//! percent at -Oz, in minutes. Nor is it faster: 1.00 times the steps of the module that the linker wrote.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs, io};

use crate::Outcome;
use crate::checkout::{Checkout, lock, shown};
use crate::options::Options;
use crate::process::{answer, run};
use crate::setup;
use crate::sizes::{Recorded, Sizes, growth, in_words, refuse_growth};

/// The modules, by the feature that each is built with.
pub(crate) const MODULES: [&str; 3] = ["cpu", "webgpu", "lab"];

/// What wasm-bindgen writes for each.
const PARTS: [&str; 3] = ["phi_psi.js", "phi_psi_bg.wasm", "phi_psi.d.ts"];

/// The page, laid out.
pub(crate) struct Built {
    /// What ships.
    pub(crate) shipped: PathBuf,
    /// The same files as they are written.
    pub(crate) unbundled: PathBuf,
}

/// `cargo xtask build`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    options.finish()?;
    build_and_weigh(checkout)
}

/// Builds the page, prints what its modules weigh, and refuses one that grew.
pub(crate) fn build_and_weigh(checkout: &Checkout) -> Outcome {
    let recorded = Recorded::read(checkout)?;
    let built = build(checkout)?;
    weigh(checkout, &built, &recorded)
}

/// Builds the modules and lays the page out.
pub(crate) fn build(checkout: &Checkout) -> Outcome<Built> {
    build_and_show(checkout, |_| Ok(()))
}

/// The same; where the first module is there long before the others, `show` is given a folder with the page as it is
/// written, which runs with that module alone.
pub(crate) fn build_and_show(
    checkout: &Checkout,
    show: impl FnOnce(&Path) -> Outcome,
) -> Outcome<Built> {
    // Node first: it cannot be installed here, and wasm-bindgen is compiled for minutes.
    setup::for_npm(checkout)?;
    setup::for_build(checkout)?;
    let made = made(checkout);
    let _one_at_a_time =
        lock(&made).map_err(|why| format!("{} cannot be locked: {why}", made.display()))?;
    // Only now: whoever waited for another clone may have changed sources meanwhile.
    let key = inputs(checkout)?;
    let mut packages = Vec::new();
    let mut show = Some(show);
    for (index, module) in MODULES.into_iter().enumerate() {
        if index == 1 && !MODULES[1..].iter().all(|module| is_made(&made.join(module), &key)) {
            let first = checkout.root.join("target/first");
            lay_out(checkout, &first, &packages)
                .map_err(|why| format!("{} cannot be written: {why}", first.display()))?;
            show.take().map_or(Ok(()), |show| show(&first))?;
        }
        let package = made.join(module);
        make_unless_made(checkout, module, &package, &key)?;
        packages.push((module, package));
    }
    // Only now, so that a failed build leaves the last good page in place.
    // In the clone, not in the build directory: that is shared by all clones.
    let unbundled = checkout.root.join("target/unbundled");
    lay_out(checkout, &unbundled, &packages)
        .map_err(|why| format!("{} cannot be written: {why}", unbundled.display()))?;
    let shipped = checkout.root.join("dist");
    bundle(checkout, &unbundled, &shipped)?;
    Ok(Built { shipped, unbundled })
}

/// Makes what ships of the page as it is written, and says beside it what it is made of.
pub(crate) fn bundle(checkout: &Checkout, unbundled: &Path, shipped: &Path) -> Outcome {
    let lock = checkout.read("Cargo.lock")?;
    let version = setup::locked_version(&lock, "phi-psi").ok_or("Cargo.lock names no phi-psi")?;
    let git = |words: &[&str]| answer(checkout.command("git").args(words)).unwrap_or_default();
    // A build of a tree with changes says so. One that is no clone of git has no commit to tell.
    let commit = git(&["describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]);
    let script = |name: &str| {
        let mut node = checkout.command("node");
        node.arg(format!("xtask/{name}")).args(["--version", version]);
        // Where the page will stand, if whoever deploys it knows: its picture for other sites wants a whole address.
        if let Ok(address) = env::var("PHI_PSI_ADDRESS") {
            node.args(["--address", &address]);
        }
        node
    };
    let mut bundle = script("bundle.mjs");
    run(bundle.arg("--from").arg(unbundled).arg("--to").arg(shipped).args(["--commit", &commit]))?;
    let mut supply = script("supply.mjs");
    supply.arg("--of").arg(shipped).args(["--commit", &git(&["rev-parse", "HEAD"])]);
    run(supply.args(commit.ends_with('+').then_some("--changed")))
}

/// Where the modules are made, by one command at a time.
fn made(checkout: &Checkout) -> PathBuf {
    checkout.target.join("phi-psi")
}

/// What a module was made from, beside it.
const RECORD: &str = "made-from";

fn is_made(package: &Path, key: &str) -> bool {
    fs::read_to_string(package.join(RECORD)).is_ok_and(|made_from| made_from == key)
}

/// How long a module takes with all that it stands on, on two cores.
fn first_time(module: &str) -> &'static str {
    match module {
        "webgpu" => "some ten minutes",
        "cpu" => "some five minutes",
        _ => "less than a minute",
    }
}

/// Makes one module in `package`, unless the same was made there before.
fn make_unless_made(checkout: &Checkout, module: &str, package: &Path, key: &str) -> Outcome {
    if is_made(package, key) {
        println!("{module} module: unchanged");
        return Ok(());
    }
    println!("{module} module: is made ({} where nothing is compiled yet)", first_time(module));
    let record = package.join(RECORD);
    // The record goes first and comes back last: what was interrupted is made again.
    let _ = fs::remove_dir_all(package);
    let started = Instant::now();
    let wasm = compile(checkout, module)?;
    no_constructors(module, &wasm)?;
    let mut wasm_bindgen = checkout.command("wasm-bindgen");
    wasm_bindgen.args("--target web --out-name phi_psi".split(' '));
    wasm_bindgen.args(["--remove-name-section", "--remove-producers-section"]);
    run(wasm_bindgen.arg("--out-dir").arg(package).arg(wasm))?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{module} module: made in {seconds:.0} s");
    fs::write(&record, key).map_err(|why| format!("{} cannot be written: {why}", record.display()))
}

/// Compiles the crate for one module.
fn compile(checkout: &Checkout, module: &str) -> Outcome<PathBuf> {
    // Another clone may have come before this one to the lock.
    checkout.claim(&made(checkout))?;
    let mut cargo = checkout.cargo();
    // A cdylib alone: with the rlib that the tests need, rustc ignores the profile's LTO.
    cargo.args("rustc --release --lib --crate-type cdylib".split(' '));
    cargo.args(["--target", "wasm32-unknown-unknown"]);
    run(cargo.args(["--no-default-features", "--features", module]))?;
    let output = "wasm32-unknown-unknown/release/phi_psi.wasm";
    Ok(checkout.target.join(output))
}

/// Everything that the modules are made from, as a hash.
fn inputs(checkout: &Checkout) -> Outcome<String> {
    let unreadable = |why| format!("the crate's sources cannot be read: {why}");
    let mut files = Vec::new();
    for path in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "rust-toolchain.toml"] {
        files.push((PathBuf::from(path), checkout.read(path)?.into_bytes()));
    }
    for folder in ["src", "xtask/inventory"] {
        read_tree(&checkout.root, Path::new(folder), &mut files).map_err(unreadable)?;
    }
    files.sort();
    let version = |tool: &str| answer(checkout.command(tool).arg("--version"));
    Ok(fingerprint(&(files, version("rustc"), version("wasm-bindgen"), &checkout.wasm_flags)))
}

/// Adds the content of every file below `folder`, by its path from `root`. Names that begin with a dot are those of editors and
/// file managers.
pub(crate) fn read_tree(
    root: &Path,
    folder: &Path,
    files: &mut Vec<(PathBuf, Vec<u8>)>,
) -> io::Result<()> {
    let unreadable = |path: &Path, why: io::Error| {
        io::Error::new(why.kind(), format!("{}: {why}", path.display()))
    };
    for entry in
        fs::read_dir(root.join(folder)).map_err(|why| unreadable(&root.join(folder), why))?
    {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            read_tree(root, &path, files)?;
        } else {
            let content = fs::read(entry.path()).map_err(|why| unreadable(&path, why))?;
            files.push((path, content));
        }
    }
    Ok(())
}

/// Refuses a module that has static constructors: every export would run them again, 7–10 ms a call with CubeCL's.
///
/// The linker then makes wrappers of the exports, and names them so.
fn no_constructors(module: &str, wasm: &Path) -> Outcome {
    let bytes =
        fs::read(wasm).map_err(|why| format!("{} cannot be read: {why}", wasm.display()))?;
    if wraps_exports(&bytes) {
        return Err(format!(
            "the {module} module would run constructors at every call: a dependency registers something where it is not asked (xtask/inventory keeps CubeCL's from it)"
        ));
    }
    Ok(())
}

fn wraps_exports(module: &[u8]) -> bool {
    const WRAPPER: &[u8] = b".command_export";
    module.windows(WRAPPER.len()).any(|bytes| bytes == WRAPPER)
}

/// `index.html`, `www/` and the packages, and nothing else. What is there already stays as it is: tests may be visiting it.
fn lay_out(checkout: &Checkout, to: &Path, packages: &[(&str, PathBuf)]) -> io::Result<()> {
    let index = PathBuf::from("index.html");
    let mut files = vec![(index.clone(), fs::read(checkout.root.join(index))?)];
    read_tree(&checkout.root, Path::new("www"), &mut files)?;
    for (module, package) in packages {
        let folder = Path::new("www/pkg").join(module);
        for part in PARTS {
            files.push((folder.join(part), fs::read(package.join(part))?));
        }
    }
    fs::create_dir_all(to)?;
    let mut there = Vec::new();
    read_tree(to, Path::new(""), &mut there)?;
    for (path, _) in &there {
        if files.iter().all(|(wanted, _)| wanted != path) {
            fs::remove_file(to.join(path))?;
        }
    }
    for file in files {
        if !there.contains(&file) {
            let path = to.join(&file.0);
            fs::create_dir_all(path.parent().unwrap_or(to))?;
            fs::write(path, file.1)?;
        }
    }
    Ok(())
}

/// Prints the modules' sizes beside the recorded figures.
fn weigh(checkout: &Checkout, built: &Built, recorded: &Recorded) -> Outcome {
    println!(
        "\n{:<36} {:>9} {:>9} {:>9} {:>9} {:>8}",
        "", "raw", "gzip", "brotli", "recorded", "change"
    );
    let mut grown = Vec::new();
    for module in MODULES {
        let file = built.unbundled.join("www/pkg").join(module).join("phi_psi_bg.wasm");
        let name = shown(&checkout.root, &file).to_string();
        let before = recorded.of(module)?;
        let Sizes { raw, gzip, brotli } = fs::read(&file)
            .and_then(|content| Sizes::of(module, &content, &built.shipped.join("www")))
            .map_err(|why| format!("{name} could not be weighed: {why}"))?;
        let [raw, zipped, brotli, was] = [raw, gzip, brotli, before].map(in_words);
        let change = growth(gzip, before);
        println!("{name:<36} {raw:>9} {zipped:>9} {brotli:>9} {was:>9} {change:>+6.1} %");
        grown.extend(refuse_growth(module, gzip, before).err());
    }
    if grown.is_empty() { Ok(()) } else { Err(grown.join("; ")) }
}

fn fingerprint(content: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_an_editor_leaves_is_no_file_and_what_cannot_be_read_is_named() {
        let root = env::temp_dir().join(format!("phi-psi-tree-{}", std::process::id()));
        fs::create_dir_all(root.join("src/.idea")).unwrap();
        fs::write(root.join("src/lib.rs"), "code").unwrap();
        fs::write(root.join("src/.idea/x"), "").unwrap();
        let link =
            |name| std::os::unix::fs::symlink("nowhere", root.join("src").join(name)).unwrap();
        link(".#lib.rs");
        let read = || {
            let mut files = Vec::new();
            read_tree(&root, Path::new("src"), &mut files).map(|()| files)
        };
        assert_eq!(read().unwrap(), [(PathBuf::from("src/lib.rs"), b"code".to_vec())]);
        link("main.rs");
        let why = read().unwrap_err().to_string();
        assert!(why.starts_with("src/main.rs: "), "{why}");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn wrapped_exports_are_noticed() {
        assert!(!wraps_exports(b"\0asm session_open"));
        assert!(wraps_exports(b"\0asm session_open.command_export"));
    }

    #[test]
    fn other_sources_or_another_tool_make_the_module_again() {
        let key = fingerprint(&(vec![1u8, 2], "rustc 1"));
        assert_eq!(key, fingerprint(&(vec![1u8, 2], "rustc 1")));
        assert_ne!(key, fingerprint(&(vec![1u8, 3], "rustc 1")));
        assert_ne!(key, fingerprint(&(vec![1u8, 2], "rustc 2")));
    }
}
