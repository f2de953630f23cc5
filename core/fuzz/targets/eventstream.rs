//! AWS's event streams, cut anywhere.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::eventstream(bytes));
