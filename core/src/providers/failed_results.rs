//! Results of tools that failed. Some wires have a mark for that; in the others the text alone says
//! it. Owns which fields of a tool's message stay behind there, and the text of an empty failure.

use serde_json::Value;

use crate::request::{Content, Message, Role};

const MARK: &str = "is_error";
pub(crate) const FAILED_SILENTLY: &str = "the tool failed without a message";

/// Whether the message says that its tool failed.
pub(crate) fn is_failed(message: &Message) -> bool {
    message.role == Role::Tool && message.extra.get(MARK) == Some(&Value::Bool(true))
}

/// Whether a field needs no place in the wire: the id of the call shows which tool it was, and the
/// text whether it failed.
pub(crate) fn stays_behind(message: &Message, name: &str) -> bool {
    message.role == Role::Tool && matches!(name, MARK | "name")
}

/// What a result says that is a failure and empty, so that the model learns of it.
pub(crate) fn silent_failure(message: &Message) -> Option<&'static str> {
    let is_silent = match &message.content {
        None => true,
        Some(Content::Text(text)) => text.trim().is_empty(),
        Some(Content::Parts(parts)) => parts.is_empty(),
    };
    (is_silent && is_failed(message)).then_some(FAILED_SILENTLY)
}

/// The message without the mark, for a wire that takes other fields as they are.
pub(crate) fn take_mark(message: &mut Message) {
    if let Some(text) = silent_failure(message) {
        message.content = Some(Content::Text(text.to_owned()));
    }
    message.extra.shift_remove(MARK);
}

/// Whether [`take_mark`] has something to do.
pub(crate) fn has_mark(message: &Message) -> bool {
    message.role == Role::Tool && message.extra.contains_key(MARK)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{json, Value};

    use crate::providers::test_support::{body, target};
    use crate::providers::{all, Provider, Target};
    use crate::request::LlmRequest;

    /// The wires that have a mark, and what it is in their bodies.
    const MARKS: &[(&str, &str)] = &[
        ("anthropic", r#""is_error":true"#),
        ("bedrock", r#""status":"error""#),
        ("gemini", r#""response":{"error":"#),
    ];

    /// What a wire sends of a call and its result.
    fn sent(codec: &dyn Provider, target: &Target<'_>, result: Value) -> (String, Vec<String>) {
        let call = json!({"id": "call_1", "type": "function",
            "function": {"name": "f", "arguments": "{}"}});
        let request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"},
            {"role": "assistant", "content": "", "tool_calls": [call]}, result]});
        let request = LlmRequest::from_json(&request.to_string()).unwrap();
        let encoded = codec.request(&request, target).unwrap();
        (body(&encoded).to_string(), encoded.warnings)
    }

    #[test]
    fn every_wire_takes_the_result_of_a_tool_that_failed() {
        let versions = ["", "/v1"];
        let chats = all().filter(|codec| codec.has_chat() && codec.wire() != "script");
        let mut wires = 0;
        for codec in chats {
            for base_path in versions {
                let own = target();
                let target = Target { base_path, ..own };
                let mark = MARKS.iter().find(|(wire, _)| *wire == codec.wire());
                for (content, said) in [("broke", "broke"), ("", "failed without a message")] {
                    let result = json!({"role": "tool", "tool_call_id": "call_1",
                        "content": content, "is_error": true});
                    let (text, warnings) = sent(codec, &target, result);
                    let place = format!("{} {}: {text}", codec.name(), codec.api());
                    assert_eq!(warnings, Vec::<String>::new(), "{place}");
                    match mark {
                        Some((_, mark)) => assert!(text.contains(mark), "{place}"),
                        None => assert!(!text.contains("is_error"), "{place}"),
                    }
                    assert!(mark.is_some() || text.contains(said), "{place}");
                }
            }
            wires += 1;
        }
        assert!(wires > 20, "{wires}");
    }
}
