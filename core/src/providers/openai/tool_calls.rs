//! Tool calls in the spellings of chat completions. Called by `decode`.

use serde_json::Map;

use super::wire::{CallDelta, Delta, FunctionDelta};
use crate::event::Event;
use crate::providers::tool_calls::{Calls, Piece};

/// Takes the pieces of a delta; what is new in them.
pub(super) fn add(calls: &mut Calls, delta: &Delta<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    let pieces = &delta.tool_calls.0;
    if !pieces.is_empty() {
        calls.begin_list();
        let added = pieces
            .iter()
            .map(|piece| calls.add(read(piece), piece.extra.clone()));
        events.extend(added.flatten());
    } else if let Some(function) = older(calls, delta) {
        events.extend(calls.add(function, Map::new()));
    }
    events
}

/// Takes the calls of a whole message.
pub(super) fn add_whole(calls: &mut Calls, delta: &Delta<'_>) {
    let pieces = &delta.tool_calls.0;
    for piece in pieces {
        calls.add_whole(read(piece), piece.extra.clone());
    }
    if pieces.is_empty() {
        let function = older(calls, delta);
        function.and_then(|function| calls.add_whole(function, Map::new()));
    }
}

fn read<'p>(piece: &'p CallDelta<'_>) -> Piece<'p> {
    let function = piece.function.0.as_ref().or(piece.custom.0.as_ref());
    Piece {
        index: piece.index.0,
        id: piece.id.get(),
        ..named(function.unwrap_or(&piece.flat))
    }
}

/// The older form of one call, `function_call`. Some servers say a call in both forms.
fn older<'p>(calls: &Calls, delta: &'p Delta<'_>) -> Option<Piece<'p>> {
    let function = delta
        .function_call
        .0
        .as_ref()
        .filter(|_| calls.are_only())?;
    Some(Piece {
        is_only: true,
        ..named(function)
    })
}

fn named<'p>(function: &'p FunctionDelta<'_>) -> Piece<'p> {
    let arguments = function.arguments.as_written();
    Piece {
        name: function.name.get(),
        arguments: arguments
            .or(function.input.as_written())
            .unwrap_or_default(),
        ..Piece::default()
    }
}
