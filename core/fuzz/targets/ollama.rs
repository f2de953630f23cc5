//! Responses of Ollama's own API, streamed and whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::ollama(bytes));
