//! A request for embeddings, in one form for every provider. Owns its fields; depends on no wire.

use std::fmt;

use serde_json::{Map, Value};

use super::call::CallOptions;
use crate::declare::declare_options;
use crate::declare::entry::Kind;
use crate::error::{invalid_request, LlmError};
use crate::parse::{shown, type_name, FromJson, Mismatch};

declare_options! {
    /// One request for embeddings. Only what the caller set is sent. Its Debug shows no input and
    /// no secret.
    #[derive(Clone)]
    pub struct EmbedRequest {
        /// The model; `provider/model` where no provider is named otherwise.
        pub model: String as Text,
        /// What to embed: a text, or a list whose entries are texts, lists of token ids, or lists
        /// of content parts (`text`, `image_url`).
        pub input: Vec<EmbedInput> as Any,
        /// What the vectors are for: `query`, `document`, `classification`, `clustering`,
        /// `similarity`, `code_query`, or the provider's own word.
        pub input_type: Option<String> as Text,
        /// Length of the vectors, where the model can do several.
        pub dimensions: Option<u64> as Integer,
        /// What happens to an input that is too long: `none` (an error), `start` or `end` (which of
        /// its ends is cut off).
        pub truncate: Option<String> as Text,
        /// Whether the vectors are scaled to length 1 here; by default they stay as they came.
        pub normalize: Option<bool> as Boolean,
        /// How many inputs one HTTP request has at most, below the provider's own limit.
        pub inputs_per_request: Option<u64> as Count,
        /// The end user on whose behalf the request is sent.
        pub user: Option<String> as Text,
        /// Who answers, with which key, where, and how long that may take.
        pub call: CallOptions as Group,
        /// Fields for the provider's body that win over everything else; null takes a field out.
        pub extra_body: Map<String, Value> as Object,
        /// Fields that this library does not know; they go to the provider's body as they are.
        pub extra: Map<String, Value>,
    }
}

/// One thing to embed.
#[derive(Debug, Clone, PartialEq)]
pub enum EmbedInput {
    /// A text.
    Text(String),
    /// A text as the model's own tokens.
    Tokens(Vec<u64>),
    /// Parts that become one vector.
    Parts(Vec<Map<String, Value>>),
}

impl EmbedRequest {
    /// Fields that every request for embeddings needs.
    pub(crate) const REQUIRED: [&'static str; 2] = ["model", "input"];

    /// A request of one model and its texts.
    pub fn new<T: Into<String>>(
        model: impl Into<String>,
        texts: impl IntoIterator<Item = T>,
    ) -> Self {
        let texts = texts.into_iter().map(|text| EmbedInput::Text(text.into()));
        Self {
            model: model.into(),
            input: texts.collect(),
            ..Self::default()
        }
    }

    /// Checks what every provider requires, before any I/O. No input at all is none: it has no
    /// vectors.
    pub(crate) fn check(&self) -> Result<(), LlmError> {
        if self.model.is_empty() {
            let message = "model is missing; name one, such as \"text-embedding-3-small\"";
            return Err(invalid_request(message));
        }
        if self.dimensions == Some(0) {
            return Err(invalid_request("dimensions: must be at least 1, got 0"));
        }
        if self.inputs_per_request == Some(0) {
            let message = "inputs_per_request: must be at least 1, got 0";
            return Err(invalid_request(message));
        }
        check_truncate(self.truncate.as_deref())?;
        let is_empty = |input: &EmbedInput| match input {
            EmbedInput::Text(text) => text.is_empty(),
            EmbedInput::Tokens(tokens) => tokens.is_empty(),
            EmbedInput::Parts(parts) => parts.is_empty(),
        };
        match self.input.iter().position(is_empty) {
            Some(index) => Err(invalid_request(format!("input[{index}] is empty"))),
            None => Ok(()),
        }
    }
}

/// Providers have other words for these, which their codecs know.
pub(super) fn check_truncate(truncate: Option<&str>) -> Result<(), LlmError> {
    match truncate {
        None | Some("none" | "start" | "end") => Ok(()),
        Some(other) => {
            let value = shown(&Value::from(other)).unwrap_or_else(|| "text".to_owned());
            let message = format!("truncate: expected none, start or end, got {value}");
            Err(invalid_request(message))
        }
    }
}

impl fmt::Debug for EmbedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EmbedRequest")
            .field("call", &self.call)
            .field("model", &self.model)
            .field("input", &self.input.len())
            .finish_non_exhaustive()
    }
}

impl FromJson for Vec<EmbedInput> {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        match value {
            Value::String(text) => Ok(vec![EmbedInput::Text(text)]),
            Value::Array(list) => {
                let inputs = list.into_iter().enumerate();
                let inputs = inputs.map(|(index, value)| {
                    EmbedInput::parse(value).map_err(|mismatch| mismatch.below_index(index))
                });
                inputs.collect()
            }
            other => Err(Mismatch::expected("text or a list", &other)),
        }
    }
}

impl EmbedInput {
    fn parse(value: Value) -> Result<Self, Mismatch> {
        let list = match value {
            Value::String(text) => return Ok(Self::Text(text)),
            Value::Array(list) => list,
            other => return Err(Mismatch::expected("text or a list", &other)),
        };
        let tokens: Option<Vec<u64>> = list.iter().map(Value::as_u64).collect();
        if let Some(tokens) = tokens {
            return Ok(Self::Tokens(tokens));
        }
        let parts = list
            .into_iter()
            .enumerate()
            .map(|(index, part)| match part {
                Value::Object(part) => Ok(part),
                other => {
                    let found = type_name(&other);
                    let message = format!("expected token ids or content parts, got {found}");
                    Err(Mismatch::other(message).below_index(index))
                }
            });
        parts.collect::<Result<_, _>>().map(Self::Parts)
    }
}
