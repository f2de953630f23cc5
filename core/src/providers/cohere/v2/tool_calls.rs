//! Tool calls in v2's spelling.

use super::wire::Call;
use crate::providers::tool_calls::Piece;

/// A call, or a piece of one. Its own number is more exact than the event's.
pub(super) fn parse_call<'p>(index: Option<u64>, call: &'p Call<'_>) -> Piece<'p> {
    let function = call.function.0.as_ref();
    let arguments = function.and_then(|function| function.arguments.as_written());
    Piece {
        index: call.index.0.or(index),
        id: call.id.get(),
        name: function.and_then(|function| function.name.get()),
        arguments: arguments.unwrap_or_default(),
        ..Piece::default()
    }
}
