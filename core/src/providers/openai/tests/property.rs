//! What holds for every stream, however odd: chance puts good and bad frames in a row.

use proptest::prelude::*;

use super::*;
use crate::providers::tool_calls::joined::{assert_ids_differ, assert_joined};

/// A chunk of what may stand in one, and frames that are none.
fn frame() -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec![
        json!("a"),
        json!(""),
        json!(null),
        json!([{"text": "b"}]),
    ]);
    let index = prop::option::of(0..3_u64);
    let id = prop::option::of(prop::sample::select(vec!["", "x", "y"]));
    let name = prop::option::of(prop::sample::select(vec!["", "f"]));
    let arguments =
        prop::sample::select(vec![json!(""), json!("{}"), json!(null), json!({"a": 1})]);
    let call = (index, id, name, arguments).prop_map(|(index, id, name, arguments)| {
        json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}})
    });
    let calls = prop::collection::vec(call, 0..3);
    let reason = prop::option::weighted(0.1, prop::sample::select(vec!["stop", "length"]));
    let chunk = (text, calls, reason).prop_map(|(content, calls, reason)| {
        let delta = json!({"content": content, "tool_calls": calls, "refusal": reason});
        json!({"id": "c", "choices": [{"delta": delta, "finish_reason": reason}]}).to_string()
    });
    let odd = vec![
        "[DONE]",
        "{}",
        "",
        "nonsense",
        r#"{"error":"m"}"#,
        r#"{"choices":[]}"#,
    ];
    prop_oneof![12 => chunk, 1 => prop::sample::select(odd).prop_map(str::to_owned)]
}

proptest! {
    #[test]
    fn events_keep_their_order_and_calls_are_their_deltas(
        frames in prop::collection::vec(frame(), 0..20),
    ) {
        let heard = stream(&frames.iter().map(String::as_str).collect::<Vec<_>>());
        let events = heard.events.as_array().unwrap();
        let is = |event: &Value, kind: &str| event[0] == kind;

        let starts = events.iter().filter(|event| is(event, "START")).count();
        prop_assert_eq!(starts, usize::from(!events.is_empty()));
        prop_assert!(events.first().is_none_or(|event| is(event, "START")));
        let first_call = events.iter().position(|event| is(event, "TOOL_CALL"));
        let after = events.get(first_call.unwrap_or(events.len())..).unwrap();
        prop_assert!(after.iter().all(|event| is(event, "TOOL_CALL")));
        prop_assert!(heard.error.is_none() || after.is_empty());
        let calls: Vec<&Value> = after.iter().map(|call| &call[1]).collect();
        calls.iter().for_each(|call| assert_joined(events, call));
        assert_ids_differ(&calls);
    }
}
