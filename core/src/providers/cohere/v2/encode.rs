//! A request in the shape of v2's chat. Owns which field goes out under which name.

use super::{messages, params, tools};
use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::cohere::encode::{Body, Field};
use crate::providers::cohere::{params as common, NAME};
use crate::providers::override_fields::not_empty;
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

pub(crate) fn encode_request(
    request: &LlmRequest,
    target: &Target<'_>,
    path: &str,
) -> Result<EncodedRequest, LlmError> {
    let mut warnings = Vec::new();
    let unsupported = &mut Unsupported::new(NAME, target, &mut warnings);
    let mut body = Body::new(request);
    body.put("model", Some(request.model.as_str()));
    let messages = messages::encode_messages(&request.messages, unsupported)?;
    body.put("messages", Some(Field::Messages(messages)));
    common::put_common(&mut body, request, target.stream);
    let tools = tools::encode_tools(&request.tools, unsupported)?;
    body.put("tools", not_empty(tools));
    body.put(
        "strict_tools",
        tools::encode_strict(&request.tools, unsupported),
    );
    body.put(
        "tool_choice",
        tools::encode_tool_choice(request, unsupported)?,
    );
    let format = common::encode_response_format(request, "json_schema", unsupported)?;
    body.put("response_format", format);
    body.put("thinking", params::encode_reasoning(request, unsupported)?);
    common::put_rest(&mut body, request, &[], unsupported)?;
    body.finish(path, Framing::Sse, warnings)
}
