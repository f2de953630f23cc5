//! Windows and streams of an HTTP/2 connection.

/// What a stream may have received and its reader not yet taken, as in `stream_window_bytes`.
pub(super) const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
/// Exchanges at once on one connection, where the host allows so many.
pub(super) const STREAMS_MAX: usize = 256;
/// Twice what all streams of a connection may hold, so that it never runs dry because of those that
/// are not read.
pub(super) const CONNECTION_WINDOW_BYTES: u32 = 2 * STREAMS_MAX as u32 * STREAM_WINDOW_BYTES;
