//! Bodies of errors, of any shape.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::error_body(bytes));
