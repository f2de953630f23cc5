//! The parts of one response as they came, put together while they come: the block that goes back
//! as the model's turn in the next request. Owns when it is needed: without signatures and without
//! what only Gemini has, text and tool calls say all of it.

use serde_json::{json, Map, Value};

use crate::event::Event;
use crate::providers::parts::content_part;

/// The kind of the block, in a message's content.
pub(super) const KIND: &str = "gemini_parts";

#[derive(Debug)]
enum Held {
    /// Unsigned text, which neighbours of the same kind are merged with.
    Text {
        is_thought: bool,
        text: String,
    },
    Whole(Value),
}

#[derive(Debug, Default)]
pub(super) struct ReplyParts {
    parts: Vec<Held>,
    is_needed: bool,
}

impl ReplyParts {
    /// Adds text. A signature belongs to its own part, also to one without text.
    #[inline]
    pub(super) fn push_text(&mut self, text: &str, is_thought: bool, signature: Option<&str>) {
        if let Some(signature) = signature {
            let mut part = Map::from_iter([("text".to_owned(), Value::from(text))]);
            if is_thought {
                part.insert("thought".to_owned(), Value::Bool(true));
            }
            part.insert("thoughtSignature".to_owned(), Value::from(signature));
            return self.push_whole(Value::Object(part));
        }
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Held::Text {
                is_thought: same,
                text: before,
            }) if *same == is_thought => before.push_str(text),
            _ => self.parts.push(Held::Text {
                is_thought,
                text: text.to_owned(),
            }),
        }
    }

    /// Adds a call; `function_call` is Gemini's object.
    pub(super) fn push_call(&mut self, function_call: Value, signature: Option<&str>) {
        let mut part = Map::from_iter([("functionCall".to_owned(), function_call)]);
        if let Some(signature) = signature {
            part.insert("thoughtSignature".to_owned(), Value::from(signature));
            self.is_needed = true;
        }
        self.parts.push(Held::Whole(Value::Object(part)));
    }

    fn push_whole(&mut self, part: Value) {
        self.is_needed = true;
        self.parts.push(Held::Whole(part));
    }

    /// Adds a part that has fields beside its text, or is none.
    pub(super) fn push_part(
        &mut self,
        rest: Map<String, Value>,
        text: Option<&str>,
        is_thought: bool,
        signature: Option<&str>,
    ) {
        let mut part = rest;
        let mut put = |name: &str, value: Option<Value>| {
            part.extend(value.map(|value| (name.to_owned(), value)));
        };
        put("text", text.map(Value::from));
        put("thought", is_thought.then_some(Value::Bool(true)));
        put("thoughtSignature", signature.map(Value::from));
        self.push_whole(Value::Object(part));
    }

    /// The block, if it is needed.
    pub(super) fn take(&mut self) -> Option<Event> {
        let parts = std::mem::take(&mut self.parts);
        if !std::mem::take(&mut self.is_needed) {
            return None;
        }
        let parts = parts.into_iter().map(|held| match held {
            Held::Text {
                is_thought: true,
                text,
            } => json!({"text": text, "thought": true}),
            Held::Text { text, .. } => json!({ "text": text }),
            Held::Whole(part) => part,
        });
        let parts = parts.collect::<Vec<_>>();
        Some(content_part(json!({"type": KIND, "parts": parts})))
    }
}
