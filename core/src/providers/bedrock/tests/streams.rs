//! What the events of a stream become.

use super::*;

fn tool(index: u64, id: &str, name: &str) -> (&'static str, Value) {
    begin(index, json!({"toolUse": {"toolUseId": id, "name": name}}))
}

#[test]
fn text_comes_as_it_is_written_and_empty_pieces_are_nothing() {
    let frames = [
        ("messageStart", json!({"role": "assistant", "p": "abcdef"})),
        text_delta(0, ""),
        text_delta(0, "One, "),
        text_delta(0, "\u{1f980}\n\"two\""),
        stop(0),
        text_delta(3, "three"),
    ];
    let expected = json!([
        ["TEXT", "One, "],
        ["TEXT", "\u{1f980}\n\"two\""],
        ["TEXT", "three"]
    ]);
    assert_eq!(events_of(&frames, "end_turn"), expected);
}

#[test]
fn a_block_of_text_may_begin_with_nothing_in_it() {
    let count = |start: Value| {
        let frames = [begin(0, start), text_delta(0, "Here."), stop(0)];
        let end = [message_stop("end_turn"), metadata()];
        let decoded = stream(&[&frames[..], &end].concat());
        assert_eq!(decoded.response.text, "Here.");
        decoded.unknown_events
    };
    assert_eq!(count(json!({})), 0);
    assert_eq!(count(Value::Null), 0);
    assert_eq!(count(json!({"hologram": {}})), 1);
}

#[test]
fn calls_are_whole_at_the_end_of_their_block() {
    let frames = [
        text_delta(0, "Let me look."),
        stop(0),
        tool(1, "t1", "weather"),
        input_delta(1, ""),
        input_delta(1, "{\"city\":"),
        input_delta(1, " \"Rome\"}"),
        stop(1),
        tool(2, "t2", "time"),
        stop(2),
    ];
    let expected = json!([
        ["TEXT", "Let me look."],
        ["TOOL_DELTA", {"index": 0, "id": "t1", "name": "weather", "arguments": ""}],
        ["TOOL_DELTA", {"index": 0, "arguments": "{\"city\":"}],
        ["TOOL_DELTA", {"index": 0, "arguments": " \"Rome\"}"}],
        ["TOOL_CALL", {"index": 0, "id": "t1", "name": "weather",
            "arguments": "{\"city\": \"Rome\"}"}],
        ["TOOL_DELTA", {"index": 1, "id": "t2", "name": "time", "arguments": ""}],
        ["TOOL_CALL", {"index": 1, "id": "t2", "name": "time", "arguments": "{}"}],
    ]);
    assert_eq!(events_of(&frames, "tool_use"), expected);
}

#[test]
fn a_call_that_the_limit_cut_is_withheld_and_one_without_its_stop_is_not() {
    let cut = [tool(0, "t", "f"), input_delta(0, "{\"a\":")];
    let calls = |frames: &[(&str, Value)], reason: &str| {
        let events = events_of(frames, reason);
        let events = events.as_array().unwrap().clone();
        events
            .into_iter()
            .filter(|event| event[0] == "TOOL_CALL")
            .collect::<Vec<_>>()
    };
    assert_eq!(calls(&cut, "max_tokens"), Vec::<Value>::new());
    let stopped = [&cut[..], &[stop(0)]].concat();
    assert_eq!(calls(&stopped, "max_tokens"), Vec::<Value>::new());
    let whole = [tool(0, "t", "f"), input_delta(0, "{}")];
    assert_eq!(calls(&whole, "tool_use").len(), 1);
    assert_eq!(
        calls(&[tool(0, "t", "f"), tool(1, "u", "g")], "tool_use").len(),
        2
    );
}

