//! The vectors of this API that one response decides.

use crate::providers::test_support::vectors;

#[test]
fn vectors_hold() {
    let count = vectors::check_all(|_, name| name.starts_with("openai_responses_"));
    assert!(count >= 20, "{count}");
}
