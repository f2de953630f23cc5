//! The messages of a conversation in v1's shape: the user's last message apart from all before it,
//! and the results of tools beside the calls that they belong to.

use serde_json::{json, Value};

use crate::error::LlmError;
use crate::providers::cohere::NAME;
use crate::providers::failed_results::{silent_failure, stays_behind};
use crate::providers::foreign_fields;
use crate::providers::tool_calls::request_calls::{arguments_object, nearest_call};
use crate::providers::unsupported::Unsupported;
use crate::request::{Content, Message, MessageToolCall, Role};

/// The conversation as the fields of a request.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The user's last message; empty where the results of tools come instead.
    pub(super) message: String,
    pub(super) preamble: Option<String>,
    pub(super) history: Vec<Value>,
    pub(super) tool_results: Vec<Value>,
}

/// Where the caller wrote a preamble, instructions are turns like others.
pub(super) fn encode_messages(
    messages: &[Message],
    takes_preamble: bool,
    unsupported: &mut Unsupported<'_>,
) -> Result<Conversation, LlmError> {
    let is_preamble = |message: &&Message| is_system(message.role) && takes_preamble;
    let preamble = messages.iter().take_while(is_preamble).count();
    let results = messages
        .iter()
        .rev()
        .take_while(|message| message.role == Role::Tool);
    let results = messages.len() - results.count();
    let is_asked = messages
        .last()
        .is_some_and(|message| message.role == Role::User);
    let mut conversation = Conversation::default();
    for (position, message) in messages.iter().enumerate() {
        let place = format!("messages[{position}]");
        check_fields(message, &place, unsupported)?;
        if message.role == Role::Tool {
            let Some(result) = tool_result(messages, position, &place, unsupported)? else {
                continue;
            };
            match position >= results {
                true => conversation.tool_results.push(result),
                false => push_result(&mut conversation.history, result),
            }
            continue;
        }
        let text = text_of(message, &place, unsupported)?;
        match message.role {
            _ if position < preamble => match &mut conversation.preamble {
                Some(preamble) => *preamble = format!("{preamble}\n\n{text}"),
                None => conversation.preamble = Some(text),
            },
            _ if is_asked && position + 1 == messages.len() => conversation.message = text,
            // "all elements in history must have a message".
            _ if text.trim().is_empty() && message.tool_calls.is_empty() => {}
            Role::System | Role::Developer => conversation.push_turn("SYSTEM", text),
            Role::User => conversation.push_turn("USER", text),
            Role::Assistant => {
                let calls = encode_calls(&message.tool_calls, &place, unsupported)?;
                let mut turn = json!({"role": "CHATBOT", "message": text});
                if let (Some(turn), false) = (turn.as_object_mut(), calls.is_empty()) {
                    turn.insert("tool_calls".to_owned(), Value::Array(calls));
                }
                conversation.history.push(turn);
            }
            Role::Function | Role::Tool => {
                let why = "Cohere has no functions of the older form; make it a tool's message";
                unsupported.refuse(&place, why)?;
            }
        }
    }
    Ok(conversation)
}

impl Conversation {
    fn push_turn(&mut self, role: &str, text: String) {
        self.history.push(json!({"role": role, "message": text}));
    }
}

fn is_system(role: Role) -> bool {
    matches!(role, Role::System | Role::Developer)
}

/// Results that came one after another are one turn.
fn push_result(history: &mut Vec<Value>, result: Value) {
    let last = history
        .last_mut()
        .filter(|turn| turn.get("role") == Some(&json!("TOOL")));
    match last.and_then(|turn| turn.get_mut("tool_results")?.as_array_mut()) {
        Some(results) => results.push(result),
        None => history.push(json!({"role": "TOOL", "tool_results": [result]})),
    }
}

/// Turns of v1 have a role, a message and calls; nothing else has a place there.
fn check_fields(
    message: &Message,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let is_nothing = |name: &str, value: &Value| value.is_null() || stays_behind(message, name);
    for (name, value) in &message.extra {
        let place = format!("{place}.{name}");
        if is_nothing(name, value) || name == "tool_plan" {
            continue;
        }
        match foreign_fields::FIELDS.contains(&name.as_str()) {
            true => unsupported.leave(&place, name),
            false => unsupported.refuse(&place, "Cohere's v1 has no place for it")?,
        }
    }
    Ok(())
}

