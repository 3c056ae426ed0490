//! phi·psi's commands, one per word: `cargo xtask serve` opens the page, `cargo xtask test` proves it.
//!
//! Each command installs what it needs and says so line by line. Nothing here is part of what ships.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bench;
mod bits;
mod browser;
mod check;
mod checkout;
mod dist;
mod fuzz;
mod gates;
mod guarantees;
mod mutants;
mod options;
mod process;
mod queue;
mod reproduce;
mod rooms;
mod serve;
mod setup;
mod sizes;
mod tally;
mod test;
mod write;

use std::process::ExitCode;

use checkout::Checkout;
use options::Options;

/// What a command returns; the error is a sentence for the terminal.
type Outcome<T = ()> = Result<T, String>;

/// A word on the command line and what it does.
struct Task {
    name: &'static str,
    options: &'static str,
    about: &'static str,
    run: fn(&Checkout, &mut Options) -> Outcome,
}

const TASKS: &[Task] = &[
    Task {
        name: "build",
        options: "",
        about: "write the page to dist/ and print the sizes of its modules",
        run: dist::task,
    },
    Task {
        name: "serve",
        options: "[--port 8000] [--prefix /]",
        about: "build the page and serve it on this machine",
        run: serve::task,
    },
    Task {
        name: "test",
        options: "[--only native|fuzz|wasm|node|e2e]",
        about: "run every test: native, fuzzed, in the browser's engine, in Node, and on the page",
        run: test::task,
    },
    Task {
        name: "mutants",
        options: "[--only js|rust] [--files 'www/plot/*.js'] [--shard 1/50]",
        about: "change the code in small ways, and name the changes that no test notices",
        run: mutants::task,
    },
    Task {
        name: "bits",
        options: "",
        about: "hold aarch64 to the recorded bits, natively and in Node; emulated by QEMU elsewhere",
        run: bits::task,
    },
    Task {
        name: "reproduce",
        options: "",
        about: "build the commit once more in another folder, and compare what ships byte by byte",
        run: reproduce::task,
    },
    Task {
        name: "check",
        options: "",
        about: "formatting, lints, docs, types, sizes, dependencies and the rules of the house",
        run: check::task,
    },
    Task {
        name: "write",
        options: "",
        about: "make the committed files that are made from others: the page's table of keys",
        run: write::task,
    },
    Task {
        name: "bench",
        options: "[--sizes S,M] [--rounds 3] [--only jax,NumPy] [--seconds 0.5] [--out file]",
        about: "time the shipped modules against their peers in one run and print the ratios",
        run: bench::task,
    },
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        let asked_for_help = ["help", "--help", "-h"].contains(&name.as_str());
        if !asked_for_help && !name.is_empty() {
            eprintln!("xtask: there is no command `{name}`\n");
        }
        eprint!("{}", help());
        return ExitCode::from(if asked_for_help { 0 } else { 2 });
    };
    let mut options = match Options::parse(words) {
        Ok(options) => options,
        Err(why) => return misused(task, &why),
    };
    let outcome = Checkout::find().and_then(|checkout| (task.run)(&checkout, &mut options));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) if options.refused() => misused(task, &why),
        Err(why) => {
            eprintln!("xtask {}: {why}", task.name);
            ExitCode::FAILURE
        }
    }
}

fn misused(task: &Task, why: &str) -> ExitCode {
    eprintln!("xtask {}: {why}\n", task.name);
    eprintln!("usage: cargo xtask {} {}", task.name, task.options);
    ExitCode::from(2)
}

fn help() -> String {
    let mut text = String::from("cargo xtask <command>\n\n");
    for task in TASKS {
        let usage = format!("{} {}", task.name, task.options);
        if usage.len() > 33 {
            text += &format!("  {usage}\n  {:<33} {}\n", "", task.about);
        } else {
            text += &format!("  {usage:<33} {}\n", task.about);
        }
    }
    text += "\nWhat is missing is installed first. Set CHROME (for the page's tests), CHROMEDRIVER (for wasm-pack's), FIREFOX, WEBKIT,\nPHI_PSI_PYTHON or CARGO_TARGET_DIR to use your own.\n";
    text
}
