//! What a response of either version has beside text and tool calls. Owns which PART each becomes.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::event::Event;
use crate::providers::lenient_json;
use crate::providers::parts;

/// A PART with the provider's fields; its own "type" is kept beside ours.
pub(super) fn part(kind: &str, fields: Map<String, Value>) -> Event {
    parts::part(kind, Some(&format!("{kind}_type")), fields)
}

/// A block of the response that the next request repeats as it is.
pub(super) fn content(kind: &str, text: String) -> Event {
    let block = [("type", kind.into()), (kind, Value::from(text))];
    let block = block.map(|(name, value)| (name.to_owned(), value));
    parts::content_part(Value::Object(Map::from_iter(block)))
}

/// A list in whole responses and in v1, one object in streams of v2.
pub(super) fn citations(raw: Option<&RawValue>) -> impl Iterator<Item = Event> {
    let list = raw.map(|raw| lenient_json::parse_list(raw.get()));
    let citation = |value| match value {
        Value::Object(fields) => Some(part("citation", fields)),
        _ => None,
    };
    list.into_iter().flatten().filter_map(citation)
}
