//! What the tool calls of every wire have in common: arguments that come in pieces, and ids that
//! tell one call from another. Called by the `calls` of the wires.

mod arguments;
mod calls;
mod ids;
#[cfg(all(
    test,
    any(feature = "openai", feature = "anthropic", feature = "cohere")
))]
pub(crate) mod joined;

pub(crate) use arguments::{Arguments, State};
pub(crate) use calls::{Calls, Piece};
pub(crate) use ids::{is_usable, Ids};
