//! Test counts, read from what the runners print.

use std::ops::AddAssign;
use std::process::Command;

use crate::process::read;
use crate::queue::Piece;

/// What a piece's runner reported; `succeeded` is the runner's own verdict.
pub(crate) struct Ran {
    pub(crate) tally: Tally,
    pub(crate) succeeded: bool,
    pub(crate) said: String,
}

/// A piece that is a program: its counts are read from what it prints.
pub(crate) fn program(name: String, mut command: Command, count: fn(&str) -> Tally) -> Piece<Ran> {
    let work = Box::new(move || {
        let (succeeded, said) = read(&mut command)?;
        Ok(Ran { tally: count(&said), succeeded, said })
    });
    Piece { name, alone: false, work }
}

/// How many tests did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Tally {
    /// The sum of all `test result: ok. 3 passed; 0 failed; 1 ignored; …` lines, as cargo and wasm-bindgen's runner print them.
    pub(crate) fn of_libtest(output: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines() {
            let Some((_, counts)) = line.split_once("test result: ") else {
                continue;
            };
            let count = |what: &str| {
                let part = counts.split([';', '.']).find(|part| part.trim_end().ends_with(what));
                part.and_then(|part| part.split_whitespace().next()?.parse().ok()).unwrap_or(0)
            };
            tally += Self {
                passed: count("passed"),
                failed: count("failed"),
                skipped: count("ignored"),
            };
        }
        tally
    }

    /// The counts at the end of `node --test`, in either of its forms (`ℹ pass 3`, `# pass 3`).
    pub(crate) fn of_node(output: &str) -> Self {
        let count = |what: &str| {
            let mut counts = output.lines().filter_map(|line| {
                let mut words = line.split_whitespace();
                let marked = matches!(words.next(), Some("#" | "ℹ"));
                (marked && words.next() == Some(what)).then(|| words.next()?.parse::<u32>().ok())?
            });
            counts.next_back().unwrap_or(0)
        };
        Self {
            passed: count("pass"),
            failed: count("fail") + count("cancelled"),
            skipped: count("skipped") + count("todo"),
        }
    }

    /// The last line of a run, in the form that readers of logs look for.
    pub(crate) fn summary(self) -> String {
        let mut line = format!("{} passed, {} failed", self.passed, self.failed);
        if self.skipped > 0 {
            line += &format!(", {} skipped", self.skipped);
        }
        line
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_s_counts_are_summed_over_its_binaries() {
        let output = "running 4 tests\ntest a ... ok\n\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.12s\n\
            test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s\n";
        assert_eq!(Tally::of_libtest(output), Tally { passed: 14, failed: 3, skipped: 1 });
    }

    #[test]
    fn node_s_counts_are_read_in_both_forms() {
        let spec = "✔ opens (12ms)\nℹ tests 5\nℹ suites 0\nℹ pass 3\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\n";
        let tap = spec.replace('ℹ', "#");
        let expected = Tally { passed: 3, failed: 1, skipped: 1 };
        assert_eq!(Tally::of_node(spec), expected);
        assert_eq!(Tally::of_node(&tap), expected);
        assert_eq!(Tally::of_node("the pass 7 of it"), Tally::default());
    }

    #[test]
    fn the_last_line_is_the_one_that_log_readers_know() {
        assert_eq!(Tally { passed: 5, failed: 0, skipped: 0 }.summary(), "5 passed, 0 failed");
        assert_eq!(
            Tally { passed: 5, failed: 1, skipped: 2 }.summary(),
            "5 passed, 1 failed, 2 skipped"
        );
    }
}
