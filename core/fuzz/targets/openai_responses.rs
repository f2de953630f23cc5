//! Responses of OpenAI's Responses API, streamed and whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::openai_responses(bytes));
