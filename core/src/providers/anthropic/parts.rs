//! What a response has beside text and tool calls: blocks that have to go back as they are,
//! citations, and what stands beside the stop reason. Owns which PART each becomes.

use serde_json::{Map, Value};

use crate::event::Event;
use crate::providers::parts::{content_part, part, part_of};

/// What may stand beside the stop reason and is worth seeing: the text at which the model stopped,
/// why it refused, the container to go on with, what was edited out of the conversation.
const BESIDE_STOP: &[&str] = &[
    "stop_sequence",
    "stop_details",
    "container",
    "context_management",
];

/// A block that has to go back to the provider as it is.
pub(super) fn content(block: Map<String, Value>) -> Event {
    content_part(Value::Object(block))
}

/// The provider's fields; its own "type" (`char_location`, `web_search_result_location`) as "kind".
pub(super) fn citation(citation: Value) -> Option<Event> {
    match citation {
        Value::Object(fields) => Some(part("citation", Some("kind"), fields)),
        _ => None,
    }
}

/// Takes the citations out of a block.
pub(super) fn take_citations(block: &mut Map<String, Value>) -> impl Iterator<Item = Event> {
    let list = match block.shift_remove("citations") {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    list.into_iter().filter_map(citation)
}

/// The fields beside the stop reason; `fields` is the event, or the whole response.
pub(super) fn beside_stop(mut fields: Map<String, Value>) -> impl Iterator<Item = Event> {
    if let Some(Value::Object(delta)) = fields.shift_remove("delta") {
        fields.extend(delta);
    }
    BESIDE_STOP.iter().filter_map(move |name| {
        let value = fields.shift_remove(*name);
        let value = value.filter(|value| !value.is_null())?;
        Some(part_of(name, name, value))
    })
}
