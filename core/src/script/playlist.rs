//! Which answer of a script is next: the first that is left and fits the request. Owns that each is
//! used once unless it repeats, and the error when none is left. Pure.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::answer::{ScriptAnswer, ScriptCondition};
use super::Script;
use crate::error::{config, LlmError};
use crate::request::Operation;

/// A request that is to be answered.
pub(crate) struct Asked<'a> {
    pub(crate) operation: Operation,
    pub(crate) model: &'a str,
    pub(crate) body: &'a Bytes,
    pub(crate) is_streamed: bool,
    json: OnceCell<Value>,
}

/// The answers that are left.
#[derive(Debug, Default)]
pub(crate) struct Playlist {
    /// `None`: there is no script, and every request is answered without one.
    left: Option<VecDeque<Arc<ScriptAnswer>>>,
    given: u64,
    requests: u64,
}

impl Playlist {
    pub(crate) fn new(script: Option<&Script>) -> Self {
        let mut playlist = Self::default();
        if let Some(script) = script {
            playlist.add(script);
        }
        playlist
    }

    /// Adds answers behind those that are left.
    pub(crate) fn add(&mut self, script: &Script) {
        let left = self.left.get_or_insert_default();
        left.extend(script.answers().iter().cloned());
        self.given += script.answers().len() as u64;
    }

    /// The answer to a request; `None` where there is no script.
    pub(crate) fn next(
        &mut self,
        asked: &Asked<'_>,
    ) -> Result<Option<Arc<ScriptAnswer>>, LlmError> {
        self.requests += 1;
        let Some(left) = &mut self.left else {
            return Ok(None);
        };
        let fits = |answer: &Arc<ScriptAnswer>| {
            let condition = answer.when.as_ref();
            condition.is_none_or(|condition| condition.holds(asked))
        };
        let place = left.iter().position(fits);
        let found = place.and_then(|place| match left.get(place) {
            Some(answer) if answer.repeat => Some(Arc::clone(answer)),
            _ => left.remove(place),
        });
        let (count, given, requests) = (left.len(), self.given, self.requests);
        found.map(Some).ok_or_else(|| {
            config(match count {
                0 => format!(
                    "all answers are used up ({given}), and this is request {requests}; add \
                     answers, or \"repeat\": true to one"
                ),
                _ => format!(
                    "none of the {count} answers left in the script is for this request: {} of \
                     model \"{}\"",
                    asked.operation.name(),
                    asked.model
                ),
            })
        })
    }

    /// How many answers are left, of those that do not repeat; `None` where there is no script.
    pub(super) fn left(&self) -> Option<u64> {
        let left = self.left.as_ref()?.iter();
        Some(left.filter(|answer| !answer.repeat).count() as u64)
    }
}

impl ScriptCondition {
    fn holds(&self, asked: &Asked<'_>) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        is(&self.model, asked.model)
            && is(&self.operation, asked.operation.name())
            && self
                .contains
                .as_deref()
                .is_none_or(|part| asked.contains(part))
    }
}

impl<'a> Asked<'a> {
    pub(crate) fn new(
        operation: Operation,
        model: &'a str,
        body: &'a Bytes,
        is_streamed: bool,
    ) -> Self {
        Self {
            operation,
            model,
            body,
            is_streamed,
            json: OnceCell::new(),
        }
    }

    /// Its body, parsed where something needs it.
    pub(super) fn json(&self) -> &Value {
        let parse = || serde_json::from_slice(self.body).unwrap_or_default();
        self.json.get_or_init(parse)
    }

    /// The last message of the user.
    pub(super) fn last_text(&self) -> String {
        let messages = self.json().get("messages").and_then(Value::as_array);
        let mut messages = messages.into_iter().flatten().rev();
        let is_of_user = |message: &&Value| message.get("role").is_some_and(|it| it == "user");
        let content = messages.find(is_of_user).and_then(|it| it.get("content"));
        content.map(text_of).unwrap_or_default()
    }

    /// A field that is text or a list of texts.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        match self.json().get(name) {
            Some(Value::Array(list)) => list.iter().map(text_of).collect(),
            Some(one) => vec![text_of(one)],
            None => Vec::new(),
        }
    }

    fn contains(&self, part: &str) -> bool {
        match self.operation {
            Operation::Chat | Operation::CountTokens => self.last_text().contains(part),
            _ => {
                let texts = ["input", "query", "documents"].map(|name| self.texts(name));
                texts.iter().flatten().any(|text| text.contains(part))
            }
        }
    }
}

/// The text of a content, or of its parts; of something else its JSON.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) if parts.iter().all(Value::is_object) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect::<Vec<_>>().concat()
        }
        other => other.to_string(),
    }
}
