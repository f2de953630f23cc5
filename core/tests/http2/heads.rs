//! F82, F20, F80: heads too large, without end, or wrong; F68: frames without content; F21:
//! lengths that do not fit; and what is odd but right, such as interim heads and trailers.

use std::time::{Duration, Instant};

use liter_llm::ErrorKind;
use serde_json::{json, Value};

use crate::server::Listener;
use crate::{client, first_text, pair, refused, request, rest, text, verdict, within, PATIENCE};

const DATA: u64 = 0;
const HEADERS: u64 = 1;
const END_STREAM: u64 = 1;
const END_HEADERS: u64 = 4;

fn stream_head(fields: Value) -> Value {
    let mut headers = vec![json!(["content-type", "text/event-stream"])];
    headers.extend(fields.as_array().unwrap().clone());
    json!({"head": { "headers": headers }})
}

/// An invalid response is a protocol error after one request, soon, and the next call is served.
async fn is_refused_once(name: &str, acts: Value) {
    let (listener, client) = pair(json!({"retries_max": 3, "headers_timeout_ms": 15_000}));
    listener.plan("odd", json!([{ "acts": acts }]));
    let began = Instant::now();
    let error = refused(&client, &listener.base_url("odd")).await;
    let soon = began.elapsed() < Duration::from_secs(8);
    assert!(soon, "{name}: {:?}", began.elapsed());
    assert_eq!(verdict(&error), ("PROTOCOL", true, 1), "{name}: {error}");
    assert_eq!(listener.total("requests"), 1, "{name}");
    assert_eq!(
        text(&client, &listener.base_url("next")).await,
        "Hello world",
        "{name}"
    );
    assert_eq!(listener.total("over_limit"), 0, "{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_and_endless_heads_are_protocol_errors() {
    let hang = json!({"hang": true});
    for (name, act) in [
        (
            "100 KiB in one block",
            json!({"large_head": {"count": 100, "bytes": 1024}}),
        ),
        (
            "4 MB in one block",
            json!({"large_head": {"count": 4000, "bytes": 1000}}),
        ),
        (
            "64 MB out of 20 KB",
            json!({"bomb": {"bytes": 4000, "times": 16_000}}),
        ),
        (
            "endless small fields",
            json!({"continuations": {"bytes": 100, "count": 1_000_000}}),
        ),
        (
            "endless empty frames",
            json!({"continuations": {"bytes": 0, "count": 10_000_000}}),
        ),
    ] {
        is_refused_once(name, json!([act, hang])).await;
    }
}

/// The option sets the limit: a head below it is served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_below_the_limit_is_a_response() {
    for (options, count) in [(json!({}), 50), (json!({"header_bytes_max": 1 << 18}), 200)] {
        let listener = Listener::new(json!({}));
        let client = client(options);
        let acts = json!([{"large_head": {"count": count, "bytes": 1024}}, {"token": "served"},
            {"finish": true}]);
        listener.plan("large", json!([{ "acts": acts }]));
        assert_eq!(text(&client, &listener.base_url("large")).await, "served");
        listener.assert_no_violation();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_head_is_a_protocol_error() {
    let frame = |payload: &str| {
        let flags = END_HEADERS | END_STREAM;
        let frame = json!({"type": HEADERS, "flags": flags, "payload": payload});
        json!([{ "frame": frame }, {"hang": true}])
    };
    // Literal fields: 0x00, length and name, length and value; 0x08 is the name ":status".
    is_refused_once("no status", frame("\u{0}\u{1}a\u{1}b")).await;
    is_refused_once("final 199", frame("\u{8}\u{3}199")).await;
    is_refused_once("final 101", frame("\u{8}\u{3}101")).await;
    for status in [600, 999] {
        let head = json!({"head": {"status": status, "headers": [], "end": true}});
        is_refused_once("a status that is none", json!([head])).await;
    }
}

/// Interim heads (RFC 9110, 15.2) come before the response, and nothing in them is used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interim_heads_and_trailers_are_passed_over() {
    let (listener, client) = pair(json!({"retries_max": 0}));
    let interim = |status| json!({"head": {"status": status, "headers": [["link", "</a>"]]}});
    let acts = json!([interim(103), interim(100), interim(102), interim(103), {"start": true},
        {"token": "after "}, {"token": "interim heads"}, {"mark": true},
        {"trailers": [["grpc-status", "13"], ["x-checksum", "abc"]]}]);
    listener.plan("interim", json!([{ "acts": acts }]));
    let response = text(&client, &listener.base_url("interim")).await;
    assert_eq!(response, "after interim heads");
    listener.assert_no_violation();
}

/// A body that ends with trailers but without its own end mark is cut all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trailers_are_no_end_mark() {
    let (listener, client) = pair(json!({"retries_max": 0}));
    let acts = json!([{"start": true}, {"token": "part"}, {"trailers": [["grpc-status", "0"]]}]);
    listener.plan("cut", json!([{ "acts": acts }]));
    let error = refused(&client, &listener.base_url("cut")).await;
    assert_eq!(verdict(&error), ("TRUNCATED", true, 1), "{error}");
    assert_eq!(error.partial.unwrap().text, "part");
    listener.assert_no_violation();
}

