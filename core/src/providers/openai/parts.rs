//! What an answer has beside text and tool calls: citations, images, audio, log probabilities,
//! refusals, signed reasoning. Each becomes a PART with a "type" of ours and the provider's own
//! fields; what cannot be read is left out, since none of it is the answer. Called by `decode`.

use serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::echo::Echo;
use crate::event::Event;
use crate::providers::json::{self, Text};

/// A piece of a refusal.
pub(super) fn refusal(text: &str) -> Event {
    part(
        "refusal",
        Map::from_iter([("text".to_owned(), Value::from(text))]),
    )
}

/// One object, or a list of objects, of a kind. Objects without content are left out.
pub(super) fn objects(raw: &RawValue, kind: &str) -> Vec<Event> {
    let list = match parse(raw) {
        Some(Value::Array(list)) => list,
        Some(other) => vec![other],
        None => Vec::new(),
    };
    list.into_iter()
        .filter_map(|value| object(kind, value))
        .collect()
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
        // url_citation, file_citation: the field of that name says which.
        ("annotation", Some(own)) if own.ends_with("citation") => "citation".to_owned(),
        ("annotation" | "reasoning_detail", Some(own)) => own.to_owned(),
        (kind, _) => kind.to_owned(),
    };
    Some(part(&kind, fields))
}

/// A list that a server repeats in every chunk, and how much of it was said.
#[derive(Debug, Default)]
pub(super) struct Seen {
    bytes: usize,
    count: usize,
}

impl Seen {
    /// What is new in the list. A citation may be a bare address.
    pub(super) fn news(&mut self, raw: &RawValue, kind: &str) -> Vec<Event> {
        if raw.get().len() == self.bytes {
            return Vec::new();
        }
        self.bytes = raw.get().len();
        let Some(Value::Array(list)) = parse(raw) else {
            return Vec::new();
        };
        let said = std::mem::replace(&mut self.count, list.len());
        let news = list.into_iter().skip(said).filter_map(|value| match value {
            Value::String(url) => Some(part(
                kind,
                Map::from_iter([("url".to_owned(), Value::from(url))]),
            )),
            other => object(kind, other),
        });
        news.collect()
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
/// as it is (signed or encrypted), unless the echo keeps all of it.
pub(super) fn reasoning(raw: &RawValue, with_text: bool, echo: &mut Echo) -> Vec<Event> {
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
        if echo.keeps_entries() {
            parse(raw)
                .into_iter()
                .for_each(|entry| echo.push_entry(entry));
        } else if detail.data.get().or(detail.signature.get()).is_some() {
            events.extend(parse(raw).and_then(|value| object("reasoning_detail", value)));
        }
    }
    events
}

/// Content as a list of parts (Mistral): text, thinking, and what else a model answers with.
pub(super) fn content(list: &[Value]) -> Vec<Event> {
    let mut events = Vec::new();
    for value in list {
        let kind = value.get("type").and_then(Value::as_str).unwrap_or("text");
        match (
            kind,
            value.get("thinking"),
            value.get("text").and_then(Value::as_str),
        ) {
            ("text", _, Some(text)) => events.push(Event::Text(text.to_owned())),
            ("thinking", Some(Value::String(text)), _) => {
                events.push(Event::Reasoning(text.to_owned()));
            }
            ("thinking", Some(Value::Array(list)), _) => {
                let texts = list.iter().filter_map(|part| part.get("text")?.as_str());
                events.extend(texts.map(|text| Event::Reasoning(text.to_owned())));
            }
            ("image_url", ..) => events.extend(object("image", value.clone())),
            (kind, ..) => events.extend(object(kind, value.clone())),
        }
    }
    events.retain(|event| !is_empty(event));
    events
}

fn is_empty(event: &Event) -> bool {
    matches!(event, Event::Text(text) | Event::Reasoning(text) if text.is_empty())
}

fn part(kind: &str, fields: Map<String, Value>) -> Event {
    let mut part = Map::from_iter([("type".to_owned(), Value::from(kind))]);
    part.extend(fields.into_iter().filter(|(name, _)| name != "type"));
    Event::Part(part)
}

fn parse<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    json::parse(raw.get(), &mut String::new()).ok()
}
