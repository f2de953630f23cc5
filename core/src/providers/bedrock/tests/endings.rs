//! When a response is complete.

use super::*;
use crate::event::FinishReason;

#[test]
fn a_response_is_answered_with_its_stop_and_done_with_its_metadata() {
    let frames = [
        ("messageStart", json!({"role": "assistant"})),
        text_delta(0, "hi"),
        stop(0),
        message_stop("end_turn"),
        metadata(),
    ];
    let progress = [
        Progress::Open,
        Progress::Open,
        Progress::Open,
        Progress::Finished,
        Progress::Done,
    ];
    for (count, progress) in (1..).zip(progress) {
        assert_eq!(stream(&frames[..count]).progress, progress, "{count}");
    }
    let usage = json!({"input_tokens": 3, "output_tokens": 2, "total_tokens": 5});
    assert_eq!(stream(&frames).finish, json!(["stop", "end_turn", usage]));
    let without = stream(&frames[..4]);
    assert_eq!(without.finish, json!(["stop", "end_turn", null]));
    assert_eq!(without.good(), json!([["TEXT", "hi"]]));
}

#[test]
fn metadata_may_come_first_and_what_follows_the_end_is_not_read() {
    let decoded = stream(&[text_delta(0, "hi"), metadata()]);
    assert_eq!(decoded.progress, Progress::Open);
    let end = [
        text_delta(0, "hi"),
        metadata(),
        message_stop("end_turn"),
        text_delta(0, "more"),
    ];
    let decoded = stream(&end);
    assert_eq!(decoded.progress, Progress::Done);
    assert_eq!(decoded.good(), json!([["TEXT", "hi"]]));
}

#[test]
fn a_second_beginning_and_an_error_after_text_end_the_response() {
    let start = ("messageStart", json!({"role": "assistant"}));
    let decoded = stream(&[start.clone(), text_delta(0, "hi"), start]);
    assert_eq!(decoded.error.unwrap().kind, ErrorKind::Protocol);
    let decoded = BEDROCK.frames([
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"text":"hi"}}"#,
        ),
        (
            ":exception-type=throttlingException",
            r#"{"message":"slow"}"#,
        ),
    ]);
    assert_eq!(decoded.events, json!([["TEXT", "hi"]]));
    assert_eq!(decoded.error.unwrap().kind, ErrorKind::RateLimited);
}

#[test]
fn every_reason_has_its_meaning() {
    let rows = [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("novelty", "other"),
    ];
    for (raw, ours) in rows {
        let streamed = stream(&[text_delta(0, "hi"), message_stop(raw)]);
        let [reason, raw_reason, _] = [0, 1, 2].map(|index| streamed.finish[index].clone());
        assert_eq!((&reason, &raw_reason), (&json!(ours), &json!(raw)));
        assert_eq!(whole(json!([{"text": "hi"}]), raw).finish[0], json!(ours));
    }
    for raw in ["malformed_model_output", "malformed_tool_use"] {
        let error = stream(&[text_delta(0, "hi"), message_stop(raw)])
            .error
            .unwrap();
        assert_eq!(
            (error.kind, error.retryable),
            (ErrorKind::Provider, true),
            "{raw}"
        );
        assert_eq!(error.code.as_deref(), Some(raw));
    }
    let calls = [
        begin(0, json!({"toolUse": {"toolUseId": "t", "name": "f"}})),
        stop(0),
    ];
    let decoded = stream(&[&calls[..], &[message_stop("end_turn")]].concat());
    assert_eq!(decoded.finish[0], json!(FinishReason::ToolCalls));
}

#[test]
fn an_unknown_event_is_counted_and_an_error_in_one_is_found() {
    let decoded = stream(&[
        ("initial-response", json!({})),
        ("novelty", json!({"a": 1})),
        text_delta(0, "hi"),
        delta(0, json!({"novelty": {}})),
        begin(1, json!({"novelty": {}})),
        input_delta(7, "{}"),
        message_stop("end_turn"),
    ]);
    assert_eq!(decoded.unknown_events, 5);
    assert_eq!(decoded.good(), json!([["TEXT", "hi"]]));
    let wrong = stream(&[("novelty", json!({"error": {"message": "gateway says no"}}))]);
    assert!(wrong.error.unwrap().message.contains("gateway says no"));
}

#[test]
fn a_document_without_a_message_is_an_error() {
    let refused = BEDROCK
        .whole(r#"{"message":"no such thing"}"#)
        .error
        .unwrap();
    assert!(refused.message.contains("no such thing"), "{refused}");
    for odd in [
        "{}",
        r#"{"output":{}}"#,
        r#"{"output":{"message":{}}}"#,
        "[]",
    ] {
        let error = BEDROCK.whole(odd).error.unwrap();
        assert_eq!(error.kind, ErrorKind::Protocol, "{odd}");
    }
    let empty = whole(json!([]), "end_turn");
    assert_eq!(empty.good(), json!([]));
}
