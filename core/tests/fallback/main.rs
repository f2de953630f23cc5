//! Falling back to another model or provider: for which failures, with which keys, and what START
//! and END say of it. One mock plays all providers, each below a path of its own.
#![cfg(all(feature = "anthropic", feature = "cohere", feature = "openai"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod places;
mod requests;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use liter_llm::{Client, ErrorKind, Event, LlmRequest, LlmResponse};
use serde_json::{json, Value};
use support::{client, Mock};

const KEY: &str = "test-key-0123456789";
const OTHER_KEY: &str = "Other-Key_55aa.77e1";

fn fields(mock: &Mock, key: &str, more: Value) -> Value {
    let mut fields = json!({
        "model": "first", "messages": [{"role": "user", "content": "hello"}],
        "base_url": mock.base_url(key), "retries_max": 0});
    let more = more.as_object().unwrap().clone();
    fields.as_object_mut().unwrap().extend(more);
    fields
}

async fn ask(client: &Client, fields: &Value) -> LlmResponse {
    let mut response = LlmResponse::default();
    match LlmRequest::from_json(&fields.to_string()) {
        Ok(request) => {
            let mut events = client.stream(request);
            while let Some(event) = events.next().await {
                response.push(event);
            }
        }
        Err(error) => response.receipt = liter_llm::Receipt::failed(error),
    }
    response
}

/// Provider, model, kind and status of each attempt.
fn tried(response: &LlmResponse) -> Value {
    let list = json!(response.receipt.tried);
    let list = list.as_array().unwrap().iter().map(|attempt| {
        assert!(attempt["milliseconds"].as_f64().unwrap() > 0.0, "{attempt}");
        json!([
            attempt["provider"],
            attempt["model"],
            attempt["kind"],
            attempt["status"]
        ])
    });
    let list = Value::from_iter(list);
    if let Some(error) = &response.receipt.error {
        assert_eq!(json!(error.tried), json!(response.receipt.tried));
    }
    list
}

fn message(response: &LlmResponse) -> &str {
    &response.receipt.error.as_ref().unwrap().message
}

/// Whether a call went on after a failure that the mock plays.
async fn falls_back(mock: &Mock, steps: Value, more: Value) -> (bool, LlmResponse) {
    let mut steps = steps.as_array().unwrap().clone();
    steps.push(json!({"answer": {"text": "second"}}));
    mock.plan("kinds", Value::Array(steps));
    let mut fields = fields(mock, "kinds", more);
    fields["fallbacks"] = json!(["second"]);
    let response = ask(&client(json!({})), &fields).await;
    (response.text == "second", response)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_failures_that_another_may_not_have_fall_back() {
    let mock = Mock::start(&[]);
    let error = |status: u16, code: &str| {
        let error = json!({"message": "no", "type": code, "code": code});
        json!([{"status": status, "error": error}])
    };
    let hang = json!([{"raw": [{"hang": true}]}]);
    let page =
        json!([{"status": 200, "headers": [["content-type", "text/html"]], "body": "<html>"}]);
    for (steps, kind, expected) in [
        (error(429, "rate_limit_exceeded"), "RATE_LIMITED", true),
        (error(529, "overloaded_error"), "OVERLOADED", true),
        (error(500, "server_error"), "PROVIDER", true),
        (error(501, "server_error"), "PROVIDER", true),
        (error(429, "insufficient_quota"), "QUOTA_EXCEEDED", true),
        (error(404, "model_not_found"), "NOT_FOUND", true),
        (json!([{"raw": [{"reset": true}]}]), "NETWORK", true),
        (hang, "TIMEOUT", true),
        (error(400, "invalid"), "INVALID_REQUEST", false),
        (error(401, "invalid_api_key"), "AUTHENTICATION", false),
        (error(403, "no"), "PERMISSION", false),
        (error(413, "no"), "TOO_LARGE", false),
        (page, "PROTOCOL", false),
    ] {
        let (falls, response) = falls_back(&mock, steps, json!({"headers_timeout_ms": 300})).await;
        assert_eq!(falls, expected, "{kind}: {:?}", response.receipt);
        let first = json!(response.receipt.tried[0]);
        assert_eq!(first["kind"], kind);
        assert_eq!(response.receipt.attempts, if expected { 2 } else { 1 });
    }
}

/// A model that had finished has answered, and what a caller has is never followed by another's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_falls_back_after_content_or_a_finish_reason() {
    let mock = Mock::start(&[]);
    let head = json!({"head": {"status": 200, "chunked": true,
        "headers": [["content-type", "text/event-stream"]]}});
    let error = json!({"sse": {"error": {"message": "down", "type": "server_error"}}});
    let ends = |first: Value| json!([{"raw": [head, first, error, {"chunk_end": true}]}]);
    let (falls, response) = falls_back(&mock, ends(json!({"token": "half"})), json!({})).await;
    assert!(!falls && response.text == "half", "{response:?}");
    assert_eq!(
        response.receipt.error.as_ref().unwrap().kind,
        ErrorKind::Provider
    );
    let finish = json!({"sse": {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}});
    let (falls, response) = falls_back(&mock, ends(finish), json!({})).await;
    assert!(!falls, "{response:?}");
    // The same error with nothing before it.
    let (falls, response) =
        falls_back(&mock, ends(json!({"chunk": ": hello\n\n"})), json!({})).await;
    assert!(falls, "{response:?}");
    assert!(response.receipt.tried[0].maybe_executed);
}

