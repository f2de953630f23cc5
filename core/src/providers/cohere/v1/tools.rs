//! Tools in v1's shape, which has no choice among them.

use serde_json::{json, Map, Value};

use super::tool_parameters;
use crate::error::LlmError;
use crate::providers::cohere::tools::encode_functions;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;
use crate::request::{Function, Tool};

pub(super) fn encode_tools(
    tools: &[Tool],
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Value>, LlmError> {
    encode_functions(tools, unsupported, encode_tool)
}

fn encode_tool(
    _: &Tool,
    function: &Function,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Value, LlmError> {
    if function.strict == Some(true) {
        let why = "Cohere's v1 is never strict; use v2";
        unsupported.refuse(&format!("{place}.function.strict"), why)?;
    }
    let mut wire = Map::from_iter([("name".to_owned(), json!(function.name))]);
    // v1 requires one.
    let description = function.description.as_deref().unwrap_or_default();
    wire.insert("description".to_owned(), json!(description));
    let parameters = function.parameters.as_ref();
    let (definitions, left_out) = parameters
        .map(tool_parameters::definitions)
        .unwrap_or_default();
    if !left_out.is_empty() {
        unsupported.warnings.push(format!(
            "{place}.function.parameters: Cohere's v1 knows only type, description and required; \
             left out: {}",
            left_out.join(", ")
        ));
    }
    if !definitions.is_empty() {
        wire.insert(
            "parameter_definitions".to_owned(),
            Value::Object(definitions),
        );
    }
    wire.extend(function.extra.clone());
    Ok(Value::Object(wire))
}

/// `auto` is what v1 does, and all that it does.
pub(super) fn check_tool_choice(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let choice = request.tool_choice.as_ref();
    match choice.map(|choice| choice.as_str().unwrap_or_default()) {
        None | Some("auto") => Ok(()),
        Some(_) => unsupported.refuse("tool_choice", "Cohere's v1 always chooses itself; use v2"),
    }
}
