//! Rows of documents, and what their end makes of them.

use super::*;

const ROLE: &str = r#"{"id":"c","choices":[{"delta":{"role":"assistant","content":""}}]}"#;
const TEXT: &str = r#"{"id":"c","choices":[{"delta":{"content":"a"}}]}"#;
const THOUGHT: &str = r#"{"id":"c","choices":[{"delta":{"reasoning":"a"}}]}"#;
const STOP: &str = r#"{"id":"c","choices":[{"delta":{},"finish_reason":"stop"}]}"#;
const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":1}}"#;
const DONE: &str = "[DONE]";

const START: &str = r#"{"type":"message_start","message":{"id":"m","content":[]}}"#;
const BLOCK: &str =
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
const PIECE: &str =
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#;
const BLOCK_STOP: &str = r#"{"type":"content_block_stop","index":0}"#;
const END_TURN: &str = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#;
const MESSAGE_STOP: &str = r#"{"type":"message_stop"}"#;
const TOOL: &str = r#"{"type":"content_block_start","index":0,"content_block":
{"type":"tool_use","id":"t","name":"f","input":{}}}"#;

const V2_START: &str = r#"{"type":"message-start","id":"m"}"#;
const V2_TEXT: &str =
    r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"a"}}}}"#;
const V2_END: &str = r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE"}}"#;

const V1_START: &str = r#"{"event_type":"stream-start","generation_id":"g"}"#;
const V1_TEXT: &str = r#"{"event_type":"text-generation","text":"a"}"#;
const V1_END: &str = r#"{"event_type":"stream-end","finish_reason":"COMPLETE"}"#;

