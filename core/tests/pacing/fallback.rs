//! Calls with fallbacks in a lane that is held back: they go on with the next one, and the last one
//! waits.

use std::time::Duration;

use futures_util::future::join_all;
use liter_llm::{Client, ErrorKind, LlmError, LlmRequest, LlmResponse};
use serde_json::{json, Value};

use super::server::Provider;
use super::{ask, client, client_without_timers, TimeLimit, PATIENCE};

async fn ask_with(
    client: &Client,
    text: &str,
    fallbacks: &[&str],
) -> Result<LlmResponse, LlmError> {
    let asked = json!({
        "model": "test-model", "stream": false, "fallbacks": fallbacks,
        "messages": [{"role": "user", "content": text}],
    });
    let asked = LlmRequest::from_json(&asked.to_string()).unwrap();
    client.complete(asked).await
}

/// Model, kind and status of each attempt.
fn tried(response: &LlmResponse) -> Value {
    let list = response.receipt.tried.iter();
    list.map(|it| json!([it.model, it.kind, it.status]))
        .collect()
}

#[tokio::test]
async fn a_limit_that_is_used_up_falls_back_at_once() {
    let (provider, url) = Provider::start();
    let client = client(&url, json!({"requests_per_minute": 1}));
    ask(&client, "a").await.unwrap();
    let called = tokio::time::timeout(PATIENCE, ask_with(&client, "b", &["other"]));
    let response = called.await.unwrap().unwrap();
    assert_eq!(
        tried(&response),
        json!([["test-model", "RATE_LIMITED", null], ["other", null, 200]])
    );
    assert_eq!(response.receipt.attempts, 1, "one was sent");
    assert_eq!(provider.asked(), ["a", "b"]);
    let stats = client.stats();
    let openai = &stats.providers["openai"];
    assert_eq!(
        (openai.requests, openai.rate_limited, stats.queued),
        (2, 0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_fallback_waits_for_its_turn() {
    let _limit = TimeLimit::begin();
    let (provider, url) = Provider::start();
    let client = client_without_timers(&url, json!({"requests_per_minute": 1}));
    let calls = join_all(["a", "b", "c"].map(|text| ask_with(&client, text, &["other"])));
    let receipts = calls.await.into_iter().map(|it| it.unwrap().receipt);
    let receipts: Vec<_> = receipts.collect();
    let models = receipts
        .iter()
        .map(|it| it.tried.last().unwrap().model.as_str());
    assert_eq!(models.collect::<Vec<_>>(), ["test-model", "other", "other"]);
    assert_eq!(receipts[1].timings.queued_ms, Some(0.0));
    assert!(receipts[2].timings.queued_ms >= Some(60_000.0));
    assert_eq!(receipts[2].tried.len(), 2);
    assert_eq!(provider.asked().len(), 3);
}

/// After one call was refused for long, the next does not even ask, nor does it wait.
#[tokio::test]
async fn a_lane_that_was_refused_for_long_is_passed_over() {
    let (provider, url) = Provider::start();
    provider.respond(&[(429, "retry-after: 30\r\n")]);
    let client = client(&url, json!({"pacing": "headers"}));
    for (text, status) in [("a", json!(429)), ("b", Value::Null)] {
        let called = tokio::time::timeout(PATIENCE, ask_with(&client, text, &["other"]));
        let response = called.await.unwrap().unwrap();
        assert_eq!(
            tried(&response),
            json!([["test-model", "RATE_LIMITED", status], ["other", null, 200]])
        );
    }
    assert_eq!(provider.asked(), ["a", "a", "b"]);
}

/// A short wait is waited for, as after a 429; those whose turn does not come in it go on.
#[tokio::test(start_paused = true)]
async fn a_turn_that_does_not_come_soon_is_given_up() {
    let _limit = TimeLimit::begin();
    let (provider, url) = Provider::start();
    let client = client_without_timers(&url, json!({"requests_per_minute": 60}));
    let first = join_all((0..10).map(|_| ask(&client, "first")));
    let later = join_all((0..9).map(|_| ask_with(&client, "later", &["other"])));
    let (_, calls) = tokio::join!(first, later);
    let receipts: Vec<_> = calls.into_iter().map(|it| it.unwrap().receipt).collect();
    let of = |model: &str| {
        let last = |it: &&liter_llm::Receipt| it.tried.last().unwrap().model == model;
        receipts.iter().filter(last).collect::<Vec<_>>()
    };
    let (waited, left) = (of("test-model"), of("other"));
    assert!(waited.len() >= 4 && left.len() >= 2, "{receipts:?}");
    assert!(waited.iter().all(|it| it.timings.queued_ms > Some(500.0)));
    assert!(left.iter().all(|it| it.timings.queued_ms <= Some(5_500.0)));
    assert!(left
        .iter()
        .all(|it| it.attempts == 1 && it.tried.len() == 2));
    assert_eq!(provider.asked().len(), 19);
}

/// Where every one is held back and the last one may wait for nothing, the error says so.
#[tokio::test]
async fn the_deadline_ends_the_wait_of_the_last() {
    let (_provider, url) = Provider::start();
    let client = client(
        &url,
        json!({"requests_per_minute": 1, "total_timeout_ms": 200}),
    );
    for text in ["a", "b"] {
        ask_with(&client, text, &["other"]).await.unwrap();
    }
    let called = tokio::time::timeout(Duration::from_secs(10), ask_with(&client, "c", &["other"]));
    let error = called.await.unwrap().unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Timeout, 0));
    assert_eq!(error.tried.len(), 1);
}
