//! Locks that a panic elsewhere does not spoil (the next holder repairs what they guard), and
//! bounded sleep. Owns nothing.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

/// How long to wait for something.
#[derive(Debug, Clone, Copy)]
pub enum Wait {
    /// Not at all.
    Now,
    /// Until then.
    Until(Instant),
    /// Until there is one or there can be none.
    Forever,
}

/// Takes the lock, also when a thread panicked while it held it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the lock unless another thread has it.
pub fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Sleeps until notified; `None` when the time is over.
pub fn sleep<'a, T>(
    changed: &Condvar,
    guard: MutexGuard<'a, T>,
    wait: Wait,
) -> Option<MutexGuard<'a, T>> {
    match wait {
        Wait::Now => None,
        Wait::Forever => Some(changed.wait(guard).unwrap_or_else(PoisonError::into_inner)),
        Wait::Until(then) => {
            let left = then
                .checked_duration_since(Instant::now())
                .filter(|left| !left.is_zero())?;
            let woken = changed
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner);
            Some(woken.0)
        }
    }
}
