//! Tool calls in the spellings of chat completions. Owns the spellings; what belongs to which call
//! is the assembler's.

use serde_json::Map;

use super::wire::{CallDelta, Delta, FunctionDelta};
use crate::event::Event;
use crate::providers::tool_calls::{Piece, ToolCallAssembler};

/// Takes the pieces of a delta; what is new in them.
pub(super) fn add(calls: &mut ToolCallAssembler, delta: &Delta<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    let pieces = &delta.tool_calls.0;
    if !pieces.is_empty() {
        calls.begin_list();
        let added = pieces
            .iter()
            .map(|piece| calls.add(parse_call(piece), piece.extra.clone()));
        events.extend(added.flatten());
    } else if let Some(function) = parse_older_call(calls, delta) {
        events.extend(calls.add(function, Map::new()));
    }
    events
}

/// Takes the calls of a whole message.
pub(super) fn add_whole(calls: &mut ToolCallAssembler, delta: &Delta<'_>) {
    let pieces = &delta.tool_calls.0;
    for piece in pieces {
        calls.add_whole(parse_call(piece), piece.extra.clone());
    }
    if pieces.is_empty() {
        let function = parse_older_call(calls, delta);
        function.and_then(|function| calls.add_whole(function, Map::new()));
    }
}

fn parse_call<'p>(piece: &'p CallDelta<'_>) -> Piece<'p> {
    let function = piece.function.0.as_ref().or(piece.custom.0.as_ref());
    Piece {
        index: piece.index.0,
        id: piece.id.get(),
        ..parse_function(function.unwrap_or(&piece.flat))
    }
}

/// The older form of one call, `function_call`. Some servers send a call in both forms.
fn parse_older_call<'p>(calls: &ToolCallAssembler, delta: &'p Delta<'_>) -> Option<Piece<'p>> {
    let function = delta
        .function_call
        .0
        .as_ref()
        .filter(|_| calls.are_only())?;
    Some(Piece {
        is_only: true,
        ..parse_function(function)
    })
}

fn parse_function<'p>(function: &'p FunctionDelta<'_>) -> Piece<'p> {
    let arguments = function.arguments.as_written();
    Piece {
        name: function.name.get(),
        arguments: arguments
            .or(function.input.as_written())
            .unwrap_or_default(),
        ..Piece::default()
    }
}
