//! Failures on their way to the caller: the number that an export returns, and the JSON that
//! llm_last_error gives to the same thread. Keeps panics inside the library. Owns each thread's
//! last error; checks no argument.

use std::cell::RefCell;
use std::ffi::{c_char, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};

use liter_llm_core::{ErrorKind, LlmError};

use crate::types;

/// What a panic is reported as; its own text may hold data of a user.
const PANIC_MESSAGE: &str = "internal error, a bug in liter_llm; stderr names the place";
/// What llm_last_error gives in a thread that is ending, whose own memory is gone.
const THREAD_IS_ENDING: &CStr =
    cr#"{"kind":"CLOSED","number":18,"message":"the process is ending"}"#;

thread_local! {
    /// Freed when the thread ends.
    static LAST_ERROR: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// Why an export does not return OK: the number, and the error object that END carries too.
#[derive(Debug)]
pub struct Failure {
    /// LLM_ERROR_*.
    pub number: types::LlmError,
    /// What llm_last_error gives.
    pub json: String,
}

impl From<LlmError> for Failure {
    fn from(error: LlmError) -> Self {
        let json = serde_json::to_string(&error).unwrap_or_default();
        Self {
            number: error.kind.number(),
            json,
        }
    }
}

/// The caller misuses the header.
pub fn invalid_argument(message: impl Into<String>) -> Failure {
    LlmError::new(ErrorKind::InvalidArgument, message).into()
}

/// The client, or the process, takes nothing more.
pub fn closed(message: impl Into<String>) -> Failure {
    LlmError::new(ErrorKind::Closed, message).into()
}

/// What cannot happen has happened.
pub fn internal_error(what: &str) -> Failure {
    let message = format!("internal error, a bug in liter_llm: {what}");
    LlmError::new(ErrorKind::Internal, message).into()
}

/// Runs an export's body. A failure becomes its number and this thread's last error; a panic
/// becomes INTERNAL.
pub fn guard(body: impl FnOnce() -> Result<(), Failure>) -> types::LlmError {
    let failure = match caught(body) {
        Some(Ok(())) => return types::LLM_ERROR_OK,
        Some(Err(failure)) => failure,
        None => LlmError::new(ErrorKind::Internal, PANIC_MESSAGE).into(),
    };
    let number = failure.number;
    // Only JSON comes here, which has no NUL in it.
    let json = CString::new(failure.json).unwrap_or_default();
    // A thread that is ending has no memory of its own any more; see `last_error`.
    let _ = LAST_ERROR.try_with(|last| last.replace(Some(json)));
    number
}

/// Runs the body of an export that returns no error.
pub fn guard_or<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    caught(body).unwrap_or(fallback)
}

/// This thread's last error as JSON, `{}` when there was none.
pub fn last_error() -> *const c_char {
    let last = LAST_ERROR.try_with(|last| last.borrow().as_ref().map(|json| json.as_ptr()));
    match last {
        Ok(last) => last.unwrap_or(c"{}".as_ptr()),
        Err(_) => THREAD_IS_ENDING.as_ptr(),
    }
}

/// The name of an error number.
pub fn error_name(error: types::LlmError) -> &'static CStr {
    match error {
        types::LLM_ERROR_OK => c"OK",
        types::LLM_ERROR_INVALID_ARGUMENT => c"INVALID_ARGUMENT",
        types::LLM_ERROR_CONFIG => c"CONFIG",
        types::LLM_ERROR_INVALID_REQUEST => c"INVALID_REQUEST",
        types::LLM_ERROR_AUTHENTICATION => c"AUTHENTICATION",
        types::LLM_ERROR_PERMISSION => c"PERMISSION",
        types::LLM_ERROR_NOT_FOUND => c"NOT_FOUND",
        types::LLM_ERROR_RATE_LIMITED => c"RATE_LIMITED",
        types::LLM_ERROR_QUOTA_EXCEEDED => c"QUOTA_EXCEEDED",
        types::LLM_ERROR_OVERLOADED => c"OVERLOADED",
        types::LLM_ERROR_PROVIDER => c"PROVIDER",
        types::LLM_ERROR_NETWORK => c"NETWORK",
        types::LLM_ERROR_TLS => c"TLS",
        types::LLM_ERROR_TIMEOUT => c"TIMEOUT",
        types::LLM_ERROR_PROTOCOL => c"PROTOCOL",
        types::LLM_ERROR_TRUNCATED => c"TRUNCATED",
        types::LLM_ERROR_TOO_LARGE => c"TOO_LARGE",
        types::LLM_ERROR_CANCELLED => c"CANCELLED",
        types::LLM_ERROR_CLOSED => c"CLOSED",
        types::LLM_ERROR_INTERNAL => c"INTERNAL",
        _ => c"UNKNOWN",
    }
}

fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(|| {
        #[cfg(feature = "test-panic")]
        crate::test_panic::if_armed();
        body()
    }))
    .ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn last() -> String {
        // SAFETY: llm_last_error never gives NULL, and this thread makes no call meanwhile.
        unsafe { CStr::from_ptr(last_error()) }
            .to_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn failures_and_panics_become_numbers() {
        assert_eq!(last(), "{}");
        assert_eq!(
            guard(|| Err(invalid_argument("provider is NULL"))),
            types::LLM_ERROR_INVALID_ARGUMENT
        );
        assert!(last().contains("provider is NULL"));
        assert_eq!(guard(|| Ok(())), types::LLM_ERROR_OK);
        assert!(last().contains("provider is NULL"));
        assert_eq!(guard(|| panic!("secret")), types::LLM_ERROR_INTERNAL);
        assert!(last().contains(PANIC_MESSAGE) && !last().contains("secret"));
        assert_eq!(guard_or(7, || panic!("secret")), 7);
        let other = std::thread::spawn(last).join().unwrap();
        assert_eq!(other, "{}");
    }

    #[test]
    fn each_helper_makes_the_kind_that_it_is_named_for() {
        let made = [
            (invalid_argument("m"), types::LLM_ERROR_INVALID_ARGUMENT),
            (closed("m"), types::LLM_ERROR_CLOSED),
            (internal_error("m"), types::LLM_ERROR_INTERNAL),
        ];
        for (failure, number) in made {
            assert_eq!(failure.number, number);
            let json: serde_json::Value = serde_json::from_str(&failure.json).unwrap();
            assert_eq!(json.get("number").unwrap(), number);
            assert!(json
                .get("message")
                .unwrap()
                .as_str()
                .unwrap()
                .ends_with('m'));
        }
    }
}
