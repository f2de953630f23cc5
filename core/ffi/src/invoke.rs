//! `llm_invoke`: a client of one stream, polled by the calling thread, which calls back for every
//! delta and then acknowledges the bytes. Owns what a callback may do: stop its own call, but not
//! enter `llm_invoke` again.

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

/// The callback of llm_invoke that a thread runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Callback {
    /// The generation in which it was called; 0 is no callback. The child of a fork inside a
    /// callback is in another, so it may use llm_invoke.
    generation: usize,
    /// It has stopped its call.
    stopped: bool,
}

/// No callback runs.
const OUTSIDE: Callback = Callback {
    generation: 0,
    stopped: false,
};

thread_local! {
    static CALLBACK: Cell<Callback> = const { Cell::new(OUTSIDE) };
}

/// What one poll brought.
enum Step {
    /// The stream goes on.
    More,
    /// The callback wants no more of it.
    Stopped,
    /// It is over.
    Ended(Result<(), Failure>),
    /// The callback returned in the child of a fork, where nothing will ever come.
    Forked,
}

/// How a callback returned.
enum Returned {
    /// It continues.
    On,
    /// It has stopped the call.
    Stopped,
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
    if is_in_callback() || Waker::is_in_callback() {
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
            Step::Stopped => {
                let end = end_among(polled.buffer());
                drop(polled);
                return Err(stopped(&call.0, end));
            }
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

/// Has the llm_invoke whose callback runs in this thread end as soon as the callback returns;
/// `function` is how the caller calls this.
pub fn stop(function: &str) -> Result<(), Failure> {
    if !is_in_callback() {
        let message = format!("{function} was called outside of a callback of llm_invoke");
        return Err(invalid_argument(message));
    }
    CALLBACK.set(Callback {
        stopped: true,
        ..CALLBACK.get()
    });
    Ok(())
}

fn is_in_callback() -> bool {
    CALLBACK.get().generation == fork::generation()
}

fn hand_over(client: &ClientState, buffer: &Buffer, token: &mut impl FnMut(&[u8])) -> Step {
    for event in buffer.events() {
        if [LLM_EVENT_TEXT, LLM_EVENT_RESULT].contains(&event.kind) {
            match call_back(&event, token) {
                Returned::On => {}
                Returned::Stopped => return Step::Stopped,
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
        // Of its own each time: the child of a fork may call back inside a callback.
        let outer = CALLBACK.replace(Callback {
            generation,
            stopped: false,
        });
        token(event.data.get(start..end).unwrap_or_default());
        let returned = CALLBACK.replace(outer);
        if fork::generation() != generation {
            return Returned::Forked;
        }
        if returned.stopped {
            return Returned::Stopped;
        }
        start = end;
    }
    Returned::On
}

/// Closes the connection and waits until it is closed. CANCELLED, whatever the stream came to
/// meanwhile, with all that is known of it.
fn stopped(client: &ClientState, mut end: Option<Result<(), Failure>>) -> Failure {
    client.cancel(STREAM);
    while end.is_none() {
        let Some(mut polled) = client.poll(Wait::Forever) else {
            break; // the process is ending
        };
        end = end_among(polled.buffer());
    }
    let message = "the callback cancelled the call";
    let mut failure = Failure::from(LlmError::new(ErrorKind::Cancelled, message));
    if let Some(Err(known)) = end.filter(|end| number_of(end) == failure.number) {
        failure.json = with_message(&known.json, message);
    }
    failure
}

fn number_of(end: &Result<(), Failure>) -> types::LlmError {
    end.as_ref()
        .map_or_else(|failure| failure.number, |()| LLM_ERROR_OK)
}

fn with_message(error: &str, message: &str) -> String {
    let mut error: serde_json::Map<_, _> = serde_json::from_str(error).unwrap_or_default();
    error.insert("message".to_owned(), message.into());
    serde_json::Value::from(error).to_string()
}

/// How the stream ended, if its END is there.
fn end_among(buffer: &Buffer) -> Option<Result<(), Failure>> {
    let end = buffer.events().find(|event| event.kind == LLM_EVENT_END)?;
    Some(result_of(&end))
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
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests;
