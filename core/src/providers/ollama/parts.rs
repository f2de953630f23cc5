//! What a response has beside text and calls: its thinking as the next request needs it, and the
//! probabilities of tokens.

use serde_json::value::RawValue;
use serde_json::{json, Value};

use crate::event::Event;
use crate::providers::lenient_json;
use crate::providers::parts::{content_part, part_of};

/// The whole thinking, which goes back in the assistant's message.
pub(super) fn thinking(text: String) -> Event {
    content_part(json!({"type": "thinking", "thinking": text}))
}

/// The probabilities of the tokens of a line, unless there are none.
pub(super) fn logprobs(raw: &RawValue) -> Option<Event> {
    let mut list = lenient_json::parse_list(raw.get());
    list.retain(|entry| !entry.is_null());
    (!list.is_empty()).then(|| part_of("logprobs", "content", Value::Array(list)))
}