/// A wire, its documents, and what comes of them: kind or completeness, text, names of calls.
type Row<'r> = (Wire, &'r [&'r str], Value);

fn check(rows: &[Row<'_>]) {
    for (wire, documents, expected) in rows {
        let heard = stream(*wire, &wire.body(documents));
        assert_eq!(&heard.told(), expected, "{wire:?} {documents:?}");
    }
}

fn call(arguments: &str) -> String {
    let function = json!({"name": "f", "arguments": arguments});
    let delta = json!({"tool_calls": [{"index": 0, "id": "t", "function": function}]});
    json!({"choices": [{"delta": delta}]}).to_string()
}

fn input(piece: &str) -> String {
    let delta = json!({"type": "input_json_delta", "partial_json": piece});
    json!({"type": "content_block_delta", "index": 0, "delta": delta}).to_string()
}

fn v2_call(arguments: &str) -> String {
    let call = json!({"id": "t", "function": {"name": "f", "arguments": arguments}});
    let delta = json!({"message": {"tool_calls": call}});
    json!({"type": "tool-call-start", "index": 0, "delta": delta}).to_string()
}

fn v1_call(parameters: &str) -> String {
    let delta = json!({"index": 0, "name": "f", "parameters": parameters});
    json!({"event_type": "tool-calls-chunk", "tool_call_delta": delta}).to_string()
}

#[test]
fn an_end_mark_without_an_answer_is_no_answer() {
    let nothing = json!(["PROTOCOL", "", []]);
    let v2_bare = r#"{"type":"message-end","delta":{}}"#;
    let v1_bare = r#"{"event_type":"stream-end","is_finished":true,"response":{"text":""}}"#;
    let no_choice = r#"{"choices":[{}]}"#;
    let null = r#"{"choices":[{"delta":null,"finish_reason":null}]}"#;
    let word = r#"{"choices":[{"delta":{},"finish_reason":"null"}]}"#;
    let other = r#"{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}]}"#;
    check(&[
        (OPENAI, &[DONE], nothing.clone()),
        (OPENAI, &[ROLE, DONE], nothing.clone()),
        (OPENAI, &["{}", DONE], nothing.clone()),
        (OPENAI, &[no_choice, DONE], nothing.clone()),
        (OPENAI, &[null, DONE], nothing.clone()),
        (OPENAI, &[word, DONE], nothing.clone()),
        (OPENAI, &[USAGE, DONE], nothing.clone()),
        (OPENAI, &[other, DONE], nothing.clone()),
        (
            OPENAI,
            &[ROLE, r#"{"choices":[{"finish_reason":""}]}"#, DONE],
            nothing.clone(),
        ),
        (ANTHROPIC, &[MESSAGE_STOP], nothing.clone()),
        (ANTHROPIC, &[START, MESSAGE_STOP], nothing.clone()),
        (
            ANTHROPIC,
            &[START, BLOCK, BLOCK_STOP, MESSAGE_STOP],
            nothing.clone(),
        ),
        (ANTHROPIC, &[DONE], nothing.clone()),
        (COHERE_V2, &[v2_bare], nothing.clone()),
        (COHERE_V2, &[V2_START, v2_bare, DONE], nothing.clone()),
        (COHERE_V1, &[v1_bare], nothing.clone()),
        (COHERE_V1, &[V1_START, v1_bare], nothing.clone()),
    ]);
    for (wire, body) in [
        (OPENAI, no_choice),
        (
            OPENAI,
            r#"{"choices":[{"message":{"role":"assistant","content":""}}]}"#,
        ),
        (OPENAI, r#"{"choices":[]}"#),
        (ANTHROPIC, r#"{"type":"message","content":[]}"#),
        (ANTHROPIC, r#"{"content":[{"type":"text","text":""}]}"#),
        (COHERE_V2, r#"{"message":{}}"#),
        (COHERE_V1, r#"{"text":""}"#),
    ] {
        let heard = whole(wire, body);
        assert_eq!(heard.told(), nothing, "{body}");
        assert_eq!(heard.again(), Some((false, true)), "{body}");
        assert_eq!(heard.error.unwrap().detail.as_deref(), Some(body));
    }
}

#[test]
fn an_empty_answer_with_a_reason_is_complete() {
    let empty = json!(["complete", "", []]);
    check(&[
        (OPENAI, &[ROLE, STOP, DONE], empty.clone()),
        (OPENAI, &[STOP], empty.clone()),
        (ANTHROPIC, &[START, END_TURN, MESSAGE_STOP], empty.clone()),
        (COHERE_V2, &[V2_START, V2_END], empty.clone()),
        (COHERE_V1, &[V1_END], empty.clone()),
    ]);
    for (wire, body) in [
        (
            OPENAI,
            r#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#,
        ),
        (ANTHROPIC, r#"{"content":[],"stop_reason":"end_turn"}"#),
        (COHERE_V2, r#"{"message":{},"finish_reason":"COMPLETE"}"#),
        (COHERE_V1, r#"{"text":"","finish_reason":"COMPLETE"}"#),
    ] {
        assert_eq!(whole(wire, body).told(), empty, "{body}");
    }
}

#[test]
fn text_without_a_reason_is_complete_with_a_warning() {
    let warned = json!(["warned", "a", []]);
    let v2_bare = r#"{"type":"message-end","delta":{"finish_reason":null}}"#;
    let v1_bare = r#"{"event_type":"stream-end","response":{"text":"a"}}"#;
    let refused = r#"{"choices":[{"delta":{"refusal":"no"}}]}"#;
    check(&[
        (OPENAI, &[ROLE, TEXT, DONE], warned.clone()),
        (OPENAI, &[TEXT, USAGE, DONE], warned.clone()),
        (OPENAI, &[refused, DONE], json!(["warned", "", []])),
        (
            ANTHROPIC,
            &[START, BLOCK, PIECE, BLOCK_STOP, MESSAGE_STOP],
            warned.clone(),
        ),
        (COHERE_V2, &[V2_START, V2_TEXT, v2_bare], warned.clone()),
        (COHERE_V1, &[V1_START, V1_TEXT, v1_bare], warned.clone()),
        (OPENAI, &[THOUGHT, DONE], json!(["TRUNCATED", "", []])),
    ]);
    for (wire, body) in [
        (OPENAI, r#"{"choices":[{"message":{"content":"a"}}]}"#),
        (ANTHROPIC, r#"{"content":[{"type":"text","text":"a"}]}"#),
        (
            COHERE_V2,
            r#"{"message":{"content":[{"type":"text","text":"a"}]}}"#,
        ),
        (COHERE_V1, r#"{"text":"a"}"#),
    ] {
        let heard = whole(wire, body);
        assert_eq!(heard.told(), warned, "{body}");
        assert!(
            heard.warnings[0].contains("no finish reason"),
            "{:?}",
            heard.warnings
        );
    }
}

#[test]
fn a_call_that_may_go_on_is_not_handed_over() {
    let cut = json!(["TRUNCATED", "", []]);
    let made = json!(["warned", "", ["f"]]);
    let v2_bare = r#"{"type":"message-end","delta":{}}"#;
    let v1_bare = r#"{"event_type":"stream-end"}"#;
    for arguments in [r#"{"a":"#, r#"{"a":1"#, "", "12", "tru", r#""a"#] {
        check(&[
            (OPENAI, &[&call(arguments), DONE], cut.clone()),
            (OPENAI, &[&call(arguments), USAGE, DONE], cut.clone()),
            (
                ANTHROPIC,
                &[START, TOOL, &input(arguments), MESSAGE_STOP],
                cut.clone(),
            ),
            (COHERE_V2, &[&v2_call(arguments), v2_bare], cut.clone()),
            (COHERE_V1, &[&v1_call(arguments), v1_bare], cut.clone()),
        ]);
    }
    let arguments = r#"{"a":1}"#;
    check(&[
        (OPENAI, &[&call(arguments), DONE], made.clone()),
        (
            ANTHROPIC,
            &[START, TOOL, &input(arguments), BLOCK_STOP, MESSAGE_STOP],
            made.clone(),
        ),
        (COHERE_V2, &[&v2_call(arguments), v2_bare], made.clone()),
        (COHERE_V1, &[&v1_call(arguments), v1_bare], made.clone()),
        // Its end says that a call without arguments is whole.
        (
            ANTHROPIC,
            &[START, TOOL, BLOCK_STOP, MESSAGE_STOP],
            made.clone(),
        ),
        // What the model wrote is not judged once it says that it wrote it.
        (
            OPENAI,
            &[&call("{"), STOP, DONE],
            json!(["complete", "", ["f"]]),
        ),
    ]);
    let message = r#"{"tool_calls":[{"id":"t","function":{"name":"f","arguments":"{\"a\":"}}]}"#;
    let body = format!(r#"{{"choices":[{{"message":{message}}}]}}"#);
    assert_eq!(whole(OPENAI, &body).told(), cut);
}

#[test]
fn an_error_in_any_usual_spelling_ends_the_answer() {
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
fn an_error_beside_what_came_is_heard_and_not_paid_twice() {
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
        let heard = stream(wire, &wire.body(documents));
        assert_eq!(heard.again(), Some(again), "{wire:?} {documents:?}");
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
        let heard = whole(wire, &body);
        assert_eq!(heard.told()[0], "PROVIDER", "{wire:?} {body}");
        assert_eq!(heard.again(), Some(again), "{wire:?} {body}");
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
        let heard = whole(OPENAI, &body.to_string());
        assert_eq!(heard.told(), failed, "{reason}");
        assert_eq!(heard.again(), Some((true, true)), "{reason}");
    }
}

#[test]
fn a_second_answer_inside_the_first_is_refused() {
    let refused = json!(["PROTOCOL", "a", []]);
    let other = r#"{"id":"d","choices":[{"delta":{"role":"assistant","content":"a"}}]}"#;
    let habit = r#"{"id":"e","choices":[{"delta":{"content":"a"}}]}"#;
    check(&[
        (OPENAI, &[ROLE, TEXT, other, STOP, DONE], refused.clone()),
        (OPENAI, &[other, TEXT, STOP], json!(["complete", "aa", []])),
        (
            OPENAI,
            &[ROLE, other, habit, STOP, DONE],
            json!(["complete", "aa", []]),
        ),
        (
            ANTHROPIC,
            &[START, BLOCK, PIECE, START, BLOCK, PIECE],
            refused.clone(),
        ),
        (
            COHERE_V2,
            &[V2_START, V2_TEXT, V2_START, V2_TEXT, V2_END],
            refused.clone(),
        ),
        (
            COHERE_V1,
            &[V1_START, V1_TEXT, V1_START, V1_TEXT, V1_END],
            refused.clone(),
        ),
    ]);
}

#[test]
fn a_cut_is_retried_only_before_the_caller_had_anything() {
    let v1_cut = V1_TEXT.split_at(30).0;
    let rows = [
        (OPENAI, String::new(), "PROTOCOL", true),
        (OPENAI, ": ping\n\n".to_owned(), "PROTOCOL", true),
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
        (COHERE_V2, COHERE_V2.body(&[V2_START]), "TRUNCATED", true),
        (
            COHERE_V2,
            COHERE_V2.body(&[V2_TEXT, DONE]),
            "TRUNCATED",
            false,
        ),
        (COHERE_V1, String::new(), "PROTOCOL", true),
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
        let heard = stream(wire, &body);
        assert_eq!(heard.told()[0], kind, "{wire:?} {body}");
        assert_eq!(heard.again(), Some((retryable, true)), "{wire:?} {body}");
    }
    let nonsense = COHERE_V1.body(&[V1_TEXT]) + "nonsense";
    assert_eq!(stream(COHERE_V1, &nonsense).told()[0], "PROTOCOL");
    // The last line of such a stream needs no end.
    let unterminated = COHERE_V1.body(&[V1_TEXT]) + V1_END;
    assert_eq!(stream(COHERE_V1, &unterminated).told()[0], "complete");
    let half = [COHERE_V1.body(&[V1_TEXT]).as_bytes(), b"{\"text\":\"\xc3"].concat();
    let heard = read(COHERE_V1, true, &half, Ended::Properly);
    assert_eq!(heard.told(), json!(["TRUNCATED", "a", []]));
}

#[test]
fn a_cut_says_how_the_connection_ended() {
    for (is_stream, body) in [
        (true, OPENAI.body(&[TEXT])),
        (false, "{\"choices\":[".to_owned()),
    ] {
        let heard = read(OPENAI, is_stream, body.as_bytes(), Ended::ByReset);
        let error = heard.error.unwrap();
        assert_eq!(
            (error.kind, error.maybe_executed),
            (ErrorKind::Truncated, true)
        );
        assert!(error.message.ends_with(": connection reset"), "{error}");
    }
}
