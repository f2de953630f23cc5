//! Order, bounds, pollers that sleep, and wakes that miss nothing.

use super::*;
use crate::tests::time_limit::TimeLimit;
use crate::types::{LLM_EVENT_END, LLM_EVENT_LOG, LLM_EVENT_TEXT};
use liter_llm_core::Receipt;
use std::ffi::c_void;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{channel, Sender};
use std::thread;

fn push(
    queue: &Arc<Queue>,
    stream: u64,
    piece: &str,
    control: &Arc<StreamControl>,
    force: bool,
) -> Option<Added> {
    let mut batch = EventBatch::default();
    batch.push_text(piece);
    queue.push(stream, &batch, &EventJson::default(), control, force)
}

fn silent(bytes_max: usize) -> (Arc<Queue>, Arc<StreamControl>) {
    let waker = Waker::new(None, std::ptr::null_mut());
    (
        Arc::new(Queue::new(waker, bytes_max)),
        Arc::new(StreamControl::new(10)),
    )
}

fn kinds(queue: &Queue, wait: Wait) -> Vec<(u64, u32)> {
    let Some(mut polled) = queue.poll(wait) else {
        return Vec::new();
    };
    polled
        .buffer()
        .events()
        .map(|piece| (piece.stream, piece.kind))
        .collect()
}

#[test]
fn a_poll_takes_all_in_order() {
    let _limit = TimeLimit::begin();
    let (queue, control) = silent(1000);
    queue.expect_end();
    assert!(queue.poll(Wait::Now).is_none());
    queue.push_log(&EventJson::log(&"line"));
    let added = push(&queue, 7, "abc", &control, false).unwrap();
    assert_eq!((added.content, added.ended), (3, false));
    queue.push_end(7, &EventJson::end(&Receipt::default()));
    let expected = [(0, LLM_EVENT_LOG), (7, LLM_EVENT_TEXT), (7, LLM_EVENT_END)];
    assert_eq!(kinds(&queue, Wait::Forever), expected);
    queue.close();
    assert!(queue.poll(Wait::Forever).is_none(), "closed and drained");
}

/// It costs a call of the system per event to wake nobody.
#[test]
fn who_only_looks_is_not_woken() {
    let (queue, _) = silent(1000);
    assert!(queue.poll(Wait::Now).is_none());
    assert!(!lock(&queue.back).sleeper);
}

#[test]
fn a_full_queue_takes_only_what_must_go_in() {
    let _limit = TimeLimit::begin();
    let (queue, control) = silent(1);
    assert!(push(&queue, 1, "a", &control, false).is_some());
    assert!(push(&queue, 1, "b", &control, false).is_none());
    queue.push_log(&EventJson::log(&"dropped"));
    assert!(!control.begin_waiting(), "waits for room");
    assert!(push(&queue, 1, "c", &control, true).is_some());
    assert_eq!(kinds(&queue, Wait::Now), [(1, LLM_EVENT_TEXT)]);
    assert!(control.begin_waiting(), "was woken for room");
    assert!(push(&queue, 1, "b", &control, false).is_some());
}

#[test]
fn a_second_poller_gets_nothing_and_disturbs_nothing() {
    let _limit = TimeLimit::begin();
    let (queue, control) = silent(1000);
    push(&queue, 1, "a", &control, false).unwrap();
    let mut polled = queue.poll(Wait::Now).unwrap();
    push(&queue, 1, "b", &control, false).unwrap();
    assert!(queue.poll(Wait::Forever).is_none());
    assert_eq!(polled.buffer().events().next().unwrap().data, b"a");
}

#[test]
fn a_sleeping_poller_wakes_for_push_close_and_discard() {
    let _limit = TimeLimit::begin();
    let (queue, control) = silent(1000);
    thread::scope(|scope| {
        let poller = scope.spawn(|| kinds(&queue, Wait::Forever));
        push(&queue, 1, "a", &control, false).unwrap();
        assert_eq!(poller.join().unwrap(), [(1, LLM_EVENT_TEXT)]);
        let poller = scope.spawn(|| kinds(&queue, Wait::Forever));
        queue.close();
        assert!(poller.join().unwrap().is_empty());
        queue.expect_end();
        let poller = scope.spawn(|| kinds(&queue, Wait::Forever));
        queue.discard();
        assert!(poller.join().unwrap().is_empty());
    });
    assert!(push(&queue, 1, "late", &control, false).is_some());
    assert!(kinds(&queue, Wait::Now).is_empty());
}

struct Caller {
    unpolled: AtomicBool,
    wakes: Sender<()>,
}

unsafe extern "C" fn on_wake(ctx: *mut c_void) {
    // SAFETY: the test passes a Caller that outlives the queue.
    let caller = unsafe { &*ctx.cast::<Caller>() };
    assert!(
        !caller.unpolled.swap(true, Ordering::SeqCst),
        "woken twice without a poll between"
    );
    let _ = caller.wakes.send(());
}

#[test]
fn a_caller_that_polls_once_per_wake_misses_nothing() {
    let _limit = TimeLimit::begin();
    let (wakes, woken) = channel();
    let caller = Caller {
        unpolled: AtomicBool::new(false),
        wakes,
    };
    let ctx = std::ptr::from_ref(&caller).cast_mut().cast();
    let waker = Waker::new(Some(on_wake), ctx);
    let queue = Arc::new(Queue::new(waker, usize::MAX));
    let (pushers, deltas) = (3_u64, 20_000);
    thread::scope(|scope| {
        for stream in 1..=pushers {
            let queue = &queue;
            let control = Arc::new(StreamControl::new(10));
            scope.spawn(move || {
                for _ in 0..deltas {
                    push(queue, stream, "x", &control, false).unwrap();
                }
            });
        }
        let mut seen = 0;
        while seen < pushers * deltas {
            woken.recv().unwrap();
            caller.unpolled.store(false, Ordering::SeqCst);
            let Some(mut polled) = queue.poll(Wait::Now) else {
                continue;
            };
            seen += polled
                .buffer()
                .events()
                .map(|run| run.ends.len() as u64)
                .sum::<u64>();
        }
    });
}
