//! What the tool calls of every wire have in common: pieces and arguments that become calls, and
//! the ids that distinguish calls, in requests and in responses.

mod arguments;
mod assembler;
pub(crate) mod block_calls;

#[cfg(all(
    test,
    any(
        feature = "openai",
        feature = "anthropic",
        feature = "cohere",
        feature = "bedrock",
        feature = "gemini",
        feature = "ollama"
    )
))]
pub(crate) mod joined;
pub(crate) mod request_calls;
pub(crate) mod request_ids;
mod response_ids;

/// The field of a call, and its value, where the arguments are free text and not JSON.
pub(crate) const FREE_TEXT: (&str, &str) = ("kind", "custom");

pub(crate) use arguments::{Arguments, State};
pub(crate) use assembler::{Piece, ToolCallAssembler};
pub(crate) use response_ids::{is_usable, CallIdGenerator};
