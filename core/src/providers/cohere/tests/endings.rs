//! Finish reasons, progress, errors and nonsense.

use super::*;
use crate::error::{ErrorKind, Phase};

#[test]
fn finish_reasons_are_mapped_and_kept_raw() {
    let rows = list! {
        ("COMPLETE", "stop"), ("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length"),
        ("ERROR_LIMIT", "length"), ("TOOL_CALL", "tool_calls"), ("ERROR_TOXIC", "content_filter"),
        ("TIMEOUT", "error"), ("USER_CANCEL", "error"), ("complete", "stop"),
        ("SOMETHING_NEW", "other"),
    };
    for (raw, reason) in rows {
        let expected = json!([reason, raw, null]);
        assert_eq!(v2(&[text("Hi"), message_end(raw)]).finish, expected);
        check! { v1(&[stream_end(raw, json!({"text": "Hi"}))]).finish => expected; }
    }
}

#[test]
fn progress_follows_the_marks_of_the_protocol() {
    let progress = |frames: &[Value]| v2(frames).progress;
    assert_eq!(progress(&[]), Progress::Empty);
    assert_eq!(progress(&[json!(""), json!("[DONE]")]), Progress::Empty);
    check! { progress(&[json!({"type": "message-start"})]) => (Progress::Open); }
    assert_eq!(progress(&[text("Hi"), json!("[DONE]")]), Progress::Open);
    check! { progress(&[text("Hi"), message_end("COMPLETE")]) => (Progress::Done); }
    let progress = |frames: &[Value]| v1(frames).progress;
    assert_eq!(progress(&[]), Progress::Empty);
    check! {
        progress(&[json!({"event_type": "stream-start"})]) => (Progress::Open);
        progress(&[stream_end("COMPLETE", json!({}))]) => (Progress::Done);
    }
}

#[test]
fn what_follows_the_last_mark_is_ignored() {
    let after = list! { message_end("COMPLETE"), text("no"), json!("nonsense"), json!("[DONE]") };
    assert_eq!(v2(&after).events, json!([]));
    let after = [stream_end("COMPLETE", json!({})), json!("nonsense")];
    assert_eq!(v1(&after).events, json!([]));
}

/// Kind, whether to retry, code, message, and where.
fn of(error: Option<LlmError>) -> (ErrorKind, bool, Option<String>, String) {
    let error = error.unwrap();
    assert_eq!(error.phase, Phase::Body);
    (error.kind, error.retryable, error.code, error.message)
}

#[test]
fn a_failure_at_the_end_is_an_error_after_what_came() {
    let end = |error: Value| json!({"type": "message-end", "delta": error});
    let rows = list! {
        (json!({"finish_reason": "ERROR", "usage": {}, "error": "bad tools", "error_type":
            "INVALID_TOOL_GENERATION"}), (ErrorKind::Provider, true,
            Some("INVALID_TOOL_GENERATION"), "cohere: bad tools")),
        (json!({"finish_reason": "ERROR", "error": "too long.", "error_type": "TOO_MANY_TOKENS"}),
            (ErrorKind::InvalidRequest, false, Some("TOO_MANY_TOKENS"), "cohere: too long")),
        (json!({"finish_reason": "TIMEOUT"}), (ErrorKind::Provider, true, Some("TIMEOUT"),
            "the generation failed with finish reason \"TIMEOUT\"")),
        (json!({"finish_reason": "COMPLETE", "error": {"message": "m", "code": 503}}),
            (ErrorKind::Provider, true, Some("503"), "cohere: m")),
        (json!({"finish_reason": "COMPLETE", "error": "late"}), (ErrorKind::Provider, true, None,
            "cohere: late")),
    };
    for (delta, (kind, retryable, code, message)) in rows {
        let decoded = v2(&[plan("I will"), end(delta.clone())]);
        let expected = (kind, retryable, code.map(str::to_owned), message.to_owned());
        assert_eq!(of(decoded.error), expected, "{delta}");
        let block = json!({"type": "tool_plan", "tool_plan": "I will"});
        check! { decoded.events => [["PART", {"type": "content", "content": block}]]; }
    }
    let decoded = v2(&[end(json!({"finish_reason": "ERROR", "usage": {}}))]);
    assert_eq!(decoded.finish, json!(["error", "ERROR", null]));
    let decoded = v1(&[stream_end("ERROR", json!({"text": "Hi"}))]);
    assert_eq!(of(decoded.error).2.as_deref(), Some("ERROR"));
    assert_eq!(decoded.events, json!([["TEXT", "Hi"]]));
    let body = json!({"message": {"content": [{"type": "text", "text": "Hi"}]},
        "finish_reason": "ERROR", "error": "broken"});
    let decoded = V2.whole(body.to_string());
    check! { (of(decoded.error).3, decoded.events) => ["cohere: broken", [["TEXT", "Hi"]]]; }
    let body = json!({"text": "", "finish_reason": "ERROR"});
    let decoded = V1.whole(body.to_string());
    assert_eq!(of(decoded.error).0, ErrorKind::Provider);
}

