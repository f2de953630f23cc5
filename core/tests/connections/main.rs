//! What becomes of a connection, and of a request on it, against the mock: used again or not, cut
//! in every phase, with an early response, flooded, in odd encodings, through proxies. Where a
//! promise holds for both versions of HTTP it is tried on each of `PLACES`, and the version that
//! served is asserted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod cancelled;
#[path = "../support/dead.rs"]
mod dead;
mod encodings;
mod floods;
mod keep_alive;
mod proxies;
mod refused;
mod stale;
mod statuses;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod unread;
mod uploads;

use std::future::Future;
use std::time::{Duration, Instant};

use liter_llm::{Client, LlmError, LlmRequest, LlmResponse, Message};
use serde_json::{json, Value};
use support::Mock;

/// No test waits longer for anything; what must be quicker has a limit of its own.
const PATIENCE: Duration = Duration::from_secs(20);

/// The mock's ports that serve well, and the version that is spoken there.
const PLACES: [(&str, &str); 3] = [
    ("http", "HTTP/1.1"),
    ("https_http1", "HTTP/1.1"),
    ("https", "HTTP/2"),
];

/// Those of them that speak HTTP/1.1, where a script sets every byte.
const HTTP1_PLACES: [&str; 2] = ["http", "https_http1"];

/// A mock with all its ports, and a client that trusts them.
fn pair(mut options: Value) -> (Mock, Client) {
    let mock = Mock::start(&["--tls"]);
    options["ca_file"] = mock.ready["ca_file"].clone();
    let client = client(options);
    (mock, client)
}

fn client(mut options: Value) -> Client {
    options["proxy"] = json!(false);
    support::client(options)
}

fn base_url(mock: &Mock, place: &str, key: &str) -> String {
    format!("{}/{key}/v1", mock.ready[place].as_str().unwrap())
}

fn request(base_url: &str) -> LlmRequest {
    let mut request = LlmRequest::new("test-model", vec![Message::user("hello")]);
    request.call.base_url = Some(base_url.to_owned());
    request.stream = Some(true);
    request
}

async fn ask(client: &Client, base_url: &str) -> Result<LlmResponse, LlmError> {
    within(PATIENCE, client.complete(request(base_url))).await
}

async fn text(client: &Client, base_url: &str) -> String {
    ask(client, base_url).await.unwrap().text
}

async fn refused(client: &Client, base_url: &str) -> LlmError {
    match ask(client, base_url).await {
        Ok(response) => panic!("{base_url} served {:?}", response.text),
        Err(error) => error,
    }
}

async fn within<F: Future>(limit: Duration, future: F) -> F::Output {
    match tokio::time::timeout(limit, future).await {
        Ok(output) => output,
        Err(_) => panic!("nothing came within {limit:?}"),
    }
}

/// Lets everything else run until something holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "it never came to hold: {what}");
        tokio::task::yield_now().await;
    }
}

fn requests(seen: &Value) -> &[Value] {
    seen["requests"].as_array().unwrap()
}

/// Every request under a key came to this place, in this version.
fn assert_served(mock: &Mock, key: &str, (place, version): (&str, &str)) {
    let seen = mock.seen(key);
    assert!(!requests(&seen).is_empty(), "{key} got no request");
    for request in requests(&seen) {
        assert_eq!(request["place"], place, "{key}");
        assert_eq!(request["version"], version, "{key}");
    }
}

fn opened(mock: &Mock, key: &str) -> u64 {
    mock.seen(key)["connections_opened"].as_u64().unwrap()
}

fn requests_count(mock: &Mock, key: &str) -> u64 {
    mock.seen(key)["requests_count"].as_u64().unwrap()
}

/// The head of a stream whose body is chunked.
fn stream_head(fields: Value) -> Value {
    let mut headers = vec![json!(["content-type", "text/event-stream"])];
    headers.extend(fields.as_array().unwrap().iter().cloned());
    json!({"head": {"status": 200, "headers": headers, "chunked": true}})
}

/// A whole response as the bytes of a body.
fn body(text: &str) -> String {
    let message = json!({"role": "assistant", "content": text});
    json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "test-model",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    .to_string()
}

/// A stream as the bytes of a body.
fn events(text: &str) -> String {
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        let chunk = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1,
            "model": "test-model", "choices": [choice]});
        format!("data: {chunk}\n\n")
    };
    let token = chunk(json!({ "content": text }), Value::Null);
    token + &chunk(json!({}), json!("stop")) + "data: [DONE]\n\n"
}
