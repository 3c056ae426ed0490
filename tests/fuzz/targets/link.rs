//! A link in the address.
#![no_main]

// Each target goes through one door only.
#[allow(dead_code)]
#[path = "../doors.rs"]
mod doors;

libfuzzer_sys::fuzz_target!(|data: &[u8]| doors::link(data));
