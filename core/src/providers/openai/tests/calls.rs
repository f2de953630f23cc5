//! Tool calls in all spellings.

use super::*;
use crate::providers::tool_calls::joined::assert_ids_differ;

fn call(index: u32, id: &str, name: &str, arguments: &str) -> Value {
    json!(["TOOL_CALL", {"index": index, "id": id, "name": name, "arguments": arguments}])
}

/// A delta of `tool_calls`.
fn calls(list: Value) -> Value {
    json!({"tool_calls": list})
}

/// One entry of `tool_calls` with an index.
fn entry(index: u64, id: &str, name: &str, arguments: &str) -> Value {
    json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}})
}

/// Only the finished calls.
fn finished(deltas: &[Value], reason: &str) -> Value {
    let events = events_of(deltas, reason);
    events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event[0] == "TOOL_CALL")
        .cloned()
        .collect()
}

/// Names and arguments of calls whose ids were made: each has one of its own.
fn without_ids(calls: Value) -> Value {
    let calls = calls.as_array().unwrap();
    let calls: Vec<&Value> = calls.iter().map(|call| &call[1]).collect();
    assert_ids_differ(&calls);
    let fields = calls
        .iter()
        .map(|call| json!([call["name"], call["arguments"]]));
    fields.collect()
}

#[test]
fn deltas_have_id_and_name_once_and_the_call_follows_at_the_end() {
    let events = events_of(
        &list! {
            calls(json!([entry(0, "c1", "f", "")])),
            calls(json!([{"index": 0, "function": {"arguments": "{\"a"}}])),
            calls(json!([{"index": 0, "function": {"arguments": "\":1}"}}])),
        },
        "tool_calls",
    );
    let expected = json!([
        ["TOOL_DELTA", {"index": 0, "id": "c1", "name": "f", "arguments": ""}],
        ["TOOL_DELTA", {"index": 0, "arguments": "{\"a"}],
        ["TOOL_DELTA", {"index": 0, "arguments": "\":1}"}],
        call(0, "c1", "f", "{\"a\":1}"),
    ]);
    assert_eq!(events, expected);
}

#[test]
fn indices_are_dense_whatever_the_server_counts() {
    let deltas = list! {
        calls(json!([entry(1, "a", "f", ""), entry(7, "b", "g", "")])),
        calls(json!([entry(7, "", "", "[7]"), entry(1, "", "", "[1]")])),
    };
    let expected = json!([call(0, "a", "f", "[1]"), call(1, "b", "g", "[7]")]);
    assert_eq!(finished(&deltas, "tool_calls"), expected);
}

#[test]
fn a_new_id_on_an_old_index_begins_a_call() {
    let deltas = list! {
        calls(json!([entry(0, "a", "f", "1")])), calls(json!([entry(0, "b", "f", "2")])),
        calls(json!([{"index": 0, "function": {"arguments": "3"}}])),
    };
    check! { finished(&deltas, "stop") => [call(0, "a", "f", "1"), call(1, "b", "f", "23")]; }
}

#[test]
fn a_missing_index_is_made_up_for_by_id_or_name() {
    let by_id = list! {
        calls(json!([{"id": "a", "function": {"name": "f", "arguments": "1"}}])),
        calls(json!([{"id": "b", "function": {"name": "g", "arguments": "2"}}])),
        calls(json!([{"function": {"arguments": "3"}}])),
        calls(json!([{"id": "a", "function": {"arguments": "4"}}])),
    };
    let expected = json!([call(0, "a", "f", "14"), call(1, "b", "g", "23")]);
    assert_eq!(finished(&by_id, "tool_calls"), expected);
    let whole = calls(json!([{"function": {"name": "f", "arguments": "1"}},
              {"function": {"name": "f", "arguments": "2"}}]));
    let made = without_ids(finished(&[whole], "stop"));
    assert_eq!(made, json!([["f", "1"], ["f", "2"]]));
}

