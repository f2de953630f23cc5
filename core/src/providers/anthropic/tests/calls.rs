//! Calls of the caller's tools, and what the provider's own tools do.

use super::*;

fn tool_use(id: &str, name: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": {}})
}

#[test]
fn a_call_comes_in_pieces_and_whole_at_its_end() {
    let frames = list! {
        begin(0, json!({"type": "text", "text": ""})), text_delta(0, "Let me see"), stop(0),
        begin(1, tool_use("toolu_1", "weather")), input_delta(1, ""), input_delta(1, "{\"city\""),
        input_delta(1, ": \"Paris\"}"), stop(1), begin(2, tool_use("toolu_2", "time")), stop(2),
    };
    let expected = json!([
        ["TEXT", "Let me see"],
        ["TOOL_DELTA", {"index": 0, "id": "toolu_1", "name": "weather", "arguments": ""}],
        ["TOOL_DELTA", {"index": 0, "arguments": "{\"city\""}],
        ["TOOL_DELTA", {"index": 0, "arguments": ": \"Paris\"}"}],
        ["TOOL_CALL", {"index": 0, "id": "toolu_1", "name": "weather",
            "arguments": "{\"city\": \"Paris\"}"}],
        ["TOOL_DELTA", {"index": 1, "id": "toolu_2", "name": "time", "arguments": ""}],
        ["TOOL_CALL", {"index": 1, "id": "toolu_2", "name": "time", "arguments": "{}"}],
    ]);
    assert_eq!(events_of(&frames, "tool_use"), expected);
}

#[test]
fn calls_of_a_whole_response_keep_the_text_of_their_input() {
    let body = r#"{"content":[{"type":"text","text":"ok"},
        {"type":"tool_use","id":"t1","name":"f","input":{ "b": 1.0, "a": [] }},
        {"type":"tool_use","id":"t2","name":"g","input":{}},
        {"type":"tool_use","id":"t3","name":"h"}],"stop_reason":"tool_use"}"#;
    let decoded = whole(body);
    let expected = json!([
        ["TEXT", "ok"],
        ["TOOL_CALL", {"index": 0, "id": "t1", "name": "f",
            "arguments": "{ \"b\": 1.0, \"a\": [] }"}],
        ["TOOL_CALL", {"index": 1, "id": "t2", "name": "g", "arguments": "{}"}],
        ["TOOL_CALL", {"index": 2, "id": "t3", "name": "h", "arguments": "{}"}],
    ]);
    assert_eq!(decoded.events, expected);
    assert_eq!(decoded.finish, json!(["tool_calls", "tool_use", null]));
}

#[test]
fn a_call_that_met_a_limit_is_withheld() {
    let begun = [begin(0, tool_use("t", "f")), input_delta(0, "{\"a\": [1,")];
    let deltas = json!([
        ["TOOL_DELTA", {"index": 0, "id": "t", "name": "f", "arguments": ""}],
        ["TOOL_DELTA", {"index": 0, "arguments": "{\"a\": [1,"}],
    ]);
    for reason in ["max_tokens", "model_context_window_exceeded", "refusal"] {
        assert_eq!(events_of(&begun, reason), deltas, "{reason}");
        let with_stop = [&begun[..], &[stop(0)]].concat();
        check! { events_of(&with_stop, reason) => deltas, format!("{reason}, with its stop"); }
    }
    let unbegun = [begin(0, tool_use("t", "f"))];
    assert_eq!(events_of(&unbegun, "max_tokens"), json!([deltas[0]]));
    // A whole one before it stands.
    let frames = list! { begin(0, tool_use("t", "f")), stop(0), begin(1, tool_use("u", "f")) };
    let expected = json!([
        deltas[0],
        ["TOOL_CALL", {"index": 0, "id": "t", "name": "f", "arguments": "{}"}],
        ["TOOL_DELTA", {"index": 1, "id": "u", "name": "f", "arguments": ""}],
    ]);
    assert_eq!(events_of(&frames, "max_tokens"), expected);
}

#[test]
fn a_call_without_a_limit_is_what_the_model_wrote() {
    let call = json!(["TOOL_CALL", {"index": 0, "id": "t", "name": "f", "arguments": "{oops"}]);
    let mut frames = vec![begin(0, tool_use("t", "f")), input_delta(0, "{oops")];
    assert_eq!(events_of(&frames, "tool_use")[2], call);
    frames.push(stop(0));
    assert_eq!(events_of(&frames, "tool_use")[2], call);
    // No call of a response that was cut.
    assert_eq!(stream(&frames).events.as_array().unwrap().len(), 2);
}

