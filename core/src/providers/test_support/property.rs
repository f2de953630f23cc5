//! What holds for every stream, however odd: the property tests of each wire put good and bad
//! frames in a row and check this of the result.

use serde_json::Value;

use super::Decoded;
use crate::providers::tool_calls::joined::{assert_ids_differ, assert_joined};

/// Calls are what their deltas add up to, with an id and an index of their own; no text is empty.
pub(crate) fn check_calls(decoded: &Decoded) {
    let events = decoded.list();
    let calls: Vec<&Value> = of_kind(events, "TOOL_CALL").map(|call| &call[1]).collect();
    calls.iter().for_each(|call| assert_joined(events, call));
    assert_ids_differ(&calls);
    let mut indices: Vec<_> = calls.iter().map(|call| call["index"].as_u64()).collect();
    indices.sort_unstable();
    indices.dedup();
    assert_eq!(indices.len(), calls.len());
    assert!(of_kind(events, "TEXT").all(|event| event[1] != ""));
}

/// START comes once and first, calls come last; after an error there are none.
pub(crate) fn check_order(decoded: &Decoded) {
    let events = decoded.list();
    let is = |event: &Value, kind: &str| event[0] == kind;
    assert_eq!(
        of_kind(events, "START").count(),
        usize::from(!events.is_empty())
    );
    assert!(events.first().is_none_or(|event| is(event, "START")));
    let first_call = events.iter().position(|event| is(event, "TOOL_CALL"));
    let after = events.get(first_call.unwrap_or(events.len())..).unwrap();
    assert!(after.iter().all(|event| is(event, "TOOL_CALL")));
    assert!(decoded.error.is_none() || after.is_empty());
}

fn of_kind<'e>(events: &'e [Value], kind: &'e str) -> impl Iterator<Item = &'e Value> {
    events.iter().filter(move |event| event[0] == kind)
}
