//! A request on its way to either version of the wire. Owns what both have in common: which fields
//! the caller wrote elsewhere, which go out under another name, which Cohere has no place for.
//! Sends only what the caller set. Called by `encode_v1` and `encode_v2`.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::Serialize as DeriveSerialize;
use serde_json::{Number, Value};

use super::v2::messages::WireMessage;
use super::Cohere;
use crate::error::{ErrorKind, LlmError};
use crate::framing::Framing;
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Provider, Target};
use crate::request::LlmRequest;

/// Fields of other wires that mean the same here.
const RENAMED: &[(&str, &str)] = &[("max_completion_tokens", "max_tokens"), ("top_k", "k")];

/// Fields of chat completions that neither version has a place for.
const WITHOUT_PLACE: &[&str] = &[
    "audio",
    "function_call",
    "functions",
    "logit_bias",
    "modalities",
    "n",
    "parallel_tool_calls",
    "prediction",
    "prompt_cache_key",
    "safety_identifier",
    "service_tier",
    "store",
    "top_logprobs",
    "verbosity",
    "web_search_options",
];

/// What a field holds: mostly borrowed, since messages may hold images of many megabytes.
#[derive(DeriveSerialize)]
#[serde(untagged)]
pub(crate) enum Field<'a> {
    Own(Value),
    Borrowed(&'a Value),
    Messages(Vec<WireMessage<'a>>),
}

impl<T: Into<Value>> From<T> for Field<'_> {
    fn from(value: T) -> Self {
        Self::Own(value.into())
    }
}

/// The body as far as it is known.
pub(crate) struct Draft<'a> {
    pub(super) request: &'a LlmRequest,
    target: &'a Target<'a>,
    fields: Vec<(&'a str, Field<'a>)>,
    warnings: Vec<String>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(request: &'a LlmRequest, target: &'a Target<'a>) -> Self {
        Self {
            request,
            target,
            fields: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The field cannot go to Cohere. Ok: it is left out, and the caller will be told.
    pub(crate) fn refuse(&mut self, field: &str, why: &str) -> Result<(), LlmError> {
        let mut unsupported = Unsupported {
            provider: Cohere.name(),
            lenient: self.target.lenient,
            warnings: &mut self.warnings,
        };
        unsupported.refuse(field, why)
    }

    /// What another provider's reply had stays behind, since a conversation may go on here.
    pub(crate) fn leave(&mut self, place: &str, kind: &str) {
        let name = Cohere.name();
        self.warn(format!("{place} was left out: {name} takes no \"{kind}\""));
    }

    /// The caller will be told.
    pub(crate) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Sets a field, unless the caller wrote it under the provider's own name.
    pub(crate) fn put(&mut self, name: &'a str, value: Option<impl Into<Field<'a>>>) {
        let is_known = self.fields.iter().any(|(known, _)| *known == name);
        let is_elsewhere = is_known || self.is_written(name);
        if let (Some(value), false) = (value, is_elsewhere) {
            self.fields.push((name, value.into()));
        }
    }

    /// The caller wrote the field itself.
    pub(crate) fn is_written(&self, name: &str) -> bool {
        let extra = self.request.extra.get(name);
        extra.is_some_and(|value| !value.is_null()) || self.request.extra_body.contains_key(name)
    }

    /// The fields that have one meaning in both versions.
    pub(crate) fn common(&mut self) {
        let request = self.request;
        self.put("max_tokens", request.max_tokens);
        self.put("temperature", request.temperature);
        self.put("p", request.top_p);
        let stop = (!request.stop.is_empty()).then(|| request.stop.clone());
        self.put("stop_sequences", stop);
        self.put("seed", request.seed.and_then(Number::from_i128));
        self.put("stream", Some(self.target.stream));
    }

    /// Everything that this library does not know, except what Cohere is known to have no place
    /// for; `further` is what only this version has none for.
    pub(crate) fn extras(&mut self, further: &[&str]) -> Result<(), LlmError> {
        let request = self.request;
        if request.user.is_some() {
            self.refuse("user", "Cohere's chat has no place for it")?;
        }
        if request.metadata.is_some() {
            self.refuse("metadata", "Cohere's chat has no place for it")?;
        }
        for (name, value) in request.extra.iter().filter(|(_, value)| !value.is_null()) {
            let renamed = RENAMED.iter().find(|(theirs, _)| theirs == name);
            let name = renamed.map_or(name.as_str(), |(_, ours)| *ours);
            let is_overridden = request.extra_body.contains_key(name);
            let is_known = WITHOUT_PLACE.contains(&name) || further.contains(&name);
            if is_overridden || says_nothing(name, value) {
                continue;
            }
            if is_known {
                self.refuse(name, "Cohere's chat has no place for it")?;
                continue;
            }
            self.fields.retain(|(known, _)| *known != name);
            self.fields.push((name, Field::Borrowed(value)));
        }
        // A null takes a field out.
        let over = request.extra_body.iter();
        for (name, value) in over.filter(|(_, value)| !value.is_null()) {
            self.fields.push((name, Field::Borrowed(value)));
        }
        Ok(())
    }

    pub(crate) fn encode(self, path: &str, framing: Framing) -> Result<EncodedRequest, LlmError> {
        let body = serde_json::to_vec(&Body(&self.fields))
            .map_err(|error| wrong(&format!("request cannot be JSON: {error}")))?;
        let key = self.target.key;
        let bearer = key.map(|key| ("authorization", format!("Bearer {}", key.expose())));
        Ok(EncodedRequest {
            path: path.to_owned(),
            headers: bearer.into_iter().collect(),
            body,
            warnings: self.warnings,
            framing,
        })
    }
}

/// What Cohere does anyway: one answer, parallel calls, usage with every answer; and what is not
/// asked for.
fn says_nothing(name: &str, value: &Value) -> bool {
    match name {
        "n" => value.as_f64() == Some(1.0),
        "parallel_tool_calls" => value == &Value::Bool(true),
        "stream_options" => true,
        "logprobs" | "store" => value == &Value::Bool(false),
        _ => false,
    }
}

/// A request that is wrong for Cohere whatever the caller allows.
pub(crate) fn wrong(message: &str) -> LlmError {
    let name = Cohere.name();
    LlmError {
        provider: Some(name),
        ..LlmError::new(ErrorKind::InvalidRequest, format!("{name}: {message}"))
    }
}

struct Body<'a>(&'a [(&'a str, Field<'a>)]);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
