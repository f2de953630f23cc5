//! A caller that stops waiting and comes back, in every phase of a request: `next_batch` in a
//! `select!` beside a tick. Whatever was under way goes on; nothing is sent twice or lost.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::time::Duration;

use liter_llm::{ErrorKind, Event, LlmRequest, LlmResponse, LlmStream, Message, Phase, Timer};
use serde_json::{json, Value};
use support::{client, Mock};
use tokio::time::{interval, timeout};

const TICK: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(30);

fn request(base_url: &str) -> LlmRequest {
    let mut request = LlmRequest::new("test-model", vec![Message::user("hello")]);
    request.call.base_url = Some(base_url.to_owned());
    request
}

/// Reads a stream to its end, and drops the future of every batch that is not there at a tick.
async fn read(stream: &mut LlmStream) -> (LlmResponse, u32) {
    let mut response = LlmResponse::default();
    let mut dropped = 0;
    let mut ticks = interval(TICK);
    let reading = async {
        loop {
            let more = tokio::select! {
                biased;
                _ = ticks.tick() => {
                    dropped += 1;
                    continue;
                }
                batch = stream.next_batch() => batch.is_some(),
            };
            if !more {
                return;
            }
            let events = stream.drain();
            events.into_iter().for_each(|event| response.push(event));
        }
    };
    timeout(PATIENCE, reading).await.unwrap();
    (response, dropped)
}

fn response(before_head_ms: u64) -> Value {
    json!({"raw": [
        {"pause_ms": before_head_ms},
        {"head": {"status": 200, "chunked": true,
            "headers": [["content-type", "text/event-stream"]]}},
        {"pause_ms": 50}, {"token": "one "}, {"pause_ms": 50}, {"token": "two"},
        {"finish": "stop"}, {"done": true}, {"pause_ms": 10}, {"chunk_end": true}]})
}

/// While the call waits for the head, reads the body, reads a refusal's body, waits for a retry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_the_future_loses_nothing() {
    let mock = Mock::start(&["--tls"]);
    let slow_refusal = json!({"raw": [
        {"head": {"status": 503, "headers":
            [["content-type", "application/json"], ["content-length", "28"],
             ["retry-after", "1"]]}},
        {"write": "{\"error\":{\"mess"}, {"pause_ms": 50}, {"write": "age\":\"busy\"}}"}]});
    let client = client(json!({"ca_file": mock.ready["ca_file"]}));
    for place in ["http", "https_http1", "https"] {
        let key = format!("interrupted-{place}");
        mock.plan(&key, json!([slow_refusal, response(200)]));
        let base_url = format!("{}/{key}/v1", mock.ready[place].as_str().unwrap());
        let mut stream = client.stream(request(&base_url));
        let (response, dropped) = read(&mut stream).await;
        assert!(
            dropped > 50,
            "{place}: the future was dropped {dropped} times"
        );
        assert_eq!(response.text, "one two", "{place}: {:?}", response.receipt);
        assert_eq!(response.receipt.attempts, 2, "{place}");
        assert_eq!(mock.seen(&key)["requests_count"], 2, "{place}");
        assert_eq!(mock.seen(&key)["connections_opened"], 1, "{place}");
    }
}

/// A timer runs while the caller comes back again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_run_under_a_caller_that_comes_and_goes() {
    let mock = Mock::start(&[]);
    mock.plan("hang", json!([{"raw": [{"hang": true}]}]));
    let client = client(json!({"headers_timeout_ms": 300, "retries_max": 0}));
    let mut stream = client.stream(request(&mock.base_url("hang")));
    let (response, _) = read(&mut stream).await;
    let error = response.receipt.error.unwrap();
    assert_eq!(
        (error.kind, error.timer),
        (ErrorKind::Timeout, Some(Timer::Headers))
    );
    assert_eq!(mock.seen("hang")["requests_count"], 1);
}

