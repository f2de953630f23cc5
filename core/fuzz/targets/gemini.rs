//! Responses of Gemini and Vertex AI, streamed and whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::gemini(bytes));
