//! What a response has beside text and calls. Owns which PART each becomes, and what the texts of
//! an item are.

use serde_json::value::RawValue;
use serde_json::{json, Map, Value};

use crate::event::Event;
use crate::json;
use crate::providers::lenient_json;
use crate::providers::parts::{content_part, part, part_of};

/// The type of the block that goes back among the parts of a message.
pub(super) const RESPONSE_ITEMS: &str = "response_items";

/// A piece of a refusal.
pub(super) fn refusal(text: &str) -> Event {
    part_of("refusal", "text", Value::from(text))
}

/// A source of the text before it; its own type is kept.
pub(super) fn citation(annotation: Value) -> Option<Event> {
    match annotation {
        Value::Object(fields) => Some(part("citation", Some("citation_type"), fields)),
        _ => None,
    }
}

/// The log probabilities of a piece of text; most have none.
pub(super) fn logprobs(raw: &RawValue) -> Option<Event> {
    if raw.get().len() <= "[]".len() || !raw.get().starts_with('[') {
        return None;
    }
    let list = lenient_json::parse_list(raw.get());
    (!list.is_empty()).then(|| logprobs_of(list))
}

pub(super) fn logprobs_of(list: Vec<Value>) -> Event {
    part_of("logprobs", "content", Value::from(list))
}

/// An item that is neither text nor a call for the caller, such as a search that the provider made:
/// it has its own type.
pub(super) fn item(kind: &str, item: &Map<String, Value>) -> Event {
    part(kind, None, item.clone())
}

/// The items of the whole output, which go back as they are.
pub(super) fn output(provider: &str, items: Vec<Value>) -> Event {
    content_part(json!({
        "type": RESPONSE_ITEMS,
        "provider": provider,
        "items": items,
    }))
}

/// The items of a list; what is not an object is left out.
pub(super) fn parse_items(raw: &RawValue) -> Vec<Map<String, Value>> {
    let list = lenient_json::parse_list(raw.get()).into_iter();
    let items = list.filter_map(|item| match item {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    items.collect()
}

pub(super) fn parse_item(raw: &RawValue) -> Option<Map<String, Value>> {
    json::parse_object(raw.get())
}

/// A field of an item that is a text.
pub(super) fn text_of<'i>(item: &'i Map<String, Value>, name: &str) -> &'i str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The parts of an item in this field: their types, and themselves. A bare text is one of them.
pub(super) fn parts_of<'i>(
    item: &'i Map<String, Value>,
    field: &str,
) -> impl Iterator<Item = (&'i str, &'i Value)> {
    let list = match item.get(field) {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one @ (Value::String(_) | Value::Object(_))) => std::slice::from_ref(one),
        _ => &[],
    };
    list.iter().map(|part| {
        let kind = part.get("type").and_then(Value::as_str);
        (kind.unwrap_or("text"), part)
    })
}

/// The text of a part, which some servers leave null.
pub(super) fn part_text<'p>(part: &'p Value, field: &str) -> &'p str {
    let text = part.as_str().or_else(|| part.get(field)?.as_str());
    text.unwrap_or_default()
}
