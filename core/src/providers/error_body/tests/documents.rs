//! What a document holds beside its message, and which errors mean no credit.

use super::*;

/// Status, body, and what is kept of it beside message and code.
const RESTS: &[(u16, &str, Option<&str>)] = &[
    (
        400,
        r#"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#,
        None,
    ),
    (
        400,
        r#"{"error":{"message":"m","type":"t","param":"temperature","code":"c"}}"#,
        Some(r#"{"error":{"param":"temperature"}}"#),
    ),
    (
        400,
        r#"{"error":{"message":"m","code":"content_filter","innererror":{"code":"R",
            "content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}}"#,
        Some(concat!(
            r#"{"error":{"innererror":{"content_filter_result":"#,
            r#"{"hate":{"filtered":true,"severity":"high"}}}}}"#
        )),
    ),
    (
        400,
        r#"{"error":{"message":"m","code":"tool_use_failed","failed_generation":"<f>{}"}}"#,
        Some(r#"{"error":{"failed_generation":"<f>{}"}}"#),
    ),
    // RFC 9457, with and without its own extensions.
    (
        400,
        r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"no such field"}"#,
        Some(r#"{"title":"Bad Request"}"#),
    ),
    (
        422,
        r##"{"type":"https://example.com/probs/out-of-range","title":"Out of range","status":422,
            "detail":"too hot","errors":[{"detail":"at most 2","pointer":"#/t"}]}"##,
        Some(r##"{"title":"Out of range","errors":[{"detail":"at most 2","pointer":"#/t"}]}"##),
    ),
    (
        422,
        r#"{"title":"wrong","errors":{"model":["is missing"]}}"#,
        Some(r#"{"errors":{"model":["is missing"]}}"#),
    ),
    (
        422,
        r#"{"detail":[{"loc":["body","a"],"msg":"m","type":"t","ctx":{"le":2}}]}"#,
        Some(r#"{"detail":[{"loc":["body","a"],"ctx":{"le":2}}]}"#),
    ),
    (
        429,
        r#"{"error":{"message":"m","code":429,"metadata":{"provider_name":"P","raw":"up"}}}"#,
        Some(r#"{"error":{"metadata":{"provider_name":"P"}}}"#),
    ),
    (
        400,
        r#"{"title":"m","status":400,"invalid-params":[{"name":"t","reason":"must be small"}]}"#,
        Some(r#"{"invalid-params":[{"name":"t","reason":"must be small"}]}"#),
    ),
    // A response around the error is not part of it.
    (
        500,
        r#"{"id":"c1","model":"m","choices":[],"error":{"message":"m","param":"p"}}"#,
        Some(r#"{"error":{"param":"p"}}"#),
    ),
    (
        401,
        r#"{"type":"error","error":{"type":"t","message":"m"},"request_id":"r"}"#,
        None,
    ),
    (400, r#"{"error":"m"}"#, None),
    (400, "just words", None),
];

#[test]
fn other_fields_of_a_document_are_kept() {
    for &(status, body, rest) in RESTS {
        let error = of(status, body);
        assert_eq!(error.detail.as_deref(), rest, "{body}");
        let in_response = in_response(&CODECS[0], body);
        assert_eq!(in_response.detail.as_deref(), rest, "{body}");
    }
}

#[test]
fn a_problem_has_its_own_words_and_a_name() {
    for (kind, code) in [
        (
            "https://example.com/probs/out-of-credit",
            Some("out-of-credit"),
        ),
        ("https://example.com/errors#bad_model", Some("bad_model")),
        ("urn:problem:forbidden", Some("forbidden")),
        ("about:blank", Some("400")),
        (
            "https://tools.ietf.org/html/rfc7231#section-6.5.1",
            Some("400"),
        ),
    ] {
        let body = json_of(kind);
        assert_eq!(
            message_and_code(400, &body),
            ("not so".to_owned(), code.map(str::to_owned)),
            "{kind}"
        );
    }
}

fn json_of(kind: &str) -> String {
    format!(
        r#"{{"type":"{kind}","title":"No","status":400,"detail":"not so.",
            "errors":[{{"detail":"nor so"}}]}}"#
    )
}

/// An error's object.
const NO_CREDIT: &[&str] = &[
    r#"{"message":"insufficient balance (1008)"}"#,
    r#"{"message":"x","type":"insufficient_balance_error"}"#,
    r#"{"message":"x","code":"INSUFFICIENT_BALANCE"}"#,
    r#"{"message":"x","code":"insufficient_user_quota"}"#,
    r#"{"message":"Your paid balance is insufficient. Please top up and try again"}"#,
    r#"{"message":"This request requires more credits, or fewer max_tokens"}"#,
    r#"{"message":"Your newly created team doesn't have any credits yet"}"#,
    r#"{"message":"You exceeded your current quota, please check your plan and billing details"}"#,
    r#"{"message":"Your credit balance is too low to access the API"}"#,
    r#"{"message":"x","code":"AccountOverdueError"}"#,
    "{\"message\":\"\u{4f59}\u{989d}\u{4e0d}\u{8db3}\"}",
    r#"{"message":"x","metadata":{"raw":"{\"error\":{\"code\":\"insufficient_quota\"}}"}}"#,
];

#[test]
fn no_credit_is_found_whatever_the_status() {
    for status in [400, 401, 402, 403, 412, 429, 500, 502, 503, 529] {
        for error in NO_CREDIT {
            let error = of(status, &format!("{{\"error\":{error}}}"));
            let got = (error.kind, error.retryable, error.retry_after_ms);
            assert_eq!(got, (QuotaExceeded, false, None), "{status} {error}");
        }
    }
    // What only sounds like it.
    for (status, error, kind) in [
        (
            429,
            r#"{"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED"}"#,
            RateLimited,
        ),
        (
            429,
            r#"{"message":"You exceeded your current quota","details":[{"retryDelay":"3s"}]}"#,
            RateLimited,
        ),
        (
            503,
            r#"{"message":"insufficient capacity to balance load"}"#,
            Provider,
        ),
        (500, r#"{"message":"internal error"}"#, Provider),
    ] {
        let error = of(status, &format!("{{\"error\":{error}}}"));
        assert_eq!((error.kind, error.retryable), (kind, true), "{error}");
    }
}

#[test]
fn codes_of_minimax_are_distinguished() {
    for (code, kind, retryable) in [
        ("1002", RateLimited, true),
        ("1004", Authentication, false),
        ("1008", QuotaExceeded, false),
        ("\"1008\"", QuotaExceeded, false),
        ("1027", InvalidRequest, false),
        ("2013", InvalidRequest, false),
        ("2049", Authentication, false),
        ("1013", Provider, true),
    ] {
        let body =
            format!(r#"{{"choices":null,"base_resp":{{"status_code":{code},"status_msg":"no"}}}}"#);
        let error = find_in_response(&CODECS[0], &body).unwrap();
        assert_eq!((error.kind, error.retryable), (kind, retryable), "{code}");
        assert!(error.message.starts_with("openai: no"), "{error}");
    }
    for success in ["0", "\"0\""] {
        let body = format!(r#"{{"base_resp":{{"status_code":{success},"status_msg":""}}}}"#);
        assert!(find_in_response(&CODECS[0], &body).is_none());
    }
}

/// A quota of a day is exhausted, unless the server offers a retry soon.
#[test]
fn the_quota_of_a_day_is_not_a_rate() {
    let body = |quota: &str, delay: &str| {
        let violations = serde_json::json!([{"quotaId": quota, "quotaValue": "50"}]);
        let details = serde_json::json!([
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}]);
        serde_json::json!({"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED",
            "details": details}})
    };
    let rows = [
        ("RequestsPerDayPerModel", "", QuotaExceeded, None),
        ("RequestsPerDayPerModel", "3600s", QuotaExceeded, None),
        ("RequestsPerDayPerModel", "24s", RateLimited, Some(25_000)),
        ("RequestsPerMinutePerModel", "", RateLimited, None),
        (
            "RequestsPerMinutePerModel",
            "3600s",
            RateLimited,
            Some(3_601_000),
        ),
        (
            "RequestsPerMinutePerModel",
            "34.4s",
            RateLimited,
            Some(34_400),
        ),
    ];
    for (quota, delay, kind, wait) in rows {
        for body in [body(quota, delay), serde_json::json!([body(quota, delay)])] {
            let error = of(429, &body.to_string());
            assert_eq!(
                (error.kind, error.retry_after_ms),
                (kind, wait),
                "{quota} {delay}"
            );
            assert_eq!(error.retryable, kind == RateLimited);
        }
    }
}
