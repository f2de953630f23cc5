//! What gateways add to a response: headers that START reports, statuses and errors of their own.
#![cfg(feature = "openai")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use futures_util::StreamExt;
use liter_llm::{Event, LlmRequest, Message, Receipt, Start};
use serde_json::{json, Value};

use support::{client, Mock};

const KEY: &str = "test-key-0123456789";

/// One call against a server that answers so; START, if one came, and the receipt.
async fn call(
    mock: &Mock,
    name: &str,
    options: Value,
    status: u16,
    headers: Value,
    body: &str,
) -> (Option<Start>, Receipt) {
    let mut headers = headers.as_array().unwrap().clone();
    headers.push(json!(["content-length", body.len().to_string()]));
    mock.plan(
        name,
        json!([{"raw": [{"head": {"status": status, "headers": headers}}, {"write": body}]}]),
    );
    let mut request = LlmRequest::new("m", vec![Message::user("hi")]);
    request.call.base_url = Some(mock.base_url(name));
    let mut stream = client(options).stream(request);
    let mut start = None;
    while let Some(event) = stream.next().await {
        match event {
            Event::Start(begun) => start = Some(*begun),
            Event::End(receipt) => return (start, *receipt),
            _ => {}
        }
    }
    panic!("no END")
}

fn whole(more: Value) -> String {
    let mut body = json!({"id": "c", "model": "m", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]});
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body.to_string()
}

#[tokio::test]
async fn start_reports_the_headers_that_the_client_names() {
    let mock = Mock::start(&[]);
    let long = "x".repeat(5000);
    let headers = json!([
        ["content-type", "application/json"],
        ["X-LiteLLM-Response-Cost", "0.002"],
        ["cf-aig-cache-status", "HIT"],
        ["x-echo", format!("Bearer {KEY}")],
        ["x-long", long],
        ["x-twice", "a"],
        ["x-twice", "b"],
        ["x-other", "unasked"]
    ]);
    let names = [
        "x-litellm-response-cost",
        "CF-AIG-Cache-Status",
        "x-echo",
        "x-long",
        "x-twice",
        "x-missing",
    ];
    let options = json!({ "report_headers": names });
    let (start, _) = call(
        &mock,
        "named",
        options,
        200,
        headers.clone(),
        &whole(json!({})),
    )
    .await;
    let expected = json!({"x-litellm-response-cost": "0.002", "cf-aig-cache-status": "HIT",
        "x-echo": "Bearer [REDACTED]", "x-long": "x".repeat(1024), "x-twice": "a, b"});
    assert_eq!(json!(start.unwrap().headers), expected);

    let (start, _) = call(&mock, "unnamed", json!({}), 200, headers, &whole(json!({}))).await;
    let start = json!(start.unwrap());
    assert_eq!(start.get("headers"), None, "{start}");
}

#[tokio::test]
async fn a_guardrail_that_only_warned_is_a_success_and_one_that_denied_is_a_refusal() {
    let mock = Mock::start(&[]);
    let headers = json!([["content-type", "application/json"]]);
    let hooks = json!({"hook_results": {"after_request_hooks": [{"verdict": false}]}});
    let (start, receipt) = call(
        &mock,
        "warned",
        json!({}),
        246,
        headers.clone(),
        &whole(hooks.clone()),
    )
    .await;
    assert!(start.is_some() && receipt.error.is_none(), "{receipt:?}");

    let mut denied = hooks;
    denied["error"] = json!({"message": "The guardrail checks defined in the config failed",
        "type": "hooks_failed"});
    let body = denied.to_string();
    let (_, receipt) = call(&mock, "denied", json!({}), 446, headers, &body).await;
    let error = json!(receipt.error.unwrap());
    let got = [
        &error["kind"],
        &error["code"],
        &error["retryable"],
        &error["attempts"],
    ];
    assert_eq!(
        json!(got),
        json!(["INVALID_REQUEST", "hooks_failed", false, 1])
    );
}

const JSON: &str = "application/json";

/// Status, content type and body of an error, and what comes of it.
const ERRORS: [(u16, &str, &str, &str, &str); 7] = [
    // Azure API Management: a quota, and a wrong subscription.
    (
        403,
        JSON,
        r#"{"statusCode": 403, "message": "Quota exceeded. It returns in 02:00:00."}"#,
        "PERMISSION",
        "openai: 403 Quota exceeded. It returns in 02:00:00",
    ),
    (
        401,
        JSON,
        r#"{"statusCode": 401, "message": "Access denied due to missing subscription"}"#,
        "AUTHENTICATION",
        "openai: 401 Access denied due to missing subscription; set OPENAI_API_KEY or api_key",
    ),
    // Cloudflare's own, in both spellings.
    (
        400,
        JSON,
        r#"{"success":false,"result":[],"error":[{"code":2008,"message":"No such"}]}"#,
        "INVALID_REQUEST",
        "openai: 400 No such",
    ),
    (
        404,
        JSON,
        r#"{"success":false,"errors":[{"code":7003,"message":"No route"}]}"#,
        "NOT_FOUND",
        "openai: 404 No route; the path asked for was /error-3/v1/chat/completions",
    ),
    (
        502,
        "text/html",
        "<html><title>502 Bad Gateway</title></html>",
        "PROVIDER",
        "openai: 502 Bad Gateway",
    ),
    (
        412,
        JSON,
        r#"{"status":"failure","message":"Budget of the key is used up"}"#,
        "QUOTA_EXCEEDED",
        "openai: 412 Budget of the key is used up",
    ),
    // LiteLLM: the code is the status, as text.
    (
        400,
        JSON,
        r#"{"error":{"message":"no such team","type":"None","param":"None","code":"400"}}"#,
        "INVALID_REQUEST",
        "openai: 400 no such team",
    ),
];

#[tokio::test]
async fn errors_of_gateways_keep_their_words() {
    let mock = Mock::start(&[]);
    for (index, (status, content_type, body, kind, message)) in ERRORS.into_iter().enumerate() {
        let name = format!("error-{index}");
        let options = json!({"retries_max": 0});
        let headers = json!([["content-type", content_type]]);
        let (_, receipt) = call(&mock, &name, options, status, headers, body).await;
        let error = json!(receipt.error.unwrap());
        assert_eq!(
            json!([error["kind"], error["message"]]),
            json!([kind, message])
        );
    }
}
