//! Recorded responses of both versions.

use super::*;
use crate::providers::test_support::recordings::{
    assert_none, exchanges, Difference, Exchange, More,
};

const WHY: &str = "the wire counts them; the expectation leaves them to usage_raw";

/// Where we hold more than an expectation.
const DIFFERENCES: &[Difference] = &[
    (
        "cohere-json-extended_thinking_command_reasoning_08_2025_returns",
        "/usage/reasoning_tokens",
        "1516",
        WHY,
    ),
    (
        "cohere-stream-citations_command_plus_05_2026_streams_citations",
        "/usage/reasoning_tokens",
        "28",
        WHY,
    ),
];

const MORE: More = More {
    expected: |expected| {
        json!({
            "id": expected["response_id"],
            "tool_plan": expected["tool_plan"].as_str().unwrap_or_default(),
            "citations": expected.get("citations").unwrap_or(&json!([])),
        })
    },
    decoded,
    expected_error: |error| json!({"code": error["type"]}),
    error: |_, error| json!({"code": error.code}),
    // Of an error inside a response the expectation leaves open whether to retry.
    retryable: |_| true,
    // v1 has no ids: ours are made.
    id: |index| format!("call_{index}"),
    counts: &[],
};

fn decoded(decoded: &Decoded) -> Value {
    let response = &decoded.response;
    let blocks = json!(response.message().content);
    let text_of = |kind: &str| {
        let blocks = blocks.as_array().into_iter().flatten();
        let texts = blocks.filter_map(|block| block.get(kind)?.as_str());
        texts.collect::<String>()
    };
    assert_eq!(
        text_of("thinking"),
        response.reasoning,
        "thinking goes back whole"
    );
    let citations = response
        .parts
        .iter()
        .filter(|part| part["type"] == "citation");
    let citations = citations
        .map(|part| json!({"start": part["start"], "end": part["end"], "text": part["text"]}));
    json!({
        "id": response.start.id,
        "tool_plan": text_of("tool_plan"),
        "citations": citations.collect::<Vec<_>>(),
    })
}

#[test]
fn recordings_come_out_as_expected() {
    let check = |api, wire| {
        let check = move |exchange: Exchange| exchange.check(wire, &MORE, DIFFERENCES);
        exchanges(api).into_iter().filter_map(check)
    };
    assert_none(check("cohere-v2-chat", V2).chain(check("cohere-v1-chat", V1)));
}