#[test]
fn signed_reasoning_goes_back_and_other_does_not() {
    let reasoning = |piece: Value| delta(0, json!({ "reasoningContent": piece }));
    let frames = [
        reasoning(json!({"text": "Think "})),
        reasoning(json!({"text": "twice. "})),
        reasoning(json!({"signature": "c2ln"})),
        stop(0),
        text_delta(1, "Yes"),
    ];
    let block = json!({"reasoningText": {"text": "Think twice. ", "signature": "c2ln"}});
    let expected = json!([
        ["REASONING", "Think "],
        ["REASONING", "twice. "],
        content("reasoningContent", block),
        ["TEXT", "Yes"],
    ]);
    assert_eq!(events_of(&frames, "end_turn"), expected);
    let unsigned = [&frames[..2], &frames[3..]].concat();
    let expected = json!([
        ["REASONING", "Think "],
        ["REASONING", "twice. "],
        ["TEXT", "Yes"]
    ]);
    assert_eq!(events_of(&unsigned, "end_turn"), expected);
    // Without the end of its block it ends with the message.
    let open = [&frames[..3], &frames[4..]].concat();
    assert_eq!(events_of(&open, "end_turn").as_array().unwrap().len(), 4);
    let redacted = [
        reasoning(json!({"redactedContent": "YWI="})),
        reasoning(json!({"redactedContent": "Y2Q="})),
        stop(0),
        text_delta(1, "Yes"),
    ];
    let block = content("reasoningContent", json!({"redactedContent": "YWJjZA=="}));
    assert_eq!(
        events_of(&redacted, "end_turn"),
        json!([block, ["TEXT", "Yes"]])
    );
}

#[test]
fn a_tool_that_aws_runs_is_no_call_of_the_callers() {
    let call = json!({"toolUse": {"toolUseId": "t", "name": "nova_grounding",
        "type": "server_tool_use"}});
    let result = json!({"toolResult": {"toolUseId": "t", "type": "nova_grounding_result",
        "status": "success"}});
    let frames = [
        begin(0, call),
        input_delta(0, "{\"query\":"),
        input_delta(0, "\"x\"}"),
        stop(0),
        begin(1, result),
        delta(1, json!({"toolResult": [{"text": "[HIDDEN]"}]})),
        stop(1),
        text_delta(2, "It is 4."),
        delta(
            2,
            json!({"citation": {"title": "T", "location": {"web": {"url": "u"}}}}),
        ),
        stop(2),
    ];
    let expected = json!([
        content("toolUse", json!({"toolUseId": "t", "name": "nova_grounding",
            "type": "server_tool_use", "input": {"query": "x"}})),
        content("toolResult", json!({"toolUseId": "t", "type": "nova_grounding_result",
            "status": "success", "content": [{"text": "[HIDDEN]"}]})),
        ["TEXT", "It is 4."],
        ["PART", {"type": "citation", "title": "T", "location": {"web": {"url": "u"}}}],
    ]);
    assert_eq!(events_of(&frames, "end_turn"), expected);
}

#[test]
fn images_and_what_stands_beside_the_answer_are_parts() {
    let trace = json!({"guardrail": {"inputAssessment": {"g": {"topicPolicy": {}}}, "n": 1}});
    let mut end = metadata().1;
    end["trace"] = trace.clone();
    let frames = [
        begin(0, json!({"image": {"format": "png"}})),
        delta(0, json!({"image": {"source": {"bytes": "YWI="}}})),
        delta(0, json!({"image": {"source": {"bytes": "Y2Q="}}})),
        stop(0),
        (
            "messageStop",
            json!({"stopReason": "end_turn",
            "additionalModelResponseFields": {"stop_sequence": "x"}}),
        ),
        ("metadata", end),
    ];
    let expected = json!([
        ["PART", {"type": "image", "format": "png", "source": {"bytes": "YWJjZA=="}}],
        ["PART", {"type": "additionalModelResponseFields",
            "additionalModelResponseFields": {"stop_sequence": "x"}}],
        ["PART", {"type": "trace", "trace": trace}],
    ]);
    assert_eq!(stream(&frames).good(), expected);
}

#[test]
fn counts_of_caches_are_beside_the_input() {
    let usage = json!({"inputTokens": 3, "outputTokens": 2, "totalTokens": 12,
        "cacheReadInputTokens": 4, "cacheWriteInputTokens": 3, "cacheReadInputTokenCount": 4,
        "cacheDetails": [{"ttl": "5m", "inputTokens": 3}]});
    let frames = [text_delta(0, "hi"), message_stop("end_turn")];
    let decoded = stream(&[&frames[..], &[("metadata", json!({"usage": usage}))]].concat());
    let expected = json!({"input_tokens": 3, "output_tokens": 2, "total_tokens": 12,
        "cached_input_tokens": 4, "cache_write_tokens": 3});
    assert_eq!(decoded.finish[2], expected);
    assert_eq!(decoded.usage_raw, Some(usage));
}
