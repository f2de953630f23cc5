//! What a response has beside text and tool calls: citations, images, audio, log probabilities,
//! refusals, signed reasoning. Owns which PART each becomes; what cannot be parsed is left out,
//! since the response stands without it.

use serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::reasoning::ReasoningRun;
use crate::event::Event;
use crate::json;
use crate::providers::lenient_json::{self, Text};
use crate::providers::parts::{part, part_of};

/// A piece of a refusal.
pub(super) fn refusal(text: &str) -> Event {
    part_of("refusal", "text", Value::from(text))
}

/// One object, or a list of objects, of a kind. Objects without content are left out.
pub(super) fn parse_parts(raw: &RawValue, kind: &str) -> Vec<Event> {
    let list = lenient_json::parse_list(raw.get()).into_iter();
    list.filter_map(|value| object(kind, value)).collect()
}

fn object(kind: &str, value: Value) -> Option<Event> {
    let Value::Object(fields) = value else {
        return None;
    };
    let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if fields.values().all(is_empty) {
        return None;
    }
    let own = fields.get("type").and_then(Value::as_str);
    let kind = match (kind, own) {
        // url_citation, file_citation: the field of that name holds it.
        ("annotation", Some(own)) if own.ends_with("citation") => "citation".to_owned(),
        ("annotation" | "reasoning_detail", Some(own)) => own.to_owned(),
        (kind, _) => kind.to_owned(),
    };
    Some(part(&kind, None, fields))
}

/// A list that a server repeats in every chunk, and how much of it was handed over.
#[derive(Debug, Default)]
pub(super) struct RepeatedList {
    bytes: usize,
    count: usize,
}

impl RepeatedList {
    /// What is new in the list. A citation may be a bare address.
    pub(super) fn parse_new(&mut self, raw: &RawValue, kind: &str) -> Vec<Event> {
        if raw.get().len() == self.bytes {
            return Vec::new();
        }
        self.bytes = raw.get().len();
        let Some(Value::Array(list)) = parse(raw) else {
            return Vec::new();
        };
        let known = std::mem::replace(&mut self.count, list.len());
        let new = list.into_iter().skip(known);
        let new = new.filter_map(|value| match value {
            Value::String(url) => Some(part_of(kind, "url", Value::from(url))),
            other => object(kind, other),
        });
        new.collect()
    }
}

/// An entry of OpenRouter's `reasoning_details`.
#[derive(Deserialize)]
struct Detail<'t> {
    #[serde(borrow, default)]
    text: Text<'t>,
    #[serde(borrow, default)]
    summary: Text<'t>,
    #[serde(borrow, default)]
    data: Text<'t>,
    #[serde(borrow, default)]
    signature: Text<'t>,
}

/// Reasoning in its long form: its text, unless that came already, and whatever has to be sent back
/// as it is (signed or encrypted), unless the run keeps all of it.
pub(super) fn parse_reasoning(
    raw: &RawValue,
    with_text: bool,
    run: &mut ReasoningRun,
) -> Vec<Event> {
    let mut repaired = String::new();
    let details: Vec<&RawValue> = json::parse(raw.get(), &mut repaired).unwrap_or_default();
    let mut events = Vec::new();
    for raw in details {
        let mut repaired = String::new();
        let Ok(detail) = json::parse::<Detail<'_>>(raw.get(), &mut repaired) else {
            continue;
        };
        let text = detail
            .text
            .get()
            .or(detail.summary.get())
            .filter(|_| with_text);
        events.extend(text.map(|text| Event::Reasoning(text.to_owned())));
        if run.keeps_entries() {
            let entry = json::parse_object(raw.get());
            entry.into_iter().for_each(|entry| run.push_entry(entry));
        } else if detail.data.get().or(detail.signature.get()).is_some() {
            events.extend(parse(raw).and_then(|value| object("reasoning_detail", value)));
        }
    }
    events
}

/// Content that is not text: a list of texts and parts, or one part. Text, reasoning, refusals, and
/// what else a model replies with; `is_reasoning`: texts are reasoning.
pub(super) fn parse_content(raw: &str, is_reasoning: bool) -> Vec<Event> {
    let mut events = Vec::new();
    for entry in lenient_json::parse_list(raw) {
        push(entry, is_reasoning, &mut events);
    }
    events.retain(|event| !is_empty(event));
    events
}

/// One part of content, or a bare text.
fn push(entry: Value, is_reasoning: bool, events: &mut Vec<Event>) {
    let event = |text: String| match is_reasoning {
        true => Event::Reasoning(text),
        false => Event::Text(text),
    };
    let fields = match entry {
        Value::Object(fields) => fields,
        Value::Null | Value::Array(_) => return,
        Value::String(text) => return events.push(event(text)),
        other => return events.push(event(other.to_string())),
    };
    let kind = fields.get("type").and_then(Value::as_str).unwrap_or("text");
    match kind {
        // Whatever its name, such as output_text and summary_text.
        kind if is_reasoning || is_of_reasoning(kind) => {
            events.extend(reasoning_of(&fields).into_iter().map(Event::Reasoning));
        }
        "text" | "output_text" | "input_text" => {
            let text = fields.get("text").or_else(|| fields.get("content"));
            events.extend(text.into_iter().flat_map(texts_of).map(event));
        }
        "refusal" => {
            let text = fields.get("refusal").or_else(|| fields.get("text"));
            let texts = text.into_iter().flat_map(texts_of);
            events.extend(
                texts
                    .filter(|text| !text.is_empty())
                    .map(|text| refusal(&text)),
            );
        }
        "image_url" => events.extend(object("image", Value::Object(fields))),
        kind => {
            let kind = kind.to_owned();
            events.extend(object(&kind, Value::Object(fields)));
        }
    }
}

/// `thinking`, `reasoning`, `reasoning_text`, `summary`, `summary_text` and their like.
fn is_of_reasoning(kind: &str) -> bool {
    ["thinking", "reasoning", "summary"]
        .iter()
        .any(|word| kind.starts_with(word))
}

/// The texts of a part of reasoning, out of the first field that has any.
fn reasoning_of(fields: &Map<String, Value>) -> Vec<String> {
    const FIELDS: [&str; 6] = [
        "thinking",
        "reasoning",
        "reasoning_text",
        "text",
        "content",
        "summary",
    ];
    let texts = FIELDS
        .iter()
        .filter_map(|name| fields.get(*name).map(texts_of));
    let mut texts = texts;
    texts
        .find(|texts| texts.iter().any(|text| !text.is_empty()))
        .unwrap_or_default()
}

/// A text, or the texts of a list of parts.
fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts_of).collect(),
        Value::Object(fields) => {
            let mut texts = ["text", "summary", "thinking", "reasoning", "content"].iter();
            let text = texts.find_map(|name| fields.get(*name));
            text.map(texts_of).unwrap_or_default()
        }
        Value::Number(number) => vec![number.to_string()],
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

fn is_empty(event: &Event) -> bool {
    matches!(event, Event::Text(text) | Event::Reasoning(text) if text.is_empty())
}

fn parse<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    json::parse(raw.get(), &mut String::new()).ok()
}
