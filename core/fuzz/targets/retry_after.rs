//! Headers beside a response: waits, limits, ids.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::retry_after(bytes));
