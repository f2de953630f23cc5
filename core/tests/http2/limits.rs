//! The client keeps to the limits that a peer announces, whenever it does, and no call waits.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{json, Value};

use crate::server::Listener;
use crate::{client, first_text, refused, request, rest, text};

fn held() -> Value {
    json!([{"acts": [{"start": true}, {"token": "a"}, {"await": "go"}, {"token": "b"},
        {"finish": true}]}])
}

fn at_once_max(seen: &Value) -> u64 {
    let connections = seen["connections"].as_array().unwrap();
    let at_once = |connection: &Value| connection["streams_at_once_max"].as_u64().unwrap();
    connections.iter().map(at_once).max().unwrap()
}

/// F82: a peer that takes one stream, or three, gets no more on a connection, and a request that
/// finds all connections full opens another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_streams_per_connection_delay_no_call() {
    for limit in [1, 3] {
        let settings = json!({"settings": {"max_concurrent_streams": limit}});
        let listener = Listener::new(settings);
        let client = client(json!({}));
        listener.plan("held", held());
        let streams = (0..9).map(|_| async {
            let mut stream = client.stream(request(&listener.base_url("held")));
            first_text(&mut stream).await;
            stream
        });
        let streams = join_all(streams).await;
        let seen = listener.seen();
        assert!(at_once_max(&seen) <= limit, "{seen}");
        let connections = seen["totals"]["connections"].as_u64().unwrap();
        assert!(
            (9 / limit..=9).contains(&connections),
            "limit {limit}: {seen}"
        );
        listener.signal("go");
        for mut stream in streams {
            let (text, receipt) = rest(&mut stream).await;
            assert_eq!(
                (text.as_str(), receipt.error.is_none()),
                ("b", true),
                "{receipt:?}"
            );
        }
        let again = listener.base_url("again");
        let responses = join_all((0..9).map(|_| text(&client, &again))).await;
        assert!(responses.iter().all(|text| text == "Hello world"));
        assert!(
            listener.total("connections") <= 9,
            "connections are used again"
        );
        listener.assert_no_violation();
    }
}

/// The limit may fall while streams are open: from its acknowledgement on it is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_is_lowered_later_is_respected() {
    for lowered in [0, 1, 2] {
        let listener = Listener::new(json!({"settings": {"max_concurrent_streams": 20}}));
        let client = client(json!({"retries_max": 0}));
        let acts = json!([{"start": true}, {"token": "a"},
            {"settings": {"max_concurrent_streams": lowered}}, {"await": "go"}, {"token": "b"},
            {"finish": true}]);
        listener.plan("lowering", json!([{ "acts": acts }]));
        listener.plan("held", held());
        let mut first = client.stream(request(&listener.base_url("lowering")));
        first_text(&mut first).await;
        listener.wait("settings_acknowledged=2");
        let streams = (0..6).map(|_| async {
            let mut stream = client.stream(request(&listener.base_url("held")));
            first_text(&mut stream).await;
            stream
        });
        let streams = join_all(streams).await;
        let seen = listener.seen();
        let first_connection = &seen["connections"][0];
        let kept = first_connection["streams_at_once_max"].as_u64().unwrap();
        assert!(kept <= lowered.max(1), "lowered to {lowered}: {seen}");
        listener.signal("go");
        for mut stream in streams.into_iter().chain([first]) {
            let (text, receipt) = rest(&mut stream).await;
            assert_eq!(
                (text.as_str(), receipt.error.is_none()),
                ("b", true),
                "{receipt:?}"
            );
        }
        listener.assert_no_violation();
    }
}

/// A peer that never takes a stream causes an error in time, and no endless connecting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_without_room_for_any_stream_is_an_error() {
    let listener = Listener::new(json!({"settings": {"max_concurrent_streams": 0}}));
    let client = client(json!({
        "connect_timeout_ms": 500, "headers_timeout_ms": 500, "retries_max": 1}));
    let began = Instant::now();
    let error = refused(&client, &listener.base_url("any")).await;
    assert!(began.elapsed() < Duration::from_secs(6), "{error}");
    assert!(!error.maybe_executed, "{error}");
    let seen = listener.seen();
    assert!(seen["totals"]["connections"].as_u64() <= Some(4), "{seen}");
    listener.assert_no_violation();
}

