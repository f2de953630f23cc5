//! Errors and cuts inside of responses, and whether they are worth another attempt.

use super::documents::*;
use super::*;

#[test]
fn an_error_in_any_usual_spelling_ends_the_response() {
    let failed = json!(["PROVIDER", "a", []]);
    for error in [
        r#"{"error":"m"}"#,
        r#"{"error":{"message":"m"}}"#,
        r#"{"errors":["m"]}"#,
        r#"{"detail":"m"}"#,
        r#"{"detail":[{"loc":["a"],"msg":"m"}]}"#,
        r#"{"detail":{"reason":"m"}}"#,
        r#"{"message":"m"}"#,
        r#"{"message":"m","code":500}"#,
        r#"{"message":"m","code":"internal","type":"x"}"#,
        r#"{"msg":"m","code":1234}"#,
        r#"{"type":"error"}"#,
        r#"{"type":"error","message":"m"}"#,
        r#"{"type":"server_error","message":"m"}"#,
        r#"{"object":"error","message":"m"}"#,
        r#"{"status":"failed"}"#,
        r#"{"success":false,"reason":"m"}"#,
        r#"{"error_code":110,"error_msg":"m"}"#,
        r#"{"code":502}"#,
        r#"{"title":"m","status":500}"#,
        r#"{"fault":{"faultstring":"m"}}"#,
        r#"{"choices":null,"base_resp":{"status_code":1000,"status_msg":"m"}}"#,
    ] {
        check(&[
            (OPENAI, &[ROLE, TEXT, error, DONE], failed.clone()),
            (
                ANTHROPIC,
                &[START, BLOCK, PIECE, error, END_TURN, MESSAGE_STOP],
                failed.clone(),
            ),
            (
                COHERE_V2,
                &[V2_START, V2_TEXT, error, V2_END],
                failed.clone(),
            ),
            (
                COHERE_V1,
                &[V1_START, V1_TEXT, error, V1_END],
                failed.clone(),
            ),
        ]);
    }
    let healthy = json!(["complete", "a", []]);
    for other in [
        r#"{"type":"ping"}"#,
        r#"{"type":"status","message":"thinking"}"#,
        r#"{"type":"novelty","index":0}"#,
        r#"{"type":"title","title":"A greeting"}"#,
        r#"{"type":"event","event":{"type":"status"},"status":"in_progress","reason":"queue"}"#,
    ] {
        check(&[
            (OPENAI, &[TEXT, other, STOP, DONE], healthy.clone()),
            (
                OPENAI,
                &[TEXT, r#"{"title":"A greeting"}"#, STOP, DONE],
                healthy.clone(),
            ),
            (
                ANTHROPIC,
                &[START, BLOCK, PIECE, other, END_TURN, MESSAGE_STOP],
                healthy.clone(),
            ),
            (COHERE_V2, &[V2_TEXT, other, V2_END], healthy.clone()),
        ]);
    }
}

#[test]
fn an_error_beside_what_came_is_seen_and_not_paid_twice() {
    let failed = json!(["PROVIDER", "a", []]);
    let beside = r#"{"error":"m","choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#;
    let piece = r#"{"type":"content_block_delta","index":0,"error":"m",
"delta":{"type":"text_delta","text":"a"}}"#;
    let message_stop = r#"{"type":"message_stop","error":{"message":"m"}}"#;
    let v2_end = r#"{"type":"message-end","error":"m","delta":{"finish_reason":"COMPLETE"}}"#;
    let v1_end = r#"{"event_type":"stream-end","error":{"message":"m"},"response":{}}"#;
    check(&[
        (OPENAI, &[beside, DONE], failed.clone()),
        (
            ANTHROPIC,
            &[START, BLOCK, piece, MESSAGE_STOP],
            failed.clone(),
        ),
        (
            ANTHROPIC,
            &[START, BLOCK, PIECE, END_TURN, message_stop],
            failed.clone(),
        ),
        (COHERE_V2, &[V2_TEXT, v2_end], failed.clone()),
        (COHERE_V1, &[V1_TEXT, v1_end], failed.clone()),
    ]);
    let error = r#"{"error":{"message":"m","type":"server_error"}}"#;
    let refusal = r#"{"error":{"message":"m","type":"invalid_request_error"}}"#;
    for (wire, documents, again) in [
        (OPENAI, &[error][..], (true, true)),
        (OPENAI, &[ROLE, error], (true, true)),
        (OPENAI, &[STOP, error], (false, true)),
        (OPENAI, &[refusal], (false, false)),
        (OPENAI, &[TEXT, refusal], (false, true)),
        (ANTHROPIC, &[error], (true, true)),
        (ANTHROPIC, &[START, END_TURN, error], (false, true)),
        (COHERE_V2, &[error], (true, true)),
        (COHERE_V1, &[error], (true, true)),
    ] {
        let observed = stream(wire, &wire.body(documents));
        assert_eq!(observed.retry(), Some(again), "{wire:?} {documents:?}");
    }
    let choice = r#"{"message":{"content":"a"},"finish_reason":"stop"}"#;
    for (wire, body, again) in [
        (OPENAI, error.to_owned(), (true, true)),
        (
            OPENAI,
            format!(r#"{{"error":"m","choices":[{choice}]}}"#),
            (false, true),
        ),
        (ANTHROPIC, error.to_owned(), (true, true)),
        (
            ANTHROPIC,
            r#"{"error":"m","content":[],"stop_reason":"end_turn"}"#.to_owned(),
            (false, true),
        ),
        (COHERE_V2, error.to_owned(), (true, true)),
        (
            COHERE_V2,
            r#"{"error":{"message":"m"},"message":{},"finish_reason":"COMPLETE"}"#.to_owned(),
            (false, true),
        ),
        (COHERE_V1, error.to_owned(), (true, true)),
    ] {
        let observed = whole(wire, &body);
        assert_eq!(observed.summary()[0], "PROVIDER", "{wire:?} {body}");
        assert_eq!(observed.retry(), Some(again), "{wire:?} {body}");
    }
}

#[test]
fn a_reason_that_is_a_failure_fails_with_what_came() {
    let reasons = [
        "error",
        "ERROR",
        "TIMEOUT",
        "network_error",
        "insufficient_system_resource",
    ];
    for reason in reasons {
        let failed = json!(["PROVIDER", "a", []]);
        let openai = json!({"choices": [{"delta": {}, "finish_reason": reason}]}).to_string();
        let delta = json!({"type": "message_delta", "delta": {"stop_reason": reason}}).to_string();
        let v2 = json!({"type": "message-end", "delta": {"finish_reason": reason}}).to_string();
        let v1 = json!({"event_type": "stream-end", "finish_reason": reason}).to_string();
        check(&[
            (OPENAI, &[TEXT, &openai, USAGE, DONE], failed.clone()),
            (OPENAI, &[TEXT, &openai], failed.clone()),
            (
                ANTHROPIC,
                &[START, BLOCK, PIECE, &delta, MESSAGE_STOP],
                failed.clone(),
            ),
            (COHERE_V2, &[V2_TEXT, &v2, DONE], failed.clone()),
            (COHERE_V1, &[V1_TEXT, &v1], failed.clone()),
            (
                OPENAI,
                &[&call("{}"), &openai, DONE],
                json!(["PROVIDER", "", []]),
            ),
        ]);
        let message = json!({"content": "a"});
        let body = json!({"choices": [{"message": message, "finish_reason": reason}]});
        let observed = whole(OPENAI, &body.to_string());
        assert_eq!(observed.summary(), failed, "{reason}");
        assert_eq!(observed.retry(), Some((true, true)), "{reason}");
    }
}

#[test]
fn a_cut_is_retried_only_before_the_caller_had_anything() {
    let v1_cut = V1_TEXT.split_at(30).0;
    let rows = [
        (OPENAI, String::new(), "PROTOCOL", false),
        (OPENAI, ": ping\n\n".to_owned(), "PROTOCOL", false),
        (
            OPENAI,
            format!("data: {}", TEXT.split_at(20).0),
            "TRUNCATED",
            true,
        ),
        (OPENAI, OPENAI.body(&[ROLE]), "TRUNCATED", true),
        (OPENAI, OPENAI.body(&[TEXT]), "TRUNCATED", false),
        (
            OPENAI,
            OPENAI.body(&[TEXT]) + "data: [DO",
            "TRUNCATED",
            false,
        ),
        (ANTHROPIC, ANTHROPIC.body(&[START]), "TRUNCATED", true),
        (
            ANTHROPIC,
            ANTHROPIC.body(&[START, BLOCK, PIECE, END_TURN]),
            "TRUNCATED",
            false,
        ),
        (
            ANTHROPIC,
            ANTHROPIC.body(&[START, END_TURN]),
            "TRUNCATED",
            false,
        ),
        (
            ANTHROPIC,
            ANTHROPIC.body(&[START, END_TURN]) + "data: {",
            "TRUNCATED",
            false,
        ),
        (COHERE_V2, COHERE_V2.body(&[V2_START]), "TRUNCATED", true),
        (
            COHERE_V2,
            COHERE_V2.body(&[V2_TEXT, DONE]),
            "TRUNCATED",
            false,
        ),
        (COHERE_V1, String::new(), "PROTOCOL", false),
        (COHERE_V1, v1_cut.to_owned(), "TRUNCATED", true),
        (
            COHERE_V1,
            COHERE_V1.body(&[V1_TEXT]) + v1_cut,
            "TRUNCATED",
            false,
        ),
        (COHERE_V1, COHERE_V1.body(&[V1_TEXT]), "TRUNCATED", false),
    ];
    for (wire, body, kind, retryable) in rows {
        let observed = stream(wire, &body);
        assert_eq!(observed.summary()[0], kind, "{wire:?} {body}");
        assert_eq!(observed.retry(), Some((retryable, true)), "{wire:?} {body}");
    }
    let nonsense = COHERE_V1.body(&[V1_TEXT]) + "nonsense";
    assert_eq!(stream(COHERE_V1, &nonsense).summary()[0], "PROTOCOL");
    // The last line of such a stream needs no end.
    let unterminated = COHERE_V1.body(&[V1_TEXT]) + V1_END;
    assert_eq!(stream(COHERE_V1, &unterminated).summary()[0], "complete");
    let half = [COHERE_V1.body(&[V1_TEXT]).as_bytes(), b"{\"text\":\"\xc3"].concat();
    let observed = read(COHERE_V1, true, &half, Ended::Properly);
    assert_eq!(observed.summary(), json!(["TRUNCATED", "a", []]));
}

#[test]
fn a_cut_has_the_reason_of_the_connections_end() {
    for (is_stream, body) in [
        (true, OPENAI.body(&[TEXT])),
        (false, "{\"choices\":[".to_owned()),
    ] {
        let observed = read(OPENAI, is_stream, body.as_bytes(), Ended::ByReset);
        let error = observed.error.unwrap();
        assert_eq!(
            (error.kind, error.maybe_executed),
            (ErrorKind::Truncated, true)
        );
        assert!(error.message.ends_with(": connection reset"), "{error}");
    }
}
