//! One document per line: whole and cut anywhere, the same lines.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::ndjson(bytes));
