#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ssot_guard::fuzzing::file("a.rs", bytes));
