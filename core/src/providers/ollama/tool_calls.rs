//! Tool calls in Ollama's spelling: whole, the arguments an object, the id missing on older
//! servers.

use super::wire::Call;
use crate::providers::tool_calls::Piece;

/// A whole call.
pub(super) fn parse_call<'p>(call: &'p Call<'_>) -> Piece<'p> {
    let function = call.function.0.as_ref();
    let arguments = function.and_then(|function| function.arguments.as_written());
    Piece {
        id: call.id.get(),
        name: function.and_then(|function| function.name.get()),
        arguments: arguments.unwrap_or_default(),
        ..Piece::default()
    }
}
