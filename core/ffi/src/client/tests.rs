//! What free waits for, and that each call reaches the stream of its number.

use super::*;
use crate::process::Process;
use crate::stream_control::StreamControl;
use crate::sync::lock;
use crate::tests::time_limit::TimeLimit;
use futures_util::future::FutureExt;
use liter_llm_core::{ErrorKind, KeyRequest, KeySource, Receipt};
use std::ffi::c_void;
use std::future::pending;
use std::pin::pin;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Mutex;
use std::thread;

/// As long as a free that waits for nothing would take, and more.
const QUIET: Duration = Duration::from_millis(100);

fn client(waker: Waker) -> Arc<ClientState> {
    let process = Process::get_or_start(None).unwrap();
    ClientState::open(process.runtime(), process.invoke_client().unwrap(), waker)
}

fn without_waker() -> Arc<ClientState> {
    client(Waker::new(None, std::ptr::null_mut()))
}

fn end() -> EventJson {
    EventJson::end(&Receipt::default())
}

/// Frees in another thread; that returns only after `release`.
fn free_waits(client: &Arc<ClientState>, release: impl FnOnce()) {
    let (freed, returned) = channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            client.free();
            freed.send(()).unwrap();
        });
        assert!(returned.recv_timeout(QUIET).is_err(), "free did not wait");
        release();
        returned.recv().unwrap();
    });
}

#[test]
fn free_waits_for_a_task_that_has_not_ended() {
    let _limit = TimeLimit::begin();
    let client = without_waker();
    client.streams.claim(5).unwrap();
    free_waits(&client, || client.streams.task_ended());
}

#[test]
fn free_waits_for_a_poller_that_reads() {
    let _limit = TimeLimit::begin();
    let client = without_waker();
    client.streams.queue().expect_end();
    client.streams.queue().push_end(5, &end());
    let polled = client.poll(Wait::Now).unwrap();
    free_waits(&client, || drop(polled));
}

#[test]
fn cancel_consumed_and_close_reach_the_stream_of_that_number() {
    let _limit = TimeLimit::begin();
    let client = without_waker();
    let invoke_client = Process::current().unwrap().invoke_client().unwrap();
    let window = invoke_client.stream_window_bytes;
    let controls = [5, 6].map(|stream| client.streams.claim(stream).unwrap());
    let stopped = || {
        let stopped = |control: &Arc<StreamControl>| {
            let stopped = control.until_stopped(pin!(pending::<()>())).now_or_never();
            stopped.and_then(Result::err)
        };
        controls.each_ref().map(stopped)
    };
    let is_open = |control: &StreamControl| control.until_window_opens().now_or_never().is_some();
    assert_eq!(stopped(), [None, None]);
    controls
        .iter()
        .for_each(|control| control.delivered(window));
    client.consumed(6, 1);
    assert!(!is_open(&controls[0]) && is_open(&controls[1]));
    client.cancel(5);
    client.cancel(7);
    assert_eq!(stopped(), [Some(ErrorKind::Cancelled), None]);
    client.close();
    let both = [ErrorKind::Cancelled, ErrorKind::Closed];
    assert_eq!(stopped(), both.map(Some));
}

#[test]
fn an_answer_after_the_stream_was_stopped_is_dropped() {
    let _limit = TimeLimit::begin();
    let client = without_waker();
    let asked = [5, 6, 7].map(|stream| {
        let control = client.streams.claim(stream).unwrap();
        let caller = KeyCaller::new(stream, control, Arc::clone(&client.streams));
        let mut key = caller.key(KeyRequest::new("openai", "m"));
        assert!((&mut key).now_or_never().is_none());
        key
    });

    client.answer(5, r#"{"api_key":"one"}"#);
    client.cancel(6);
    client.answer(6, r#"{"api_key":"two"}"#);
    client.close();
    client.answer(7, r#"{"api_key":"three"}"#);

    let answered = asked.map(|key| key.now_or_never().is_some());
    assert_eq!(answered, [true, false, false]);
}

/// A wake callback that reports its call, and then waits to go on.
struct Slow {
    calls: Sender<()>,
    go_on: Mutex<Receiver<()>>,
}

unsafe extern "C" fn wake_slowly(ctx: *mut c_void) {
    // SAFETY: the test passes a Slow that outlives the client.
    let slow = unsafe { &*ctx.cast::<Slow>() };
    slow.calls.send(()).unwrap();
    lock(&slow.go_on).recv().unwrap();
}

#[test]
fn free_waits_for_a_wake_callback_that_runs() {
    let _limit = TimeLimit::begin();
    let ((calls, called), (let_on, go_on)) = (channel(), channel());
    let go_on = Mutex::new(go_on);
    let slow = Slow { calls, go_on };
    let ctx = std::ptr::from_ref(&slow).cast_mut().cast();
    let client = client(Waker::new(Some(wake_slowly), ctx));
    let queue = client.streams.queue();
    queue.expect_end();
    thread::scope(|scope| {
        scope.spawn(|| queue.push_end(5, &end()));
        called.recv().unwrap();
        free_waits(&client, || let_on.send(()).unwrap());
    });
}

#[test]
fn a_number_is_in_use_until_its_end_was_polled() {
    let _limit = TimeLimit::begin();
    let client = without_waker();
    client.streams.claim(5).unwrap();
    client.streams.queue().push_end(5, &end());
    client.streams.task_ended();
    assert!(
        client.streams.claim(5).is_err(),
        "its END waits in the queue"
    );
    drop(client.poll(Wait::Now).unwrap());
    client.streams.claim(5).unwrap();
}
