//! `llm_invoke`: a client of one stream, polled by the calling thread, which calls the host back
//! for every delta and then gives the bytes back to the window. Owns the rule that it is not
//! entered again from its own callback. Called by `lib`.

use std::cell::Cell;
use std::sync::Arc;

use liter_llm_core::{ErrorKind, LlmError};

use crate::buffer::{Buffer, Piece};
use crate::client::ClientState;
use crate::error::Failure;
use crate::fork;
use crate::process::Process;
use crate::sync::Wait;
use crate::types::{LLM_ERROR_OK, LLM_EVENT_END, LLM_EVENT_TEXT};
use crate::waker::Bell;

/// The number of the only stream.
const STREAM: u64 = 1;

thread_local! {
    /// The generation in which this thread runs a callback of llm_invoke; 0 is none. The child of a
    /// fork inside a callback is in another, so it may use llm_invoke.
    static INSIDE: Cell<usize> = const { Cell::new(0) };
    /// The callback of this thread's llm_invoke wants no more.
    static CANCELLED: Cell<bool> = const { Cell::new(false) };
}

/// What one poll brought.
enum Step {
    /// The stream goes on.
    More,
    /// It is over, or the callback has it so.
    Ended(Result<(), Failure>),
    /// The callback returned in the child of a fork, where nothing will ever come.
    Forked,
}

/// How a callback returned.
enum Returned {
    /// It wants more.
    On,
    /// It has cancelled the call.
    Cancelled,
    /// In the child of a fork.
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

/// Has the llm_invoke whose callback runs in this thread end as soon as the callback returns.
pub fn cancel() -> Result<(), Failure> {
    if INSIDE.get() != fork::generation() {
        let message = "llm_invoke_cancel was called outside of a callback of llm_invoke";
        return Err(LlmError::new(ErrorKind::InvalidArgument, message).into());
    }
    CANCELLED.set(true);
    Ok(())
}

fn hand_over(client: &ClientState, buffer: &Buffer, token: &mut impl FnMut(&[u8])) -> Step {
    for piece in buffer.pieces() {
        if piece.kind == LLM_EVENT_TEXT {
            match call_back(&piece, token) {
                Returned::On => {}
                Returned::Cancelled => {
                    let message = "the callback cancelled the call";
                    let error = LlmError::new(ErrorKind::Cancelled, message);
                    return Step::Ended(Err(error.into()));
                }
                Returned::Forked => return Step::Forked,
            }
        }
        if piece.kind == LLM_EVENT_END {
            return Step::Ended(result_of(&piece));
        }
        client.consumed(STREAM, piece.data.len());
    }
    Step::More
}

/// Calls back for each delta, as long as the callback wants more.
fn call_back(piece: &Piece<'_>, token: &mut impl FnMut(&[u8])) -> Returned {
    let generation = fork::generation();
    let mut start = 0;
    for end in piece.ends {
        let end = *end as usize;
        let outer = INSIDE.replace(generation);
        token(piece.data.get(start..end).unwrap_or_default());
        INSIDE.set(outer);
        let cancelled = CANCELLED.take();
        if fork::generation() != generation {
            return Returned::Forked;
        }
        if cancelled {
            return Returned::Cancelled;
        }
        start = end;
    }
    Returned::On
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::buffer::event_json::Encoded;
    use crate::time_limit::TimeLimit;
    use crate::types::{LLM_ERROR_CANCELLED, LLM_ERROR_INVALID_ARGUMENT};
    use futures_util::future::FutureExt;
    use liter_llm_core::{Event, EventBatch, Receipt};

    /// A client of one stream, in whose queue these events are, and the step that takes them.
    fn take(batch: &EventBatch, token: &mut impl FnMut(&[u8])) -> (Step, bool) {
        let process = Process::get_or_start(None).unwrap();
        let bell = Bell::new(None, std::ptr::null_mut());
        let client = ClientState::open(process, process.prepared().unwrap(), bell);
        let control = client.claim(STREAM).unwrap();
        let encoded = Encoded::batch(batch);
        let queue = client.queue();
        queue
            .push(STREAM, batch, &encoded, &control, false)
            .unwrap();
        let step = {
            let mut polled = client.poll(Wait::Now).unwrap();
            hand_over(&client, polled.buffer(), token)
        };
        let is_open = control.window_open().now_or_never().is_some();
        (step, is_open)
    }

    fn cancelled() -> Event {
        let error = LlmError::new(ErrorKind::Cancelled, "cancelled");
        Event::End(Box::new(Receipt::failed(error)))
    }

    #[test]
    fn every_delta_of_text_is_called_back_and_nothing_else() {
        let _limit = TimeLimit::begin();
        let mut batch = EventBatch::default();
        batch.push_reasoning("thought");
        batch.push_text("one ");
        batch.push_text("two");
        batch.push_reasoning("another thought");
        batch.push_text("three");
        batch.push(cancelled());
        let mut tokens = Vec::new();
        let (step, _) = take(&batch, &mut |token| tokens.push(token.to_vec()));
        assert_eq!(tokens, [b"one ".as_slice(), b"two", b"three"]);
        match step {
            Step::Ended(Err(failure)) => {
                assert_eq!(failure.number, LLM_ERROR_CANCELLED);
                assert!(failure.json.contains("\"message\":\"cancelled\""));
            }
            _ => panic!("the END was not taken for one"),
        }
    }

    /// Else an answer longer than the window would never go on.
    #[test]
    fn what_was_handed_over_is_given_back_to_the_window() {
        let _limit = TimeLimit::begin();
        let mut batch = EventBatch::default();
        batch.push_text(&"x".repeat(1 << 20));
        let (step, is_open) = take(&batch, &mut |_| {});
        assert!(matches!(step, Step::More));
        assert!(is_open);
    }

    #[test]
    fn a_callback_that_cancels_is_called_no_more() {
        let _limit = TimeLimit::begin();
        let mut batch = EventBatch::default();
        batch.push_text("one ");
        batch.push_text("two");
        let mut calls = 0;
        let (step, _) = take(&batch, &mut |_| {
            calls += 1;
            cancel().unwrap();
        });
        assert_eq!(calls, 1);
        match step {
            Step::Ended(Err(failure)) => assert_eq!(failure.number, LLM_ERROR_CANCELLED),
            _ => panic!("it was cancelled"),
        }
        let (step, _) = take(&batch, &mut |_| calls += 1);
        assert!(matches!(step, Step::More), "the next call is another one");
        assert_eq!(calls, 3);
        assert_eq!(cancel().unwrap_err().number, LLM_ERROR_INVALID_ARGUMENT);
    }

    #[test]
    fn inside_its_own_callback_it_is_refused() {
        let _limit = TimeLimit::begin();
        let mut batch = EventBatch::default();
        batch.push_text("text");
        let mut refused = Vec::new();
        let (_, _) = take(&batch, &mut |_| {
            refused.push(invoke("openai", "{}", |_| {}).unwrap_err().number);
        });
        assert_eq!(refused, [LLM_ERROR_INVALID_ARGUMENT]);
        assert_eq!(INSIDE.get(), 0, "the callback is over");
    }
}
