//! The bell: calls the host's wake function at most once per poll, and never after it was silenced.
//! Owns that protocol as one atomic number; no lock is held while the host's function runs. Rung by
//! `queue`.
//!
//! A ring is first PENDING, and a poll that comes before it is decided takes it back. Whether a
//! poll during RINGING came before or after the host's function was entered cannot be known without
//! having the poll wait for the host's own code; so it counts as an answer, since what comes later
//! would else never be announced. `model` tries every order.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::types::llm_wake_callback;

/// The next event rings.
const ARMED: u8 = 0;
/// Somebody is about to ring.
const PENDING: u8 = 1;
/// The host's function runs, and nobody has polled since it was called.
const RINGING: u8 = 2;
/// The host's function runs, and somebody has polled meanwhile.
const POLLED: u8 = 3;
/// It rang; the next poll arms it.
const RUNG: u8 = 4;
/// Never again.
const SILENT: u8 = 5;
/// Never again, but the host's function still runs.
const SILENT_RINGING: u8 = 6;

thread_local! {
    /// Whether this thread, one of ours, runs the host's wake function.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What a ring found once the host's function had returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// Nobody has polled yet.
    Waiting,
    /// Somebody polled during the ring, so that later events may not have been announced.
    Polled,
    /// The bell was silenced during the ring, and somebody may wait for that.
    Silenced,
}

/// A host's wake function and what it may do next.
#[derive(Debug)]
pub struct Bell {
    wake: llm_wake_callback,
    ctx: *mut c_void,
    state: AtomicU8,
}

// SAFETY: ctx is never looked into; the host promises (rule 9) that wake can be called with it from
// any thread.
unsafe impl Send for Bell {}
// SAFETY: as above; the state is atomic.
unsafe impl Sync for Bell {}

impl Bell {
    /// A bell that is armed; without a wake function it stays silent.
    pub fn new(wake: llm_wake_callback, ctx: *mut c_void) -> Self {
        let state = if wake.is_some() { ARMED } else { SILENT };
        Self {
            wake,
            ctx,
            state: AtomicU8::new(state),
        }
    }

    /// Whether the calling thread is inside a bell.
    pub fn is_inside() -> bool {
        INSIDE.get()
    }

    /// There is something to poll. True: the caller has to `ring`, once it holds no lock.
    pub fn announce(&self) -> bool {
        self.step(|state| (state == ARMED).then_some(PENDING))
            .is_some()
    }

    /// Calls the host, unless a poll made that needless. `None`: nothing was called.
    pub fn ring(&self) -> Option<Rung> {
        let wake = self.wake?;
        self.begin()?;
        let outer = INSIDE.replace(true);
        // SAFETY: the host promised with llm_client_new that wake is a function of this type that
        // can be called with its ctx from any thread until llm_client_free has returned; free
        // waits for SILENT.
        unsafe { wake(self.ctx) };
        INSIDE.set(outer);
        Some(self.end())
    }

    /// Somebody polls: the next event rings again.
    pub fn polled(&self) {
        self.step(|state| match state {
            PENDING | RUNG => Some(ARMED),
            RINGING => Some(POLLED),
            _ => None,
        });
    }

    /// No ring begins from now on. One that has begun may still run.
    pub fn silence(&self) {
        self.step(|state| match state {
            RINGING | POLLED => Some(SILENT_RINGING),
            SILENT_RINGING => None,
            _ => Some(SILENT),
        });
    }

    /// Whether the host's function runs in some thread.
    pub fn is_ringing(&self) -> bool {
        matches!(
            self.state.load(Ordering::Acquire),
            RINGING | POLLED | SILENT_RINGING
        )
    }

    /// The ring is decided: no poll takes it back any more.
    fn begin(&self) -> Option<()> {
        self.step(|state| (state == PENDING).then_some(RINGING))?;
        Some(())
    }

    /// The host's function has returned.
    fn end(&self) -> Rung {
        let before = self.step(|state| match state {
            RINGING => Some(RUNG),
            POLLED => Some(ARMED),
            _ => Some(SILENT),
        });
        match before {
            Some(RINGING) => Rung::Waiting,
            Some(POLLED) => Rung::Polled,
            _ => Rung::Silenced,
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
        // SAFETY: the tests pass a counter that outlives the bell.
        unsafe { &*ctx.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
    }

    fn counted(rings: &AtomicUsize) -> Bell {
        Bell::new(Some(count), std::ptr::from_ref(rings).cast_mut().cast())
    }

    #[test]
    fn rings_once_until_polled() {
        let rings = AtomicUsize::new(0);
        let bell = counted(&rings);
        assert!(bell.announce() && !bell.announce());
        assert_eq!(bell.ring(), Some(Rung::Waiting));
        assert!(!bell.announce());
        bell.polled();
        assert!(bell.announce());
        assert_eq!(bell.ring(), Some(Rung::Waiting));
        assert_eq!(rings.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_poll_takes_a_pending_ring_back() {
        let rings = AtomicUsize::new(0);
        let bell = counted(&rings);
        assert!(bell.announce());
        bell.polled();
        assert_eq!(bell.ring(), None);
        assert!(bell.announce());
        assert_eq!(rings.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn silence_is_final() {
        let rings = AtomicUsize::new(0);
        let bell = counted(&rings);
        assert!(bell.announce());
        bell.silence();
        bell.polled();
        assert_eq!(bell.ring(), None);
        assert!(!bell.announce() && !bell.is_ringing());
        assert!(!Bell::new(None, std::ptr::null_mut()).announce());
    }
}
