//! The one queue of a client's events: tasks push behind, the caller polls in front. Owns two
//! buffers that a poll swaps, the bound on what is not yet polled, and the order of push, wake and
//! sleep. Depends neither on requests nor on the meaning of events.
//!
//! Two locks: `back` is held to copy one batch in or to swap, `front` by the one poller. Neither is
//! held while the caller's code runs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

use liter_llm_core::EventBatch;

use crate::buffer::event_json::EventJson;
use crate::buffer::{Added, Buffer};
use crate::owed_wakes::{self, Waits, Wake};
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
    /// there is. With `force` there always is, for a stream that is stopping.
    pub fn push(
        self: &Arc<Self>,
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

    /// Adds one event beside the content. `None`: there is no room; the control is woken once there
    /// is. False: there is no memory for it.
    pub fn push_event(
        self: &Arc<Self>,
        stream: u64,
        event: &EventJson,
        control: &Arc<StreamControl>,
    ) -> Option<bool> {
        let mut back = lock(&self.back);
        if back.discarded {
            return Some(true);
        }
        if back.buffer.weight() >= self.bytes_max {
            if control.begin_waiting() {
                back.waiting.push(Arc::clone(control));
            }
            return None;
        }
        let fits = back.buffer.push_json(stream, event);
        self.publish(back);
        Some(fits)
    }

    /// Adds a stream's END, whatever the bounds are.
    pub fn push_end(self: &Arc<Self>, stream: u64, end: &EventJson) {
        let mut back = lock(&self.back);
        self.open.fetch_sub(1, Ordering::AcqRel);
        if !back.discarded {
            back.buffer.push_json(stream, end);
            self.publish(back);
        }
    }

    /// Adds a line for the caller's log; none where there is no room, since nothing can wait for
    /// it.
    pub fn push_log(self: &Arc<Self>, line: &EventJson) {
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

    #[cfg(test)]
    pub fn has_sleeper(&self) -> bool {
        lock(&self.back).sleeper
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
            // Not for who only looks: each event after that would wake a thread that is none.
            back.sleeper = !matches!(wait, Wait::Now);
            match sleep(&self.changed, back, wait) {
                Some(woken) => back = woken,
                None => return false,
            }
        }
    }

    /// Releases the lock, then has the caller woken, if it waits.
    fn publish(self: &Arc<Self>, mut back: MutexGuard<'_, Back>) {
        if back.buffer.is_empty() {
            return;
        }
        let wake = Wake {
            sleeper: std::mem::take(&mut back.sleeper),
            announced: self.waker.announce(),
        };
        drop(back);
        if (wake.sleeper || wake.announced) && !owed_wakes::owe(self, wake) {
            self.wake_caller(wake);
        }
    }

    fn wake(&self) {
        while let Some(woken) = self.waker.wake() {
            match woken {
                Woken::Unpolled => return,
                Woken::Silenced => {
                    // A thread that waits for silence has checked the waker under this lock.
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

impl Waits for Queue {
    fn wake_caller(&self, wake: Wake) {
        if wake.sleeper {
            self.changed.notify_all();
        }
        if wake.announced {
            self.wake();
        }
    }
}

#[cfg(test)]
mod tests;
