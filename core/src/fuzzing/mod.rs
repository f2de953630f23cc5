//! The entry points of the fuzz targets: bytes in, and a panic where a promise is broken. Built
//! with `--cfg fuzzing` only, which `core/fuzz` sets; no part of the library. Whatever is random
//! here is drawn from the bytes themselves, so that a crash comes again.

mod decode_bench;
mod decoders;
mod frames;
mod headers;
mod http1;
mod operations;
mod requests;

pub use decode_bench::{event_stream_message, BenchDecoder, BenchFraming};
pub use decoders::{
    anthropic, bedrock, cohere_v1, cohere_v2, error_body, gemini, ollama, openai, openai_responses,
};
pub use frames::{eventstream, ndjson, sse};
pub use headers::retry_after;
pub use http1::{http1, read_http1, Http1};
pub use operations::{embeddings, other_operations};
pub use requests::request;

use std::hash::{DefaultHasher, Hasher};

use fastrand::Rng;

use crate::error::{LlmError, OUTSIDE_BYTES_MAX};

/// A random generator that is seeded by these bytes.
pub fn seeded_rng(bytes: &[u8]) -> Rng {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    Rng::with_seed(hasher.finish())
}

/// The bytes as reads of a socket may bring them.
pub fn pieces<'b>(bytes: &'b [u8], rng: &mut Rng) -> Vec<&'b [u8]> {
    let longest = one_of(&[1, 2, 3, 7, 30, 200, 2000], rng);
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rng.usize(1..=longest).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn one_of<T: Copy>(list: &[T], rng: &mut Rng) -> T {
    list.get(rng.usize(..list.len()))
        .copied()
        .unwrap_or_else(|| unreachable!("an index below the length"))
}

/// What holds for every error.
fn check_error(error: &LlmError) {
    assert!(!error.message.is_empty(), "no message: {error:?}");
    assert!(error.message.len() <= OUTSIDE_BYTES_MAX, "too long");
    assert!(!error.message.contains(char::is_control), "{error:?}");
    assert_eq!(error.number, error.kind.number());
    // Bytes that are not UTF-8 grow from one byte to the three of U+FFFD.
    let detail_bytes = error.detail.as_ref().map_or(0, String::len);
    assert!(detail_bytes <= 3 * OUTSIDE_BYTES_MAX, "too much detail");
}