/// The text of a message; v1 has no other parts. A plan is text here.
fn text_of(
    message: &Message,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<String, LlmError> {
    let plan = message.extra.get("tool_plan").and_then(Value::as_str);
    let mut texts: Vec<&str> = plan.into_iter().collect();
    match &message.content {
        Some(Content::Text(text)) => texts.push(text),
        Some(Content::Parts(parts)) => {
            for (position, part) in parts.iter().enumerate() {
                match part.kind.as_str() {
                    kind @ ("text" | "tool_plan") => {
                        texts.extend(part.fields.get(kind).and_then(Value::as_str));
                    }
                    kind if message.role == Role::Assistant => {
                        unsupported.leave(&format!("{place}.content[{position}]"), kind);
                    }
                    kind => unsupported.refuse(
                        &format!("{place}.content[{position}]"),
                        &format!("Cohere's v1 takes text, not {kind}; use v2"),
                    )?,
                }
            }
        }
        None => {}
    }
    texts.retain(|text| !text.is_empty());
    Ok(texts.join("\n"))
}

fn encode_calls(
    calls: &[MessageToolCall],
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Value>, LlmError> {
    let mut wire = Vec::with_capacity(calls.len());
    for (position, call) in calls.iter().enumerate() {
        let place = format!("{place}.tool_calls[{position}]");
        wire.extend(encode_call(call, &place, unsupported)?);
    }
    Ok(wire)
}

/// A call in v1's form: no id, and the arguments as an object.
fn encode_call(
    call: &MessageToolCall,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Value>, LlmError> {
    let Some(function) = &call.function else {
        let why = format!("Cohere has no calls of type \"{}\"", call.kind);
        unsupported.refuse(place, &why)?;
        return Ok(None);
    };
    let parameters = arguments_object(NAME, place, &function.arguments)?;
    Ok(Some(
        json!({"name": function.name, "parameters": parameters}),
    ))
}

/// The result of a tool beside its call: v1 has no ids, so the call is repeated.
fn tool_result(
    messages: &[Message],
    position: usize,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Value>, LlmError> {
    let (before, rest) = messages.split_at(position);
    let Some(message) = rest.first() else {
        return Ok(None);
    };
    let id = message.tool_call_id.as_deref();
    let Some(call) = id.and_then(|id| nearest_call(before, id)) else {
        let why = "no tool call before it has this id, and Cohere's v1 needs the call repeated";
        unsupported.refuse(&format!("{place}.tool_call_id"), why)?;
        return Ok(None);
    };
    let Some(call) = encode_call(call, place, unsupported)? else {
        return Ok(None);
    };
    let outputs = outputs(message, place, unsupported)?;
    Ok(Some(json!({"call": call, "outputs": outputs})))
}

/// The result of a tool as objects: its text if that is one, else an object that holds the text.
fn outputs(
    message: &Message,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Value>, LlmError> {
    let of_text = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) => Value::Object(fields),
        _ => json!({"output": text}),
    };
    if let Some(text) = silent_failure(message) {
        return Ok(vec![of_text(text)]);
    }
    let mut outputs = Vec::new();
    match &message.content {
        Some(Content::Text(text)) => outputs.push(of_text(text)),
        Some(Content::Parts(parts)) => {
            for (position, part) in parts.iter().enumerate() {
                let text = part.fields.get("text").and_then(Value::as_str);
                let data = part.fields.get("document").and_then(|d| d.get("data"));
                match (part.kind.as_str(), text, data) {
                    ("text", Some(text), _) => outputs.push(of_text(text)),
                    ("document", _, Some(Value::String(text))) => outputs.push(of_text(text)),
                    ("document", _, Some(data)) => outputs.push(data.clone()),
                    (kind, ..) => unsupported.refuse(
                        &format!("{place}.content[{position}]"),
                        &format!("Cohere's v1 takes text and documents here, not {kind}"),
                    )?,
                }
            }
        }
        None => {}
    }
    if outputs.is_empty() {
        outputs.push(of_text(""));
    }
    Ok(outputs)
}
