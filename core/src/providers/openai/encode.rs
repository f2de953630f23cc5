//! A request in the shape of chat completions. Owns which field goes out under which name; sends
//! only what the caller set. Called by the codec.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{json, Value};

use crate::error::{ErrorKind, LlmError};
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

pub(super) fn request(
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let mut warnings = Vec::new();
    let drop_n = more_than_one(request);
    if drop_n && !target.lenient {
        let message = "openai: n is more than 1; send one request per answer, or set lenient";
        return Err(wrong(message.to_owned()));
    }
    if drop_n {
        warnings.push("n was left out: one stream carries one answer".to_owned());
    }
    let body = serde_json::to_vec(&Body {
        request,
        target,
        drop_n,
    })
    .map_err(|error| wrong(format!("openai: request cannot be JSON: {error}")))?;
    let bearer = target
        .key
        .map(|key| ("authorization", format!("Bearer {}", key.expose())));
    let headers = bearer.into_iter().collect();
    Ok(EncodedRequest {
        path: "/chat/completions".to_owned(),
        headers,
        body,
        warnings,
    })
}

fn wrong(message: String) -> LlmError {
    LlmError {
        provider: Some("openai"),
        ..LlmError::new(ErrorKind::InvalidRequest, message)
    }
}

/// The answers of `n` > 1 would be mixed up in one stream.
fn more_than_one(request: &LlmRequest) -> bool {
    let n = request
        .extra_body
        .get("n")
        .or_else(|| request.extra.get("n"));
    n.and_then(Value::as_f64).is_some_and(|n| n > 1.0)
}

/// The body, written straight from the request: messages may hold images of many megabytes.
struct Body<'a> {
    request: &'a LlmRequest,
    target: &'a Target<'a>,
    drop_n: bool,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = self.request;
        let mut map = serializer.serialize_map(None)?;
        self.put(&mut map, "model", Some(&request.model))?;
        self.put(&mut map, "messages", Some(&request.messages))?;
        if let Some(name) = self.limit_name() {
            self.put(&mut map, name, request.max_tokens)?;
        }
        self.put(&mut map, "temperature", request.temperature)?;
        self.put(&mut map, "top_p", request.top_p)?;
        self.put(&mut map, "stop", not_empty(&request.stop))?;
        self.put(&mut map, "seed", request.seed)?;
        self.put(&mut map, "tools", not_empty(&request.tools))?;
        self.put(&mut map, "tool_choice", request.tool_choice.as_ref())?;
        self.put(
            &mut map,
            "response_format",
            request.response_format.as_ref(),
        )?;
        self.put(
            &mut map,
            "reasoning_effort",
            request.reasoning_effort.as_ref(),
        )?;
        self.put(&mut map, "user", request.user.as_ref())?;
        self.put(&mut map, "metadata", request.metadata.as_ref())?;
        if self.target.stream {
            self.put(&mut map, "stream", Some(true))?;
            self.put(
                &mut map,
                "stream_options",
                Some(json!({"include_usage": true})),
            )?;
        }
        for (name, value) in request
            .extra
            .iter()
            .filter(|(name, _)| !self.is_overridden(name))
        {
            map.serialize_entry(name, value)?;
        }
        // A null takes a field out.
        let over = request
            .extra_body
            .iter()
            .filter(|(_, value)| !value.is_null());
        for (name, value) in over.filter(|(name, _)| !self.is_left_out(name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Body<'_> {
    /// Writes a field that we name, unless the caller wrote it elsewhere.
    fn put<M: SerializeMap>(
        &self,
        map: &mut M,
        name: &str,
        value: Option<impl Serialize>,
    ) -> Result<(), M::Error> {
        let is_elsewhere = self.request.extra.contains_key(name) || self.is_overridden(name);
        match value {
            Some(value) if !is_elsewhere => map.serialize_entry(name, &value),
            _ => Ok(()),
        }
    }

    fn is_overridden(&self, name: &str) -> bool {
        self.request.extra_body.contains_key(name) || self.is_left_out(name)
    }

    fn is_left_out(&self, name: &str) -> bool {
        self.drop_n && name == "n"
    }

    /// The name of `max_tokens`: OpenAI's reasoning models refuse the old one, most other servers
    /// know no other. Nothing where the caller chose a name by writing it.
    fn limit_name(&self) -> Option<&'static str> {
        let is_written = |name| {
            self.request.extra.contains_key(name) || self.request.extra_body.contains_key(name)
        };
        match self.target.own_endpoint {
            _ if is_written("max_completion_tokens") || is_written("max_tokens") => None,
            true => Some("max_completion_tokens"),
            false => Some("max_tokens"),
        }
    }
}

fn not_empty<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}
