//! What a caller asks for: the chat-completions shape that everyone knows, for every provider.
//! Owns the reading of requests and the naming of a wrong field; knows no wire and sends nothing.
//! Unknown fields are kept in `extra` and reach the provider as they are.

pub(crate) mod message;

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{ErrorKind, LlmError};
use crate::message::{Message, Tool};
use crate::providers::json;
use crate::secret::Secret;

/// Timers and retries of one call; what is `None` comes from the client's options. 0 is off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallLimits {
    /// Name lookup, TCP and TLS.
    pub connect_timeout_ms: Option<u64>,
    /// From the connection to the answer's headers.
    pub headers_timeout_ms: Option<u64>,
    /// From the headers to the first content.
    pub first_token_timeout_ms: Option<u64>,
    /// Between two signs of life once content flows.
    pub idle_timeout_ms: Option<u64>,
    /// The whole call, attempts and sleeps included.
    pub total_timeout_ms: Option<u64>,
    /// How often a failed attempt is tried again.
    pub retries_max: Option<u32>,
}

/// One request. Only what the caller set is sent. Its Debug shows no prompt and no secret.
#[derive(Clone, Default)]
pub struct LlmRequest {
    /// The model, or `provider/model` where no provider is named otherwise.
    pub model: String,
    /// The conversation; not empty.
    pub messages: Vec<Message>,
    /// Most tokens of the answer.
    pub max_tokens: Option<u64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Texts at which the answer stops.
    pub stop: Vec<String>,
    /// Seed of sampling: any integer of 64 bits, with a sign or without.
    pub seed: Option<i128>,
    /// Tools that the model may call.
    pub tools: Vec<Tool>,
    /// `auto`, `none`, `required`, or an object that names one tool.
    pub tool_choice: Option<Value>,
    /// The shape of the answer, such as a JSON schema.
    pub response_format: Option<Value>,
    /// How hard to think: `low`, `medium`, `high`, or the provider's own word.
    pub reasoning_effort: Option<String>,
    /// Whether the answer comes in pieces; `None`: as the way of asking implies.
    pub stream: Option<bool>,
    /// The end user on whose behalf this is asked.
    pub user: Option<String>,
    /// Labels for the provider's own records.
    pub metadata: Option<Map<String, Value>>,

    /// Which provider to ask.
    pub provider: Option<String>,
    /// The key for this call.
    pub api_key: Option<Secret>,
    /// The base URL for this call.
    pub base_url: Option<String>,
    /// Headers of this call, beside and over the client's.
    pub headers: Vec<(String, String)>,
    /// Timers and retries of this call.
    pub limits: CallLimits,
    /// Leave out what the provider cannot do, and say so in `warnings`, instead of failing.
    pub lenient: Option<bool>,
    /// Fields for the provider's body that win over everything else.
    pub extra_body: Map<String, Value>,
    /// Fields that this library does not know; they go to the provider's body as they are.
    pub extra: Map<String, Value>,
}

impl LlmRequest {
    /// A request of one model and its messages.
    pub fn new(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self {
            model: model.into(),
            messages,
            ..Self::default()
        }
    }

    /// Reads a request from JSON text. The error names the field that is wrong.
    ///
    /// # Errors
    /// `INVALID_REQUEST` when the text is no JSON object, a field has the wrong type, or `model` or
    /// `messages` is missing; `INVALID_ARGUMENT` when a key or a header cannot be one.
    pub fn from_json(json: &str) -> Result<Self, LlmError> {
        // Text that was cut inside a character, as JavaScript and Windows cut it, is no reason not
        // to ask: half a surrogate pair becomes U+FFFD, as when such a text is written as UTF-8.
        let value: Value = json::parse(json, &mut String::new())
            .map_err(|error| wrong(format!("request is not JSON: {error}")))?;
        match value {
            Value::Object(fields) => Self::from_fields(fields),
            other => Err(wrong(format!(
                "request must be a JSON object, not {}",
                type_name(&other)
            ))),
        }
    }

