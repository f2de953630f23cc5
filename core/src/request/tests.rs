//! How a request is parsed, and how a wrong one is named.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::*;
use crate::declare::entry::Kind;
use crate::parse::FromJson;

fn message_of(json: &str) -> String {
    LlmRequest::from_json(json).unwrap_err().message
}

#[test]
fn names_the_field_that_is_wrong() {
    let user = r#""messages":[{"role":"user","content":"hi"}]"#;
    assert!(message_of("[1]").contains("object"));
    assert!(message_of("{").contains("not JSON"));
    assert!(message_of(&format!("{{{user}}}")).starts_with("model is missing"));
    assert!(message_of(r#"{"model":"m"}"#).starts_with("messages is missing"));
    assert!(message_of(r#"{"model":"m","messages":7}"#).starts_with("messages: "));
    let message = message_of(r#"{"model":"m","messages":[{"role":"king","content":"x"}]}"#);
    assert!(message.starts_with("messages[0].role: "), "{message}");
    let message = message_of(r#"{"model":"m","messages":[{"role":"user","content":7}]}"#);
    assert!(message.starts_with("messages[0].content: "), "{message}");
    let message = message_of(&format!(r#"{{"model":"m",{user},"temperature":"hot"}}"#));
    assert!(message.starts_with("temperature: "), "{message}");
    let message = message_of(&format!(r#"{{"model":"m",{user},"stop":[1]}}"#));
    assert!(message.starts_with("stop[0]: "), "{message}");
}

#[test]
fn a_wrong_field_does_not_repeat_a_text() {
    for (name, expected) in [
        ("headers", "headers: expected an object, got text"),
        (
            "max_tokens",
            "max_tokens: expected a whole number, got text",
        ),
    ] {
        let text = r#"hidden\", expected a prompt"#;
        let message = message_of(&format!(r#"{{"model":"m","{name}":"{text}"}}"#));
        assert_eq!(message, expected);
    }
    let message = message_of(r#"{"model":"m","api_key":1234567890123}"#);
    assert_eq!(message, "api_key: expected text, got a number");
    let message = message_of(r#"{"model":"m","base_url":12345678.5}"#);
    assert_eq!(message, "base_url: expected text, got a number");
    let message = message_of(r#"{"model":"m","messages":"hidden"}"#);
    assert!(!message.contains("hidden"), "{message}");
}

#[test]
fn half_a_surrogate_pair_is_replaced_wherever_it_stands() {
    let request = LlmRequest::from_json(
        r#"{"model":"m","user":"\ud83d","stop":["\udc00x"],"metadata":{"\ud800":"\ud83d\ude00"},
            "messages":[{"role":"user","content":"cut \ud83d here"},
                {"role":"user","content":[{"type":"text","text":"\uD83D\uD83D\uDE00"}]},
                {"role":"assistant","tool_calls":[{"id":"\udfff","function":
                    {"name":"f","arguments":"{\"a\":\"\\ud83d \\ud83d\\ude00\"}"}}]}]}"#,
    )
    .unwrap();
    let messages = serde_json::to_value(&request.messages).unwrap();
    assert_eq!(request.user.as_deref(), Some("\u{fffd}"));
    assert_eq!(request.stop, ["\u{fffd}x"]);
    assert_eq!(request.metadata.unwrap()["\u{fffd}"], "\u{1f600}");
    assert_eq!(messages[0]["content"], "cut \u{fffd} here");
    assert_eq!(messages[1]["content"][0]["text"], "\u{fffd}\u{1f600}");
    let call = &messages[2]["tool_calls"][0];
    assert_eq!(call["id"], "\u{fffd}");
    let arguments = "{\"a\":\"\\ufffd \\ud83d\\ude00\"}";
    assert_eq!(call["function"]["arguments"], arguments);
    // What is wrong beside it is still wrong.
    assert!(message_of(r#"{"model":"\ud83d""#).contains("not JSON"));
}

#[test]
fn a_null_is_the_same_as_an_absent_field() {
    let names = [
        "max_tokens",
        "temperature",
        "top_p",
        "stop",
        "seed",
        "tools",
        "tool_choice",
        "response_format",
        "reasoning_effort",
        "stream",
        "user",
        "metadata",
        "provider",
        "api_key",
        "base_url",
        "headers",
        "lenient",
        "extra_body",
        "retries_max",
        "max_completion_tokens",
        "stream_options",
        "logprobs",
        "something_new",
    ];
    let nulls: String = names
        .iter()
        .map(|name| format!(",\"{name}\":null"))
        .collect();
    let request = LlmRequest::from_json(&format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"hi","name":null,
            "annotations":[],"tool_calls":null,"tool_call_id":null}}]{nulls}}}"#
    ))
    .unwrap();
    assert!(request.extra.is_empty() && request.messages[0].extra.is_empty());
    assert_eq!(request.messages[0], Message::user("hi"));
    assert_eq!(
        (request.max_tokens, request.call.limits),
        (None, CallLimits::default())
    );
}

#[test]
fn an_object_named_provider_is_not_ours() {
    let of = |provider: &str| {
        let messages = r#""messages":[{"role":"user","content":"hi"}]"#;
        let json = format!(r#"{{"model":"m",{messages},"provider":{provider}}}"#);
        LlmRequest::from_json(&json)
    };
    let request = of(r#"{"order":["a"]}"#).unwrap();
    assert_eq!(request.call.provider, None);
    assert_eq!(request.extra["provider"]["order"][0], "a");
    let request = of("\"groq\"").unwrap();
    assert_eq!(request.call.provider.as_deref(), Some("groq"));
    assert!(request.extra.is_empty());
    assert!(of("7").unwrap_err().message.starts_with("provider: "));
}

#[test]
fn keeps_unknown_fields_and_never_shows_a_key() {
    let request = LlmRequest::from_json(
        r#"{"model":"m","messages":[{"role":"user","content":"secret","cache":1}],
           "api_key":"sk-secret-key","headers":{"x-any":"secret"},
           "base_url":"https://me:secret@host/v1","logit_bias":{"1":2},"idle_timeout_ms":5}"#,
    )
    .unwrap();
    assert_eq!(request.extra.len(), 1);
    assert_eq!(request.call.limits.idle_timeout_ms, Some(5));
    assert_eq!(request.messages[0].extra["cache"], 1);
    assert!(!format!("{request:?}").contains("secret"));
}

/// What a caller may write where it should not: null, scalars, lists and objects.
fn anything() -> impl Strategy<Value = Value> {
    let names = [
        "role",
        "content",
        "type",
        "text",
        "id",
        "function",
        "name",
        "tool_calls",
    ];
    let more = [
        "arguments",
        "description",
        "strict",
        "parameters",
        "tool_call_id",
        "other",
    ];
    let name = select([names.as_slice(), more.as_slice()].concat());
    let words = vec!["user", "tool", "function", "text", "robot", "", "\u{e9}"];
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => select(vec![json!(0), json!(-7), json!(0.5)]),
        4 => select(words).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 4, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            3 => prop::collection::vec((name.clone(), inner), 0..4).prop_map(|fields| {
                fields.into_iter().map(named).collect()
            }),
        ]
    })
}

/// serde takes `{"user":null}` for a role too; we do not.
fn named((name, value): (&str, Value)) -> (String, Value) {
    match name == "role" && value.is_object() {
        true => (name.to_owned(), Value::Null),
        false => (name.to_owned(), value),
    }
}

/// Both agree on whether a value is one; and the message about another value is ours.
fn agree<T: FromJson + serde::de::DeserializeOwned>(value: Value) -> Result<(), TestCaseError> {
    let ours = T::from_json(value.clone(), Kind::ListOfObjects);
    let ours = ours
        .map(drop)
        .map_err(|mismatch| mismatch.into_error("field").message);
    let serdes = serde_json::from_value::<T>(value.clone());
    prop_assert_eq!(ours.is_ok(), serdes.is_ok(), "{}: {:?}", value, ours);
    prop_assert!(
        !format!("{ours:?}").contains("unexpected"),
        "{value}: {ours:?}"
    );
    Ok(())
}

proptest! {
    #[test]
    fn shapes_and_structs_agree_on_any_value(value in anything()) {
        agree::<Vec<Message>>(value.clone())?;
        agree::<Vec<Message>>(json!([value.clone()]))?;
        agree::<Vec<Message>>(json!([{"role": "user", "content": value.clone()}]))?;
        agree::<Vec<Message>>(json!([{"role": "user", "tool_calls": value.clone()}]))?;
        agree::<Vec<Tool>>(value.clone())?;
        agree::<Vec<Tool>>(json!([value.clone()]))?;
        agree::<Vec<Tool>>(json!([{"type": "function", "function": value}]))?;
    }
}

/// A request of any text: that it is parsed in the same way by both routes is checked wherever one
/// is parsed (`check_same`); here are fields that come twice.
#[test]
fn the_last_of_equal_fields_holds() {
    let request = LlmRequest::from_json(
        r#"{"model":"a","messages":[],"user":"u","messages":[
            {"role":"tool","content":[],"role":"user","name":"a","content":"hi","x":1,"name":"b",
                "tool_call_id":"t","x":null,"tool_calls":[{"id":"a"}],"tool_calls":null}],
            "model":"b","user":null}"#,
    )
    .unwrap();
    let mut expected = Message::user("hi");
    expected.tool_call_id = Some("t".to_owned());
    expected.extra.insert("name".to_owned(), json!("b"));
    assert_eq!((request.model.as_str(), request.user), ("b", None));
    assert_eq!(request.messages, [expected]);
    let message = message_of(r#"{"model":"a","messages":[{"role":"user"}],"messages":null}"#);
    assert!(message.starts_with("messages is missing"), "{message}");
    let message = message_of(r#"{"model":"a","messages":[{"role":"user","role":null}]}"#);
    assert!(message.starts_with("messages[0].role: "), "{message}");
}

/// The first of several fields that are no field of an operation is named, messages too.
#[test]
fn the_first_field_of_another_operation_is_named() {
    let message_of = |fields: &str| {
        let json = format!(r#"{{"operation":"script",{fields}}}"#);
        AnyRequest::from_json(&json).unwrap_err().message
    };
    let messages = r#""messages":[{"role":"user","content":"hi"}]"#;
    let message = message_of(&format!(r#"{messages},"model":"m""#));
    assert!(message.starts_with("\"messages\" is a field"), "{message}");
    let message = message_of(&format!(r#""model":"m",{messages}"#));
    assert!(message.starts_with("\"model\" is no field"), "{message}");
}

proptest! {
    #[test]
    fn any_messages_are_the_same_by_both_routes(value in anything()) {
        let message = json!([{"role": "user", "content": value}]);
        for messages in [value.clone(), json!([value]), message] {
            let json = json!({"model": "m", "messages": messages, "other": value});
            let _ = LlmRequest::from_json(&json.to_string());
        }
    }
}

/// The places of all values inside a value, as JSON pointers.
fn places(value: &Value, place: String, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Array(list) => (0..).map(|at: usize| at.to_string()).zip(list).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        places(value, format!("{place}/{name}"), found);
    }
    found.push(place);
}

/// Every value of these lists is replaced by values of every type, one at a time.
#[test]
fn shapes_and_structs_agree_on_every_field() {
    let call = json!({"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let part = json!({"type": "text", "text": "hi"});
    let messages = json!([{"role": "user", "content": [part], "tool_calls": [call],
        "tool_call_id": "a", "name": "n"}]);
    let function = json!({"name": "f", "description": "d", "parameters": {}, "strict": true});
    let tools = json!([{"type": "function", "function": function, "other": 1}]);
    let others = json!([null, true, 7, -0.5, "user", "robot", [], [null], ["a"], {}, {"type": 1}]);
    for (list, is_tools) in [(messages, false), (tools, true)] {
        let mut found = Vec::new();
        places(&list, String::new(), &mut found);
        assert!(found.len() > 5, "{found:?}");
        for (place, other) in found.iter().flat_map(|place| {
            others
                .as_array()
                .unwrap()
                .iter()
                .map(move |other| (place, other))
        }) {
            let mut changed = list.clone();
            *changed.pointer_mut(place).unwrap() = other.clone();
            let agreed = match is_tools {
                true => agree::<Vec<Tool>>(changed),
                false => agree::<Vec<Message>>(changed),
            };
            agreed.unwrap();
        }
    }
}
