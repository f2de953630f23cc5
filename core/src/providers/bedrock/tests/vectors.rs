//! The vectors that one response decides.

use crate::providers::test_support::vectors;

/// How these end is decided above the codec; they are played in core/tests/bedrock.rs.
const OF_THE_STREAM: &[&str] = &["bedrock_bad_region", "bedrock_signed"];

#[test]
fn vectors_hold() {
    let count = vectors::check_all(|provider, name| {
        provider == "bedrock" && !OF_THE_STREAM.contains(&name)
    });
    assert!(count >= 41, "{count}");
}
