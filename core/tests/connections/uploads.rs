//! F64 over HTTP/1.1: a response that begins before the request has ended.

use std::time::{Duration, Instant};

use liter_llm::LlmRequest;
use serde_json::json;

use crate::{
    assert_served, base_url, opened, pair, request, requests, stream_head, text, within,
    HTTP1_PLACES, PATIENCE,
};

const UPLOAD_BYTES: usize = 24 << 20;
/// Making such a request takes a part of it; a call that waits for the upload waits for a timer.
const SOON: Duration = Duration::from_secs(8);

fn upload(base_url: &str) -> LlmRequest {
    let mut long = request(base_url);
    long.user = Some("u".repeat(UPLOAD_BYTES));
    long
}

/// The head of a response does not stop the upload.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_upload_goes_on_beside_an_early_head() {
    let (mock, client) = pair(json!({"retries_max": 0, "idle_timeout_ms": 15_000}));
    for place in HTTP1_PLACES {
        let early = json!({"before_request": [stream_head(json!([])), {"token": "early "},
            {"signal": "begun"}, {"read_request": true}, {"token": "late"}, {"finish": "stop"},
            {"done": true}, {"chunk_end": true}, {"keep": true}]});
        mock.plan(place, json!([early]));
        let base_url = base_url(&mock, place, place);
        let response = within(PATIENCE, client.complete(upload(&base_url))).await;
        assert_eq!(response.unwrap().text, "early late", "{place}");
        let seen = mock.seen(place);
        assert_eq!(seen["requests_count"], 1, "{place}");
        let body_bytes = requests(&seen)[0]["body_bytes"].as_u64();
        assert!(
            body_bytes > Some(UPLOAD_BYTES as u64),
            "{place}: {body_bytes:?}"
        );
        assert_served(&mock, place, (place, "HTTP/1.1"));
    }
}

/// An error status during an upload that the server does not read is the outcome, at once; its
/// connection is in the middle of a request and serves no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_error_status_ends_the_upload() {
    let (mock, client) = pair(json!({"retries_max": 3, "headers_timeout_ms": 15_000}));
    for place in HTTP1_PLACES {
        for (number, fields) in [json!([]), json!([["connection", "close"]])]
            .iter()
            .enumerate()
        {
            let key = format!("{place}-{number}");
            let body = json!({"error": {"message": "too long for us"}}).to_string();
            let mut headers = vec![
                json!(["content-type", "application/json"]),
                json!(["content-length", body.len().to_string()]),
            ];
            headers.extend(fields.as_array().unwrap().iter().cloned());
            let early = json!({"before_request": [
                {"head": {"status": 413, "headers": headers}}, {"write": body}, {"hang": true}]});
            mock.plan(&key, json!([early, {"answer": {"text": "next"}}]));
            let base_url = base_url(&mock, place, &key);
            let began = Instant::now();
            let ended = within(PATIENCE, client.complete(upload(&base_url))).await;
            let error = ended.unwrap_err();
            assert_eq!(error.status, Some(413), "{key}: {error}");
            assert!(error.message.contains("too long for us"), "{key}: {error}");
            assert!(began.elapsed() < SOON, "{key}: {:?}", began.elapsed());
            assert_eq!(error.attempts, 1, "{key}: {error}");
            assert_eq!(text(&client, &base_url).await, "next", "{key}");
            assert_eq!(opened(&mock, &key), 2, "{key}");
        }
    }
}

/// A whole response counts although the request was never read; its connection does not serve
/// again, although the server would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_response_before_the_upload_ended_takes_its_connection_with_it() {
    let (mock, client) = pair(json!({"retries_max": 0}));
    for place in HTTP1_PLACES {
        let early = json!({"before_request": [stream_head(json!([])), {"token": "answered"},
            {"finish": "stop"}, {"done": true}, {"chunk_end": true}, {"signal": "answered"},
            {"await": "left"}, {"keep": true}]});
        mock.plan(place, json!([early, {"answer": {"text": "next"}}]));
        let base_url = base_url(&mock, place, place);
        let response = within(PATIENCE, client.complete(upload(&base_url))).await;
        assert_eq!(response.unwrap().text, "answered", "{place}");
        mock.signal(place, "left");
        assert_eq!(text(&client, &base_url).await, "next", "{place}");
        assert_eq!(opened(&mock, place), 2, "{place}");
    }
}
