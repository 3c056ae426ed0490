//! `cargo xtask test`: every test there is, in five tiers, and a table of what ran.
//!
//! First all that the tests need is installed and built; then their pieces wait in one queue, which keeps the cores busy
//! whatever tier they are of. A tier that cannot run here is skipped with its reason; where nobody watches (`CI`) that is
//! a failure, and so is a piece in which no test ran.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::Outcome;
use crate::browser::{self, Chrome};
use crate::checkout::{Checkout, NATIVE, in_ci};
use crate::dist::{self, Built};
use crate::fuzz;
use crate::guarantees;
use crate::options::Options;
use crate::process::run;
use crate::queue::{self, Ended, Piece, Times};
use crate::serve::Server;
use crate::setup;
use crate::tally::{Ran, Tally, program};

/// Tests that share what they need to run.
struct Tier {
    name: &'static str,
    /// Installs and builds what they need, and names their pieces.
    prepare: fn(&Stage) -> Outcome<Prepared>,
}

const TIERS: [Tier; 5] = [
    Tier { name: "native", prepare: native },
    Tier { name: "fuzz", prepare: fuzzed },
    Tier { name: "wasm", prepare: wasm },
    Tier { name: "node", prepare: without_a_browser },
    Tier { name: "e2e", prepare: end_to_end },
];

/// What the tiers are prepared on.
struct Stage<'a> {
    checkout: &'a Checkout,
    /// The one tier that is asked for, if it is not all.
    only: Option<&'a str>,
    built: OnceCell<Outcome<Built>>,
}

impl Stage<'_> {
    /// The page, built once for all tiers.
    fn built(&self) -> Outcome<&Built> {
        self.built.get_or_init(|| dist::build(self.checkout)).as_ref().map_err(Clone::clone)
    }
}

/// What a tier comes to before any of its tests runs.
enum Prepared {
    /// Each named after the tier and what it tests.
    Pieces(Vec<Piece<Ran>>),
    /// It cannot run here, and why.
    Skipped(String),
}

/// One line of the table.
#[derive(Default)]
struct Line {
    tally: Tally,
    seconds: f64,
    remarks: Vec<String>,
}

impl Line {
    fn add(&mut self, (tally, remark): (Tally, Option<String>)) {
        self.tally += tally;
        self.remarks.extend(remark);
    }
}

/// `cargo xtask test`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    let only = options.choice("only", &TIERS.map(|tier| tier.name))?;
    options.finish()?;
    let started = Instant::now();
    let stage = Stage { checkout, only, built: OnceCell::new() };
    let (mut table, mut pieces) = (Vec::new(), Vec::new());
    for Tier { name, prepare } in
        TIERS.iter().filter(|tier| only.is_none_or(|only| only == tier.name))
    {
        println!("\n== what {name} tests need");
        let mut line = Line::default();
        match prepare(&stage) {
            Ok(Prepared::Pieces(some)) if some.is_empty() => line.add(failed("there is no test")),
            Ok(Prepared::Pieces(some)) => pieces.extend(some),
            Ok(Prepared::Skipped(why)) => line.add(skipped(&why, in_ci())),
            Err(why) => line.add(failed(&why)),
        }
        table.push((*name, line));
    }

    let times = Times::read(checkout.target.join("test-seconds"));
    let ended = queue::work_off(pieces, &times, tell);
    times.keep(&ended);
    for one in &ended {
        let line = table.iter_mut().find(|(tier, _)| one.name.split(' ').next() == Some(tier));
        if let Some((_, line)) = line {
            line.seconds += one.seconds;
            line.add(verdict(one, in_ci()));
        }
    }
    conclude(&table, &ended, started)
}

/// Shows a piece as it ends.
fn tell(one: &Ended<Ran>) {
    let Ended { name, seconds, outcome } = one;
    let (ending, said) = match outcome {
        Ok(ran) if ran.succeeded => ("", ran.said.trim_end()),
        Ok(ran) => (": FAILED", ran.said.trim_end()),
        Err(why) => (": FAILED", why.as_str()),
    };
    println!("\n== {name}, {seconds:.0} s{ending}\n{said}");
}

