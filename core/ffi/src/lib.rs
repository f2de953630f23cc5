//! The C boundary: the exports that `include/liter_llm.h` shows, and nothing else. Each one checks
//! its arguments, guards against panics (`boundary`) and hands over to a module of this crate.
//! Called by C, and by every binding through C.

#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
// What the caller promises stands once for all exports: the contract that opens the header.
#![allow(clippy::missing_safety_doc)]

mod alloc;
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
mod panic_hook;
mod process;
mod queue;
mod stream_control;
mod stream_task;
#[cfg(test)]
mod stress;
mod sync;
#[cfg(feature = "test-panic")]
mod test_panic;
#[cfg(test)]
mod time_limit;
mod types;
mod wake_fd;
mod waker;

use std::ffi::{c_char, c_void};

use liter_llm_core::ClientOptions;

use client::ClientState;
use process::Process;
pub use types::*;
use waker::Bell;

/// The LLM_ABI_VERSION this library was built with: what was built against this or less works. Any
/// thread; never fails.
#[no_mangle]
pub extern "C" fn llm_abi_version() -> u32 {
    LLM_ABI_VERSION
}

/// The version of the library as text, such as "0.1.0". Any thread; lives for ever; never NULL.
#[no_mangle]
pub extern "C" fn llm_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The name of an error number, such as "RATE_LIMITED"; "UNKNOWN" for a number without a name.
/// Any thread; lives for ever; never NULL.
#[no_mangle]
pub extern "C" fn llm_error_name(error: LlmError) -> *const c_char {
    error::guard_or(c"UNKNOWN", || error::error_name(error)).as_ptr()
}

/// What went wrong in this thread's last call that did not answer OK, as JSON: kind, number,
/// message, and for llm_invoke all else that the error of an END carries. Lives until this thread's
/// next such call, and no longer than the thread; "{}" when there was none; never NULL.
#[no_mangle]
pub extern "C" fn llm_last_error() -> *const c_char {
    error::guard_or(c"{}".as_ptr(), error::last_error)
}

/// Sends one request and calls back for every piece of text, in order, until the answer is whole.
///
/// provider: "openai", "anthropic", "cohere", or any other that the guide lists; "" to take it from
/// the model's prefix ("openai/gpt-4o-mini").
/// request_json: model, messages, and whatever else the guide lists; keys come from the request's
/// api_key or from the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, CO_API_KEY, ...), which is
/// read at the first call and again when it has changed. All calls share connections and retries.
///
/// Blocks, on any thread, until the end; calls back on the calling thread. The token lives during
/// the call back only. Returns OK only for a whole answer; else the kind, and llm_last_error() says
/// more. Text already handed over stays valid whatever is returned.
#[no_mangle]
pub unsafe extern "C" fn llm_invoke(
    provider: *const c_char,
    request_json: *const c_char,
    callback: llm_token_callback,
    ctx: *mut c_void,
) -> LlmError {
    error::guard(|| {
        // SAFETY: rule 2: NULL, or NUL-terminated and unchanged during the call.
        let provider = unsafe { error::text("provider", provider) }?;
        // SAFETY: as above.
        let request_json = unsafe { error::text("request_json", request_json) }?;
        let callback = callback.ok_or_else(|| error::null("callback"))?;
        invoke::invoke(provider, request_json, |token| {
            // SAFETY: rule 10: the host gave a function of this type that takes its ctx and
            // returns; the token lives until it has.
            unsafe { callback(token.as_ptr().cast(), token.len(), ctx) };
        })
    })
}

/// Ends the llm_invoke whose callback calls this, as soon as the callback has returned: it calls
/// back no more, closes the connection at once and returns CANCELLED. So a callback that throws can
/// keep the exception until then. Elsewhere: INVALID_ARGUMENT.
#[no_mangle]
pub extern "C" fn llm_invoke_cancel() -> LlmError {
    error::guard(invoke::cancel)
}

