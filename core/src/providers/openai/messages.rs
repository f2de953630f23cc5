//! The messages of a request as one server takes them. A message that needs no change goes out as
//! the caller wrote it, without a copy. Owns what the caller and the tools wrote, of which nothing
//! is left out unless the caller is lenient; those of the assistant are in `assistant_messages`.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;

use super::assistant_messages;
use super::message_parts::{self, plain_text, WirePart};
use super::vendor::Vendor;
use crate::error::LlmError;
use crate::providers::failed_results;
use crate::providers::tool_calls::request_calls::are_none;
use crate::providers::tool_calls::request_ids::{CallIdRule, RenamedCallIds};
use crate::providers::tool_calls::FREE_TEXT;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;
use crate::request::{Content, ContentPart, Message, MessageToolCall, Role};

/// A message on its way out.
pub(super) struct WireMessage<'m>(Cow<'m, Message>);

impl Serialize for WireMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", &message.role)?;
        match &message.content {
            Some(Content::Parts(parts)) => {
                let parts: Vec<WirePart<'_>> = parts.iter().map(WirePart).collect();
                map.serialize_entry("content", &parts)?;
            }
            Some(Content::Text(text)) => map.serialize_entry("content", text)?,
            // Beside calls too: vLLM, SGLang, LMDeploy and DeepSeek fail where it is missing.
            None if message.role == Role::Assistant => map.serialize_entry("content", &())?,
            None => {}
        }
        if !message.tool_calls.is_empty() {
            map.serialize_entry("tool_calls", &message.tool_calls)?;
        }
        if let Some(id) = &message.tool_call_id {
            map.serialize_entry("tool_call_id", id)?;
        }
        for (name, value) in message.extra.iter().filter(|(_, value)| !value.is_null()) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The messages, each as the server takes it.
pub(super) fn encode_messages<'m>(
    vendor: &Vendor,
    rule: CallIdRule,
    request: &'m LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<WireMessage<'m>>, LlmError> {
    let messages = &request.messages;
    let ids = RenamedCallIds::of_model(rule, &request.model, messages);
    let mut encoded = Vec::with_capacity(messages.len());
    for (position, message) in messages.iter().enumerate() {
        let mut message = Cow::Borrowed(message);
        if message.role == Role::Developer && !vendor.knows_developer {
            message.to_mut().role = Role::System;
        }
        match message.role {
            Role::Assistant => {
                assistant_messages::fit_reply(vendor, position, &mut message, unsupported);
                if !vendor.takes_empty_replies && assistant_messages::is_empty_reply(&message) {
                    continue;
                }
            }
            _ => fit_written(vendor, position, &mut message, unsupported)?,
        }
        rename_calls(&ids, position, &mut message);
        fit_calls(&mut message);
        fill_arguments(&mut message);
        encoded.push(WireMessage(message));
    }
    Ok(encoded)
}

/// Models that need no arguments write none; xAI and vLLM refuse empty arguments, which are not
/// JSON.
fn fill_arguments(message: &mut Cow<'_, Message>) {
    let is_empty = |call: &MessageToolCall| {
        let function = call.function.as_ref();
        function.is_some_and(|function| are_none(&function.arguments))
    };
    if !message.tool_calls.iter().any(is_empty) {
        return;
    }
    for call in message
        .to_mut()
        .tool_calls
        .iter_mut()
        .filter(|call| is_empty(call))
    {
        if let Some(function) = &mut call.function {
            "{}".clone_into(&mut function.arguments);
        }
    }
}

/// Calls as the Responses API marks them: one with free text has another form here, and names have
/// no namespace.
fn fit_calls(message: &mut Cow<'_, Message>) {
    const NAMESPACE: &str = "namespace";
    let (mark, free_text) = FREE_TEXT;
    let is_free_text = |call: &MessageToolCall| {
        let is_marked = call.extra.get(mark).is_some_and(|own| own == free_text);
        is_marked && call.function.is_some()
    };
    let needs_change =
        |call: &MessageToolCall| is_free_text(call) || call.extra.contains_key(NAMESPACE);
    if !message.tool_calls.iter().any(needs_change) {
        return;
    }
    for call in &mut message.to_mut().tool_calls {
        call.extra.shift_remove(NAMESPACE);
        if !is_free_text(call) {
            continue;
        }
        call.extra.shift_remove(mark);
        if let Some(function) = call.function.take() {
            free_text.clone_into(&mut call.kind);
            let custom = json!({"name": function.name, "input": function.arguments});
            call.extra.insert(free_text.to_owned(), custom);
        }
    }
}

fn rename_calls(ids: &RenamedCallIds, position: usize, message: &mut Cow<'_, Message>) {
    if let Some(id) = ids.result(position) {
        message.to_mut().tool_call_id = Some(id.to_owned());
    }
    for index in 0..message.tool_calls.len() {
        let Some(id) = ids.call(position, index) else {
            continue;
        };
        if let Some(call) = message.to_mut().tool_calls.get_mut(index) {
            call.id = Some(id.to_owned());
        }
    }
}

/// What the caller or a tool wrote: nothing of it is left out unless the caller is lenient.
fn fit_written(
    vendor: &Vendor,
    position: usize,
    message: &mut Cow<'_, Message>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    if failed_results::has_mark(message) {
        failed_results::take_mark(message.to_mut());
    }
    let Some(Content::Parts(parts)) = &message.content else {
        // A tool's result may be empty, but has to be there.
        if message.content.is_none() && matches!(message.role, Role::Tool | Role::Function) {
            message.to_mut().content = Some(Content::Text(String::new()));
        }
        return Ok(());
    };
    let is_foreign = |part: &ContentPart| message_parts::is_foreign(vendor, part);
    let foreign = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| is_foreign(part));
    for (index, part) in foreign {
        let field = format!("messages[{position}].content[{index}]");
        let why = format!("chat completions have no \"{}\"", part.kind);
        unsupported.refuse(&field, &why)?;
    }
    if parts.iter().any(is_foreign) {
        if let Some(Content::Parts(parts)) = &mut message.to_mut().content {
            parts.retain(|part| !is_foreign(part));
        }
    }
    if let (Some(text), false) = (one_text(message), vendor.takes_text_lists) {
        message.to_mut().content = Some(Content::Text(text));
    }
    Ok(())
}

/// A list of nothing but texts as one: a paragraph each.
fn one_text(message: &Message) -> Option<String> {
    let Some(Content::Parts(parts)) = &message.content else {
        return None;
    };
    let texts: Option<Vec<&str>> = parts.iter().map(plain_text).collect();
    texts.map(|texts| texts.join("\n"))
}
