//! How a response ends: complete, incomplete, failed, or not at all.

use super::*;
use crate::error::{ErrorKind, LlmError};

fn error_of(frames: &[Value]) -> LlmError {
    let mut all = vec![created(), text_delta("a")];
    all.extend_from_slice(frames);
    let decoded = OPENAI.stream(&all);
    assert_eq!(decoded.response.text, "a");
    assert_eq!(decoded.finish[0], "error");
    decoded.error.unwrap()
}

#[test]
fn a_status_is_a_finish_reason() {
    let incomplete = |reason: &str| json!({"incomplete_details": {"reason": reason}});
    let rows = [
        ("completed", json!({}), json!(["stop", "completed"])),
        ("complete", json!({}), json!(["stop", "complete"])),
        (
            "incomplete",
            incomplete("max_output_tokens"),
            json!(["length", "max_output_tokens"]),
        ),
        (
            "incomplete",
            incomplete("max_messages"),
            json!(["length", "max_messages"]),
        ),
        (
            "incomplete",
            incomplete("content_filter"),
            json!(["content_filter", "content_filter"]),
        ),
        (
            "incomplete",
            incomplete("steered"),
            json!(["other", "steered"]),
        ),
        ("incomplete", json!({}), json!(["other", "incomplete"])),
        (
            "completed",
            incomplete("ignored"),
            json!(["stop", "completed"]),
        ),
        ("queued", json!({}), json!(["pause", "queued"])),
        ("in_progress", json!({}), json!(["pause", "in_progress"])),
    ];
    for (status, fields, expected) in rows {
        let body = joined(json!({"status": status, "output": []}), fields.clone());
        let decoded = OPENAI.whole(body.to_string());
        assert!(decoded.error.is_none(), "{status}");
        assert_eq!(json!([decoded.finish[0], decoded.finish[1]]), expected);
    }
    let end = ended("incomplete", incomplete("max_output_tokens"));
    let decoded = OPENAI.stream(&[created(), text_delta("a"), end]);
    assert_eq!(decoded.finish[0], "length");
    // The status holds, and the event where there is none.
    let mut end = ended("completed", incomplete("max_output_tokens"));
    end["response"]["status"] = json!("incomplete");
    assert_eq!(OPENAI.stream(&[created(), end.clone()]).finish[0], "length");
    end["response"]["status"] = json!(null);
    assert_eq!(OPENAI.stream(&[created(), end]).finish[1], "completed");
}

