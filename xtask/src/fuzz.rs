//! The tier `fuzz`: what comes in from outside, made up by the hundred thousand (`tests/fuzz`).
//!
//! The fuzzer needs a nightly compiler. Where there is none, the corpus alone goes through the same doors natively, as it
//! does in every `cargo test`. What the fuzzer finds on the way is kept beside the build, and it goes on from there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::checkout::{Checkout, NATIVE, lock};
use crate::process::{answer, read, run};
use crate::queue::Piece;
use crate::setup;
use crate::tally::{Ran, Tally, program};

/// The targets of tests/fuzz/Cargo.toml.
const TARGETS: [&str; 4] = ["link", "file", "recipe", "demo"];

/// Seconds for each target, unless `PHI_PSI_FUZZ_SECONDS` says otherwise.
const SECONDS: u32 = 10;

/// 64 KiB at the most, of which nothing may take seconds, one allocation of 16 MB or half a gigabyte in all.
const BOUNDS: [&str; 4] =
    ["-max_len=65536", "-timeout=5", "-malloc_limit_mb=16", "-rss_limit_mb=512"];

/// Every target, or the corpus on its way through the doors.
pub(crate) fn pieces(checkout: &Checkout) -> Outcome<Vec<Piece<Ran>>> {
    let Some(host) = nightly(checkout) else {
        println!(
            "the fuzzer needs a nightly toolchain, and there is none here: its corpus goes through the doors without it"
        );
        let mut cargo = checkout.cargo();
        cargo.arg("test").args(NATIVE).args(["--test", "doors", "--", "--show-output"]);
        return Ok(vec![program("fuzz doors".to_owned(), cargo, Tally::of_libtest)]);
    };
    let seconds = seconds(env::var("PHI_PSI_FUZZ_SECONDS").ok().as_deref())?;
    setup::cargo_fuzz(checkout)?;
    let folder = checkout.target.join("fuzz");
    let mut cargo = checkout.command("rustup");
    cargo.args("run nightly cargo fuzz build --fuzz-dir tests/fuzz".split(' '));
    let programs = checkout.root.join("target/fuzz");
    let unwritable = |why| format!("{} cannot be written: {why}", programs.display());
    {
        // Another clone may build there before these have run.
        let _one_at_a_time = lock(&folder).map_err(unwritable)?;
        checkout.claim(&folder)?;
        run(cargo.env("CARGO_TARGET_DIR", &folder))?;
        fs::create_dir_all(&programs).map_err(unwritable)?;
        for target in TARGETS {
            let program = file_name(target);
            let built = folder.join(&host).join("release").join(&program);
            // One that runs elsewhere meanwhile goes on as it is.
            let fresh = programs.join(format!("{target}.new"));
            fs::copy(built, &fresh).map_err(unwritable)?;
            fs::rename(fresh, programs.join(program)).map_err(unwritable)?;
        }
    }
    TARGETS.iter().map(|target| piece(checkout, &programs, &folder, target, seconds)).collect()
}

/// How a target's program is called on this machine.
fn file_name(target: &str) -> String {
    format!("{target}{}", env::consts::EXE_SUFFIX)
}

