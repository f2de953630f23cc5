//! Tools and the choice among them: one object, which has to be there as long as the conversation
//! holds calls.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{json, Value};

use super::media::cache_point;
use super::messages::Conversation;
use super::NAME;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::tool_schema;
use crate::providers::unsupported::Unsupported;
use crate::request::{Function, LlmRequest, Tool};

/// The tools of a request, at least one, and which of them is called.
#[derive(serde::Serialize)]
pub(super) struct ToolConfig<'a> {
    tools: Vec<WireTool<'a>>,
    #[serde(rename = "toolChoice", skip_serializing_if = "Option::is_none")]
    choice: Option<Value>,
}

/// A tool as Bedrock has it.
enum WireTool<'a> {
    /// The caller's function.
    Function(&'a Function),
    /// In Bedrock's own form: its name there, and what it holds.
    Native(&'a str, &'a Value),
    CachePoint(&'a Value),
}

/// The tools of the API reference.
const NATIVE: &[&str] = &["toolSpec", "systemTool", "cachePoint"];

pub(super) fn encode_tools<'a>(
    request: &'a LlmRequest,
    conversation: &Conversation<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<ToolConfig<'a>>, LlmError> {
    let mut tools = Vec::with_capacity(request.tools.len());
    for (index, tool) in request.tools.iter().enumerate() {
        tools.extend(wire_tool(tool, index, unsupported)?);
        let mark = tool.extra.get("cache_control");
        if let (Some(mark), false) = (mark, tools.is_empty()) {
            tools.push(WireTool::CachePoint(mark));
        }
    }
    let own = [&request.extra, &request.extra_body];
    let own = own.iter().any(|fields| fields.contains_key("toolConfig"));
    let choice = match encode_tool_choice(request, unsupported)? {
        Choice::None if !conversation.has_tool_blocks() => return Ok(None),
        Choice::None if !tools.is_empty() => {
            let warning = "tool_choice was left out: Converse has no \"none\", and the tools have \
                           to stay while the conversation holds calls";
            unsupported.warnings.push(warning.to_owned());
            None
        }
        Choice::None | Choice::Open => None,
        Choice::Some(choice) if tools.is_empty() && !own && choice.get("auto").is_none() => {
            return Err(invalid_request(
                NAME,
                "tool_choice requires tools; give them",
            ));
        }
        Choice::Some(choice) => Some(choice),
    };
    Ok((!tools.is_empty()).then_some(ToolConfig { tools, choice }))
}

fn wire_tool<'a>(
    tool: &'a Tool,
    index: usize,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<WireTool<'a>>, LlmError> {
    if let Some(function) = &tool.function {
        return Ok(Some(WireTool::Function(function)));
    }
    let mut native = NATIVE
        .iter()
        .filter_map(|name| Some((*name, tool.extra.get(*name)?)));
    if let Some((name, value)) = native.next() {
        return Ok(Some(WireTool::Native(name, value)));
    }
    if tool.kind == "function" {
        let what = format!("tools[{index}].function is missing");
        return Err(invalid_request(NAME, &what));
    }
    let why = "Converse takes functions, and tools of type systemTool";
    unsupported
        .refuse(&format!("tools[{index}]"), why)
        .map(|()| None)
}

/// What the caller chose.
enum Choice {
    /// Nothing.
    Open,
    /// That no tool is called.
    None,
    Some(Value),
}

fn encode_tool_choice(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Choice, LlmError> {
    let choice = match &request.tool_choice {
        None | Some(Value::Null) => return Ok(Choice::Open),
        Some(Value::String(word)) => match word.as_str() {
            "auto" => json!({"auto": {}}),
            "none" => return Ok(Choice::None),
            "required" | "any" => json!({"any": {}}),
            _ => {
                let what = "tool_choice must be auto, none, required, or name a tool";
                return Err(invalid_request(NAME, what));
            }
        },
        // Bedrock's own form.
        Some(choice)
            if ["auto", "any", "tool"]
                .iter()
                .any(|name| choice.get(name).is_some()) =>
        {
            choice.clone()
        }
        Some(choice) => match choice.get("type").and_then(Value::as_str) {
            Some("function" | "tool") => {
                let function = choice.get("function").unwrap_or(choice);
                let name = function.get("name").and_then(Value::as_str);
                let missing = "tool_choice.function.name is missing";
                let name = name.ok_or_else(|| invalid_request(NAME, missing))?;
                json!({"tool": {"name": name}})
            }
            Some("auto") => json!({"auto": {}}),
            Some("any" | "required") => json!({"any": {}}),
            Some("none") => return Ok(Choice::None),
            _ => {
                let why = "Bedrock takes auto, none, required, or one tool's name";
                return unsupported
                    .refuse("tool_choice", why)
                    .map(|()| Choice::Open);
            }
        },
    };
    Ok(Choice::Some(choice))
}

impl Serialize for WireTool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Function(function) => map.serialize_entry("toolSpec", &ToolSpec(function))?,
            Self::Native(name, value) => map.serialize_entry(name, value)?,
            Self::CachePoint(mark) => map.serialize_entry("cachePoint", &cache_point(mark))?,
        }
        map.end()
    }
}

struct ToolSpec<'a>(&'a Function);

impl Serialize for ToolSpec<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(function) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &function.name)?;
        // It may not be empty.
        if let Some(description) = function
            .description
            .as_ref()
            .filter(|text| !text.is_empty())
        {
            map.serialize_entry("description", description)?;
        }
        let schema = match &function.parameters {
            None | Some(Value::Null) => json!({"json": tool_schema::empty()}),
            Some(schema) => json!({"json": tool_schema::typed(schema)}),
        };
        map.serialize_entry("inputSchema", &schema)?;
        if let Some(strict) = function.strict {
            map.serialize_entry("strict", &strict)?;
        }
        for (name, value) in &function.extra {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
