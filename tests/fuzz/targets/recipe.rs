//! A recipe from a form, a script or a file's metadata.
#![no_main]

// Each target goes through one door only.
#[allow(dead_code)]
#[path = "../doors.rs"]
mod doors;

libfuzzer_sys::fuzz_target!(|data: &[u8]| doors::recipe(data));
