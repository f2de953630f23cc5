//! Responses with ranks, models or counts of tokens.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::other_operations(bytes));
