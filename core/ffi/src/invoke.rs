//! `llm_invoke`: a client of one stream, polled by the calling thread, which calls the host back
//! for every delta and then gives the bytes back to the window. Owns the rule that it is not
//! entered again from its own callback. Called by `lib`.

use std::cell::Cell;
use std::sync::Arc;

use liter_llm_core::{ErrorKind, LlmError};

use crate::bell::Bell;
use crate::boundary::Failure;
use crate::buffer::{Buffer, Piece};
use crate::client::ClientState;
use crate::fork;
use crate::runtime::Process;
use crate::sync::Wait;
use crate::types::{LLM_ERROR_OK, LLM_EVENT_END, LLM_EVENT_TEXT};

/// The number of the only stream.
const STREAM: u64 = 1;

thread_local! {
    /// The generation in which this thread runs a callback of llm_invoke; 0 is none. The child of a
    /// fork inside a callback is in another, so it may use llm_invoke.
    static INSIDE: Cell<usize> = const { Cell::new(0) };
}

/// What one poll brought.
enum Step {
    /// The stream goes on.
    More,
    /// It is over.
    Ended(Result<(), Failure>),
    /// The callback returned in the child of a fork, where nothing will ever come.
    Forked,
}

/// A client that is closed when the call is left early, as a panic would.
struct Call(Arc<ClientState>);

impl Drop for Call {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Sends one request and hands over every delta of its text, until the end.
pub fn invoke(
    provider: &str,
    request_json: &str,
    mut token: impl FnMut(&[u8]),
) -> Result<(), Failure> {
    if INSIDE.get() == fork::generation() || Bell::is_inside() {
        let message = "llm_invoke was called from inside a callback of this library";
        return Err(LlmError::new(ErrorKind::InvalidArgument, message).into());
    }
    let process = Process::get_or_start(None)?;
    let bell = Bell::new(None, std::ptr::null_mut());
    let call = Call(ClientState::open(process, process.prepared()?, bell));
    call.0.start(STREAM, provider, request_json)?;
    loop {
        let Some(mut polled) = call.0.poll(Wait::Forever) else {
            return Err(LlmError::new(ErrorKind::Internal, "the stream had no end").into());
        };
        match hand_over(&call.0, polled.buffer(), &mut token) {
            Step::More => {}
            Step::Ended(result) => return result,
            Step::Forked => {
                // Their locks and sockets are the parent's.
                std::mem::forget(polled);
                std::mem::forget(call);
                let message = "the process was forked inside the callback of llm_invoke";
                return Err(LlmError::new(ErrorKind::Closed, message).into());
            }
        }
    }
}

fn hand_over(client: &ClientState, buffer: &Buffer, token: &mut impl FnMut(&[u8])) -> Step {
    for piece in buffer.pieces() {
        if piece.kind == LLM_EVENT_TEXT && !call_back(&piece, token) {
            return Step::Forked;
        }
        if piece.kind == LLM_EVENT_END {
            return Step::Ended(result_of(&piece));
        }
        client.consumed(STREAM, piece.data.len());
    }
    Step::More
}

/// Calls back for each delta. False: this is the child of a fork now.
fn call_back(piece: &Piece<'_>, token: &mut impl FnMut(&[u8])) -> bool {
    let generation = fork::generation();
    let mut start = 0;
    for end in piece.ends {
        let end = *end as usize;
        let outer = INSIDE.replace(generation);
        token(piece.data.get(start..end).unwrap_or_default());
        INSIDE.set(outer);
        if fork::generation() != generation {
            return false;
        }
        start = end;
    }
    true
}

/// The receipt of a failure holds its error object.
fn result_of(end: &Piece<'_>) -> Result<(), Failure> {
    if end.error == LLM_ERROR_OK {
        return Ok(());
    }
    let receipt: serde_json::Value = serde_json::from_slice(end.data).unwrap_or_default();
    let error = receipt.get("error").cloned().unwrap_or_default();
    Err(Failure {
        number: end.error,
        json: error.to_string(),
    })
}