#[test]
fn input_in_the_beginning_of_a_block_counts_where_no_pieces_follow() {
    let block = json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}});
    let expected = json!([
        ["TOOL_DELTA", {"index": 0, "id": "t", "name": "f", "arguments": ""}],
        ["TOOL_DELTA", {"index": 0, "arguments": "{\"a\":1}"}],
        ["TOOL_CALL", {"index": 0, "id": "t", "name": "f", "arguments": "{\"a\":1}"}],
    ]);
    check! { events_of(&[begin(0, block.clone()), stop(0)], "tool_use") => expected; }
    let frames = [begin(0, block), input_delta(0, "{\"a\":1}"), stop(0)];
    assert_eq!(events_of(&frames, "tool_use"), expected);
}

#[test]
fn tools_of_the_provider_are_blocks_and_no_calls() {
    let frames = list! {
        begin(0, json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})),
        input_delta(0, "{\"query\": "), input_delta(0, "\"x\"}"), stop(0),
        begin(1, json!({"type": "web_search_tool_result", "tool_use_id": "s", "content": [1]})),
        stop(1),
        begin(2, json!({"type": "mcp_tool_use", "id": "m", "server_name": "d", "input": {}})),
        stop(2), begin(3, tool_use("t", "f")), stop(3),
    };
    let server = json!({"type": "server_tool_use", "id": "s", "name": "web_search",
        "input": {"query": "x"}});
    let result = json!({"type": "web_search_tool_result", "tool_use_id": "s", "content": [1]});
    let mcp = json!({"type": "mcp_tool_use", "id": "m", "server_name": "d", "input": {}});
    let call = json!(["TOOL_CALL", {"index": 0, "id": "t", "name": "f", "arguments": "{}"}]);
    let expected = json!([
        content(server.clone()),
        content(result.clone()),
        content(mcp.clone()),
        ["TOOL_DELTA", {"index": 0, "id": "t", "name": "f", "arguments": ""}],
        call,
    ]);
    assert_eq!(events_of(&frames, "tool_use"), expected);
    let blocks = json!([server, result, mcp, tool_use("t", "f")]);
    let expected = json!([content(server), content(result), content(mcp), call]);
    assert_eq!(events_of_whole(blocks, "tool_use"), expected);
    // Cut, it cannot go back.
    assert_eq!(events_of(&frames[..2], "max_tokens"), json!([]));
}

#[test]
fn blocks_that_are_new_to_us_are_handed_over_whole() {
    let frames = list! {
        begin(0, json!({"type": "compaction", "content": null, "encrypted_content": null})),
        delta(0, json!({"type": "compaction_delta", "content": "so ", "encrypted_content": "a"})),
        delta(0, json!({"type": "compaction_delta", "content": "far", "encrypted_content": "b"})),
        stop(0), begin(1, json!({"type": "novelty", "x": {"y": 1}})),
        delta(1, json!({"type": "novelty_delta", "z": [2], "text": "t", "n": null})), stop(1),
    };
    let expected = json!([
        content(json!({"type": "compaction", "content": "so far", "encrypted_content": "b"})),
        content(json!({"type": "novelty", "x": {"y": 1}, "z": [2], "text": "t"})),
    ]);
    assert_eq!(events_of(&frames, "compaction"), expected);
}

#[test]
fn calls_keep_their_place_where_something_follows_them() {
    let block = json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}});
    let call = json!(["TOOL_CALL", {"index": 0, "id": "t", "name": "f", "arguments": "{\"a\":1}"}]);
    let frames = list! {
        begin(0, tool_use("t", "f")), input_delta(0, "{\"a\":1}"), stop(0),
        begin(1, json!({"type": "text", "text": ""})), text_delta(1, "x"), stop(1),
    };
    let events = events_of(&frames, "end_turn");
    assert_eq!(events[2], call);
    assert_eq!(events[3], content(block.clone()));
    assert_eq!(events[4], json!(["TEXT", "x"]));
    let blocks = json!([block, {"type": "text", "text": "x"}]);
    check! { events_of_whole(blocks, "end_turn") => [call, content(block), ["TEXT", "x"]]; }
}

#[test]
fn a_call_by_code_keeps_its_caller_and_needs_no_result() {
    let block = json!({"type": "tool_use", "id": "t", "name": "f", "input": {},
        "caller": {"type": "code_execution_20250825", "tool_id": "s"}});
    let call = json!(["TOOL_CALL", {"index": 0, "id": "t", "name": "f", "arguments": "{}"}]);
    check! { events_of_whole(json!([block]), "tool_use") => [call, content(block.clone())]; }
    let body = |block: &Value| json!({"content": [block], "stop_reason": "end_turn"}).to_string();
    assert_eq!(whole(body(&block)).finish[0], "stop");
    let mut direct = block;
    direct["caller"] = json!({"type": "direct"});
    assert_eq!(whole(body(&direct)).finish[0], "tool_calls");
    assert_eq!(events_of_whole(json!([direct]), "tool_use"), json!([call]));
}
