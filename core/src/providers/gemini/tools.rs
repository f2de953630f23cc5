//! Tools and the choice among them: the caller's functions in one entry, what Gemini runs itself
//! in entries of their own.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{json, Map, Value};

use super::model::Model;
use super::params::missing;
use super::Service;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;
use crate::request::{Function, Tool};

/// Tools that Gemini runs, as a `type`; others go out in Gemini's own form (`{"newTool": {}}`).
const HOSTED: &[(&str, &str)] = &[
    ("google_search", "googleSearch"),
    ("google_search_retrieval", "googleSearchRetrieval"),
    ("url_context", "urlContext"),
    ("code_execution", "codeExecution"),
    ("file_search", "fileSearch"),
    ("google_maps", "googleMaps"),
    ("computer_use", "computerUse"),
    ("enterprise_web_search", "enterpriseWebSearch"),
    ("retrieval", "retrieval"),
];

/// Marks for other providers' caches, which stand beside a function.
const FOREIGN: &[&str] = &["cache_control", "defer_loading", "eager_input_streaming"];

/// An entry of `tools`.
pub(super) enum WireTool<'a> {
    /// All functions of the caller.
    Functions(Vec<(&'a Function, &'a Map<String, Value>)>),
    Hosted(&'static str, Value),
    /// In Gemini's own form.
    Native(&'a Map<String, Value>),
}

pub(super) fn encode_tools<'a>(
    tools: &'a [Tool],
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<WireTool<'a>>, LlmError> {
    let mut functions = Vec::new();
    let mut others = Vec::new();
    for (index, tool) in tools.iter().enumerate() {
        let place = format!("tools[{index}]");
        let mut hosted = HOSTED.iter();
        let hosted = hosted.find(|(name, own)| tool.kind == *name || tool.kind == *own);
        match (&tool.function, hosted) {
            (Some(function), _) => functions.push((function, &tool.extra)),
            (None, Some((name, own))) => {
                let inner = tool.extra.get(*name).or_else(|| tool.extra.get(*own));
                let all = || Value::Object(tool.extra.clone());
                others.push(WireTool::Hosted(own, inner.cloned().unwrap_or_else(all)));
            }
            (None, None) if tool.kind != "function" => {
                let why = format!("Gemini runs no tool of type \"{}\"", tool.kind);
                unsupported.refuse(&place, &why)?;
            }
            (None, None) if tool.extra.is_empty() || tool.extra.contains_key("name") => {
                return Err(missing(unsupported, &format!("{place}.function")));
            }
            (None, None) => others.push(WireTool::Native(&tool.extra)),
        }
    }
    let functions = (!functions.is_empty()).then_some(WireTool::Functions(functions));
    Ok(functions.into_iter().chain(others).collect())
}

impl WireTool<'_> {
    fn has_functions(&self) -> bool {
        match self {
            Self::Functions(_) => true,
            Self::Hosted(..) => false,
            Self::Native(fields) => {
                fields.contains_key("functionDeclarations")
                    || fields.contains_key("function_declarations")
            }
        }
    }

    fn is_strict(&self) -> bool {
        match self {
            Self::Functions(functions) => functions
                .iter()
                .any(|(function, _)| function.strict == Some(true)),
            Self::Hosted(..) | Self::Native(_) => false,
        }
    }
}

impl Serialize for WireTool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Functions(functions) => {
                let functions: Vec<_> = functions
                    .iter()
                    .map(|(function, beside)| Declaration(function, beside))
                    .collect();
                serializer.collect_map([("functionDeclarations", functions)])
            }
            Self::Hosted(name, value) => serializer.collect_map([(name, value)]),
            Self::Native(fields) => fields.serialize(serializer),
        }
    }
}

struct Declaration<'a>(&'a Function, &'a Map<String, Value>);

