//! Tools, and the choice among them, which Ollama does not have.

use serde_json::{json, Map, Value};

use crate::error::LlmError;
use crate::providers::tool_schema;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;
use crate::request::{Function, Tool};

pub(super) fn encode_tools(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Value>, LlmError> {
    let mut encoded = Vec::with_capacity(request.tools.len());
    if !may_call(request, unsupported)? {
        return Ok(encoded);
    }
    for (position, tool) in request.tools.iter().enumerate() {
        let place = format!("tools[{position}]");
        match tool.function.as_ref().filter(|_| tool.kind == "function") {
            Some(function) => encoded.push(encode_tool(tool, function, &place, unsupported)?),
            None => {
                let why = format!("Ollama runs no tool of type \"{}\"", tool.kind);
                unsupported.refuse(&place, &why)?;
            }
        }
    }
    Ok(encoded)
}

/// Whether the model gets the tools. `auto` is what Ollama does; without tools it calls none.
fn may_call(request: &LlmRequest, unsupported: &mut Unsupported<'_>) -> Result<bool, LlmError> {
    let is_overridden = request.extra_body.contains_key("tool_choice");
    let choice = request.tool_choice.as_ref().filter(|_| !is_overridden);
    match choice.map(|choice| choice.as_str().unwrap_or_default()) {
        None | Some("auto") => Ok(true),
        Some("none") => Ok(false),
        Some(_) => {
            let why = "Ollama always chooses itself";
            unsupported.refuse("tool_choice", why).map(|()| true)
        }
    }
}

fn encode_tool(
    tool: &Tool,
    function: &Function,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Value, LlmError> {
    if function.strict == Some(true) {
        let why = "Ollama checks no arguments against the schema";
        unsupported.refuse(&format!("{place}.function.strict"), why)?;
    }
    let mut wire = Map::from_iter([("name".to_owned(), json!(function.name))]);
    if let Some(description) = &function.description {
        wire.insert("description".to_owned(), json!(description));
    }
    let parameters = match &function.parameters {
        Some(schema) => tool_schema::with_properties(schema).into_owned(),
        None => tool_schema::empty(),
    };
    wire.insert("parameters".to_owned(), parameters);
    wire.extend(function.extra.clone());
    let mut encoded = Map::from_iter([
        ("type".to_owned(), json!("function")),
        ("function".to_owned(), Value::Object(wire)),
    ]);
    encoded.extend(tool.extra.clone());
    Ok(Value::Object(encoded))
}
