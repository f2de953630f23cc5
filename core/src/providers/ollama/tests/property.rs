//! What holds for every stream, however odd: good and bad lines in a row.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::providers::test_support::property::{check_calls, check_order};

fn a_text() -> impl Strategy<Value = Value> {
    let texts = list! { json!("a"), json!(""), json!(null), json!("é"), json!(["b"]), json!(7) };
    select(texts.to_vec())
}

fn a_line() -> impl Strategy<Value = Value> {
    let said = (a_text(), a_text())
        .prop_map(|(text, thinking)| line(json!({"content": text, "thinking": thinking})));
    let arguments = select(list! { json!({}), json!({"x": 1}), json!("{}"), json!(null) }.to_vec());
    let call = (a_text(), a_text(), arguments).prop_map(|(id, name, arguments)| {
        let function = json!({"name": name, "arguments": arguments});
        calls(json!([{"id": id, "function": function}]))
    });
    let odd = vec![
        json!(""),
        json!("nonsense"),
        json!({}),
        json!({"message": 1}),
        json!("[DONE]"),
    ];
    let reasons = vec![
        json!("stop"),
        json!("length"),
        json!(""),
        json!(null),
        json!("error"),
    ];
    prop_oneof![
        8 => said,
        5 => call,
        1 => select(odd),
        1 => select(reasons).prop_map(done),
    ]
}

proptest! {
    #[test]
    fn lines_keep_their_order(lines in prop::collection::vec(a_line(), 0..20)) {
        let named = json!({"model": "named", "message": {"content": "begin"}});
        let decoded = OLLAMA.stream(&[&[named], &*lines].concat());
        check_order(&decoded);
        check_calls(&decoded);
    }
}
