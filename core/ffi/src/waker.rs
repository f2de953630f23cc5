//! The waker: calls the caller's wake callback at most once per poll, and never after it was
//! silenced. Owns that protocol as one atomic number; no lock is held while the callback runs.
//!
//! A call is first PENDING, and a poll that comes before it is decided takes it back. Whether a
//! poll during CALLING came before or after the callback was entered cannot be known without having
//! the poll wait for the caller's own code; so it counts as the caller's reply to that call,
//! since what comes later would else never be announced. `model` tries every order.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::types::llm_wake_callback;

/// The next event calls.
const ARMED: u8 = 0;
/// A thread is about to call.
const PENDING: u8 = 1;
/// The callback runs, and the caller has not polled since it was called.
const CALLING: u8 = 2;
/// The callback runs, and the caller has polled meanwhile.
const POLLED: u8 = 3;
/// It was called; the next poll arms it.
const CALLED: u8 = 4;
/// Never again.
const SILENT: u8 = 5;
/// Never again, but the callback still runs.
const SILENT_CALLING: u8 = 6;

thread_local! {
    /// Whether this thread, one of ours, runs the wake callback.
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// What `wake` found once the callback had returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The caller has not polled yet.
    Unpolled,
    /// The caller polled during the call, so that later events may not have been announced.
    Polled,
    /// The waker was silenced during the call, and a thread may wait for that.
    Silenced,
}

/// A wake callback and what may be done with it next.
#[derive(Debug)]
pub struct Waker {
    callback: llm_wake_callback,
    ctx: *mut c_void,
    state: AtomicU8,
}

// SAFETY: ctx is never looked into; the caller promises (rule 9) that the callback can be called
// with it from any thread.
unsafe impl Send for Waker {}
// SAFETY: as above; the state is atomic.
unsafe impl Sync for Waker {}

impl Waker {
    /// A waker that is armed; without a callback it stays silent.
    pub fn new(callback: llm_wake_callback, ctx: *mut c_void) -> Self {
        let state = if callback.is_some() { ARMED } else { SILENT };
        Self {
            callback,
            ctx,
            state: AtomicU8::new(state),
        }
    }

    /// Whether the calling thread is inside a wake callback.
    pub fn is_in_callback() -> bool {
        IN_CALLBACK.get()
    }

    /// There is something to poll. True: this thread has to `wake`, once it holds no lock.
    pub fn announce(&self) -> bool {
        self.step(|state| (state == ARMED).then_some(PENDING))
            .is_some()
    }

    /// Calls the callback, unless a poll made that needless. `None`: nothing was called.
    pub fn wake(&self) -> Option<Woken> {
        let callback = self.callback?;
        self.begin()?;
        let outer = IN_CALLBACK.replace(true);
        // SAFETY: the caller promised with llm_client_new that this is a function of this type that
        // can be called with its ctx from any thread until llm_client_free has returned; free
        // waits for SILENT.
        unsafe { callback(self.ctx) };
        IN_CALLBACK.set(outer);
        Some(self.end())
    }

    /// The caller polls: the next event calls again.
    pub fn polled(&self) {
        self.step(|state| match state {
            PENDING | CALLED => Some(ARMED),
            CALLING => Some(POLLED),
            _ => None,
        });
    }

    /// No call begins from now on. One that has begun may still run.
    pub fn silence(&self) {
        self.step(|state| match state {
            CALLING | POLLED => Some(SILENT_CALLING),
            SILENT_CALLING => None,
            _ => Some(SILENT),
        });
    }

    /// Whether the callback runs in some thread.
    pub fn is_calling(&self) -> bool {
        matches!(
            self.state.load(Ordering::Acquire),
            CALLING | POLLED | SILENT_CALLING
        )
    }

    /// The call is decided: no poll takes it back any more.
    fn begin(&self) -> Option<()> {
        self.step(|state| (state == PENDING).then_some(CALLING))?;
        Some(())
    }

    /// The callback has returned.
    fn end(&self) -> Woken {
        let before = self.step(|state| match state {
            CALLING => Some(CALLED),
            POLLED => Some(ARMED),
            _ => Some(SILENT),
        });
        match before {
            Some(CALLING) => Woken::Unpolled,
            Some(POLLED) => Woken::Polled,
            _ => Woken::Silenced,
        }
    }

    /// Moves to another state; gives the one before, or `None` where there is no such step.
    fn step(&self, next: impl FnMut(u8) -> Option<u8>) -> Option<u8> {
        self.state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next)
            .ok()
    }
}

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    unsafe extern "C" fn count(ctx: *mut c_void) {
        // SAFETY: the tests pass a counter that outlives the waker.
        unsafe { &*ctx.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
    }

    fn counted(calls: &AtomicUsize) -> Waker {
        Waker::new(Some(count), std::ptr::from_ref(calls).cast_mut().cast())
    }

    #[test]
    fn calls_once_until_polled() {
        let calls = AtomicUsize::new(0);
        let waker = counted(&calls);
        assert!(waker.announce() && !waker.announce());
        assert_eq!(waker.wake(), Some(Woken::Unpolled));
        assert!(!waker.announce());
        waker.polled();
        assert!(waker.announce());
        assert_eq!(waker.wake(), Some(Woken::Unpolled));
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_poll_takes_a_pending_call_back() {
        let calls = AtomicUsize::new(0);
        let waker = counted(&calls);
        assert!(waker.announce());
        waker.polled();
        assert_eq!(waker.wake(), None);
        assert!(waker.announce());
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn silence_is_final() {
        let calls = AtomicUsize::new(0);
        let waker = counted(&calls);
        assert!(waker.announce());
        waker.silence();
        waker.polled();
        assert_eq!(waker.wake(), None);
        assert!(!waker.announce() && !waker.is_calling());
        assert!(!Waker::new(None, std::ptr::null_mut()).announce());
    }
}
