//! HTTP/1.1 responses: whole and cut anywhere, the same head and body.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::http1(bytes));
