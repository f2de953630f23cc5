//! A request in the shape of Converse. Owns which field goes out under which name; the model and
//! whether to stream stand in the path.

use http::Method;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::endpoint;
use super::message_parts::Block;
use super::messages::{self, Turn};
use super::models::Family;
use super::params::{self, Objects, MERGED};
use super::tools::{self, ToolConfig};
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
    // It would not be a segment of a path, but lead out of it.
    if matches!(request.model.as_str(), "." | "..") {
        return Err(invalid_request(NAME, "model is not the id of a model"));
    }
    let mut warnings = Vec::new();
    let unsupported = &mut Unsupported::new(NAME, target, &mut warnings);
    let fields = OverrideFields::of(request);
    let family = Family::of(&request.model);
    params::check(request, unsupported)?;
    let conversation = messages::encode_messages(request, family, unsupported)?;
    if !conversation.system.is_empty() && fields.has("system") {
        let what = "system is in messages and beside them; keep one of the two";
        return Err(invalid_request(NAME, what));
    }
    let tool_config = tools::encode_tools(request, &conversation, unsupported)?;
    let body = Body {
        request,
        objects: Objects::encode(request, family, unsupported)?,
        metadata: params::encode_metadata(request),
        service_tier: params::encode_service_tier(request),
        system: conversation.system,
        turns: conversation.turns,
        tool_config,
        fields,
    };
    let body = serde_json::to_vec(&body).map_err(|error| unwritable(NAME, &error))?;
    let accept = match target.stream {
        true => "application/vnd.amazon.eventstream, application/json",
        false => "application/json",
    };
    Ok(EncodedRequest {
        method: Method::POST,
        path: endpoint::path(&request.model, target.stream),
        headers: vec![("accept", accept.to_owned())],
        body,
        warnings,
        framing: Framing::EventStream,
    })
}

/// The body, written straight from the request: messages may hold documents of many megabytes.
struct Body<'a> {
    request: &'a LlmRequest,
    system: Vec<Block<'a>>,
    turns: Vec<Turn<'a>>,
    tool_config: Option<ToolConfig<'a>>,
    /// What this library and the caller write into one object each.
    objects: Objects,
    metadata: Option<Map<String, Value>>,
    service_tier: Option<Value>,
    fields: OverrideFields<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = &self.fields;
        let mut map = serializer.serialize_map(None)?;
        fields.put(&mut map, "system", not_empty(&self.system))?;
        fields.put(&mut map, "messages", not_empty(&self.turns))?;
        fields.put(&mut map, "toolConfig", self.tool_config.as_ref())?;
        fields.put(&mut map, "requestMetadata", self.metadata.as_ref())?;
        fields.put(&mut map, "serviceTier", self.service_tier.as_ref())?;
        for (name, object) in MERGED.iter().zip(self.objects.in_order()) {
            if !object.is_empty() && !fields.overrides(name) {
                map.serialize_entry(name, object)?;
            }
        }
        fields.put_rest(&mut map, |name| params::passes(name, self.request))?;
        map.end()
    }
}
