//! Responses with vectors, in the shapes of all providers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::embeddings(bytes));
