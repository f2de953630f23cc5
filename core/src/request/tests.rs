//! How a request is read, and how a wrong one is named.

use super::*;

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
    assert!(message.starts_with("stop: "), "{message}");
}

#[test]
fn a_wrong_field_does_not_repeat_a_text() {
    for (name, expected) in [
        ("headers", "headers: invalid type: string, expected a map"),
        (
            "max_tokens",
            "max_tokens: invalid type: string, expected u64",
        ),
    ] {
        let text = r#"hidden\", expected a prompt"#;
        let message = message_of(&format!(r#"{{"model":"m","{name}":"{text}"}}"#));
        assert_eq!(message, expected);
    }
    let message = message_of(r#"{"model":"m","api_key":1234567890123}"#);
    assert_eq!(message, "api_key: invalid type: integer, expected a string");
    let message = message_of(r#"{"model":"m","base_url":12345678.5}"#);
    let expected = "base_url: invalid type: floating point, expected a string";
    assert_eq!(message, expected);
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
        (request.max_tokens, request.limits),
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
    assert_eq!(request.provider, None);
    assert_eq!(request.extra["provider"]["order"][0], "a");
    let request = of("\"groq\"").unwrap();
    assert_eq!(request.provider.as_deref(), Some("groq"));
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
    assert_eq!(request.limits.idle_timeout_ms, Some(5));
    assert_eq!(request.messages[0].extra["cache"], 1);
    assert!(!format!("{request:?}").contains("secret"));
}
