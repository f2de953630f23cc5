//! A request in the shape of generateContent. Owns which field goes out under which name; sends
//! only what the caller set.

use http::Method;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{json, Map, Value};

use super::messages::{self, Content};
use super::model::Model;
use super::tools::{self, WireTool};
use super::{endpoint, generation_config, params, Service};
use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::errors::{invalid_request, unwritable};
use crate::providers::override_fields::{not_empty, OverrideFields};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

pub(super) fn encode_request(
    service: Service,
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let name = service.name();
    let model = Model::new(service, &request.model);
    let mut warnings = Vec::new();
    let unsupported = &mut Unsupported::new(name, target, &mut warnings);
    let mut fields = OverrideFields::of(request);
    for name in generation_config::NAMES {
        fields.leave_out(name);
    }
    params::check(request, unsupported)?;
    let conversation = messages::encode_messages(&request.messages, model, unsupported)?;
    let is_beside = ["systemInstruction", "system_instruction"]
        .iter()
        .any(|name| fields.has(name));
    if !conversation.system.is_empty() && is_beside {
        let what = "systemInstruction is in messages and beside them; keep one of the two";
        return Err(invalid_request(name, what));
    }
    let tools = tools::encode_tools(&request.tools, unsupported)?;
    let body = Body {
        system: conversation.system,
        contents: conversation.contents,
        tool_config: tools::encode_tool_choice(request, &tools, model, unsupported)?,
        tools,
        config: generation_config::encode(request, model, unsupported)?,
        labels: params::encode_labels(request, unsupported)?,
        service_tier: params::encode_service_tier(request),
        fields,
    };
    let body = serde_json::to_vec(&body).map_err(|error| unwritable(name, &error))?;
    let action = match target.stream {
        true => "streamGenerateContent?alt=sse",
        false => "generateContent",
    };
    Ok(EncodedRequest {
        method: Method::POST,
        path: endpoint::path(service, &request.model, action, target)?,
        headers: match service {
            Service::Gemini => Vec::new(),
            Service::Vertex => endpoint::quota_project(target.cloud)?,
        },
        body,
        warnings,
        framing: Framing::Sse,
    })
}

/// The body, written straight from the request: messages may hold images of many megabytes.
struct Body<'a> {
    system: Vec<&'a str>,
    contents: Vec<Content<'a>>,
    tools: Vec<WireTool<'a>>,
    tool_config: Option<Map<String, Value>>,
    config: Option<Map<String, Value>>,
    labels: Option<Map<String, Value>>,
    service_tier: Option<&'a Value>,
    fields: OverrideFields<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = &self.fields;
        let mut map = serializer.serialize_map(None)?;
        if !self.system.is_empty() {
            let parts: Vec<Value> = self
                .system
                .iter()
                .map(|text| json!({"text": text}))
                .collect();
            fields.put(
                &mut map,
                "systemInstruction",
                Some(json!({ "parts": parts })),
            )?;
        }
        fields.put(&mut map, "contents", Some(&self.contents))?;
        fields.put(&mut map, "tools", not_empty(&self.tools))?;
        if !fields.has("tool_config") {
            fields.put(&mut map, "toolConfig", self.tool_config.as_ref())?;
        }
        // Ours and the caller's in one object.
        if let Some(config) = &self.config {
            map.serialize_entry(generation_config::NAME, config)?;
        }
        fields.put(&mut map, "labels", self.labels.as_ref())?;
        fields.put(&mut map, "serviceTier", self.service_tier)?;
        fields.put_rest(&mut map, params::passes)?;
        map.end()
    }
}
