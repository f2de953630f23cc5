//! Responses that go back in the next request, here and to other providers.

use super::*;
use crate::providers::test_support::recordings::exchanges;

/// The parts of a recorded response, with neighbouring unsigned text of a kind merged.
fn recorded_parts(body: &[u8], is_whole: bool) -> Vec<Value> {
    let text = std::str::from_utf8(body).unwrap();
    let documents: Vec<Value> = match is_whole {
        true => vec![serde_json::from_str(text).unwrap()],
        false => {
            let lines = text.lines().filter_map(|line| line.strip_prefix("data:"));
            lines
                .map(|data| serde_json::from_str(data).unwrap())
                .collect()
        }
    };
    let mut merged: Vec<Value> = Vec::new();
    for part in documents.iter().flat_map(|document| {
        let parts = document["candidates"][0]["content"]["parts"].as_array();
        parts.cloned().unwrap_or_default()
    }) {
        let is_text =
            |part: &Value| part.get("text").is_some() && part.get("thoughtSignature").is_none();
        match merged.last_mut() {
            _ if is_text(&part) && part["text"] == "" => {}
            Some(last) if is_text(last) && is_text(&part) && last["thought"] == part["thought"] => {
                let text = format!(
                    "{}{}",
                    last["text"].as_str().unwrap(),
                    part["text"].as_str().unwrap()
                );
                last["text"] = json!(text);
            }
            _ => merged.push(part),
        }
    }
    merged
}

#[test]
fn recorded_responses_go_back_as_they_came() {
    let mut signed = 0;
    for exchange in exchanges("gemini-generate") {
        let is_list = exchange.body.starts_with(b"[");
        if exchange.status() != 200 || is_list {
            continue;
        }
        let (decoded, reply) = exchange.reply(GEMINI);
        if decoded.error.is_some() {
            continue;
        }
        let mut messages = vec![json!({"role": "user", "content": "hi"}), json!(reply)];
        let results = reply.tool_calls.iter();
        messages.extend(
            results.map(|call| json!({"role": "tool", "tool_call_id": call.id, "content": "1"})),
        );
        let next = json!({"model": "gemini-2.5-flash", "messages": messages});
        let contents = body(&GEMINI.encode(&next, &target()).unwrap())["contents"].take();
        let parts = recorded_parts(&exchange.body, exchange.is_whole());
        let is_signed = parts
            .iter()
            .any(|part| part.get("thoughtSignature").is_some());
        if is_signed {
            assert_eq!(contents[1]["parts"], json!(parts), "{}", exchange.name);
            signed += 1;
        }
        for wire in [
            Wire::sse("openai"),
            Wire::sse("anthropic"),
            Wire::sse("cohere"),
        ] {
            let is_built = crate::providers::by_name(wire.name).is_ok();
            let next = json!({"model": "m", "messages": messages, "max_tokens": 5});
            if is_built {
                let text = body(&wire.encode(&next, &target()).unwrap()).to_string();
                assert!(!text.contains("gemini_parts"), "{}: {text}", wire.name);
            }
        }
    }
    let has_any = !exchanges("gemini-generate").is_empty();
    assert!(!has_any || signed > 4, "{signed}");
}

#[test]
fn what_needs_no_block_has_none() {
    let call = json!([{"text": "So"}, {"functionCall": {"name": "f", "args": {}}}]);
    let decoded = GEMINI.stream(&[
        parts(json!([{"text": "Hm", "thought": true}])),
        parts(call),
        end("STOP"),
    ]);
    assert!(
        decoded.list().iter().all(|event| event[0] != "PART"),
        "{:?}",
        decoded.events
    );
}

#[test]
fn what_stays_behind_of_an_edited_reply_is_named_by_its_place() {
    let own = json!([{"text": "a", "thoughtSignature": "s"}]);
    let content = json!([
        {"type": "text", "text": "edited"},
        {"type": "gemini_parts", "parts": own},
        {"type": "thinking", "thinking": "t"},
    ]);
    let messages = json!([{"role": "user", "content": "hi"},
        {"role": "assistant", "content": content}, {"role": "user", "content": "go on"}]);
    let encoded = GEMINI.encode(&request(json!({ "messages": messages })), &target());
    let encoded = encoded.unwrap();
    let contents = body(&encoded)["contents"].take();
    assert_eq!(contents[1]["parts"], json!([{"text": "edited"}]));
    let left = "messages[1].content[2] was left out: gemini takes no \"thinking\"";
    assert_eq!(encoded.warnings, [left]);
}
