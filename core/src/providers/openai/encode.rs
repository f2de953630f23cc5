//! A request in the shape of chat completions. Owns which field goes out under which name; sends
//! only what the caller set. Called by the codec.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{json, Value};

use super::messages::{self, WireMessage};
use crate::error::{ErrorKind, LlmError};
use crate::framing::Framing;
use crate::message::Tool;
use crate::providers::openai::vendors::{
    Base, Endpoint, KeyHeader, Limit, Row, StreamOptions, DATA_SOURCES,
};
use crate::providers::unsupported::Unsupported;
use crate::providers::{tool_schema, EncodedRequest, Target};
use crate::request::LlmRequest;

/// The end of every path, which a base URL may have already: portals show the whole address.
const PATH: &str = "/chat/completions";
const LIMIT: &str = "max_tokens";
const LIMIT_NEW: &str = "max_completion_tokens";

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
    let is_older = is_older(endpoint, target);
    let body = Body {
        row,
        request,
        messages: messages::fit(row, endpoint.call_ids, request, &mut unsupported)?,
        tools: request.tools.iter().map(|tool| whole(row, tool)).collect(),
        stream: target.stream,
        limit: if is_older { Limit::Old } else { endpoint.limit },
        asks_usage: !is_older && asks_usage(endpoint, request),
        takes_stream_options: endpoint.stream_options != StreamOptions::Refused,
        left_out,
    };
    let body = serde_json::to_vec(&body)
        .map_err(|error| wrong(row, &format!("request cannot be JSON: {error}")))?;
    let key = target.key.map(|key| match row.key_header {
        KeyHeader::Bearer => ("authorization", format!("Bearer {}", key.expose())),
        KeyHeader::ApiKey => ("api-key", key.expose().to_owned()),
    });
    Ok(EncodedRequest {
        path: path(endpoint, &request.model, target),
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
    let base_path = target.base_path;
    let base_path = base_path.strip_suffix(PATH).unwrap_or(base_path);
    let is_of = |host: &str| {
        let before = target.host.strip_suffix(host);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    let fits = |endpoint: &&Endpoint| match endpoint.base {
        Base::Own => target.own_endpoint,
        Base::Host(host) => is_of(host),
        Base::Ends(end) => base_path.ends_with(end),
        Base::Holds(part) => base_path.contains(part),
        Base::Any => true,
    };
    let mut endpoints = row.endpoints.iter();
    endpoints
        .find(fits)
        .ok_or_else(|| wrong(row, "no endpoint fits the base_url"))
}

/// Whether the URL names a version of the API from before what is newer.
fn is_older(endpoint: &Endpoint, target: &Target<'_>) -> bool {
    let version_of = |query: &'_ str| -> Option<String> {
        let mut pairs = query.split('&');
        let version = pairs.find_map(|pair| pair.strip_prefix("api-version="));
        version.map(str::to_owned)
    };
    let (_, own) = endpoint.path.split_once('?').unwrap_or_default();
    let version = version_of(target.query).or_else(|| version_of(own));
    // "preview" and "latest" come after all dates.
    version.is_some_and(|version| version.as_str() < endpoint.since)
}

/// Whether a stream is asked for its usage.
fn asks_usage(endpoint: &Endpoint, request: &LlmRequest) -> bool {
    let is_known = endpoint.stream_options == StreamOptions::Sent;
    is_known && !DATA_SOURCES.iter().any(|name| is_written(request, name))
}

/// Whether the caller wrote a field that this library does not name.
fn is_written(request: &LlmRequest, name: &str) -> bool {
    let says = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
    says(request.extra.get(name)) || says(request.extra_body.get(name))
}

/// A tool whose schema says all that servers ask for.
fn whole<'t>(row: &Row, tool: &'t Tool) -> Cow<'t, Tool> {
    let Some(function) = &tool.function else {
        return Cow::Borrowed(tool);
    };
    let parameters = match &function.parameters {
        None if row.needs_parameters => Cow::Owned(tool_schema::empty()),
        None => return Cow::Borrowed(tool),
        Some(schema) => tool_schema::with_properties(schema),
    };
    match parameters {
        Cow::Borrowed(_) => Cow::Borrowed(tool),
        Cow::Owned(parameters) => {
            let mut tool = tool.clone();
            if let Some(function) = &mut tool.function {
                function.parameters = Some(parameters);
            }
            Cow::Owned(tool)
        }
    }
}

