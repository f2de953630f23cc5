//! Recorded responses.

use super::*;
use crate::providers::test_support::recordings::{
    assert_none, exchanges, Difference, Exchange, More,
};
use crate::providers::tool_calls::CallIdGenerator;

/// Where we differ from an expectation.
const DIFFERENCES: &[Difference] = &[];

const MORE: More = More {
    expected: |expected| json!({"model": expected["model"]}),
    decoded: |decoded| json!({"model": decoded.response.start.model}),
    expected_error: |_| json!({}),
    error: |_, _| json!({}),
    // Of an error inside a response the expectation leaves open whether to retry.
    retryable: |_| true,
    // What is made of the seed 0.
    id: |index| {
        let mut ids = CallIdGenerator::new(0);
        (0..=index).map(|_| ids.give("")).last().unwrap()
    },
    counts: &[],
};

#[test]
fn recordings_come_out_as_expected() {
    let check = |exchange: Exchange| exchange.check(OLLAMA, &MORE, DIFFERENCES);
    assert_none(exchanges("ollama-chat").into_iter().filter_map(check));
}
