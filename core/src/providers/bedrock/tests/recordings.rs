//! Recorded responses of Bedrock.

use super::*;
use crate::providers::test_support::recordings::{self, assert_none, Difference, Exchange, More};

/// Where we differ from an expectation.
const DIFFERENCES: &[Difference] = &[];

const MORE: More = More {
    expected: |expected| {
        let citations = expected["citations_count"].as_u64();
        json!({"citations": citations.unwrap_or_default()})
    },
    decoded: |decoded| {
        let parts = decoded.response.parts.iter();
        json!({"citations": parts.filter(|part| part["type"] == "citation").count()})
    },
    expected_error: |error| {
        let kind = error["type"].as_str();
        json!({"retry_after_ms": error["retry_after_ms"].as_f64(), "type": kind})
    },
    error: |exchange, error| {
        // A recorder dropped the header of some.
        let expected = exchange.expected["error"]["type"].as_str();
        let code = error.code.as_deref().filter(|_| expected.is_some());
        json!({"retry_after_ms": exchange.wait(error), "type": code})
    },
    retryable: |error| error["category"] != "invalid_request",
    id: |_| String::new(),
    counts: &[],
};

pub(super) fn exchanges() -> Vec<Exchange> {
    recordings::exchanges("bedrock-converse")
}

#[test]
fn recordings_come_out_as_expected() {
    let exchanges = exchanges();
    let check = |exchange: &Exchange| exchange.check(BEDROCK, &MORE, DIFFERENCES);
    assert_none(exchanges.iter().filter_map(check));
}

#[test]
fn a_recorded_time_that_was_refused_names_the_clock() {
    for exchange in exchanges() {
        if exchange.status() != 200 {
            let error = exchange.error(BEDROCK);
            let is_clock = exchange.expected["error"]["clock_skew"] == true;
            assert_eq!(
                error.message.contains("the clock of this machine"),
                is_clock
            );
        }
    }
}
