//! Finish reasons, usage, progress, errors and nonsense.

use super::*;
use crate::error::{ErrorKind, LlmError, Phase};

const HELLO: &str = r#"{"choices":[{"index":0,"delta":{"content":"Hello"}}]}"#;

#[test]
fn finish_reasons_are_mapped_and_kept_raw() {
    let rows = list! {
        ("stop", "stop"), ("eos", "stop"), ("length", "length"), ("model_length", "length"),
        ("tool_calls", "tool_calls"), ("function_call", "tool_calls"),
        ("content_filter", "content_filter"), ("error", "error"), ("STOP", "stop"),
        ("eos_token", "stop"), ("SAFETY", "content_filter"), ("something new", "other"),
    };
    for (raw, reason) in rows {
        let decoded = stream(&[HELLO, &finish(raw)]);
        check! { (decoded.finish, decoded.progress) => [[reason, raw, null], Progress::Finished]; }
    }
}

#[test]
fn progress_follows_the_marks_of_the_protocol() {
    let progress = |frames: &[&str]| stream(frames).progress;
    assert_eq!(progress(&[]), Progress::Empty);
    assert_eq!(progress(&[r#"{"type":"ping"}"#, ""]), Progress::Empty);
    assert_eq!(progress(&[r#"{"choices":[]}"#]), Progress::Open);
    assert_eq!(progress(&[HELLO]), Progress::Open);
    check! { progress(&[HELLO, &finish("stop"), &finish("stop"), HELLO]) => (Progress::Finished); }
    assert_eq!(progress(&[HELLO, "[DONE]"]), Progress::Done);
    assert_eq!(progress(&[HELLO, " [DONE] \t"]), Progress::Done);
}

#[test]
fn a_stream_without_a_finish_reason_can_be_done() {
    let decoded = stream(&[HELLO, "[DONE]"]);
    check! { (decoded.events, decoded.finish) => [[["TEXT", "Hello"]], [null, null, null]]; }
}

#[test]
fn what_follows_the_last_mark_is_ignored() {
    let decoded = stream(&[HELLO, "[DONE]", HELLO, "nonsense", r#"{"error":{}}"#]);
    check! { (decoded.events, decoded.error.is_none()) => [[["TEXT", "Hello"]], true]; }
}

#[test]
fn the_last_usage_holds_wherever_it_stands() {
    let count = |n: u64| json!({"prompt_tokens": n, "completion_tokens": 2, "total_tokens": n + 2});
    let usage = json!({"input_tokens": 5, "output_tokens": 2, "total_tokens": 7});
    let extra = json!({"choices": [], "usage": count(5)}).to_string();
    let bare = json!({"usage": count(5)}).to_string();
    let finishing =
        json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": count(5)}).to_string();
    let groq =
        json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "x_groq": {"usage": count(5)}})
            .to_string();
    let earlier = json!({"choices": [{"delta": {"content": "x"}}], "usage": count(1)}).to_string();
    let null = json!({"choices": [{"delta": {}}], "usage": null}).to_string();
    for frames in list! {
        [HELLO, &extra], [&finishing, &null], [&groq, HELLO], [&earlier, &finishing],
        [HELLO, &bare],
    } {
        assert_eq!(stream(&frames).finish[2], usage, "{frames:?}");
    }
}

#[test]
fn usage_has_common_names() {
    let rows = list! {
        (json!({"prompt_tokens": 1, "completion_tokens": 2.0, "total_tokens": null}),
            json!({"input_tokens": 1, "output_tokens": 2})),
        (json!({"input_tokens": 1, "output_tokens": 2}), json!({"input_tokens": 1, "output_tokens":
            2})),
        (json!({ "prompt_tokens_details": {"cached_tokens": 3}, "completion_tokens_details":
            {"reasoning_tokens": 4}, }), json!({"cached_input_tokens": 3, "reasoning_tokens": 4})),
        (json!({"prompt_cache_hit_tokens": 3, "completion_tokens_details": null}),
            json!({"cached_input_tokens": 3})),
        (json!({"cached_tokens": 0, "reasoning_tokens": 0}), json!({"cached_input_tokens": 0,
            "reasoning_tokens": 0})),
        (json!("many"), Value::Null),
        (json!({}), Value::Null),
    };
    for (raw, expected) in rows {
        let decoded = stream(&[&json!({"choices": [], "usage": raw}).to_string()]);
        assert_eq!(decoded.finish[2], expected, "{raw}");
    }
}

/// The error that a stream of frames after one good token ends with.
fn error_of(frame: (&str, &str)) -> LlmError {
    let decoded = named(&[("", HELLO), frame]);
    assert_eq!(decoded.events, json!([["TEXT", "Hello"]]), "{frame:?}");
    decoded.error.unwrap()
}

#[test]
fn an_error_in_a_stream_ends_it() {
    let rows = list! {
        (("", r#"{"error":{"message":"m","type":"server_error","code":null}}"#),
            ErrorKind::Provider, true, Some("server_error")),
        (("error", r#"{"error":{"message":"m","code":"tool_use_failed","status_code":400}}"#),
            ErrorKind::InvalidRequest, false, Some("tool_use_failed")),
        (("error", r#"{"code":503,"message":"m","type":"unavailable_error"}"#),
            ErrorKind::Overloaded, true, Some("unavailable_error")),
        (("error", "m"), ErrorKind::Provider, true, None),
        (("", r#"{"object":"error","message":"m","type":"BadRequestError","code":400}"#),
            ErrorKind::InvalidRequest, false, Some("BadRequestError")),
        (("", r#"{"error":"m"}"#), ErrorKind::Provider, true, None),
        (("", r#"{"error":{"message":"m"},"choices":null}"#), ErrorKind::Provider, true, None),
        (("", r#"{"choices":[{"delta":{},"error":{"message":"m","code":502}}]}"#),
            ErrorKind::Provider, true, Some("502")),
    };
    for (frame, kind, retryable, code) in rows {
        let error = error_of(frame);
        check! {
            (error.kind, error.retryable, error.code.as_deref())
                => [kind, retryable, code], format!("{frame:?}");
            (error.message.as_str(), error.phase) => ["openai: m", Phase::Body];
        }
    }
}

#[test]
fn an_error_beside_choices_lets_content_and_usage_stand() {
    let decoded = stream(&[
        &finish("length"),
        r#"{"error":{"code":400,"message":"limit"},
            "choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":1}}"#,
    ]);
    assert_eq!(decoded.events, json!([["TEXT", "x"]]));
    check! { decoded.finish => ["length", "length", {"input_tokens": 1}]; }
    assert_eq!(decoded.error.unwrap().kind, ErrorKind::InvalidRequest);
}

#[test]
fn no_error_is_no_error() {
    let empty = r#"{"code":0,"message":"","details":[null]}"#;
    for nothing in ["null", "false", "{}", "\"\"", "0", empty] {
        let chunk = format!(r#"{{"error":{nothing},"choices":[{{"delta":{{"content":"x"}}}}]}}"#);
        let decoded = stream(&[&chunk]);
        check! { (decoded.events, decoded.error.is_none()) => [[["TEXT", "x"]], true], nothing; }
    }
}

#[test]
fn nonsense_in_a_stream_is_a_protocol_error() {
    let rows = list! { "nonsense", "{\"choices\":[{\"delta\":{\"content\":\"x", "[]", "7" };
    for frame in rows {
        let error = error_of(("", frame));
        check! { (error.kind, error.retryable) => [ErrorKind::Protocol, false], frame; }
        assert_eq!(error.detail.as_deref(), Some(frame));
        check! { error.message.starts_with("openai: an event of the stream ") => true, error; }
    }
}

#[test]
fn odd_values_are_passed_over() {
    let rows = list! {
        r#"{"choices":null}"#, r#"{"choices":{}}"#, r#"{"choices":"x"}"#, r#"{"choices":[7,null]}"#,
        r#"{"choices":[{"delta":7,"index":"x","finish_reason":[],"logprobs":7}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":{},"content":{},"role":7}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[null,7,{}],"function_call":[]}}],"x_groq":7}"#,
        r#"{"choices":[{"message":7,"error":false}],"id":[],"model":{},"usage":[],"error":null}"#,
    };
    for frame in rows {
        let decoded = stream(&[HELLO, frame, HELLO, &finish("stop"), "[DONE]"]);
        assert!(decoded.error.is_none(), "{frame}: {:?}", decoded.error);
        check! { decoded.events => [["TEXT", "Hello"], ["TEXT", "Hello"]], frame; }
    }
}

#[test]
fn pings_and_unknown_events_are_ignored() {
    let decoded = named(&list! {
        ("ping", "x"), ("", ""), ("", r#"{"type":"status"}"#), ("message", HELLO),
    });
    check! { (decoded.events, decoded.error.is_none()) => [[["TEXT", "Hello"]], true]; }
}

#[test]
fn a_whole_response_may_be_an_error() {
    let rows = list! {
        (r#"{"error":{"message":"m","type":"server_error"}}"#, ErrorKind::Provider, true),
        (r#"{"error":{"message":"m","code":"content_filter","status":400}}"#,
            ErrorKind::InvalidRequest, false),
        (r#"{"detail":"m"}"#, ErrorKind::Provider, true),
        (r#"{"object":"x","msg":"m"}"#, ErrorKind::Provider, true),
    };
    for (body, kind, retryable) in rows {
        let decoded = whole(body);
        assert_eq!(decoded.events, json!([]), "{body}");
        let error = decoded.error.unwrap();
        check! {
            (error.kind, error.retryable, error.message.as_str())
                => [kind, retryable, "openai: m"], body;
        }
    }
}

#[test]
fn an_error_beside_a_whole_choice_lets_content_and_usage_stand() {
    let choice = r#"{"message":{"content":"x","tool_calls":[{"function":{"name":"f"}}]}"#;
    for body in list! {
        format!(r#"{{"choices":[{choice},"error":{{"message":"m","code":429}}}}]}}"#),
        format!(r#"{{"error":{{"message":"m","code":429}},"choices":[{choice}}}]}}"#),
    } {
        let decoded = whole(&body);
        assert_eq!(decoded.events, json!([["TEXT", "x"]]), "{body}");
        let error = decoded.error.unwrap();
        let got = (error.kind, error.message.as_str());
        assert_eq!(got, (ErrorKind::RateLimited, "openai: m"), "{body}");
    }
}

#[test]
fn a_whole_response_may_be_nonsense() {
    let rows = list! {
        "", "<html>", "{\"choices\":[{", "{}", "[]", "null", r#"{"choices":null}"#,
        r#"{"choices":[]}"#, r#"{"choices":[{"message":7}]}"#,
    };
    for body in rows {
        let decoded = whole(body);
        let error = decoded.error.unwrap();
        check! {
            (error.kind, error.retryable, decoded.events) => [ErrorKind::Protocol, false, []], body;
        }
        assert_eq!(error.detail.as_deref(), Some(body));
    }
    let deep = format!("{{\"choices\":{}", "[".repeat(100_000));
    assert_eq!(whole(&deep).error.unwrap().kind, ErrorKind::Protocol);
    let error = whole(b"\xff").error.unwrap();
    check! { (error.kind, error.detail.as_deref()) => [ErrorKind::Protocol, "\u{fffd}"]; }
}

#[test]
fn a_filter_may_take_the_whole_message_away() {
    let decoded = whole(r#"{"id":"c","choices":[{"index":0,"finish_reason":"content_filter"}]}"#);
    assert_eq!(decoded.events, json!([["START", ["c", "requested"]]]));
    check! { decoded.finish => ["content_filter", "content_filter", null]; }
}