#[test]
fn an_error_document_on_a_good_status_is_an_error() {
    let document = r#"{"id":"i","message":"too many","error_type":"TOO_MANY_TOKENS"}"#;
    for wire in [V2, V1] {
        let decoded = [wire.whole(document), wire.stream(&[json!(document)])];
        for decoded in decoded {
            assert_eq!(decoded.events, json!([]));
            let (kind, retryable, code, message) = of(decoded.error);
            assert_eq!((kind, retryable), (ErrorKind::InvalidRequest, false));
            assert_eq!(code.as_deref(), Some("TOO_MANY_TOKENS"));
            assert_eq!(message, "cohere: too many");
        }
    }
    let gone = V2.frames([("error", r#"{"message":"gone"}"#)]);
    assert_eq!(of(gone.error).3, "cohere: gone");
}

#[test]
fn nonsense_is_a_protocol_error_that_shows_itself() {
    for wire in [V2, V1] {
        for text in ["nonsense", "[]", "{}", "7", "{\"type\":"] {
            for decoded in [wire.whole(text), wire.stream(&[json!(text)])] {
                let error = decoded.error.unwrap();
                assert_eq!(error.kind, ErrorKind::Protocol, "{wire:?} {text}: {error}");
                assert_eq!(error.detail.as_deref(), Some(text));
                assert_eq!(decoded.events, json!([]));
            }
        }
        let error = wire.whole(b"\xff").error.unwrap();
        assert_eq!(error.kind, ErrorKind::Protocol);
    }
}

#[test]
fn statuses_have_the_meaning_that_cohere_gives_them() {
    use ErrorKind::*;
    let trial = "You are using a Trial key, which is limited to 1000 API calls / month.";
    let rows = list! {
        (400, "invalid request", InvalidRequest, false),
        (401, "invalid api token", Authentication, false),
        (402, "billing", QuotaExceeded, false),
        (403, "no", Permission, false),
        (404, "model 'm' not found", NotFound, false),
        (422, "no", InvalidRequest, false),
        (429, "limited to 20 API calls / minute", RateLimited, true),
        (429, trial, QuotaExceeded, false),
        (498, "denied token", InvalidRequest, false),
        (499, "request cancelled", Provider, false),
        (500, "internal", Provider, true),
        (501, "not implemented", Provider, false),
        (503, "unavailable", Provider, true),
        (504, "timeout", Provider, true),
    };
    for (status, message, kind, retryable) in rows {
        let body = json!({"id": "i", "message": message}).to_string();
        let error = V2.error(status, body.as_bytes());
        check! {
            (error.kind, error.retryable) => [kind, retryable], format!("{status} {message}");
        }
        assert_eq!(error.request_id.as_deref(), Some("i"));
    }
    let error = V2.error(401, br#"{"message":"invalid api token"}"#);
    check! { error.message => "cohere: 401 invalid api token; set CO_API_KEY or api_key"; }
}
