//! Recorded responses of both services.

use super::*;
use crate::providers::test_support::recordings::{
    assert_none, exchanges, Difference, Exchange, More,
};
use crate::providers::tool_calls::CallIdGenerator;

/// Where we differ from an expectation.
const DIFFERENCES: &[Difference] = &[
    (
        "gemini-json-documented-503-unavailable",
        "/error/category",
        "\"overloaded\"",
        "UNAVAILABLE is a lack of capacity, and retried like one",
    ),
    (
        "gemini-json-testgoogleaiwithstreaming",
        "/finish/1",
        "\"STOP\"",
        "the number of an enumeration is replaced by its word",
    ),
];

const MORE: More = More {
    expected: |expected| {
        json!({
            "id": expected["response_id"],
            "model": expected["model"],
            "signatures": expected["thought_signatures"].as_u64().unwrap_or_default(),
        })
    },
    decoded,
    expected_error: |error| json!({"wait": error["retry_after_ms"].as_f64()}),
    error: |_, error| json!({"wait": error.retry_after_ms.map(|ms| ms as f64)}),
    retryable: |_| true,
    // Ids that are made, of the seed of tests.
    id: |index| {
        let mut ids = CallIdGenerator::new(0);
        (0..=index).map(|_| ids.give("")).last().unwrap()
    },
    counts: &[],
};

fn decoded(decoded: &Decoded) -> Value {
    let response = &decoded.response;
    let blocks = json!(response.message().content);
    let blocks = blocks.as_array().into_iter().flatten();
    let parts = blocks
        .filter_map(|block| block["parts"].as_array())
        .flatten();
    json!({
        "id": response.start.id,
        "model": response.start.model,
        "signatures": parts.filter(|part| part.get("thoughtSignature").is_some()).count(),
    })
}

/// The expectation in our terms: it counts tokens apart that we add up, has the reason of a refused
/// prompt in a field of its own, and takes a failed generation without a call
/// for a response.
fn in_our_terms(mut exchange: Exchange) -> Exchange {
    let expected = &mut exchange.expected;
    let reason = expected["prompt_block_reason"].take();
    if !reason.is_null() {
        expected["finish_reason_raw"] = reason;
    }
    let has_calls = expected["tool_calls"]
        .as_array()
        .is_some_and(|calls| !calls.is_empty());
    if expected["finish_reason"] == "error" && !has_calls {
        expected["outcome"] = json!("error_in_200");
        expected["error"] = json!({"category": "server", "retryable": true});
    }
    if let Some(usage) = expected["usage"].as_object_mut() {
        let tools = usage.shift_remove("tool_use_input_tokens");
        let thoughts = usage.get("reasoning_tokens").cloned();
        for (name, more) in [("input_tokens", tools), ("output_tokens", thoughts)] {
            if let Some(more) = more.and_then(|more| more.as_u64()) {
                let count = usage.get(name).and_then(Value::as_u64);
                usage.insert(name.to_owned(), json!(count.unwrap_or_default() + more));
            }
        }
    }
    exchange
}

#[test]
fn recordings_come_out_as_expected() {
    let check = |exchange: Exchange| {
        let exchange = in_our_terms(exchange);
        let wire = if exchange.path.contains("/publishers/") {
            VERTEX
        } else {
            GEMINI
        };
        exchange.check(wire, &MORE, DIFFERENCES)
    };
    assert_none(exchanges("gemini-generate").into_iter().filter_map(check));
}
