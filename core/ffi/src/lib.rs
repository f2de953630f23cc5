//! The C boundary: the exports that `include/liter_llm.h` shows, and nothing else. Each one checks
//! its arguments (`arguments`), keeps failures and panics (`error`), and hands over to a module of
//! this crate.

#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
// What the caller promises stands once for all exports: the contract that opens the header.
#![allow(clippy::missing_safety_doc)]

mod alloc;
mod arguments;
mod buffer;
mod client;
mod core_client;
mod environment;
mod error;
mod exit;
mod fork;
mod handles;
mod http_cache;
mod invoke;
mod key_answers;
mod key_caller;
mod owed_wakes;
mod panic_hook;
mod platform;
mod prefetch;
mod process;
mod queue;
mod stream_control;
mod stream_table;
mod stream_task;
mod sync;
#[cfg(feature = "test-panic")]
mod test_exports;
#[cfg(feature = "test-panic")]
mod test_panic;
#[cfg(test)]
mod tests;
mod types;
mod waker;
mod worker_load;

use std::ffi::{c_char, c_void};

use liter_llm_core::ClientOptions;

use client::ClientState;
use process::Process;
pub use types::*;
use waker::Waker;

/// The LLM_ABI_VERSION that this library was built with: what was built against this or less works.
/// Never fails.
#[no_mangle]
pub extern "C" fn llm_abi_version() -> u32 {
    LLM_ABI_VERSION
}

/// The version of the library as text, such as "0.1.0". Lives for ever; never NULL.
#[no_mangle]
pub extern "C" fn llm_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The name of an error number, such as "RATE_LIMITED"; "UNKNOWN" for a number without a name.
/// Lives for ever; never NULL.
#[no_mangle]
pub extern "C" fn llm_error_name(error: LlmError) -> *const c_char {
    error::guard_or(c"UNKNOWN", || error::error_name(error)).as_ptr()
}

/// Why this thread's last call that returned an LlmError other than OK failed: the error object as
/// JSON, with kind, number and message, and for llm_invoke all else that is known. A call that
/// succeeds leaves it as it is. Lives until this thread's next such failure, and no longer than the
/// thread; "{}" when there was none; never NULL.
#[no_mangle]
pub extern "C" fn llm_last_error() -> *const c_char {
    error::guard_or(c"{}".as_ptr(), error::last_error)
}

/// Sends one request and calls back for every piece of text, in order, until the response is whole.
/// For operations with a RESULT, such as `rerank`, it calls back with the JSON of each, of which
/// most have one; an `embed` is INVALID_REQUEST, since its vectors are not text: llm_client_start
/// takes it.
///
/// Blocks, on any thread, until the end. The token lives during the callback only. All calls share
/// connections and the retry budget. Returns OK only for a whole response; else the kind of error,
/// and llm_last_error has the rest. Text already handed over stays valid whatever is returned.
///
/// @param provider "openai", "anthropic", "cohere", or any other that the guide lists; "" to take
/// it from the model's prefix ("openai/gpt-4o-mini").
/// @param request_json model, messages, and whatever else the guide lists. Keys come from its
/// api_key or from the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, CO_API_KEY, ...), which is
/// read at the first call and again when it has changed.
/// @param callback takes each piece of text, on the calling thread.
/// @param ctx handed to the callback.
#[no_mangle]
pub unsafe extern "C" fn llm_invoke(
    provider: *const c_char,
    request_json: *const c_char,
    callback: llm_token_callback,
    ctx: *mut c_void,
) -> LlmError {
    error::guard(|| {
        // SAFETY: rule 2: NULL, or NUL-terminated and unchanged during the call.
        let provider = unsafe { arguments::text("provider", provider) }?;
        // SAFETY: as above.
        let request_json = unsafe { arguments::text("request_json", request_json) }?;
        let callback = callback.ok_or_else(|| arguments::null("callback"))?;
        invoke::invoke(provider, request_json, |token| {
            // SAFETY: rule 10: the caller gave a function of this type that takes its ctx and
            // returns; the token lives until it has.
            unsafe { callback(token.as_ptr().cast(), token.len(), ctx) };
        })
    })
}

