//! Panics on purpose, for tests of what follows; only in builds with the feature `test-panic`, and
//! never in the header. Called by tests through C, and asked by `boundary` and `control`.

use std::cell::Cell;

use liter_llm_core::ErrorKind;

use crate::boundary;
use crate::runtime;
use crate::types::{LlmClient, LlmError};

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
}

/// Stream 0: the calling thread's next call of any export panics inside. Else: that stream's task
/// panics as soon as it is woken.
///
/// # Safety
/// None is needed; the handle is only looked up.
#[no_mangle]
pub unsafe extern "C" fn llm_test_panic(client: *mut LlmClient, stream: u64) -> LlmError {
    if stream == 0 {
        ARMED.set(true);
        return 0;
    }
    boundary::guard(|| {
        if let Some(control) = runtime::find(client.addr())?.control(stream) {
            control.panic();
        }
        Ok(())
    })
}

/// Panics if this thread was asked to.
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
