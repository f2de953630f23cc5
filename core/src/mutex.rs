//! Locks that a panic of another holder does not poison.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; what a panic left behind is used as it is.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
