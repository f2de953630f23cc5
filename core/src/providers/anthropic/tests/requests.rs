//! Recorded requests: what a user of ours would have written instead encodes to a body that means
//! the same.

use serde_json::Map;

use super::recordings::exchanges;
use super::*;
use crate::providers::test_support::recordings::{apply, assert_none, Difference};

/// Where our body means something else than the recorded one.
const DIFFERENCES: &[Difference] = &[(
    "anthropic-json-sdk_f59a9391_1",
    "/messages/0/content",
    r#"[{"type": "tool_result", "tool_use_id": "toolu_01GHndag5wQmbzNihYmV2UBj", "content":
        "The weather in San Francisco, CA is currently sunny with a temperature of 20°C."},
        {"type": "text", "text": "What's the weather in SF in Celsius?"}]"#,
    "results come first in their turn; the API refuses this one anyway, since no call is before it",
)];

#[test]
fn recorded_requests_are_written_the_same() {
    let requests = exchanges().into_iter().filter(|one| !one.request.is_null());
    assert_none(requests.filter_map(|exchange| {
        let (name, recorded) = (&exchange.name, &exchange.request);
        let target = Target {
            stream: recorded["stream"] == true,
            ..target()
        };
        let encoded = encode(&unified(recorded), &target).unwrap();
        assert_eq!(encoded.warnings, Vec::<String>::new(), "{name}");
        let mut expected = meaning(recorded.clone());
        apply(DIFFERENCES, name, &mut expected);
        let ours = meaning(body(&encoded));
        (ours != expected).then(|| format!("{name}\n  got  {ours}\n  want {expected}"))
    }));
}

/// The request in our shape.
fn unified(body: &Value) -> Value {
    let mut messages = Vec::new();
    for message in body["messages"].as_array().unwrap() {
        match message["role"].as_str().unwrap() {
            "user" => messages.extend(user(&message["content"])),
            _ => messages.push(assistant(&message["content"])),
        }
    }
    let mut request = Map::new();
    for (name, value) in body.as_object().unwrap() {
        let (name, value) = match name.as_str() {
            "system" => {
                messages.insert(0, json!({"role": "system", "content": value}));
                continue;
            }
            "messages" => continue,
            "stop_sequences" => ("stop", value.clone()),
            "output_config" => {
                let described = json!({"name": "x", "schema": value["format"]["schema"]});
                (
                    "response_format",
                    json!({"type": "json_schema", "json_schema": described}),
                )
            }
            "tool_choice" => (name.as_str(), value["type"].clone()),
            "tools" => (
                name.as_str(),
                value.as_array().unwrap().iter().map(tool).collect(),
            ),
            name => (name, value.clone()),
        };
        request.insert(name.to_owned(), value);
    }
    request.insert("messages".to_owned(), Value::Array(messages));
    Value::Object(request)
}

/// A user's turn: results of calls are messages of their own.
fn user(content: &Value) -> Vec<Value> {
    let Value::Array(blocks) = content else {
        return vec![json!({"role": "user", "content": content})];
    };
    let mut messages = Vec::new();
    let mut parts = Vec::new();
    for block in blocks {
        let source = &block["source"];
        match (block["type"].as_str().unwrap(), source["type"].as_str()) {
            ("tool_result", _) => messages
                .push(json!({"role": "tool", "content": block["content"],
                "tool_call_id": block["tool_use_id"], "is_error": block["is_error"]})),
            ("image", Some("base64")) => {
                let (kind, data) = (source["media_type"].as_str(), source["data"].as_str());
                let url = format!("data:{};base64,{}", kind.unwrap(), data.unwrap());
                parts.push(json!({"type": "image_url", "image_url": {"url": url}}));
            }
            _ => parts.push(block.clone()),
        }
    }
    if !parts.is_empty() {
        messages.push(json!({"role": "user", "content": parts}));
    }
    messages
}

/// The model's turn: calls stand behind the content.
fn assistant(content: &Value) -> Value {
    let Value::Array(blocks) = content else {
        return json!({"role": "assistant", "content": content});
    };
    let (calls, parts): (Vec<_>, Vec<_>) = blocks
        .iter()
        .cloned()
        .partition(|block| block["type"] == "tool_use");
    let calls = calls.into_iter().map(|call| {
        let function = json!({"name": call["name"], "arguments": call["input"].to_string()});
        json!({"id": call["id"], "type": "function", "function": function,
            "caller": call["caller"]})
    });
    let calls: Vec<Value> = calls.collect();
    match parts.as_slice() {
        [] => json!({"role": "assistant", "content": null, "tool_calls": calls}),
        parts => json!({"role": "assistant", "content": parts, "tool_calls": calls}),
    }
}

fn tool(tool: &Value) -> Value {
    let mut beside = tool.as_object().unwrap().clone();
    let Some(parameters) = beside.shift_remove("input_schema") else {
        return tool.clone();
    };
    let (name, description) = (
        beside.shift_remove("name"),
        beside.shift_remove("description"),
    );
    let function = json!({"name": name, "description": description, "parameters": parameters});
    beside.insert("function".to_owned(), function);
    Value::Object(beside)
}

/// A body in one form of several that mean the same.
pub(super) fn meaning(mut body: Value) -> Value {
    let fields = body.as_object_mut().unwrap();
    if fields.get("stream") == Some(&json!(false)) {
        fields.shift_remove("stream");
    }
    // A tool's null field counts as absent.
    let tools = fields.get_mut("tools").and_then(Value::as_array_mut);
    for tool in tools.into_iter().flatten() {
        tool.as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
    }
    if let Some(system) = fields.get_mut("system") {
        *system = blocks_of(system.take());
    }
    let mut turns: Vec<Value> = Vec::new();
    for turn in fields["messages"].as_array().unwrap() {
        let (role, blocks) = (&turn["role"], blocks_of(turn["content"].clone()));
        match turns.last_mut() {
            Some(last) if last["role"] == *role => {
                let blocks = blocks.as_array().unwrap();
                last["content"]
                    .as_array_mut()
                    .unwrap()
                    .extend_from_slice(blocks);
            }
            _ => turns.push(json!({"role": role, "content": blocks})),
        }
    }
    fields["messages"] = Value::Array(turns);
    body
}

fn blocks_of(content: Value) -> Value {
    match content {
        Value::String(text) => json!([{"type": "text", "text": text}]),
        blocks => blocks,
    }
}
