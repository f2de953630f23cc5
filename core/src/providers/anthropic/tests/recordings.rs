//! Recorded traffic of Anthropic through framing and codec, cut in pieces of 1, 3 and 7 bytes and
//! whole. Where it is: `LITER_LLM_RECORDINGS`, else beside the repository.

use std::path::{Path, PathBuf};

use super::*;
use crate::error::ErrorKind;
use crate::event::LlmResponse;
use crate::framing::sse::SseFramer;
use crate::providers::headers;

/// Where we differ from an expectation: exchange, place, what we say instead, and why.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[(
    "anthropic-stream-incomplete_partial_json_response",
    "/calls",
    "[]",
    "the expectation lists a call that the token limit cut; nobody can run it, so it is withheld",
)];

#[test]
#[allow(clippy::print_stderr)]
fn recordings_come_out_as_expected() {
    let mut wrong = Vec::new();
    let exchanges = exchanges();
    for exchange in &exchanges {
        wrong.extend(check(exchange));
    }
    eprintln!("{} exchanges replayed", exchanges.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The folders of all exchanges; none where there are no recordings.
#[allow(clippy::print_stderr)]
pub(super) fn exchanges() -> Vec<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/recordings");
    let root = std::env::var_os("LITER_LLM_RECORDINGS").map_or(beside.into(), PathBuf::from);
    let Ok(folders) = std::fs::read_dir(root.join("anthropic-messages")) else {
        eprintln!("skipped: no recordings of anthropic-messages; set LITER_LLM_RECORDINGS");
        return Vec::new();
    };
    folders.map(|folder| folder.unwrap().path()).collect()
}

pub(super) fn read(exchange: &Path, file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(exchange.join(file)).unwrap()).unwrap()
}

fn check(exchange: &Path) -> Option<String> {
    let name = exchange.file_name().unwrap().to_str().unwrap();
    let response = read(exchange, "response.json");
    let mut expected = wanted(&read(exchange, "expected.json"), &response);
    for (_, place, ours, _) in DIFFERENCES.iter().filter(|(id, ..)| *id == name) {
        *expected.pointer_mut(place).unwrap() = serde_json::from_str(ours).unwrap();
    }
    let body = std::fs::read(exchange.join("response.body")).unwrap();
    for size in [1, 3, 7, body.len().max(1)] {
        let heard = replay(&response, &body, size);
        if heard != expected {
            let place = format!("{name}, pieces of {size}");
            return Some(format!("{place}\n  got  {heard}\n  want {expected}"));
        }
    }
    None
}

/// What the expectation says, in the words of `replay`.
fn wanted(expected: &Value, response: &Value) -> Value {
    let error = match &expected["error"] {
        Value::Null => Value::Null,
        error => json!([
            error["category"],
            // In a stream the expectation leaves it open; an overload passes.
            error["retryable"]
                .as_bool()
                .unwrap_or(error["category"] == "overloaded"),
            error["retry_after_ms"].as_f64(),
            error["request_id"],
        ]),
    };
    if response["status"] != 200 {
        return json!({ "error": error });
    }
    let calls = expected["tool_calls"].as_array().into_iter().flatten();
    let calls = calls.map(|call| json!([call["id"], call["name"], call["arguments"]]));
    json!({
        "id": expected["response_id"],
        "model": expected["model"],
        "text": expected["text"],
        "reasoning": expected["reasoning"],
        "calls": calls.collect::<Vec<_>>(),
        "signatures": expected.get("reasoning_signatures").unwrap_or(&json!([])),
        "redacted": expected["redacted_reasoning_blocks"].as_u64().unwrap_or_default(),
        "stop_sequence": expected["stop_sequence"],
        "stop_details": expected["stop_details"],
        "finish": [expected["finish_reason"], expected["finish_reason_raw"]],
        "usage": expected["usage"],
        "usage_raw": expected["usage_raw"],
        "error": error,
    })
}

