//! Recorded responses of OpenAI and of compatible servers.

use super::*;
use crate::providers::all;
use crate::providers::test_support::recordings::{self, assert_none, Difference, Exchange, More};

const APIS: &[&str] = &[
    "openai-chat",
    "openai-compat-chat",
    "azure-openai-chat",
    "mistral-chat",
];

/// Where we differ from an expectation.
const DIFFERENCES: &[Difference] = &[(
    "openai-json-documented-503-retry-after-http-date",
    "/error/retry_after_ms",
    "10000.0",
    "the expectation leaves dates out; the wait follows from the response's own date header",
)];

const MORE: More = More {
    expected: |expected| json!({"refusal": expected["refusal"]}),
    decoded: |decoded| json!({"refusal": decoded.response.refusal}),
    expected_error: |error| json!({"retry_after_ms": error["retry_after_ms"].as_f64()}),
    error: |exchange, error| json!({"retry_after_ms": exchange.wait(error)}),
    retryable: |error| error["category"] == "server",
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
    let vendor = all().find(|provider| provider.name() == name);
    vendor.map_or(OPENAI, |provider| Wire::sse(provider.name()))
}

#[test]
fn recordings_come_out_as_expected() {
    let exchanges = exchanges();
    let check = |exchange: &Exchange| exchange.check(wire(exchange), &MORE, DIFFERENCES);
    assert_none(exchanges.iter().filter_map(check));
}
