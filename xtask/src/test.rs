//! `cargo xtask test`: every test there is, in five tiers, and a table of what ran.
//!
//! A tier that cannot run here is skipped with its reason; where nobody watches (`CI`) that is a failure, and so
//! is a tier that ran no test at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::Outcome;
use crate::browser::{self, Chrome};
use crate::checkout::{Checkout, NATIVE, in_ci};
use crate::dist;
use crate::fuzz;
use crate::guarantees;
use crate::options::Options;
use crate::process::run_and_read;
use crate::serve::Server;
use crate::setup;
use crate::tally::Tally;

/// Tests that share what they need to run.
struct Tier {
    name: &'static str,
    run: fn(&Checkout) -> Outcome<Ending>,
}

const TIERS: [Tier; 5] = [
    Tier { name: "native", run: native },
    Tier { name: "fuzz", run: fuzzed },
    Tier { name: "wasm", run: wasm },
    Tier { name: "node", run: without_a_browser },
    Tier { name: "e2e", run: end_to_end },
];

/// How a tier ended when nothing prevented it from being judged.
enum Ending {
    /// Its runner ran and reported; `succeeded` is the runner's own verdict.
    Ran { tally: Tally, succeeded: bool },
    /// It cannot run here, and why.
    Skipped(String),
}

/// One line of the table.
struct Report {
    tier: &'static str,
    tally: Tally,
    seconds: f64,
    remark: String,
}

/// `cargo xtask test`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    let only = options.choice("only", &TIERS.map(|tier| tier.name))?;
    options.finish()?;
    let chosen = TIERS.iter().filter(|tier| only.is_none_or(|name| name == tier.name));
    let reports: Vec<Report> = chosen.map(|tier| judge(checkout, tier)).collect();

    println!("\n{:<8} {:>7} {:>7} {:>8} {:>8}", "tier", "passed", "failed", "skipped", "time");
    let mut total = Tally::default();
    for Report { tier, tally, seconds, remark } in &reports {
        let Tally { passed, failed, skipped } = tally;
        let line =
            format!("{tier:<8} {passed:>7} {failed:>7} {skipped:>8} {seconds:>6.0} s  {remark}");
        println!("{}", line.trim_end());
        total += *tally;
    }
    println!("\n{}", total.summary());
    if total.failed == 0 { Ok(()) } else { Err("not every test passed".to_owned()) }
}

fn judge(checkout: &Checkout, tier: &Tier) -> Report {
    println!("\n== {} tests", tier.name);
    let started = Instant::now();
    let ending = (tier.run)(checkout);
    let seconds = started.elapsed().as_secs_f64();
    let (tally, remark) = verdict(ending, in_ci());
    Report { tier: tier.name, tally, seconds, remark }
}

/// A failure that no test reported (a build, a browser that died, a skip in CI) counts as one failed test.
fn verdict(ending: Outcome<Ending>, in_ci: bool) -> (Tally, String) {
    let failed = Tally { failed: 1, ..Tally::default() };
    match ending {
        Err(why) => (failed, why),
        Ok(Ending::Skipped(why)) if in_ci => (failed, format!("skipped, which fails in CI: {why}")),
        Ok(Ending::Skipped(why)) => {
            (Tally { skipped: 1, ..Tally::default() }, format!("skipped: {why}"))
        }
        Ok(Ending::Ran { mut tally, succeeded }) => {
            let mut remark = String::new();
            if !succeeded && tally.failed == 0 {
                tally.failed = 1;
                remark = "the runner failed outside its tests".to_owned();
            } else if tally == Tally::default() {
                tally.failed = 1;
                remark = "no test ran".to_owned();
            } else if in_ci && tally.skipped > 0 {
                tally.failed += 1;
                remark = "skipped tests fail in CI".to_owned();
            }
            (tally, remark)
        }
    }
}

/// The crate's units, the parity with PyTorch, and these commands' own tests.
fn native(checkout: &Checkout) -> Outcome<Ending> {
    let mut cargo = checkout.cargo();
    // --show-output: the parity table is printed by a test that passes.
    cargo.args(["test", "--no-fail-fast"]);
    let cargo = cargo.args(NATIVE).args(["--", "--show-output"]);
    let (succeeded, output) = run_and_read(cargo)?;
    Ok(Ending::Ran { tally: Tally::of_libtest(&output), succeeded })
}

/// The doors through which strangers' text and bytes come in.
fn fuzzed(checkout: &Checkout) -> Outcome<Ending> {
    Ok(Ending::Ran { tally: fuzz::all(checkout)?, succeeded: true })
}

/// The same crate inside the browser, on both backends.
fn wasm(checkout: &Checkout) -> Outcome<Ending> {
    setup::for_build(checkout)?;
    setup::wasm_pack(checkout)?;
    let Chrome { driver, .. } = match browser::chrome(checkout) {
        Ok(chrome) => chrome,
        Err(why) => return Ok(Ending::Skipped(why)),
    };
    let mut wasm_pack = checkout.command("wasm-pack");
    wasm_pack.args(["test", "--headless", "--chrome", "--release"]);
    if let Some(driver) = driver {
        wasm_pack.arg("--chromedriver").arg(driver);
    }
    let (succeeded, output) = run_and_read(&mut wasm_pack)?;
    Ok(Ending::Ran { tally: Tally::of_libtest(&output), succeeded })
}

