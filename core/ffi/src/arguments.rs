//! Checks of what C hands over: texts, which are neither NULL nor bad UTF-8, and the time that a
//! poll may wait. Keeps nothing: a text is read in place.

use std::ffi::{c_char, CStr};
use std::time::{Duration, Instant};

use crate::error::{invalid_argument, Failure};
use crate::exit;
use crate::sync::Wait;
use crate::waker::Waker;

/// Reads a text argument in place.
///
/// # Safety
/// The pointer is NULL or leads to bytes that end with NUL and stay unchanged for `'a`.
pub unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<&'a str, Failure> {
    if text.is_null() {
        return Err(null(name));
    }
    // SAFETY: as this function's own promise requires.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes.to_str().map_err(|error| {
        let message = format!(
            "{name}: expected UTF-8, got an invalid byte at offset {}",
            error.valid_up_to()
        );
        invalid_argument(message)
    })
}

/// An argument is NULL and may not be.
pub fn null(name: &str) -> Failure {
    invalid_argument(format!("{name} is NULL"))
}

/// How long a poll may wait. Inside the wake callback not at all: that would stop the thread that
/// fills the queue. Neither at the end of the process.
pub fn poll_wait(timeout_ms: i64) -> Wait {
    match u64::try_from(timeout_ms) {
        _ if Waker::is_in_callback() || exit::has_begun() => Wait::Now,
        Ok(0) => Wait::Now,
        Ok(timeout_ms) => Instant::now()
            .checked_add(Duration::from_millis(timeout_ms))
            .map_or(Wait::Forever, Wait::Until),
        Err(_) => Wait::Forever,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn text_is_checked() {
        // SAFETY: literals that end with NUL.
        let read = |bytes: &'static CStr| unsafe { text("it", bytes.as_ptr()) };
        assert_eq!(read(c"h\xc3\xa9").unwrap(), "hé");
        let bad = read(c"ab\xff").unwrap_err().json;
        assert!(bad.contains("it: expected UTF-8, got an invalid byte at offset 2"));
        // SAFETY: NULL is allowed.
        let null = unsafe { text("it", std::ptr::null()) };
        assert!(null.unwrap_err().json.contains("it is NULL"));
    }

    #[test]
    fn waits_are_bounded_as_requested() {
        assert!(matches!(poll_wait(0), Wait::Now));
        assert!(matches!(poll_wait(-1), Wait::Forever));
        assert!(matches!(poll_wait(i64::MIN), Wait::Forever));
        assert!(matches!(poll_wait(5), Wait::Until(_)));
    }
}
