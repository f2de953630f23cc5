//! The parts of a message. Owns which kinds a server takes.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::vendor::{Reasoning, Vendor};
use crate::request::ContentPart;

/// Parts that every server takes, or refuses with a helpful message.
const COMMON: &[&str] = &[
    "text",
    "refusal",
    "image_url",
    "input_audio",
    "video_url",
    "file",
];

/// Parts of other wires, which no chat completions can carry. Other kinds may be a server's own.
const FOREIGN: &[&str] = &[
    "container_upload",
    "document",
    "image",
    "input_file",
    "input_image",
    "input_text",
    "redacted_thinking",
    "search_result",
    "thinking",
    "tool_result",
    "tool_use",
];

/// A part without what is null, such as the empty fields of a Python model.
pub(super) struct WirePart<'m>(pub(super) &'m ContentPart);

impl Serialize for WirePart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.0.kind)?;
        let fields = self.0.fields.iter();
        for (name, value) in fields.filter(|(_, value)| !value.is_null()) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Whether a part that the caller wrote is another wire's.
pub(super) fn is_foreign(vendor: &Vendor, part: &ContentPart) -> bool {
    FOREIGN.contains(&part.kind.as_str()) && !stays(vendor, part)
}

/// Whether a part of a reply goes out as a part.
pub(super) fn stays(vendor: &Vendor, part: &ContentPart) -> bool {
    let kind = part.kind.as_str();
    COMMON.contains(&kind) || vendor.parts.contains(&kind) || is_own_thinking(vendor, part)
}

/// Mistral's thinking is a list; Anthropic's, of the same name, is text.
fn is_own_thinking(vendor: &Vendor, part: &ContentPart) -> bool {
    matches!(vendor.reasoning, Reasoning::Part(kind) if kind == part.kind)
        && part.fields.get(&part.kind).is_some_and(Value::is_array)
}

/// The text of a part that has nothing else.
pub(super) fn plain_text(part: &ContentPart) -> Option<&str> {
    match part.fields.get("text") {
        Some(Value::String(text)) if part.kind == "text" && part.fields.len() == 1 => Some(text),
        _ => None,
    }
}
