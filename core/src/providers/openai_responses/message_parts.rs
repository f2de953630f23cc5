//! The parts of a message in the names of the Responses API. Owns which kinds there are; those that
//! have its form already, or are a server's own, go out as they are.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::unsupported::Unsupported;
use crate::request::ContentPart;

/// Parts of other wires. Other kinds may be a server's own.
const FOREIGN: &[&str] = &[
    "container_upload",
    "document",
    "image",
    "redacted_thinking",
    "search_result",
    "thinking",
    "tool_result",
    "tool_use",
];

/// Kinds of a reply's parts.
const OF_REPLY: &[&str] = &["output_text", "refusal", "text"];

/// A part on its way out.
pub(super) struct WirePart<'m> {
    kind: &'m str,
    fields: Vec<(&'m str, &'m Value)>,
}

impl<'m> WirePart<'m> {
    /// A part with fields of another object, and some of its own.
    fn new(kind: &'m str, part: &'m ContentPart, but: &str, nested: Option<&'m Value>) -> Self {
        let own = part.fields.iter().filter(|(name, _)| *name != but);
        let nested = nested.and_then(Value::as_object).into_iter().flatten();
        let fields = own.chain(nested).filter(|(_, value)| !value.is_null());
        let fields = fields.map(|(name, value)| (name.as_str(), value));
        Self {
            kind,
            fields: fields.collect(),
        }
    }
}

impl Serialize for WirePart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.kind)?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A text that is a part of its own.
pub(super) struct TextPart<'m> {
    pub(super) kind: &'static str,
    pub(super) field: &'static str,
    pub(super) text: &'m str,
}

impl Serialize for TextPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", self.kind)?;
        map.serialize_entry(self.field, self.text)?;
        map.end()
    }
}

/// A part that the caller or a tool wrote.
pub(super) fn encode_part<'m>(
    part: &'m ContentPart,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<WirePart<'m>>, LlmError> {
    let nested = part.fields.get(&part.kind);
    Ok(Some(match part.kind.as_str() {
        "text" => WirePart::new("input_text", part, "", None),
        "image_url" => image(part, nested, place, unsupported.provider)?,
        "file" => file(part, nested),
        kind if FOREIGN.contains(&kind) => {
            let why = format!("the Responses API has no \"{kind}\"");
            unsupported.refuse(place, &why)?;
            return Ok(None);
        }
        kind => WirePart::new(kind, part, "", None),
    }))
}

/// The address is a text here, and the detail stands beside it.
fn image<'m>(
    part: &'m ContentPart,
    nested: Option<&'m Value>,
    place: &str,
    provider: &'static str,
) -> Result<WirePart<'m>, LlmError> {
    let mut image = WirePart::new("input_image", part, "image_url", nested);
    if let Some(url @ Value::String(_)) = nested {
        image.fields.push(("image_url", url));
    }
    for (name, _) in &mut image.fields {
        if *name == "url" {
            *name = "image_url";
        }
    }
    let has_source = |name: &str| image.fields.iter().any(|(field, _)| *field == name);
    if has_source("image_url") || has_source("file_id") {
        return Ok(image);
    }
    let what = format!("{place}.image_url.url is missing");
    Err(invalid_request(provider, &what))
}

/// An address in place of data has a field of its own.
fn file<'m>(part: &'m ContentPart, nested: Option<&'m Value>) -> WirePart<'m> {
    let mut file = WirePart::new("input_file", part, "file", nested);
    for (name, value) in &mut file.fields {
        let is_address = value
            .as_str()
            .is_some_and(|text| text.starts_with("https://"));
        if *name == "file_data" && is_address {
            *name = "file_url";
        }
    }
    file
}

/// A part of a reply; `None` for what other providers' models write.
pub(super) fn encode_reply_part(part: &ContentPart) -> Option<WirePart<'_>> {
    let kind = part.kind.as_str();
    OF_REPLY.contains(&kind).then(|| match kind {
        "text" => WirePart::new("output_text", part, "", None),
        kind => WirePart::new(kind, part, "", None),
    })
}

/// Whether there is nothing in a part of text.
pub(super) fn is_empty_text(part: &ContentPart) -> bool {
    let text = part.fields.get("text").and_then(Value::as_str);
    matches!(part.kind.as_str(), "text" | "output_text") && text == Some("")
}

/// Whether a part is an item of its own, such as the output of one of the provider's tools that the
/// caller runs.
pub(super) fn is_item(kind: &str) -> bool {
    const ITEMS: &[&str] = &[
        "compaction",
        "item_reference",
        "mcp_approval_response",
        "tool_search_output",
    ];
    kind.ends_with("_call_output") || ITEMS.contains(&kind)
}

/// An item that was written as a part.
pub(super) fn encode_item(part: &ContentPart) -> WirePart<'_> {
    WirePart::new(&part.kind, part, "", None)
}
