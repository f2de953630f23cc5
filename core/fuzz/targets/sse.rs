//! Server-sent events: whole and cut anywhere, the same frames.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::sse(bytes));
