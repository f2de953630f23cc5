//! A request in the shape of chat completions. Owns which field goes out under which name; sends
//! only what the caller set. Called by the codec.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{json, Value};

use super::messages;
use crate::error::{ErrorKind, LlmError};
use crate::framing::Framing;
use crate::message::Message;
use crate::providers::compatible::{Base, Endpoint, KeyHeader, Row};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

pub(super) fn request(
    row: &Row,
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let mut warnings = Vec::new();
    let mut unsupported = Unsupported {
        provider: row.name,
        lenient: target.lenient,
        warnings: &mut warnings,
    };
    let mut left_out = Vec::new();
    if more_than_one(request) {
        if !target.lenient {
            let what = "n is more than 1; send one request per answer, or set lenient";
            return Err(wrong(row, what));
        }
        unsupported.refuse("n", "one stream carries one answer")?;
        left_out.push("n");
    }
    for name in row.refuses.iter().filter(|name| is_set(request, name)) {
        unsupported.refuse(name, "the provider refuses it")?;
        left_out.push(name);
    }
    let endpoint = endpoint(row, target)?;
    let body = Body {
        row,
        request,
        messages: messages::fit(row, &request.messages, &mut unsupported)?,
        stream: target.stream,
        limit: endpoint.limit,
        left_out,
    };
    let body = serde_json::to_vec(&body)
        .map_err(|error| wrong(row, &format!("request cannot be JSON: {error}")))?;
    let key = target.key.map(|key| match row.key_header {
        KeyHeader::Bearer => ("authorization", format!("Bearer {}", key.expose())),
        KeyHeader::ApiKey => ("api-key", key.expose().to_owned()),
    });
    Ok(EncodedRequest {
        path: path(endpoint, &request.model),
        headers: key.into_iter().collect(),
        body,
        warnings,
        framing: Framing::Sse,
    })
}

fn wrong(row: &Row, what: &str) -> LlmError {
    LlmError {
        provider: Some(row.name),
        ..LlmError::new(ErrorKind::InvalidRequest, format!("{}: {what}", row.name))
    }
}

fn endpoint<'r>(row: &'r Row, target: &Target<'_>) -> Result<&'r Endpoint, LlmError> {
    let fits = |endpoint: &&Endpoint| match endpoint.base {
        Base::Own => target.own_endpoint,
        Base::Ends(end) => target.base_path.ends_with(end),
        Base::Holds(part) => target.base_path.contains(part),
        Base::Any => true,
    };
    let mut endpoints = row.endpoints.iter();
    endpoints
        .find(fits)
        .ok_or_else(|| wrong(row, "no endpoint fits the base_url"))
}

/// A model's name may hold what has a meaning in a path.
fn path(endpoint: &Endpoint, model: &str) -> String {
    let Some((before, after)) = endpoint.path.split_once("{model}") else {
        return endpoint.path.to_owned();
    };
    let mut path = before.to_owned();
    for byte in model.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path + after
}

/// Whether the caller set a field that a row may refuse.
fn is_set(request: &LlmRequest, name: &str) -> bool {
    let is_ours = match name {
        "user" => request.user.is_some(),
        "seed" => request.seed.is_some(),
        "metadata" => request.metadata.is_some(),
        "reasoning_effort" => request.reasoning_effort.is_some(),
        _ => request.extra.contains_key(name),
    };
    // What stands in extra_body was written for this provider.
    is_ours && !request.extra_body.contains_key(name)
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
    row: &'a Row,
    request: &'a LlmRequest,
    messages: Vec<Cow<'a, Message>>,
    stream: bool,
    limit: &'static str,
    left_out: Vec<&'static str>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = self.request;
        let mut map = serializer.serialize_map(None)?;
        self.put(&mut map, "model", Some(&request.model))?;
        self.put(&mut map, "messages", Some(&self.messages))?;
        if let Some(name) = self.limit_name() {
            self.put(&mut map, name, request.max_tokens)?;
        }
        self.put(&mut map, "temperature", request.temperature)?;
        self.put(&mut map, "top_p", request.top_p)?;
        self.put(&mut map, "stop", not_empty(&request.stop))?;
        self.put(&mut map, self.row.seed, request.seed)?;
        self.put(&mut map, "tools", not_empty(&request.tools))?;
        self.put(&mut map, "tool_choice", self.tool_choice())?;
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
        if self.stream {
            self.put(&mut map, "stream", Some(true))?;
        }
        if self.stream && self.row.stream_options {
            let options = json!({"include_usage": true});
            self.put(&mut map, "stream_options", Some(options))?;
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
        self.left_out.contains(&name)
    }

    /// The server's word for a choice that is a word.
    fn tool_choice(&self) -> Option<Cow<'_, Value>> {
        let choice = self.request.tool_choice.as_ref()?;
        let names = self.row.tool_choices.iter();
        let mut names = names.filter(|(ours, _)| choice.as_str() == Some(ours));
        Some(match names.next() {
            Some((_, theirs)) => Cow::Owned(Value::from(*theirs)),
            None => Cow::Borrowed(choice),
        })
    }

    /// The name of `max_tokens`. Nothing where the caller chose a name by writing it.
    fn limit_name(&self) -> Option<&'static str> {
        let is_written = |name| {
            self.request.extra.contains_key(name) || self.request.extra_body.contains_key(name)
        };
        let is_chosen = is_written("max_completion_tokens") || is_written("max_tokens");
        (!is_chosen).then_some(self.limit)
    }
}

fn not_empty<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}
