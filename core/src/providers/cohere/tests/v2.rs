//! v2: what events come of which frames, streamed and whole.

use super::*;

fn call_start(index: u64, id: &str, name: &str, arguments: &str) -> Value {
    let function = json!({"name": name, "arguments": arguments});
    let call = json!({"id": id, "type": "function", "function": function});
    event("tool-call-start", index, json!({"tool_calls": call}))
}

fn call_delta(index: u64, arguments: &str) -> Value {
    let call = json!({"function": {"arguments": arguments}});
    event("tool-call-delta", index, json!({"tool_calls": call}))
}

fn thinking(text: &str) -> Value {
    event("content-delta", 0, json!({"content": {"thinking": text}}))
}

/// The events of a complete stream.
fn events_of(frames: &[Value]) -> Value {
    let decoded = v2(frames);
    assert!(decoded.error.is_none(), "{:?}", decoded.error);
    assert_eq!(decoded.progress, Progress::Done);
    decoded.events
}

#[test]
fn text_comes_as_it_was_cut() {
    let frames = list! {
        json!({"type": "message-start", "id": "c1", "delta": {"message": {"role": "assistant",
            "content": [], "tool_plan": "", "tool_calls": [], "citations": []}}}),
        event("content-start", 0, json!({"content": {"type": "text", "text": ""}})), text("Hel"),
        text("lo\n\u{e9}"), json!({"type": "content-end", "index": 0}), message_end("COMPLETE"),
        json!("[DONE]"),
    };
    let expected = json!([
        ["START", ["c1", "requested"]],
        ["TEXT", "Hel"],
        ["TEXT", "lo\n\u{e9}"]
    ]);
    assert_eq!(events_of(&frames), expected);
}

#[test]
fn a_text_in_the_first_event_of_a_block_counts() {
    let start = event(
        "content-start",
        0,
        json!({"content": {"type": "text", "text": "Hi"}}),
    );
    check! { events_of(&[start, message_end("COMPLETE")]) => [["TEXT", "Hi"]]; }
}

#[test]
fn thinking_is_reasoning_and_goes_back_whole() {
    let frames = list! {
        event("content-start", 0, json!({"content": {"type": "thinking", "thinking": ""}})),
        thinking("Let me"), thinking(" see"), json!({"type": "content-end", "index": 0}),
        event("content-start", 1, json!({"content": {"type": "text", "text": ""}})), text("42"),
        json!({"type": "content-end", "index": 1}), message_end("COMPLETE"),
    };
    let block = json!({"type": "thinking", "thinking": "Let me see"});
    let expected = json!([
        ["REASONING", "Let me"],
        ["REASONING", " see"],
        ["PART", {"type": "content", "content": block}],
        ["TEXT", "42"],
    ]);
    assert_eq!(events_of(&frames), expected);
    // Without the end of its block thinking ends where something else begins.
    let frames = list! {
        thinking("Let me"), thinking(" see"), text("42"), message_end("COMPLETE"),
    };
    assert_eq!(events_of(&frames), expected);
}

#[test]
fn a_plan_comes_whole_before_the_calls() {
    let frames = list! {
        plan("I will"), plan(" ask"), call_start(0, "a", "f", ""), call_delta(0, "{\"x\""),
        call_delta(0, ":1}"), json!({"type": "tool-call-end", "index": 0}),
        call_start(1, "b", "g", ""), json!({"type": "tool-call-end", "index": 1}),
        message_end("TOOL_CALL"),
    };
    let block = json!({"type": "tool_plan", "tool_plan": "I will ask"});
    let expected = json!([
        ["PART", {"type": "content", "content": block}],
        ["TOOL_DELTA", {"index": 0, "id": "a", "name": "f", "arguments": ""}],
        ["TOOL_DELTA", {"index": 0, "arguments": "{\"x\""}],
        ["TOOL_DELTA", {"index": 0, "arguments": ":1}"}],
        ["TOOL_DELTA", {"index": 1, "id": "b", "name": "g", "arguments": ""}],
        ["TOOL_CALL", {"index": 0, "id": "a", "name": "f", "arguments": "{\"x\":1}"}],
        ["TOOL_CALL", {"index": 1, "id": "b", "name": "g", "arguments": "{}"}],
    ]);
    assert_eq!(events_of(&frames), expected);
    assert_eq!(v2(&frames).finish, json!(["tool_calls", "TOOL_CALL", null]));
}

#[test]
fn a_plan_begins_the_response_before_it_is_whole() {
    let start = json!({"type": "message-start", "id": "c1"});
    let decoded = v2(&[start, plan("I will")]);
    assert_eq!(decoded.events, json!([["START", ["c1", "requested"]]]));
    assert_eq!(decoded.progress, Progress::Open);
}

#[test]
fn no_arguments_are_an_empty_object() {
    for arguments in ["", "null", " null\n"] {
        let frames = [call_start(0, "a", "f", arguments), message_end("TOOL_CALL")];
        let call = json!({"index": 0, "id": "a", "name": "f", "arguments": "{}"});
        check! { events_of(&frames)[1] => ["TOOL_CALL", call], format!("{arguments:?}"); }
    }
    let frames = list! { call_start(0, "a", "f", "{\n  \"x\": 1\n}"), message_end("TOOL_CALL") };
    assert_eq!(events_of(&frames)[1][1]["arguments"], "{\n  \"x\": 1\n}");
}

