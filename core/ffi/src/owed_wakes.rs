//! Wakes that a worker owes to the callers for whom it has put events into queues. It wakes them
//! when it has nothing else to do, or after a while: so a caller is woken once for all that one
//! turn of the worker brings, and not between any two of its events. Owns when that is, and not how
//! a caller is woken.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest that a worker that is busy with streams keeps a caller waiting, but for the one
/// poll it is in.
const OWED_MAX: Duration = Duration::from_micros(250);

/// In which ways a caller waits, of those that its next wake has to serve.
#[derive(Debug, Clone, Copy)]
pub struct Wake {
    /// It sleeps in a poll.
    pub sleeper: bool,
    /// Its wake callback is to be called.
    pub announced: bool,
}

/// Whoever can be woken.
pub trait Waits: Debug + Send + Sync {
    /// Wakes the caller; nothing is held meanwhile.
    fn wake_caller(&self, wake: Wake);
}

thread_local! {
    /// `None` on all threads but the workers, which alone come back to pay: who has slept once,
    /// will sleep again.
    static OWED: RefCell<Option<Owed>> = const { RefCell::new(None) };
}

#[derive(Debug, Default)]
struct Owed {
    wakes: Vec<(Arc<dyn Waits>, Wake)>,
    since: Option<Instant>,
}

/// Has a worker wake a caller later. False: this thread is no worker, and has to do it now.
pub fn owe(waits: &Arc<impl Waits + 'static>, wake: Wake) -> bool {
    OWED.with_borrow_mut(|owed| {
        let Some(owed) = owed else {
            return false;
        };
        let address = Arc::as_ptr(waits).cast::<()>();
        let is_same = |to: &Arc<dyn Waits>| std::ptr::eq(Arc::as_ptr(to).cast(), address);
        match owed.wakes.iter_mut().find(|(to, _)| is_same(to)) {
            Some((_, before)) => {
                before.sleeper |= wake.sleeper;
                before.announced |= wake.announced;
            }
            None => owed.wakes.push((Arc::clone(waits) as Arc<dyn Waits>, wake)),
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
    while let Some((waits, wake)) = next() {
        waits.wake_caller(wake);
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
fn next() -> Option<(Arc<dyn Waits>, Wake)> {
    OWED.with_borrow_mut(|owed| {
        let owed = owed.as_mut()?;
        let wake = owed.wakes.pop();
        if owed.wakes.is_empty() {
            owed.since = None;
        }
        wake
    })
}
