//! Tools and the choice among them, which are flat here: what other APIs put into an object named
//! as the type stands beside the type.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::providers::override_fields::OverrideFields;
use crate::providers::tool_schema;
use crate::request::LlmRequest;
use crate::request::{Function, Tool};

pub(super) fn encode_tools(request: &LlmRequest) -> Vec<Map<String, Value>> {
    request.tools.iter().map(encode_tool).collect()
}

fn encode_tool(tool: &Tool) -> Map<String, Value> {
    let mut fields = Map::from_iter([("type".to_owned(), Value::from(tool.kind.as_str()))]);
    if let Some(function) = &tool.function {
        fields.extend(encode_function(function));
    }
    let others = tool.extra.iter().filter(|(name, _)| **name != tool.kind);
    fields.extend(others.map(|(name, value)| (name.clone(), value.clone())));
    if let Some(Value::Object(nested)) = tool.extra.get(&tool.kind) {
        fields.extend(nested.clone());
    }
    if let Some(format) = fields.get_mut("format") {
        flatten(format, "grammar");
    }
    // Absent it means true here, for which schemas are rewritten or refused; elsewhere it means
    // false.
    if tool.kind == "function" {
        fields.entry("strict").or_insert(Value::Bool(false));
    }
    fields
}

fn encode_function(function: &Function) -> Map<String, Value> {
    let mut fields = Map::from_iter([("name".to_owned(), Value::from(function.name.as_str()))]);
    let description = function.description.as_deref().map(Value::from);
    fields.extend(description.map(|text| ("description".to_owned(), text)));
    let parameters = function.parameters.as_ref();
    let parameters = parameters.map_or_else(tool_schema::empty, |schema| {
        tool_schema::with_properties(schema).into_owned()
    });
    fields.insert("parameters".to_owned(), parameters);
    let strict = function.strict.map(Value::Bool);
    fields.extend(strict.map(|strict| ("strict".to_owned(), strict)));
    fields.extend(function.extra.clone());
    fields
}

/// Takes the fields out of the object that has this name.
fn flatten(value: &mut Value, name: &str) {
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    match fields.shift_remove(name) {
        Some(Value::Object(nested)) => fields.extend(nested),
        Some(other) => drop(fields.insert(name.to_owned(), other)),
        None => {}
    }
}

/// The choice, flat as the tools are. Without tools a choice among them is an error, also one that
/// requires no call.
pub(super) fn encode_tool_choice<'r>(
    request: &'r LlmRequest,
    fields: &OverrideFields<'_>,
) -> Option<Cow<'r, Value>> {
    let choice = request.tool_choice.as_ref()?;
    let has_tools = !request.tools.is_empty() || fields.has("tools");
    if matches!(choice.as_str(), Some("auto" | "none")) && !has_tools {
        return None;
    }
    let Some(kind) = choice.get("type").and_then(Value::as_str) else {
        return Some(Cow::Borrowed(choice));
    };
    let mut flat = tool_schema::without_description(choice).into_owned();
    flatten(&mut flat, kind);
    for tool in flat
        .get_mut("tools")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let kind = tool.get("type").and_then(Value::as_str).map(str::to_owned);
        kind.into_iter().for_each(|kind| flatten(tool, &kind));
    }
    Some(Cow::Owned(flat))
}
