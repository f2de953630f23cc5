//! How a caller reaches the task of one stream: a request to stop, the window, and what wakes the
//! task. Owns three numbers and a task's waker, all without a lock, so that any thread may touch
//! them at any time; keeps the answers to its keys. Depends on neither queue nor client.

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use liter_llm_core::ErrorKind;

use crate::key_answers::KeyAnswers;

const RUNS: u8 = 0;
const CANCELLED: u8 = 1;
const CLOSED: u8 = 2;
#[cfg(feature = "test-panic")]
const PANICS: u8 = 3;

/// The caller's end of one stream.
#[derive(Debug)]
pub struct StreamControl {
    stop: AtomicU8,
    /// Bytes delivered and not yet acknowledged.
    outstanding: AtomicUsize,
    window: usize,
    /// Whether the queue has this on its list of those that wait for room.
    waiting: AtomicBool,
    waker: AtomicWaker,
    /// Where the caller's keys arrive.
    pub key_answers: KeyAnswers,
}

impl StreamControl {
    /// A stream that runs, with so many bytes of window. One byte at least: a window of 0 would
    /// never open.
    pub fn new(window: usize) -> Self {
        Self {
            stop: AtomicU8::new(RUNS),
            outstanding: AtomicUsize::new(0),
            window: window.max(1),
            waiting: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            key_answers: KeyAnswers::default(),
        }
    }

    /// The caller cancelled. The first reason to stop counts.
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

    /// Bytes were consumed: wakes the task if that opens the window. More than is out is all.
    pub fn acknowledge(&self, bytes: usize) {
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
    pub fn begin_waiting(&self) -> bool {
        !self.waiting.swap(true, Ordering::AcqRel)
    }

    /// There is room in the queue.
    pub fn end_waiting(&self) {
        self.waiting.store(false, Ordering::Release);
        self.waker.wake();
    }

    /// Polls a future until it is done or the stream is to stop.
    /// Not an `async fn`, which would keep room for the future twice, in every stream.
    pub fn until_stopped<'a, F: Future>(
        &'a self,
        mut future: Pin<&'a mut F>,
    ) -> impl Future<Output = Result<F::Output, ErrorKind>> + 'a {
        poll_fn(move |context| self.poll_until_stopped(context, |it| future.as_mut().poll(it)))
    }

    /// One poll of that.
    pub fn poll_until_stopped<T>(
        &self,
        context: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, ErrorKind>> {
        match self.poll_stop(context) {
            Some(kind) => Poll::Ready(Err(kind)),
            None => poll(context).map(Ok),
        }
    }

    /// Waits until the window is open.
    pub async fn until_window_opens(&self) -> Result<(), ErrorKind> {
        let mut open = poll_fn(
            |_| match self.outstanding.load(Ordering::Acquire) < self.window {
                true => Poll::Ready(()),
                false => Poll::Pending,
            },
        );
        self.until_stopped(Pin::new(&mut open)).await
    }

    /// Why the stream is to stop, if it is. The task is woken when that changes: the task that
    /// looks first and is registered afterwards would sleep through it.
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

    /// Whether the caller has asked it to stop.
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire) != RUNS
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures_util::future::FutureExt;
    use std::future::pending;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Wake, Waker};

    /// Counts how often a task was woken.
    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Wakes that a task which waits now gets while the caller does something.
    fn wakes(control: &StreamControl, act: impl FnOnce()) -> usize {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let _ = control.poll_stop(&Context::from_waker(&waker));
        act();
        wakes.0.load(Ordering::Relaxed)
    }

    fn is_open(control: &StreamControl) -> bool {
        control.until_window_opens().now_or_never().is_some()
    }

    #[test]
    fn a_window_is_shut_at_its_size_and_opens_below_it() {
        let control = StreamControl::new(10);
        control.delivered(9);
        assert!(is_open(&control));
        control.delivered(3);
        assert!(!is_open(&control));
        assert_eq!(
            wakes(&control, || control.acknowledge(2)),
            0,
            "10 are still out"
        );
        assert!(!is_open(&control));
        assert_eq!(wakes(&control, || control.acknowledge(1)), 1);
        assert!(is_open(&control));
        assert_eq!(
            wakes(&control, || control.acknowledge(1)),
            0,
            "it was open already"
        );
    }

    #[test]
    fn more_than_is_out_is_all_and_a_window_has_one_byte_at_least() {
        let control = StreamControl::new(0);
        assert!(is_open(&control));
        control.delivered(1);
        assert!(!is_open(&control));
        assert_eq!(wakes(&control, || control.acknowledge(usize::MAX)), 1);
        control.delivered(1);
        assert!(!is_open(&control), "nothing is acknowledged in advance");
    }

    #[test]
    fn the_first_reason_to_stop_counts_and_wakes() {
        type Act = fn(&StreamControl);
        let (cancel, close): (Act, Act) = (StreamControl::cancel, StreamControl::close);
        for (first, second, expected) in [
            (cancel, close, ErrorKind::Cancelled),
            (close, cancel, ErrorKind::Closed),
        ] {
            let control = StreamControl::new(1);
            assert!(control
                .until_stopped(pin!(pending::<()>()))
                .now_or_never()
                .is_none());
            assert_eq!(wakes(&control, || first(&control)), 1);
            assert_eq!(wakes(&control, || second(&control)), 0);
            let stopped = control.until_stopped(pin!(pending::<()>())).now_or_never();
            assert_eq!(stopped, Some(Err(expected)));
        }
    }

    #[test]
    fn a_stream_waits_for_room_once() {
        let control = StreamControl::new(1);
        assert!(control.begin_waiting());
        assert!(!control.begin_waiting());
        assert_eq!(wakes(&control, || control.end_waiting()), 1);
        assert!(control.begin_waiting());
    }
}
