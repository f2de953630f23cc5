//! F60: the connection is open, TCP acknowledges, and no further frame arrives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use liter_llm::{Client, ClientOptions, Http};
use serde_json::{json, Value};

use crate::server::{trusting, Listener};
use crate::{ask, client, first_text, pair, refused, request, rest, text, verdict};

/// A response that has begun when the connection freezes.
fn freezes_after_a_token() -> Value {
    json!({"acts": [{"start": true}, {"token": "begun"}, {"freeze": true}, {"hang": true}]})
}

fn freezes_before_its_head() -> Value {
    json!({"acts": [{"freeze": true}, {"hang": true}]})
}

fn good(text: &str) -> Value {
    json!({"acts": [{"answer": text}]})
}

/// Two clients on one pool.
fn sharing(options: Value) -> (Client, Client) {
    let mut options = trusting(options);
    options["provider"] = json!("openai");
    options["api_key"] = json!("test-key-0123456789");
    let options = ClientOptions::from_json(&options.to_string()).unwrap();
    let http = Arc::new(Http::new(&options.http()).unwrap());
    (
        Client::with_http(options.clone(), Arc::clone(&http)),
        Client::with_http(options, http),
    )
}

/// Every stream of a connection that answers no PING ends, long before its own timers run out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_without_a_response_ends_the_streams() {
    let (listener, client) = pair(json!({
        "http2_ping_interval_ms": 100, "http2_ping_timeout_ms": 200, "retries_max": 0}));
    listener.plan(
        "beside",
        json!([{"acts": [{"start": true}, {"token": "begun"}, {"hang": true}]}]),
    );
    listener.plan("frozen", json!([freezes_after_a_token(), good("thawed")]));
    let mut beside = client.stream(request(&listener.base_url("beside")));
    first_text(&mut beside).await;
    let mut frozen = client.stream(request(&listener.base_url("frozen")));
    first_text(&mut frozen).await;
    let began = Instant::now();
    for stream in [&mut frozen, &mut beside] {
        let (_, receipt) = rest(stream).await;
        let error = receipt.error.unwrap();
        assert_eq!(verdict(&error), ("TRUNCATED", true, 1), "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(3), "PINGs end it");
    assert_eq!(text(&client, &listener.base_url("frozen")).await, "thawed");
    let seen = listener.seen();
    assert_eq!(seen["totals"]["connections"], 2, "{seen}");
    assert!(seen["connections"][0]["pings_received"].as_u64() >= Some(1));
    listener.assert_no_violation();
}

/// Before the head the request may have run: one retry, on another connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_frozen_before_the_head_costs_one_retry() {
    let (listener, client) = pair(json!({
        "http2_ping_interval_ms": 100, "http2_ping_timeout_ms": 200, "retries_max": 4}));
    listener.plan("once", json!([freezes_before_its_head(), good("thawed")]));
    assert_eq!(text(&client, &listener.base_url("once")).await, "thawed");
    listener.plan("always", json!([freezes_before_its_head()]));
    let error = refused(&client, &listener.base_url("always")).await;
    assert_eq!(verdict(&error), ("NETWORK", true, 2), "{error}");
    let reason = "no response to a PING within 200ms";
    assert!(error.message.contains(reason), "{error}");
    let seen = listener.seen();
    assert_eq!(seen["totals"]["requests"], 4, "{seen}");
    assert!(
        seen["totals"]["pings_received"].as_u64() >= Some(3),
        "{seen}"
    );
}

/// A peer that answers PINGs may be silent for as long as the call's own timers allow, and a
/// connection without streams gets no PING.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_with_a_response_ends_nothing() {
    let (listener, client) = pair(json!({
        "http2_ping_interval_ms": 50, "http2_ping_timeout_ms": 5_000, "retries_max": 0}));
    listener.plan(
        "silent",
        json!([{"acts": [{"start": true}, {"token": "a"}, {"await": "go"}, {"token": "b"},
            {"finish": true}]}]),
    );
    let mut stream = client.stream(request(&listener.base_url("silent")));
    let mut whole = first_text(&mut stream).await;
    listener.wait("pings_received=5");
    listener.signal("go");
    let (more, receipt) = rest(&mut stream).await;
    whole.push_str(&more);
    assert_eq!((whole.as_str(), receipt.error.is_none()), ("ab", true));
    // One may have been on its way when the stream ended.
    let pings = listener.total("pings_received") + 2;
    let later = listener.wait_ms(&format!("pings_received={pings}"), 600);
    assert_eq!(later["held"], false, "no stream, no PING: {later}");
    listener.assert_no_violation();
}

/// A timer that ran out retires the connection for all calls; PINGs would come much later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timeout_retires_the_connection_for_all_clients_of_the_pool() {
    for (timer, name, first) in [
        ("headers_timeout_ms", "headers", freezes_before_its_head()),
        (
            "first_token_timeout_ms",
            "first_token",
            json!({"acts": [{"start": true}, {"freeze": true}, {"hang": true}]}),
        ),
        ("idle_timeout_ms", "idle", freezes_after_a_token()),
    ] {
        let listener = Listener::new(json!({}));
        listener.plan("frozen", json!([first]));
        listener.plan("next", json!([good("thawed")]));
        let mut options = json!({"retries_max": 0});
        options[timer] = json!(400);
        let (client, other) = sharing(options);
        let began = Instant::now();
        let error = refused(&client, &listener.base_url("frozen")).await;
        assert_eq!(error.kind.name(), "TIMEOUT", "{error}");
        assert_eq!(error.timer.unwrap().name(), name, "{error}");
        assert!(began.elapsed() < Duration::from_secs(3), "{name}");
        for client in [&other, &client] {
            let again = ask(client, &listener.base_url("next")).await;
            assert_eq!(again.unwrap().text, "thawed", "{name}");
        }
        let seen = listener.seen();
        assert_eq!(seen["totals"]["connections"], 2, "{name}: {seen}");
        listener.assert_no_violation();
    }
}

/// One slow stream among quick ones is no frozen connection: its timeout costs no other stream.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timeout_of_one_stream_ends_no_other() {
    let listener = Listener::new(json!({}));
    let client = client(json!({"idle_timeout_ms": 10_000, "retries_max": 0}));
    listener.plan(
        "lively",
        json!([{"acts": [{"start": true}, {"token": "a"}, {"await": "go"}, {"token": "b"},
            {"finish": true}]}]),
    );
    listener.plan(
        "slow",
        json!([{"acts": [{"start": true}, {"token": "a"}, {"hang": true}]}]),
    );
    let mut lively = client.stream(request(&listener.base_url("lively")));
    first_text(&mut lively).await;
    let mut slow = request(&listener.base_url("slow"));
    slow.call.limits.idle_timeout_ms = Some(300);
    let (_, receipt) = rest(&mut client.stream(slow)).await;
    assert_eq!(receipt.error.unwrap().kind.name(), "TIMEOUT");
    listener.signal("go");
    let (text, receipt) = rest(&mut lively).await;
    assert_eq!((text.as_str(), receipt.error.is_none()), ("b", true));
    listener.assert_no_violation();
}
