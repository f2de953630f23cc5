//! A response in the next request: `LlmResponse::message` encodes to the blocks that came.

use serde_json::Map;

use super::recordings::exchanges;
use super::*;
use crate::providers::test_support::recordings::assert_none;
use crate::request::Message;

#[test]
fn recorded_responses_go_back_as_they_came() {
    let mut exchanges = exchanges();
    exchanges.retain(|one| one.status() == 200 && one.expected["outcome"] == "ok");
    assert_none(exchanges.iter().filter_map(|exchange| {
        let text = std::str::from_utf8(&exchange.body).unwrap();
        let came = if exchange.is_whole() {
            let body: Value = serde_json::from_str(text).unwrap();
            body["content"].as_array().unwrap().clone()
        } else {
            accumulated(text)
        };
        let (name, came) = (&exchange.name, json!(expected(came)));
        let sent = json!(sent(exchange.reply(ANTHROPIC).1));
        (sent != came).then(|| format!("{name}\n  got  {sent}\n  want {came}"))
    }));
}

/// The blocks of a message after it went through JSON, as it does in other languages.
fn sent(message: Message) -> Vec<Value> {
    let hi = json!({"role": "user", "content": "hi"});
    let messages = json!([hi, message, hi]);
    let encoded = encode(&json!({"model": "m", "messages": messages}), &target()).unwrap();
    match body(&encoded)["messages"][1]["content"].take() {
        Value::Array(blocks) => blocks,
        text => vec![json!({"type": "text", "text": text})],
    }
}

/// What we keep of the blocks. Texts that stand side by side become one and lose their citations,
/// which were parts of their own; the caller of a call is absent where it is the usual one.
fn expected(blocks: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for mut block in blocks {
        let fields = block.as_object_mut().unwrap();
        if fields["type"] == "text" {
            fields.shift_remove("citations");
            let text = fields["text"].as_str().unwrap().to_owned();
            match kept.last_mut() {
                _ if text.is_empty() => continue,
                Some(last) if last["type"] == "text" => {
                    last["text"] = json!(last["text"].as_str().unwrap().to_owned() + &text);
                    continue;
                }
                _ => {}
            }
        }
        if fields.get("caller") == Some(&json!({"type": "direct"})) && fields["type"] == "tool_use"
        {
            fields.shift_remove("caller");
        }
        kept.push(block);
    }
    kept
}

/// The finished blocks of a stream, put together the plain way.
fn accumulated(stream: &str) -> Vec<Value> {
    let mut blocks: Vec<(Value, String, bool)> = Vec::new();
    for data in stream.lines().filter_map(|line| line.strip_prefix("data:")) {
        let event: Value = serde_json::from_str(data).unwrap();
        let delta = &event["delta"];
        let index = event["index"].as_u64().unwrap_or_default() as usize;
        let mut append = |field: &str| {
            let old = blocks[index].0[field]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            blocks[index].0[field] = json!(old + delta[field].as_str().unwrap());
        };
        match (
            event["type"].as_str().unwrap(),
            delta["type"].as_str().unwrap_or_default(),
        ) {
            ("content_block_start", _) => {
                blocks.push((event["content_block"].clone(), String::new(), false));
            }
            ("content_block_stop", _) => blocks[index].2 = true,
            (_, "text_delta") => append("text"),
            (_, "thinking_delta") => append("thinking"),
            (_, "signature_delta") => append("signature"),
            (_, "input_json_delta") => {
                blocks[index]
                    .1
                    .push_str(delta["partial_json"].as_str().unwrap());
            }
            _ => {}
        }
    }
    let finished = blocks.into_iter().filter(|(.., is_finished)| *is_finished);
    let input = |(mut block, input, _): (Value, String, bool)| {
        if !input.is_empty() {
            block["input"] = serde_json::from_str(&input).unwrap();
        }
        block
    };
    finished.map(input).collect()
}

#[test]
fn thinking_and_calls_go_back_in_their_order() {
    let blocks = json!([
        {"type": "thinking", "thinking": "Hm", "signature": "Eq+/=="},
        {"type": "redacted_thinking", "data": "EmwK"},
        {"type": "text", "text": "I look"},
        {"type": "server_tool_use", "id": "s", "name": "code_execution", "input": {"code": "f()"}},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"b": 1.5, "a": [null]},
            "caller": {"type": "code_execution_20250825", "tool_id": "s"}},
        {"type": "code_execution_tool_result", "tool_use_id": "s", "content": {"stdout": "1"}},
        {"type": "tool_use", "id": "u", "name": "g", "input": {}},
        {"type": "text", "text": "and more"},
        {"type": "tool_use", "id": "v", "name": "h", "input": {}},
    ]);
    let body = json!({"content": blocks, "stop_reason": "tool_use"});
    let response = whole(body.to_string()).response;
    assert_eq!(response.tool_calls.len(), 3);
    assert_eq!(Value::Array(sent(response.message())), blocks);

    let part: Map<String, Value> = response.parts.first().cloned().unwrap_or_default();
    assert_eq!(part, Map::new());
}
