//! Tools and the choice among them, in v2's shape.

use serde_json::{json, Map, Value};

use crate::error::LlmError;
use crate::providers::cohere::tools::{encode_functions, function_of};
use crate::providers::tool_schema;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;
use crate::request::{Function, Tool};

pub(super) fn encode_tools(
    tools: &[Tool],
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Value>, LlmError> {
    encode_functions(tools, unsupported, |tool, function, _, _| {
        Ok(encode_tool(tool, function))
    })
}

/// v2 has one strictness for all tools of a request.
pub(super) fn encode_strict(tools: &[Tool], unsupported: &mut Unsupported<'_>) -> Option<bool> {
    let functions = tools.iter().filter_map(function_of);
    let strict: Vec<bool> = functions.map(|f| f.strict == Some(true)).collect();
    if strict.contains(&true) && strict.contains(&false) {
        let warning = "tools: strict became strict_tools, which holds for all tools";
        unsupported.warnings.push(warning.to_owned());
    }
    strict.contains(&true).then_some(true)
}

fn encode_tool(tool: &Tool, function: &Function) -> Value {
    let mut wire = Map::new();
    wire.insert("name".to_owned(), json!(function.name));
    if let Some(description) = &function.description {
        wire.insert("description".to_owned(), json!(description));
    }
    // v2 requires a schema, of a tool without parameters too.
    let parameters = match &function.parameters {
        Some(schema) => tool_schema::with_properties(schema).into_owned(),
        None => tool_schema::empty(),
    };
    wire.insert("parameters".to_owned(), parameters);
    wire.extend(function.extra.clone());
    let mut outer = Map::from_iter([("type".to_owned(), json!("function"))]);
    outer.insert("function".to_owned(), Value::Object(wire));
    outer.extend(tool.extra.clone());
    Value::Object(outer)
}

/// `auto` is what v2 does by itself.
pub(super) fn encode_tool_choice(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<&'static str>, LlmError> {
    let Some(choice) = &request.tool_choice else {
        return Ok(None);
    };
    let word = choice.as_str().unwrap_or_default().to_ascii_lowercase();
    match word.as_str() {
        "auto" => Ok(None),
        "required" => Ok(Some("REQUIRED")),
        "none" => Ok(Some("NONE")),
        _ => {
            let why = "Cohere can be made to call some tool or none, but not which";
            unsupported.refuse("tool_choice", why).map(|()| None)
        }
    }
}