#[test]
fn indices_are_dense_and_interleaved_calls_stay_apart() {
    let frames = list! {
        call_start(3, "a", "f", ""), call_start(7, "b", "g", ""), call_delta(3, "{}"),
        call_delta(7, "[1]"), message_end("TOOL_CALL"),
    };
    let events = events_of(&frames);
    let calls = json!([
        ["TOOL_CALL", {"index": 0, "id": "a", "name": "f", "arguments": "{}"}],
        ["TOOL_CALL", {"index": 1, "id": "b", "name": "g", "arguments": "[1]"}],
    ]);
    assert_eq!(json!(events.as_array().unwrap()[4..]), calls);
}

#[test]
fn a_call_that_a_limit_or_a_filter_cut_is_left_out() {
    for reason in ["MAX_TOKENS", "ERROR_TOXIC"] {
        let frames = list! {
            call_start(0, "a", "f", "{}"), call_start(1, "b", "g", "{\"x"), message_end(reason),
        };
        let events = events_of(&frames);
        let call = json!({"index": 0, "id": "a", "name": "f", "arguments": "{}"});
        check! { json!(events.as_array().unwrap()[2..]) => [["TOOL_CALL", call]], reason; }
    }
}

#[test]
fn citations_are_parts_with_all_that_they_say() {
    let citation = json!({"start": 0, "end": 2, "text": "Hi", "type": "TEXT_CONTENT",
        "sources": [{"type": "document", "id": "doc:0", "document": {"id": "doc:0"}}]});
    let frames = list! {
        text("Hi"), event("citation-start", 0, json!({"citations": citation})),
        json!({"type": "citation-end", "index": 0}), message_end("COMPLETE"),
    };
    let part = json!({"type": "citation", "start": 0, "end": 2, "text": "Hi",
        "citation_type": "TEXT_CONTENT", "sources": citation["sources"]});
    let expected = json!([["TEXT", "Hi"], ["PART", part]]);
    assert_eq!(events_of(&frames), expected);
    let body = json!({"id": null, "message": {"content": [{"type": "text", "text": "Hi"}],
        "citations": [citation]}, "finish_reason": "COMPLETE"});
    assert_eq!(V2.whole(body.to_string()).events, expected);
}

#[test]
fn log_probabilities_are_parts() {
    let logprobs = json!({"text": "Hi", "token_ids": [1], "logprobs": [-0.5]});
    let mut delta = text("Hi");
    delta["logprobs"] = logprobs.clone();
    let expected = json!([
        ["TEXT", "Hi"],
        ["PART", {"type": "logprobs", "content": [logprobs]}],
    ]);
    assert_eq!(events_of(&[delta, message_end("COMPLETE")]), expected);
    let body = json!({"message": {"content": [{"type": "text", "text": "Hi"}]},
        "finish_reason": "COMPLETE", "logprobs": [logprobs]});
    assert_eq!(V2.whole(body.to_string()).events, expected);
}

#[test]
fn a_whole_response_gives_the_same() {
    let body = json!({"id": "c1", "message": {"role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "42"}],
            "tool_plan": "I will ask",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "null"}},
                {"id": "b", "type": "function",
                    "function": {"name": "g", "arguments": "{\"x\":1}"}},
            ]},
        "finish_reason": "TOOL_CALL",
        "usage": {"billed_units": {"input_tokens": 1, "output_tokens": 2.0},
            "tokens": {"input_tokens": 3, "output_tokens": 4}, "cached_tokens": 5}});
    let decoded = V2.whole(format!("\u{feff} {body}\n"));
    let thinking = json!({"type": "thinking", "thinking": "Hm"});
    let plan = json!({"type": "tool_plan", "tool_plan": "I will ask"});
    let expected = json!([
        ["START", ["c1", "requested"]],
        ["REASONING", "Hm"],
        ["PART", {"type": "content", "content": thinking}],
        ["TEXT", "42"],
        ["PART", {"type": "content", "content": plan}],
        ["TOOL_CALL", {"index": 0, "id": "a", "name": "f", "arguments": "{}"}],
        ["TOOL_CALL", {"index": 1, "id": "b", "name": "g", "arguments": "{\"x\":1}"}],
    ]);
    assert_eq!(decoded.events, expected);
    let usage = json!({"billed_input_tokens": 1, "billed_output_tokens": 2, "input_tokens": 3,
        "output_tokens": 4, "cached_input_tokens": 5});
    assert_eq!(decoded.finish, json!(["tool_calls", "TOOL_CALL", usage]));
    check! { (decoded.usage_raw, decoded.progress) => [body["usage"].clone(), Progress::Done]; }
}

#[test]
fn what_is_not_known_is_counted_and_passed_over() {
    let frames = list! {
        json!({"type": "something-new", "delta": {"text": "no"}}),
        event("content-start", 0, json!({"content": {"type": "image", "image": {}}})), text("Hi"),
        json!({"type": "debug", "prompt": "p"}), message_end("COMPLETE"),
    };
    let decoded = v2(&frames);
    check! { (decoded.events, decoded.unknown_events) => [[["TEXT", "Hi"]], 1]; }
}

#[test]
fn fields_of_other_types_are_absent_unless_they_can_be_used() {
    let frames = list! {
        json!({"type": "content-delta", "delta": {"message": {"content": [{"text": "a"}, "b"]}}}),
        json!({"type": "content-delta", "delta": {"message": {"content": null}}}),
        json!({"type": "content-delta", "delta": {"message": "no"}}),
        json!({"type": "content-delta", "delta": {"message": {"content": {"text": 7}}}}),
        json!({"type": "tool-call-start", "delta": {"message": {"tool_calls": []}}}), text("Hi"),
        message_end("COMPLETE"),
    };
    let expected = json!([["TEXT", "a"], ["TEXT", "b"], ["TEXT", "7"], ["TEXT", "Hi"]]);
    assert_eq!(events_of(&frames), expected);
}
