//! The limits of what is read of one HTTP/1.1 response.

/// A head that is longer is given up; `header_bytes_max` is the caller's own, lower limit.
pub(crate) const HEAD_BYTES_MAX: usize = 256 * 1024;
/// Fields of a head.
pub(crate) const FIELDS_MAX: usize = 256;
/// Interim responses before the final one, and the bytes of their heads, empty lines included.
pub(crate) const INTERIM_HEADS_MAX: usize = 128;
pub(crate) const INTERIM_BYTES_MAX: usize = HEAD_BYTES_MAX;
/// No server sends more, and sums of it with other lengths fit into 64 bits.
pub(crate) const LENGTH_MAX: u64 = i64::MAX as u64;
/// Chunk extensions, blanks behind sizes and trailers of one body, together; none of them
/// is used.
pub(crate) const OVERHEAD_BYTES_MAX: usize = 16 * 1024;
