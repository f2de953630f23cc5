//! The one queue of a client's events: tasks push behind, the caller polls in front. Owns two
//! buffers that a poll swaps, the bound on what is not yet polled, and the order of push, wake and
//! sleep. Knows nothing of requests or of what events mean.
//!
//! Two locks: `back` is held to copy one batch in or to swap, `front` by the one poller. Neither is
//! held while the caller's code runs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

use liter_llm_core::EventBatch;

use crate::buffer::event_json::EventJson;
use crate::buffer::{Added, Buffer};
use crate::stream_control::StreamControl;
use crate::sync::{lock, sleep, try_lock, Wait};
use crate::waker::{Waker, Woken};

/// The events of many streams on their way to one caller.
#[derive(Debug)]
pub struct Queue {
    front: Mutex<Front>,
    back: Mutex<Back>,
    changed: Condvar,
    waker: Waker,
    bytes_max: usize,
    /// Streams whose END was not pushed yet.
    open: AtomicUsize,
}

#[derive(Debug, Default)]
struct Front {
    buffer: Buffer,
    woken: Vec<Arc<StreamControl>>,
}

#[derive(Debug, Default)]
struct Back {
    buffer: Buffer,
    /// Streams that hold a batch until there is room.
    waiting: Vec<Arc<StreamControl>>,
    /// A poller sleeps on `changed`.
    sleeper: bool,
    closed: bool,
    discarded: bool,
}

/// What one poll took. The events stay in place when this is dropped, until the next poll.
#[derive(Debug)]
pub struct Polled<'a>(MutexGuard<'a, Front>);

impl Polled<'_> {
    /// The events.
    pub fn buffer(&mut self) -> &mut Buffer {
        &mut self.0.buffer
    }
}

impl Queue {
    /// An empty queue that holds about so many bytes.
    pub fn new(waker: Waker, bytes_max: usize) -> Self {
        Self {
            front: Mutex::default(),
            back: Mutex::default(),
            changed: Condvar::new(),
            waker,
            bytes_max: bytes_max.max(1),
            open: AtomicUsize::new(0),
        }
    }

    /// A stream was accepted: one END will be pushed.
    pub fn expect_end(&self) {
        self.open.fetch_add(1, Ordering::AcqRel);
    }

    /// Adds what one read of one socket gave. `None`: there is no room; the control is woken once
    /// there is. With `force` there always is, for a stream that was told to stop.
    pub fn push(
        &self,
        stream: u64,
        batch: &EventBatch,
        json: &EventJson,
        control: &Arc<StreamControl>,
        force: bool,
    ) -> Option<Added> {
        let mut back = lock(&self.back);
        if back.discarded {
            return Some(Added {
                ended: json.ends(),
                ..Added::default()
            });
        }
        if !force && back.buffer.weight() >= self.bytes_max {
            if control.begin_waiting() {
                back.waiting.push(Arc::clone(control));
            }
            return None;
        }
        let added = back.buffer.push_batch(stream, batch, json);
        control.delivered(added.content);
        if added.ended {
            self.open.fetch_sub(1, Ordering::AcqRel);
        }
        self.publish(back);
        Some(added)
    }

    /// Adds a stream's END, whatever the bounds say.
    pub fn push_end(&self, stream: u64, end: &EventJson) {
        let mut back = lock(&self.back);
        self.open.fetch_sub(1, Ordering::AcqRel);
        if !back.discarded {
            back.buffer.push_json(stream, end);
            self.publish(back);
        }
    }

    /// Adds a line for the caller's log; none where there is no room, since nothing can wait for
    /// it.
    pub fn push_log(&self, line: &EventJson) {
        let mut back = lock(&self.back);
        if !back.discarded && back.buffer.weight() < self.bytes_max {
            back.buffer.push_json(0, line);
            self.publish(back);
        }
    }

