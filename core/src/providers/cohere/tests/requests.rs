//! Recorded requests, turned into the one shape for all providers and encoded again: the body has
//! to mean what was recorded.

use super::*;
use crate::providers::test_support::recordings::exchanges;

/// A difference that is meant: what is done to the recorded body before it is compared, and why.
type Rule = (fn(&mut Value), &'static str);

const RULES: &[Rule] = &list! {
    (|body| { body.as_object_mut().unwrap().entry("stream").or_insert(json!(false)); },
        "whether to stream is always sent"),
    (|body| { body.as_object_mut().unwrap().entry("model").or_insert(json!("m")); },
        "a model is always named"),
    (|body| each(body, "/messages", drop_empty_text),
        "an empty text beside tool calls is left out"),
    (|body| { each(body, "/chat_history", |turn| { turn["role"] =
        json!(turn["role"].as_str().unwrap().to_uppercase()); }) },
        "v1's roles are in capitals; the recording library wrote them otherwise"),
    (|body| { each(body, "/chat_history", |turn| { let calls =
        turn.get_mut("tool_calls").and_then(Value::as_array_mut); for call in
        calls.into_iter().flatten() { *call = json!({"name": call["name"], "parameters":
        call["args"]}); } }) },
        "v1's calls have parameters and no id; the recording library wrote args and id"),
    (instructions_first, "instructions at the head of the history are the preamble"),
    (|body| { if body["chat_history"] == json!([]) {
        body.as_object_mut().unwrap().shift_remove("chat_history"); } },
        "an empty history is left out"),
};

fn each(body: &mut Value, list: &str, change: fn(&mut Value)) {
    let list = body.pointer_mut(list).and_then(Value::as_array_mut);
    list.into_iter().flatten().for_each(change);
}

fn drop_empty_text(message: &mut Value) {
    let is_empty = message["content"] == json!([{"type": "text", "text": ""}]);
    if is_empty && message.get("tool_calls").is_some() {
        message.as_object_mut().unwrap().shift_remove("content");
    }
}

fn instructions_first(body: &mut Value) {
    let turns = body.get_mut("chat_history").and_then(Value::as_array_mut);
    if let Some(turns) = turns.filter(|turns| turns.first().is_some_and(|t| t["role"] == "SYSTEM"))
    {
        let turn = turns.remove(0);
        body["preamble"] = turn["message"].clone();
    }
}

#[test]
fn recorded_requests_are_made_again() {
    let mut count = 0;
    for (api, base_path) in [("cohere-v2-chat", "/v2"), ("cohere-v1-chat", "/v1")] {
        for exchange in exchanges(api) {
            let mut expected = exchange.request;
            // Some kept no body; one has no messages, which no request of ours can have.
            if expected.is_null() || expected["messages"] == json!([]) {
                continue;
            }
            let unified = match base_path {
                "/v1" => from_v1(&expected),
                _ => from_v2(&expected),
            };
            let target = Target {
                stream: expected["stream"] == json!(true),
                ..target(base_path)
            };
            let encoded = encode(&unified, &target).unwrap();
            RULES.iter().for_each(|(change, _)| change(&mut expected));
            assert_eq!(body(&encoded), expected, "{}", exchange.name);
            count += 1;
        }
    }
    assert!(count == 0 || count == 34, "{count} requests");
}

fn rename(request: &mut Value, names: &[(&str, &str)]) {
    let fields = request.as_object_mut().unwrap();
    for (theirs, ours) in names {
        if let Some(value) = fields.shift_remove(*theirs) {
            fields.insert((*ours).to_owned(), value);
        }
    }
}

fn from_v2(recorded: &Value) -> Value {
    let mut request = recorded.clone();
    rename(&mut request, &[("p", "top_p"), ("stop_sequences", "stop")]);
    if let Some(choice) = recorded["tool_choice"].as_str() {
        request["tool_choice"] = json!(choice.to_lowercase());
    }
    if recorded["thinking"] == json!({"type": "enabled"}) {
        rename(&mut request, &[("thinking", "reasoning_effort")]);
        request["reasoning_effort"] = json!("high");
    }
    for message in request["messages"].as_array_mut().unwrap() {
        let plan = message.as_object_mut().unwrap().shift_remove("tool_plan");
        if let Some(plan) = plan {
            message["content"] = json!([{"type": "tool_plan", "tool_plan": plan}]);
        }
    }
    request
}

fn from_v1(recorded: &Value) -> Value {
    let mut request = recorded.clone();
    rename(&mut request, &[("stop_sequences", "stop")]);
    let mut messages = Vec::new();
    if let Some(preamble) = recorded["preamble"].as_str() {
        messages.push(json!({"role": "system", "content": preamble}));
    }
    let mut ids = Vec::new();
    for turn in recorded["chat_history"].as_array().into_iter().flatten() {
        let role = match turn["role"].as_str().unwrap() {
            "Chatbot" => "assistant",
            "System" => "system",
            _ => "user",
        };
        let calls = turn["tool_calls"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|call| {
                ids.push(call["id"].clone());
                json!({"id": call["id"], "type": "function",
                "function": {"name": call["name"], "arguments": call["args"].to_string()}})
            });
        let calls: Vec<_> = calls.collect();
        messages.push(json!({"role": role, "content": turn["message"], "tool_calls": calls}));
    }
    let results = recorded["tool_results"].as_array().into_iter().flatten();
    for (result, id) in results.zip(&ids) {
        let output = result["outputs"][0]["output"].as_str().unwrap();
        messages.push(json!({"role": "tool", "tool_call_id": id, "content": output}));
    }
    if recorded.get("tool_results").is_none() {
        messages.push(json!({"role": "user", "content": recorded["message"]}));
    }
    let fields = request.as_object_mut().unwrap();
    for name in ["message", "chat_history", "tool_results", "preamble"] {
        fields.shift_remove(name);
    }
    fields.entry("model").or_insert(json!("m"));
    fields.insert("messages".to_owned(), json!(messages));
    for tool in request["tools"].as_array_mut().into_iter().flatten() {
        let parameters = schema(&tool["parameter_definitions"]);
        *tool = json!({"type": "function", "function": {"name": tool["name"],
            "description": tool["description"], "parameters": parameters}});
    }
    request
}

/// The JSON schema that v1's definitions were made of.
fn schema(definitions: &Value) -> Value {
    let mut properties = definitions.clone();
    let mut required = Vec::new();
    for (name, property) in properties.as_object_mut().unwrap() {
        let is_required = property.as_object_mut().unwrap().shift_remove("required");
        required.extend((is_required == Some(json!(true))).then(|| name.clone()));
        property["type"] = match property["type"].as_str().unwrap() {
            "str" => json!("string"),
            "int" => json!("integer"),
            other => json!(other),
        };
    }
    json!({"type": "object", "properties": properties, "required": required})
}
