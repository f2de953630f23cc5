//! Buffers with a limit for what a provider sends: they never pass it, and where memory is short
//! that is an error of one stream, not the end of the process. Owns how they grow.

use std::collections::TryReserveError;

use crate::error::{ErrorKind, LlmError, Phase};

/// Up to here a buffer grows by doubling. Past it, it takes all that its bound allows at once:
/// pages that nothing was written to cost no memory, while each copy into a larger buffer would for
/// a moment cost as much again as there is.
const DOUBLED_BYTES_MAX: usize = 1024 * 1024;
/// A bound above this does not show what is needed; then it is doubled again.
const AT_ONCE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// What a large buffer leaves to all others, whose small allocations cannot be refused.
const SPARE_BYTES: usize = 4 * 1024 * 1024;

/// Appends to the body of a response, which may not pass `body_bytes_max`.
pub(crate) fn extend(body: &mut Vec<u8>, piece: &[u8], bytes_max: usize) -> Result<(), LlmError> {
    if body.len().saturating_add(piece.len()) > bytes_max {
        let message = format!("the response is larger than body_bytes_max ({bytes_max})");
        return Err(too_large(message));
    }
    append(body, piece, bytes_max)
}

/// Appends; the caller has checked the bound, which here only bounds how much room may be needed.
#[inline]
pub(crate) fn append(buffer: &mut Vec<u8>, bytes: &[u8], bytes_max: usize) -> Result<(), LlmError> {
    if buffer.capacity() - buffer.len() < bytes.len() {
        reserve(buffer, bytes.len(), bytes_max)?;
    }
    buffer.extend_from_slice(bytes);
    Ok(())
}

/// A buffer for a body of this length, as far as its head says: it is not copied while it comes.
/// Where there is no memory for all of it at once, it grows as bytes come.
pub(crate) fn of_length(bytes: usize) -> Vec<u8> {
    let mut buffer = Vec::new();
    match reserve(&mut buffer, bytes, bytes) {
        Ok(()) | Err(_) => buffer,
    }
}

/// Empties a buffer, and frees its memory where it is more than `bytes_kept`.
pub(crate) fn clear(buffer: &mut Vec<u8>, bytes_kept: usize) {
    buffer.clear();
    if buffer.capacity() > bytes_kept {
        *buffer = Vec::new();
    }
}

/// The error where the system has no memory for so many bytes.
pub(crate) fn out_of_memory(bytes: usize) -> LlmError {
    too_large(format!("no memory for {bytes} bytes of the response"))
}

/// Room that is held while a buffer of so many bytes takes its own; nothing for a small one.
pub(crate) fn spare(bytes: usize) -> Result<Vec<u8>, TryReserveError> {
    let mut spare = Vec::new();
    if bytes > DOUBLED_BYTES_MAX {
        spare.try_reserve_exact(SPARE_BYTES)?;
    }
    Ok(spare)
}

/// Makes room. Where the address space does not hold the size, half of it is tried, and so on down
/// to what is needed.
#[cold]
fn reserve(buffer: &mut Vec<u8>, bytes: usize, bytes_max: usize) -> Result<(), LlmError> {
    let needed = buffer.len().saturating_add(bytes);
    if needed <= buffer.capacity() {
        return Ok(());
    }
    let mut size = buffer.capacity().saturating_mul(2).max(needed);
    if size > DOUBLED_BYTES_MAX {
        size = size.max(AT_ONCE_BYTES_MAX);
    }
    size = size.min(bytes_max).max(needed);
    let Ok(_spare) = spare(size) else {
        return Err(out_of_memory(needed));
    };
    while buffer.try_reserve_exact(size - buffer.len()).is_err() {
        if size == needed {
            return Err(out_of_memory(needed));
        }
        size = needed.max(size / 2);
    }
    Ok(())
}

fn too_large(message: String) -> LlmError {
    let mut error = LlmError::new(ErrorKind::TooLarge, message).phase(Phase::Body);
    error.maybe_executed = true;
    error
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MEBIBYTE: usize = 1024 * 1024;

    #[test]
    fn a_large_buffer_is_never_copied_into_a_larger_one() {
        let piece = [b'x'; 16 * 1024];
        let mut body = Vec::new();
        let mut capacities = Vec::new();
        while extend(&mut body, &piece, 8 * MEBIBYTE).is_ok() {
            if capacities.last() != Some(&body.capacity()) {
                capacities.push(body.capacity());
            }
        }
        assert_eq!(body.len(), 8 * MEBIBYTE);
        assert_eq!(capacities.pop(), Some(8 * MEBIBYTE));
        assert!(capacities.iter().all(|held| *held <= DOUBLED_BYTES_MAX));
    }

    #[test]
    fn a_body_of_known_length_is_never_copied() {
        let length = 3 * MEBIBYTE;
        let mut body = of_length(length);
        assert_eq!((body.len(), body.capacity()), (0, length));
        let at = body.as_ptr();
        extend(&mut body, &vec![b'x'; length], 8 * MEBIBYTE).unwrap();
        assert_eq!(body.as_ptr(), at);
        assert_eq!(of_length(0).capacity(), 0);
        let mut body = of_length(usize::MAX);
        extend(&mut body, b"a length that lies", 100).unwrap();
    }

    #[test]
    fn the_last_byte_of_the_bound_fits_and_no_more() {
        let mut body = Vec::new();
        extend(&mut body, b"12345", 6).unwrap();
        let error = extend(&mut body, b"67", 6).unwrap_err();
        assert_eq!(
            (error.kind, error.maybe_executed),
            (ErrorKind::TooLarge, true)
        );
        assert!(error.message.contains("body_bytes_max (6)"), "{error}");
        extend(&mut body, b"6", 6).unwrap();
        assert_eq!(body, b"123456");
    }

    #[test]
    fn a_bound_that_is_none_is_not_taken_at_once() {
        let mut body = Vec::new();
        append(&mut body, &vec![b'x'; 2 * MEBIBYTE], usize::MAX).unwrap();
        assert_eq!(body.capacity(), AT_ONCE_BYTES_MAX);
    }

    #[test]
    fn where_there_is_no_memory_the_buffer_stays_as_it_was() {
        let mut body = b"kept".to_vec();
        let error = reserve(&mut body, usize::MAX / 2, usize::MAX).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge);
        assert!(error.message.contains("no memory"), "{error}");
        assert_eq!(body, b"kept");
    }

    #[test]
    fn a_cleared_buffer_keeps_a_little() {
        let mut buffer = Vec::with_capacity(10);
        clear(&mut buffer, 10);
        assert_eq!(buffer.capacity(), 10);
        clear(&mut buffer, 9);
        assert_eq!(buffer.capacity(), 0);
    }
}
