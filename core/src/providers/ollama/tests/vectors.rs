//! The vectors that one response decides.

use crate::providers::test_support::vectors;

#[test]
fn vectors_hold() {
    // How responses end is decided above the codec; those are played in core/tests/vectors.rs.
    let is_own = |name: &str| name.starts_with("ollama_native_") && !name.contains("_end_");
    let count = vectors::check_all(|provider, name| provider == "ollama" && is_own(name));
    assert!(count >= 30, "{count}");
}
