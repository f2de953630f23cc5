//! A request in the shape of v1's chat. Owns which field goes out under which name and which fields
//! this older version has no place for.

use super::{messages, tools};
use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::cohere::encode::Body;
use crate::providers::cohere::{params as common, NAME};
use crate::providers::override_fields::not_empty;
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

/// Fields of v2 that v1 has no place for.
const ONLY_V2: &[&str] = &[
    "citation_options",
    "logprobs",
    "priority",
    "strict_tools",
    "thinking",
];

pub(crate) fn encode_request(
    request: &LlmRequest,
    target: &Target<'_>,
    path: &str,
) -> Result<EncodedRequest, LlmError> {
    let mut warnings = Vec::new();
    let unsupported = &mut Unsupported::new(NAME, target, &mut warnings);
    let mut body = Body::new(request);
    body.put("model", Some(request.model.as_str()));
    let takes_preamble = !body.overrides.replaces("preamble");
    let conversation = messages::encode_messages(&request.messages, takes_preamble, unsupported)?;
    body.put("message", Some(conversation.message));
    body.put("preamble", conversation.preamble);
    body.put("chat_history", not_empty(conversation.history));
    body.put("tool_results", not_empty(conversation.tool_results));
    common::put_common(&mut body, request, target.stream);
    let tools = tools::encode_tools(&request.tools, unsupported)?;
    body.put("tools", not_empty(tools));
    tools::check_tool_choice(request, unsupported)?;
    let format = common::encode_response_format(request, "schema", unsupported)?;
    body.put("response_format", format);
    if !matches!(request.reasoning_effort.as_deref(), None | Some("none")) {
        unsupported.refuse("reasoning_effort", "Cohere's v1 does not think; use v2")?;
    }
    common::put_rest(&mut body, request, ONLY_V2, unsupported)?;
    body.finish(path, Framing::Ndjson, warnings)
}
