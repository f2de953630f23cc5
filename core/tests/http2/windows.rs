//! F61 and F52: each stream has a window of its own; all streams share the connection's window.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use crate::server::Listener;
use crate::{client, first_text, pair, request, rest, text};

const WINDOW_BYTES: u64 = 256 * 1024;
const UNREAD: usize = 100;

/// A hundred streams that nobody reads fill their windows; a stream that is read goes on beside
/// them on the same connection, and the connection's window never runs out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_streams_delay_no_other() {
    let listener = Listener::new(json!({"settings": {"max_concurrent_streams": 250}}));
    let client = client(json!({"retries_max": 0}));
    let flood = json!([{"acts": [{"start": true}, {"flood": 64 << 20}, {"finish": true}]}]);
    listener.plan("flood", flood);
    let unread = (0..UNREAD).map(|_| async {
        let mut stream = client.stream(request(&listener.base_url("flood")));
        first_text(&mut stream).await;
        stream
    });
    let unread = join_all(unread).await;
    let full = listener.wait(&format!("stuck={UNREAD}"));
    for request in full["requests"].as_array().unwrap() {
        let sent = request["bytes_sent"].as_u64().unwrap();
        // The window, and what was read until the first text was there.
        assert!(sent <= 2 * WINDOW_BYTES, "{request}");
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..50 {
        let began = Instant::now();
        let response = text(&client, &listener.base_url("lively")).await;
        assert_eq!(response, "Hello world");
        slowest = slowest.max(began.elapsed());
    }
    // 50 ms on an idle machine; a stalled connection would last until a timer runs out.
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    let seen = listener.seen();
    assert_eq!(seen["totals"]["connection_window_dry"], 0, "{seen}");
    assert_eq!(seen["totals"]["connections"], 1, "played on one connection");
    assert!(seen["connections"][0]["streams_at_once_max"].as_u64() > Some(UNREAD as u64));
    listener.assert_no_violation();
    drop(unread);
    listener.wait(&format!("resets={UNREAD}"));
}

/// A stream whose reader stops takes its window and no more; it goes on where it stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_stops_at_the_streams_window_and_goes_on() {
    let (listener, client) = pair(json!({"retries_max": 0}));
    let total = 8 * WINDOW_BYTES;
    let flood = json!([{"acts": [{"start": true}, {"flood": total}, {"finish": true}]}]);
    listener.plan("flood", flood);
    let mut stream = client.stream(request(&listener.base_url("flood")));
    let first = first_text(&mut stream).await;
    let stuck = listener.wait("stuck=1");
    let sent = stuck["requests"][0]["bytes_sent"].as_u64().unwrap();
    assert!(
        (WINDOW_BYTES / 4..=2 * WINDOW_BYTES).contains(&sent),
        "{sent} bytes"
    );
    let (text, receipt) = rest(&mut stream).await;
    assert!(receipt.error.is_none(), "{receipt:?}");
    let received = (first.len() + text.len()) as u64;
    assert!(
        received > total * 2 / 3 && received.is_multiple_of(1024),
        "{received} bytes of text"
    );
    assert!(first.bytes().chain(text.bytes()).all(|byte| byte == b'x'));
    listener.assert_no_violation();
}

/// Streams that were given up while they were full give the connection's window back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_streams_release_the_connections_window() {
    let (listener, client) = pair(json!({"retries_max": 0}));
    let flood = json!([{"acts": [{"start": true}, {"flood": 64 << 20}]}]);
    listener.plan("flood", flood);
    for round in 1..=60 {
        let mut stream = client.stream(request(&listener.base_url("flood")));
        first_text(&mut stream).await;
        listener.wait("stuck=1");
        drop(stream);
        listener.wait(&format!("resets={round}"));
    }
    assert_eq!(
        text(&client, &listener.base_url("lively")).await,
        "Hello world"
    );
    let seen = listener.seen();
    assert_eq!(seen["totals"]["connection_window_dry"], 0, "{seen}");
    assert_eq!(seen["totals"]["connections"], 1, "{seen}");
    listener.assert_no_violation();
}