/// What a runner lists as failed at its end, or all that it said where it lists nothing. Cargo lists it for each program.
fn failures(said: &str) -> String {
    let node = said.rfind("\n✖ failing tests:").map(|from| said[from..].trim().to_owned());
    let blocks = said.split("\nfailures:\n    ").skip(1);
    let names =
        |block: &str| block.split("\n\n").next().map(|names| format!("failures:\n    {names}"));
    let cargo: Vec<_> = blocks.filter_map(names).collect();
    node.unwrap_or_else(|| {
        if cargo.is_empty() { said.trim().to_owned() } else { cargo.join("\n").trim().to_owned() }
    })
}

/// Prints what failed, the table of guarantees and that of the tiers.
fn conclude(table: &[(&str, Line)], ended: &[Ended<Ran>], started: Instant) -> Outcome {
    let mut said = String::new();
    for Ended { name, outcome, .. } in ended {
        match outcome {
            Ok(ran) if ran.succeeded => {}
            Ok(ran) => println!("\n== FAILED: {name}\n{}", failures(&ran.said)),
            Err(why) => println!("\n== FAILED: {name}\n{why}"),
        }
        said += outcome.as_ref().map_or("", |ran| &ran.said);
    }
    print!("\n{}", guarantees::table(&said));
    println!("\n{:<8} {:>7} {:>7} {:>8} {:>8}", "tier", "passed", "failed", "skipped", "work");
    let mut total = Tally::default();
    for (tier, Line { tally, seconds, remarks }) in table {
        let Tally { passed, failed, skipped } = tally;
        let remarks = remarks.join("; ");
        let line =
            format!("{tier:<8} {passed:>7} {failed:>7} {skipped:>8} {seconds:>6.0} s  {remarks}");
        println!("{}", line.trim_end());
        total += *tally;
    }
    println!("\nin {:.0} s, builds included", started.elapsed().as_secs_f64());
    println!("{}", total.summary());
    if total.failed == 0 { Ok(()) } else { Err("not every test passed".to_owned()) }
}

/// A failure that no test reported (a build, a browser that died) counts as one failed test.
fn failed(why: &str) -> (Tally, Option<String>) {
    (Tally { failed: 1, ..Tally::default() }, Some(why.to_owned()))
}

fn skipped(why: &str, in_ci: bool) -> (Tally, Option<String>) {
    if in_ci {
        return failed(&format!("skipped, which fails in CI: {why}"));
    }
    (Tally { skipped: 1, ..Tally::default() }, Some(format!("skipped: {why}")))
}

fn verdict(one: &Ended<Ran>, in_ci: bool) -> (Tally, Option<String>) {
    let name = &one.name;
    let (mut tally, succeeded) = match &one.outcome {
        Err(why) => return failed(&format!("{name}: {why}")),
        Ok(ran) => (ran.tally, ran.succeeded),
    };
    if !succeeded && tally.failed == 0 {
        return failed(&format!("{name}: the runner failed outside its tests"));
    }
    if tally == Tally::default() {
        return failed(&format!("{name}: no test ran"));
    }
    if in_ci && tally.skipped > 0 {
        tally.failed += 1;
        return (tally, Some(format!("{name}: skipped tests fail in CI")));
    }
    (tally, None)
}

/// The crate's units, the parity with PyTorch, and these commands' own tests.
fn native(stage: &Stage) -> Outcome<Prepared> {
    let cargo = |arguments: &[&str]| {
        let mut cargo = stage.checkout.cargo();
        cargo.args(["test", "--no-fail-fast"]).args(NATIVE).args(arguments);
        cargo
    };
    run(&mut cargo(&["--no-run"]))?;
    // --show-output: the parity table is printed by a test that passes.
    let tests = cargo(&["--", "--show-output"]);
    Ok(Prepared::Pieces(vec![program("native".to_owned(), tests, Tally::of_libtest)]))
}

/// The doors through which strangers' text and bytes come in.
fn fuzzed(stage: &Stage) -> Outcome<Prepared> {
    fuzz::pieces(stage.checkout).map(Prepared::Pieces)
}