#[test]
fn usage_includes_what_was_cached_and_what_was_thought() {
    let usage = json!({"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 14});
    let decoded = OPENAI.stream(&[created(), ended("completed", json!({"usage": usage}))]);
    assert_eq!(decoded.usage_raw, Some(usage));
    check! {
        decoded.finish[2] => {"input_tokens": 9, "output_tokens": 5, "total_tokens": 14,
            "cached_input_tokens": 4, "reasoning_tokens": 2};
    }
}

#[test]
fn an_error_has_several_spellings_and_is_told_once() {
    let fields = json!({"code": "server_error", "message": "oops", "param": null});
    let flat = joined(
        json!({"type": "error", "sequence_number": 4}),
        fields.clone(),
    );
    let nested = json!({"type": "error", "error": joined(json!({"type": "x"}), fields.clone())});
    let failed = ended("failed", json!({"error": fields, "output": []}));
    for frames in [vec![flat], vec![nested, failed.clone()], vec![failed]] {
        let error = error_of(&frames);
        assert_eq!((error.kind, error.retryable), (ErrorKind::Provider, true));
        assert_eq!(error.message, "openai: oops");
    }
    // Without a word of what happened.
    let error = error_of(&[ended("failed", json!({"error": null}))]);
    assert!(error.message.contains("\"failed\""), "{error}");
    let error = error_of(&[ended("cancelled", json!({}))]);
    assert_eq!((error.kind, error.retryable), (ErrorKind::Provider, false));
}

/// `ResponseError.code` of OpenAI's specification, and Azure's.
#[test]
fn codes_inside_a_response_are_kinds() {
    use ErrorKind::{InvalidRequest, NotFound, Permission, Provider, QuotaExceeded, RateLimited};
    let rows = [
        ("server_error", Provider, true),
        ("vector_store_timeout", Provider, true),
        ("rate_limit_exceeded", RateLimited, true),
        ("too_many_requests", RateLimited, true),
        ("insufficient_quota", QuotaExceeded, false),
        ("model_not_found", NotFound, false),
        ("data_residency_mismatch", Permission, false),
        ("invalid_prompt", InvalidRequest, false),
        ("bio_policy", InvalidRequest, false),
        ("misalignment_policy_violation", InvalidRequest, false),
        ("image_content_policy_violation", InvalidRequest, false),
        ("invalid_image", InvalidRequest, false),
        ("invalid_image_format", InvalidRequest, false),
        ("invalid_base64_image", InvalidRequest, false),
        ("image_too_large", InvalidRequest, false),
        ("image_parse_error", InvalidRequest, false),
        ("unsupported_image_media_type", InvalidRequest, false),
        ("empty_image_file", InvalidRequest, false),
        ("failed_to_download_image", InvalidRequest, false),
        ("image_file_not_found", InvalidRequest, false),
    ];
    for (code, kind, retryable) in rows {
        let error = json!({"code": code, "message": "m"});
        let error = error_of(&[ended("failed", json!({"error": error}))]);
        assert_eq!((error.kind, error.retryable), (kind, retryable), "{code}");
        assert_eq!(error.code.as_deref(), Some(code));
    }
}

#[test]
fn an_error_inside_a_stream_says_when_to_try_again() {
    let error = json!({"code": "rate_limit_exceeded", "message": "Please try again in 6.57s.",
        "headers": {"x-ratelimit-reset-tokens": "50.529s"}});
    let with_headers = json!({"type": "error", "error": error});
    assert_eq!(error_of(&[with_headers]).retry_after_ms, Some(50_529));
    let error = json!({"code": "rate_limit_exceeded", "message": "Please try again in 374ms."});
    let failed = ended("failed", json!({"error": error}));
    assert_eq!(error_of(&[failed]).retry_after_ms, Some(374));
}

#[test]
fn a_whole_response_may_be_an_error() {
    let failed = json!({"status": "failed", "output": [message("a")],
        "error": {"code": "server_error", "message": "oops"}});
    let decoded = OPENAI.whole(failed.to_string());
    assert_eq!(decoded.response.text, "a");
    assert_eq!(decoded.error.unwrap().code.as_deref(), Some("server_error"));
    let bare = OPENAI.whole(r#"{"error":{"message":"m","code":"insufficient_quota"}}"#);
    assert_eq!(bare.error.unwrap().kind, ErrorKind::QuotaExceeded);
    for nonsense in ["{}", r#"{"object":"response"}"#, "[]", "<html>"] {
        let error = OPENAI.whole(nonsense).error.unwrap();
        assert_eq!(error.kind, ErrorKind::Protocol, "{nonsense}");
    }
}

/// Only the protocol's own marks end a stream.
#[test]
fn a_stream_without_its_end_is_not_complete() {
    let item = done(0, message("a"));
    for frames in [
        vec![created()],
        vec![created(), text_delta("a"), item.clone()],
        vec![created(), text_delta("a"), item, json!("[DONE]")],
        vec![created(), json!({"type": "response.completed"})],
    ] {
        let decoded = OPENAI.stream(&frames);
        assert_eq!(decoded.progress, Progress::Open, "{frames:?}");
        assert!(decoded.error.is_none());
    }
    let decoded = OPENAI.stream(&[json!("[DONE]")]);
    assert_eq!(decoded.progress, Progress::Empty);
}

#[test]
fn what_follows_the_end_is_ignored() {
    let frames = [
        created(),
        text_delta("a"),
        completed(),
        text_delta("b"),
        json!("[DONE]"),
    ];
    check! { without_block(OPENAI.stream(&frames).good()) => [["TEXT", "a"]] }
}

#[test]
fn another_response_is_a_breach_and_a_repeated_event_is_not() {
    let frames = [created(), created(), text_delta("a"), completed()];
    assert!(OPENAI.stream(&frames).error.is_none());
    let mut other = created();
    other["response"]["id"] = json!("resp_2");
    let error = OPENAI.stream(&[created(), text_delta("a"), other]).error;
    assert_eq!(error.unwrap().kind, ErrorKind::Protocol);
}

#[test]
fn an_error_status_is_read_as_with_chat_completions() {
    let body = json!({"error": {"message": "no such model", "type": "invalid_request_error",
        "param": "model", "code": "model_not_found"}});
    assert_eq!(
        OPENAI.error(400, body.to_string()).kind,
        ErrorKind::NotFound
    );
    let xai = Wire::sse("xai").api("responses");
    let body = r#"{"code":"x","error":"Incorrect API key provided."}"#;
    assert_eq!(xai.error(400, body).kind, ErrorKind::Authentication);
}
