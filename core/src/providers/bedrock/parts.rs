//! What a response has beside text and tool calls: blocks that have to go back as they are,
//! citations, images, and what stands beside the stop reason. Owns which PART each becomes.

use serde_json::value::RawValue;
use serde_json::{json, Map, Value};

use crate::event::Event;
use crate::json;
use crate::providers::lenient_json;
use crate::providers::parts::{content_part, part, part_of};

/// A block that has to go back as it is, in the form of a part: its name there is its type.
pub(super) fn content(kind: &str, block: Value) -> Event {
    content_part(json!({"type": kind, kind: block}))
}

/// Reasoning that has to go back: signed, or what only the provider can read. Without both it is
/// not taken back.
pub(super) fn reasoning(text: &str, signature: &str, redacted: &str) -> Option<Event> {
    let block = match (signature, redacted) {
        ("", "") => return None,
        ("", redacted) => json!({ "redactedContent": redacted }),
        (signature, _) => json!({"reasoningText": {"text": text, "signature": signature}}),
    };
    Some(content("reasoningContent", block))
}

/// The provider's fields.
pub(super) fn citation(citation: Value) -> Option<Event> {
    match citation {
        Value::Object(fields) => Some(part("citation", Some("kind"), fields)),
        _ => None,
    }
}

/// An image that the model made: format and source.
pub(super) fn image(fields: Map<String, Value>) -> Event {
    part("image", None, fields)
}

/// What a guardrail did.
pub(super) fn trace(raw: Option<&RawValue>) -> Option<Event> {
    beside("trace", raw)
}

/// What the caller requested of the model's own fields.
pub(super) fn additional(raw: Option<&RawValue>) -> Option<Event> {
    beside("additionalModelResponseFields", raw)
}

fn beside(name: &str, raw: Option<&RawValue>) -> Option<Event> {
    let raw = raw.filter(|raw| lenient_json::is_truthy(raw))?;
    let value: Value = json::parse(raw.get(), &mut String::new()).ok()?;
    Some(part_of(name, name, value))
}
