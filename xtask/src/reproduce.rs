//! `cargo xtask reproduce`: whether the commit, built once more in another folder, with another build directory and cargo's own
//! folder under another name, gives the same bytes, file by file.
//!
//! No part of `test`: all that ships is compiled a second time, in a quarter of an hour.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

use crate::Outcome;
use crate::checkout::{Checkout, cargo_home};
use crate::dist;
use crate::options::Options;
use crate::process::{answer, run};

/// `cargo xtask reproduce`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    options.finish()?;
    if answer(checkout.command("git").args(["status", "--porcelain"])).as_deref() != Some("") {
        return Err("what is built again is a commit, and this clone has changes: commit them, or put them away".to_owned());
    }
    let place = env::temp_dir().join(format!("phi-psi-reproduce-{}", process::id()));
    let outcome = build_twice(checkout, &place);
    // Gigabytes, whatever came of it.
    let _ = fs::remove_dir_all(&place);
    outcome
}

/// Builds here and below `place`, and compares.
fn build_twice(checkout: &Checkout, place: &Path) -> Outcome {
    let built = dist::build(checkout)?;
    // In an empty folder, where nothing is left from the build before.
    let here = place.join("here");
    dist::bundle(checkout, &built.unbundled, &here)?;
    let there = build_elsewhere(checkout, place)?;
    let unreadable = |why| format!("what was built cannot be read: {why}");
    let (here, there) = (files(&here).map_err(unreadable)?, files(&there).map_err(unreadable)?);
    let differing = differences(&here, &there);
    if differing.is_empty() {
        println!("\n{} files, built twice in different folders: the same bytes", here.len());
        return Ok(());
    }
    Err(format!("a second build differs in {}", differing.join(", ")))
}

/// Builds the commit in a clone of its own; returns what ships there.
fn build_elsewhere(checkout: &Checkout, place: &Path) -> Outcome<PathBuf> {
    let clone = place.join("clone");
    run(checkout.command("git").args(["clone", "--quiet", "."]).arg(&clone))?;
    // What ships names where its source is to be had.
    let mut git = checkout.command("git");
    git.current_dir(&clone);
    match answer(checkout.command("git").args(["remote", "get-url", "origin"])) {
        Some(address) => run(git.args(["remote", "set-url", "origin", &address]))?,
        None => run(git.args(["remote", "remove", "origin"]))?,
    }
    let mut cargo = checkout.cargo();
    cargo.args(["xtask", "build"]).current_dir(&clone);
    if let Some(home) = cargo_home() {
        let unwritable = |why| format!("{} cannot be written: {why}", place.display());
        cargo.env("CARGO_HOME", renamed(&home, place).map_err(unwritable)?);
    }
    run(cargo.env("CARGO_TARGET_DIR", place.join("target")))?;
    Ok(clone.join("dist"))
}

/// Cargo's folder by another path, as another user's would have.
#[cfg(unix)]
fn renamed(home: &Path, place: &Path) -> io::Result<PathBuf> {
    let other = place.join("cargo");
    std::os::unix::fs::symlink(home, &other)?;
    Ok(other)
}

/// Windows has nobody give a folder a second name but an administrator.
#[cfg(not(unix))]
fn renamed(home: &Path, _: &Path) -> io::Result<PathBuf> {
    Ok(home.to_owned())
}

/// The content of every file below a folder, by its path there.
fn files(folder: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = Vec::new();
    dist::read_tree(folder, Path::new(""), &mut found)?;
    Ok(found.into_iter().collect())
}

/// The files that only one has, or that differ.
fn differences(
    here: &BTreeMap<PathBuf, Vec<u8>>,
    there: &BTreeMap<PathBuf, Vec<u8>>,
) -> Vec<String> {
    let mut names: Vec<&PathBuf> = here.keys().chain(there.keys()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| here.get(*name) != there.get(*name));
    names.into_iter().map(|name| name.display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_differs_or_that_only_one_has_is_named() {
        let folder = |files: &[(&str, u8)]| {
            let file = |(name, byte): &(&str, u8)| (PathBuf::from(name), vec![*byte]);
            files.iter().map(file).collect::<BTreeMap<_, _>>()
        };
        let here = folder(&[("a", 1), ("b", 2), ("c", 3)]);
        assert_eq!(differences(&here, &here), [""; 0]);
        assert_eq!(differences(&here, &folder(&[("a", 1), ("b", 3), ("d", 4)])), ["b", "c", "d"]);
    }
}