impl Serialize for Declaration<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(function, beside) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &function.name)?;
        if let Some(description) = &function.description {
            map.serialize_entry("description", description)?;
        }
        // `parameters` is a subset of OpenAPI, of which one unknown keyword fails the request.
        if let Some(schema) = function
            .parameters
            .as_ref()
            .filter(|schema| has_any(schema))
        {
            map.serialize_entry("parametersJsonSchema", schema)?;
        }
        for (name, value) in function.extra.iter() {
            map.serialize_entry(name, value)?;
        }
        for (name, value) in beside.iter() {
            if !function.extra.contains_key(name) && !FOREIGN.contains(&name.as_str()) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

/// Whether a schema has arguments: a function without them has no schema.
fn has_any(schema: &Value) -> bool {
    let Value::Object(fields) = schema else {
        return !schema.is_null();
    };
    let is_of_object = |name: &String| {
        let empty = ["type", "properties", "required", "additionalProperties"];
        empty.contains(&name.as_str())
    };
    let properties = fields.get("properties").and_then(Value::as_object);
    properties.is_some_and(|properties| !properties.is_empty())
        || fields
            .get("additionalProperties")
            .is_some_and(|more| *more != Value::Bool(false))
        || !fields.keys().all(is_of_object)
}

/// `toolConfig`: how functions are called, and that Gemini's own tools may run beside them.
pub(super) fn encode_tool_choice(
    request: &LlmRequest,
    tools: &[WireTool<'_>],
    model: Model<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Map<String, Value>>, LlmError> {
    let mut config = Map::new();
    if let Some(calling) = calling(request, tools, unsupported)? {
        config.insert("functionCallingConfig".to_owned(), calling);
    }
    let has_functions = tools.iter().any(WireTool::has_functions);
    let has_others = tools
        .iter()
        .any(|tool| matches!(tool, WireTool::Hosted(..)));
    // Vertex AI refuses the field, older models both kinds of tools together.
    if has_functions && has_others && model.service == Service::Gemini && model.since((3, 0)) {
        let name = "includeServerSideToolInvocations".to_owned();
        config.insert(name, Value::Bool(true));
    }
    Ok((!config.is_empty()).then_some(config))
}

/// "Function calling config is set without function_declarations" is an error.
fn calling(
    request: &LlmRequest,
    tools: &[WireTool<'_>],
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Value>, LlmError> {
    let is_strict = tools.iter().any(WireTool::is_strict);
    let usual = if is_strict { "VALIDATED" } else { "AUTO" };
    let mode = |mode: &str| Ok(Some(json!({ "mode": mode })));
    let choice = match &request.tool_choice {
        None if is_strict => return mode("VALIDATED"),
        None | Some(Value::Null) => return Ok(None),
        Some(choice) => choice,
    };
    let has_functions =
        request.extra_body.contains_key("tools") || tools.iter().any(WireTool::has_functions);
    let requires_none = matches!(choice.as_str(), Some("auto" | "none"));
    match choice.as_str() {
        _ if !has_functions && requires_none => Ok(None),
        _ if !has_functions => unsupported
            .refuse("tool_choice", "it needs a function among the tools")
            .map(|()| None),
        Some("auto") => mode(usual),
        Some("none") => mode("NONE"),
        Some("required" | "any") => mode("ANY"),
        Some(_) => {
            let what = "tool_choice must be auto, none, required, or name a tool";
            Err(invalid_request(unsupported.provider, what))
        }
        None => named(choice, unsupported),
    }
}

/// An object that names a function, in OpenAI's form or Anthropic's, or several.
fn named(choice: &Value, unsupported: &mut Unsupported<'_>) -> Result<Option<Value>, LlmError> {
    let name_of = |choice: &Value| {
        let name = choice
            .pointer("/function/name")
            .or_else(|| choice.get("name"));
        name.and_then(Value::as_str).map(str::to_owned)
    };
    match choice.get("type").and_then(Value::as_str) {
        Some("function" | "tool") => {
            let missing = || missing(unsupported, "tool_choice.function.name");
            let name = name_of(choice).ok_or_else(missing)?;
            Ok(Some(json!({"mode": "ANY", "allowedFunctionNames": [name]})))
        }
        Some("allowed_tools") => {
            let allowed = choice.get("allowed_tools").unwrap_or(choice);
            let tools = allowed.get("tools").and_then(Value::as_array);
            let names: Vec<_> = tools.into_iter().flatten().filter_map(name_of).collect();
            let is_required = allowed.get("mode").and_then(Value::as_str) == Some("required");
            // AUTO takes no names.
            let mode = if is_required { "ANY" } else { "VALIDATED" };
            Ok(Some(json!({"mode": mode, "allowedFunctionNames": names})))
        }
        Some("auto") => Ok(Some(json!({"mode": "AUTO"}))),
        Some("any") => Ok(Some(json!({"mode": "ANY"}))),
        Some("none") => Ok(Some(json!({"mode": "NONE"}))),
        _ => unsupported
            .refuse(
                "tool_choice",
                "Gemini takes auto, none, required, or tools' names",
            )
            .map(|()| None),
    }
}
