//! A request in the shape of Ollama's chat. Owns which field goes out under which name, and the
//! path; sends only what the caller set, and whether to stream, since Ollama's default is a stream.

use std::borrow::Cow;

use http::Method;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::messages::{self, WireMessage};
use super::{params, tools, NAME};
use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::errors::unwritable;
use crate::providers::override_fields::{not_empty, OverrideFields};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

pub(super) fn encode_request(
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let mut warnings = Vec::new();
    let unsupported = &mut Unsupported::new(NAME, target, &mut warnings);
    let fields = OverrideFields::of(request);
    params::check(request, unsupported)?;
    let body = Body {
        model: &request.model,
        messages: messages::encode_messages(&request.messages, unsupported)?,
        tools: tools::encode_tools(request, unsupported)?,
        format: params::encode_format(request, unsupported)?,
        think: params::encode_think(request),
        options: params::encode_options(request, &fields)?,
        stream: target.stream,
        fields,
    };
    let body = serde_json::to_vec(&body).map_err(|error| unwritable(NAME, &error))?;
    Ok(EncodedRequest {
        method: Method::POST,
        path: path(target.base_path).to_owned(),
        headers: Vec::new(),
        body,
        warnings,
        framing: Framing::Ndjson,
    })
}

/// Behind the base URL, which may name the server, either of its two APIs, or the whole address.
fn path(base_path: &str) -> &'static str {
    match base_path {
        path if path.ends_with("/api/chat") => "",
        path if path.ends_with("/api") => "/chat",
        // The address of the OpenAI form; the other API stands beside it.
        path if path.ends_with("/v1/chat/completions") => "/../../../api/chat",
        path if path.ends_with("/v1") => "/../api/chat",
        _ => "/api/chat",
    }
}

/// The body, written straight from the request: messages may hold images of many megabytes.
struct Body<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    tools: Vec<Value>,
    format: Option<Cow<'a, Value>>,
    think: Option<Value>,
    options: Map<String, Value>,
    stream: bool,
    fields: OverrideFields<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = &self.fields;
        let mut map = serializer.serialize_map(None)?;
        fields.put(&mut map, "model", Some(self.model))?;
        fields.put(&mut map, "messages", Some(&self.messages))?;
        fields.put(&mut map, "tools", not_empty(&self.tools))?;
        fields.put(&mut map, "format", self.format.as_ref())?;
        fields.put(&mut map, "think", self.think.as_ref())?;
        fields.put(&mut map, "stream", Some(self.stream))?;
        // The caller's own options are in it.
        if !self.options.is_empty() && !fields.overrides("options") {
            map.serialize_entry("options", &self.options)?;
        }
        fields.put_rest(&mut map, params::passes)?;
        map.end()
    }
}
