//! A request in the shape of messages. Owns which field goes out under which name; sends only what
//! the caller set, and the limit that the API requires.

use http::Method;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::message_parts::Block;
use super::messages::{self, Turn};
use super::params::{self, MAX_TOKENS};
use super::tools::{self, WireTool};
use super::NAME;
use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::errors::{invalid_request, unwritable};
use crate::providers::override_fields::{not_empty, OverrideFields};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

pub(super) fn encode_request(
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    encode(NAME, None, request, target)
}

/// Vertex AI has the model in the path, and the version in the body.
#[cfg(feature = "gemini")]
pub(super) fn encode_for_vertex(
    provider: &'static str,
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    encode(provider, Some("vertex-2023-10-16"), request, target)
}

fn encode(
    provider: &'static str,
    version: Option<&'static str>,
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let mut warnings = Vec::new();
    let unsupported = &mut Unsupported::new(provider, target, &mut warnings);
    let fields = OverrideFields::of(request);
    params::check(request, unsupported)?;
    let conversation = messages::encode_messages(&request.messages, unsupported)?;
    if !conversation.system.is_empty() && fields.has("system") {
        let what = "system is in messages and beside them; keep one of the two";
        return Err(invalid_request(provider, what));
    }
    let tools = tools::encode_tools(&request.tools, unsupported)?;
    let body = Body {
        request,
        version,
        stream: target.stream,
        max_tokens: params::encode_max_tokens(request),
        system: conversation.system,
        turns: conversation.turns,
        tool_choice: tools::encode_tool_choice(request, &fields, !tools.is_empty(), unsupported)?,
        tools,
        output_config: params::encode_output_config(request, unsupported)?,
        metadata: params::encode_metadata(request, &fields, unsupported)?,
        fields,
    };
    let body = serde_json::to_vec(&body).map_err(|error| unwritable(provider, &error))?;
    Ok(EncodedRequest {
        method: Method::POST,
        path: path(target.base_path).to_owned(),
        headers: vec![("anthropic-version", "2023-06-01".to_owned())],
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

/// The body, written straight from the request: messages may hold images of many megabytes.
struct Body<'a> {
    request: &'a LlmRequest,
    /// In place of the model, which then stands in the path.
    version: Option<&'static str>,
    stream: bool,
    max_tokens: u64,
    system: Vec<Block<'a>>,
    turns: Vec<Turn<'a>>,
    tools: Vec<WireTool<'a>>,
    tool_choice: Option<Value>,
    output_config: Option<Map<String, Value>>,
    metadata: Option<Map<String, Value>>,
    fields: OverrideFields<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (request, fields) = (self.request, &self.fields);
        let mut map = serializer.serialize_map(None)?;
        match self.version {
            Some(version) => fields.put(&mut map, "anthropic_version", Some(version))?,
            None => fields.put(&mut map, "model", Some(&request.model))?,
        }
        fields.put(&mut map, MAX_TOKENS, Some(self.max_tokens))?;
        fields.put(&mut map, "system", messages::content(&self.system))?;
        fields.put(&mut map, "messages", Some(&self.turns))?;
        fields.put(&mut map, "temperature", request.temperature)?;
        fields.put(&mut map, "top_p", request.top_p)?;
        fields.put(&mut map, "stop_sequences", not_empty(&request.stop))?;
        fields.put(&mut map, "tools", not_empty(&self.tools))?;
        fields.put(&mut map, "tool_choice", self.tool_choice.as_ref())?;
        fields.put(&mut map, "metadata", self.metadata.as_ref())?;
        if self.stream {
            fields.put(&mut map, "stream", Some(true))?;
        }
        // Ours and the caller's in one object.
        if let (Some(config), false) = (&self.output_config, fields.overrides("output_config")) {
            map.serialize_entry("output_config", config)?;
        }
        fields.put_rest(&mut map, params::passes)?;
        map.end()
    }
}
