//! What holds for every stream, however odd: good and bad frames in a row.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::providers::test_support::property::{check_calls, check_order};

fn frame() -> impl Strategy<Value = Value> {
    let index = prop::option::of(0..3_u64);
    let kinds = [
        "output_text.delta",
        "output_text.done",
        "reasoning_text.delta",
        "reasoning_summary_text.delta",
        "refusal.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "custom_tool_call_input.delta",
        "output_item.added",
        "output_item.done",
        "web_search_call.searching",
    ];
    let texts = list! { json!("a"), json!(""), json!(null), json!("{}"), json!({"a": 1}) };
    let items = list! {
        message("a"), function_call("x", "f", "{}"), function_call("y", "g", ""),
        function_call("", "", "{\"a\":"), json!({"type": "reasoning", "summary": []}),
        json!({"type": "custom_tool_call", "call_id": "z", "name": "h", "input": "i"}),
        json!({"type": "web_search_call"}), json!(null), json!([]),
    };
    let event = (
        select(kinds.to_vec()),
        index,
        select(texts.to_vec()),
        select(items.to_vec()),
    );
    let event = event.prop_map(|(kind, index, text, item)| {
        json!({"type": format!("response.{kind}"), "output_index": index, "delta": text,
            "text": text, "arguments": text, "item": item})
    });
    let odd = list! {
        json!("[DONE]"), json!({}), json!(""), json!("nonsense"), json!({"type": "error"}),
        created(), completed(), ended("failed", json!({})), ended("incomplete", json!({})),
    };
    prop_oneof![16 => event, 1 => select(odd.to_vec())]
}

proptest! {
    #[test]
    fn events_keep_their_order_and_calls_are_their_deltas(
        frames in prop::collection::vec(frame(), 0..20),
    ) {
        let mut all = vec![created()];
        all.extend(frames);
        all.push(completed());
        let decoded = OPENAI.stream(&all);
        check_order(&decoded);
        if decoded.error.is_none() {
            check_calls_of_functions(&decoded);
        }
        // Whatever it was, it can go back.
        if decoded.error.is_none() {
            let history = json!([{"role": "user", "content": "hi"}, decoded.response.message()]);
            OPENAI.encode(&conversation(history), &lenient()).unwrap();
        }
    }
}

/// Free text is not JSON, which the general check joins.
fn check_calls_of_functions(decoded: &Decoded) {
    let is_free = |event: &Value| event[0] == "TOOL_CALL" && event[1]["extra"]["kind"] == "custom";
    if !decoded.list().iter().any(is_free) {
        check_calls(decoded);
    }
}