/// SETTINGS may come late, and the requests that waited for them, or did not, are answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_arrive_late_are_respected_too() {
    let late = json!({"before_settings": [{"await": "settings"}]});
    let listener = Listener::new(json!({
        "settings": {"max_concurrent_streams": 2}, "connections": [late]}));
    let client = client(json!({}));
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let (client, base_url) = (client.clone(), listener.base_url("late"));
            tokio::spawn(async move { text(&client, &base_url).await })
        })
        .collect();
    listener.wait("signal=handshake");
    listener.signal("settings");
    for call in calls {
        assert_eq!(call.await.unwrap(), "Hello world");
    }
    assert!(at_once_max(&listener.seen()) <= 2);
    listener.assert_no_violation();
}

/// A peer that finishes the handshake and then sends nothing at all: the timers hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_never_come_end_with_a_timer() {
    let never = json!({"before_settings": [{"await": "never"}]});
    let listener = Listener::new(json!({ "connections": [never] }));
    let client = client(json!({
        "connect_timeout_ms": 400, "headers_timeout_ms": 400, "retries_max": 0}));
    let began = Instant::now();
    let error = refused(&client, &listener.base_url("any")).await;
    assert_eq!(error.kind.name(), "TIMEOUT", "{error}");
    assert!(began.elapsed() < Duration::from_secs(4), "{error}");
}

/// A request's body keeps to the peer's windows, also when the first window is empty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peers_small_windows_are_respected() {
    let listener = Listener::new(json!({"settings": {"initial_window_size": 0}}));
    let opened = json!([{"settings": {"initial_window_size": 200}}, {"request_end": true},
        {"answer": "whole"}]);
    // A request may be sent before the settings are here; the second one follows them.
    let unread = json!([{"early": [{"answer": "known"}]}]);
    listener.plan("known", unread);
    listener.plan("small", json!([{ "early": opened }]));
    let client = client(json!({"retries_max": 0}));
    assert_eq!(text(&client, &listener.base_url("known")).await, "known");
    listener.wait("settings_acknowledged=1");
    let mut long = request(&listener.base_url("small"));
    long.user = Some("u".repeat(5_000));
    let response = crate::within(crate::PATIENCE, client.complete(long)).await;
    assert_eq!(response.unwrap().text, "whole");
    let seen = listener.seen();
    let last = seen["requests"].as_array().unwrap().last().unwrap();
    assert!(last["body_bytes"].as_u64() > Some(5_000), "{seen}");
    assert_eq!(seen["totals"]["connections"], 1, "{seen}");
    listener.assert_no_violation();
}

/// The peer's table for header compression may be smaller than the usual one, or none at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_without_a_header_table_understands_every_request() {
    let listener = Listener::new(json!({"settings": {"header_table_size": 0}}));
    let client = client(json!({"retries_max": 0}));
    for _ in 0..4 {
        assert_eq!(
            text(&client, &listener.base_url("table")).await,
            "Hello world"
        );
    }
    let seen = listener.seen();
    assert_eq!(
        seen["connections"][0]["settings"]["enable_push"], 0,
        "nobody may push: {seen}"
    );
    listener.assert_no_violation();
}

/// ALPN decides: HTTP/2 where both support it, HTTP/1.1 where the server supports only that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_version_is_what_alpn_chose() {
    for (alpn, version, response) in [
        (json!(["h2", "http/1.1"]), "HTTP/2", "Hello world"),
        (json!(["http/1.1"]), "HTTP/1.1", "over HTTP/1.1"),
    ] {
        let listener = Listener::new(json!({ "alpn": alpn }));
        let client = client(json!({"retries_max": 0}));
        for _ in 0..3 {
            assert_eq!(text(&client, &listener.base_url("any")).await, response);
        }
        let seen = listener.seen();
        let requests = seen["requests"].as_array().unwrap();
        assert!(
            requests.iter().all(|request| request["version"] == version),
            "{seen}"
        );
        assert_eq!(seen["totals"]["connections"], 1, "{seen}");
    }
}
