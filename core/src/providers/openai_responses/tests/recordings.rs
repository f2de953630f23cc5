//! Recorded responses of OpenAI, Azure and others that have the API.

use serde_json::Value;

use super::*;
use crate::providers::test_support::recordings::{self, assert_none, Difference, Exchange, More};
use crate::providers::{all, Provider};

const APIS: &[&str] = &["openai-responses", "openai-compat-responses"];

/// Where we differ from an expectation.
const DIFFERENCES: &[Difference] = &[
    (
        "openai-stream-error_1",
        "/id",
        "null",
        "START comes with the first content, and there was none",
    ),
    ("openai-stream-error_1", "/model", "\"\"", "the same"),
];

const MORE: More = More {
    expected: |expected| {
        let text = |name: &str| expected[name].as_str().unwrap_or_default();
        json!({
            "id": expected["response_id"],
            "model": expected["model"],
            "refusal": expected["refusal"],
            // The expectations hold a summary apart.
            "reasoning": format!("{}{}", text("reasoning_summary"), text("reasoning")),
            "citations": expected["annotations"].as_u64().unwrap_or_default(),
        })
    },
    decoded: |decoded| {
        let response = &decoded.response;
        let citations = response
            .parts
            .iter()
            .filter(|part| part["type"] == "citation");
        json!({
            "id": response.start.id,
            "model": response.start.model,
            "refusal": response.refusal,
            "citations": citations.count(),
        })
    },
    expected_error: |error| json!({"code": error["code"]}),
    error: |_, error| json!({"code": error.code}),
    retryable: |error| matches!(error["category"].as_str(), Some("server" | "rate_limit")),
    id: |_| String::new(),
    counts: &["cache_write_tokens"],
};

/// Everything that was recorded.
pub(super) fn exchanges() -> Vec<Exchange> {
    APIS.iter()
        .flat_map(|api| recordings::exchanges(api))
        .collect()
}

/// The provider for a recording: an unknown server counts as OpenAI.
pub(super) fn wire(exchange: &Exchange) -> Wire {
    let name = exchange.name.split('-').next().unwrap();
    let speaks = |provider: &&dyn Provider| provider.api() == "responses";
    let mut vendors = all().filter(speaks);
    let vendor = vendors.find(|provider| provider.name() == name);
    vendor.map_or(OPENAI, |provider| {
        Wire::sse(provider.name()).api("responses")
    })
}

#[test]
fn recordings_come_out_as_expected() {
    let exchanges = exchanges();
    let check = |exchange: &Exchange| exchange.check(wire(exchange), &MORE, DIFFERENCES);
    assert_none(exchanges.iter().filter_map(check));
}

/// The output of every recorded response, as the provider wrote it, is what the next request has.
#[test]
fn recorded_output_goes_back_as_it_came() {
    let mut count = 0;
    let wrong = exchanges().into_iter().filter_map(|exchange| {
        if exchange.status() != 200 || exchange.expected["outcome"] != "ok" {
            return None;
        }
        let wire = wire(&exchange);
        let (decoded, message) = exchange.reply(wire);
        assert!(decoded.error.is_none(), "{}", exchange.name);
        let output = output_of(&exchange);
        if output.is_empty() {
            return None;
        }
        count += 1;
        let history = json!([{"role": "user", "content": "hi"}, message]);
        let encoded = wire.encode(&conversation(history), &target()).unwrap();
        let body = body(&encoded);
        let sent = body["input"].as_array().unwrap();
        let is_same = sent[1..] == output && encoded.warnings.is_empty();
        let name = &exchange.name;
        (!is_same).then(|| format!("{name}\n  got  {:?}\n  want {output:?}", &sent[1..]))
    });
    assert_none(wrong.collect::<Vec<_>>());
    assert!(count == 0 || count > 20, "{count}");
}

/// The items of a response: of a stream those that its items ended with.
fn output_of(exchange: &Exchange) -> Vec<Value> {
    if exchange.is_whole() {
        let body: Value = serde_json::from_slice(&exchange.body).unwrap();
        return body["output"].as_array().cloned().unwrap_or_default();
    }
    let text = std::str::from_utf8(&exchange.body).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let events = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let done = events.filter(|event| event["type"] == "response.output_item.done");
    let mut items: Vec<_> = done
        .map(|event| (event["output_index"].as_u64(), event["item"].clone()))
        .collect();
    items.sort_by_key(|(index, _)| *index);
    items.into_iter().map(|(_, item)| item).collect()
}
