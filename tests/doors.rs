//! What the fuzzer has found worth keeping, through the doors it was found at: natively, without the fuzzer and its
//! compiler, so that nothing that was once put right comes back. And what 64 KiB of anything cost there.

#![allow(clippy::print_stdout)] // The times are for whoever reads the log.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "fuzz/doors.rs"]
mod doors;

use doors::{DOORS, Door};

#[test]
fn the_corpus_goes_through_its_doors() {
    for (name, door) in DOORS {
        let folder = Path::new("tests/fuzz/corpus").join(name);
        let entries = fs::read_dir(&folder).expect("every door has a corpus");
        let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{name}: the corpus is empty");
        for file in &files {
            println!("{name}: {}", file.file_name().unwrap_or_default().display());
            door(&fs::read(file).expect("a file of the corpus"));
        }
        println!("{name}: {} inputs", files.len());
    }
}

/// 64 KiB at the very least, made of one piece over and over behind a beginning.
fn long(beginning: &str, piece: &str) -> Vec<u8> {
    let times = 65_536 / piece.len() + 1;
    (beginning.to_owned() + &piece.repeat(times)).into_bytes()
}

/// As [`long`], as the header of a file.
fn long_header(beginning: &str, piece: &str) -> Vec<u8> {
    let mut header = long(beginning, piece);
    header.truncate(65_536);
    [&(header.len() as u64).to_le_bytes(), &header[..]].concat()
}

/// The time is printed and nothing is made of it: a busy machine is no failure, a printed second is for whoever reads it.
#[test]
fn long_and_nasty_inputs_are_answered() {
    const NOTEBOOK: &str = "v=2&d=64&m=16&hidden=64&n=1024&batch=64&epochs=100000&lr=0.001&seed=42";
    let lines = NOTEBOOK.replace('&', "\n");
    let noise: Vec<u8> =
        (0..65_536u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let many_notes: String = (0..6_000).map(|i| format!("\"{i}\":\"\",")).collect();
    let many_tensors = "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,0]},";
    let [link, file, recipe, demo] = DOORS;
    let inputs: Vec<((&str, Door), &str, Vec<u8>)> = vec![
        (link, "a thousand keys", long(NOTEBOOK, "&W=1")),
        (link, "unknown keys", long(NOTEBOOK, "&k=")),
        (link, "a W of small numbers", long(&format!("{NOTEBOOK}&x=1&W="), "1e-45,")),
        (link, "% codes", long(&format!("{NOTEBOOK}&W="), "%2C")),
        (link, "a number of digits", long(&NOTEBOOK.replace("lr=0.001", "lr=0."), "9")),
        (link, "an mse of digits", long(&format!("{NOTEBOOK}&mse=0."), "0")),
        (link, "changes of the rate", long(&format!("{NOTEBOOK}&rates="), "2:0.5,")),
        (link, "ampersands", long("", "&")),
        (link, "noise", noise.clone()),
        (file, "many notes", long_header(&format!("{{\"__metadata__\":{{{many_notes}"), " ")),
        (file, "long notes", long_header("{\"__metadata__\":{\"a\":\"", "\\u0041")),
        (file, "many tensors", long_header("{", many_tensors)),
        (file, "many dimensions", long_header("{\"a\":{\"shape\":[", "1,")),
        (file, "open braces", long_header("{\"a\":", "{")),
        (file, "spaces", long_header("{", " ")),
        (file, "a number of digits", long_header("{\"a\":{\"shape\":[", "9")),
        (file, "noise", noise.clone()),
        (recipe, "unknown keys", long(&lines, "\nk=1")),
        (recipe, "changes of the rate", long(&format!("{lines}\nrates="), "9:0.5,")),
        (recipe, "a number of digits", long(&lines.replace("lr=0.001", "lr=1e"), "0")),
        (recipe, "noise", noise.clone()),
        (demo, "numbers", long("?", "1e-45 ")),
        (demo, "a number of digits", long("?", "7")),
        (demo, "a small number of digits", long("?0.", "0")),
        (demo, "brackets", long("?", "[")),
        (demo, "noise", noise),
    ];
    println!("{:<8} {:<28} {:>9}  time, the best of three", "door", "input", "bytes");
    for ((name, door), what, input) in inputs {
        let took = (0..3).map(|_| {
            let began = Instant::now();
            door(&input);
            began.elapsed()
        });
        let best = took.min().unwrap_or(Duration::ZERO);
        println!("{name:<8} {what:<28} {:>9}  {:.3} ms", input.len(), best.as_secs_f64() * 1e3);
    }
}
