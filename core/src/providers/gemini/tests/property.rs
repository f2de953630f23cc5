//! What holds for every stream, however odd: good and bad frames in a row.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::providers::test_support::property::{check_calls, check_order};

fn part() -> impl Strategy<Value = Value> {
    let pieces = list! {
        json!([{"jsonPath": "$.a", "stringValue": "x"}]), json!([]), json!(null), json!({"x": 1}),
    };
    let args = list! { json!({"a": 1}), json!({}), json!(null), json!("text"), json!([1]) };
    let ids = list! { json!("c1"), json!(""), json!(null), json!(7) };
    let names = list! { json!("f"), json!("g"), json!(null), json!("") };
    let call = (
        select(names.to_vec()),
        select(args.to_vec()),
        select(ids.to_vec()),
    );
    let call = call.prop_map(
        |(name, args, id)| json!({"functionCall": {"name": name, "args": args, "id": id}}),
    );
    let piece = (
        select(pieces.to_vec()),
        any::<bool>(),
        select(names.to_vec()),
    );
    let piece = piece.prop_map(|(pieces, goes_on, name)| {
        json!({"functionCall":
            {"partialArgs": pieces, "willContinue": goes_on, "name": name}})
    });
    let odd = list! {
        json!({"text": "a"}), json!({"text": "b", "thought": true}), json!({"text": ""}),
        json!({"text": "c", "thoughtSignature": "cw=="}), json!({"text": 7}), json!(null),
        json!({"thoughtSignature": "cw=="}), json!({"functionCall": {}}),
        json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}}),
        json!({"executableCode": {"code": "1"}}), json!({"new": {"a": 1}}), json!({}),
    };
    prop_oneof![3 => call, 2 => piece, 4 => select(odd.to_vec())]
}

fn frame() -> impl Strategy<Value = String> {
    let reasons = list! { "STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_FUNCTION_CALL", "NEW" };
    let odd = list! {
        "{}", "[DONE]", "", "nonsense", r#"{"error":{"code":500,"message":"m"}}"#, "[]",
        r#"{"candidates":[]}"#, r#"{"promptFeedback":{"blockReason":"OTHER"}}"#, "[{}]",
        r#"{"candidates":null,"usageMetadata":{"promptTokenCount":1}}"#,
    };
    prop_oneof![
        6 => prop::collection::vec(part(), 0..4).prop_map(|list| parts(json!(list)).to_string()),
        1 => select(reasons.to_vec()).prop_map(|reason| end(reason).to_string()),
        1 => select(odd.to_vec()).prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn events_keep_their_order_and_calls_are_their_deltas(
        frames in prop::collection::vec(frame(), 0..12),
    ) {
        let mut frames: Vec<_> = frames.iter().map(|data| ("", data.as_str())).collect();
        let last = end("STOP").to_string();
        frames.push(("", last.as_str()));
        frames.insert(0, ("", r#"{"candidates":[],"responseId":"r"}"#));
        let decoded = GEMINI.frames(frames);
        check_calls(&decoded);
        check_order(&decoded);
    }
}
