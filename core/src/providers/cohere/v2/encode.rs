//! A request in the shape of v2's chat. Owns which field goes out under which name and what
//! reasoning, tools and formats mean there; messages are made by `messages`. Called by the codec.

use serde_json::{json, Map, Value};

use super::messages;
use crate::error::LlmError;
use crate::framing::Framing;
use crate::message::{Function, Tool};
use crate::providers::cohere::encode::{Draft, Field};
use crate::providers::{tool_schema, EncodedRequest, Target};
use crate::request::LlmRequest;

pub(crate) fn request(
    request: &LlmRequest,
    target: &Target<'_>,
    path: &str,
) -> Result<EncodedRequest, LlmError> {
    let mut draft = Draft::new(request, target);
    draft.put("model", Some(request.model.as_str()));
    let messages = messages::messages(&mut draft)?;
    draft.put("messages", Some(Field::Messages(messages)));
    draft.common();
    tools(&mut draft)?;
    tool_choice(&mut draft)?;
    response_format(&mut draft)?;
    reasoning(&mut draft)?;
    draft.extras(&[])?;
    draft.encode(path, Framing::Sse)
}

/// v2 knows one strictness for all tools of a request.
fn tools(draft: &mut Draft<'_>) -> Result<(), LlmError> {
    let mut tools = Vec::new();
    for (position, tool) in draft.request.tools.iter().enumerate() {
        match function_of(tool) {
            Some(function) => tools.push(wire_tool(tool, function)),
            None => draft.refuse(
                &format!("tools[{position}]"),
                &format!("Cohere runs no tool of type \"{}\"", tool.kind),
            )?,
        }
    }
    let functions = draft.request.tools.iter().filter_map(function_of);
    let strict: Vec<bool> = functions.map(|f| f.strict == Some(true)).collect();
    if strict.contains(&true) && strict.contains(&false) {
        draft.warn("tools: strict became strict_tools, which holds for all tools".to_owned());
    }
    draft.put("tools", (!tools.is_empty()).then_some(tools));
    draft.put("strict_tools", strict.contains(&true).then_some(true));
    Ok(())
}

/// The function of a tool that the caller runs.
pub(crate) fn function_of(tool: &Tool) -> Option<&Function> {
    tool.function.as_ref().filter(|_| tool.kind == "function")
}

fn wire_tool(tool: &Tool, function: &Function) -> Value {
    let mut wire = Map::new();
    wire.insert("name".to_owned(), json!(function.name));
    if let Some(description) = &function.description {
        wire.insert("description".to_owned(), json!(description));
    }
    // v2 asks for a schema, of a tool without parameters too.
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

/// `auto` is what v2 does when nothing is said.
fn tool_choice(draft: &mut Draft<'_>) -> Result<(), LlmError> {
    let Some(choice) = &draft.request.tool_choice else {
        return Ok(());
    };
    let word = choice.as_str().unwrap_or_default().to_ascii_lowercase();
    match word.as_str() {
        "auto" => {}
        "required" => draft.put("tool_choice", Some("REQUIRED")),
        "none" => draft.put("tool_choice", Some("NONE")),
        _ => draft.refuse(
            "tool_choice",
            "Cohere can be told to call some tool or none, but not which",
        )?,
    }
    Ok(())
}

fn response_format(draft: &mut Draft<'_>) -> Result<(), LlmError> {
    if let Some(format) = json_format(draft, "json_schema")? {
        draft.put("response_format", Some(format));
    }
    Ok(())
}

/// A format in Cohere's words: a schema is a field of `json_object`, whose name is the only
/// difference between the versions.
pub(crate) fn json_format<'a>(
    draft: &mut Draft<'a>,
    schema_name: &str,
) -> Result<Option<Field<'a>>, LlmError> {
    let Some(format) = &draft.request.response_format else {
        return Ok(None);
    };
    match format.get("type").and_then(Value::as_str) {
        Some("text" | "json_object") => Ok(Some(Field::Borrowed(format))),
        Some("json_schema") => {
            let mut wire = Map::from_iter([("type".to_owned(), json!("json_object"))]);
            if let Some(schema) = format.pointer("/json_schema/schema") {
                wire.insert(schema_name.to_owned(), schema.clone());
            }
            Ok(Some(Value::Object(wire).into()))
        }
        _ => {
            draft.refuse(
                "response_format",
                "Cohere knows the types text, json_object and json_schema",
            )?;
            Ok(None)
        }
    }
}

/// Cohere's models think or do not, and until a number of tokens at most, which an effort does not
/// give: `none` turns thinking off, every other effort turns it on. `thinking` itself, with
/// `token_budget`, may be written as a field of the request.
fn reasoning(draft: &mut Draft<'_>) -> Result<(), LlmError> {
    let Some(effort) = &draft.request.reasoning_effort else {
        return Ok(());
    };
    match effort.as_str() {
        "none" => draft.put("thinking", Some(json!({"type": "disabled"}))),
        "minimal" | "low" | "medium" | "high" | "xhigh" | "max" => {
            let warning = "reasoning_effort became thinking, which is on or off";
            draft.warn(warning.to_owned());
            draft.put("thinking", Some(json!({"type": "enabled"})));
        }
        _ => draft.refuse(
            "reasoning_effort",
            &format!("\"{effort}\" is no effort that can be turned into thinking on or off"),
        )?,
    }
    Ok(())
}
