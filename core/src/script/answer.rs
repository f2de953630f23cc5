//! One answer of a script, as a test writes it down. Owns its fields and what is wrong with them.

use std::fmt;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::failure::ScriptError;
use super::rendered::Rendered;
use crate::declare::declare_options;
use crate::declare::entry::Kind;
use crate::parse::{refuse_others, Fields, FromJson, Mismatch};

declare_options! {
    /// One answer of a script.
    #[derive(Clone)]
    #[non_exhaustive]
    pub struct ScriptAnswer {
        /// The text: one text comes word by word, a list in its own pieces.
        pub text: Option<Pieces> as Any,
        /// The reasoning before the text, likewise.
        pub reasoning: Option<Pieces> as Any,
        /// Calls of tools: objects with `name`, `arguments` (an object, or its JSON as text) and,
        /// if wanted, `id`.
        pub tool_calls: Option<Objects> as ListOfObjects,
        /// Other parts of the response, behind the text: objects with a `type`.
        pub parts: Option<Objects> as ListOfObjects,
        /// Why the model stopped; by default `tool_calls` where there are some, else `stop`.
        pub finish_reason: Option<String> as Text,
        /// What was counted, such as `{"input_tokens": 3, "output_tokens": 5}`.
        pub usage: Option<Map<String, Value>> as Object,
        /// The id of the response.
        pub id: Option<String> as Text,
        /// The model that answers; by default the one of the request.
        pub model: Option<String> as Text,
        /// The provider's request id.
        pub request_id: Option<String> as Text,
        /// Further headers of the response, such as those of rate limits.
        pub headers: Vec<(String, String)> as Headers,
        /// How long the first piece takes, or the error where there is none.
        pub delay_ms: u64 as Milliseconds = 0,
        /// How long each further piece takes.
        pub piece_delay_ms: u64 as Milliseconds = 0,
        /// A failure, behind the content if there is any: the name of an error kind, an HTTP
        /// status, or an object with `kind`, `status`, `message`, `code` and `retry_after_ms`.
        pub error: Option<ScriptError> as Any,
        /// The connection ends behind the content, before the response is complete.
        pub cut: bool as Boolean = false,
        /// Nothing follows the content, until a timer or the caller ends the call.
        pub hang: bool as Boolean = false,
        /// For `embed`: a vector for each input.
        pub embeddings: Option<Vectors> as Any,
        /// For `rerank`: a score for each document.
        pub scores: Option<Numbers> as Any,
        /// For `models`: names, or objects with an `id`.
        pub models: Option<Vec<Value>> as Any,
        /// For `count_tokens`: how many.
        pub input_tokens: Option<u64> as Integer,
        /// Which requests it is for; by default any.
        pub when: Option<ScriptCondition> as Object,
        /// It is for every such request, not for one alone.
        pub repeat: bool as Boolean = false,
        /// What it plays, streamed and whole, made once.
        pub(super) rendered: [OnceLock<Rendered>; 2],
    }
}

declare_options! {
    /// Which requests an answer is for: all that is given must hold.
    #[derive(Clone, Debug)]
    #[non_exhaustive]
    pub struct ScriptCondition {
        /// The model of the request, without the provider.
        pub model: Option<String> as Text,
        /// What is asked for, such as `chat` or `embed`.
        pub operation: Option<String> as Text,
        /// Something that the last message of the user contains, or an input or the query of
        /// another operation.
        pub contains: Option<String> as Text,
    }
}

/// A text in the pieces that it is delivered in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces(Vec<String>);

/// A list of objects.
#[derive(Clone, Debug)]
pub struct Objects(pub(super) Vec<Map<String, Value>>);

/// A list of numbers.
#[derive(Clone, Debug)]
pub struct Numbers(pub(super) Vec<f64>);

/// A list of vectors.
#[derive(Clone, Debug)]
pub struct Vectors(pub(super) Vec<Vec<f64>>);

