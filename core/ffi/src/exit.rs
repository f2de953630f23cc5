//! Whether the process is coming to its end: `exit` has run the application's handlers, or the
//! calling thread has lost its thread-local storage, tokio's among it. Then nothing new begins and
//! nothing is waited for. Owns one flag.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;

use crate::error::{closed, Failure};

static WATCHED: AtomicBool = AtomicBool::new(false);
static ENDING: AtomicBool = AtomicBool::new(false);

/// Has the end of the process noticed. Handlers run in the reverse of the order in which they were
/// registered: those that the application registered earlier find the flag set.
pub fn watch() {
    if !WATCHED.swap(true, Ordering::AcqRel) {
        // SAFETY: at_exit is a function of this library, which is never unloaded (stay_loaded), and
        // does nothing but store to an atomic. Where there is no room for it the flag stays unset.
        unsafe { libc::atexit(at_exit) };
    }
}

/// Whether the process, or the calling thread, is ending. A thread runs its destructors before the
/// handlers of `exit` and the destructors of static objects.
pub fn has_begun() -> bool {
    let thread_is_ending =
        || Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed());
    ENDING.load(Ordering::Acquire) || thread_is_ending()
}

/// Refuses what would begin something then.
pub fn check() -> Result<(), Failure> {
    match has_begun() {
        false => Ok(()),
        true => Err(closed("the process is ending")),
    }
}

extern "C" fn at_exit() {
    ENDING.store(true, Ordering::Release);
}
