//! F64: a response that begins before the request has ended; and requests without a body.

use std::time::{Duration, Instant};

use liter_llm::{LlmRequest, ModelsRequest};
use serde_json::json;

use crate::{pair, request, text, within, PATIENCE};

const UPLOAD_BYTES: usize = 24 << 20;

fn upload(base_url: &str, bytes: usize) -> LlmRequest {
    let mut long = request(base_url);
    long.user = Some("u".repeat(bytes));
    long
}

/// The head of a response does not stop the upload.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_upload_goes_on_beside_an_early_head() {
    let (listener, client) = pair(json!({"retries_max": 0}));
    let acts = json!([{"start": true}, {"token": "early "}, {"request_end": true},
        {"token": "late"}, {"finish": true}]);
    listener.plan("early", json!([{ "early": acts }]));
    let long = upload(&listener.base_url("early"), UPLOAD_BYTES);
    let response = within(3 * PATIENCE, client.complete(long)).await.unwrap();
    assert_eq!(response.text, "early late");
    let seen = listener.seen();
    assert_eq!(seen["totals"]["requests"], 1, "{seen}");
    assert_eq!(seen["requests"][0]["whole"], true, "{seen}");
    assert!(seen["requests"][0]["body_bytes"].as_u64() > Some(UPLOAD_BYTES as u64));
    listener.assert_no_violation();
}

/// An error status during an upload that the server does not read is the outcome, at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_error_status_ends_the_upload() {
    for ends in [
        json!([]),
        json!([{"reset": "NO_ERROR"}]),
        json!([{"reset": "CANCEL"}]),
    ] {
        let (listener, client) = pair(json!({"retries_max": 3}));
        let mut acts = vec![
            json!({"request_bytes": 1000}),
            json!({"head": {"status": 413, "headers": [["content-type", "application/json"]]}}),
            json!({"data": "{\"error\":{\"message\":\"too long\"}}"}),
            json!({"end": true}),
        ];
        acts.extend(ends.as_array().unwrap().clone());
        listener.plan("long", json!([{"early": acts, "read": false}]));
        let began = Instant::now();
        let long = upload(&listener.base_url("long"), UPLOAD_BYTES);
        let error = within(PATIENCE, client.complete(long)).await.unwrap_err();
        assert_eq!(error.status, Some(413), "{ends}: {error}");
        assert!(error.message.contains("too long"), "{ends}: {error}");
        assert!(began.elapsed() < Duration::from_secs(10), "{ends}");
        let seen = listener.seen();
        assert_eq!(seen["totals"]["requests"], 1, "{ends}: {seen}");
        assert_eq!(seen["requests"][0]["whole"], false, "{ends}: {seen}");
        assert_eq!(
            text(&client, &listener.base_url("next")).await,
            "Hello world"
        );
        listener.assert_no_violation();
    }
}

/// A whole response counts, although the server then stops the upload (RFC 9113, 8.1), or
/// simply reads no more of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_response_before_the_upload_ended_is_a_response() {
    for ends in [json!([]), json!([{"reset": "NO_ERROR"}])] {
        let (listener, client) = pair(json!({"retries_max": 0}));
        let mut acts = vec![
            json!({"request_bytes": 1000}),
            json!({"start": true}),
            json!({"token": "answered"}),
            json!({"finish": true}),
        ];
        acts.extend(ends.as_array().unwrap().clone());
        listener.plan("early", json!([{"early": acts, "read": false}]));
        let long = upload(&listener.base_url("early"), UPLOAD_BYTES);
        let response = within(PATIENCE, client.complete(long)).await;
        assert_eq!(response.unwrap().text, "answered", "{ends}");
        let seen = listener.seen();
        assert_eq!(seen["requests"][0]["whole"], false, "{ends}: {seen}");
        assert_eq!(
            text(&client, &listener.base_url("next")).await,
            "Hello world"
        );
        listener.assert_no_violation();
    }
}

/// The head of a GET ends its request, on a connection that is new as on one that is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_without_a_body_is_whole() {
    let (listener, client) = pair(json!({"retries_max": 0}));
    let head = json!({"status": 200, "headers": [["content-type", "application/json"]]});
    let acts = json!([{ "head": head }, {"data": "{\"data\": [{\"id\": \"a\"}]}"}, {"end": true}]);
    listener.plan("models", json!([{ "acts": acts }]));
    for number in 0..2 {
        let mut request = ModelsRequest::default();
        request.call.base_url = Some(listener.base_url("models"));
        let response = within(PATIENCE, client.models(request)).await.unwrap();
        assert_eq!(response.models[0].id, "a");
        let seen = listener.seen();
        assert_eq!(seen["totals"]["connections"], 1, "{seen}");
        assert_eq!(seen["requests"][number]["whole"], true, "{seen}");
        assert_eq!(seen["requests"][number]["body_bytes"], 0, "{seen}");
    }
    listener.assert_no_violation();
}
