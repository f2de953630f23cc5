//! A request in the shape of chat completions. Owns which field goes out under which name; sends
//! only what the caller set.

use std::borrow::Cow;

use http::Method;
use serde::ser::{SerializeMap, Serializer};
use serde::Serialize;
use serde_json::Value;

use super::messages::{self, WireMessage};
use super::params::{self, MaxTokens};
use super::vendor::{StreamOptions, Vendor};
use super::{endpoint, tools};
use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::errors::unwritable;
use crate::providers::override_fields::{not_empty, OverrideFields};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;
use crate::request::Tool;

pub(super) fn encode_request(
    vendor: &Vendor,
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let mut warnings = Vec::new();
    let unsupported = &mut Unsupported::new(vendor.name, target, &mut warnings);
    let mut fields = OverrideFields::of(request);
    params::check(vendor, request, &mut fields, unsupported)?;
    let endpoint = endpoint::endpoint(vendor, target)?;
    let is_older = endpoint::is_older(endpoint, target);
    let messages = messages::encode_messages(vendor, endpoint.call_ids, request, unsupported)?;
    let body = Body {
        request,
        messages,
        tools: tools::encode_tools(vendor, request),
        tool_choice: tools::encode_tool_choice(vendor, request, &fields),
        max_tokens: params::encode_max_tokens(endpoint, is_older, request),
        seed: vendor.seed,
        stream: target.stream,
        asks_usage: !is_older && params::asks_usage(endpoint, &fields),
        // "only allowed when stream is enabled".
        takes_stream_options: target.stream && endpoint.stream_options != StreamOptions::Refused,
        fields,
    };
    let body = serde_json::to_vec(&body).map_err(|error| unwritable(vendor.name, &error))?;
    Ok(EncodedRequest {
        method: Method::POST,
        path: endpoint::path(endpoint, &request.model, target),
        headers: Vec::new(),
        body,
        warnings,
        framing: Framing::Sse,
    })
}

/// `stream_options`: the last chunk has the counts.
#[derive(Serialize)]
struct IncludeUsage {
    include_usage: bool,
}

/// The body, written straight from the request: messages may hold images of many megabytes.
struct Body<'a> {
    request: &'a LlmRequest,
    messages: Vec<WireMessage<'a>>,
    tools: Vec<Cow<'a, Tool>>,
    tool_choice: Option<Cow<'a, Value>>,
    max_tokens: Option<MaxTokens>,
    seed: &'static str,
    stream: bool,
    asks_usage: bool,
    takes_stream_options: bool,
    fields: OverrideFields<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (request, fields) = (self.request, &self.fields);
        let mut map = serializer.serialize_map(None)?;
        fields.put(&mut map, "model", Some(&request.model))?;
        fields.put(&mut map, "messages", Some(&self.messages))?;
        if let Some(MaxTokens { name, value }) = &self.max_tokens {
            map.serialize_entry(name, value)?;
        }
        fields.put(&mut map, "temperature", request.temperature)?;
        fields.put(&mut map, "top_p", request.top_p)?;
        fields.put(&mut map, "stop", not_empty(&request.stop))?;
        fields.put(&mut map, self.seed, request.seed)?;
        fields.put(&mut map, "tools", not_empty(&self.tools))?;
        fields.put(&mut map, "tool_choice", self.tool_choice.as_ref())?;
        let format = request.response_format.as_ref();
        fields.put(&mut map, "response_format", format)?;
        let effort = request.reasoning_effort.as_ref();
        fields.put(&mut map, "reasoning_effort", effort)?;
        fields.put(&mut map, "user", request.user.as_ref())?;
        fields.put(&mut map, "metadata", request.metadata.as_ref())?;
        if self.stream {
            fields.put(&mut map, "stream", Some(true))?;
        }
        if self.stream && self.asks_usage {
            let options = IncludeUsage {
                include_usage: true,
            };
            fields.put(&mut map, "stream_options", Some(options))?;
        }
        fields.put_rest(&mut map, |name| match name {
            "stream_options" => self.takes_stream_options,
            name => params::passes(name),
        })?;
        map.end()
    }
}
