//! Panics on purpose, for tests of what follows; only in builds with the feature `test-panic`.

use std::cell::Cell;

use liter_llm_core::ErrorKind;

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
}

/// Has the calling thread's next call of any export panic inside.
pub fn arm() {
    ARMED.set(true);
}

/// Panics if this thread was set to.
pub fn if_armed() {
    if ARMED.replace(false) {
        now();
    }
}

/// Panics.
#[allow(clippy::panic)]
pub fn now() -> Option<ErrorKind> {
    panic!("a panic of a test, with a secret in its payload")
}
