//! Requests: read, and encoded for every provider.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::request(bytes));
