//! Errors in a response with a good status.

use super::*;

/// Error, kind, whether to retry, and code.
const IN_ANSWERS: &[(&str, ErrorKind, bool, Option<&str>)] = &[
    (
        r#"{"error":{"message":"m","type":"server_error"}}"#,
        Provider,
        true,
        Some("server_error"),
    ),
    (
        r#"{"error":{"message":"m","type":"overloaded_error"}}"#,
        Overloaded,
        true,
        Some("overloaded_error"),
    ),
    (
        r#"{"error":{"message":"m","type":"invalid_request_error"}}"#,
        InvalidRequest,
        false,
        Some("invalid_request_error"),
    ),
    (
        r#"{"error":{"message":"m","code":"tool_use_failed","status_code":400}}"#,
        InvalidRequest,
        false,
        Some("tool_use_failed"),
    ),
    (
        r#"{"error":{"message":"m","code":400},"choices":[]}"#,
        InvalidRequest,
        false,
        Some("400"),
    ),
    (
        r#"{"error":{"message":"m","code":502}}"#,
        Provider,
        true,
        Some("502"),
    ),
    (
        r#"{"error":{"message":"m","code":"429"}}"#,
        RateLimited,
        true,
        Some("429"),
    ),
    (
        r#"{"error":{"message":"m","code":"content_filter","status":400}}"#,
        InvalidRequest,
        false,
        Some("content_filter"),
    ),
    (
        r#"{"error":{"message":"m","code":"invalid_api_key"}}"#,
        Authentication,
        false,
        Some("invalid_api_key"),
    ),
    (
        r#"{"error":{"message":"m","code":"insufficient_quota"}}"#,
        QuotaExceeded,
        false,
        Some("insufficient_quota"),
    ),
    (
        r#"{"code":500,"message":"m","type":"server_error"}"#,
        Provider,
        true,
        Some("server_error"),
    ),
    (r#"{"error":"m"}"#, Provider, true, None),
    ("m", Provider, true, None),
];

#[test]
fn an_error_in_a_response_is_found_by_its_marks() {
    for &(text, kind, retryable, code) in IN_ANSWERS {
        let error = in_response(&CODECS[0], text);
        assert_eq!(
            (error.kind, error.retryable, error.code.as_deref()),
            (kind, retryable, code),
            "{text}"
        );
        assert!(error.message.starts_with("openai: m"), "{error}");
        assert_eq!((error.status, error.phase), (None, Phase::Body));
    }
    let error = in_response(&CODECS[0], "{}");
    assert_eq!(
        (error.kind, error.detail.as_deref()),
        (Provider, Some("{}"))
    );
    assert!(find_in_response(&CODECS[0], r#"{"id":"x","model":"m"}"#).is_none());
}

#[test]
fn an_error_that_is_broken_json_is_a_protocol_error() {
    let deep = format!("{{\"error\":{}", "[".repeat(100_000));
    for text in [r#"{"error":{"mess"#, "[{", &deep] {
        let error = in_response(&CODECS[0], text);
        assert_eq!((error.kind, error.retryable), (Protocol, false));
        assert!(error.detail.unwrap().starts_with(text.split_at(2).0));
    }
    assert_eq!(in_response(&CODECS[0], "it broke").kind, Provider);
}

#[test]
fn what_is_no_error_is_not_found_to_be_one() {
    for text in [
        "{}",
        "[]",
        "7",
        "\"it broke\"",
        "it broke",
        r#"{"error":null,"errors":[],"err":{},"detail":""}"#,
        r#"{"type":"ping"}"#,
        r#"{"type":"status","message":"thinking"}"#,
        r#"{"status":"in_progress","code":200}"#,
        r#"{"title":"A greeting"}"#,
        r#"{"success":true,"base_resp":{"status_code":0,"status_msg":"success"}}"#,
        r#"{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#,
    ] {
        assert!(find_in_response(&CODECS[0], text).is_none(), "{text}");
    }
}
