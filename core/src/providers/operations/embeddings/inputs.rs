//! The inputs of one request in the forms that providers take. Owns what is refused: a kind of
//! input that a provider has not, named by its place.

use std::ops::Range;

use serde_json::{json, Map, Value};

use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::request::{EmbedInput, EmbedRequest};

/// The inputs of one request, with their places among all.
#[derive(Debug, Clone)]
pub(super) struct Inputs<'r> {
    provider: &'static str,
    first: usize,
    list: &'r [EmbedInput],
}

/// A part of an input with several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part<'r> {
    Text(&'r str),
    /// An address, or a data URL.
    Image(&'r str),
    /// A part in the provider's own words.
    Own(&'r Map<String, Value>),
}

impl<'r> Inputs<'r> {
    pub(super) fn new(
        provider: &'static str,
        request: &'r EmbedRequest,
        range: Range<usize>,
    ) -> Result<Self, LlmError> {
        let first = range.start;
        let list = request.input.get(range).filter(|list| !list.is_empty());
        let none = || invalid_request(provider, "input: there is none to embed");
        let list = list.ok_or_else(none)?;
        Ok(Self {
            provider,
            first,
            list,
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &'r EmbedInput)> {
        let first = self.first;
        let list = self.list.iter().enumerate();
        list.map(move |(index, input)| (first + index, input))
    }

    pub(super) fn has_parts(&self) -> bool {
        let is_parts =
            |input: &EmbedInput| matches!(input, EmbedInput::Parts(_)) && text_of(input).is_none();
        self.list.iter().any(is_parts)
    }

    /// The only input, for APIs that take one at a time.
    pub(super) fn one(&self) -> Result<(usize, &'r EmbedInput), LlmError> {
        match self.list {
            [input] => Ok((self.first, input)),
            list => {
                let what = format!("input: one per request is possible, got {}", list.len());
                Err(invalid_request(self.provider, &what))
            }
        }
    }

    /// The inputs as texts.
    pub(super) fn texts(&self) -> Result<Vec<&'r str>, LlmError> {
        self.iter()
            .map(|(index, input)| self.text(index, input))
            .collect()
    }

    pub(super) fn text(&self, index: usize, input: &'r EmbedInput) -> Result<&'r str, LlmError> {
        text_of(input).ok_or_else(|| self.refused(index, input))
    }

    /// The inputs as texts, or as token ids where they are that.
    pub(super) fn texts_or_tokens(&self) -> Result<Value, LlmError> {
        let is_tokens = |input: &EmbedInput| matches!(input, EmbedInput::Tokens(_));
        if !self.list.iter().any(is_tokens) {
            return Ok(json!(self.texts()?));
        }
        let tokens = self.iter().map(|(index, input)| match input {
            EmbedInput::Tokens(tokens) => Ok(tokens),
            EmbedInput::Text(_) | EmbedInput::Parts(_) => {
                let what = format!("input[{index}] has no token ids, which others have");
                Err(invalid_request(self.provider, &what))
            }
        });
        Ok(json!(tokens.collect::<Result<Vec<_>, _>>()?))
    }

    /// An input as parts; a text is one.
    pub(super) fn parts(
        &self,
        index: usize,
        input: &'r EmbedInput,
    ) -> Result<Vec<Part<'r>>, LlmError> {
        match input {
            EmbedInput::Text(text) => Ok(vec![Part::Text(text)]),
            EmbedInput::Parts(parts) => Ok(parts.iter().map(Part::parse).collect()),
            EmbedInput::Tokens(_) => Err(self.refused(index, input)),
        }
    }

    /// The error of an input that the provider cannot embed.
    pub(super) fn refused(&self, index: usize, input: &EmbedInput) -> LlmError {
        let what = match input {
            EmbedInput::Tokens(_) => "holds token ids, and only texts can be sent",
            EmbedInput::Text(_) | EmbedInput::Parts(_) => {
                "holds parts that cannot be sent; write one text"
            }
        };
        invalid_request(self.provider, &format!("input[{index}] {what}"))
    }
}

impl<'r> Part<'r> {
    fn parse(part: &'r Map<String, Value>) -> Self {
        let text = |value: Option<&'r Value>| value.and_then(Value::as_str);
        match text(part.get("type")) {
            Some("text") => text(part.get("text")).map(Self::Text),
            Some("image_url") => {
                let image = part.get("image_url");
                let url = text(image).or_else(|| text(image?.get("url")));
                url.map(Self::Image)
            }
            _ => None,
        }
        .unwrap_or(Self::Own(part))
    }

    /// The part as chat completions have it.
    pub(super) fn as_in_chat(self) -> Value {
        match self {
            Self::Text(text) => json!({"type": "text", "text": text}),
            Self::Image(url) => json!({"type": "image_url", "image_url": {"url": url}}),
            Self::Own(own) => json!(own),
        }
    }
}

/// The text of an input that is one, also as its only part.
fn text_of(input: &EmbedInput) -> Option<&str> {
    match input {
        EmbedInput::Text(text) => Some(text),
        EmbedInput::Tokens(_) => None,
        EmbedInput::Parts(parts) => match parts.as_slice() {
            [part] => match Part::parse(part) {
                Part::Text(text) => Some(text),
                Part::Image(_) | Part::Own(_) => None,
            },
            _ => None,
        },
    }
}