/// With a fallback left, a long Retry-After is not waited for; without one it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_wait_falls_back_at_once_and_a_short_one_is_waited_for() {
    let mock = Mock::start(&[]);
    let after = |seconds: &str| json!([{"status": 429, "headers": [["retry-after", seconds]]}]);
    let more = json!({"retries_max": 3});
    let began = Instant::now();
    let (falls, response) = falls_back(&mock, after("20"), more.clone()).await;
    assert!(
        falls && began.elapsed() < Duration::from_secs(5),
        "{response:?}"
    );
    assert_eq!(tried(&response)[1][1], "second");
    let (answered, response) = falls_back(&mock, after("1"), more.clone()).await;
    assert!(answered && response.start.model != "second");
    assert_eq!(response.receipt.tried[1].model, "first");
}

/// The one deadline of a call ends it, whatever fallbacks are left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_total_deadline_runs_over_all_of_it() {
    let mock = Mock::start(&[]);
    mock.plan("late", json!([{"raw": [{"hang": true}]}]));
    let more = json!({"headers_timeout_ms": 700, "total_timeout_ms": 1500,
        "fallbacks": ["b", {"model": "c", "headers_timeout_ms": 0}, "d"]});
    let began = Instant::now();
    let response = ask(&client(json!({})), &fields(&mock, "late", more)).await;
    let took = began.elapsed();
    assert!((1500..4000).contains(&took.as_millis()), "{took:?}");
    let error = response.receipt.error.as_ref().unwrap();
    assert_eq!(
        json!([error.kind, error.timer, error.maybe_executed]),
        json!(["TIMEOUT", "total", true])
    );
    assert_eq!(
        tried(&response),
        json!([
            ["openai", "first", "TIMEOUT", null],
            ["openai", "b", "TIMEOUT", null],
            ["openai", "c", "TIMEOUT", null]
        ])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_ends_the_call_and_not_only_an_attempt() {
    let mock = Mock::start(&[]);
    mock.plan(
        "cancelled",
        json!([{"status": 500}, {"raw": [{"hang": true}]}]),
    );
    let more = json!({"fallbacks": ["b", "c"]});
    let request = fields(&mock, "cancelled", more).to_string();
    let mut stream = client(json!({})).stream(LlmRequest::from_json(&request).unwrap());
    tokio::select! {
        event = stream.next() => panic!("{event:?}"),
        () = mock.held("cancelled", "requests=2") => {}
    }
    let mut response = LlmResponse::default();
    response.push(Event::End(Box::new(stream.abort(ErrorKind::Cancelled))));
    assert_eq!(
        tried(&response),
        json!([
            ["openai", "first", "PROVIDER", 500],
            ["openai", "b", "CANCELLED", null]
        ])
    );
    assert!(stream.next().await.is_none());
    mock.wait("cancelled", "closed=1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fallback_is_tried_in_order_and_the_last_answers() {
    let mock = Mock::start(&[]);
    mock.plan(
        "home",
        json!([{"status": 503, "times": 2}, {"status": 404}]),
    );
    mock.plan("other", json!([{"answer": {"text": "from the other"}}]));
    let client = client(json!({}));
    for stream in [true, false] {
        mock.plan(
            "home",
            json!([{"status": 503, "times": 2}, {"status": 404}]),
        );
        let other = json!({"provider": "anthropic", "model": "third", "max_tokens": 7,
            "base_url": mock.base_url("other"), "api_key": OTHER_KEY});
        let more = json!({"fallbacks": ["second", other], "retries_max": 1, "stream": stream});
        // A 404 is not tried again, a 503 is.
        let response = ask(&client, &fields(&mock, "home", more)).await;
        assert_eq!(response.text, "from the other", "{:?}", response.receipt);
        assert_eq!(response.start.provider, "anthropic");
        assert_eq!(response.receipt.attempts, 4);
        assert_eq!(
            tried(&response),
            json!([
                ["openai", "first", "PROVIDER", 503],
                ["openai", "first", "PROVIDER", 503],
                ["openai", "second", "NOT_FOUND", 404],
                ["anthropic", "third", null, 200]
            ])
        );
    }
    let seen = mock.seen("other");
    let body = &seen["requests"][0]["body"];
    assert_eq!(
        (&body["model"], &body["max_tokens"]),
        (&json!("third"), &json!(7))
    );
    assert_eq!(body["messages"][0]["role"], "user");
}

/// A call without fallbacks lists its attempts once there are several.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_are_listed_and_a_single_attempt_is_not() {
    let mock = Mock::start(&[]);
    let client = client(json!({}));
    mock.plan(
        "retried",
        json!([{"status": 503}, {"answer": {"text": "ok"}}]),
    );
    let response = ask(
        &client,
        &fields(&mock, "retried", json!({"retries_max": 2})),
    )
    .await;
    let expected = json!([
        ["openai", "first", "PROVIDER", 503],
        ["openai", "first", null, 200]
    ]);
    assert_eq!(tried(&response), expected);
    let response = ask(&client, &fields(&mock, "retried", json!({}))).await;
    assert_eq!(response.receipt.attempts, 1);
    assert!(json!(response.receipt).get("tried").is_none());
}
