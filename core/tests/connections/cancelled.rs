//! F75: what the receipt of a cancelled call reports, by the phase of the cancel, however the
//! caller polls; and that a poll which is dropped starts nothing again.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use liter_llm::{ErrorKind, LlmRequest, LlmStream, Receipt};
use serde_json::json;
use tokio::net::TcpListener;

use crate::dead::Dead;
use crate::{base_url, pair, request, requests_count, stream_head, PATIENCE, PLACES};

/// Two ways of polling, both dropped every few milliseconds.
#[derive(Clone, Copy, Debug)]
enum Polls {
    Events,
    Batches,
}

const WAYS: [Polls; 2] = [Polls::Events, Polls::Batches];
const POLL: Duration = Duration::from_millis(3);

/// Polls until something holds, then cancels.
async fn cancelled_once(
    mut stream: LlmStream,
    polls: Polls,
    mut holds: impl FnMut() -> bool,
) -> Receipt {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "it never came to hold");
        // What was read stays read; nothing ends before it is cancelled.
        match polls {
            Polls::Events => {
                let _ = tokio::time::timeout(POLL, stream.next()).await;
            }
            Polls::Batches => {
                let _ = tokio::time::timeout(POLL, stream.next_batch()).await;
            }
        }
    }
    // A while longer, so that a call that begins again at every poll is caught.
    for _ in 0..10 {
        let _ = tokio::time::timeout(POLL, stream.next_batch()).await;
    }
    stream.abort(ErrorKind::Cancelled)
}

fn assert_cancelled(receipt: Receipt, maybe_executed: bool, place: &str) {
    let error = receipt.error.unwrap_or_else(|| panic!("{place}: no error"));
    assert_eq!(error.kind.name(), "CANCELLED", "{place}: {error}");
    assert_eq!(error.maybe_executed, maybe_executed, "{place}: {error}");
    assert!(
        receipt.attempts <= 1,
        "{place}: {} attempts",
        receipt.attempts
    );
}

/// Nobody answers the SYN; nobody answers the ClientHello.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_while_connecting_nothing_ran() {
    let (_mock, client) = pair(json!({"retries_max": 0}));
    for polls in WAYS {
        let dead = Dead::new("127.0.0.1", 0).await;
        for scheme in ["http", "https"] {
            let base_url = format!("{scheme}://127.0.0.1:{}/connect/v1", dead.port());
            let (stream, began) = (client.stream(request(&base_url)), Instant::now());
            let connects = || began.elapsed() > Duration::from_millis(60);
            let receipt = cancelled_once(stream, polls, connects).await;
            assert_cancelled(receipt, false, &base_url);
        }

        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = silent.local_addr().unwrap().port();
        let accepted = tokio::spawn(async move {
            let (socket, _) = silent.accept().await.unwrap();
            let mut hello = [0; 3];
            while socket.peek(&mut hello).await.unwrap() < 3 {}
            assert_eq!(hello, [22, 3, 1], "a ClientHello");
            socket
        });
        let stream = client.stream(request(&format!("https://127.0.0.1:{port}/tls/v1")));
        let receipt = cancelled_once(stream, polls, || accepted.is_finished()).await;
        assert_cancelled(receipt, false, "TLS");
        let socket = accepted.await.unwrap();
        let closed = crate::within(Duration::from_millis(500), async {
            let mut rest = [0; 4096];
            loop {
                socket.readable().await.unwrap();
                match socket.try_read(&mut rest) {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                }
            }
        });
        closed.await;
    }
}

/// Only half of the request arrived: it cannot have run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_in_an_upload_nothing_ran() {
    let (mock, client) = pair(json!({"retries_max": 0}));
    for (place, _) in PLACES {
        for polls in WAYS {
            let key = format!("{place}-{polls:?}");
            mock.plan(
                &key,
                json!([{"before_request": [{"signal": "head"}, {"hang": true}]}]),
            );
            let mut long: LlmRequest = request(&base_url(&mock, place, &key));
            long.user = Some("u".repeat(24 << 20));
            let head_is_there = || mock.seen(&key)["events"][0]["name"] == "head";
            let receipt = cancelled_once(client.stream(long), polls, head_is_there).await;
            assert_cancelled(receipt, false, &key);
            assert_eq!(requests_count(&mock, &key), 1, "{key}");
        }
    }
}

/// The whole request arrived, and the response did not, or only in part.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_after_the_request_it_may_have_run() {
    let (mock, client) = pair(json!({"retries_max": 5}));
    for (place, _) in PLACES {
        for (number, script) in [
            json!([{"signal": "there"}, {"hang": true}]),
            json!([stream_head(json!([])), {"signal": "there"}, {"hang": true}]),
            json!([stream_head(json!([])), {"token": "a"}, {"signal": "there"}, {"hang": true}]),
        ]
        .into_iter()
        .enumerate()
        {
            for polls in WAYS {
                let key = format!("{place}-{number}-{polls:?}");
                mock.plan(&key, json!([{ "raw": script }]));
                let stream = client.stream(request(&base_url(&mock, place, &key)));
                let there = || mock.seen(&key)["events"][0]["name"] == "there";
                let receipt = cancelled_once(stream, polls, there).await;
                let began = Instant::now();
                mock.wait(&key, "closed=1");
                // 100 ms is the promise; the rest is for the control interface on a busy machine.
                assert!(began.elapsed() < Duration::from_millis(400), "{key}");
                assert_cancelled(receipt, true, &key);
                assert_eq!(requests_count(&mock, &key), 1, "{key}: sent once");
            }
        }
    }
}

/// Garbage after the request was sent counts as a response: the request may have run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_for_a_response_may_have_run() {
    let (mock, client) = pair(json!({"retries_max": 5}));
    for place in crate::HTTP1_PLACES {
        mock.plan(
            place,
            json!([{"raw": [{"write": "\u{1}\u{2}\u{3}\u{4}\r\n"}]}]),
        );
        let error = crate::refused(&client, &base_url(&mock, place, place)).await;
        let got = (error.kind.name(), error.maybe_executed, error.attempts);
        assert_eq!(got, ("PROTOCOL", true, 1), "{place}: {error}");
    }
}
