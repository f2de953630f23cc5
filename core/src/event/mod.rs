//! What a stream delivers: events, the receipt at its end, and the response that they add up to.
//! Owns the names that every language uses; depends on no provider and no wire.

mod batch;
mod operation_responses;
mod pieces;
mod receipt;
mod response;
mod results;
mod stats;
mod tried;
mod vectors;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::declare::{declare_fields, declare_names};
pub use batch::{EventBatch, EventRef, RunRef};
pub(crate) use operation_responses::Found;
pub use operation_responses::{CountTokensResponse, EmbedResponse, ModelsResponse, RerankResponse};
pub use pieces::Pieces;
pub use receipt::{FinishReason, Outcome, Receipt, Timings, Usage};
pub use response::LlmResponse;
pub use results::{InputTokens, Model, RerankResult};
pub use stats::{ProviderStats, Stats};
pub use tried::Tried;
pub(crate) use vectors::are_finite;
pub use vectors::Vectors;

/// One event of a stream: at most one `Start`, then content, then exactly one `End`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The response begins; comes just before the first content.
    Start(Box<Start>),
    /// A piece of visible text, as the provider cut it.
    Text(String),
    /// A piece of visible reasoning.
    Reasoning(String),
    /// A piece of a tool call.
    ToolDelta(ToolDelta),
    /// A whole tool call.
    ToolCall(ToolCall),
    /// Anything else of the response: a JSON object with a "type".
    Part(Map<String, Value>),
    /// Vectors of [`crate::EmbedRequest`], in the order of its inputs.
    Vectors(Vectors),
    /// What another operation than chat and embed found: a JSON object with `results`, `models`,
    /// `input_tokens` or the fields of [`Stats`], or of a batch its state; of the results of a
    /// batch one for each row.
    Result(Map<String, Value>),
    /// The end of the stream and its outcome; always the last event.
    End(Box<Receipt>),
}

declare_names! {
    /// The kinds of events that other languages get. The numbers are the `LLM_EVENT_*` of the C
    /// header and never change.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub enum EventKind {
        /// The response begins; at most once, just before the first content.
        Start = 1 => "START",
        /// Pieces of text, as the provider cut them, but never inside a character.
        Text = 2 => "TEXT",
        /// Pieces of visible reasoning, as the provider cut them, but never inside a character.
        Reasoning = 3 => "REASONING",
        /// A piece of a tool call.
        ToolDelta = 4 => "TOOL_DELTA",
        /// A whole tool call; only complete responses have them.
        ToolCall = 5 => "TOOL_CALL",
        /// Anything else of the response: JSON with a `type`, such as refusal, citation or
        /// logprobs; the `content` of type `content` belongs in the next request's assistant
        /// message.
        Part = 6 => "PART",
        /// The end of the stream and its outcome; exactly once, and last.
        End = 7 => "END",
        /// A line for the caller's log, on stream 0.
        Log = 8 => "LOG",
        /// Vectors of `embed`, in the order of its inputs: little-endian 32-bit floats.
        Vectors = 9 => "VECTORS",
        /// What `rerank`, `models`, `count_tokens`, `stats` or `batch` found, whole; once, before
        /// the end, but of the results of a `batch` once for each row.
        Result = 10 => "RESULT",
        /// The stream waits for the key of an attempt, which it asks its caller for; any number of
        /// times, before START.
        Key = 11 => "KEY",
    }
}

impl EventKind {
    /// The number of this kind in the C header.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }
}

impl Event {
    /// What other languages know it as.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Start(_) => EventKind::Start,
            Self::Text(_) => EventKind::Text,
            Self::Reasoning(_) => EventKind::Reasoning,
            Self::ToolDelta(_) => EventKind::ToolDelta,
            Self::ToolCall(_) => EventKind::ToolCall,
            Self::Part(_) => EventKind::Part,
            Self::Vectors(_) => EventKind::Vectors,
            Self::Result(_) => EventKind::Result,
            Self::End(_) => EventKind::End,
        }
    }
}

declare_fields! {
    /// Who responds, and what the provider sent beside the response.
    #[derive(Debug, Clone, Default, Serialize)]
    #[non_exhaustive]
    pub struct Start {
        /// The provider's response id.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<String> as Text,
        /// The model that responds, as the provider names it; else as the request named it.
        pub model: String as Text,
        /// The provider of the request.
        pub provider: &'static str as Text,
        /// The provider's request id.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub request_id: Option<String> as Text,
        /// The values of the rate-limit headers, such as `requests_remaining`.
        #[serde(skip_serializing_if = "Map::is_empty")]
        pub rate_limit: Map<String, Value> as Object,
        /// The response headers that the client's `report_headers` names, by lower-case name; a
        /// value is cut at 1 KiB.
        #[serde(skip_serializing_if = "Map::is_empty")]
        pub headers: Map<String, Value> as Object,
        /// What was left out or renamed on the way to the provider.
        pub warnings: Vec<String> as ListOfText,
        /// Random: what the ids of calls are made of that the provider gave none.
        #[serde(skip)]
        #[allow(dead_code)] // a build without any wire makes no ids
        pub(crate) seed: u64,
    }
}

declare_fields! {
    /// A piece of a tool call.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub struct ToolDelta {
        /// Which call: dense from 0, in the order in which calls appeared.
        pub index: u32 as Integer,
        /// The provider's call id; comes once, if the provider gives one.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub id: Option<String> as Text,
        /// The tool that the model calls; comes once, but for the few servers that send it in
        /// pieces.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub name: Option<String> as Text,
        /// The next piece of the arguments' JSON text.
        pub arguments: String as Text,
    }
}

declare_fields! {
    /// A whole tool call. `arguments` is the text that the model wrote; it is not checked to be
    /// JSON.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub struct ToolCall {
        /// Which call: dense from 0.
        pub index: u32 as Integer,
        /// The call's id; generated if the provider's is missing or already used.
        pub id: String as Text,
        /// The tool that the model calls.
        pub name: String as Text,
        /// The arguments' JSON text, as the model wrote it; `{}` where it gave none.
        pub arguments: String as Text,
        /// The provider's other fields of the call, which some providers need back.
        #[serde(skip_serializing_if = "Map::is_empty")]
        pub extra: Map<String, Value> as Object,
    }
}