/// The page's scripts that need no document, and the modules as they are built, in Node.
fn without_a_browser(checkout: &Checkout) -> Outcome<Ending> {
    let tests = test_files(checkout, "tests/unit");
    if tests.is_empty() {
        // Without a name node would look for tests by itself.
        return Ok(Ending::Ran { tally: Tally::default(), succeeded: true });
    }
    let built = dist::build(checkout)?;
    let mut node = checkout.command("node");
    node.args(["--test", "--test-reporter=spec"]).args(tests);
    node.env("PHI_PSI_DIST", &built.unbundled);
    let (succeeded, output) = run_and_read(&mut node)?;
    Ok(Ending::Ran { tally: Tally::of_node(&output), succeeded })
}

/// The page, as a visitor opens it.
fn end_to_end(checkout: &Checkout) -> Outcome<Ending> {
    setup::for_npm(checkout)?;
    let tests = test_files(checkout, "tests/e2e");
    if tests.is_empty() {
        return Ok(Ending::Skipped("there is no tests/e2e/*.test.mjs".to_owned()));
    }
    let chrome = match browser::shell(checkout) {
        Ok(program) => program,
        Err(why) => return Ok(Ending::Skipped(why)),
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
    let built = dist::build(checkout)?;
    // Below a sub-path, as many a static host serves it: an absolute URL on the page would miss.
    let server = Server::on_free_port(&built.unbundled, "/sub/path/")?;
    let shipped = Server::on_free_port(&built.shipped, "/sub/path/")?;
    // Tests that need what is not here are skipped one by one with the reason, and the others run.
    let python = setup::python(checkout);
    let (mut tally, mut succeeded, mut said) = (Tally::default(), true, String::new());
    let (alone, together): (Vec<_>, Vec<_>) = tests.into_iter().partition(|path| runs_alone(path));
    // Most tests come last: what their runner lists as failed then stands right above the table.
    for (at_a_time, files) in [(1, alone), (2, together)] {
        let mut node = checkout.command("node");
        node.args(["--test", "--test-reporter=spec"]);
        node.arg(format!("--test-concurrency={at_a_time}")).args(files);
        node.env("CHROME", &chrome);
        // Most tests visit what ships; some the page as it is written, where they can put one file in another's place.
        node.env("PHI_PSI_DIST", &built.unbundled).env("PHI_PSI_URL", &server.url);
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
        let (good, output) = run_and_read(&mut node)?;
        tally += Tally::of_node(&output);
        succeeded &= good;
        said += &output;
    }
    print!("\n{}", guarantees::table(&said));
    Ok(Ending::Ran { tally, succeeded })
}

/// Files that print times: the others run two at a time, and would disturb these.
const ALONE: [&str; 3] = ["bench.test.mjs", "paint.test.mjs", "soak.test.mjs"];

fn runs_alone(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| ALONE.contains(&name))
}

/// The tests in a folder, named one by one: what `node --test <directory>` means changed between Node's versions.
fn test_files(checkout: &Checkout, folder: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(checkout.root.join(folder)) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| Path::new(folder).join(entry.file_name()));
    let mut tests: Vec<PathBuf> =
        names.filter(|path| path.to_string_lossy().ends_with(".test.mjs")).collect();
    tests.sort();
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREEN: Tally = Tally { passed: 3, failed: 0, skipped: 0 };

    #[test]
    fn a_green_run_stays_green_in_ci() {
        let (tally, remark) = verdict(Ok(Ending::Ran { tally: GREEN, succeeded: true }), true);
        assert_eq!((tally, remark.as_str()), (GREEN, ""));
    }

    #[test]
    fn a_skip_fails_only_where_nobody_watches() {
        let skip = || Ok(Ending::Skipped("no browser".to_owned()));
        assert_eq!(verdict(skip(), false).0, Tally { passed: 0, failed: 0, skipped: 1 });
        let (tally, remark) = verdict(skip(), true);
        assert_eq!(tally.failed, 1);
        assert!(remark.contains("no browser"));
        let one_skipped = Ending::Ran { tally: Tally { skipped: 1, ..GREEN }, succeeded: true };
        assert_eq!(verdict(Ok(one_skipped), true).0.failed, 1);
    }

    #[test]
    fn a_failure_without_a_failed_test_is_still_a_failure() {
        assert_eq!(verdict(Ok(Ending::Ran { tally: GREEN, succeeded: false }), false).0.failed, 1);
        assert_eq!(verdict(Err("it does not compile".to_owned()), false).0.failed, 1);
        let nothing = Ending::Ran { tally: Tally::default(), succeeded: true };
        assert_eq!(verdict(Ok(nothing), false).0.failed, 1);
    }
}
