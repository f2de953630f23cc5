//! The messages of a conversation in v1's shape: the last thing the person says apart from all that
//! was said before, and the results of tools beside the calls that they answer. Called by
//! `encode_v1`.

use serde_json::{json, Map, Value};

use crate::error::LlmError;
use crate::message::{Content, Message, MessageToolCall, Role};
use crate::providers::cohere::encode::{wrong, Draft};
use crate::providers::foreign_fields;

/// What the request says of the conversation.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// What the person says now; empty where the results of tools come instead.
    pub(super) message: String,
    pub(super) preamble: Option<String>,
    pub(super) history: Vec<Value>,
    pub(super) tool_results: Vec<Value>,
}

pub(super) fn conversation(draft: &mut Draft<'_>) -> Result<Conversation, LlmError> {
    let messages = &draft.request.messages;
    // Where the caller wrote a preamble, instructions are turns like others.
    let is_preamble = |message: &&Message| is_system(message.role) && !draft.is_written("preamble");
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
        check_fields(draft, message, &place)?;
        if message.role == Role::Tool {
            let Some(result) = tool_result(draft, position, &place)? else {
                continue;
            };
            match position >= results {
                true => conversation.tool_results.push(result),
                false => push_result(&mut conversation.history, result),
            }
            continue;
        }
        let text = text_of(draft, message, &place)?;
        match message.role {
            _ if position < preamble => match &mut conversation.preamble {
                Some(preamble) => *preamble = format!("{preamble}\n\n{text}"),
                None => conversation.preamble = Some(text),
            },
            _ if is_asked && position + 1 == messages.len() => conversation.message = text,
            // "all elements in history must have a message".
            _ if text.trim().is_empty() && message.tool_calls.is_empty() => {}
            Role::System | Role::Developer => conversation.say("SYSTEM", text),
            Role::User => conversation.say("USER", text),
            Role::Assistant => {
                let calls = calls(draft, &message.tool_calls, &place)?;
                let mut turn = json!({"role": "CHATBOT", "message": text});
                if let (Some(turn), false) = (turn.as_object_mut(), calls.is_empty()) {
                    turn.insert("tool_calls".to_owned(), Value::Array(calls));
                }
                conversation.history.push(turn);
            }
            Role::Function | Role::Tool => {
                let why = "Cohere knows no functions of the older form; make it a tool's message";
                draft.refuse(&place, why)?;
            }
        }
    }
    Ok(conversation)
}

impl Conversation {
    fn say(&mut self, role: &str, text: String) {
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
fn check_fields(draft: &mut Draft<'_>, message: &Message, place: &str) -> Result<(), LlmError> {
    let is_nothing = |name: &str, value: &Value| {
        value.is_null() || (name == "name" && message.role == Role::Tool)
    };
    for (name, value) in &message.extra {
        let place = format!("{place}.{name}");
        if is_nothing(name, value) || name == "tool_plan" {
            continue;
        }
        match foreign_fields::FIELDS.contains(&name.as_str()) {
            true => draft.leave(&place, name),
            false => draft.refuse(&place, "Cohere's v1 has no place for it")?,
        }
    }
    Ok(())
}

/// The text of a message; v1 has no other parts. A plan is text here.
fn text_of(draft: &mut Draft<'_>, message: &Message, place: &str) -> Result<String, LlmError> {
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
                        draft.leave(&format!("{place}.content[{position}]"), kind);
                    }
                    kind => draft.refuse(
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

fn calls(
    draft: &mut Draft<'_>,
    calls: &[MessageToolCall],
    place: &str,
) -> Result<Vec<Value>, LlmError> {
    let mut wire = Vec::with_capacity(calls.len());
    for (position, call) in calls.iter().enumerate() {
        let place = format!("{place}.tool_calls[{position}]");
        wire.extend(wire_call(draft, call, &place)?);
    }
    Ok(wire)
}

/// A call in v1's form: no id, and the arguments as an object.
fn wire_call(
    draft: &mut Draft<'_>,
    call: &MessageToolCall,
    place: &str,
) -> Result<Option<Value>, LlmError> {
    let Some(function) = &call.function else {
        let why = format!("Cohere knows no call of type \"{}\"", call.kind);
        draft.refuse(place, &why)?;
        return Ok(None);
    };
    let parameters = match function.arguments.trim() {
        "" | "null" => Map::new(),
        text => serde_json::from_str(text).map_err(|error| {
            let place = format!("{place}.function.arguments");
            wrong(&format!("{place} must be a JSON object in text: {error}"))
        })?,
    };
    Ok(Some(
        json!({"name": function.name, "parameters": parameters}),
    ))
}

/// The result of a tool beside the call that it answers: v1 has no ids, so the call is repeated.
fn tool_result(
    draft: &mut Draft<'_>,
    position: usize,
    place: &str,
) -> Result<Option<Value>, LlmError> {
    let (before, rest) = draft.request.messages.split_at(position);
    let Some(message) = rest.first() else {
        return Ok(None);
    };
    let id = message.tool_call_id.as_deref();
    // Ids that this library made begin again in every answer: the nearest is meant.
    let calls = before.iter().rev().flat_map(|message| &message.tool_calls);
    let mut calls = calls.filter(|call| id.is_some() && call.id.as_deref() == id);
    let Some(call) = calls.next() else {
        let why = "no tool call before it has this id, and Cohere's v1 wants the call repeated";
        draft.refuse(&format!("{place}.tool_call_id"), why)?;
        return Ok(None);
    };
    let Some(call) = wire_call(draft, call, place)? else {
        return Ok(None);
    };
    let outputs = outputs(draft, message, place)?;
    Ok(Some(json!({"call": call, "outputs": outputs})))
}

/// What a tool said, as objects: its text if that is one, else an object that holds the text.
fn outputs(draft: &mut Draft<'_>, message: &Message, place: &str) -> Result<Vec<Value>, LlmError> {
    let of_text = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) => Value::Object(fields),
        _ => json!({"output": text}),
    };
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
                    (kind, ..) => draft.refuse(
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
