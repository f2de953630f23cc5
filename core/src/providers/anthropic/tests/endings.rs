//! How responses end: reasons, usage, errors, and what is not a response.

use super::*;

#[test]
fn every_stop_reason_has_one_of_ours() {
    let rows = list! {
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"), ("tool_use", "tool_calls"),
        ("refusal", "content_filter"), ("pause_turn", "pause"), ("compaction", "pause"),
        ("boredom", "other"),
    };
    for (raw, ours) in rows {
        let expected = json!([ours, raw, null]);
        assert_eq!(stream(&ended(raw)).finish, expected);
        let body = json!({"content": [], "stop_reason": raw}).to_string();
        assert_eq!(whole(&body).finish, expected);
    }
    assert_eq!(whole(r#"{"content":[]}"#).finish, json!([null, null, null]));
}

#[test]
fn only_message_stop_completes_a_response() {
    let [reason, last] = ended("end_turn");
    let decoded = stream(&[text_delta(0, "a"), reason.clone()]);
    assert_eq!(decoded.progress, Progress::Open);
    assert_eq!(decoded.finish, json!(["stop", "end_turn", null]));
    let late = text_delta(0, "late");
    let decoded = stream(&list! {
        text_delta(0, "a"), reason, last, late, json!({"type": "error"}),
    });
    check! { (decoded.events, decoded.progress) => [[["TEXT", "a"]], Progress::Done]; }
    assert!(decoded.error.is_none());
    assert_eq!(stream(&[json!({"type": "ping"})]).progress, Progress::Empty);
}

#[test]
fn usage_is_the_last_word_of_each_field() {
    let first = json!({"input_tokens": 10, "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 2, "output_tokens": 1, "service_tier": "standard"});
    let later = json!({"output_tokens": 7, "input_tokens": null,
        "cache_read_input_tokens": 4, "output_tokens_details": {"thinking_tokens": 5}});
    let frames = list! {
        json!({"type": "message_start", "message": {"usage": first}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": later}),
        json!({"type": "message_stop"}),
    };
    let expected = json!({"input_tokens": 10, "output_tokens": 7, "cached_input_tokens": 4,
        "cache_write_tokens": 2, "reasoning_tokens": 5});
    check! { stream(&frames).finish => ["stop", "end_turn", expected]; }
    let raw = json!({"input_tokens": 10, "cache_read_input_tokens": 4,
        "cache_creation_input_tokens": 2, "output_tokens": 7, "service_tier": "standard",
        "output_tokens_details": {"thinking_tokens": 5}});
    assert_eq!(stream(&frames).usage_raw, Some(raw));
}

#[test]
fn fields_beside_the_reason_are_parts() {
    let details = json!({"type": "refusal", "category": null});
    let beside = json!({"stop_reason": "refusal", "stop_sequence": "END", "stop_details": details,
        "container": {"id": "c"}, "novelty": 1});
    let expected = json!([
        ["PART", {"type": "stop_sequence", "stop_sequence": "END"}],
        ["PART", {"type": "stop_details", "stop_details": details}],
        ["PART", {"type": "container", "container": {"id": "c"}}],
        ["PART", {"type": "context_management", "context_management": {"applied_edits": []}}],
    ]);
    let edits = json!({"applied_edits": []});
    let frames = list! {
        json!({"type": "message_delta", "delta": beside, "context_management": edits}),
        json!({"type": "message_stop"}),
    };
    assert_eq!(stream(&frames).events, expected);
    let mut body = beside;
    body["content"] = json!([]);
    body["context_management"] = edits;
    assert_eq!(whole(body.to_string()).events, expected);
    let nothing = json!({"stop_reason": "end_turn", "stop_sequence": null, "stop_details": null});
    check! { stream(&[json!({"type": "message_delta", "delta": nothing})]).events => []; }
}

#[test]
fn events_that_are_new_to_us_are_counted_and_passed_over() {
    let frames = list! {
        json!({"type": "novelty", "index": 0}), json!({}),
        begin(0, json!({"type": "text", "text": ""})),
        delta(0, json!({"type": "novelty_delta", "novelty": "x"})), text_delta(0, "a"),
        json!({"type": "ping", "novelty": 1}), stop(0), stop(5),
    };
    let decoded = stream(&[&frames[..], &ended("end_turn")].concat());
    check! { (decoded.events, decoded.unknown_events) => [[["TEXT", "a"]], 3]; }
    let decoded = named(&[("ping", "nothing"), ("", "[DONE]"), ("", "")]);
    assert!(decoded.error.is_none() && decoded.unknown_events == 0);
}

#[test]
fn error_events_have_the_kind_of_their_type() {
    use ErrorKind::*;
    let rows = list! {
        ("overloaded_error", Overloaded, true),
        ("rate_limit_error", RateLimited, true),
        ("api_error", Provider, true),
        ("timeout_error", Provider, true),
        ("invalid_request_error", InvalidRequest, false),
        ("authentication_error", Authentication, false),
        ("permission_error", Permission, false),
        ("billing_error", QuotaExceeded, false),
        ("not_found_error", NotFound, false),
        ("request_too_large", TooLarge, false),
        ("novelty_error", Provider, true),
    };
    for (kind, ours, retryable) in rows {
        let error = json!({"type": kind, "message": "Because", "details": null});
        let event = json!({"type": "error", "error": error, "request_id": "req_1"});
        for before in [&[][..], &[text_delta(0, "a")]] {
            let decoded = stream(&[before, std::slice::from_ref(&event)].concat());
            let error = decoded.error.unwrap();
            assert_eq!((error.kind, error.retryable), (ours, retryable), "{kind}");
            assert_eq!(error.code.as_deref(), Some(kind));
            assert_eq!(error.request_id.as_deref(), Some("req_1"));
            assert!(error.message.starts_with("anthropic: Because"), "{error}");
            assert_eq!(decoded.events.as_array().unwrap().len(), before.len());
        }
        assert_eq!(whole(event.to_string()).error.unwrap().kind, ours);
    }
    let other = r#"{"error":{"message":"m","type":"server_error"}}"#;
    for decoded in list! { named(&[("", other)]), named(&[("error", "oops")]), whole(other) } {
        let error = decoded.error.unwrap();
        assert_eq!((error.kind, error.retryable), (Provider, true));
    }
}

#[test]
fn statuses_keep_the_error_of_the_body() {
    let body = |kind: &str, message: &str| {
        let error = json!({"type": kind, "message": message});
        json!({"type": "error", "error": error, "request_id": "req_1"}).to_string()
    };
    let error = ANTHROPIC.error(
        401,
        body("authentication_error", "invalid x-api-key").as_bytes(),
    );
    let advice = "anthropic: 401 invalid x-api-key; set ANTHROPIC_API_KEY or api_key";
    check! { (error.kind, error.message.as_str()) => [ErrorKind::Authentication, advice]; }
    assert_eq!(error.request_id.as_deref(), Some("req_1"));
    let credit = "Your credit balance is too low to access the Anthropic API.";
    let error = ANTHROPIC.error(400, body("invalid_request_error", credit).as_bytes());
    check! { (error.kind, error.retryable) => [ErrorKind::QuotaExceeded, false]; }
}

#[test]
fn what_is_not_a_response_is_a_protocol_error() {
    for data in ["nonsense", "[1]", "{"] {
        let error = named(&[("", data)]).error.unwrap();
        check! { (error.kind, error.retryable) => [ErrorKind::Protocol, false], data; }
        assert_eq!(error.detail.as_deref(), Some(data));
    }
    for body in list! {
        "", "<html>", "{}", r#"{"content":null}"#, r#"{"type":"message"}"#, r#"{"content":[7]}"#,
        "{\"content\":[", "\u{feff}[]",
    } {
        let error = whole(body).error.unwrap();
        check! { (error.kind, error.retryable) => [ErrorKind::Protocol, false], body; }
    }
    let error = whole(b"\xff").error.unwrap();
    assert_eq!(error.kind, ErrorKind::Protocol);
}