/// Makes a client. Starts the library's threads if this is the process's first; opens no
/// connection.
///
/// options_json: "{}" or any of the options that the guide lists: provider, api_key, base_url,
/// headers, timers, retries, limits. Options are checked here: an unknown or wrong one is CONFIG.
/// wake may be NULL for a host that blocks in llm_client_poll; else see rule 9. ctx is handed to
/// it.
///
/// On success *client_out is the client, to be freed with llm_client_free; else it is NULL.
#[no_mangle]
pub unsafe extern "C" fn llm_client_new(
    options_json: *const c_char,
    wake: llm_wake_callback,
    ctx: *mut c_void,
    client_out: *mut *mut LlmClient,
) -> LlmError {
    error::guard(|| {
        if client_out.is_null() {
            return Err(error::null("client_out"));
        }
        // SAFETY: not NULL, so the host's place for one pointer.
        unsafe { *client_out = std::ptr::null_mut() };
        // SAFETY: rule 2: NULL, or NUL-terminated and unchanged during the call.
        let options_json = unsafe { error::text("options_json", options_json) }?;
        let options = ClientOptions::from_json(options_json)?;
        let process = Process::get_or_start(options.worker_threads)?;
        let prepared = process.prepare(options)?;
        let client = ClientState::open_with_log(process, prepared, Bell::new(wake, ctx));
        let handle = process.insert(client);
        // SAFETY: as above.
        unsafe { *client_out = std::ptr::without_provenance_mut(handle) };
        Ok(())
    })
}

/// Starts a stream under a number that the host chose. Returns at once; all that comes of it
/// arrives through llm_client_poll. Any thread.
///
/// provider: as for llm_invoke; "" also means the client's option. See rules 6 and 7 for what is
/// refused here: INVALID_ARGUMENT or CLOSED.
#[no_mangle]
pub unsafe extern "C" fn llm_client_start(
    client: *mut LlmClient,
    stream: u64,
    provider: *const c_char,
    request_json: *const c_char,
) -> LlmError {
    error::guard(|| {
        // SAFETY: rule 2: NULL, or NUL-terminated and unchanged during the call.
        let provider = unsafe { error::text("provider", provider) }?;
        // SAFETY: as above.
        let request_json = unsafe { error::text("request_json", request_json) }?;
        process::find(client.addr())?.start(stream, provider, request_json)
    })
}

/// Ends a stream early; see rule 8. Any thread. OK also when the number is unknown or has ended.
#[no_mangle]
pub unsafe extern "C" fn llm_client_cancel(client: *mut LlmClient, stream: u64) -> LlmError {
    error::guard(|| {
        process::find(client.addr())?.cancel(stream);
        Ok(())
    })
}

/// Says that the host is done with so many bytes of what a stream delivered, which reopens its
/// window; see rule 11. Any thread. OK also when the number is unknown or has ended.
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

/// Takes everything that all streams of the client have delivered since the last poll, in order.
///
/// timeout_ms: 0 returns at once, -1 waits until there is something, else at most so many
/// milliseconds. Returns how many events *events_out points to; 0, and NULL there, when there was
/// nothing, when the client is closed and drained, or when it is no client. One caller at a time
/// per client: a second one gets 0. The events live until the next poll or the free of this client.
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
        // SAFETY: not NULL, so the host's place for one pointer.
        unsafe { *events_out = std::ptr::null() };
        let Ok(client) = process::find(client.addr()) else {
            return 0;
        };
        let Some(mut polled) = client.poll(error::wait(timeout_ms)) else {
            return 0;
        };
        let events = polled.buffer().host_events();
        // SAFETY: as above.
        unsafe { *events_out = events.as_ptr() };
        events.len()
    })
}

/// Takes no more streams and ends every live one with CLOSED; the ENDs can still be polled. Wakes
/// pollers. Returns at once. Any thread; a second close is OK.
#[no_mangle]
pub unsafe extern "C" fn llm_client_close(client: *mut LlmClient) -> LlmError {
    error::guard(|| {
        process::find(client.addr())?.close();
        Ok(())
    })
}

/// Closes the client, drops what was not polled, waits until its streams have let go (well under a
/// second), and frees it. NULL, and a client that was already freed, are fine. Any thread but the
/// bell's.
#[no_mangle]
pub unsafe extern "C" fn llm_client_free(client: *mut LlmClient) {
    error::guard_or((), || {
        if let Some(client) = Process::current().and_then(|live| live.remove(client.addr())) {
            client.free();
        }
    });
}

/// A bell that needs no code in the host's language: pass it as wake, with the number of an eventfd
/// or of the write end of a non-blocking pipe, cast to a pointer, as ctx. It writes the eight bytes
/// of the number 1. The host reads the descriptor empty, then polls once.
#[no_mangle]
pub unsafe extern "C" fn llm_wake_fd(fd: *mut c_void) {
    error::guard_or((), || wake_fd::write_one(fd.addr() as libc::c_int));
}
