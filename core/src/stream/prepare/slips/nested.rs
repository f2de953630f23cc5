//! Slips below the fields of a request: in messages, their parts, tools and the format of the
//! response.

use serde_json::{Map, Value};

use super::push;
use crate::parse::{is_other_spelling, slip};
use crate::providers::MESSAGE_FIELDS;
use crate::request::{Content, ContentPart, LlmRequest, Message, Tool};

/// Fields of a message that a slip may have meant.
const MESSAGE: [&str; 5] = [
    "role",
    "content",
    "tool_calls",
    "tool_call_id",
    "reasoning_content",
];
/// Fields of messages that providers know and that come near one of those, or may.
const MESSAGE_KNOWN: [&str; 9] = [
    "cache_control",
    "citations",
    "id",
    "is_error",
    "name",
    "thinking",
    "tool_name",
    "tool_plan",
    "weight",
];
/// Types of parts, each of which has its content in a field of the same name.
const PARTS: [&str; 4] = ["text", "image_url", "input_audio", "file"];
const FUNCTION: [&str; 4] = ["name", "description", "parameters", "strict"];
const FORMAT: [&str; 2] = ["type", "json_schema"];
const SCHEMA: [&str; 4] = ["name", "description", "schema", "strict"];

/// Looks through a request. What is not unknown costs a comparison.
pub(super) fn find(request: &LlmRequest, found: &mut Vec<String>) {
    for (index, message) in request.messages.iter().enumerate() {
        in_message(message, index, found);
    }
    for (index, tool) in request.tools.iter().enumerate() {
        in_tool(tool, index, found);
    }
    if let Some(Value::Object(format)) = &request.response_format {
        compare(format, &FORMAT, found, || "response_format".to_owned());
        if let Some(Value::Object(schema)) = format.get("json_schema") {
            compare(schema, &SCHEMA, found, || {
                "response_format.json_schema".to_owned()
            });
        }
    }
}

fn in_message(message: &Message, index: usize, found: &mut Vec<String>) {
    let is_known = |name: &str| MESSAGE_FIELDS.contains(&name) || MESSAGE_KNOWN.contains(&name);
    for name in message.extra.keys().filter(|name| !is_known(name)) {
        report(name, &MESSAGE, found, || format!("messages[{index}]"));
    }
    if let Some(Content::Parts(parts)) = &message.content {
        for (place, part) in parts.iter().enumerate() {
            in_part(part, found, || {
                format!("messages[{index}].content[{place}]")
            });
        }
    }
}

fn in_part(part: &ContentPart, found: &mut Vec<String>, place: impl Fn() -> String) {
    let kind = part.kind.as_str();
    if !PARTS.contains(&kind) {
        // Other spellings only: providers have many types of parts, some of them near.
        let mut known = PARTS.iter();
        if let Some(meant) = known.find(|known| is_other_spelling(kind, known)) {
            let place = place();
            push(
                found,
                format!("{place}.type \"{kind}\" is unknown here; did you mean \"{meant}\"?"),
            );
        }
        return;
    }
    if !part.fields.contains_key(kind) {
        for name in part.fields.keys() {
            report(name, &[kind], found, &place);
        }
    }
}

fn in_tool(tool: &Tool, index: usize, found: &mut Vec<String>) {
    if tool.kind != "function" {
        return;
    }
    match &tool.function {
        Some(function) => compare(&function.extra, &FUNCTION, found, || {
            format!("tools[{index}].function")
        }),
        // A tool in another wire's form has all of it here.
        None if !tool.extra.contains_key("name") => {
            compare(&tool.extra, &["function"], found, || {
                format!("tools[{index}]")
            });
        }
        None => {}
    }
}

/// Looks at the fields of an object of which these are known.
fn compare(
    fields: &Map<String, Value>,
    known: &[&str],
    found: &mut Vec<String>,
    place: impl Fn() -> String,
) {
    for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
        // It has the field that may be meant: this is another one.
        let free: Vec<&str> = known
            .iter()
            .copied()
            .filter(|known| !fields.contains_key(*known))
            .collect();
        report(name, &free, found, &place);
    }
}

fn report(name: &str, known: &[&str], found: &mut Vec<String>, place: impl Fn() -> String) {
    if let Some(meant) = slip(name, known.iter().copied()) {
        let place = place();
        push(
            found,
            format!("\"{place}.{name}\" is unknown here; did you mean \"{meant}\"?"),
        );
    }
}
