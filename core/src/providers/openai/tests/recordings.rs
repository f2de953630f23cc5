//! Recorded answers of OpenAI and of compatible servers through framing and codec, cut in pieces of
//! 1, 3 and 7 bytes and whole.

use super::recorded::{exchanges, read, Exchange};
use super::*;
use crate::error::ErrorKind;
use crate::providers::headers;

/// Where we differ from an expectation: exchange, place, what we say instead, and why.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[(
    "openai-json-documented-503-retry-after-http-date",
    "/error/2",
    "10000.0",
    "the expectation leaves dates out; the wait follows from the response's own date header",
)];

#[test]
fn recordings_come_out_as_expected() {
    let wrong: Vec<String> = exchanges().iter().filter_map(check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn check(exchange: &Exchange) -> Option<String> {
    let name = &exchange.name;
    let mut expected = wanted(&exchange.expected, &exchange.response);
    for (_, place, ours, _) in DIFFERENCES.iter().filter(|(id, ..)| id == name) {
        *expected.pointer_mut(place).unwrap() = serde_json::from_str(ours).unwrap();
    }
    for size in [1, 3, 7, exchange.body.len().max(1)] {
        let heard = replay(exchange, size);
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
fn replay(exchange: &Exchange, size: usize) -> Value {
    let response = &exchange.response;
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    if status != 200 {
        let error = exchange.codec.error(status, &exchange.body);
        assert_eq!(
            (error.status, error.provider),
            (Some(status), Some(exchange.codec.name()))
        );
        return json!({"error": said_of(&error, response)});
    }
    let answer = read(exchange, size);
    let error = match &answer.error {
        Some(error) if answer.is_empty && response["framing"] == "none" => {
            return json!({"error": said_of(error, response)});
        }
        Some(error) => said_of(error, response),
        None if answer.is_complete => Value::Null,
        None => json!(["truncated"]),
    };
    let whole = answer.whole;
    assert!([exchange.codec.name(), ""].contains(&whole.start.provider));
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
    let finish = answer.finish;
    let mut usage = json!(finish.usage);
    let usage_raw = usage
        .as_object_mut()
        .and_then(|usage| usage.shift_remove("raw"));
    // The recordings do not say what was written to a cache.
    if let Some(usage) = usage.as_object_mut() {
        usage.shift_remove("cache_write_tokens");
    }
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
        let mut map = http::header::HeaderMap::new();
        for header in response["headers"].as_array().unwrap() {
            let name = http::header::HeaderName::from_bytes(header[0].as_str().unwrap().as_bytes());
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
