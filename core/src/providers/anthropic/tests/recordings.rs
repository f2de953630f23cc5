//! Recorded responses of Anthropic.

use super::*;
use crate::providers::test_support::recordings::{self, assert_none, Difference, Exchange, More};

/// Where we differ from an expectation.
const DIFFERENCES: &[Difference] = &[(
    "anthropic-stream-incomplete_partial_json_response",
    "/calls",
    "[]",
    "the expectation lists a call that the token limit cut; nobody can run it, so it is withheld",
)];

const MORE: More = More {
    expected: |expected| {
        json!({
            "id": expected["response_id"],
            "model": expected["model"],
            "signatures": expected.get("reasoning_signatures").unwrap_or(&json!([])),
            "redacted": expected["redacted_reasoning_blocks"].as_u64().unwrap_or_default(),
            "stop_sequence": expected["stop_sequence"],
            "stop_details": expected["stop_details"],
        })
    },
    decoded,
    expected_error: |error| {
        let wait = error["retry_after_ms"].as_f64();
        json!({"retry_after_ms": wait, "request_id": error["request_id"]})
    },
    error: |exchange, error| {
        let wait = exchange.wait(error);
        json!({"retry_after_ms": wait, "request_id": error.request_id})
    },
    // In a stream the expectation leaves it open; an overload passes.
    retryable: |error| error["category"] == "overloaded",
    id: |_| String::new(),
    // The expectations do not know it.
    counts: &["reasoning_tokens"],
};

fn decoded(decoded: &Decoded) -> Value {
    let response = &decoded.response;
    let blocks = json!(response.message().content);
    let blocks: Vec<Value> = blocks.as_array().cloned().unwrap_or_default();
    let kind = |kind: &'static str| blocks.iter().filter(move |block| block["type"] == kind);
    let part = |kind: &str| {
        let part = response.parts.iter().find(|part| part["type"] == kind);
        part.map(|part| &part[kind])
    };
    json!({
        "id": response.start.id,
        "model": Some(&response.start.model).filter(|model| !model.is_empty()),
        "signatures": kind("thinking").map(|block| &block["signature"]).collect::<Vec<_>>(),
        "redacted": kind("redacted_thinking").count(),
        "stop_sequence": part("stop_sequence"),
        "stop_details": part("stop_details"),
    })
}

pub(super) fn exchanges() -> Vec<Exchange> {
    recordings::exchanges("anthropic-messages")
}

#[test]
fn recordings_come_out_as_expected() {
    let exchanges = exchanges();
    let check = |exchange: &Exchange| exchange.check(ANTHROPIC, &MORE, DIFFERENCES);
    assert_none(exchanges.iter().filter_map(check));
}