/// What a nightly compiler of this machine compiles for, where there is one.
fn nightly(checkout: &Checkout) -> Option<String> {
    let told = answer(checkout.command("rustup").args(["run", "nightly", "rustc", "-vV"]))?;
    told.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

fn seconds(given: Option<&str>) -> Outcome<u32> {
    match given.map(str::parse) {
        None => Ok(SECONDS),
        Some(Ok(seconds @ 1..)) => Ok(seconds),
        Some(_) => Err("PHI_PSI_FUZZ_SECONDS is not a whole number of seconds".to_owned()),
    }
}

/// Drives one target, which counts as a test.
fn piece(
    checkout: &Checkout,
    programs: &Path,
    folder: &Path,
    target: &str,
    seconds: u32,
) -> Outcome<Piece<Ran>> {
    let committed = PathBuf::from("tests/fuzz/corpus").join(target);
    let kept = fs::read_dir(checkout.root.join(&committed)).map_or(0, Iterator::count);
    let found = folder.join("corpus").join(target);
    let broken = folder.join("broken");
    for folder in [&found, &broken] {
        fs::create_dir_all(folder)
            .map_err(|why| format!("{} cannot be made: {why}", folder.display()))?;
    }
    let mut program = checkout.command(programs.join(file_name(target)));
    program.arg(&found).arg(&committed).args(BOUNDS).arg("-print_final_stats=1");
    program.arg(format!("-max_total_time={seconds}"));
    program.arg(format!("-dict=tests/fuzz/words/{target}.dict"));
    program.arg(format!("-artifact_prefix={}/{target}-", broken.display()));
    let work = move || {
        let (succeeded, told) = read(&mut program)?;
        let tally = Tally {
            passed: u32::from(succeeded),
            failed: u32::from(!succeeded),
            ..Tally::default()
        };
        let said = if succeeded { figures(&told, kept) } else { breakage(&told) };
        Ok(Ran { tally, succeeded, said })
    };
    Ok(Piece { name: format!("fuzz {target}"), alone: false, work: Box::new(work) })
}

/// Executions, memory and corpus, as the fuzzer tells them at its end.
fn figures(told: &str, kept: usize) -> String {
    let stat = |name: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map_or("?", str::trim)
    };
    let last = told.lines().rfind(|line| line.starts_with('#') && line.contains("corp: "));
    let after = |key: &str| {
        let rest = last.and_then(|line| line.split(key).nth(1));
        rest.and_then(|rest| rest.split([' ', '/']).find(|word| !word.is_empty())).unwrap_or("?")
    };
    format!(
        "{:>9} executions, {:>6}/s, at most {:>3} MB, {:>5} edges, a corpus of {kept} and now {}",
        stat("stat::number_of_executed_units"),
        stat("stat::average_exec_per_sec"),
        stat("stat::peak_rss_mb"),
        after("cov: "),
        after("corp: "),
    )
}

/// What broke, in the fuzzer's and the panic's own words, and where the input lies that did it.
fn breakage(told: &str) -> String {
    let mut lines = told.lines();
    let mut words: Vec<&str> = Vec::new();
    while let Some(line) = lines.next() {
        if line.contains("panicked at") {
            words.push(line);
            words.extend(lines.by_ref().take(3).take_while(|line| *line != "stack backtrace:"));
        } else if ["ERROR: ", "SUMMARY: ", "Test unit written to "]
            .iter()
            .any(|mark| line.contains(mark))
        {
            words.push(line);
        }
    }
    words.iter().map(|line| format!("\n        {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_a_program_words_and_a_corpus() {
        let root = Checkout::find().unwrap().root;
        let manifest = fs::read_to_string(root.join("tests/fuzz/Cargo.toml")).unwrap();
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
        for target in TARGETS {
            assert!(manifest.contains(&format!("path = \"targets/{target}.rs\"")), "{target}");
            assert!(root.join(format!("tests/fuzz/words/{target}.dict")).is_file(), "{target}");
            let corpus = fs::read_dir(root.join("tests/fuzz/corpus").join(target)).unwrap();
            assert!(corpus.count() > 0, "{target}");
        }
    }

    #[test]
    fn the_time_is_a_whole_number_of_seconds() {
        assert_eq!((seconds(None), seconds(Some("60"))), (Ok(SECONDS), Ok(60)));
        for wrong in ["", "0", "-1", "1.5", "long"] {
            assert!(seconds(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_fuzzer_s_report_is_read() {
        let told = "#2\tINITED cov: 12 ft: 13 corp: 1/8b exec/s: 0 rss: 40Mb\n\
                    #1134712\tDONE   cov: 957 ft: 2447 corp: 565/60Kb lim: 5341 exec/s: 5645 rss: 267Mb\n\
                    stat::number_of_executed_units: 1134712\nstat::average_exec_per_sec:     5645\nstat::peak_rss_mb:              267\n";
        let figures = figures(told, 44);
        for part in ["1134712 executions", "5645/s", "267 MB", "957 edges", "44 and now 565"] {
            assert!(figures.contains(part), "{part} in {figures}");
        }
    }

    #[test]
    fn what_broke_is_told_with_the_input_s_place() {
        let told = "#9\tNEW cov: 1\nthread '<unnamed>' panicked at targets/../doors.rs:74:9:\nassertion failed\n  left: None\nstack backtrace:\n\
                    ==7== ERROR: libFuzzer: deadly signal\nSUMMARY: libFuzzer: deadly signal\nartifact_prefix='x'; Test unit written to broken/link-crash-1\n";
        let words = breakage(told);
        for part in ["panicked at", "left: None", "deadly signal", "broken/link-crash-1"] {
            assert!(words.contains(part), "{part} in {words}");
        }
        assert!(!words.contains("backtrace"), "{words}");
    }
}
