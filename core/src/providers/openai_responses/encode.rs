//! A request in the shape of the Responses API. Owns which field goes out under which name and
//! where it goes; sends only what the caller set.

use std::borrow::Cow;

use http::Method;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::items::Item;
use super::{messages, params, tools};
use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::errors::unwritable;
use crate::providers::openai::endpoint::{fits, no_endpoint};
use crate::providers::openai::vendor::Vendor;
use crate::providers::override_fields::{not_empty, OverrideFields};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

/// The end of every path, which a base URL may have already: portals show the whole address.
const PATH: &str = "/responses";

pub(super) fn encode_request(
    vendor: &'static Vendor,
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let mut warnings = Vec::new();
    let unsupported = &mut Unsupported::new(vendor.name, target, &mut warnings);
    let fields = OverrideFields::of(request);
    params::check(request, unsupported)?;
    let is_stateless = params::is_stateless(&fields, request);
    let body = Body {
        request,
        input: messages::encode_messages(vendor, request, is_stateless, unsupported)?,
        max_output_tokens: params::encode_max_tokens(request),
        tools: tools::encode_tools(request),
        tool_choice: tools::encode_tool_choice(request, &fields),
        text: params::encode_text(vendor.name, request)?,
        reasoning: params::encode_reasoning(vendor.name, request)?,
        stream_options: params::encode_stream_options(request).filter(|_| target.stream),
        stream: target.stream,
        fields,
    };
    let body = serde_json::to_vec(&body).map_err(|error| unwritable(vendor.name, &error))?;
    Ok(EncodedRequest {
        method: Method::POST,
        path: path(vendor, target)?,
        headers: Vec::new(),
        body,
        warnings,
        framing: Framing::Sse,
    })
}

/// What is appended to the base URL.
fn path(vendor: &Vendor, target: &Target<'_>) -> Result<String, LlmError> {
    if target.base_path.ends_with(PATH) {
        return Ok(String::new());
    }
    let mut places = vendor.responses.iter();
    let place = places.find(|(base, _)| fits(*base, target, PATH));
    match place {
        Some((_, path)) if !path.is_empty() => Ok((*path).to_owned()),
        _ => Err(no_endpoint(vendor)),
    }
}

/// The body, written straight from the request: messages may hold images of many megabytes.
struct Body<'a> {
    request: &'a LlmRequest,
    input: Vec<Item<'a>>,
    max_output_tokens: Option<Value>,
    tools: Vec<Map<String, Value>>,
    tool_choice: Option<Cow<'a, Value>>,
    text: Option<Value>,
    reasoning: Option<Value>,
    stream: bool,
    stream_options: Option<Value>,
    fields: OverrideFields<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (request, fields) = (self.request, &self.fields);
        let mut map = serializer.serialize_map(None)?;
        fields.put(&mut map, "model", Some(&request.model))?;
        fields.put(&mut map, "input", Some(&self.input))?;
        let limit = self.max_output_tokens.as_ref();
        fields.put(&mut map, "max_output_tokens", limit)?;
        fields.put(&mut map, "temperature", request.temperature)?;
        fields.put(&mut map, "top_p", request.top_p)?;
        fields.put(&mut map, "tools", not_empty(&self.tools))?;
        fields.put(&mut map, "tool_choice", self.tool_choice.as_ref())?;
        fields.put(&mut map, "user", request.user.as_ref())?;
        fields.put(&mut map, "metadata", request.metadata.as_ref())?;
        if self.stream {
            fields.put(&mut map, "stream", Some(true))?;
        }
        // The caller's own are in these.
        let merged = [
            ("text", &self.text),
            ("reasoning", &self.reasoning),
            ("stream_options", &self.stream_options),
        ];
        for (name, value) in merged {
            if let (Some(value), false) = (value, fields.overrides(name)) {
                map.serialize_entry(name, value)?;
            }
        }
        fields.put_rest(&mut map, params::passes)?;
        map.end()
    }
}