    fn from_fields(mut fields: Map<String, Value>) -> Result<Self, LlmError> {
        // Wrappers hand over every parameter that they know: a null is the same as none.
        fields.retain(|_, value| !value.is_null());
        let request = Self {
            model: take(&mut fields, "model")?.unwrap_or_default(),
            messages: take(&mut fields, "messages")?.unwrap_or_default(),
            max_tokens: take(&mut fields, "max_tokens")?,
            temperature: take(&mut fields, "temperature")?,
            top_p: take(&mut fields, "top_p")?,
            stop: take::<OneOrMany>(&mut fields, "stop")?
                .map(OneOrMany::many)
                .unwrap_or_default(),
            seed: take(&mut fields, "seed")?,
            tools: take(&mut fields, "tools")?.unwrap_or_default(),
            tool_choice: take(&mut fields, "tool_choice")?,
            response_format: take(&mut fields, "response_format")?,
            reasoning_effort: take(&mut fields, "reasoning_effort")?,
            stream: take(&mut fields, "stream")?,
            user: take(&mut fields, "user")?,
            metadata: take(&mut fields, "metadata")?,
            provider: take_provider(&mut fields)?,
            api_key: take::<String>(&mut fields, "api_key")?
                .map(Secret::new)
                .transpose()?,
            base_url: take(&mut fields, "base_url")?,
            headers: take_headers(&mut fields)?,
            limits: take_limits(&mut fields)?,
            lenient: take(&mut fields, "lenient")?,
            extra_body: take(&mut fields, "extra_body")?.unwrap_or_default(),
            extra: fields,
        };
        request.check()?;
        Ok(request)
    }

    /// What every provider asks for, before any I/O.
    pub(crate) fn check(&self) -> Result<(), LlmError> {
        if self.model.is_empty() {
            return Err(wrong("model is missing; name one, such as \"gpt-4o-mini\""));
        }
        if self.messages.is_empty() {
            return Err(wrong(
                "messages is missing or empty; give at least one message",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for LlmRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LlmRequest")
            .field("provider", &self.provider)
            .field("model", &self.model)
            .field("messages", &self.messages.len())
            .field("stream", &self.stream)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Takes one field out of an object; absent and null are `None`.
pub(crate) fn take<T: DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<T>, LlmError> {
    match fields.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match serde_path_to_error::deserialize(value) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(wrong_field(name, &error)),
        },
    }
}

/// A text names the provider to ask. OpenRouter has a field of the same name, an object, which
/// stays where it is and goes to the body.
fn take_provider(fields: &mut Map<String, Value>) -> Result<Option<String>, LlmError> {
    match fields.get("provider") {
        Some(Value::Object(_)) => Ok(None),
        _ => take(fields, "provider"),
    }
}

pub(crate) fn take_headers(
    fields: &mut Map<String, Value>,
) -> Result<Vec<(String, String)>, LlmError> {
    let headers: Map<String, Value> = take(fields, "headers")?.unwrap_or_default();
    headers
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(value) => Ok((name, value)),
            other => Err(wrong(format!(
                "headers.{name} must be text, not {}",
                type_name(&other)
            ))),
        })
        .collect()
}

pub(crate) fn take_limits(fields: &mut Map<String, Value>) -> Result<CallLimits, LlmError> {
    Ok(CallLimits {
        connect_timeout_ms: take(fields, "connect_timeout_ms")?,
        headers_timeout_ms: take(fields, "headers_timeout_ms")?,
        first_token_timeout_ms: take(fields, "first_token_timeout_ms")?,
        idle_timeout_ms: take(fields, "idle_timeout_ms")?,
        total_timeout_ms: take(fields, "total_timeout_ms")?,
        retries_max: take(fields, "retries_max")?,
    })
}

/// `messages` and `[0].role: missing field` become `messages[0].role: missing field`.
fn wrong_field(name: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> LlmError {
    let path = error.path().to_string();
    let separator = if path.starts_with('[') { "" } else { "." };
    let reason = without_value(error.inner().to_string());
    match path.as_str() {
        "." => wrong(format!("{name}: {reason}")),
        _ => wrong(format!("{name}{separator}{path}: {reason}")),
    }
}

/// serde repeats what it found where it expected something else: perhaps a prompt, or a key that
/// happens to be a number. Its type says enough.
fn without_value(reason: String) -> String {
    let found = reason.strip_prefix("invalid type: ");
    let (Some(found), Some(end)) = (found, reason.rfind(", expected ")) else {
        return reason;
    };
    let kind = found.split(['`', '"', ',']).next().unwrap_or_default();
    let expected = reason.get(end..).unwrap_or_default();
    format!("invalid type: {}{expected}", kind.trim_end())
}

fn wrong(message: impl Into<String>) -> LlmError {
    LlmError::new(ErrorKind::InvalidRequest, message)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[derive(Deserialize, Serialize)]
#[serde(untagged, expecting = "expected text or a list of texts")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn many(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

#[cfg(test)]
mod tests;
