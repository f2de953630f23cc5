//! Recorded traffic of both versions through framing and codec, cut in pieces of 1, 3 and 7 bytes
//! and whole. Where it is: `LITER_LLM_RECORDINGS`, else beside the repository.

use std::path::{Path, PathBuf};

use super::*;
use crate::error::ErrorKind;
use crate::framing::Framer;

const APIS: [(&str, Framing); 2] = [
    ("cohere-v2-chat", Framing::Sse),
    ("cohere-v1-chat", Framing::Ndjson),
];

/// Where we say more than an expectation: exchange, place, what we say, and why.
const DIFFERENCES: &[(&str, &str, u64, &str)] = &[
    (
        "cohere-json-extended_thinking_command_reasoning_08_2025_returns",
        "reasoning_tokens",
        1516,
        "the wire counts them; the expectation leaves them to usage_raw",
    ),
    (
        "cohere-stream-citations_command_plus_05_2026_streams_citations",
        "reasoning_tokens",
        28,
        "the wire counts them; the expectation leaves them to usage_raw",
    ),
];

pub(super) fn exchanges(api: &str) -> Vec<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/recordings");
    let root = std::env::var_os("LITER_LLM_RECORDINGS").map_or(beside.into(), PathBuf::from);
    let exchanges = std::fs::read_dir(root.join(api)).into_iter().flatten();
    let mut exchanges: Vec<_> = exchanges.map(|exchange| exchange.unwrap().path()).collect();
    exchanges.sort();
    exchanges
}

pub(super) fn document(exchange: &Path, file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(exchange.join(file)).unwrap()).unwrap()
}

#[test]
#[allow(clippy::print_stderr)]
fn recordings_come_out_as_expected() {
    let mut wrong = Vec::new();
    for (api, framing) in APIS {
        let exchanges = exchanges(api);
        eprintln!("{api}: {} exchanges replayed", exchanges.len());
        wrong.extend(
            exchanges
                .iter()
                .filter_map(|exchange| check(exchange, framing)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn check(exchange: &Path, framing: Framing) -> Option<String> {
    let response = document(exchange, "response.json");
    let mut expected = wanted(&document(exchange, "expected.json"), &response);
    for (name, count, ours, _) in DIFFERENCES {
        if exchange.ends_with(name) {
            expected["usage"][count] = json!(ours);
        }
    }
    let body = std::fs::read(exchange.join("response.body")).unwrap();
    for size in [1, 3, 7, body.len().max(1)] {
        let heard = replay(&response, &body, framing, size);
        if heard != expected {
            return Some(format!(
                "{}, pieces of {size}\n  got  {heard}\n  want {expected}",
                exchange.display()
            ));
        }
    }
    None
}

/// What the expectation says, in the words of `replay`.
fn wanted(expected: &Value, response: &Value) -> Value {
    let error = match &expected["error"] {
        Value::Null => Value::Null,
        // Of an error inside an answer the expectation leaves open whether to retry.
        error => json!([
            error["category"],
            error["retryable"].as_bool().unwrap_or(true),
            error["type"],
        ]),
    };
    if response["status"] != 200 {
        return json!({ "error": error });
    }
    let calls = expected["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate();
    let calls = calls.map(|(index, call)| {
        // v1 has no ids: ours are made.
        let made = format!("call_{index}");
        json!([
            call["id"].as_str().unwrap_or(&made),
            call["name"],
            call["arguments"]
        ])
    });
    let raw = expected["usage_raw"]
        .as_object()
        .filter(|raw| !raw.is_empty());
    json!({
        "id": expected["response_id"],
        "text": expected["text"],
        "reasoning": expected["reasoning"],
        "tool_plan": expected["tool_plan"].as_str().unwrap_or_default(),
        "calls": calls.collect::<Vec<_>>(),
        "citations": expected.get("citations").unwrap_or(&json!([])),
        "finish": [expected["finish_reason"], expected["finish_reason_raw"]],
        "usage": expected["usage"],
        "usage_raw": raw,
        "unknown_events": 0,
        "error": error,
    })
}

/// One answer as a client would read it.
fn replay(response: &Value, body: &[u8], framing: Framing, size: usize) -> Value {
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    if status != 200 {
        return json!({"error": said_of(&Cohere.error(status, body))});
    }
    let mut decoder = decoder(framing);
    let mut batch = EventBatch::default();
    let error = if response["framing"] == "none" {
        decoder.whole(body, &mut batch).err()
    } else {
        let mut framer = Framer::new(framing, 1 << 20);
        let mut each = |frame: Frame<'_>| decoder.frame(frame, &mut batch);
        let fed = body
            .chunks(size)
            .try_for_each(|piece| framer.feed(piece, &mut each));
        fed.and_then(|()| framer.end(&mut each)).err()
    };
    let heard = heard(decoder, batch, error);
    assert!(heard.error.is_some() || heard.progress == Progress::Done);
    in_words(&heard)
}

fn in_words(heard: &Heard) -> Value {
    let response = &heard.response;
    let blocks = json!(response
        .message()
        .content
        .unwrap_or(crate::Content::Text(String::new())));
    let said = |kind: &str| {
        let blocks = blocks.as_array().into_iter().flatten();
        blocks
            .filter_map(|block| block.get(kind)?.as_str())
            .collect::<String>()
    };
    assert_eq!(
        said("thinking"),
        response.reasoning,
        "thinking goes back whole"
    );
    let arguments = |text: &str| serde_json::from_str::<Value>(text).ok();
    let calls = response.tool_calls.iter();
    let calls = calls.map(|call| json!([call.id, call.name, arguments(&call.arguments)]));
    let citations = response
        .parts
        .iter()
        .filter(|part| part["type"] == "citation");
    let citations = citations
        .map(|part| json!({"start": part["start"], "end": part["end"], "text": part["text"]}));
    json!({
        "id": response.start.id,
        "text": response.text,
        "reasoning": response.reasoning,
        "tool_plan": said("tool_plan"),
        "calls": calls.collect::<Vec<_>>(),
        "citations": citations.collect::<Vec<_>>(),
        "finish": [heard.finish[0], heard.finish[1]],
        "usage": heard.finish[2],
        "usage_raw": heard.usage_raw,
        "unknown_events": heard.unknown_events,
        "error": heard.error.as_ref().map(said_of),
    })
}

/// The error's category, whether to retry, and its code.
fn said_of(error: &LlmError) -> Value {
    let category = match error.kind {
        ErrorKind::InvalidRequest if error.code.as_deref() == Some("TOO_MANY_TOKENS") => {
            "context_length"
        }
        ErrorKind::InvalidRequest => "invalid_request",
        ErrorKind::Authentication => "authentication",
        ErrorKind::NotFound => "not_found",
        ErrorKind::RateLimited => "rate_limit",
        ErrorKind::Provider if error.status == Some(499) => "unknown",
        ErrorKind::Provider => "server",
        _ => error.kind.name(),
    };
    json!([category, error.retryable, error.code])
}
