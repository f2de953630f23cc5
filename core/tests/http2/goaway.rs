//! GOAWAY, and many callers who need a new connection at once.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::StreamExt;
use liter_llm::LlmStream;
use serde_json::{json, Value};

use crate::server::Listener;
use crate::{client, first_text, pair, refused, request, rest, text, verdict};

const CALLERS: usize = 100;

fn held() -> Value {
    json!({"acts": [{"start": true}, {"token": "a"}, {"await": "go"}, {"token": "b"},
        {"finish": true}]})
}

/// A stream above the last one that the peer names was not looked at; those below go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_above_the_last_is_tried_again_and_one_below_goes_on() {
    let (listener, client) = pair(json!({"retries_max": 1}));
    listener.plan("below", json!([held()]));
    let refusing = json!({"acts": [{"goaway": {"last": "below"}}, {"hang": true}]});
    listener.plan("above", json!([refusing, {"acts": [{"answer": "again"}]}]));
    let mut below = client.stream(request(&listener.base_url("below")));
    first_text(&mut below).await;
    assert_eq!(text(&client, &listener.base_url("above")).await, "again");
    listener.signal("go");
    let (more, receipt) = rest(&mut below).await;
    assert_eq!(
        (more.as_str(), receipt.error.is_none()),
        ("b", true),
        "{receipt:?}"
    );
    let seen = listener.seen();
    assert_eq!(seen["totals"]["connections"], 2, "{seen}");
    assert_eq!(seen["totals"]["requests"], 3, "{seen}");
    listener.assert_no_violation();
}

/// GOAWAY that names no stream at all: nothing ran, with whatever code, also when the connection
/// ends with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goaway_below_everything_has_not_run() {
    for (code, close) in [
        ("NO_ERROR", false),
        ("ENHANCE_YOUR_CALM", true),
        ("NO_ERROR", true),
    ] {
        let (listener, client) = pair(json!({"retries_max": 2}));
        let end = match close {
            true => json!({"close": "fin"}),
            false => json!({"hang": true}),
        };
        let away = json!({"goaway": {"last": "none", "code": code}});
        listener.plan("always", json!([{"acts": [away, end]}]));
        let error = refused(&client, &listener.base_url("always")).await;
        assert_eq!(
            verdict(&error),
            ("NETWORK", false, 3),
            "{code} {close}: {error}"
        );
        assert_eq!(listener.total("requests"), 3, "{code} {close}");
        listener.assert_no_violation();
    }
}

/// A connection that is draining takes no new streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_go_on_after_goaway_and_new_ones_go_elsewhere() {
    for last in ["all", "this"] {
        let (listener, client) = pair(json!({"retries_max": 0}));
        let acts = json!([{"start": true}, {"token": "a"}, {"goaway": {"last": last}},
            {"signal": "away"}, {"await": "go"}, {"token": "b"}, {"finish": true}]);
        listener.plan("leaving", json!([{ "acts": acts }]));
        let mut leaving = client.stream(request(&listener.base_url("leaving")));
        first_text(&mut leaving).await;
        listener.wait("signal=away");
        // Another test covers what was sent before GOAWAY was read: here GOAWAY has been read.
        listener.plan("held", json!([held()]));
        let mut next = client.stream(request(&listener.base_url("held")));
        poll_all(&mut [&mut leaving], Duration::from_millis(50)).await;
        first_text(&mut next).await;
        listener.signal("go");
        for stream in [&mut leaving, &mut next] {
            let (more, receipt) = rest(stream).await;
            assert_eq!(
                (more.as_str(), receipt.error.is_none()),
                ("b", true),
                "{receipt:?}"
            );
        }
        let seen = listener.seen();
        assert_eq!(seen["totals"]["connections"], 2, "{last}: {seen}");
        listener.assert_no_violation();
    }
}

/// Polls streams that deliver nothing for a while.
async fn poll_all(streams: &mut [&mut LlmStream], time: Duration) {
    let all = join_all(streams.iter_mut().map(|stream| stream.next()));
    let waited = tokio::time::timeout(time, all).await;
    assert!(waited.is_err(), "they delivered something: {waited:?}");
}

/// Starts `CALLERS` streams that all need the connection which the server holds back, cancels the
/// one for which it is being made, releases it, and checks what came of the others.
async fn leader_is_cancelled(listener: &Listener, client: &liter_llm::Client, accepted: u64) {
    let base_url = listener.base_url("many");
    let mut leader = client.stream(request(&base_url));
    poll_all(&mut [&mut leader], Duration::from_millis(20)).await;
    let started = async {
        while listener.total("accepted") < accepted {
            poll_all(&mut [&mut leader], Duration::from_millis(20)).await;
        }
    };
    crate::within(crate::PATIENCE, started).await;
    let mut others: Vec<_> = (1..CALLERS)
        .map(|_| client.stream(request(&base_url)))
        .collect();
    let mut waiting: Vec<&mut LlmStream> = others.iter_mut().collect();
    poll_all(&mut waiting, Duration::from_millis(200)).await;
    assert_eq!(
        listener.total("accepted"),
        accepted,
        "they wait for the one connection"
    );
    drop(leader);
    poll_all(&mut waiting, Duration::from_millis(50)).await;
    listener.signal("handshakes");
    let ends = join_all(others.iter_mut().map(rest)).await;
    for (text, receipt) in ends {
        assert_eq!(
            (text.as_str(), receipt.error.is_none()),
            ("Hello world", true),
            "{receipt:?}"
        );
    }
}

/// The caller for whom the first connection is made may leave: another takes over, and a hundred
/// callers still need one connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_leader_hands_over_at_the_first_connection() {
    let held = json!({"before_tls": [{"await": "handshakes"}]});
    let listener = Listener::new(json!({"connections": [held]}));
    let client = client(json!({"retries_max": 0}));
    leader_is_cancelled(&listener, &client, 1).await;
    let accepted = listener.total("accepted");
    assert!(accepted <= 2, "{accepted} connections");
    listener.assert_no_violation();
}

/// The same after GOAWAY, when the pool knows that the server speaks HTTP/2.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_leader_hands_over_after_goaway() {
    let held = json!({"before_tls": [{"await": "handshakes"}]});
    let listener = Listener::new(json!({"connections": [{}, held]}));
    let client = client(json!({"retries_max": 0}));
    let away = json!([{"acts": [{"goaway": {"last": "this"}}, {"answer": "last"}]}]);
    listener.plan("away", away);
    assert_eq!(text(&client, &listener.base_url("away")).await, "last");
    leader_is_cancelled(&listener, &client, 2).await;
    let accepted = listener.total("accepted");
    assert!(accepted <= 3, "{accepted} connections");
    listener.assert_no_violation();
}
