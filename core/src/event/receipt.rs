//! How a stream ended: the outcome, why the model stopped, what was counted, how long it took.

use serde::Serialize;
use serde_json::{Map, Value};

use super::tried::Tried;
use crate::declare::{declare_fields, declare_names};
use crate::error::{ErrorKind, LlmError};

declare_names! {
    /// How a stream ended.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
    pub enum Outcome {
        /// The provider ended the response by its protocol's own mark.
        Complete => "complete",
        /// The connection ended first; what came is a prefix.
        Truncated => "truncated",
        /// The caller ended it.
        Cancelled => "cancelled",
        /// It failed; the error has the reason.
        #[default]
        Failed => "failed",
    }
}

declare_names! {
    /// Why the model stopped, in one vocabulary for all providers.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    #[non_exhaustive]
    pub enum FinishReason {
        /// The model finished, or met a stop sequence.
        Stop => "stop",
        /// The model met a token limit.
        Length => "length",
        /// The model calls tools.
        ToolCalls => "tool_calls",
        /// A filter held the response back.
        ContentFilter => "content_filter",
        /// The model paused; sending the response back continues it.
        Pause => "pause",
        /// The model failed.
        Error => "error",
        /// A reason that this library does not know; see the raw one.
        Other => "other",
    }
}

declare_fields! {
    /// Tokens, with the provider's own meaning of what includes what; `raw` is what it sent.
    #[derive(Debug, Clone, PartialEq, Default, Serialize)]
    #[non_exhaustive]
    pub struct Usage {
        /// Tokens of the request.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub input_tokens: Option<u64> as Integer,
        /// Tokens of the response.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub output_tokens: Option<u64> as Integer,
        /// All tokens, where the provider counts them.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub total_tokens: Option<u64> as Integer,
        /// Tokens of the request that were read from a cache.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cached_input_tokens: Option<u64> as Integer,
        /// Tokens of the request that were written to a cache.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cache_write_tokens: Option<u64> as Integer,
        /// Tokens of the request that are charged, where that is another number.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub billed_input_tokens: Option<u64> as Integer,
        /// Tokens of the response that are charged, where that is another number.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub billed_output_tokens: Option<u64> as Integer,
        /// Tokens spent on reasoning.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub reasoning_tokens: Option<u64> as Integer,
        /// The provider's usage object as it came.
        pub raw: Map<String, Value> as Object,
    }
}

declare_fields! {
    /// Times of one call since it was started, on a monotonic clock.
    #[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
    pub struct Timings {
        /// When the first content came, in milliseconds since the call.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub first_token_ms: Option<f64> as FractionalMilliseconds,
        /// When the stream ended, in milliseconds since the call.
        pub total_ms: f64 as FractionalMilliseconds,
        /// How long the call waited for its turn, all its requests together; absent where no pacing
        /// option is set.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub queued_ms: Option<f64> as FractionalMilliseconds,
    }
}

declare_fields! {
    /// What `End` carries.
    #[derive(Debug, Clone, Default, Serialize)]
    #[non_exhaustive]
    pub struct Receipt {
        /// How the stream ended.
        pub outcome: Outcome as Text,
        /// Why the model stopped; absent where the provider sent no reason.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub finish_reason: Option<FinishReason> as Text,
        /// The provider's own finish reason.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub finish_reason_raw: Option<String> as Text,
        /// Tokens, as far as they are known.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub usage: Option<Usage> as Object,
        /// How many requests were sent.
        pub attempts: u32 as Integer,
        /// Every attempt of a call of one HTTP request, in order, where there were several or
        /// fallbacks; at most the last 64.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub tried: Vec<Tried> as ListOfObjects,
        /// Into how many HTTP requests the call was split, each with its own retries; absent for a
        /// chat.
        #[serde(skip_serializing_if = "is_zero_u32")]
        pub requests: u32 as Integer,
        /// Numbers in each vector.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub dimensions: Option<u64> as Integer,
        /// How many vectors came.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub count: Option<u64> as Integer,
        /// Positions of the inputs that the provider cut, where it says so.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub truncated: Vec<u64> as ListOfIntegers,
        /// The inputs that the vectors belong to, in their order, where some have none: pairs of
        /// the first input and the one behind the last.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub finished_ranges: Vec<[u64; 2]> as ListOfRanges,
        /// The inputs that have no vectors, as pairs of the first and the one behind the last.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub failed_ranges: Vec<[u64; 2]> as ListOfRanges,
        /// How long it took.
        pub timings: Timings as Object,
        /// How many events of the stream this version does not know and skipped.
        #[serde(skip_serializing_if = "is_zero")]
        pub unknown_events: u64 as Integer,
        /// Warnings about the response, such as a missing finish reason; where no START came, its
        /// own.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub warnings: Vec<String> as ListOfText,
        /// The provider's request id.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub request_id: Option<String> as Text,
        /// What went wrong, unless the outcome is complete.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub error: Option<LlmError> as Object,
    }
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

fn is_zero_u32(count: &u32) -> bool {
    *count == 0
}