/// Ends the llm_invoke whose callback calls this, as soon as the callback has returned: it calls
/// back no more, closes the connection at once (over HTTP/2: resets the stream), and returns
/// CANCELLED, even if the rest of the response has arrived already. A second call changes nothing.
/// INVALID_ARGUMENT anywhere else: outside of such a callback, or in another thread.
#[no_mangle]
pub extern "C" fn llm_invoke_stop() -> LlmError {
    error::guard(|| invoke::stop("llm_invoke_stop"))
}

/// The same function under its older name.
#[no_mangle]
pub extern "C" fn llm_invoke_cancel() -> LlmError {
    error::guard(|| invoke::stop("llm_invoke_cancel"))
}

/// Makes a client. Starts the library's threads if this is the process's first; opens no
/// connection. Options are checked here: an unknown or wrong one is CONFIG.
///
/// @param options_json "{}" or any of the options that the guide lists: provider, api_key,
/// base_url, headers, timeouts, retries, limits.
/// @param wake the wake callback, see rule 9; NULL for a caller that blocks in llm_client_poll.
/// @param ctx handed to the wake callback.
/// @param client_out the client, to be freed with llm_client_free; NULL on failure.
#[no_mangle]
pub unsafe extern "C" fn llm_client_new(
    options_json: *const c_char,
    wake: llm_wake_callback,
    ctx: *mut c_void,
    client_out: *mut *mut LlmClient,
) -> LlmError {
    error::guard(|| {
        if client_out.is_null() {
            return Err(arguments::null("client_out"));
        }
        // SAFETY: not NULL, so the caller's place for one pointer.
        unsafe { *client_out = std::ptr::null_mut() };
        // SAFETY: rule 2: NULL, or NUL-terminated and unchanged during the call.
        let options_json = unsafe { arguments::text("options_json", options_json) }?;
        let options = ClientOptions::from_json(options_json)?;
        let process = Process::get_or_start(options.worker_threads)?;
        let core_client = process.core_client(options)?;
        let waker = Waker::new(wake, ctx);
        let client = ClientState::open_with_log(process.runtime(), core_client, waker);
        let handle = process.insert(client);
        // SAFETY: as above.
        unsafe { *client_out = std::ptr::without_provenance_mut(handle) };
        Ok(())
    })
}

/// Starts a stream. Returns at once; all that comes of it arrives through llm_client_poll. Refuses
/// what rules 6 and 7 forbid, as INVALID_ARGUMENT or CLOSED.
///
/// @param client the client.
/// @param stream the number that the caller gives to the stream.
/// @param provider as for llm_invoke; "" also means the client's option.
/// @param request_json as for llm_invoke.
#[no_mangle]
pub unsafe extern "C" fn llm_client_start(
    client: *mut LlmClient,
    stream: u64,
    provider: *const c_char,
    request_json: *const c_char,
) -> LlmError {
    error::guard(|| {
        // SAFETY: rule 2: NULL, or NUL-terminated and unchanged during the call.
        let provider = unsafe { arguments::text("provider", provider) }?;
        // SAFETY: as above.
        let request_json = unsafe { arguments::text("request_json", request_json) }?;
        process::find(client.addr())?.start(stream, provider, request_json)
    })
}

/// Ends a stream early; see rule 8. OK also when the number is unknown or has ended.
#[no_mangle]
pub unsafe extern "C" fn llm_client_cancel(client: *mut LlmClient, stream: u64) -> LlmError {
    error::guard(|| {
        process::find(client.addr())?.cancel(stream);
        Ok(())
    })
}