/// The same crate inside the browser, on both backends.
fn wasm(stage: &Stage) -> Outcome<Prepared> {
    let checkout = stage.checkout;
    browser::named()?;
    // Chrome first: it may be what cannot be installed here.
    let Chrome { driver, .. } = match browser::chrome(checkout) {
        Ok(chrome) => chrome,
        Err(why) => return Ok(Prepared::Skipped(why)),
    };
    setup::for_build(checkout)?;
    if stage.only.is_none() {
        // The page's modules have the file name of the tests' library: made after it, they would have it compiled again. What
        // they fail by is told where they are needed.
        let _ = stage.built();
    }
    setup::wasm_pack(checkout)?;
    // As wasm-pack itself builds them before it runs them.
    let mut cargo = checkout.command("cargo");
    cargo.args(["build", "--tests", "--release", "--target", "wasm32-unknown-unknown"]);
    run(&mut cargo)?;
    let mut wasm_pack = checkout.command("wasm-pack");
    wasm_pack.args(["test", "--headless", "--chrome", "--release"]);
    // Another piece runs beside it.
    wasm_pack.env("WASM_BINDGEN_TEST_TIMEOUT", "600");
    if let Some(driver) = driver {
        wasm_pack.arg("--chromedriver").arg(driver);
    }
    Ok(Prepared::Pieces(vec![program("wasm".to_owned(), wasm_pack, Tally::of_libtest)]))
}

/// The page's scripts that need no document, and the modules as they are built, in Node.
fn without_a_browser(stage: &Stage) -> Outcome<Prepared> {
    let built = stage.built()?;
    let piece = |path: PathBuf| {
        let mut node = node(stage.checkout);
        node.arg(&path).env("PHI_PSI_DIST", &built.unbundled);
        program(format!("node {}", subject(&path)), node, Tally::of_node)
    };
    let tests = test_files(stage.checkout, "tests/unit");
    Ok(Prepared::Pieces(tests.into_iter().map(piece).collect()))
}

/// The page, as a visitor opens it.
fn end_to_end(stage: &Stage) -> Outcome<Prepared> {
    let checkout = stage.checkout;
    browser::named()?;
    setup::for_npm(checkout)?;
    let chrome = match browser::shell(checkout) {
        Ok(program) => program,
        Err(why) => return Ok(Prepared::Skipped(why)),
    };
    println!("browser: {}", browser::version(checkout, &chrome));
    let firefox = browser::firefox(checkout);
    if let Ok(firefox) = &firefox {
        println!("browser: {}", browser::version(checkout, firefox));
    }
    let firefox_gpu = browser::firefox_gpu(checkout);
    let webkit = browser::webkit(checkout);
    if let Ok(webkit) = &webkit {
        // It does not tell its version; its tests do.
        println!("browser: WebKitGTK's, by {}", webkit.display());
    }
    let built = stage.built()?;
    // Below a sub-path, as many a static host serves it: an absolute URL on the page would miss.
    let server = Server::on_free_port(&built.unbundled, "/sub/path/")?;
    let shipped = Server::on_free_port(&built.shipped, "/sub/path/")?;
    // Tests that need what is not here are skipped one by one with the reason, and the others run.
    let python = setup::python(checkout);
    let piece = |visited: &str, paths: &[PathBuf]| {
        let mut node = node(checkout);
        node.arg("tests/e2e/several.mjs").args(paths);
        node.env("CHROME", &chrome).env("PHI_PSI_VISITED", visited);
        node.env("PHI_PSI_DIST", &built.unbundled);
        node.env("PHI_PSI_SHIPPED", &built.shipped).env("PHI_PSI_SHIPPED_URL", &shipped.url);
        match &firefox {
            Ok(firefox) => node.env("FIREFOX", firefox),
            Err(why) => node.env_remove("FIREFOX").env("NO_FIREFOX", why),
        };
        match &webkit {
            Ok(webkit) => node.env("WEBKIT", webkit),
            Err(why) => node.env_remove("WEBKIT").env("NO_WEBKIT", why),
        };
        if let Err(why) = &firefox_gpu {
            node.env("NO_FIREFOX_GPU", why);
        }
        match &python {
            Ok(python) => node.env("PHI_PSI_PYTHON", python),
            Err(why) => node.env_remove("PHI_PSI_PYTHON").env("NO_PYTHON", why),
        };
        let subjects: Vec<String> = paths.iter().map(|path| subject(path)).collect();
        let name = format!("e2e {}", subjects.join(", "));
        let alone = times(&paths[0]);
        Piece { alone, ..program(name, node, Tally::of_node) }
    };
    // Most tests visit what ships; some the page as it is written, where they can put one file in another's place.
    let folders = [("tests/e2e", &shipped), ("tests/e2e/written", &server)];
    let pieces = folders.into_iter().flat_map(|(folder, Server { url, .. })| {
        let (alone, mut others): (Vec<_>, Vec<_>) =
            test_files(checkout, folder).into_iter().partition(|path| times(path));
        others.sort_by_key(|path| browsers(&checkout.root.join(path)));
        let together = alone.chunks(1).chain(others.chunks(TOGETHER));
        together.map(|paths| piece(url, paths)).collect::<Vec<_>>()
    });
    Ok(Prepared::Pieces(pieces.collect()))
}

