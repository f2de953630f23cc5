//! The wall between C and Rust: checks what comes in, keeps panics from going out, and remembers
//! each thread's last error. Owns nothing beside that memory; decides nothing. Called by `lib` for
//! every export.

use std::cell::RefCell;
use std::ffi::{c_char, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::{Duration, Instant};

use liter_llm_core::{ErrorKind, LlmError};

use crate::exit;
use crate::sync::Wait;
use crate::types;
use crate::waker::Bell;

thread_local! {
    /// Freed when the thread ends.
    static LAST_ERROR: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// Why an export does not answer OK: the number, and the error object that END carries too.
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

/// Runs an export's body. A failure becomes its number and this thread's last error; a panic
/// becomes INTERNAL.
pub fn guard(body: impl FnOnce() -> Result<(), Failure>) -> types::LlmError {
    let failure = match caught(body) {
        Some(Ok(())) => return types::LLM_ERROR_OK,
        Some(Err(failure)) => failure,
        None => {
            let message = "a defect of this library; stderr names the place";
            LlmError::new(ErrorKind::Internal, message).into()
        }
    };
    let number = failure.number;
    // Only JSON comes here, which has no NUL in it.
    let json = CString::new(failure.json).unwrap_or_default();
    // A thread that is ending has no memory any more; see `last_error`.
    let _ = LAST_ERROR.try_with(|last| last.replace(Some(json)));
    number
}

/// Runs the body of an export that cannot say what failed.
pub fn guard_or<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    caught(body).unwrap_or(fallback)
}

/// What a call answers in a thread that is ending, which has no memory of its own any more.
const ENDING: &CStr = cr#"{"kind":"CLOSED","number":18,"message":"the process is ending"}"#;

/// This thread's last error as JSON, `{}` when there was none.
pub fn last_error() -> *const c_char {
    let last = LAST_ERROR.try_with(|last| last.borrow().as_ref().map(|json| json.as_ptr()));
    match last {
        Ok(last) => last.unwrap_or(c"{}".as_ptr()),
        Err(_) => ENDING.as_ptr(),
    }
}

/// Reads a text argument in place.
///
/// # Safety
/// The pointer is NULL or leads to bytes that end with NUL and stay unchanged for `'a`.
pub unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<&'a str, Failure> {
    if text.is_null() {
        return Err(null(name));
    }
    // SAFETY: as this function's own promise says.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes.to_str().map_err(|error| {
        let message = format!("{name} is not UTF-8 from byte {} on", error.valid_up_to());
        invalid(message)
    })
}

/// What to answer where an argument is NULL and may not be.
pub fn null(name: &str) -> Failure {
    invalid(format!("{name} is NULL"))
}

/// What to answer where the host misuses the header.
pub fn invalid(message: impl Into<String>) -> Failure {
    LlmError::new(ErrorKind::InvalidArgument, message).into()
}

/// How long a poll may wait. Inside the bell not at all: that would stop the thread that works for
/// the host. Neither at the end of the process.
pub fn wait(timeout_ms: i64) -> Wait {
    match u64::try_from(timeout_ms) {
        _ if Bell::is_inside() || exit::has_begun() => Wait::Now,
        Ok(0) => Wait::Now,
        Ok(timeout_ms) => Instant::now()
            .checked_add(Duration::from_millis(timeout_ms))
            .map_or(Wait::Forever, Wait::Until),
        Err(_) => Wait::Forever,
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
    fn names_are_those_of_the_core() {
        use ErrorKind as K;
        let kinds = [
            (1, K::InvalidArgument),
            (2, K::Config),
            (3, K::InvalidRequest),
            (4, K::Authentication),
            (5, K::Permission),
            (6, K::NotFound),
            (7, K::RateLimited),
            (8, K::QuotaExceeded),
            (9, K::Overloaded),
            (10, K::Provider),
            (11, K::Network),
            (12, K::Tls),
            (13, K::Timeout),
            (14, K::Protocol),
            (15, K::Truncated),
            (16, K::TooLarge),
            (17, K::Cancelled),
            (18, K::Closed),
            (19, K::Internal),
        ];
        for (number, kind) in kinds {
            assert_eq!(kind.number(), number);
            assert_eq!(error_name(number).to_str().unwrap(), kind.name());
        }
        assert_eq!(error_name(0), c"OK");
        assert_eq!(error_name(20), c"UNKNOWN");
        assert_eq!(error_name(i32::MIN), c"UNKNOWN");
    }

    #[test]
    fn failures_and_panics_become_numbers() {
        assert_eq!(last(), "{}");
        assert_eq!(
            guard(|| Err(null("provider"))),
            types::LLM_ERROR_INVALID_ARGUMENT
        );
        assert!(last().contains("provider is NULL"));
        assert_eq!(guard(|| Ok(())), types::LLM_ERROR_OK);
        assert!(last().contains("provider is NULL"));
        assert_eq!(guard(|| panic!("secret")), types::LLM_ERROR_INTERNAL);
        assert!(last().contains("INTERNAL") && !last().contains("secret"));
        assert_eq!(guard_or(7, || panic!("secret")), 7);
        let other = std::thread::spawn(last).join().unwrap();
        assert_eq!(other, "{}");
    }

    #[test]
    fn text_is_checked() {
        // SAFETY: literals that end with NUL.
        let read = |bytes: &'static CStr| unsafe { text("it", bytes.as_ptr()) };
        assert_eq!(read(c"h\xc3\xa9").unwrap(), "hé");
        assert!(read(c"ab\xff").unwrap_err().json.contains("byte 2"));
        // SAFETY: NULL is allowed.
        let null = unsafe { text("it", std::ptr::null()) };
        assert!(null.unwrap_err().json.contains("it is NULL"));
    }

    #[test]
    fn waits_are_bounded_as_asked() {
        assert!(matches!(wait(0), Wait::Now));
        assert!(matches!(wait(-1), Wait::Forever) && matches!(wait(i64::MIN), Wait::Forever));
        assert!(matches!(wait(5), Wait::Until(_)));
    }
}
