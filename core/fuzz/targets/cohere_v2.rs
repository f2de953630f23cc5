//! Responses of Cohere's v2, streamed and whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::cohere_v2(bytes));
