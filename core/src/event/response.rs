//! What the events of one stream add up to: the whole response, and the message that goes back to
//! the provider in the next turn. Pure.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Event, Receipt, Start, ToolCall};
use crate::request::{Content, ContentPart, FunctionCall, Message, MessageToolCall, Role};

/// A whole response: what the events of one stream add up to.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct LlmResponse {
    /// Who responded.
    pub start: Start,
    /// All visible text.
    pub text: String,
    /// All visible reasoning.
    pub reasoning: String,
    /// The model's refusal, where the provider separates it from text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// The finished tool calls.
    pub tool_calls: Vec<ToolCall>,
    /// Everything else, in order.
    pub parts: Vec<Map<String, Value>>,
    /// Text and the blocks that have to go back to the provider as they are, in order.
    #[serde(skip)]
    content: Vec<ContentPart>,
    /// How it ended; the default (failed) until the end was seen.
    pub receipt: Receipt,
}

impl LlmResponse {
    /// Adds the next event.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Start(start) => self.start = *start,
            Event::Text(text) => self.push_text(&text),
            Event::Reasoning(text) => self.reasoning.push_str(&text),
            // Of a chat there are no vectors and results.
            Event::ToolDelta(_) | Event::Vectors(_) | Event::Result(_) => {}
            Event::ToolCall(call) => self.tool_calls.push(call),
            Event::Part(part) => self.push_part(part),
            Event::End(receipt) => self.receipt = *receipt,
        }
    }

    /// The response as the next request's message: text, tool calls, and whatever else the provider
    /// needs back, such as signed thinking.
    #[must_use]
    pub fn message(&self) -> Message {
        let content = match self.content.as_slice() {
            [] => None,
            [part] if part.kind == "text" => Some(Content::Text(self.text.clone())),
            parts => Some(Content::Parts(parts.to_vec())),
        };
        let calls = self.tool_calls.iter().map(|call| MessageToolCall {
            id: Some(call.id.clone()),
            kind: "function".to_owned(),
            function: Some(FunctionCall {
                name: call.name.clone(),
                arguments: call.arguments.clone(),
                ..FunctionCall::default()
            }),
            extra: call.extra.clone(),
        });
        let refusal = self.refusal.clone().map(Value::from);
        Message {
            role: Role::Assistant,
            content,
            tool_calls: calls.collect(),
            tool_call_id: None,
            extra: refusal
                .map(|text| ("refusal".to_owned(), text))
                .into_iter()
                .collect(),
        }
    }

    fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
        match self.content.last_mut() {
            Some(part) if part.kind == "text" => part.push_text(text),
            _ => self.content.push(ContentPart::text(text)),
        }
    }

    fn push_part(&mut self, mut part: Map<String, Value>) {
        match part.get("type").and_then(Value::as_str) {
            Some("refusal") => {
                let text = part.get("text").and_then(Value::as_str);
                self.refusal
                    .get_or_insert_default()
                    .push_str(text.unwrap_or_default());
            }
            Some("content") => {
                let block = part.get_mut("content").map(Value::take);
                let block = block.and_then(|block| serde_json::from_value(block).ok());
                self.content.extend(block);
            }
            _ => self.parts.push(part),
        }
    }
}
