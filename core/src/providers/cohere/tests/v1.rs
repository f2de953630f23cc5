//! v1: what events come of which lines, streamed and whole.

use super::*;

fn start() -> Value {
    json!({"event_type": "stream-start", "is_finished": false, "generation_id": "g1"})
}

fn piece(text: &str) -> Value {
    json!({"event_type": "text-generation", "is_finished": false, "text": text})
}

fn chunk(fields: Value) -> Value {
    let mut chunk = json!({"event_type": "tool-calls-chunk", "is_finished": false});
    chunk
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    chunk
}

fn generation(calls: Value) -> Value {
    json!({"event_type": "tool-calls-generation", "is_finished": false, "tool_calls": calls})
}

/// The events after START of a complete stream.
fn events_of(frames: &[Value]) -> Vec<Value> {
    let decoded = v1(frames);
    assert!(decoded.error.is_none(), "{:?}", decoded.error);
    assert_eq!(decoded.progress, Progress::Done);
    let mut events = decoded.events.as_array().unwrap().clone();
    assert_eq!(events.remove(0), json!(["START", ["g1", "requested"]]));
    events
}

#[test]
fn text_comes_as_it_was_cut_and_once() {
    let response = json!({"response_id": "r1", "generation_id": "g1", "text": "Hello"});
    let frames = list! { start(), piece("Hel"), piece("lo"), stream_end("COMPLETE", response) };
    check! { events_of(&frames) => [json!(["TEXT", "Hel"]), json!(["TEXT", "lo"])]; }
}

#[test]
fn a_text_that_came_in_no_piece_comes_at_the_end() {
    let end = stream_end("COMPLETE", json!({"text": "Hello"}));
    assert_eq!(events_of(&[start(), end]), [json!(["TEXT", "Hello"])]);
    let mut calls = generation(json!([]));
    calls["text"] = json!("Hello");
    let end = stream_end("COMPLETE", json!({"text": "Hello"}));
    check! { events_of(&[start(), calls, end]) => [json!(["TEXT", "Hello"])]; }
}

#[test]
fn chunks_tell_of_calls_before_the_list_does() {
    let calls = json!([{"name": "f", "parameters": {"x": 1}}, {"name": "g", "parameters": {}}]);
    let frames = list! {
        start(), chunk(json!({"text": "I will"})), chunk(json!({"text": " ask"})),
        chunk(json!({"tool_call_delta": {"index": 0, "name": "f"}})),
        chunk(json!({"tool_call_delta": {"index": 0, "parameters": "{\n \"x\""}})),
        chunk(json!({"tool_call_delta": {"index": 0, "parameters": ": 1}"}})),
        chunk(json!({"tool_call_delta": {"index": 1, "name": "g"}})), generation(calls.clone()),
        stream_end("COMPLETE", json!({"text": "I will ask", "tool_calls": calls})),
    };
    let expected = json!([
        ["TEXT", "I will"],
        ["TEXT", " ask"],
        ["TOOL_DELTA", {"index": 0, "id": "call_0", "name": "f", "arguments": ""}],
        ["TOOL_DELTA", {"index": 0, "arguments": "{\n \"x\""}],
        ["TOOL_DELTA", {"index": 0, "arguments": ": 1}"}],
        ["TOOL_DELTA", {"index": 1, "id": "call_1", "name": "g", "arguments": ""}],
        ["TOOL_CALL", {"index": 0, "id": "call_0", "name": "f", "arguments": "{\n \"x\": 1}"}],
        ["TOOL_CALL", {"index": 1, "id": "call_1", "name": "g", "arguments": "{}"}],
    ]);
    assert_eq!(json!(events_of(&frames)), expected);
    assert_eq!(v1(&frames).finish, json!(["tool_calls", "COMPLETE", null]));
}

#[test]
fn older_servers_send_no_chunks() {
    let calls = json!([{"name": "f", "parameters": {"x":1}}, {"name": "g", "parameters": null}]);
    let expected = json!([
        ["TOOL_DELTA", {"index": 0, "id": "call_0", "name": "f", "arguments": "{\"x\":1}"}],
        ["TOOL_DELTA", {"index": 1, "id": "call_1", "name": "g", "arguments": ""}],
        ["TOOL_CALL", {"index": 0, "id": "call_0", "name": "f", "arguments": "{\"x\":1}"}],
        ["TOOL_CALL", {"index": 1, "id": "call_1", "name": "g", "arguments": "{}"}],
    ]);
    let response = json!({"text": "", "tool_calls": calls});
    let frames = list! {
        start(), generation(calls.clone()), stream_end("COMPLETE", response.clone()),
    };
    assert_eq!(json!(events_of(&frames)), expected);
    check! { json!(events_of(&[start(), stream_end("COMPLETE", response)])) => expected; }
}