    /// Takes all there is. `None`: nothing came in time, nothing can come, or another thread polls.
    pub fn poll(&self, wait: Wait) -> Option<Polled<'_>> {
        let mut guard = try_lock(&self.front)?;
        let front = &mut *guard;
        front.buffer.clear();
        if !self.take(front, wait) {
            return None;
        }
        front
            .woken
            .drain(..)
            .for_each(|control| control.end_waiting());
        Some(Polled(guard))
    }

    /// No stream will be accepted any more; a sleeping poller finds out when the last has ended.
    pub fn close(&self) {
        lock(&self.back).closed = true;
        self.changed.notify_all();
    }

    /// Drops what was not polled and all that comes later. No wake callback begins from now on.
    pub fn discard(&self) {
        self.waker.silence();
        let waiting = {
            let mut back = lock(&self.back);
            back.discarded = true;
            back.buffer = Buffer::default();
            std::mem::take(&mut back.waiting)
        };
        self.changed.notify_all();
        waiting.iter().for_each(|control| control.end_waiting());
    }

    /// Waits until the poller has left and the wake callback has returned; after `discard`.
    pub fn wait_until_unused(&self, limit: Instant) {
        drop(lock(&self.front));
        let mut back = lock(&self.back);
        while self.waker.is_calling() {
            match sleep(&self.changed, back, Wait::Until(limit)) {
                Some(woken) => back = woken,
                None => return,
            }
        }
    }

    fn take(&self, front: &mut Front, wait: Wait) -> bool {
        let mut back = lock(&self.back);
        loop {
            self.waker.polled();
            if back.discarded {
                return false;
            }
            if !back.buffer.is_empty() {
                std::mem::swap(&mut back.buffer, &mut front.buffer);
                std::mem::swap(&mut back.waiting, &mut front.woken);
                return true;
            }
            if back.closed && self.open.load(Ordering::Acquire) == 0 {
                return false;
            }
            back.sleeper = true;
            match sleep(&self.changed, back, wait) {
                Some(woken) => back = woken,
                None => return false,
            }
        }
    }

    /// Lets go of the lock, then tells the caller.
    fn publish(&self, mut back: MutexGuard<'_, Back>) {
        if back.buffer.is_empty() {
            return;
        }
        let sleeper = std::mem::take(&mut back.sleeper);
        let announced = self.waker.announce();
        drop(back);
        if sleeper {
            self.changed.notify_all();
        }
        if announced {
            self.wake();
        }
    }

    fn wake(&self) {
        while let Some(woken) = self.waker.wake() {
            match woken {
                Woken::Unanswered => return,
                Woken::Silenced => {
                    // Whoever waits for silence has looked at the waker under this lock.
                    drop(lock(&self.back));
                    return self.changed.notify_all();
                }
                Woken::Polled => {
                    let back = lock(&self.back);
                    if back.buffer.is_empty() || !self.waker.announce() {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::time_limit::TimeLimit;
    use crate::types::{LLM_EVENT_END, LLM_EVENT_LOG, LLM_EVENT_TEXT};
    use liter_llm_core::Receipt;
    use std::ffi::c_void;
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc::{channel, Sender};
    use std::thread;

    fn push(
        queue: &Queue,
        stream: u64,
        piece: &str,
        control: &Arc<StreamControl>,
        force: bool,
    ) -> Option<Added> {
        let mut batch = EventBatch::default();
        batch.push_text(piece);
        queue.push(stream, &batch, &EventJson::default(), control, force)
    }

    fn silent(bytes_max: usize) -> (Queue, Arc<StreamControl>) {
        let waker = Waker::new(None, std::ptr::null_mut());
        (
            Queue::new(waker, bytes_max),
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
        assert!(control.begin_waiting(), "was told of room");
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
        unanswered: AtomicBool,
        wakes: Sender<()>,
    }

    unsafe extern "C" fn on_wake(ctx: *mut c_void) {
        // SAFETY: the test passes a Caller that outlives the queue.
        let caller = unsafe { &*ctx.cast::<Caller>() };
        assert!(
            !caller.unanswered.swap(true, Ordering::SeqCst),
            "woken twice without a poll between"
        );
        let _ = caller.wakes.send(());
    }

    #[test]
    fn a_caller_that_polls_once_per_wake_misses_nothing() {
        let _limit = TimeLimit::begin();
        let (wakes, woken) = channel();
        let caller = Caller {
            unanswered: AtomicBool::new(false),
            wakes,
        };
        let ctx = std::ptr::from_ref(&caller).cast_mut().cast();
        let waker = Waker::new(Some(on_wake), ctx);
        let queue = Queue::new(waker, usize::MAX);
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
                caller.unanswered.store(false, Ordering::SeqCst);
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
}