impl Pieces {
    /// Word by word, each with the blanks before it.
    pub(super) fn words(text: &str) -> Self {
        let mut pieces: Vec<String> = Vec::new();
        let mut was_blank = true;
        for letter in text.chars() {
            let is_blank = letter.is_whitespace();
            match pieces.last_mut() {
                Some(piece) if !is_blank || was_blank => piece.push(letter),
                _ => pieces.push(letter.to_string()),
            }
            was_blank = is_blank;
        }
        Self(pieces)
    }

    pub(super) fn list(&self) -> &[String] {
        &self.0
    }
}

impl ScriptAnswer {
    /// Whether it says something of a chat's response.
    pub(super) fn has_content(&self) -> bool {
        let is_some = |pieces: &Option<Pieces>| pieces.as_ref().is_some_and(|it| !it.0.is_empty());
        let has = |list: &Option<Objects>| list.as_ref().is_some_and(|it| !it.0.is_empty());
        is_some(&self.text) || is_some(&self.reasoning) || has(&self.tool_calls) || has(&self.parts)
    }

    fn check(&self) -> Result<(), Mismatch> {
        if self.cut && self.hang {
            return Err(Mismatch::other("it cannot both cut and hang"));
        }
        for (index, call) in list(&self.tool_calls).iter().enumerate() {
            let function = call.get("function").and_then(Value::as_object);
            let name = function.unwrap_or(call).get("name");
            if name.and_then(Value::as_str).is_none_or(str::is_empty) {
                let missing = Mismatch::missing("name").below_index(index);
                return Err(missing.below_field("tool_calls"));
            }
        }
        for (index, part) in list(&self.parts).iter().enumerate() {
            if part.get("type").and_then(Value::as_str).is_none() {
                let missing = Mismatch::missing("type").below_index(index);
                return Err(missing.below_field("parts"));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ScriptAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ScriptAnswer")
            .field("error", &self.error)
            .field("repeat", &self.repeat)
            .finish_non_exhaustive()
    }
}

/// The objects of a list that may be absent.
pub(super) fn list(objects: &Option<Objects>) -> &[Map<String, Value>] {
    objects.as_ref().map_or(&[], |objects| &objects.0)
}

impl FromJson for ScriptAnswer {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let mut fields = match value {
            Value::String(text) => {
                return Ok(Self {
                    text: Some(Pieces::words(&text)),
                    ..Self::default()
                })
            }
            Value::Object(_) => Fields::from(Map::from_json(value, kind)?),
            other => return Err(Mismatch::expected("text or an object", &other)),
        };
        let answer = Self::take(&mut fields).map_err(Mismatch::within)?;
        refuse_others(&fields, &Self::declared())?;
        answer.check().map(|()| answer)
    }
}

impl FromJson for ScriptCondition {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let mut fields = Fields::from(Map::from_json(value, kind)?);
        let condition = Self::take(&mut fields).map_err(Mismatch::within)?;
        refuse_others(&fields, &Self::declared()).map(|()| condition)
    }
}

impl FromJson for Pieces {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        match value {
            Value::String(text) => Ok(Self::words(&text)),
            other => Vec::<String>::from_json(other, kind).map(Self),
        }
    }
}

impl FromJson for Objects {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        each(value, |value| Map::from_json(value, kind)).map(Self)
    }
}

impl FromJson for Numbers {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        each(value, |value| f64::from_json(value, kind)).map(Self)
    }
}

impl FromJson for Vectors {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let vector = |value| Numbers::from_json(value, kind).map(|numbers| numbers.0);
        each(value, vector).map(Self)
    }
}

impl FromJson for Vec<Value> {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        each(value, Ok)
    }
}

fn each<T>(value: Value, parse: impl Fn(Value) -> Result<T, Mismatch>) -> Result<Vec<T>, Mismatch> {
    let Value::Array(list) = value else {
        return Err(Mismatch::expected("a list", &value));
    };
    let list = list.into_iter().enumerate();
    let parsed = list.map(|(index, value)| parse(value).map_err(|it| it.below_index(index)));
    parsed.collect()
}
