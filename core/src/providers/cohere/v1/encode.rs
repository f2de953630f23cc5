//! A request in the shape of v1's chat. Owns which field goes out under which name and what this
//! older version cannot do; the conversation is made by `history`. Called by the codec.

use serde_json::{json, Map, Value};

use super::{messages, tool_schema};
use crate::error::LlmError;
use crate::framing::Framing;
use crate::message::Function;
use crate::providers::cohere::encode::Draft;
use crate::providers::cohere::v2::encode::{function_of, json_format};
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

/// Fields of v2 that v1 has no place for.
const ONLY_V2: &[&str] = &[
    "citation_options",
    "logprobs",
    "priority",
    "strict_tools",
    "thinking",
];

pub(crate) fn request(
    request: &LlmRequest,
    target: &Target<'_>,
    path: &str,
) -> Result<EncodedRequest, LlmError> {
    let mut draft = Draft::new(request, target);
    draft.put("model", Some(request.model.as_str()));
    let conversation = messages::conversation(&mut draft)?;
    draft.put("message", Some(conversation.message));
    draft.put("preamble", conversation.preamble);
    draft.put("chat_history", not_empty(conversation.history));
    draft.put("tool_results", not_empty(conversation.tool_results));
    draft.common();
    tools(&mut draft)?;
    tool_choice(&mut draft)?;
    if let Some(format) = json_format(&mut draft, "schema")? {
        draft.put("response_format", Some(format));
    }
    reasoning(&mut draft)?;
    draft.extras(ONLY_V2)?;
    draft.encode(path, Framing::Ndjson)
}

fn not_empty(list: Vec<Value>) -> Option<Vec<Value>> {
    (!list.is_empty()).then_some(list)
}

fn tools(draft: &mut Draft<'_>) -> Result<(), LlmError> {
    let mut tools = Vec::new();
    for (position, tool) in draft.request.tools.iter().enumerate() {
        let place = format!("tools[{position}]");
        let Some(function) = function_of(tool) else {
            let why = format!("Cohere runs no tool of type \"{}\"", tool.kind);
            draft.refuse(&place, &why)?;
            continue;
        };
        if function.strict == Some(true) {
            let why = "Cohere's v1 is never strict; use v2";
            draft.refuse(&format!("{place}.function.strict"), why)?;
        }
        tools.push(wire_tool(draft, function, &place));
    }
    draft.put("tools", not_empty(tools));
    Ok(())
}

fn wire_tool(draft: &mut Draft<'_>, function: &Function, place: &str) -> Value {
    let mut wire = Map::from_iter([("name".to_owned(), json!(function.name))]);
    // v1 asks for one.
    let description = function.description.as_deref().unwrap_or_default();
    wire.insert("description".to_owned(), json!(description));
    let parameters = function.parameters.as_ref();
    let (definitions, left_out) = parameters.map(tool_schema::definitions).unwrap_or_default();
    if !left_out.is_empty() {
        draft.warn(format!(
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
    Value::Object(wire)
}

fn tool_choice(draft: &mut Draft<'_>) -> Result<(), LlmError> {
    let choice = draft.request.tool_choice.as_ref();
    match choice.map(|choice| choice.as_str().unwrap_or_default()) {
        None | Some("auto") => Ok(()),
        Some(_) => draft.refuse("tool_choice", "Cohere's v1 always chooses itself; use v2"),
    }
}

fn reasoning(draft: &mut Draft<'_>) -> Result<(), LlmError> {
    match draft.request.reasoning_effort.as_deref() {
        None | Some("none") => Ok(()),
        Some(_) => draft.refuse("reasoning_effort", "Cohere's v1 does not think; use v2"),
    }
}
