//! Where things are: the clone, the build directory, the tools that were installed for it.
//!
//! The build directory lies outside the clone, so that a second clone does not compile burn again. It is
//! never required: where it cannot be made, `target/` serves.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs, io};

use crate::Outcome;
use crate::process::answer;

/// What cargo compiles for this machine itself: everything, with the CPU backend and the lab. WebGPU is compiled and
/// tested where it will run, for the browser; here its compiler alone would take longer than all tests.
pub(crate) const NATIVE: [&str; 4] =
    ["--workspace", "--no-default-features", "--features", "phi-psi/cpu,phi-psi/lab"];

/// This clone of the repository and the directories its commands use.
pub(crate) struct Checkout {
    /// The repository's root.
    pub(crate) root: PathBuf,
    /// Cargo's build directory, shared by all clones unless `CARGO_TARGET_DIR` says otherwise.
    pub(crate) target: PathBuf,
    /// Where what this machine lacks is installed.
    pub(crate) tools: PathBuf,
    /// Flags of the compiler for the page, to which cargo adds those of `.cargo/config.toml`.
    pub(crate) wasm_flags: String,
}

/// The root of the clone that cargo runs this program for. What it was compiled from may be another clone, with a shared
/// build directory, and counts only where nobody says.
pub(crate) fn root() -> Outcome<PathBuf> {
    let crate_dir = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    crate_dir
        .parent()
        .filter(|root| root.join("Cargo.lock").is_file())
        .map(Path::to_owned)
        .ok_or_else(|| {
            "the repository is not where it was compiled from; run it as `cargo xtask`".to_owned()
        })
}

impl Checkout {
    /// The clone whose command this is.
    pub(crate) fn find() -> Outcome<Self> {
        let root = root()?;
        let cache = cache_dir();
        let writable = |name: &str| {
            let dir = cache.as_ref()?.join(name);
            fs::create_dir_all(&dir).ok().map(|()| dir)
        };
        let target = match env::var_os("CARGO_TARGET_DIR") {
            // Relative to where it was typed, as cargo takes it, not to the children's directory.
            Some(dir) => {
                std::path::absolute(dir).map_err(|why| format!("CARGO_TARGET_DIR: {why}"))?
            }
            None => writable("target").unwrap_or_else(|| root.join("target")),
        };
        let tools = writable("tools").unwrap_or_else(|| target.join("tools"));
        let wasm_flags = wasm_flags(&root);
        let checkout = Self { root, target, tools, wasm_flags };
        checkout.date_stand_in();
        checkout.claim(&checkout.target)?;
        Ok(checkout)
    }

    /// Gives the stand-in that burn is compiled after the time of the commit that changed it last. In a fresh clone it is as
    /// new as the clone, and cargo would compile burn anew for every clone that shares the build directory. Where it is
    /// changed, or git does not know, it stays as new as it is.
    fn date_stand_in(&self) {
        const STAND_IN: &str = "xtask/inventory/src/lib.rs";
        let git =
            |arguments: &[&str]| answer(self.command("git").args(arguments).args(["--", STAND_IN]));
        if git(&["status", "--porcelain"]).as_deref() != Some("") {
            return;
        }
        let whole = answer(self.command("git").args(["rev-parse", "--is-shallow-repository"]));
        let committed = git(&["log", "-1", "--format=%ct"]).and_then(|text| text.parse().ok());
        let (Some("false"), Some(seconds)) = (whole.as_deref(), committed) else { return };
        let time = UNIX_EPOCH + Duration::from_secs(seconds);
        // Without it the build takes longer, and that is all.
        let _ = date(&self.root.join(STAND_IN), time);
    }

    /// Has cargo compile the crate and these commands anew where another clone was the last to build in a folder: it knows files by
    /// their paths within the clone, and would take one that is older here than the other's build for compiled.
    ///
    /// The folder is the build directory, which two commands at once may still both use, or one whose lock is held.
    pub(crate) fn claim(&self, folder: &Path) -> Outcome {
        claim(&self.root, folder)
            .map_err(|why| format!("{} cannot be dated: {why}", self.root.display()))
    }

    /// A child process in the clone that sees the shared build directory and the installed tools.
    ///
    /// `RUSTFLAGS` is withheld: setting it silently replaces the target's own flags, and with them simd128.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("PATH", self.search_path())
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", &self.wasm_flags)
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        command
    }

    /// The cargo that started us.
    pub(crate) fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// npm, which is a script with another name on Windows.
    pub(crate) fn npm(&self) -> Command {
        self.command(if cfg!(windows) { "npm.cmd" } else { "npm" })
    }

    /// The first file called `name` on the search path, our own tools before all others.
    pub(crate) fn which(&self, name: &str) -> Option<PathBuf> {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&self.search_path()).map(|dir| dir.join(&file)).find(|path| path.is_file())
    }

    /// A file of the repository as text.
    pub(crate) fn read(&self, path: &str) -> Outcome<String> {
        fs::read_to_string(self.root.join(path))
            .map_err(|why| format!("{path} cannot be read: {why}"))
    }

    fn search_path(&self) -> OsString {
        let given = env::var_os("PATH").unwrap_or_default();
        let dirs = std::iter::once(self.tools.join("bin")).chain(env::split_paths(&given));
        // Only a directory whose name holds the separator can fail here; it could not have been on PATH.
        env::join_paths(dirs).unwrap_or(given)
    }
}

