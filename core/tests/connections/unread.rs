//! Responses that were left before their end: their connection never serves again.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use liter_llm::{Event, LlmStream};
use serde_json::json;

use crate::{base_url, opened, pair, request, stream_head, text, HTTP1_PLACES};

async fn until_text(stream: &mut LlmStream) {
    let read = async { while !matches!(stream.next().await, Some(Event::Text(_))) {} };
    crate::within(crate::PATIENCE, read).await;
}

/// Dropped in the middle, with the rest of the response on its way or here already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_response_that_was_not_read_to_its_end_takes_its_connection_with_it() {
    let (mock, client) = pair(json!({"retries_max": 0}));
    let begun = json!([stream_head(json!([])), {"token": "left "}, {"await": "go"},
        {"token": "over"}, {"finish": "stop"}, {"done": true}, {"chunk_end": true},
        {"keep": true}]);
    for place in HTTP1_PLACES {
        for sent_whole in [false, true] {
            let key = format!("{place}-{sent_whole}");
            mock.plan(
                &key,
                json!([{ "raw": begun }, {"answer": {"text": "mine"}}]),
            );
            let base_url = base_url(&mock, place, &key);
            let mut stream = client.stream(request(&base_url));
            until_text(&mut stream).await;
            if sent_whole {
                mock.signal(&key, "go");
            }
            let began = Instant::now();
            drop(stream);
            mock.wait(&key, "closed=1");
            assert!(
                began.elapsed() < Duration::from_millis(600),
                "{:?}",
                began.elapsed()
            );
            assert_eq!(
                text(&client, &base_url).await,
                "mine",
                "{place} {sent_whole}"
            );
            assert_eq!(opened(&mock, &key), 2, "{place} {sent_whole}");
        }
    }
}

/// The response is complete at its own mark; a body that then does not end is not waited for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_end_after_its_mark_is_left() {
    let (mock, client) = pair(json!({"retries_max": 0}));
    for place in HTTP1_PLACES {
        let open = json!({"raw": [stream_head(json!([])), {"token": "done"},
            {"finish": "stop"}, {"done": true}, {"signal": "marked"}, {"await": "never"}]});
        mock.plan(place, json!([open, {"answer": {"text": "next"}}]));
        let base_url = base_url(&mock, place, place);
        let began = Instant::now();
        assert_eq!(text(&client, &base_url).await, "done", "{place}");
        assert!(
            began.elapsed() < Duration::from_millis(600),
            "{:?}",
            began.elapsed()
        );
        mock.wait(place, "closed=1");
        assert_eq!(text(&client, &base_url).await, "next", "{place}");
        assert_eq!(opened(&mock, place), 2, "{place}");
    }
}

/// An error body that was read only in part, because it is too long, ends its connection; one that
/// was read whole does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_body_decides_over_its_connection_by_its_end() {
    let (mock, client) = pair(json!({"retries_max": 0, "error_body_bytes_max": 1000}));
    for place in HTTP1_PLACES {
        for (bytes, connections) in [(900, 1), (100_000, 2)] {
            let key = format!("{place}-{bytes}");
            let body = "e".repeat(bytes);
            mock.plan(
                &key,
                json!([{"status": 400, "body": body}, {"answer": {"text": "next"}}]),
            );
            let base_url = base_url(&mock, place, &key);
            let error = crate::refused(&client, &base_url).await;
            assert_eq!(error.status, Some(400), "{error}");
            assert_eq!(text(&client, &base_url).await, "next", "{key}");
            assert_eq!(opened(&mock, &key), connections, "{key}");
        }
    }
}
