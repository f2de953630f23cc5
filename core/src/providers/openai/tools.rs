//! Tools and the choice among them.

use std::borrow::Cow;

use serde_json::Value;

use super::vendor::Vendor;
use crate::providers::override_fields::OverrideFields;
use crate::providers::tool_schema;
use crate::request::LlmRequest;
use crate::request::Tool;

/// The tools, whose schemas have all that servers require.
pub(super) fn encode_tools<'r>(vendor: &Vendor, request: &'r LlmRequest) -> Vec<Cow<'r, Tool>> {
    let tools = request.tools.iter();
    tools.map(|tool| encode_tool(vendor, tool)).collect()
}

fn encode_tool<'t>(vendor: &Vendor, tool: &'t Tool) -> Cow<'t, Tool> {
    let Some(function) = &tool.function else {
        return Cow::Borrowed(tool);
    };
    let parameters = match &function.parameters {
        None if vendor.needs_parameters => Cow::Owned(tool_schema::empty()),
        None => return Cow::Borrowed(tool),
        Some(schema) => tool_schema::with_properties(schema),
    };
    match parameters {
        Cow::Borrowed(_) => Cow::Borrowed(tool),
        Cow::Owned(parameters) => {
            let mut tool = tool.clone();
            if let Some(function) = &mut tool.function {
                function.parameters = Some(parameters);
            }
            Cow::Owned(tool)
        }
    }
}

/// The server's name for a choice that is a name. Without tools a choice among them is an error,
/// also one that requires no call.
pub(super) fn encode_tool_choice<'r>(
    vendor: &Vendor,
    request: &'r LlmRequest,
    fields: &OverrideFields<'_>,
) -> Option<Cow<'r, Value>> {
    let choice = request.tool_choice.as_ref()?;
    let has_tools = !request.tools.is_empty() || fields.has("tools") || fields.has("functions");
    if matches!(choice.as_str(), Some("auto" | "none")) && !has_tools {
        return None;
    }
    let mut names = vendor.tool_choices.iter();
    let theirs = names.find(|(ours, _)| choice.as_str() == Some(ours));
    Some(match theirs {
        Some((_, theirs)) => Cow::Owned(Value::from(*theirs)),
        None => tool_schema::without_description(choice),
    })
}