/// Interim heads without end are bounded by a limit or by the total timer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_interim_heads_end_in_time() {
    let (listener, client) = pair(json!({"retries_max": 3, "total_timeout_ms": 1_000}));
    let interim = json!({"head": {"status": 103, "headers": [["link", "</a>"]]}});
    listener.plan(
        "interim",
        json!([{"acts": [{"repeat": 5_000_000, "acts": [interim]}]}]),
    );
    let began = Instant::now();
    let error = refused(&client, &listener.base_url("interim")).await;
    assert!(
        ["TIMEOUT", "PROTOCOL"].contains(&error.kind.name()),
        "{error}"
    );
    assert!(began.elapsed() < Duration::from_secs(4), "{error}");
    assert_eq!(listener.total("requests"), 1, "{error}");
}

/// Frames that follow the end of a stream belong to no response.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_after_the_end_of_a_stream_change_no_response() {
    let more = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"again\"}}]}\n\n";
    for (kind, flags, payload) in [(DATA, 0, more), (DATA, END_STREAM, more), (DATA, 0, "")] {
        let (listener, client) = pair(json!({"retries_max": 0}));
        let frame = json!({"frame": {"type": kind, "flags": flags, "payload": payload}});
        let acts = json!([{"start": true}, {"token": "once"}, {"finish": true}, frame]);
        listener.plan("after", json!([{ "acts": acts }]));
        assert_eq!(text(&client, &listener.base_url("after")).await, "once");
        assert_eq!(
            text(&client, &listener.base_url("next")).await,
            "Hello world"
        );
    }
}

/// F68: empty DATA frames without end feed no timer, delay no other stream, and cancel works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_empty_frames_end_in_time() {
    let listener = Listener::new(json!({}));
    // A call that shares the connection may lose it to the flood; another one then serves it.
    let client = client(json!({"retries_max": 1, "idle_timeout_ms": 20_000}));
    let flood = json!({"frame": {"type": DATA, "times": 100_000_000}});
    let acts = json!([{"start": true}, {"token": "a"}, {"signal": "flood"}, flood]);
    listener.plan("empty", json!([{ "acts": acts }]));
    let mut limited = request(&listener.base_url("empty"));
    limited.call.limits.total_timeout_ms = Some(1_000);
    let began = Instant::now();
    let error = within(PATIENCE, client.complete(limited))
        .await
        .unwrap_err();
    assert!(
        ["TIMEOUT", "PROTOCOL", "TRUNCATED"].contains(&error.kind.name()),
        "{error}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?} {error}",
        began.elapsed()
    );
    assert_eq!(error.attempts, 1, "{error}");

    let mut stream = client.stream(request(&listener.base_url("empty")));
    first_text(&mut stream).await;
    let began = Instant::now();
    assert_eq!(
        text(&client, &listener.base_url("beside")).await,
        "Hello world"
    );
    let receipt = stream.abort(ErrorKind::Cancelled);
    assert_eq!(receipt.error.unwrap().kind.name(), "CANCELLED");
    assert_eq!(
        text(&client, &listener.base_url("next")).await,
        "Hello world"
    );
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
}

/// F21: a body shorter than its length was cut; so is one that is longer, at its length, or it is
/// no HTTP.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_length_that_does_not_fit_is_found() {
    for (length, kinds, requests_max) in [
        ("100000", ["TRUNCATED"].as_slice(), 1),
        // Nothing was delivered, so that one more request is allowed.
        ("10", &["TRUNCATED", "PROTOCOL"], 2),
    ] {
        let (listener, client) = pair(json!({"retries_max": 3}));
        let head = stream_head(json!([["content-length", length]]));
        let acts = json!([head, {"token": "part"}, {"end": true}]);
        listener.plan("length", json!([{ "acts": acts }]));
        let error = refused(&client, &listener.base_url("length")).await;
        assert!(kinds.contains(&error.kind.name()), "{length}: {error}");
        assert!(error.maybe_executed, "{length}: {error}");
        let requests = listener.total("requests");
        assert!(
            requests <= requests_max,
            "{length}: {requests} requests: {error}"
        );
        assert_eq!(
            text(&client, &listener.base_url("next")).await,
            "Hello world"
        );
        listener.assert_no_violation();
    }
}

/// A head that ends the stream is a response without a body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_alone_is_no_response() {
    let (listener, client) = pair(json!({"retries_max": 3}));
    let head = json!({"head": {"headers": [["content-type", "text/event-stream"]], "end": true}});
    listener.plan("empty", json!([{ "acts": [head] }]));
    let error = refused(&client, &listener.base_url("empty")).await;
    assert_eq!(verdict(&error), ("PROTOCOL", true, 1), "{error}");
    let mut stream = client.stream(request(&listener.base_url("any")));
    let (text, receipt) = rest(&mut stream).await;
    assert_eq!(
        (text.as_str(), receipt.error.is_none()),
        ("Hello world", true)
    );
    listener.assert_no_violation();
}
