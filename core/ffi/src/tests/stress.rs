//! Threads that start, cancel, acknowledge, poll, close and free all at once, through the exports
//! and against a server on loopback: every accepted start ends exactly once, and the waker keeps
//! its rules. Tests only.

use std::collections::HashMap;
use std::ffi::{c_void, CString};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;

use crate::tests::time_limit::TimeLimit;
use crate::*;

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const DELTA: &str = r#"{"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"hello"}}]}"#;
const FINISH: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

/// Responds to requests; every third one only in part, and then it hangs until the peer closes.
pub fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (count, connection) in listener.incoming().flatten().enumerate() {
            // A peer that has cancelled is not a failure of this server.
            thread::spawn(move || respond(connection, count % 3 == 0).unwrap_or_default());
        }
    });
    format!("http://{address}/v1")
}

fn respond(mut connection: TcpStream, hangs: bool) -> std::io::Result<()> {
    read_request(&mut connection)?;
    write!(connection, "{HEAD}data: {DELTA}\n\ndata: {DELTA}\n\n")?;
    match hangs {
        true => connection.read(&mut [0]).map(drop),
        false => write!(connection, "data: {FINISH}\n\ndata: [DONE]\n\n"),
    }
}

fn read_request(connection: &mut TcpStream) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = connection.read(&mut buffer)?;
        bytes.extend_from_slice(&buffer[..length]);
        if length == 0 || bytes.ends_with(b"}") {
            return Ok(());
        }
    }
}

/// The caller's state of one client.
#[derive(Default)]
pub struct Caller {
    freed: AtomicBool,
    polls: AtomicUsize,
    wakes: AtomicUsize,
    faults: AtomicUsize,
    accepted: AtomicU64,
}

unsafe extern "C" fn on_wake(ctx: *mut c_void) {
    // SAFETY: the test passes a Caller that it never drops.
    let caller = unsafe { &*ctx.cast::<Caller>() };
    let wakes = caller.wakes.fetch_add(1, Ordering::SeqCst) + 1;
    let needless = wakes > caller.polls.load(Ordering::SeqCst) + 1;
    if needless || caller.freed.load(Ordering::SeqCst) {
        caller.faults.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Clone, Copy)]
pub struct Handle(pub *mut LlmClient);
// SAFETY: a handle is a number; every export takes it from any thread.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

pub fn open(base_url: &str, caller: &Arc<Caller>) -> Handle {
    let options = serde_json::json!({
        "provider": "openai", "api_key": "k", "base_url": base_url, "proxy": false,
        "stream_window_bytes": 64, "queue_bytes_max": 4096, "retries_max": 0,
    });
    let options = CString::new(options.to_string()).unwrap();
    let mut client = std::ptr::null_mut();
    let ctx = Arc::into_raw(Arc::clone(caller)).cast_mut().cast();
    // SAFETY: a text with its NUL, a function with its ctx, a place for one pointer.
    let error = unsafe { llm_client_new(options.as_ptr(), Some(on_wake), ctx, &mut client) };
    assert_eq!(error, LLM_ERROR_OK);
    Handle(client)
}

pub fn start(client: Handle, stream: u64) -> LlmError {
    let request = cr#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    // SAFETY: literals with their NUL.
    unsafe { llm_client_start(client.0, stream, c"".as_ptr(), request.as_ptr()) }
}

/// Polls until a stream ends; gives how.
#[cfg(feature = "test-panic")]
pub fn poll_until_end(client: Handle, stream: u64) -> LlmError {
    loop {
        let mut events = std::ptr::null();
        // SAFETY: a place for one pointer.
        let count = unsafe { llm_client_poll(client.0, -1, &mut events) };
        assert_ne!(count, 0, "the stream has no end");
        // SAFETY: poll gave so many events, which live until the next poll, in this thread.
        let events = unsafe { std::slice::from_raw_parts(events, count) };
        let is_end = |event: &&LlmEvent| event.stream == stream && event.kind == LLM_EVENT_END;
        if let Some(end) = events.iter().find(is_end) {
            return end.error;
        }
    }
}

/// Polls until the client is closed and drained; gives how often each stream ended.
fn drain(client: Handle, caller: &Caller) -> HashMap<u64, usize> {
    let mut ends = HashMap::new();
    loop {
        caller.polls.fetch_add(1, Ordering::SeqCst);
        let mut events = std::ptr::null();
        // SAFETY: a place for one pointer.
        let count = unsafe { llm_client_poll(client.0, -1, &mut events) };
        if count == 0 {
            return ends;
        }
        // SAFETY: poll gave so many events, which live until the next poll, in this thread.
        for event in unsafe { std::slice::from_raw_parts(events, count) } {
            assert!(!ends.contains_key(&event.stream), "an event after END");
            if event.kind == LLM_EVENT_END {
                ends.insert(event.stream, 1);
            }
            // SAFETY: see Handle.
            unsafe { llm_client_consumed(client.0, event.stream, event.length) };
        }
    }
}

/// One client's life: two threads start and cancel, one polls, one closes in the middle of it.
fn live(base_url: &str, streams: u64, close_after: u64) {
    let caller = Arc::new(Caller::default());
    let client = open(base_url, &caller);
    let ends = thread::scope(|scope| {
        for half in 0..2 {
            let caller = &caller;
            scope.spawn(move || {
                for stream in (1 + half..=streams).step_by(2) {
                    match start(client, stream) {
                        LLM_ERROR_OK => caller.accepted.fetch_add(1, Ordering::SeqCst),
                        error => return assert_eq!(error, LLM_ERROR_CLOSED),
                    };
                    if stream > 3 {
                        // SAFETY: see Handle.
                        unsafe { llm_client_cancel(client.0, stream - stream % 4) };
                    }
                }
            });
        }
        let poller = scope.spawn(|| drain(client, &caller));
        while close_after > 0 && caller.accepted.load(Ordering::SeqCst) < close_after {
            thread::yield_now();
        }
        // SAFETY: see Handle.
        assert_eq!(unsafe { llm_client_close(client.0) }, LLM_ERROR_OK);
        poller.join().unwrap()
    });
    assert_eq!(ends.len() as u64, caller.accepted.load(Ordering::SeqCst));
    // SAFETY: see Handle.
    unsafe { llm_client_free(client.0) };
    caller.freed.store(true, Ordering::SeqCst);
    assert_eq!(caller.faults.load(Ordering::SeqCst), 0);
}

#[test]
fn close_ends_all_and_each_once() {
    let _limit = TimeLimit::begin();
    let base_url = serve();
    for close_after in [0, 1, 20, 60] {
        for _ in 0..10 {
            live(&base_url, 80, close_after);
        }
    }
}

#[test]
fn free_waits_for_everything_and_silences_the_waker() {
    let _limit = TimeLimit::begin();
    let base_url = serve();
    for round in 0..40 {
        let caller = Arc::new(Caller::default());
        let client = open(&base_url, &caller);
        thread::scope(|scope| {
            scope.spawn(|| (1..=round).for_each(|stream| _ = start(client, stream)));
            scope.spawn(|| drain(client, &caller));
            // SAFETY: see Handle.
            unsafe { llm_client_free(client.0) };
            caller.freed.store(true, Ordering::SeqCst);
            // SAFETY: see Handle; a second free is a no-op.
            unsafe { llm_client_free(client.0) };
        });
        assert_eq!(caller.faults.load(Ordering::SeqCst), 0);
        assert_eq!(start(client, 1), LLM_ERROR_INVALID_ARGUMENT);
    }
}
