//! A cancelled stream is reset at once, and its connection serves on.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use liter_llm::ErrorKind;
use serde_json::{json, Value};

use crate::{first_text, pair, request, text};

const CANCEL: u64 = 8;
/// 100 ms is the promise; the rest is for the control interface on a busy machine.
const AT_ONCE: Duration = Duration::from_millis(400);

/// In every phase of a stream its end is RST_STREAM with CANCEL, and the connection is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_resets_the_stream_and_keeps_the_connection() {
    let (listener, client) = pair(json!({"retries_max": 0}));
    listener.plan(
        "head",
        json!([{"acts": [{"signal": "asked"}, {"hang": true}]}]),
    );
    listener.plan(
        "body",
        json!([{"acts": [{"start": true}, {"token": "a"}, {"signal": "begun"}, {"hang": true}]}]),
    );
    let (head, body) = (listener.base_url("head"), listener.base_url("body"));
    for round in 0..3 {
        for (place, (base_url, moment)) in [(&head, "asked"), (&body, "begun")].iter().enumerate() {
            let mut stream = client.stream(request(base_url));
            if *moment == "begun" {
                first_text(&mut stream).await;
            } else {
                let waits = tokio::time::timeout(Duration::from_millis(1), stream.next());
                assert!(waits.await.is_err(), "there is no response yet");
                // The connection's own task sends it, no matter who polls the stream.
                poll_until(&mut stream, || {
                    let seen = listener.wait_ms(&format!("whole={}", 2 * round + 1), 20);
                    seen["held"] == true
                })
                .await;
            }
            let began = Instant::now();
            let receipt = stream.abort(ErrorKind::Cancelled);
            let seen = listener.wait(&format!("resets={}", 2 * round + place + 1));
            assert!(began.elapsed() < AT_ONCE, "{moment}: {:?}", began.elapsed());
            let error = receipt.error.unwrap();
            assert_eq!(
                (error.kind.name(), error.maybe_executed),
                ("CANCELLED", true)
            );
            let last = seen["requests"].as_array().unwrap().last().unwrap();
            assert_eq!(last["reset_code"], CANCEL, "{moment}: {last}");
        }
    }
    assert_eq!(
        text(&client, &listener.base_url("next")).await,
        "Hello world"
    );
    let seen = listener.seen();
    assert_eq!(seen["totals"]["connections"], 1, "{seen}");
    listener.assert_no_violation();
}

/// Polls a silent stream until something holds.
async fn poll_until(stream: &mut liter_llm::LlmStream, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "it never came to hold"
        );
        let _ = tokio::time::timeout(Duration::from_millis(5), stream.next()).await;
    }
}

/// An upload that is half way stops: the rest is never sent, and the provider cannot have run it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_stops_an_upload_half_way() {
    let (listener, client) = pair(json!({"retries_max": 0}));
    let early: Value = json!([{"early": [{"hang": true}], "read": false}]);
    listener.plan("upload", early);
    let mut long = request(&listener.base_url("upload"));
    long.user = Some("u".repeat(4 << 20));
    let mut stream = client.stream(long);
    poll_until(&mut stream, || {
        listener.wait_ms("body_bytes=60000", 20)["held"] == true
    })
    .await;
    let receipt = stream.abort(ErrorKind::Cancelled);
    let seen = listener.wait("resets=1");
    let error = receipt.error.unwrap();
    assert_eq!(
        (error.kind.name(), error.maybe_executed),
        ("CANCELLED", false)
    );
    assert_eq!(seen["requests"][0]["whole"], false, "{seen}");
    assert_eq!(
        text(&client, &listener.base_url("next")).await,
        "Hello world"
    );
    assert_eq!(listener.total("connections"), 1);
    listener.assert_no_violation();
}