#[test]
fn citations_and_the_search_are_parts() {
    let citation = json!({"start": 0, "end": 2, "text": "Hi", "document_ids": ["d"]});
    let queries = json!([{"text": "q", "generation_id": "g1"}]);
    let documents = json!([{"id": "d", "text": "t"}]);
    let frames = list! {
        start(),
        json!({"event_type": "search-queries-generation", "is_finished": false, "search_queries":
            queries}),
        json!({"event_type": "search-results", "is_finished": false, "documents": documents}),
        piece("Hi"),
        json!({"event_type": "citation-generation", "is_finished": false, "citations": [citation]}),
        stream_end("COMPLETE", json!({"text": "Hi", "citations": [citation], "documents":
            documents})),
    };
    let mut part = citation.clone();
    part["type"] = json!("citation");
    let expected = json!([
        ["PART", {"type": "search_queries", "search_queries": queries}],
        ["PART", {"type": "search_results", "documents": documents}],
        ["TEXT", "Hi"],
        ["PART", part],
    ]);
    assert_eq!(json!(events_of(&frames)), expected);
    let body = json!({"generation_id": "g1", "text": "Hi", "finish_reason": "COMPLETE",
        "search_queries": queries, "search_results": [], "documents": documents,
        "citations": [citation]});
    let decoded = V1.whole(body.to_string());
    assert_eq!(json!(decoded.events.as_array().unwrap()[1..]), expected);
    // Citations that came in no event of their own are in the response at the end.
    let end = stream_end("COMPLETE", json!({"text": "Hi", "citations": [citation]}));
    check! { events_of(&[start(), piece("Hi"), end])[1] => ["PART", part]; }
}

#[test]
fn a_whole_response_gives_the_same() {
    let body = json!({"response_id": "r1", "generation_id": "g1", "text": "I will ask",
        "chat_history": [{"role": "USER", "message": "no"}], "finish_reason": "COMPLETE",
        "tool_calls": [{"name": "f", "parameters": {"x": 1}}],
        "meta": {"api_version": {"version": "1"}, "warnings": ["old"],
            "billed_units": {"input_tokens": 1, "output_tokens": 2},
            "tokens": {"input_tokens": 3, "output_tokens": 4}}});
    let decoded = V1.whole(body.to_string());
    let expected = json!([
        ["START", ["g1", "requested"]],
        ["TEXT", "I will ask"],
        ["TOOL_CALL", {"index": 0, "id": "call_0", "name": "f", "arguments": "{\"x\":1}"}],
    ]);
    assert_eq!(decoded.events, expected);
    let usage = json!({"billed_input_tokens": 1, "billed_output_tokens": 2, "input_tokens": 3,
        "output_tokens": 4});
    assert_eq!(decoded.finish, json!(["tool_calls", "COMPLETE", usage]));
    let raw = json!({"billed_units": {"input_tokens": 1, "output_tokens": 2},
        "tokens": {"input_tokens": 3, "output_tokens": 4}});
    check! { (decoded.usage_raw, decoded.progress) => [raw, Progress::Done]; }
}

#[test]
fn the_reason_of_the_event_holds_else_that_of_the_response() {
    let inner = json!({"text": "Hi", "finish_reason": "MAX_TOKENS"});
    let mut end = stream_end("COMPLETE", inner);
    check! { v1(&[start(), end.clone()]).finish => ["stop", "COMPLETE", null]; }
    end.as_object_mut().unwrap().shift_remove("finish_reason");
    check! { v1(&[start(), end]).finish => ["length", "MAX_TOKENS", null]; }
}

#[test]
fn what_is_not_known_is_counted_and_passed_over() {
    let frames = list! {
        start(), json!({"event_type": "something-new", "text": "no"}),
        json!({"event_type": "debug", "prompt": "p"}), piece("Hi"),
        stream_end("COMPLETE", json!({})),
    };
    let decoded = v1(&frames);
    let expected = json!([["START", ["g1", "requested"]], ["TEXT", "Hi"]]);
    assert_eq!((decoded.events, decoded.unknown_events), (expected, 1));
}
