//! What a stream says: events, the receipt at its end, and the reducer that turns events into a
//! whole response. Owns the names that every language uses; knows no provider and no wire.

pub(crate) mod batch;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{ErrorKind, LlmError};
use crate::message::{Content, ContentPart, FunctionCall, Message, MessageToolCall, Role};

/// One event of a stream: at most one `Start`, then content, then exactly one `End`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The answer begins; comes just before the first content.
    Start(Box<Start>),
    /// A piece of visible text, as the provider cut it.
    Text(String),
    /// A piece of visible reasoning.
    Reasoning(String),
    /// A piece of a tool call.
    ToolDelta(ToolDelta),
    /// A whole tool call.
    ToolCall(ToolCall),
    /// Anything else of the answer: a JSON object with a "type".
    Part(Map<String, Value>),
    /// The end, and how it came; always the last event.
    End(Box<Receipt>),
}

/// Who answers, and what the provider said beside the answer.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Start {
    /// The provider's name for the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The model that answers, as the provider names it; else as the request named it.
    pub model: String,
    /// The provider that was asked.
    pub provider: &'static str,
    /// The provider's name for the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What the rate-limit headers said, such as `requests_remaining`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub rate_limit: Map<String, Value>,
    /// What was left out or renamed on the way to the provider.
    pub warnings: Vec<String>,
    /// Random: what the ids of calls are made of that the provider gave none.
    #[serde(skip)]
    pub(crate) seed: u64,
}

/// A piece of a tool call. The id comes once, if the provider gives the call one of its own, and so
/// does the name, but for the few servers that send it in pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolDelta {
    /// Which call: dense from 0, in the order in which calls appeared.
    pub index: u32,
    /// The provider's name for the call; the answer to the call repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The tool that the model calls, or the next piece of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The next piece of the arguments' JSON text.
    pub arguments: String,
}

/// A whole tool call. `arguments` is the text that the model wrote; it is not checked to be JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolCall {
    /// Which call: dense from 0.
    pub index: u32,
    /// The provider's name for the call; one made here where that is missing, or another call's.
    pub id: String,
    /// The tool that the model calls.
    pub name: String,
    /// The arguments' JSON text; `{}` where the model gave none.
    pub arguments: String,
    /// The provider's other fields of the call, which some want to see again.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The provider ended the answer by its protocol's own mark.
    Complete,
    /// The connection ended first; what came is a prefix.
    Truncated,
    /// The caller ended it.
    Cancelled,
    /// It failed; the error says how.
    #[default]
    Failed,
}

/// Why the model stopped, in one vocabulary for all providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// It had said everything, or met a stop sequence.
    Stop,
    /// It met a token limit.
    Length,
    /// It wants tools to be called.
    ToolCalls,
    /// A filter held the answer back.
    ContentFilter,
    /// It paused; sending the answer back continues it.
    Pause,
    /// The model failed.
    Error,
    /// A reason that this library does not know; the raw one says it.
    Other,
}

/// Tokens, with the provider's own meaning of what includes what; `raw` is what it sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// Tokens of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// All tokens, where the provider counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    /// Tokens of the request that were read from a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_input_tokens: Option<u64>,
    /// Tokens of the request that were written to a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Tokens of the request that are charged, where that is another number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed_input_tokens: Option<u64>,
    /// Tokens of the answer that are charged, where that is another number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed_output_tokens: Option<u64>,
    /// Tokens spent on reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// The provider's usage object as it came.
    pub raw: Map<String, Value>,
}

/// Times of one call in milliseconds since it was started, on a monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Timings {
    /// When the first content came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<f64>,
    /// When it ended.
    pub total_ms: f64,
}

/// What `End` carries.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// How it ended.
    pub outcome: Outcome,
    /// Why the model stopped; absent when it did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    /// The provider's own word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason_raw: Option<String>,
    /// Tokens, as far as they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// How many requests were sent.
    pub attempts: u32,
    /// How long it took.
    pub timings: Timings,
    /// Events of the stream that this library does not know and passed over.
    #[serde(skip_serializing_if = "is_zero")]
    pub unknown_events: u64,
    /// What to know about the answer though it is complete, such as that nobody said why it ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The provider's name for the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What went wrong, unless the outcome is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<LlmError>,
}

impl Receipt {
    /// The receipt of a stream that failed, or was ended, with this error.
    #[must_use]
    pub fn failed(error: LlmError) -> Self {
        let outcome = match error.kind {
            ErrorKind::Truncated => Outcome::Truncated,
            ErrorKind::Cancelled | ErrorKind::Closed => Outcome::Cancelled,
            _ => Outcome::Failed,
        };
        Self {
            outcome,
            attempts: error.attempts,
            request_id: error.request_id.clone(),
            error: Some(error),
            ..Self::default()
        }
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A whole answer: what the events of one stream add up to.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct LlmResponse {
    /// Who answered.
    pub start: Start,
    /// All visible text.
    pub text: String,
    /// All visible reasoning.
    pub reasoning: String,
    /// The model's refusal, where the provider tells it apart from text.
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
            Event::ToolDelta(_) => {}
            Event::ToolCall(call) => self.tool_calls.push(call),
            Event::Part(part) => self.push_part(part),
            Event::End(receipt) => self.receipt = *receipt,
        }
    }

    /// The answer as the next request's message: text, tool calls, and whatever else the provider
    /// wants to see again, such as signed thinking.
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
