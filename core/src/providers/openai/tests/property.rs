//! What holds for every stream, however odd: good and bad frames in a row.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::providers::test_support::property::{check_calls, check_order};

/// A chunk of what may stand in one, and frames that are none.
fn frame() -> impl Strategy<Value = String> {
    let text =
        select(list! { json!("a"), json!(""), json!(null), json!([{"text": "b"}]) }.to_vec());
    let id = prop::option::of(select(vec!["", "x", "y"]));
    let name = prop::option::of(select(vec!["", "f"]));
    let arguments = select(list! { json!(""), json!("{}"), json!(null), json!({"a": 1}) }.to_vec());
    let call = (prop::option::of(0..3_u64), id, name, arguments);
    let call = call.prop_map(|(index, id, name, arguments)| {
        json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}})
    });
    let calls = prop::collection::vec(call, 0..3);
    let reason = prop::option::weighted(0.1, select(vec!["stop", "length"]));
    let chunk = (text, calls, reason).prop_map(|(content, calls, reason)| {
        let delta = json!({"content": content, "tool_calls": calls, "refusal": reason});
        json!({"id": "c", "choices": [{"delta": delta, "finish_reason": reason}]}).to_string()
    });
    let odd = list! {
        "[DONE]", "{}", "", "nonsense", r#"{"error":"m"}"#, r#"{"choices":[]}"#,
    };
    prop_oneof![12 => chunk, 1 => select(odd.to_vec()).prop_map(str::to_owned)]
}

proptest! {
    #[test]
    fn events_keep_their_order_and_calls_are_their_deltas(
        frames in prop::collection::vec(frame(), 0..20),
    ) {
        let decoded = stream(&frames.iter().map(String::as_str).collect::<Vec<_>>());
        check_order(&decoded);
        check_calls(&decoded);
    }
}