/// Acknowledges that so many bytes of what a stream delivered were consumed, which opens its window
/// again; see rule 11. OK also when the number is unknown or has ended.
#[no_mangle]
pub unsafe extern "C" fn llm_client_consumed(
    client: *mut LlmClient,
    stream: u64,
    bytes: usize,
) -> LlmError {
    error::guard(|| {
        process::find(client.addr())?.consumed(stream, bytes);
        Ok(())
    })
}

/// Answers a KEY of a stream: the key for its next attempt; see rule 15. Whatever the answer says
/// reaches the stream: one that is no key, bad JSON included, ends it. OK also when the number is
/// unknown or has ended, or the stream does not ask; then the answer is dropped.
///
/// @param client the client.
/// @param stream the number in the event.
/// @param answer_json {"api_key": ".."}; or {"aws_access_key_id": "..", "aws_secret_access_key":
/// "..", "aws_session_token": ".."}, the token if there is one; or {"error": "why"}, which ends the
/// stream with AUTHENTICATION.
#[no_mangle]
pub unsafe extern "C" fn llm_client_answer(
    client: *mut LlmClient,
    stream: u64,
    answer_json: *const c_char,
) -> LlmError {
    error::guard(|| {
        // SAFETY: rule 2: NULL, or NUL-terminated and unchanged during the call.
        let answer_json = unsafe { arguments::text("answer_json", answer_json) }?;
        process::find(client.addr())?.answer(stream, answer_json);
        Ok(())
    })
}

/// Takes everything that all streams of the client have delivered since the last poll, in order,
/// and returns how many events there are. 0 when there was nothing, when the client is closed and
/// drained, when it is not a client, or when another thread polls it. Sets no last error.
///
/// @param client the client.
/// @param timeout_ms 0 returns at once, less than 0 waits until there is something, else at most so
/// many milliseconds.
/// @param events_out the events, which live by rule 3; NULL when there are none.
#[no_mangle]
pub unsafe extern "C" fn llm_client_poll(
    client: *mut LlmClient,
    timeout_ms: i64,
    events_out: *mut *const LlmEvent,
) -> usize {
    error::guard_or(0, || {
        if events_out.is_null() {
            return 0;
        }
        // SAFETY: not NULL, so the caller's place for one pointer.
        unsafe { *events_out = std::ptr::null() };
        let Ok(client) = process::find(client.addr()) else {
            return 0;
        };
        let Some(mut polled) = client.poll(arguments::poll_wait(timeout_ms)) else {
            return 0;
        };
        let events = polled.buffer().c_events();
        // SAFETY: as above.
        unsafe { *events_out = events.as_ptr() };
        events.len()
    })
}

/// Takes no more streams and ends every live one with CLOSED; the ENDs can still be polled. Wakes
/// pollers. Returns at once; a second close is OK.
#[no_mangle]
pub unsafe extern "C" fn llm_client_close(client: *mut LlmClient) -> LlmError {
    error::guard(|| {
        process::find(client.addr())?.close();
        Ok(())
    })
}

/// Closes the client, drops what was not polled, waits until its streams have ended (well under a
/// second), and frees it. NULL, and a client that was already freed, are fine. Not from inside the
/// wake callback.
#[no_mangle]
pub unsafe extern "C" fn llm_client_free(client: *mut LlmClient) {
    error::guard_or((), || {
        if let Some(client) = Process::current().and_then(|live| live.remove(client.addr())) {
            client.free();
        }
    });
}

/// A wake callback that needs no code in the caller's language: writes the eight bytes of the
/// number 1 to a descriptor. The caller reads the descriptor empty, then polls once. On Windows it
/// calls SetEvent; the caller waits for the event, then polls once.
///
/// @param fd the ctx of llm_client_new: the number of an eventfd (Linux), or of the write end of a
/// non-blocking pipe, cast to a pointer; on Windows the HANDLE of an event that resets itself.
#[no_mangle]
pub unsafe extern "C" fn llm_wake_fd(fd: *mut c_void) {
    error::guard_or((), || platform::wake(fd));
}
