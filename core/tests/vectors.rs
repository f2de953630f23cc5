//! The vectors of every wire but Anthropic's, through the Rust interface.
#![cfg(all(
    feature = "openai_responses",
    feature = "anthropic",
    feature = "cohere",
    feature = "gemini"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use support::vectors::play_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors_of_openai_and_compatible_vendors() {
    let others = ["anthropic", "bedrock", "cohere", "gemini", "vertex"];
    let count = play_all(|provider| !others.contains(&provider)).await;
    assert!(count > 130, "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors_of_cohere() {
    let count = play_all(|provider| provider == "cohere").await;
    assert!(count > 40, "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors_of_gemini_and_vertex() {
    let count = play_all(|provider| matches!(provider, "gemini" | "vertex")).await;
    assert!(count > 50, "{count}");
}