#[test]
fn null_empty_and_repeated_never_overwrite() {
    let deltas = list! {
        calls(json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": null}}])),
        calls(json!([{"index": 0, "id": null, "function": {"name": null, "arguments": "1"}}])),
        calls(json!([{"index": 0, "id": "", "function": {"name": "", "arguments": ""}}])),
        calls(json!([entry(0, "a", "f", "2")])), calls(json!([{"index": 0, "function": null}])),
        json!({"tool_calls": null}),
    };
    let expected = json!([
        ["TOOL_DELTA", {"index": 0, "id": "a", "name": "f", "arguments": ""}],
        ["TOOL_DELTA", {"index": 0, "arguments": "1"}],
        ["TOOL_DELTA", {"index": 0, "arguments": "2"}],
        call(0, "a", "f", "12"),
    ]);
    assert_eq!(events_of(&deltas, "tool_calls"), expected);
}

#[test]
fn an_id_may_come_late() {
    let deltas = list! {
        calls(json!([{"index": 0, "function": {"name": "f", "arguments": "1"}}])),
        calls(json!([{"index": 0, "id": "a", "function": {"arguments": "2"}}])),
    };
    let expected = json!([
        ["TOOL_DELTA", {"index": 0, "name": "f", "arguments": "1"}],
        ["TOOL_DELTA", {"index": 0, "id": "a", "arguments": "2"}],
        call(0, "a", "f", "12"),
    ]);
    assert_eq!(events_of(&deltas, "tool_calls"), expected);
}

#[test]
fn arguments_may_be_an_object_or_nothing() {
    let chunk = r#"{"choices":[{"delta":{"tool_calls":[
        {"index":0,"id":"a","function":{"name":"f","arguments":{"n": 123456789012345678901}}},
        {"index":1,"id":"b","function":{"name":"g","arguments":""}},
        {"index":2,"id":"c","function":{"name":"h"}},
        {"index":3,"id":"d","type":"custom","custom":{"name":"i","input":"free \ud800"}}
    ]},"finish_reason":"tool_calls"}]}"#;
    let decoded = stream(&[chunk, "[DONE]"]);
    let events = decoded.events.as_array().unwrap();
    let expected = list! {
        call(0, "a", "f", r#"{"n": 123456789012345678901}"#), call(1, "b", "g", "{}"),
        call(2, "c", "h", "{}"), call(3, "d", "i", "free \u{fffd}"),
    };
    assert_eq!(events[4..], expected);
}

#[test]
fn the_older_form_is_one_call() {
    let deltas = list! {
        json!({"function_call": {"name": "f", "arguments": ""}}),
        json!({"function_call": {"arguments": "{\"a\":"}}),
        json!({"function_call": {"arguments": "1}"}}),
    };
    check! { finished(&deltas, "function_call") => [call(0, "", "f", "{\"a\":1}")]; }
    let body = r#"{"choices":[{"message":{"function_call":{"name":"f","arguments":"{}"}},
        "finish_reason":"function_call"}]}"#;
    let decoded = whole(body);
    assert_eq!(decoded.events, json!([call(0, "", "f", "{}")]));
    assert_eq!(decoded.finish, json!(["tool_calls", "function_call", null]));
}

#[test]
fn text_and_calls_keep_their_order() {
    let deltas = list! {
        json!({"content": "Reading."}),
        json!({"content": "", "tool_calls": [entry(0, "a", "f", "{}")]}),
        json!({"content": " Done."}),
    };
    let expected = json!([
        ["TEXT", "Reading."],
        ["TOOL_DELTA", {"index": 0, "id": "a", "name": "f", "arguments": "{}"}],
        ["TEXT", " Done."],
        call(0, "a", "f", "{}"),
    ]);
    assert_eq!(events_of(&deltas, "tool_calls"), expected);
}

#[test]
fn a_call_that_was_cut_is_never_finished() {
    let first = calls(json!([entry(0, "a", "f", "{}")]));
    let second = calls(json!([entry(1, "b", "g", "{\"x\":")]));
    let both = [first, second];
    assert_eq!(finished(&both, "length"), json!([call(0, "a", "f", "{}")]));
    assert_eq!(finished(&both, "tool_calls").as_array().unwrap().len(), 2);
    let frames: Vec<String> = both.iter().cloned().map(delta).collect();
    let cut = stream(&frames.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(cut.progress, Progress::Open);
    assert!(cut
        .events
        .as_array()
        .unwrap()
        .iter()
        .all(|event| event[0] == "TOOL_DELTA"));
}

#[test]
fn calls_make_a_stop_a_call() {
    let call = calls(json!([entry(0, "a", "f", "{}")]));
    for (raw, reason) in list! {
        ("stop", "tool_calls"),
        ("eos", "tool_calls"),
        ("length", "length"),
    } {
        let decoded = stream(&[&delta(call.clone()), &finish(raw), "[DONE]"]);
        assert_eq!(decoded.finish, json!([reason, raw, null]));
    }
}

#[test]
fn a_call_that_is_repeated_at_the_end_is_one_call() {
    let deltas = list! {
        calls(json!([{"id": "a", "function": {"name": "f", "arguments": "{\"x\":1}"}}])),
        calls(json!([{"id": "b", "function": {"name": "f", "arguments": "{\"x\":2}"}}])),
        calls(json!([entry(0, "a", "f", "{\"x\":1}"), entry(1, "b", "f", "{\"x\":2}")])),
        calls(json!([entry(5, "b", "f", "{\"x\": 2}")])),
    };
    let expected = json!([
        call(0, "a", "f", "{\"x\":1}"),
        call(1, "b", "f", "{\"x\":2}")
    ]);
    assert_eq!(finished(&deltas, "tool_calls"), expected);
    let zeros = list! {
        calls(json!([entry(0, "a", "f", "{\"x\":1}")])),
        calls(json!([entry(0, "b", "f", "{\"x\":2}")])),
        calls(json!([entry(0, "a", "f", "{\"x\":1}"), entry(1, "b", "f", "{\"x\":2}")])),
    };
    assert_eq!(finished(&zeros, "tool_calls"), expected);
}
