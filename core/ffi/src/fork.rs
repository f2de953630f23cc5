//! What a fork leaves behind. Owns one number, the generation: how many forks deep this process is.
//! The child of a fork has none of its parent's threads and all of its parent's locks, some of them
//! held for ever. So nothing is repaired there: the number grows, and whatever carries an older one
//! (handles, the runtime) is never touched again.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::platform;

/// Generations are 1..=GENERATION_MAX and begin again after that.
pub const GENERATION_MAX: usize = (1 << 12) - 1;

static GENERATION: AtomicUsize = AtomicUsize::new(1);
static WATCHED: AtomicBool = AtomicBool::new(false);

/// The generation of this process.
pub fn generation() -> usize {
    GENERATION.load(Ordering::Acquire)
}

/// Has every later fork counted. Two threads that race here count a fork twice, which is harmless;
/// marking it done first would lose a fork that comes in between.
pub fn watch() {
    if !WATCHED.load(Ordering::Acquire) {
        platform::watch_forks(in_child);
        WATCHED.store(true, Ordering::Release);
    }
}

/// Does nothing but store to an atomic, as the child of a threaded process must.
unsafe extern "C" fn in_child() {
    let parent = GENERATION.load(Ordering::Acquire);
    GENERATION.store(parent % GENERATION_MAX + 1, Ordering::Release);
}
