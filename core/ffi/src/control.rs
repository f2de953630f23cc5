//! How a host reaches the task of one stream: a stop signal, the window, and what wakes the task.
//! Owns three numbers and a waker, all without a lock, so any thread may touch them at any time.
//! Knows neither queue nor client. Written by `client` and `queue`, waited on by `drive`.

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use liter_llm_core::ErrorKind;

const RUNS: u8 = 0;
const CANCELLED: u8 = 1;
const CLOSED: u8 = 2;
#[cfg(feature = "test-panic")]
const PANICS: u8 = 3;

/// The host's end of one stream.
#[derive(Debug)]
pub struct Control {
    stop: AtomicU8,
    /// Bytes delivered and not yet given back.
    outstanding: AtomicUsize,
    window: usize,
    /// Whether the queue has this on its list of those that wait for room.
    listed: AtomicBool,
    waker: AtomicWaker,
}

impl Control {
    /// A stream that runs, with so many bytes of window. One byte at least: a window of 0 would
    /// never open.
    pub fn new(window: usize) -> Self {
        Self {
            stop: AtomicU8::new(RUNS),
            outstanding: AtomicUsize::new(0),
            window: window.max(1),
            listed: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    /// The host cancelled. The first reason to stop counts.
    pub fn cancel(&self) {
        self.stop_with(CANCELLED);
    }

    /// The client is closed.
    pub fn close(&self) {
        self.stop_with(CLOSED);
    }

    /// Makes the task panic, for tests of what follows.
    #[cfg(feature = "test-panic")]
    pub fn panic(&self) {
        self.stop_with(PANICS);
    }

    /// Counts bytes that were put in the queue; before a poller can see them.
    pub fn delivered(&self, bytes: usize) {
        self.outstanding.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Takes bytes back, and wakes the task if that opens the window. More than is out is all.
    pub fn consumed(&self, bytes: usize) {
        let take = |outstanding: usize| Some(outstanding.saturating_sub(bytes));
        let before = self
            .outstanding
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take);
        let before = before.unwrap_or_else(|same| same);
        if before >= self.window && before.saturating_sub(bytes) < self.window {
            self.waker.wake();
        }
    }

    /// Marks this as waiting for room in the queue; false when it was marked already.
    pub fn list(&self) -> bool {
        !self.listed.swap(true, Ordering::AcqRel)
    }

    /// There is room in the queue.
    pub fn unlist(&self) {
        self.listed.store(false, Ordering::Release);
        self.waker.wake();
    }

    /// Drives a future until it is done or the stream is to stop.
    pub async fn or_stop<F: Future>(&self, future: F) -> Result<F::Output, ErrorKind> {
        let mut future = pin!(future);
        let poll = |context: &mut Context<'_>| match self.poll_stop(context) {
            Some(kind) => Poll::Ready(Err(kind)),
            None => future.as_mut().poll(context).map(Ok),
        };
        poll_fn(poll).await
    }

    /// Waits until the window is open.
    pub async fn window_open(&self) -> Result<(), ErrorKind> {
        let open = poll_fn(
            |_| match self.outstanding.load(Ordering::Acquire) < self.window {
                true => Poll::Ready(()),
                false => Poll::Pending,
            },
        );
        self.or_stop(open).await
    }

    /// Why the stream is to stop, if it is. The task is woken when that changes: whoever looks
    /// first and is registered afterwards would sleep through it.
    pub fn poll_stop(&self, context: &Context<'_>) -> Option<ErrorKind> {
        self.waker.register(context.waker());
        match self.stop.load(Ordering::Acquire) {
            CANCELLED => Some(ErrorKind::Cancelled),
            CLOSED => Some(ErrorKind::Closed),
            #[cfg(feature = "test-panic")]
            PANICS => crate::test_panic::now(),
            _ => None,
        }
    }

    fn stop_with(&self, reason: u8) {
        let first = self
            .stop
            .compare_exchange(RUNS, reason, Ordering::AcqRel, Ordering::Acquire);
        if first.is_ok() {
            self.waker.wake();
        }
    }
}
