//! The vectors that one response decides.

use crate::providers::test_support::vectors;

#[test]
fn vectors_hold() {
    // How responses end is decided above the codec; those are played in core/tests/vectors.rs.
    let is_end = |name: &str| name.starts_with("cohere_end_") || name.starts_with("cohere_v1_end_");
    let count = vectors::check_all(|provider, name| provider == "cohere" && !is_end(name));
    assert!(count >= 36, "{count}");
}
