//! The tools of a request, as far as both versions treat them alike. Owns which tools Cohere can be
//! given.

use serde_json::Value;

use crate::error::LlmError;
use crate::providers::unsupported::Unsupported;
use crate::request::{Function, Tool};

/// Encodes each tool that the caller runs itself with `encode`, which takes its place in the
/// request; Cohere runs none.
pub(super) fn encode_functions(
    tools: &[Tool],
    unsupported: &mut Unsupported<'_>,
    encode: impl Fn(&Tool, &Function, &str, &mut Unsupported<'_>) -> Result<Value, LlmError>,
) -> Result<Vec<Value>, LlmError> {
    let mut encoded = Vec::with_capacity(tools.len());
    for (position, tool) in tools.iter().enumerate() {
        let place = format!("tools[{position}]");
        match function_of(tool) {
            Some(function) => encoded.push(encode(tool, function, &place, unsupported)?),
            None => {
                let why = format!("Cohere runs no tool of type \"{}\"", tool.kind);
                unsupported.refuse(&place, &why)?;
            }
        }
    }
    Ok(encoded)
}

/// The function of a tool that the caller runs.
pub(super) fn function_of(tool: &Tool) -> Option<&Function> {
    tool.function.as_ref().filter(|_| tool.kind == "function")
}
