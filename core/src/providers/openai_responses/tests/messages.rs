//! What the caller and the tools wrote, as items.

use super::*;

/// The items of these messages.
fn input(messages: Value) -> Value {
    let encoded = OPENAI.encode(&conversation(messages), &target()).unwrap();
    assert!(encoded.warnings.is_empty(), "{:?}", encoded.warnings);
    body(&encoded)["input"].clone()
}

fn parts(role: &str, parts: Value) -> Value {
    input(json!([{"role": role, "content": parts}]))[0]["content"].clone()
}

#[test]
fn messages_keep_their_place_and_their_role() {
    let messages = json!([
        {"role": "developer", "content": "a"},
        {"role": "user", "content": "b"},
        {"role": "system", "content": [{"type": "text", "text": "c"}]},
    ]);
    check! {
        input(messages.clone()) => [
            {"role": "developer", "content": "a"},
            {"role": "user", "content": "b"},
            {"role": "system", "content": [{"type": "input_text", "text": "c"}]}];
    }
    // Not everybody has the newer name.
    let xai = Wire::sse("xai").api("responses");
    let encoded = xai.encode(&conversation(messages), &target()).unwrap();
    assert_eq!(body(&encoded)["input"][0]["role"], "system");
}

#[test]
fn parts_have_their_own_names() {
    let url = "https://e.org/a.png";
    let native = json!([{"type": "input_image", "file_id": "f"}, {"type": "input_text",
        "text": "t"}, {"type": "new_kind", "a": 1}]);
    let file = json!({"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="});
    check! {
        parts("user", json!([{"type": "text", "text": "t"}])) =>
            [{"type": "input_text", "text": "t"}];
        parts("user", json!([{"type": "image_url", "image_url": {"url": url, "detail": "low"}}])) =>
            [{"type": "input_image", "image_url": url, "detail": "low"}];
        parts("user", json!([{"type": "image_url", "image_url": url}])) =>
            [{"type": "input_image", "image_url": url}];
        parts("user", json!([{"type": "image_url", "image_url": {"file_id": "f"}}])) =>
            [{"type": "input_image", "file_id": "f"}];
        parts("user", json!([{"type": "file", "file": file}])) =>
            [{"type": "input_file", "filename": "a.pdf",
                "file_data": "data:application/pdf;base64,AA=="}];
        parts("user", json!([{"type": "file", "file": {"file_id": "f", "filename": null}}])) =>
            [{"type": "input_file", "file_id": "f"}];
        parts("user", json!([{"type": "file", "file": {"file_data": "https://e.org/a.pdf"}}])) =>
            [{"type": "input_file", "file_url": "https://e.org/a.pdf"}];
        parts("user", json!([{"type": "input_audio", "input_audio": {"data": "AA==",
            "format": "wav"}}])) =>
            [{"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}];
        parts("user", native.clone()) => native;
    }
}

#[test]
fn parts_of_other_wires_are_refused() {
    let message = |part: Value| {
        conversation(json!([{"role": "user", "content": [{"type": "text", "text": "t"}, part]}]))
    };
    let thinking = message(json!({"type": "document", "source": {}}));
    let (field, left) = OPENAI.refused_field(&thinking, &target());
    assert_eq!(field, "messages[0].content[1]");
    assert_eq!(
        left["input"][0]["content"],
        json!([{"type": "input_text", "text": "t"}])
    );
    let image = message(json!({"type": "image_url", "image_url": {}}));
    let refused = OPENAI.refused(&image, &target());
    assert_eq!(refused, "messages[0].content[1].image_url.url is missing");
}

#[test]
fn fields_of_other_wires_are_refused() {
    for field in ["name", "cache_control"] {
        let message = json!([{"role": "user", "content": "t", field: "x", "own": 1}]);
        let (named, left) = OPENAI.refused_field(&conversation(message), &target());
        assert_eq!(named, format!("messages[0].{field}"));
        assert_eq!(
            left["input"],
            json!([{"role": "user", "content": "t", "own": 1}])
        );
    }
}

fn called(id: &str, kind: Value, result: Value) -> Value {
    let call = joined(json!({"id": id}), kind);
    json!([{"role": "assistant", "tool_calls": [call]},
        joined(json!({"role": "tool", "tool_call_id": id}), result)])
}

#[test]
fn calls_and_results_are_items() {
    let function = json!({"type": "function", "function": {"name": "f", "arguments": ""}});
    let free = json!({"function": {"name": "c", "arguments": "x"}, "kind": "custom"});
    let custom = json!({"type": "custom", "custom": {"name": "c", "input": "x"}});
    let image = json!([{"type": "image_url", "image_url": {"url": "https://e.org"}}]);
    let call = json!({"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"});
    let free_call = json!({"type": "custom_tool_call", "call_id": "1", "name": "c", "input": "x"});
    let output = |kind: &str, output: Value| {
        let kind = format!("{kind}_output");
        json!({"type": kind, "call_id": "1", "output": output})
    };
    check! {
        input(called("1", function.clone(), json!({"content": "42", "name": "f"}))) =>
            [call, (output("function_call", json!("42")))];
        input(called("1", function.clone(), json!({"is_error": false}))) =>
            [call, (output("function_call", json!("")))];
        input(called("1", function, json!({ "content": image }))) =>
            [call, (output("function_call",
                json!([{"type": "input_image", "image_url": "https://e.org"}])))];
        input(called("1", free, json!({"content": "r"}))) =>
            [free_call, (output("custom_tool_call", json!("r")))];
        input(called("1", custom, json!({"content": "r"}))) =>
            [free_call, (output("custom_tool_call", json!("r")))];
    }
}

#[test]
fn what_a_call_lacks_is_named() {
    for (messages, expected) in [
        (
            json!([{"role": "tool", "content": "x"}]),
            "messages[0].tool_call_id is missing",
        ),
        (
            json!([{"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]}]),
            "messages[0].tool_calls[0].id is missing",
        ),
        (
            json!([{"role": "assistant", "tool_calls": [{"id": "1", "type": "x"}]}]),
            "messages[0].tool_calls[0].function is missing",
        ),
    ] {
        assert_eq!(OPENAI.refused(&conversation(messages), &target()), expected);
    }
    let old = conversation(json!([{"role": "function", "name": "f", "content": "x"}]));
    assert_eq!(OPENAI.refused_field(&old, &target()).0, "messages[0]");
    let old = json!([{"role": "assistant", "content": "a", "function_call": {"name": "f"}}]);
    let field = OPENAI.refused_field(&conversation(old), &target()).0;
    assert_eq!(field, "messages[0].function_call");
}

/// "Expected a string with maximum length 64"; chat completions take 40.
#[test]
fn ids_of_calls_fit() {
    let function = json!({"function": {"name": "f", "arguments": "{}"}});
    let ids = |wire: Wire, length: usize| {
        let messages = called(
            &"x".repeat(length),
            function.clone(),
            json!({"content": "r"}),
        );
        let encoded = wire.encode(&conversation(messages), &target()).unwrap();
        let input = body(&encoded)["input"].clone();
        assert_eq!(input[0]["call_id"], input[1]["call_id"]);
        input[0]["call_id"].as_str().unwrap().len()
    };
    let local = Wire::sse("vllm").api("responses");
    assert_eq!(
        (ids(OPENAI, 64), ids(OPENAI, 65) < 64, ids(local, 90)),
        (64, true, 90)
    );
}

/// Results of tools that the provider defines and the caller runs, and other items.
#[test]
fn items_may_be_written_as_parts() {
    let approval = json!({"type": "mcp_approval_response", "approval_request_id": "a",
        "approve": true});
    let output = json!({"type": "computer_call_output", "call_id": "c", "output": {"a": 1}});
    let block = json!({"type": "response_items", "items": [{"type": "item_reference", "id": "x"}]});
    let text = json!({"type": "text", "text": "t"});
    check! {
        input(json!([{"role": "user", "content": [approval, output]}])) => [approval, output];
        input(json!([{"role": "user", "content": [block, text]}])) =>
            [{"type": "item_reference", "id": "x"},
            {"role": "user", "content": [{"type": "input_text", "text": "t"}]}];
    }
}

/// "input is empty", also beside instructions.
#[test]
fn there_is_always_some_input() {
    check! {
        input(json!([{"role": "assistant", "content": ""}])) => [{"role": "user", "content": ""}];
        input(json!([{"role": "user"}])) => [{"role": "user", "content": ""}];
        input(json!([{"role": "user", "content": []}])) => [{"role": "user", "content": ""}];
    }
}
