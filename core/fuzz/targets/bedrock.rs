//! Responses of Bedrock's wire, streamed and whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| liter_llm::fuzzing::bedrock(bytes));
