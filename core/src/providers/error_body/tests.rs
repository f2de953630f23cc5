//! One row per status, per mark and per shape; compatible servers were the model for the shapes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use crate::providers::openai::vendors::CODECS;
use ErrorKind::*;

mod documents;
mod in_responses;

fn of(status: u16, body: &str) -> LlmError {
    from_status(&CODECS[0], status, body.as_bytes())
}

#[test]
fn every_status_has_a_kind() {
    let rows = [
        (400, InvalidRequest, false),
        (401, Authentication, false),
        (402, QuotaExceeded, false),
        (403, Permission, false),
        (404, NotFound, false),
        (405, InvalidRequest, false),
        (408, Provider, true),
        (409, Provider, true),
        (410, NotFound, false),
        (413, TooLarge, false),
        (415, InvalidRequest, false),
        (418, InvalidRequest, false),
        (422, InvalidRequest, false),
        (424, Provider, true),
        (429, RateLimited, true),
        (498, Overloaded, true),
        (499, Provider, false),
        (500, Provider, true),
        (501, Provider, false),
        (502, Provider, true),
        (503, Provider, true),
        (504, Provider, true),
        (505, Provider, false),
        (524, Provider, true),
        (529, Overloaded, true),
        (302, Protocol, false),
    ];
    for (status, kind, retryable) in rows {
        let error = of(status, r#"{"error":{"message":"because"}}"#);
        assert_eq!((error.kind, error.retryable), (kind, retryable), "{status}");
        assert_eq!(
            (error.status, error.provider),
            (Some(status), Some("openai"))
        );
        assert!(
            error
                .message
                .starts_with(&format!("openai: {status} because")),
            "{error}"
        );
    }
}

/// Status, error object, and what they mean together.
const MARKS: &[(u16, &str, ErrorKind, bool)] = &[
    (
        429,
        r#"{"type":"insufficient_quota","code":"insufficient_quota"}"#,
        QuotaExceeded,
        false,
    ),
    (
        429,
        r#"{"type":"exceeded_current_quota_error"}"#,
        QuotaExceeded,
        false,
    ),
    (429, r#"{"type":"billing_error"}"#, QuotaExceeded, false),
    (
        429,
        r#"{"code":"1113","message":"Insufficient balance"}"#,
        QuotaExceeded,
        false,
    ),
    (
        429,
        r#"{"type":"engine_overloaded_error"}"#,
        Overloaded,
        true,
    ),
    (
        429,
        r#"{"type":"requests","code":"rate_limit_exceeded"}"#,
        RateLimited,
        true,
    ),
    (503, r#"{"type":"overloaded_error"}"#, Overloaded, true),
    (503, r#"{"status":"UNAVAILABLE"}"#, Overloaded, true),
    (500, r#"{"code":"server_overloaded"}"#, Overloaded, true),
    (
        503,
        r#"{"type":"server_error","message":"overloaded"}"#,
        Provider,
        true,
    ),
    (
        500,
        r#"{"code":"insufficient_quota"}"#,
        QuotaExceeded,
        false,
    ),
    (400, r#"{"code":"model_not_found"}"#, NotFound, false),
    (400, r#"{"code":"Arrearage"}"#, QuotaExceeded, false),
    (
        400,
        r#"{"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}"#,
        Authentication,
        false,
    ),
    (
        400,
        r#"{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}"#,
        InvalidRequest,
        false,
    ),
    (400, r#"{"type":"rate_limit_error"}"#, InvalidRequest, false),
    (
        401,
        r#"{"type":"invalid_request_error","code":"invalid_api_key"}"#,
        Authentication,
        false,
    ),
    (403, r#"{"code":"invalid_api_key"}"#, Authentication, false),
    (
        404,
        r#"{"type":"invalid_request_error","code":"DeploymentNotFound"}"#,
        NotFound,
        false,
    ),
];

#[test]
fn typed_marks_are_more_precise_than_some_statuses() {
    for &(status, inner, kind, retryable) in MARKS {
        let error = of(status, &format!("{{\"error\":{inner}}}"));
        assert_eq!(
            (error.kind, error.retryable),
            (kind, retryable),
            "{status} {inner}"
        );
    }
    // xAI has it only in the message.
    let error = of(
        400,
        r#"{"code":"invalid-argument","error":"Incorrect API key provided."}"#,
    );
    assert_eq!(
        (error.kind, error.code.as_deref()),
        (Authentication, Some("invalid-argument"))
    );
}

/// The message behind the provider and the status, and the code.
fn message_and_code(status: u16, body: &str) -> (String, Option<String>) {
    let error = of(status, body);
    let message = error
        .message
        .strip_prefix(&format!("openai: {status} "))
        .unwrap()
        .to_owned();
    (message, error.code)
}

/// Body, message and code.
const SHAPES: &[(&str, &str, Option<&str>)] = &[
    (
        r#"{"error":{"message":"m.","type":"t","param":null,"code":"c"}}"#,
        "m",
        Some("c"),
    ),
    (
        r#"{"error":{"message":"m","type":"t","code":null}}"#,
        "m",
        Some("t"),
    ),
    (r#"{"error":{"message":"m","code":400}}"#, "m", Some("400")),
    (
        r#"{"error":{"message":"m","type":"t","code":400}}"#,
        "m",
        Some("t"),
    ),
    (
        r#"{"error":{"message":"m","type":"None","code":"429"}}"#,
        "m",
        Some("429"),
    ),
    (r#"{"code":"c","error":"m"}"#, "m", Some("c")),
    (r#"{"error":"m"}"#, "m", None),
    (r#"{"detail":"m"}"#, "m", None),
    (r#"{"detail":{"message":"m","code":"c"}}"#, "m", Some("c")),
    (r#"{"message":"m"}"#, "m", None),
    (
        r#"{"id":"i","message":"m","error_type":"TOO_MANY_TOKENS"}"#,
        "m",
        Some("TOO_MANY_TOKENS"),
    ),
    (
        r#"{"object":"error","message":"m","type":"BadRequestError","code":400}"#,
        "m",
        Some("BadRequestError"),
    ),
    (
        r#"{"type":"error","error":{"type":"t","message":"m"},"request_id":"r"}"#,
        "m",
        Some("t"),
    ),
    (
        r#"[{"error":{"code":400,"message":"m","status":"S"}}]"#,
        "m",
        Some("S"),
    ),
    (
        r#"{"detail":[{"loc":["body","a",0],"msg":"m","type":"t"},{"msg":"n"}]}"#,
        "body.a.0: m; n",
        Some("t"),
    ),
    (
        r#"{"error":{"message":"m","code":429,"metadata":{"raw":"upstream says"}}}"#,
        "m; upstream says",
        Some("429"),
    ),
    (
        r#"{"error":{"message":"m","metadata":{"raw":"{\"error\":{\"message\":\"deep\"}}"}}}"#,
        "m; deep",
        None,
    ),
    (
        "plain words\r\nover lines.",
        "plain words  over lines",
        None,
    ),
    ("\"m\"", "m", None),
    ("", "unprocessable entity", None),
    ("{}", "unprocessable entity", None),
    (r#"{"error":{"code":"c"}}"#, "c", Some("c")),
    (
        "<html><head><title>422 No Way</title></head>",
        "No Way",
        None,
    ),
    ("<html>", "an HTML page", None),
];

#[test]
fn every_shape_gives_its_message_and_code() {
    for &(body, message, code) in SHAPES {
        assert_eq!(
            message_and_code(422, body),
            (message.to_owned(), code.map(str::to_owned)),
            "{body}"
        );
    }
}

#[test]
fn a_wrong_key_has_advice() {
    let error = of(401, r#"{"error":{"message":"invalid key"}}"#);
    assert_eq!(
        error.message,
        "openai: 401 invalid key; set OPENAI_API_KEY or api_key"
    );
}

#[test]
fn odd_bodies_are_bounded_and_kept() {
    let error = from_status(
        &CODECS[0],
        502,
        format!("<html>{}", "x".repeat(9000)).as_bytes(),
    );
    assert_eq!(error.detail.unwrap().len(), 9006);
    let error = from_status(&CODECS[0], 500, &[0xff, 0xfe, b'x']);
    assert_eq!(error.message, "openai: 500 \u{fffd}\u{fffd}x");
    let error = of(400, &"[".repeat(100_000));
    // The redactor cuts further, once it has looked.
    assert!(error.message.len() <= crate::error::OUTSIDE_BYTES_MAX);
}

#[test]
fn a_delay_inside_the_body_is_kept() {
    let info = r#"{"error":{"code":429,"message":"m","details":[{"retryDelay":"34.4s"}]}}"#;
    assert_eq!(of(429, info).retry_after_ms, Some(34_400));
    assert_eq!(of(400, info).retry_after_ms, None);
}

#[test]
fn a_request_above_its_rate_limit_is_not_sent_again() {
    let rows = [("342389", false), ("29000", true)];
    for (requested, retryable) in rows {
        let message = format!(
            "Request too large for gpt-4o in organization org-1 on tokens per min (TPM): \
             Limit 30000, Requested {requested}. Visit the console to learn more."
        );
        let body = format!(
            r#"{{"error":{{"message":"{message}","type":"tokens","code":"rate_limit_exceeded"}}}}"#
        );
        let error = of(429, &body);
        assert_eq!(
            (error.kind, error.retryable),
            (RateLimited, retryable),
            "{requested}"
        );
    }
}
