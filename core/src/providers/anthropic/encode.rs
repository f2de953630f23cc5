//! A request in the shape of messages. Owns which field goes out under which name; sends only what
//! the caller set, and the limit that the API requires. Called by the codec.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::message_parts::Block;
use super::messages::{self, Turn};
use super::params::{self, MAX_TOKENS};
use super::tools::{self, WireTool};
use super::{wrong, Anthropic};
use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Provider, Target};
use crate::request::LlmRequest;
use crate::secret::Secret;

pub(super) fn request(
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let mut warnings = Vec::new();
    let mut unsupported = Unsupported {
        provider: Anthropic.name(),
        lenient: target.lenient,
        warnings: &mut warnings,
    };
    params::check(request, &mut unsupported)?;
    let conversation = messages::conversation(&request.messages, &mut unsupported)?;
    if !conversation.system.is_empty() && given(request, "system") {
        return Err(wrong(
            "system is said in messages and beside them; keep one of the two",
        ));
    }
    let tools = tools::tools(&request.tools, &mut unsupported)?;
    let body = Body {
        request,
        stream: target.stream,
        max_tokens: params::max_tokens(request),
        system: conversation.system,
        turns: conversation.turns,
        tool_choice: tools::choice(request, !tools.is_empty(), &mut unsupported)?,
        tools,
        output_config: params::output_config(request, &mut unsupported)?,
        metadata: params::metadata(request, &mut unsupported)?,
    };
    let body = serde_json::to_vec(&body)
        .map_err(|error| wrong(&format!("request cannot be JSON: {error}")))?;
    Ok(EncodedRequest {
        path: path(target.base_path).to_owned(),
        headers: headers(target),
        body,
        warnings,
        framing: Framing::Sse,
    })
}

/// A base URL may or may not name the version, and may be the whole address: all are common.
fn path(base_path: &str) -> &'static str {
    match base_path {
        base if base.ends_with("/v1/messages") => "",
        base if base.ends_with("/v1") => "/messages",
        _ => "/v1/messages",
    }
}

/// What a token of OAuth begins with, which stands in place of a key.
const TOKEN: &str = "sk-ant-oat";
/// Without which no such token is taken.
const TOKEN_BETA: (&str, &str) = ("anthropic-beta", "oauth-2025-04-20");

fn headers(target: &Target<'_>) -> Vec<(&'static str, String)> {
    let mut headers = vec![("anthropic-version", "2023-06-01".to_owned())];
    let own = target.authorization.and_then(|own| own.to_str().ok());
    let own = own.and_then(|own| own.split_once(' '));
    let own = own.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let mut has_token = own.is_some_and(|(_, token)| token.starts_with(TOKEN));
    match target.key.map(Secret::expose) {
        Some(token) if token.starts_with(TOKEN) => {
            headers.push(("authorization", format!("Bearer {token}")));
            has_token = true;
        }
        Some(key) => headers.push(("x-api-key", key.to_owned())),
        None => {}
    }
    if has_token {
        let (name, beta) = TOKEN_BETA;
        headers.push((name, beta.to_owned()));
    }
    headers
}

/// Whether the caller wrote a field of the provider's under its own name.
pub(super) fn given(request: &LlmRequest, name: &str) -> bool {
    let value = request
        .extra_body
        .get(name)
        .or_else(|| request.extra.get(name));
    value.is_some_and(|value| !value.is_null())
}

/// The body, written straight from the request: messages may hold images of many megabytes.
struct Body<'a> {
    request: &'a LlmRequest,
    stream: bool,
    max_tokens: u64,
    system: Vec<Block<'a>>,
    turns: Vec<Turn<'a>>,
    tools: Vec<WireTool<'a>>,
    tool_choice: Option<Value>,
    output_config: Option<Map<String, Value>>,
    metadata: Option<Map<String, Value>>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = self.request;
        let mut map = serializer.serialize_map(None)?;
        self.put(&mut map, "model", Some(&request.model))?;
        self.put(&mut map, MAX_TOKENS, Some(self.max_tokens))?;
        self.put(&mut map, "system", messages::content(&self.system))?;
        self.put(&mut map, "messages", Some(&self.turns))?;
        self.put(&mut map, "temperature", request.temperature)?;
        self.put(&mut map, "top_p", request.top_p)?;
        self.put(&mut map, "stop_sequences", not_empty(&request.stop))?;
        self.put(&mut map, "tools", not_empty(&self.tools))?;
        self.put(&mut map, "tool_choice", self.tool_choice.as_ref())?;
        self.put(&mut map, "metadata", self.metadata.as_ref())?;
        if self.stream {
            self.put(&mut map, "stream", Some(true))?;
        }
        let extra = request.extra.iter();
        for (name, value) in extra.filter(|(name, _)| params::passes(name)) {
            if !value.is_null() && !request.extra_body.contains_key(name) {
                map.serialize_entry(name, value)?;
            }
        }
        // Ours and the caller's in one object.
        if let (Some(config), false) = (
            &self.output_config,
            request.extra_body.contains_key("output_config"),
        ) {
            map.serialize_entry("output_config", config)?;
        }
        // A null takes a field out.
        let over = request.extra_body.iter();
        for (name, value) in over.filter(|(_, value)| !value.is_null()) {
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
        let is_elsewhere = given(self.request, name) || self.request.extra_body.contains_key(name);
        match value {
            Some(value) if !is_elsewhere => map.serialize_entry(name, &value),
            _ => Ok(()),
        }
    }
}

fn not_empty<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}
