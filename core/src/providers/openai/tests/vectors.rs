//! The vectors that one response decides.

use crate::providers::test_support::vectors;

/// Of OpenAI's own vectors, which are about transport too, those that are about messages alone.
const OPENAI_ALONE: &[&str] = &[
    "openai_document_lenient",
    "openai_document_refused",
    "openai_foreign_parts_left_out",
];

#[test]
fn vectors_hold_for_every_vendor() {
    let others = [
        "openai",
        "anthropic",
        "bedrock",
        "cohere",
        "gemini",
        "vertex",
    ];
    let count = vectors::check_all(|provider, name| {
        let is_other_api =
            name.starts_with("openai_responses_") || name.starts_with("ollama_native_");
        !(others.contains(&provider) || is_other_api) || OPENAI_ALONE.contains(&name)
    });
    assert!(count >= 66, "{count}");
}
