//! Calls for the caller: functions, and tools that take free text.

use super::*;

fn tool_delta(id: Option<&str>, name: Option<&str>, arguments: &str) -> Value {
    let mut delta = json!({"index": 0, "arguments": arguments});
    for (field, value) in [("id", id), ("name", name)] {
        if let Some(value) = value {
            delta[field] = json!(value);
        }
    }
    json!(["TOOL_DELTA", delta])
}

fn tool_call(index: u64, id: &str, name: &str, arguments: &str) -> Value {
    json!(["TOOL_CALL", {"index": index, "id": id, "name": name, "arguments": arguments}])
}

#[test]
fn a_call_is_named_by_its_call_id_and_comes_in_pieces() {
    let arguments = "function_call_arguments";
    let all = json!({"arguments": r#"{"a":1}"#});
    let frames = list! {
        added(3, function_call("call_1", "f", "")),
        delta(&format!("{arguments}.delta"), 3, "{\"a\""),
        delta(&format!("{arguments}.delta"), 3, ":1}"),
        of_item(&format!("{arguments}.done"), 3, all.clone()),
        done(3, function_call("call_1", "f", r#"{"a":1}"#)),
    };
    let decoded = streamed_whole(&frames);
    assert_eq!(decoded.finish[0], "tool_calls");
    let begun = tool_delta(Some("call_1"), Some("f"), "");
    let rest = tool_delta(None, None, r#"{"a":1}"#);
    let call = tool_call(0, "call_1", "f", r#"{"a":1}"#);
    check! {
        without_block(decoded.good()) => [begun, (tool_delta(None, None, "{\"a\"")),
            (tool_delta(None, None, ":1}")), call];
        // xAI sends arguments whole; other servers leave out one event or the other.
        events_of(&[added(3, function_call("call_1", "f", "")),
            of_item(&format!("{arguments}.done"), 3, all)]) => [begun, rest, call];
        events_of(&[added(3, function_call("call_1", "f", r#"{"a":1}"#)),
            done(3, function_call("call_1", "f", r#"{"a":1}"#))]) => [begun, rest, call];
        events_of(&[done(3, function_call("call_1", "f", r#"{"a":1}"#))]) => [begun, rest, call];
        events_of(&[delta(&format!("{arguments}.delta"), 3, r#"{"a":1}"#),
            done(3, function_call("call_1", "f", r#"{"a":1}"#))]) => [rest, begun, call];
        without_block(whole(json!([function_call("call_1", "f", r#"{"a":1}"#)])).good()) => [call];
        // Where what comes first is empty.
        events_of(&[added(3, function_call("call_1", "f", "")),
            delta(&format!("{arguments}.delta"), 3, ""),
            of_item(&format!("{arguments}.done"), 3, json!({"arguments": ""})),
            done(3, function_call("call_1", "f", r#"{"a":1}"#))]) => [begun, rest, call];
    }
}

#[test]
fn calls_side_by_side_keep_their_arguments() {
    let kind = "function_call_arguments.delta";
    let frames = list! {
        added(1, function_call("a", "f", "")),
        added(2, function_call("b", "f", "")),
        delta(kind, 2, "{\"x\":"),
        delta(kind, 1, "{\"y\":"),
        delta(kind, 2, "2}"),
        delta(kind, 1, "1}"),
        done(2, function_call("b", "f", r#"{"x":2}"#)),
        done(1, function_call("a", "f", r#"{"y":1}"#)),
    };
    let decoded = streamed_whole(&frames);
    let calls: Vec<_> = decoded
        .list()
        .iter()
        .filter(|event| event[0] == "TOOL_CALL")
        .collect();
    check! {
        calls => [(tool_call(0, "a", "f", r#"{"y":1}"#)), (tool_call(1, "b", "f", r#"{"x":2}"#))];
    }
}

#[test]
fn arguments_that_are_nothing_are_an_empty_object() {
    for arguments in ["", "{}", "null"] {
        let decoded = whole(json!([function_call("a", "f", arguments)]));
        check! { without_block(decoded.good()) => [(tool_call(0, "a", "f", "{}"))] }
    }
}

/// Free text is what it is, whatever JSON it looks like.
#[test]
fn free_text_is_marked_and_never_repaired() {
    let kind = "custom_tool_call_input";
    for input in ["SELECT 1", "{\"a\":1}{\"a\":1}", "null", ""] {
        let item = json!({"type": "custom_tool_call", "call_id": "c", "name": "sql",
            "input": input});
        let call = json!(["TOOL_CALL", {"index": 0, "id": "c", "name": "sql", "arguments": input,
            "extra": {"kind": "custom"}}]);
        let mut opened = item.clone();
        opened["input"] = json!("");
        let frames = list! {
            added(0, opened),
            delta(&format!("{kind}.delta"), 0, input),
            of_item(&format!("{kind}.done"), 0, json!({ "input": input })),
            done(0, item.clone()),
        };
        let decoded = streamed_whole(&frames);
        assert_eq!(decoded.finish[0], "tool_calls");
        assert_eq!(
            decoded.good().as_array().unwrap().last(),
            Some(&call),
            "{input}"
        );
        check! { without_block(whole(json!([item])).good()) => [call] }
    }
}

#[test]
fn a_namespace_belongs_to_its_call() {
    let mut item = function_call("a", "f", "{}");
    item["namespace"] = json!("n");
    let decoded = whole(json!([item]));
    check! {
        without_block(decoded.good()) => [["TOOL_CALL", {"index": 0, "id": "a", "name": "f",
            "arguments": "{}", "extra": {"namespace": "n"}}]];
    }
}

/// A tool whose search the caller runs is no function.
#[test]
fn other_calls_are_parts() {
    let item = json!({"type": "tool_search_call", "call_id": "c", "execution": "client"});
    let decoded = whole(json!([item]));
    assert_eq!(decoded.finish[0], "stop");
    check! { without_block(decoded.good()) => [["PART", item]] }
}

#[test]
fn a_call_that_a_limit_cut_is_left_out() {
    let custom = json!({"type": "custom_tool_call", "call_id": "c", "name": "f", "input": "SEL"});
    for item in [function_call("a", "f", "{\"x\":"), custom] {
        let end = ended(
            "incomplete",
            json!({"output": [item],
            "incomplete_details": {"reason": "max_output_tokens"}}),
        );
        let frames = [created(), done(0, item), end];
        let decoded = OPENAI.stream(&frames);
        assert_eq!(decoded.finish[0], "length");
        assert!(decoded.response.tool_calls.is_empty());
    }
}
