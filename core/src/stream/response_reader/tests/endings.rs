//! Rows of documents, and what their end makes of them.

use super::documents::*;
use super::*;

#[test]
fn an_end_mark_without_a_response_is_no_response() {
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
        (OPENAI, &[ROLE, other, DONE], nothing.clone()),
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
        let observed = whole(wire, body);
        assert_eq!(observed.summary(), nothing, "{body}");
        assert_eq!(observed.retry(), Some((false, true)), "{body}");
        assert_eq!(observed.error.unwrap().detail.as_deref(), Some(body));
    }
}

#[test]
fn an_empty_response_with_a_reason_is_complete() {
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
        assert_eq!(whole(wire, body).summary(), empty, "{body}");
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
        let observed = whole(wire, body);
        assert_eq!(observed.summary(), warned, "{body}");
        assert!(
            observed.warnings[0].contains("no finish reason"),
            "{:?}",
            observed.warnings
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
        // Its end means that a call without arguments is complete.
        (
            ANTHROPIC,
            &[START, TOOL, BLOCK_STOP, MESSAGE_STOP],
            made.clone(),
        ),
        // What the model wrote is not judged once there is a finish reason for it.
        (
            OPENAI,
            &[&call("{"), STOP, DONE],
            json!(["complete", "", ["f"]]),
        ),
    ]);
    let message = r#"{"tool_calls":[{"id":"t","function":{"name":"f","arguments":"{\"a\":"}}]}"#;
    let body = format!(r#"{{"choices":[{{"message":{message}}}]}}"#);
    assert_eq!(whole(OPENAI, &body).summary(), cut);
}

#[test]
fn a_second_response_inside_the_first_is_refused() {
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