/// A model's name may hold what has a meaning in a path.
fn path(endpoint: &Endpoint, model: &str, target: &Target<'_>) -> String {
    if target.base_path.ends_with(PATH) {
        let query = endpoint.path.split_once('?');
        return query.map_or_else(String::new, |(_, query)| format!("?{query}"));
    }
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
        _ => is_written(request, name),
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
    messages: Vec<WireMessage<'a>>,
    tools: Vec<Cow<'a, Tool>>,
    stream: bool,
    limit: Limit,
    asks_usage: bool,
    takes_stream_options: bool,
    left_out: Vec<&'static str>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = self.request;
        let mut map = serializer.serialize_map(None)?;
        self.put(&mut map, "model", Some(&request.model))?;
        self.put(&mut map, "messages", Some(&self.messages))?;
        if let Some((name, value)) = self.limit() {
            map.serialize_entry(name, &value)?;
        }
        self.put(&mut map, "temperature", request.temperature)?;
        self.put(&mut map, "top_p", request.top_p)?;
        self.put(&mut map, "stop", not_empty(&request.stop))?;
        self.put(&mut map, self.row.seed, request.seed)?;
        self.put(&mut map, "tools", not_empty(&self.tools))?;
        self.put(&mut map, "tool_choice", self.tool_choice())?;
        let format = request.response_format.as_ref();
        self.put(&mut map, "response_format", format)?;
        let effort = request.reasoning_effort.as_ref();
        self.put(&mut map, "reasoning_effort", effort)?;
        self.put(&mut map, "user", request.user.as_ref())?;
        self.put(&mut map, "metadata", request.metadata.as_ref())?;
        if self.stream {
            self.put(&mut map, "stream", Some(true))?;
        }
        if self.stream && self.asks_usage {
            let options = json!({"include_usage": true});
            self.put(&mut map, "stream_options", Some(options))?;
        }
        let extra = request.extra.iter();
        for (name, value) in extra.filter(|(name, value)| self.passes(name, value)) {
            map.serialize_entry(name, value)?;
        }
        // A null takes a field out.
        let over = request.extra_body.iter();
        let over = over.filter(|(_, value)| !value.is_null());
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
        let is_elsewhere = self.request.extra.get(name).is_some_and(|v| !v.is_null());
        match value {
            Some(value) if !is_elsewhere && !self.is_overridden(name) => {
                map.serialize_entry(name, &value)
            }
            _ => Ok(()),
        }
    }

    /// Whether an unknown field goes out as it is.
    fn passes(&self, name: &str, value: &Value) -> bool {
        let has_place = match name {
            LIMIT | LIMIT_NEW => false,
            // "only allowed when stream is enabled".
            "stream_options" => self.stream && self.takes_stream_options,
            _ => true,
        };
        has_place && !value.is_null() && !self.is_overridden(name)
    }

    fn is_overridden(&self, name: &str) -> bool {
        self.request.extra_body.contains_key(name) || self.is_left_out(name)
    }

    fn is_left_out(&self, name: &str) -> bool {
        self.left_out.contains(&name)
    }

    fn has_tools(&self) -> bool {
        !self.tools.is_empty()
            || is_written(self.request, "tools")
            || is_written(self.request, "functions")
    }

    /// The server's word for a choice that is a word. Without tools a choice among them is an
    /// error, also one that asks for nothing.
    fn tool_choice(&self) -> Option<Cow<'_, Value>> {
        let choice = self.request.tool_choice.as_ref()?;
        if matches!(choice.as_str(), Some("auto" | "none")) && !self.has_tools() {
            return None;
        }
        let names = self.row.tool_choices.iter();
        let mut names = names.filter(|(ours, _)| choice.as_str() == Some(ours));
        Some(match names.next() {
            Some((_, theirs)) => Cow::Owned(Value::from(*theirs)),
            None => Cow::Borrowed(choice),
        })
    }

    /// The limit of tokens under the name that the server knows. The newer one holds where the
    /// caller wrote both; `extra_body` holds over either, and a null there takes out the one that
    /// it names.
    fn limit(&self) -> Option<(&'static str, Value)> {
        let request = self.request;
        let over = |name: &str| request.extra_body.get(name);
        let is_said = |name: &str| over(name).is_some_and(|value| !value.is_null());
        if is_said(LIMIT) || is_said(LIMIT_NEW) {
            return None;
        }
        let written = |name: &str| {
            let value = request.extra.get(name).filter(|value| !value.is_null());
            let typed = request.max_tokens.filter(|_| name == LIMIT);
            let value = value.cloned().or(typed.map(Value::from));
            value.filter(|_| over(name).is_none())
        };
        let newer = written(LIMIT_NEW);
        let is_new = match self.limit {
            Limit::Old => false,
            Limit::New => true,
            Limit::Written => newer.is_some(),
        };
        let names = if is_new {
            [LIMIT_NEW, LIMIT]
        } else {
            [LIMIT, LIMIT_NEW]
        };
        let name = names.into_iter().find(|name| over(name).is_none())?;
        Some((name, newer.or_else(|| written(LIMIT))?))
    }
}

fn not_empty<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}