/// The answer that a client would have, its finish, and its error.
pub(super) fn response(
    response: &Value,
    body: &[u8],
    size: usize,
) -> (LlmResponse, crate::providers::Finish, Option<LlmError>) {
    let mut decoder = decoder();
    let mut batch = EventBatch::default();
    let error = if response["framing"] == "none" {
        decoder.whole(body, &mut batch).err()
    } else {
        let mut framer = SseFramer::new(1 << 20);
        let mut each = |frame: Frame<'_>| decoder.frame(frame, &mut batch);
        let mut pieces = body.chunks(size);
        pieces
            .try_for_each(|piece| framer.feed(piece, &mut each))
            .err()
    };
    if error.is_none() {
        assert_eq!(decoder.progress(), Progress::Done);
        decoder.close(&mut batch);
    }
    let finish = decoder.finish();
    assert_eq!(finish.unknown_events, 0);
    let mut whole = LlmResponse::default();
    batch
        .drain()
        .into_iter()
        .for_each(|event| whole.push(event));
    (whole, finish, error)
}

fn replay(recorded: &Value, body: &[u8], size: usize) -> Value {
    let status = u16::try_from(recorded["status"].as_u64().unwrap()).unwrap();
    if status != 200 {
        let error = Anthropic.error(status, body);
        assert_eq!(
            (error.status, error.provider),
            (Some(status), Some("anthropic"))
        );
        return json!({"error": said_of(&error, recorded)});
    }
    let (whole, finish, error) = response(recorded, body, size);
    let calls = whole.tool_calls.iter().map(|call| {
        json!([
            call.id,
            call.name,
            serde_json::from_str::<Value>(&call.arguments).ok()
        ])
    });
    let blocks = json!(whole.message().content);
    let blocks: Vec<Value> = blocks.as_array().cloned().unwrap_or_default();
    let kind = |kind: &'static str| blocks.iter().filter(move |block| block["type"] == kind);
    let part = |kind: &str| {
        whole
            .parts
            .iter()
            .find(|part| part["type"] == kind)
            .map(|part| &part[kind])
    };
    let mut usage = json!(finish.usage);
    let usage_fields = usage.as_object_mut();
    let usage_raw = usage_fields.and_then(|usage| {
        // The expectations do not know it.
        usage.shift_remove("reasoning_tokens");
        usage.shift_remove("raw")
    });
    json!({
            "id": whole.start.id,
            "model": Some(&whole.start.model).filter(|model| !model.is_empty()),
            "text": whole.text,
            "reasoning": whole.reasoning,
            "calls": calls.collect::<Vec<_>>(),
            "signatures": kind("thinking").map(|block| &block["signature"]).collect::<Vec<_>>(),
            "redacted": kind("redacted_thinking").count(),
            "stop_sequence": part("stop_sequence"),
            "stop_details": part("stop_details"),
            "finish": [finish.reason, finish.reason_raw],
            "usage": usage,
            "usage_raw": usage_raw,
            "error": error.map(|error| said_of(&error, recorded)),
    })
}

/// The error's category, whether to retry, when, and the name of the request.
fn said_of(error: &LlmError, response: &Value) -> Value {
    let mut map = http::header::HeaderMap::new();
    for header in response["headers"].as_array().unwrap() {
        let name = header[0]
            .as_str()
            .unwrap()
            .parse::<http::header::HeaderName>();
        map.insert(name.unwrap(), header[1].as_str().unwrap().parse().unwrap());
    }
    let wait = headers::retry_after_ms(&map, std::time::SystemTime::UNIX_EPOCH);
    let wait = wait.filter(|_| error.retryable).map(|wait| wait as f64);
    let retryable = headers::should_retry(&map).unwrap_or(error.retryable);
    json!([category(error), retryable, wait, error.request_id])
}

/// The recordings' word for a kind; we do not tell apart why a request was wrong, but the message
/// does.
fn category(error: &LlmError) -> &'static str {
    match error.kind {
        ErrorKind::InvalidRequest if error.message.contains("prompt is too long") => {
            "context_length"
        }
        ErrorKind::InvalidRequest => "invalid_request",
        ErrorKind::Authentication => "authentication",
        ErrorKind::NotFound => "not_found",
        ErrorKind::RateLimited => "rate_limit",
        ErrorKind::Overloaded => "overloaded",
        ErrorKind::TooLarge => "too_large",
        _ => error.kind.name(),
    }
}
