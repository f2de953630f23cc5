//! `llm_invoke`: a client of one stream, polled by the calling thread, which calls back for every
//! delta and then acknowledges the bytes. Owns the rule that it is not entered again from inside
//! its own callback.

use std::cell::Cell;
use std::sync::Arc;

use liter_llm_core::{AnyRequest, ErrorKind, LlmError, Operation};

use crate::buffer::{Buffer, EventView};
use crate::client::ClientState;
use crate::error::{closed, error_name, internal_error, invalid_argument, Failure};
use crate::fork;
use crate::process::Process;
use crate::sync::Wait;
use crate::types::{self, LLM_ERROR_OK, LLM_EVENT_END, LLM_EVENT_RESULT, LLM_EVENT_TEXT};
use crate::waker::Waker;

/// The number of the only stream.
const STREAM: u64 = 1;

thread_local! {
    /// The generation in which this thread runs a callback of llm_invoke; 0 is none. The child of a
    /// fork inside a callback is in another, so it may use llm_invoke.
    static IN_CALLBACK: Cell<usize> = const { Cell::new(0) };
    /// The callback of this thread's llm_invoke has stopped it.
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
    /// It continues.
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
    if IN_CALLBACK.get() == fork::generation() || Waker::is_in_callback() {
        let message = "llm_invoke was called from inside a callback of this library";
        return Err(invalid_argument(message));
    }
    let process = Process::get_or_start(None)?;
    let waker = Waker::new(None, std::ptr::null_mut());
    let client = ClientState::open(process.runtime(), process.invoke_client()?, waker);
    let call = Call(client);
    call.0
        .start_checked(STREAM, provider, request_json, check)?;
    loop {
        let Some(mut polled) = call.0.poll(Wait::Forever) else {
            return Err(internal_error("the stream had no end"));
        };
        match hand_over(&call.0, polled.buffer(), &mut token) {
            Step::More => {}
            Step::Ended(result) => return result,
            Step::Forked => {
                // Their locks and sockets are the parent's.
                std::mem::forget(polled);
                std::mem::forget(call);
                let message = "the process was forked inside the callback of llm_invoke";
                return Err(closed(message));
            }
        }
    }
}

/// A callback takes text: an embed whose part fails would leave gaps that it could not see.
fn check(request: &AnyRequest) -> Result<(), LlmError> {
    match request.operation() {
        Operation::Embed => {
            let message = "llm_invoke hands over text, and embed has vectors; start it with \
                           llm_client_start";
            Err(LlmError::new(ErrorKind::InvalidRequest, message))
        }
        _ => Ok(()),
    }
}

/// Has the llm_invoke whose callback runs in this thread end as soon as the callback returns.
pub fn cancel() -> Result<(), Failure> {
    if IN_CALLBACK.get() != fork::generation() {
        let message = "llm_invoke_cancel was called outside of a callback of llm_invoke";
        return Err(invalid_argument(message));
    }
    CANCELLED.set(true);
    Ok(())
}

fn hand_over(client: &ClientState, buffer: &Buffer, token: &mut impl FnMut(&[u8])) -> Step {
    for event in buffer.events() {
        if [LLM_EVENT_TEXT, LLM_EVENT_RESULT].contains(&event.kind) {
            match call_back(&event, token) {
                Returned::On => {}
                Returned::Cancelled => {
                    let message = "the callback cancelled the call";
                    let error = LlmError::new(ErrorKind::Cancelled, message);
                    return Step::Ended(Err(error.into()));
                }
                Returned::Forked => return Step::Forked,
            }
        }
        if event.kind == LLM_EVENT_END {
            return Step::Ended(result_of(&event));
        }
        client.consumed(STREAM, event.data.len());
    }
    Step::More
}

/// Calls back for each delta, or with a whole result, until the callback stops it.
fn call_back(event: &EventView<'_>, token: &mut impl FnMut(&[u8])) -> Returned {
    let generation = fork::generation();
    let mut start = 0;
    let whole = event.ends.is_empty().then_some(event.data.len());
    let ends = event.ends.iter().map(|end| *end as usize);
    for end in ends.chain(whole) {
        let outer = IN_CALLBACK.replace(generation);
        token(event.data.get(start..end).unwrap_or_default());
        IN_CALLBACK.set(outer);
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
fn result_of(end: &EventView<'_>) -> Result<(), Failure> {
    if end.error == LLM_ERROR_OK {
        return Ok(());
    }
    let receipt: serde_json::Value = serde_json::from_slice(end.data).unwrap_or_default();
    let json = match receipt.get("error") {
        Some(error) => error.to_string(),
        // Where there was no memory for its JSON, END has only the number.
        None => without_details(end.error),
    };
    Err(Failure {
        number: end.error,
        json,
    })
}

fn without_details(number: types::LlmError) -> String {
    let kind = error_name(number).to_string_lossy();
    let message = "there was no memory for the details of this error";
    serde_json::json!({"kind": kind, "number": number, "message": message}).to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::buffer::event_json::EventJson;
    use crate::tests::time_limit::TimeLimit;
    use crate::types::{LLM_ERROR_CANCELLED, LLM_ERROR_INVALID_ARGUMENT};
    use futures_util::future::FutureExt;
    use liter_llm_core::{Event, EventBatch, Receipt};

    /// A client of one stream, in whose queue these events are, and the step that takes them.
    fn take(batch: &EventBatch, token: &mut impl FnMut(&[u8])) -> (Step, bool) {
        let process = Process::get_or_start(None).unwrap();
        let waker = Waker::new(None, std::ptr::null_mut());
        let client = ClientState::open(process.runtime(), process.invoke_client().unwrap(), waker);
        let control = client.streams.claim(STREAM).unwrap();
        let json = EventJson::of_batch(batch);
        let queue = client.streams.queue();
        queue.push(STREAM, batch, &json, &control, false).unwrap();
        let step = {
            let mut polled = client.poll(Wait::Now).unwrap();
            hand_over(&client, polled.buffer(), token)
        };
        let is_open = control.until_window_opens().now_or_never().is_some();
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

    /// `llm_last_error` promises kind, number and message.
    #[test]
    fn an_end_without_details_is_an_error_with_its_kind() {
        let end = EventView {
            stream: STREAM,
            kind: LLM_EVENT_END,
            error: types::LLM_ERROR_TOO_LARGE,
            data: b"{}",
            ends: &[],
        };
        let failure = result_of(&end).unwrap_err();
        assert_eq!(failure.number, types::LLM_ERROR_TOO_LARGE);
        let json: serde_json::Value = serde_json::from_str(&failure.json).unwrap();
        assert_eq!(json.get("kind").unwrap(), "TOO_LARGE");
        assert_eq!(json.get("number").unwrap(), 16);
        assert!(json
            .get("message")
            .unwrap()
            .as_str()
            .unwrap()
            .contains("no memory"));
    }

    /// Else a response longer than the window would never go on.
    #[test]
    fn what_was_handed_over_is_acknowledged() {
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
        assert_eq!(IN_CALLBACK.get(), 0, "the callback is over");
    }
}
