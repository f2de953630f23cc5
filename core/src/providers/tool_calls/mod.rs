//! What the tool calls of every wire have in common: arguments that come in pieces, and ids that
//! tell one call from another. Called by the `calls` of the wires.

mod arguments;
mod assembler;

#[cfg(all(
    test,
    any(feature = "openai", feature = "anthropic", feature = "cohere")
))]
pub(crate) mod joined;
pub(crate) mod request_ids;
mod response_ids;

pub(crate) use arguments::{Arguments, State};
pub(crate) use assembler::{Calls, Piece};
pub(crate) use response_ids::{is_usable, Ids};
