//! Wakes that a worker owes to the callers for whom it has put events into queues. It wakes them
//! when it has nothing else to do, or after a while: so a caller is woken once for all that one
//! turn of the worker brings, and not between any two of its events. Owns when that is; what a wake
//! is, the queue knows.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::queue::{Queue, Wake};

/// The longest that a worker that is busy with streams keeps a caller waiting, but for the one
/// poll it is in.
const OWED_MAX: Duration = Duration::from_micros(250);

thread_local! {
    /// `None` on all threads but the workers, which alone come back to pay: who has slept once,
    /// will sleep again.
    static OWED: RefCell<Option<Owed>> = const { RefCell::new(None) };
}

#[derive(Debug, Default)]
struct Owed {
    wakes: Vec<(Arc<Queue>, Wake)>,
    since: Option<Instant>,
}

/// Has a worker wake the caller of this queue later. False: this thread is no worker, and has to do
/// it now.
pub fn owe(queue: &Arc<Queue>, wake: Wake) -> bool {
    OWED.with_borrow_mut(|owed| {
        let Some(owed) = owed else {
            return false;
        };
        match owed.wakes.iter_mut().find(|(to, _)| Arc::ptr_eq(to, queue)) {
            Some((_, before)) => before.add(wake),
            None => owed.wakes.push((Arc::clone(queue), wake)),
        }
        owed.since.get_or_insert_with(Instant::now);
        true
    })
}

/// For a worker that is about to sleep.
pub fn before_sleep() {
    OWED.with_borrow_mut(|owed| {
        owed.get_or_insert_default();
    });
    pay();
}

/// Wakes all that are owed it.
fn pay() {
    while let Some((queue, wake)) = next() {
        queue.wake_caller(wake);
    }
}

/// For a worker between two tasks: wakes those that have waited long enough.
pub fn pay_if_due() {
    let is_due = OWED.with_borrow(|owed| {
        let since = owed.as_ref().and_then(|owed| owed.since);
        since.is_some_and(|since| since.elapsed() >= OWED_MAX)
    });
    if is_due {
        pay();
    }
}

/// The next to be woken, with nothing borrowed: a wake runs the caller's own code.
fn next() -> Option<(Arc<Queue>, Wake)> {
    OWED.with_borrow_mut(|owed| {
        let owed = owed.as_mut()?;
        let wake = owed.wakes.pop();
        if owed.wakes.is_empty() {
            owed.since = None;
        }
        wake
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::buffer::event_json::EventJson;
    use crate::sync::Wait;
    use crate::tests::time_limit::TimeLimit;
    use crate::waker::Waker;
    use std::ffi::c_void;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;

    unsafe extern "C" fn count(ctx: *mut c_void) {
        // SAFETY: the tests pass a counter that outlives the queue's waker.
        unsafe { &*ctx.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
    }

    fn counted(calls: &AtomicUsize) -> Arc<Queue> {
        let ctx = std::ptr::from_ref(calls).cast_mut().cast();
        Arc::new(Queue::new(Waker::new(Some(count), ctx), usize::MAX))
    }

    fn push(queue: &Arc<Queue>) {
        queue.push_log(&EventJson::log(&"line"));
    }

    /// Runs on a thread that has slept once, as a worker has.
    fn on_worker(run: impl FnOnce() + Send) {
        thread::scope(|scope| {
            scope.spawn(|| {
                before_sleep();
                run();
            });
        });
    }

    #[test]
    fn a_worker_wakes_each_caller_once_for_all_before_it_sleeps() {
        let _limit = TimeLimit::begin();
        let calls = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let queues = calls.each_ref().map(counted);
        let called = || calls.each_ref().map(|calls| calls.load(Ordering::SeqCst));
        on_worker(|| {
            for queue in [&queues[0], &queues[1], &queues[0]] {
                push(queue);
            }
            assert_eq!(called(), [0, 0]);
            before_sleep();
            assert_eq!(called(), [1, 1]);
            before_sleep();
            // Who has polled meanwhile needs no wake for that.
            assert!(queues[0].poll(Wait::Now).is_some());
            push(&queues[0]);
            assert!(queues[0].poll(Wait::Now).is_some());
            before_sleep();
            assert_eq!(called(), [1, 1]);
            push(&queues[0]);
            before_sleep();
            assert_eq!(called(), [2, 1]);
        });
    }

    #[test]
    fn a_worker_that_does_not_sleep_pays_after_a_while() {
        let _limit = TimeLimit::begin();
        let calls = AtomicUsize::new(0);
        let queue = counted(&calls);
        on_worker(|| {
            pay_if_due();
            push(&queue);
            // Bounded by the limit of the test.
            while calls.load(Ordering::SeqCst) == 0 {
                pay_if_due();
            }
        });
    }

    #[test]
    fn other_threads_owe_nothing() {
        let _limit = TimeLimit::begin();
        let calls = AtomicUsize::new(0);
        push(&counted(&calls));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_poller_that_sleeps_is_woken_by_a_worker_that_is_about_to() {
        let _limit = TimeLimit::begin();
        let queue = Arc::new(Queue::new(
            Waker::new(None, std::ptr::null_mut()),
            usize::MAX,
        ));
        let (polled, has_polled) = channel();
        thread::scope(|scope| {
            scope.spawn(|| polled.send(queue.poll(Wait::Forever).is_some()).unwrap());
            on_worker(|| {
                while !queue.has_sleeper() {
                    thread::yield_now();
                }
                push(&queue);
                before_sleep();
            });
            assert!(has_polled.recv().unwrap());
        });
    }
}
