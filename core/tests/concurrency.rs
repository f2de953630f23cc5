//! What many calls at once, kept connections, TLS and HTTP/2 do to each other, against the mock.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::StreamExt;
use liter_llm::{Client, Event, LlmError, LlmRequest, Message};
use serde_json::{json, Value};
use support::{client, Mock};

fn request(base_url: &str) -> LlmRequest {
    let mut request = LlmRequest::new("test-model", vec![Message::user("hello")]);
    request.call.base_url = Some(base_url.to_owned());
    request
}

async fn ask(client: &Client, base_url: &str) -> Result<String, LlmError> {
    let mut request = request(base_url);
    request.stream = Some(true);
    client.complete(request).await.map(|response| response.text)
}

fn times(seen: &Value) -> Vec<f64> {
    let requests = seen["requests"].as_array().unwrap();
    requests
        .iter()
        .map(|request| request["at_ms"].as_f64().unwrap())
        .collect()
}

/// F13, F14: a total outage costs at most 1.6 requests per call, and first tries go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_not_multiplied() {
    let mock = Mock::start(&[]);
    mock.plan("outage", json!([{"status": 503}]));
    mock.plan("healed", json!([{"answer": {"text": "ok"}}]));
    let client = client(json!({}));
    let base_url = mock.base_url("outage");
    let responses = join_all((0..200).map(|_| ask(&client, &base_url))).await;
    assert!(responses.iter().all(Result::is_err));
    let seen = mock.seen("outage");
    let at_ms = times(&seen);
    assert!(
        (200..=320).contains(&at_ms.len()),
        "{} requests",
        at_ms.len()
    );
    let (_, retries) = at_ms.split_at(200);
    let in_bucket = |start: f64| {
        retries
            .iter()
            .filter(move |at| (start..start + 100.0).contains(*at))
    };
    let busiest = retries
        .iter()
        .map(|start| in_bucket(*start).count())
        .max()
        .unwrap();
    assert!(
        busiest * 3 <= retries.len(),
        "{busiest} of {} within 100 ms",
        retries.len()
    );
    assert_eq!(ask(&client, &mock.base_url("healed")).await.unwrap(), "ok");
}

/// F16: a kept connection that the server closed meanwhile is replaced without a counted retry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_connection_costs_nothing() {
    let mock = Mock::start(&[]);
    let keep = json!({"answer": {"text": "kept"}});
    // The second request arrives on the kept connection and finds it reset.
    mock.plan("stale", json!([keep, {"raw": [{"reset": true}]}, keep]));
    let client = client(json!({"retries_max": 1}));
    assert_eq!(ask(&client, &mock.base_url("stale")).await.unwrap(), "kept");
    assert_eq!(ask(&client, &mock.base_url("stale")).await.unwrap(), "kept");
    assert_eq!(mock.seen("stale")["connections_opened"], 2);
}

/// One connection serves requests that follow each other, and is closed once it was idle too long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reused_connection_serves_again_and_grows_old() {
    let mock = Mock::start(&[]);
    mock.plan("kept", json!([{"answer": {"text": "kept"}}]));
    let client = client(json!({"pool_idle_timeout_ms": 300}));
    for _ in 0..5 {
        assert_eq!(ask(&client, &mock.base_url("kept")).await.unwrap(), "kept");
    }
    assert_eq!(mock.seen("kept")["connections_opened"], 1);
    mock.wait("kept", "closed=1");
}

/// A connection that ends its response by closing, or announces that it closes, serves once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_announces_its_end_is_not_used_again() {
    let mock = Mock::start(&[]);
    let close = json!({"raw": [
        {"head": {"status": 200, "chunked": true, "headers":
            [["content-type", "text/event-stream"], ["connection", "close"]]}},
        {"token": "once"}, {"finish": "stop"}, {"done": true}, {"chunk_end": true}]});
    mock.plan("close", json!([close]));
    let client = client(json!({}));
    for _ in 0..2 {
        assert_eq!(ask(&client, &mock.base_url("close")).await.unwrap(), "once");
    }
    assert_eq!(mock.seen("close")["connections_opened"], 2);
}

/// F53: a TLS failure has the kind TLS, after one connection, and the message names the reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_refusals_are_named_and_final() {
    let mock = Mock::start(&["--tls"]);
    let client = client(json!({"ca_file": mock.ready["ca_file"]}));
    for server in [
        "https_wrong_name",
        "https_expired",
        "https_self_signed",
        "https_tls11",
    ] {
        let base_url = format!("{}/tls/v1", mock.ready[server].as_str().unwrap());
        let error = ask(&client, &base_url).await.unwrap_err();
        assert_eq!(error.kind.name(), "TLS", "{server}: {error}");
        assert_eq!(
            (error.attempts, error.maybe_executed),
            (1, false),
            "{server}: {error}"
        );
    }
    let trusting = format!("{}/tls/v1", mock.ready["https"].as_str().unwrap());
    mock.plan("tls", json!([{"answer": {"text": "over TLS"}}]));
    assert_eq!(ask(&client, &trusting).await.unwrap(), "over TLS");
    let without_ca = support::client(json!({}));
    assert_eq!(
        ask(&without_ca, &trusting).await.unwrap_err().kind.name(),
        "TLS"
    );
}

/// An HTTP/2 server that allows 100 streams per connection delays no call: another connection is
/// opened, and connections are used again afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_opens_another_connection_before_its_limit() {
    let mock = Mock::start(&["--tls", "--h2-max-streams", "100"]);
    let release = json!({"raw": [
        {"head": {"status": 200, "headers": [["content-type", "text/event-stream"]]}},
        {"token": "a"}, {"await": "release"}, {"finish": "stop"}, {"done": true},
        {"chunk_end": true}]});
    mock.plan("h2", json!([release]));
    let client = client(json!({"ca_file": mock.ready["ca_file"]}));
    let base_url = format!("{}/h2/v1", mock.ready["https"].as_str().unwrap());
    // All 250 hold their connection until the last of them has its first token.
    let mut streams: Vec<_> = (0..250)
        .map(|_| client.stream(request(&base_url)))
        .collect();
    let first_tokens = streams
        .iter_mut()
        .map(|stream| async { while !matches!(stream.next().await, Some(Event::Text(_))) {} });
    let all = tokio::time::timeout(Duration::from_secs(60), join_all(first_tokens)).await;
    all.expect("nobody waits for a free stream");
    mock.signal("h2", "release");
    let ends = join_all(streams.into_iter().map(StreamExt::collect::<Vec<Event>>)).await;
    assert!(ends
        .iter()
        .all(|events| matches!(events.last(), Some(Event::End(end)) if end.error.is_none())));
    let accepted = mock.accepted("https");
    assert!(accepted <= 6, "{accepted} connections where three suffice");
    let before = connections(&mock.seen("h2"));
    mock.plan("again", json!([{"answer": {"text": "again"}}]));
    let again = base_url.replace("/h2/", "/again/");
    join_all((0..50).map(|_| ask(&client, &again))).await;
    assert!(before.len() >= 3, "{} connections", before.len());
    let after = connections(&mock.seen("again"));
    assert!(
        after.is_subset(&before),
        "kept connections are used again: {before:?} then {after:?}"
    );
}

fn connections(seen: &Value) -> BTreeSet<u64> {
    let requests = seen["requests"].as_array().unwrap();
    requests
        .iter()
        .map(|request| request["connection"].as_u64().unwrap())
        .collect()
}
