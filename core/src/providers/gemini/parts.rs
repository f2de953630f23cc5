//! What a response has beside text and tool calls: images and audio, code that Gemini ran, its own
//! tools, sources, log probabilities. Owns which PART each becomes.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::event::Event;
use crate::json;
use crate::providers::parts::{part, part_of};

/// Parts that Gemini makes by itself, and what they are called here.
const OWN: &[(&str, &str)] = &[
    ("executableCode", "executable_code"),
    ("codeExecutionResult", "code_execution_result"),
    ("toolCall", "server_tool_call"),
    ("toolResponse", "server_tool_result"),
    ("fileData", "file"),
];

/// The PART of a part that is neither text nor a call; `None` where its kind is unknown.
pub(super) fn parse_part(rest: &Map<String, Value>, is_thought: bool) -> Option<Event> {
    if let Some(Value::Object(data)) = rest.get("inlineData") {
        let kind = data.get("mimeType").and_then(Value::as_str);
        let kind = match kind.unwrap_or_default().split('/').next() {
            Some("image") => "image",
            Some("audio") => "audio",
            Some("video") => "video",
            _ => "file",
        };
        let mut fields = data.clone();
        if is_thought {
            // An image on the way to the one that is the response.
            fields.insert("thought".to_owned(), Value::Bool(true));
        }
        return Some(part(kind, None, fields));
    }
    OWN.iter().find_map(|(name, kind)| match rest.get(*name)? {
        Value::Object(fields) => Some(part(kind, Some("kind"), fields.clone())),
        _ => None,
    })
}

/// What stands beside the content, of which a stream repeats some: each value becomes one event.
#[derive(Debug, Default)]
pub(super) struct Sources {
    last_grounding: String,
    citations: Vec<Value>,
}

impl Sources {
    /// Searches, and which piece of the text comes from which page.
    pub(super) fn grounding(&mut self, raw: &RawValue) -> Option<Event> {
        if raw.get() == self.last_grounding {
            return None;
        }
        raw.get().clone_into(&mut self.last_grounding);
        object("grounding", raw)
    }

    /// Passages that stand in somebody's work; one list, under two names.
    pub(super) fn citations(&mut self, raw: &RawValue) -> Vec<Event> {
        let fields = json::parse_object(raw.get()).unwrap_or_default();
        let mut events = Vec::new();
        for name in ["citationSources", "citations"] {
            for citation in fields
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let Value::Object(own) = citation else {
                    continue;
                };
                if !self.citations.contains(citation) {
                    self.citations.push(citation.clone());
                    events.push(part("citation", Some("kind"), own.clone()));
                }
            }
        }
        events
    }
}

/// A PART of an object that is not empty.
pub(super) fn object(kind: &str, raw: &RawValue) -> Option<Event> {
    let fields = json::parse_object(raw.get())?;
    (!fields.is_empty()).then(|| part(kind, Some("kind"), fields))
}

/// Why something was held back.
pub(super) fn safety_ratings(raw: &RawValue) -> Option<Event> {
    let ratings = json::parse::<Value>(raw.get(), &mut String::new()).ok()?;
    let is_any = ratings.as_array().is_some_and(|list| !list.is_empty());
    is_any.then(|| part_of("safety_ratings", "safetyRatings", ratings))
}
