//! Responses of Cohere's v1, streamed and whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::cohere_v1(bytes));
