//! The vectors that one response decides.

use crate::providers::test_support::vectors;

#[test]
fn vectors_hold() {
    let is_own = |name: &str| matches!(name, "gemini" | "vertex");
    let needs_anthropic = |name: &str| name.contains("claude") && !cfg!(feature = "anthropic");
    // How responses end is decided above the codec; those are played in core/tests/vectors.rs.
    let is_end = |name: &str| name.starts_with("gemini_end_");
    let count = vectors::check_all(|provider, name| {
        is_own(provider) && !is_end(name) && !needs_anthropic(name)
    });
    assert!(count >= 30, "{count}");
}
