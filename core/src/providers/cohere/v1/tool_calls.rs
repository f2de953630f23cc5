//! Tool calls in v1's spelling, which has no ids.

use super::wire::{Call, CallDelta};
use crate::providers::tool_calls::Piece;

/// A whole call.
pub(super) fn parse_call<'p>(call: &'p Call<'_>) -> Piece<'p> {
    Piece {
        name: call.name.get(),
        arguments: call.parameters.as_written().unwrap_or_default(),
        ..Piece::default()
    }
}

/// A piece of a call.
pub(super) fn parse_call_delta<'p>(delta: &'p CallDelta<'_>) -> Piece<'p> {
    Piece {
        index: delta.index.0,
        name: delta.name.get(),
        arguments: delta.parameters.as_written().unwrap_or_default(),
        ..Piece::default()
    }
}
