//! What the page promises, and in which engines it held: a table of what the tests say (`tests/e2e/guarantees.mjs`).

use std::fmt::Write;

/// Its columns, as the tests call them.
const ENGINES: [&str; 5] = ["Chromium", "Chromium, WebGPU", "Firefox", "Firefox, WebGPU", "WebKit"];

/// A row: the promise, and for each engine whether every test of it there passed; `None` where there was none.
type Row<'a> = (&'a str, [Option<bool>; ENGINES.len()]);

/// The table of all `guarantee: … | engine | held` in what a runner printed, and nothing where there is none.
pub(crate) fn table(output: &str) -> String {
    let mut rows: Vec<Row> = Vec::new();
    for (promise, engine, held) in output.lines().filter_map(told) {
        let at = rows.iter().position(|row| row.0 == promise).unwrap_or_else(|| {
            rows.push((promise, Default::default()));
            rows.len() - 1
        });
        let cell = &mut rows[at].1[engine];
        *cell = Some(cell.unwrap_or(true) && held);
    }
    let mut table = String::new();
    if rows.is_empty() {
        return table;
    }
    rows.sort();
    let width = rows.iter().map(|row| row.0.chars().count()).max().unwrap_or(0);
    let mut line = |promise: &str, cells: [&str; ENGINES.len()]| {
        let cells = cells
            .iter()
            .zip(ENGINES)
            .map(|(cell, engine)| format!("  {cell:<w$}", w = engine.len()));
        let _ = writeln!(
            table,
            "{}",
            format!("{promise:<width$}{}", cells.collect::<String>()).trim_end()
        );
    };
    line("guarantee", ENGINES);
    for (promise, cells) in rows {
        let words = |held: Option<bool>| match held {
            Some(true) => "held",
            Some(false) => "NOT held",
            None => "–",
        };
        line(promise, cells.map(words));
    }
    table
}

/// The promise, the engine's place in the table, and whether it held.
fn told(line: &str) -> Option<(&str, usize, bool)> {
    let mut parts = line.split_once("guarantee: ")?.1.split(" | ");
    let promise = parts.next()?;
    let engine = parts.next()?;
    let held = parts.next()? == "held";
    Some((promise, ENGINES.iter().position(|name| *name == engine)?, held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_held_in_an_engine_where_all_its_tests_say_so() {
        let output = "✔ the bits (12ms)\nℹ guarantee: the bits | Chromium | held\n\
            ℹ guarantee: a link | Firefox | held\nℹ guarantee: a link | Firefox | NOT held\n\
            ℹ guarantee: a link | WebKit | held\nno guarantee at all\n";
        let table = table(output);
        let lines: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect())
            .collect();
        assert_eq!(
            lines[0],
            ["guarantee", "Chromium", "Chromium, WebGPU", "Firefox", "Firefox, WebGPU", "WebKit"]
        );
        assert_eq!(lines[1], ["a link", "–", "–", "NOT held", "–", "held"]);
        assert_eq!(lines[2], ["the bits", "held", "–", "–", "–", "–"]);
    }

    #[test]
    fn where_nothing_is_promised_there_is_no_table() {
        assert_eq!(table("ℹ pass 3\n"), "");
    }
}