/// The timers of a stream do not run while nobody waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_stays_away_costs_no_timer() {
    let mock = Mock::start(&[]);
    let held = json!({"raw": [
        {"head": {"status": 200, "chunked": true,
            "headers": [["content-type", "text/event-stream"]]}},
        {"token": "first "}, {"signal": "first"}, {"await": "go"}, {"token": "second"},
        {"finish": "stop"}, {"done": true}, {"chunk_end": true}]});
    mock.plan("away", json!([held]));
    let client = client(json!({"idle_timeout_ms": 500}));
    let mut stream = client.stream(request(&mock.base_url("away")));
    let mut text = String::new();
    while text.is_empty() {
        assert!(stream.next_batch().await.is_some());
        for event in stream.drain() {
            if let Event::Text(piece) = event {
                text.push_str(&piece);
            }
        }
    }
    // A future that was polled and dropped does not count as waiting.
    assert!(timeout(TICK, stream.next_batch()).await.is_err());
    // The mock's own wait is longer than the idle timer.
    let waited = mock.seen_after("away", Duration::from_millis(1200));
    assert_eq!(waited["requests_count"], 1);
    mock.signal("away", "go");
    let (rest, _) = read(&mut stream).await;
    assert_eq!(
        (text + &rest.text).as_str(),
        "first second",
        "{:?}",
        rest.receipt
    );
}

/// F75: what a cancelled request may have cost, by its phase.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_request_reports_whether_it_may_have_run() {
    let mock = Mock::start(&[]);
    mock.plan("hanging", json!([{"raw": [{"hang": true}]}]));
    mock.plan("half", json!([{"before_request": [{"hang": true}]}]));
    mock.plan(
        "retry",
        json!([{"status": 503, "headers": [["retry-after", "20"]]}]),
    );
    mock.plan("body", json!([response(0)]));
    let client = client(json!({}));
    let cancelled = |mut stream: LlmStream| {
        let receipt = stream.abort(ErrorKind::Cancelled);
        let error = receipt.error.unwrap();
        (error.phase, error.maybe_executed)
    };
    let begin = |key: &str, bytes: usize| {
        let mut request = request(&mock.base_url(key));
        request.user = Some("x".repeat(bytes));
        client.stream(request)
    };
    let unpolled = begin("hanging", 1);
    assert_eq!(cancelled(unpolled), (Phase::Request, false));

    let mut polled = begin("hanging", 1);
    assert!(poll_until(&mut polled, || mock.seen("hanging")["requests_count"] == 1).await);
    assert_eq!(cancelled(polled), (Phase::Headers, true));

    // More than the kernel takes, of which the server reads nothing.
    let mut half = begin("half", 24 << 20);
    assert!(poll_until(&mut half, || mock.seen("half")["connections_opened"] == 1).await);
    assert_eq!(cancelled(half), (Phase::Headers, false));

    let mut waiting = begin("retry", 1);
    assert!(poll_until(&mut waiting, || mock.seen("retry")["requests_count"] == 1).await);
    assert_eq!(cancelled(waiting), (Phase::Retry, false));

    let mut body = begin("body", 1);
    assert!(timeout(PATIENCE, body.next_batch())
        .await
        .unwrap()
        .is_some());
    assert_eq!(cancelled(body), (Phase::Body, true));
}

/// Polls a silent stream until a condition holds; false if the stream delivers something first.
async fn poll_until(stream: &mut LlmStream, mut holds: impl FnMut() -> bool) -> bool {
    for _ in 0..3_000 {
        if timeout(Duration::from_millis(10), stream.next_batch())
            .await
            .is_ok()
        {
            return false;
        }
        if holds() {
            // The stream learns at its next poll what the server has already seen.
            return timeout(Duration::from_millis(50), stream.next_batch())
                .await
                .is_err();
        }
    }
    panic!("it never came to it");
}

/// In the phases before there is a connection: a server that never finishes TLS, or TCP.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_was_never_connected_has_not_run() {
    // The kernel accepts its connections, and it sends nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("https://{}/v1", silent.local_addr().unwrap());
    let client = client(json!({}));
    let mut stream = client.stream(request(&base_url));
    assert!(timeout(Duration::from_millis(100), stream.next_batch())
        .await
        .is_err());
    let receipt = stream.abort(ErrorKind::Cancelled);
    let error = receipt.error.unwrap();
    assert_eq!((error.phase, error.maybe_executed), (Phase::Connect, false));
}
