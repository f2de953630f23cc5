//! Recorded traffic of OpenAI and of compatible servers through framing and codec, cut in pieces of
//! 1, 3 and 7 bytes and whole. Where it is: `LITER_LLM_RECORDINGS`, else beside the repository.

use std::path::{Path, PathBuf};

use super::*;
use crate::error::ErrorKind;
use crate::event::LlmResponse;
use crate::framing::sse::SseFramer;
use crate::providers::headers;

/// Where we differ from an expectation: exchange, place, what we say instead, and why.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[(
    "openai-json-documented-503-retry-after-http-date",
    "/error/2",
    "10000.0",
    "the expectation leaves dates out; the wait follows from the response's own date header",
)];

const APIS: &[&str] = &["openai-chat", "openai-compat-chat", "azure-openai-chat"];

#[test]
#[allow(clippy::print_stderr)]
fn recordings_come_out_as_expected() {
    let root = std::env::var_os("LITER_LLM_RECORDINGS").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../shared/recordings"
            ))
        },
        PathBuf::from,
    );
    let mut wrong = Vec::new();
    let mut count = 0;
    for api in APIS {
        let Ok(exchanges) = std::fs::read_dir(root.join(api)) else {
            eprintln!("skipped: no recordings of {api}; set LITER_LLM_RECORDINGS");
            continue;
        };
        for exchange in exchanges {
            count += 1;
            wrong.extend(check(&exchange.unwrap().path()));
        }
    }
    eprintln!("{count} exchanges replayed");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn check(exchange: &Path) -> Option<String> {
    let name = exchange.file_name().unwrap().to_str().unwrap();
    let read = |file: &str| std::fs::read(exchange.join(file)).unwrap();
    let response: Value = serde_json::from_slice(&read("response.json")).unwrap();
    let mut expected = wanted(
        &serde_json::from_slice(&read("expected.json")).unwrap(),
        &response,
    );
    for (_, place, ours, _) in DIFFERENCES.iter().filter(|(id, ..)| *id == name) {
        *expected.pointer_mut(place).unwrap() = serde_json::from_str(ours).unwrap();
    }
    let body = read("response.body");
    for size in [1, 3, 7, body.len().max(1)] {
        let heard = replay(&response, &body, size);
        if heard != expected {
            return Some(format!(
                "{name}, pieces of {size}\n  got  {heard}\n  want {expected}"
            ));
        }
    }
    None
}

/// What the expectation says, in the words of `replay`.
fn wanted(expected: &Value, response: &Value) -> Value {
    let error = match (expected["outcome"].as_str().unwrap(), &expected["error"]) {
        ("truncated", _) => json!([expected["outcome"]]),
        (_, Value::Null) => Value::Null,
        (_, error) => {
            let in_stream = expected["outcome"] == "stream_error";
            let retryable = match error["category"].as_str().unwrap() {
                "server" if in_stream => Value::Bool(true),
                "invalid_request" if in_stream => Value::Bool(false),
                _ => error["retryable"].clone(),
            };
            json!([
                error["category"],
                retryable,
                error["retry_after_ms"].as_f64()
            ])
        }
    };
    if response["status"] != 200 || expected["outcome"] == "error_in_200" {
        return json!({ "error": error });
    }
    let calls: Vec<Value> = expected["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| {
            json!([
                call["id"].as_str().unwrap_or_default(),
                call["name"],
                call["arguments"]
            ])
        })
        .collect();
    json!({
        "text": expected["text"],
        "reasoning": expected["reasoning"],
        "refusal": expected["refusal"],
        "calls": calls,
        "finish": [expected["finish_reason"], expected["finish_reason_raw"]],
        "usage": expected["usage"],
        "usage_raw": expected["usage_raw"],
        "error": error,
    })
}

/// One answer as a client would read it.
fn replay(response: &Value, body: &[u8], size: usize) -> Value {
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    if status != 200 {
        let error = OpenAi.error(status, body);
        assert_eq!(
            (error.status, error.provider),
            (Some(status), Some("openai"))
        );
        return json!({"error": said_of(&error, response)});
    }
    let mut decoder = decoder();
    let mut batch = EventBatch::default();
    let error = if response["framing"] == "none" {
        decoder.whole(body, &mut batch).err()
    } else {
        let mut framer = SseFramer::new(1 << 20);
        let mut each = |frame: Frame<'_>| decoder.frame(frame, &mut batch);
        body.chunks(size)
            .try_for_each(|piece| framer.feed(piece, &mut each))
            .err()
    };
    let is_complete = matches!(decoder.progress(), Progress::Answered | Progress::Done);
    let error = match &error {
        Some(error) if batch.is_empty() && response["framing"] == "none" => {
            return json!({"error": said_of(error, response)});
        }
        Some(error) => said_of(error, response),
        None if is_complete => Value::Null,
        None => json!(["truncated"]),
    };
    if error.is_null() {
        decoder.close(&mut batch);
    }
    let finish = decoder.finish();
    let mut whole = LlmResponse::default();
    batch
        .drain()
        .into_iter()
        .for_each(|event| whole.push(event));
    let calls: Vec<Value> = whole
        .tool_calls
        .iter()
        .map(|call| {
            json!([
                call.id,
                call.name,
                serde_json::from_str::<Value>(&call.arguments).ok()
            ])
        })
        .collect();
    let mut usage = json!(finish.usage);
    let usage_raw = usage
        .as_object_mut()
        .and_then(|usage| usage.shift_remove("raw"));
    json!({
        "text": whole.text,
        "reasoning": whole.reasoning,
        "refusal": whole.refusal,
        "calls": calls,
        "finish": [finish.reason, finish.reason_raw],
        "usage": usage,
        "usage_raw": usage_raw,
        "error": error,
    })
}

/// The error's category, whether to retry, and when.
fn said_of(error: &LlmError, response: &Value) -> Value {
    let retry_after = error.retryable.then(|| {
        let mut map = reqwest::header::HeaderMap::new();
        for header in response["headers"].as_array().unwrap() {
            let name =
                reqwest::header::HeaderName::from_bytes(header[0].as_str().unwrap().as_bytes());
            map.insert(name.unwrap(), header[1].as_str().unwrap().parse().unwrap());
        }
        headers::retry_after_ms(&map, std::time::SystemTime::UNIX_EPOCH)
    });
    json!([
        category(error),
        error.retryable,
        retry_after.flatten().map(|wait| wait as f64)
    ])
}

/// The recordings' word for a kind; we do not tell apart why a request was wrong, but their code
/// and message do.
fn category(error: &LlmError) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| error.message.contains(word));
    match error.kind {
        ErrorKind::InvalidRequest if error.code.as_deref() == Some("content_filter") => {
            "content_filter"
        }
        ErrorKind::InvalidRequest if says(&["context length", "length of all messages"]) => {
            "context_length"
        }
        ErrorKind::InvalidRequest => "invalid_request",
        ErrorKind::Authentication => "authentication",
        ErrorKind::NotFound => "not_found",
        ErrorKind::RateLimited => "rate_limit",
        ErrorKind::QuotaExceeded => "quota",
        ErrorKind::Overloaded => "overloaded",
        ErrorKind::Provider => "server",
        _ => error.kind.name(),
    }
}
