//! A request as its caller wrote it, which is what the test that wrote the script looks at.

use http::Method;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{messages, NAME};
use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::errors::unwritable;
use crate::providers::override_fields::{not_empty, OverrideFields};
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

pub(super) fn encode_request(
    request: &LlmRequest,
    _: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let body = serde_json::to_vec(&Body(request)).map_err(|error| unwritable(NAME, &error))?;
    Ok(EncodedRequest {
        method: Method::POST,
        path: "/chat".to_owned(),
        headers: Vec::new(),
        body,
        warnings: Vec::new(),
        framing: Framing::Ndjson,
    })
}

struct Body<'a>(&'a LlmRequest);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = self.0;
        let fields = OverrideFields::of(request);
        let mut map = serializer.serialize_map(None)?;
        let messages = messages::encode_messages(&request.messages);
        fields.put(&mut map, "model", Some(&request.model))?;
        fields.put(&mut map, "messages", Some(messages))?;
        fields.put(&mut map, "max_tokens", request.max_tokens)?;
        fields.put(&mut map, "temperature", request.temperature)?;
        fields.put(&mut map, "top_p", request.top_p)?;
        fields.put(&mut map, "stop", not_empty(&request.stop))?;
        fields.put(&mut map, "seed", request.seed)?;
        fields.put(&mut map, "tools", not_empty(&request.tools))?;
        fields.put(&mut map, "tool_choice", request.tool_choice.as_ref())?;
        let format = request.response_format.as_ref();
        fields.put(&mut map, "response_format", format)?;
        let effort = request.reasoning_effort.as_ref();
        fields.put(&mut map, "reasoning_effort", effort)?;
        fields.put(&mut map, "stream", request.stream)?;
        fields.put(&mut map, "user", request.user.as_ref())?;
        fields.put(&mut map, "metadata", request.metadata.as_ref())?;
        fields.put_rest(&mut map, |_| true)?;
        map.end()
    }
}
