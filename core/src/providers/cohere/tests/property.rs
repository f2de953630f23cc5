//! What holds for every stream, however odd: good and bad frames in a row.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::providers::test_support::property::{check_calls, check_order};

fn a_text() -> impl Strategy<Value = Value> {
    let texts = list! { json!("a"), json!(""), json!(null), json!("é"), json!(["b"]), json!(7) };
    select(texts.to_vec())
}

fn arguments() -> impl Strategy<Value = Value> {
    select(list! { json!("{}"), json!(""), json!(null), json!("{\"x"), json!({}) }.to_vec())
}

fn reason() -> impl Strategy<Value = &'static str> {
    select(vec!["COMPLETE", "TOOL_CALL", "MAX_TOKENS", "ERROR", "new"])
}

/// A frame of what may stand in a v2 stream, and some that may not.
fn v2_frame() -> impl Strategy<Value = Value> {
    let kinds = vec![
        "content-start",
        "content-delta",
        "content-end",
        "tool-plan-delta",
        "new",
    ];
    let content = (select(kinds), a_text(), a_text());
    let content = content.prop_map(|(kind, text, thinking)| {
        let content = json!({"text": text, "thinking": thinking});
        event(kind, 0, json!({"content": content, "tool_plan": text}))
    });
    let call = (any::<bool>(), 0..3_u64, a_text(), arguments());
    let call = call.prop_map(|(begins, index, id, arguments)| {
        let kind = if begins {
            "tool-call-start"
        } else {
            "tool-call-delta"
        };
        let function = json!({"name": id, "arguments": arguments});
        event(
            kind,
            index,
            json!({"tool_calls": {"id": id, "function": function}}),
        )
    });
    let odd = vec![
        json!("[DONE]"),
        json!(""),
        json!("nonsense"),
        json!({}),
        json!({"type": "x"}),
    ];
    prop_oneof![
        8 => content,
        6 => call,
        1 => select(odd),
        1 => reason().prop_map(message_end),
    ]
}

/// The same for v1.
fn v1_frame() -> impl Strategy<Value = Value> {
    let text = (any::<bool>(), a_text()).prop_map(|(is_plan, text)| {
        let kind = if is_plan {
            "tool-calls-chunk"
        } else {
            "text-generation"
        };
        json!({"event_type": kind, "text": text})
    });
    let delta = (prop::option::of(0..3_u64), a_text(), arguments());
    let delta = delta.prop_map(|(index, name, parameters)| {
        let delta = json!({"index": index, "name": name, "parameters": parameters});
        json!({"event_type": "tool-calls-chunk", "tool_call_delta": delta})
    });
    let calls = prop::collection::vec((a_text(), arguments()), 0..3).prop_map(|calls| {
        let call = |(name, parameters)| json!({"name": name, "parameters": parameters});
        let calls: Vec<Value> = calls.into_iter().map(call).collect();
        json!({"event_type": "tool-calls-generation", "tool_calls": calls})
    });
    let odd = vec![
        json!(""),
        json!("nonsense"),
        json!({}),
        json!({"event_type": "x"}),
    ];
    prop_oneof![
        6 => text,
        6 => delta,
        3 => calls,
        1 => select(odd),
        1 => reason().prop_map(|reason| stream_end(reason, json!({"text": "t"}))),
    ]
}

proptest! {
    #[test]
    fn v2_keeps_its_order(frames in prop::collection::vec(v2_frame(), 0..20)) {
        holds(V2, &frames);
    }

    #[test]
    fn v1_keeps_its_order(frames in prop::collection::vec(v1_frame(), 0..20)) {
        holds(V1, &frames);
    }
}

fn holds(wire: Wire, frames: &[Value]) {
    let named = json!({"type": "message-start", "event_type": "stream-start", "id": "i",
        "generation_id": "i"});
    let decoded = wire.stream(&[&[named], frames].concat());
    check_order(&decoded);
    check_calls(&decoded);
}