/// Whether nobody is watching, so that a skipped test must fail.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// Waits until no other command is at work in the folder, and keeps others waiting while the file is open.
pub(crate) fn lock(folder: &Path) -> io::Result<fs::File> {
    fs::create_dir_all(folder)?;
    let file = fs::File::create(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            println!("waiting for another `cargo xtask` at work in {}", folder.display());
            file.lock()?;
        }
        Err(fs::TryLockError::Error(why)) => return Err(why),
    }
    Ok(file)
}

/// Dates the roots of what is compiled here, unless `root` was the last to build in this folder. What else is compiled
/// stands on the crate.
fn claim(root: &Path, folder: &Path) -> io::Result<()> {
    let record = folder.join("last-clone");
    let name = root.as_os_str().as_encoded_bytes();
    if fs::read(&record).is_ok_and(|last| last == name) {
        return Ok(());
    }
    for file in ["src/lib.rs", "xtask/src/main.rs"] {
        date(&root.join(file), SystemTime::now())?;
    }
    fs::create_dir_all(folder)?;
    fs::write(record, name)
}

fn date(file: &Path, time: SystemTime) -> io::Result<()> {
    fs::File::options().append(true).open(file)?.set_modified(time)
}

/// `path` as it is printed: from the repository's root where it lies inside.
pub(crate) fn shown<'a>(root: &Path, path: &'a Path) -> std::path::Display<'a> {
    path.strip_prefix(root).unwrap_or(path).display()
}

/// Where cargo keeps what it has downloaded.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    home.or_else(|| Some(env::home_dir()?.join(".cargo")))
}

/// Panics name the files of crates and of the standard library. With these flags they have the same names in every module,
/// whoever built it: cargo's folder is `/cargo`, and the compiler's own, which it names where its sources are installed
/// with it, is what it is called without them.
///
/// Every command has the flags, and the same in every clone: where they change, cargo compiles all anew. The crate's own
/// files are named from the repository's root already, and nothing names the build directory.
fn wasm_flags(root: &Path) -> String {
    let rustc = |words: [&str; 2]| answer(Command::new("rustc").current_dir(root).args(words));
    let library = || {
        let sysroot = rustc(["--print", "sysroot"])?;
        let version = rustc(["--version", "--verbose"])?;
        let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "))?;
        Some((Path::new(&sysroot).join("lib/rustlib/src/rust"), format!("/rustc/{commit}")))
    };
    let folders = cargo_home().map(|home| (home, "/cargo".to_owned())).into_iter().chain(library());
    let flags: Vec<String> =
        folders.filter_map(|(folder, name)| renaming(&folder, &name)).collect();
    flags.join(" ")
}

/// The flag that gives a folder another name. Flags are parted by blanks: a folder whose name has one keeps it.
fn renaming(folder: &Path, name: &str) -> Option<String> {
    let folder: PathBuf = folder.components().collect();
    let folder = folder.to_str().filter(|folder| !folder.contains(char::is_whitespace))?;
    Some(format!("--remap-path-prefix={folder}={name}"))
}

fn cache_dir() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME")
        .or_else(|| if cfg!(windows) { set("LOCALAPPDATA") } else { None })
        .or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(base.join("phi-psi"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG_AGO: SystemTime = UNIX_EPOCH;

    /// A folder of its own, with two files that are old.
    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("phi-psi-{name}-{}", std::process::id()));
        for file in ["src/lib.rs", "xtask/src/main.rs"] {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "old").unwrap();
            date(&file, LONG_AGO).unwrap();
        }
        folder
    }

    fn time(file: &Path) -> SystemTime {
        fs::metadata(file).unwrap().modified().unwrap()
    }

    #[test]
    fn what_is_compiled_is_new_where_another_clone_was_built_last() {
        let (one, other, target) = (folder("one"), folder("other"), folder("target"));
        let dated = |clone: &Path| {
            claim(clone, &target).unwrap();
            ["src/lib.rs", "xtask/src/main.rs"].map(|file| {
                let new = time(&clone.join(file)) != LONG_AGO;
                date(&clone.join(file), LONG_AGO).unwrap();
                new
            })
        };
        assert_eq!(dated(&one), [true, true]);
        assert_eq!(dated(&one), [false, false]);
        assert_eq!(dated(&other), [true, true]);
        assert_eq!(dated(&one), [true, true]);
        for folder in [one, other, target] {
            fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn a_folder_is_renamed_however_it_is_written() {
        let flag = Some("--remap-path-prefix=/a/b=/cargo".to_owned());
        assert_eq!(renaming(Path::new("/a/b"), "/cargo"), flag);
        assert_eq!(renaming(Path::new("/a//b/"), "/cargo"), flag);
        assert_eq!(renaming(Path::new("/a b"), "/cargo"), None);
    }

    #[test]
    fn cargo_s_folder_and_the_compiler_s_are_renamed_unless_they_have_a_blank() {
        let root = root().unwrap();
        let flags = wasm_flags(&root);
        let mut rustc = Command::new("rustc");
        let sysroot =
            answer(rustc.current_dir(&root).args(["--print", "sysroot"])).map(PathBuf::from);
        for (folder, name) in [(cargo_home(), "=/cargo"), (sysroot, "=/rustc/")] {
            let blank = folder.unwrap().to_string_lossy().contains(char::is_whitespace);
            assert_eq!(flags.contains(name), !blank, "{name} in {flags}");
        }
    }
}
