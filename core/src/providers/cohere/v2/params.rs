//! The fields beside messages and tools that only v2 has.

use serde_json::{json, Value};

use crate::error::LlmError;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

/// Cohere's models think or do not, and until a number of tokens at most, which an effort does not
/// give: `none` turns thinking off, every other effort turns it on. `thinking` itself, with
/// `token_budget`, may be written as a field of the request.
pub(super) fn encode_reasoning(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Value>, LlmError> {
    let Some(effort) = &request.reasoning_effort else {
        return Ok(None);
    };
    match effort.as_str() {
        "none" => Ok(Some(json!({"type": "disabled"}))),
        "minimal" | "low" | "medium" | "high" | "xhigh" | "max" => {
            let warning = "reasoning_effort became thinking, which is on or off";
            unsupported.warnings.push(warning.to_owned());
            Ok(Some(json!({"type": "enabled"})))
        }
        _ => {
            let why = format!("\"{effort}\" cannot be turned into thinking on or off");
            unsupported.refuse("reasoning_effort", &why).map(|()| None)
        }
    }
}
