//! Messages as contents: system messages stand apart, the roles are two, neighbours of one role
//! are one turn, and the results of tool calls are one content behind the calls.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;

use super::content_parts::Part;
use super::message_parts;
use super::model::Model;
use super::replies;
use super::tool_results::{self, Calls};
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::foreign_fields;
use crate::providers::unsupported::Unsupported;
use crate::request::{Content as MessageContent, Message, Role};

/// Who speaks in a content; results are the user's, but nothing else may stand beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    User,
    Model,
    Tools,
}

/// A turn, or a part of one.
pub(super) struct Content<'a> {
    speaker: Speaker,
    parts: Vec<Part<'a>>,
}

/// A conversation as Gemini has it.
#[derive(Default)]
pub(super) struct Conversation<'a> {
    pub(super) system: Vec<&'a str>,
    pub(super) contents: Vec<Content<'a>>,
}

pub(super) fn encode_messages<'a>(
    messages: &'a [Message],
    model: Model<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Conversation<'a>, LlmError> {
    let mut conversation = Conversation::default();
    let mut calls = Calls::new();
    for (index, message) in messages.iter().enumerate() {
        let place = format!("messages[{index}]");
        let why = "Gemini has no such field in a message";
        foreign_fields::check(message, &place, &[], why, unsupported)?;
        match message.role {
            Role::System | Role::Developer => {
                let texts = system_texts(message, &place, unsupported)?;
                if !conversation.contents.is_empty() && !texts.is_empty() {
                    let moved =
                        format!("{place} was moved to the top: Gemini has one system prompt");
                    unsupported.warnings.push(moved);
                }
                conversation.system.extend(texts);
            }
            Role::User => {
                let parts = match &message.content {
                    None => Vec::new(),
                    Some(MessageContent::Text(text)) => vec![Part::Text(text)],
                    Some(MessageContent::Parts(list)) => {
                        message_parts::encode_parts(list, &place, false, model, unsupported)?
                    }
                };
                conversation.push(Speaker::User, parts);
            }
            Role::Assistant => {
                let parts = replies::encode_reply(message, &place, model, &mut calls, unsupported)?;
                conversation.push(Speaker::Model, parts);
            }
            Role::Tool => {
                let result =
                    tool_results::encode_result(message, &place, &calls, model, unsupported)?;
                conversation.push_result(result);
            }
            Role::Function => {
                let why = "role function has no id of a call; use role tool";
                unsupported.refuse(&place, why)?;
            }
        }
    }
    if model.is_gemma() {
        conversation.move_system(unsupported);
    }
    conversation.begin_with_user();
    for content in &mut conversation.contents {
        if content.speaker == Speaker::Model {
            replies::sign(&mut content.parts, model);
        }
    }
    Ok(conversation)
}

impl<'a> Conversation<'a> {
    /// Adds to the last content, or begins another one. An empty message is left out.
    fn push(&mut self, speaker: Speaker, parts: Vec<Part<'a>>) {
        match self.contents.last_mut() {
            _ if parts.is_empty() => {}
            Some(content) if content.speaker == speaker => content.parts.extend(parts),
            _ => self.contents.push(Content { speaker, parts }),
        }
    }

    /// "number of function response parts is equal to the number of function call parts": all
    /// results stand in one content, right behind the calls.
    fn push_result(&mut self, result: Part<'a>) {
        let after = self
            .contents
            .iter()
            .rposition(|content| content.speaker == Speaker::Model)
            .map_or(0, |position| position + 1);
        match self.contents.get_mut(after) {
            Some(content) if content.speaker == Speaker::Tools => content.parts.push(result),
            _ => {
                let content = Content {
                    speaker: Speaker::Tools,
                    parts: vec![result],
                };
                self.contents.insert(after, content);
            }
        }
    }

    /// "Developer instruction is not enabled" for Gemma: the user gives the instructions.
    fn move_system(&mut self, unsupported: &mut Unsupported<'_>) {
        let parts: Vec<_> = self.system.drain(..).map(Part::Text).collect();
        if parts.is_empty() {
            return;
        }
        let warning = "the system prompt was sent as the user's: Gemma has none";
        unsupported.warnings.push(warning.to_owned());
        match self.contents.first_mut() {
            Some(first) if first.speaker == Speaker::User => {
                first.parts.splice(0..0, parts);
            }
            _ => {
                let speaker = Speaker::User;
                self.contents.insert(0, Content { speaker, parts });
            }
        }
    }

    /// A conversation begins with the user's turn, which may be empty.
    fn begin_with_user(&mut self) {
        let first = self.contents.first();
        if first.is_none_or(|content| content.speaker == Speaker::Model) {
            let content = Content {
                speaker: Speaker::User,
                parts: vec![Part::Text("")],
            };
            self.contents.insert(0, content);
        }
    }
}

fn system_texts<'a>(
    message: &'a Message,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<&'a str>, LlmError> {
    let list = match &message.content {
        None => return Ok(Vec::new()),
        Some(MessageContent::Text(text)) if text.is_empty() => return Ok(Vec::new()),
        Some(MessageContent::Text(text)) => return Ok(vec![text]),
        Some(MessageContent::Parts(list)) => list,
    };
    let mut texts = Vec::new();
    for (index, part) in list.iter().enumerate() {
        match part.fields.get("text").and_then(Value::as_str) {
            Some(text) if part.kind == "text" => texts.extend(Some(text).filter(|t| !t.is_empty())),
            _ => {
                let what = format!("{place}.content[{index}] is not text, as a system prompt is");
                return Err(invalid_request(unsupported.provider, &what));
            }
        }
    }
    Ok(texts)
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let role = match self.speaker {
            Speaker::User | Speaker::Tools => "user",
            Speaker::Model => "model",
        };
        let mut fields = serializer.serialize_struct("Content", 2)?;
        fields.serialize_field("role", role)?;
        fields.serialize_field("parts", &self.parts)?;
        fields.end()
    }
}
