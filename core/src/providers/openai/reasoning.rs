//! Reasoning that its provider needs back, put together while it comes: one PART for each run of
//! it, just before what follows it. Owns the forms of such a PART.

use serde_json::{json, Map, Value};

use super::vendor::Reasoning;
use crate::event::Event;
use crate::providers::parts::content_part;

/// The run of reasoning that is being put together.
#[derive(Debug)]
pub(super) struct ReasoningRun {
    form: Reasoning,
    text: String,
    entries: Vec<Value>,
}

impl ReasoningRun {
    pub(super) fn new(form: Reasoning) -> Self {
        Self {
            form,
            text: String::new(),
            entries: Vec::new(),
        }
    }

    /// Whether entries are kept here, and need no PART of their own.
    pub(super) fn keeps_entries(&self) -> bool {
        matches!(self.form, Reasoning::Entries(_))
    }

    /// The next piece of reasoning.
    pub(super) fn push_text(&mut self, text: &str) {
        if matches!(self.form, Reasoning::Text(_) | Reasoning::Part(_)) {
            self.text.push_str(text);
        }
    }

    /// The next entry, whole or as the next piece of the one before it.
    pub(super) fn push_entry(&mut self, entry: Map<String, Value>) {
        if !self.keeps_entries() {
            return;
        }
        let last = self.entries.last_mut().and_then(Value::as_object_mut);
        match last.filter(|last| continues(last, &entry)) {
            Some(last) => append(last, entry),
            None => self.entries.push(Value::Object(entry)),
        }
    }

    /// The run, if there was one: something else follows it.
    pub(super) fn take(&mut self) -> Option<Event> {
        if self.text.is_empty() && self.entries.is_empty() {
            return None;
        }
        let text = std::mem::take(&mut self.text);
        let entries = std::mem::take(&mut self.entries);
        let block = match self.form {
            Reasoning::Forgotten => return None,
            // Of several names, servers send it under the first.
            Reasoning::Text(kinds) => {
                let kind = kinds.first()?;
                json!({"type": kind, *kind: text})
            }
            Reasoning::Entries(kind) => json!({"type": kind, kind: entries}),
            // Mistral's thinking is a list of parts.
            Reasoning::Part(kind) => {
                json!({"type": kind, kind: [{"type": "text", "text": text}], "closed": true})
            }
        };
        Some(content_part(block))
    }
}

/// Pieces of one entry have one type and one index; encrypted entries come whole.
fn continues(last: &Map<String, Value>, entry: &Map<String, Value>) -> bool {
    let same = |name: &str| last.get(name) == entry.get(name);
    let is_whole = |entry: &Map<String, Value>| entry.get("data").is_some_and(Value::is_string);
    same("type") && same("index") && !is_whole(last) && !is_whole(entry)
}

fn append(last: &mut Map<String, Value>, entry: Map<String, Value>) {
    for (name, value) in entry {
        match (last.get_mut(&name), value) {
            (_, Value::Null) => {}
            (Some(Value::String(text)), Value::String(more))
                if name == "text" || name == "summary" =>
            {
                text.push_str(&more);
            }
            (_, value) => {
                last.insert(name, value);
            }
        }
    }
}