/// So many files of tests share a process and its browsers: to start them takes as long as many a test.
const TOGETHER: usize = 4;

/// Which browsers besides a plain Chromium a file of tests starts: those that start the same ones are together.
fn browsers(test: &Path) -> [bool; 3] {
    let text = fs::read_to_string(test).unwrap_or_default();
    ["visitors('firefox')", "webkitVisitors()", "visitors('webgpu')"].map(|one| !text.contains(one))
}

/// Whether it is the file of tests that prints how long the page takes: the others run beside one another, and would disturb it.
fn times(test: &Path) -> bool {
    subject(test) == "paint"
}

/// Node, for tests, without the colours that it would have where the environment asks for them: its counts are read.
fn node(checkout: &Checkout) -> Command {
    let mut node = checkout.command("node");
    node.arg("--test-reporter=spec").env_remove("FORCE_COLOR").env("NO_COLOR", "1");
    node
}

/// `recipe` of `tests/e2e/recipe.test.mjs`.
fn subject(test: &Path) -> String {
    let name = test.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(".test.mjs").to_owned()
}

/// The tests in a folder.
fn test_files(checkout: &Checkout, folder: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(checkout.root.join(folder)) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| Path::new(folder).join(entry.file_name()));
    let mut tests: Vec<_> =
        names.filter(|path| path.to_string_lossy().ends_with(".test.mjs")).collect();
    tests.sort();
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREEN: Tally = Tally { passed: 3, failed: 0, skipped: 0 };

    fn ended(tally: Tally, succeeded: bool) -> Ended<Ran> {
        let ran = Ran { tally, succeeded, said: String::new() };
        Ended { name: "node a".to_owned(), seconds: 1.0, outcome: Ok(ran) }
    }

    #[test]
    fn a_green_run_stays_green_in_ci() {
        assert_eq!(verdict(&ended(GREEN, true), true), (GREEN, None));
    }

    #[test]
    fn a_skip_fails_only_where_nobody_watches() {
        assert_eq!(skipped("no browser", false).0, Tally { passed: 0, failed: 0, skipped: 1 });
        let (tally, remark) = skipped("no browser", true);
        assert_eq!(tally.failed, 1);
        assert!(remark.is_some_and(|remark| remark.contains("no browser")));
        let one_skipped = Tally { skipped: 1, ..GREEN };
        assert_eq!(verdict(&ended(one_skipped, true), true).0.failed, 1);
        assert_eq!(verdict(&ended(one_skipped, true), false).0.failed, 0);
    }

    #[test]
    fn a_failure_without_a_failed_test_is_still_a_failure() {
        assert_eq!(verdict(&ended(GREEN, false), false).0.failed, 1);
        assert_eq!(verdict(&ended(Tally::default(), true), false).0.failed, 1);
        let broken = Ended { outcome: Err("it does not start".to_owned()), ..ended(GREEN, true) };
        assert_eq!(verdict(&broken, false).0.failed, 1);
    }

    #[test]
    fn what_failed_is_what_the_runner_lists_at_its_end() {
        let node = "✔ one\n✖ two\n  why\nℹ fail 1\n\n✖ failing tests:\n\n✖ two\n  why\n";
        assert_eq!(failures(node), "✖ failing tests:\n\n✖ two\n  why");
        let cargo =
            "test a ... FAILED\n\nfailures:\n\n---- a stdout ----\nwhy\n\nfailures:\n    a\n";
        assert_eq!(failures(cargo), "failures:\n    a");
        let two =
            format!("{cargo}\ntest result: FAILED\n\nfailures:\n    b\n    c\n\nerror: 2 failed\n");
        assert_eq!(failures(&two), "failures:\n    a\nfailures:\n    b\n    c");
        assert_eq!(failures("it does not start\n"), "it does not start");
    }

    #[test]
    fn a_file_of_tests_is_named_after_its_subject() {
        assert_eq!(subject(Path::new("tests/e2e/layer-run.test.mjs")), "layer-run");
    }
}
