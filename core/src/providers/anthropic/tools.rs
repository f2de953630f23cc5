//! Tools and the choice among them.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{json, Map, Value};

use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::override_fields::OverrideFields;
use crate::providers::tool_schema;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;
use crate::request::{Function, Tool};

/// A tool as Anthropic has it.
pub(super) enum WireTool<'a> {
    /// The caller's function, and the fields that stood beside it, such as `cache_control`.
    Function(&'a Function, &'a Map<String, Value>),
    /// One that is in Anthropic's form already: run there, or the caller's.
    Native(Box<Cow<'a, Tool>>),
}

pub(super) fn encode_tools<'a>(
    tools: &'a [Tool],
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<WireTool<'a>>, LlmError> {
    let mut wire = Vec::with_capacity(tools.len());
    for (index, tool) in tools.iter().enumerate() {
        match &tool.function {
            Some(function) => wire.push(WireTool::Function(function, &tool.extra)),
            None if tool.extra.contains_key("custom") => unsupported.refuse(
                &format!("tools[{index}]"),
                "Anthropic has no tools that take free text",
            )?,
            None if tool.kind == "function" && !tool.extra.contains_key("name") => {
                let what = format!("tools[{index}].function is missing");
                return Err(invalid_request(unsupported.provider, &what));
            }
            None => wire.push(WireTool::Native(Box::new(native(tool)))),
        }
    }
    Ok(wire)
}

/// A tool of the caller's in Anthropic's form may lack its schema's type too.
fn native(tool: &Tool) -> Cow<'_, Tool> {
    let schema = tool.extra.get("input_schema").map(tool_schema::typed);
    match schema {
        Some(Cow::Owned(schema)) => {
            let mut tool = tool.clone();
            tool.extra.insert("input_schema".to_owned(), schema);
            Cow::Owned(tool)
        }
        Some(Cow::Borrowed(_)) | None => Cow::Borrowed(tool),
    }
}

impl Serialize for WireTool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (function, beside) = match self {
            Self::Function(function, beside) => (function, beside),
            // Without a type a tool is the caller's own.
            Self::Native(tool) if tool.kind == "function" => {
                return tool.extra.serialize(serializer)
            }
            Self::Native(tool) => return tool.serialize(serializer),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &function.name)?;
        if let Some(description) = &function.description {
            map.serialize_entry("description", description)?;
        }
        match &function.parameters {
            None | Some(Value::Null) => {
                map.serialize_entry("input_schema", &json!({"type": "object"}))?;
            }
            Some(schema) => {
                map.serialize_entry("input_schema", &tool_schema::typed(schema))?;
            }
        }
        if let Some(strict) = function.strict {
            map.serialize_entry("strict", &strict)?;
        }
        for (name, value) in function.extra.iter() {
            map.serialize_entry(name, value)?;
        }
        for (name, value) in beside.iter() {
            if !function.extra.contains_key(name) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

/// `tool_choice`, with `parallel_tool_calls` in it.
pub(super) fn encode_tool_choice(
    request: &LlmRequest,
    fields: &OverrideFields<'_>,
    has_tools: bool,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Value>, LlmError> {
    let mut choice = match &request.tool_choice {
        None => None,
        Some(Value::String(word)) => match word.as_str() {
            "auto" | "none" => Some(json!({"type": word})),
            "required" | "any" => Some(json!({"type": "any"})),
            _ => {
                let what = "tool_choice must be auto, none, required, or name a tool";
                return Err(invalid_request(unsupported.provider, what));
            }
        },
        Some(choice) => named(choice, unsupported)?,
    };
    // "tool_choice may only be specified while providing tools", also one that requires no call.
    let may_go = has_tools || fields.has("tools");
    let requires_call = |choice: &Value| {
        let kind = choice.get("type").and_then(Value::as_str);
        !matches!(kind, Some("auto" | "none"))
    };
    choice = choice.filter(|choice| may_go || requires_call(choice));
    let one_at_a_time = request.extra.get("parallel_tool_calls") == Some(&Value::Bool(false));
    if one_at_a_time && has_tools {
        let choice = choice.get_or_insert_with(|| json!({"type": "auto"}));
        let may_call = choice.get("type").and_then(Value::as_str) != Some("none");
        if let Some(fields) = choice.as_object_mut().filter(|_| may_call) {
            let name = "disable_parallel_tool_use".to_owned();
            fields.entry(name).or_insert(Value::Bool(true));
        }
    }
    Ok(choice)
}

/// An object: OpenAI's, which names a function, or Anthropic's own.
fn named(choice: &Value, unsupported: &mut Unsupported<'_>) -> Result<Option<Value>, LlmError> {
    match choice.get("type").and_then(Value::as_str) {
        Some("function") => {
            let name = choice
                .get("function")
                .and_then(|function| function.get("name"));
            let name = name.or_else(|| choice.get("name")).and_then(Value::as_str);
            let missing = "tool_choice.function.name is missing";
            let name = name.ok_or_else(|| invalid_request(unsupported.provider, missing))?;
            Ok(Some(json!({"type": "tool", "name": name})))
        }
        Some("auto" | "any" | "none" | "tool") => Ok(Some(choice.clone())),
        _ => unsupported
            .refuse(
                "tool_choice",
                "Anthropic takes auto, none, required, or one tool's name",
            )
            .map(|()| None),
    }
}
