//! A file of weights.
#![no_main]

// Each target goes through one door only.
#[allow(dead_code)]
#[path = "../doors.rs"]
mod doors;

libfuzzer_sys::fuzz_target!(|data: &[u8]| doors::weights_file(data));
