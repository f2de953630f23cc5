//! HTTP/2 (RFC 9113) over the h2 crate: one connection carries many exchanges. Owns the flow
//! control of what nobody reads, the PINGs that find a frozen connection, and what a reset
//! means for a request having been run.

mod connection;
mod driver;
mod exchange;
mod keep_alive;
mod response_body;
mod upload;

pub(super) use connection::{Connection, Observer, Permit};
pub(super) use driver::open;
pub(super) use exchange::{send, Failure, Started};
pub(super) use keep_alive::KeepAlive;
pub(crate) use response_body::ResponseBody;

/// What a stream may have received and its reader not yet taken, as in `stream_window_bytes`.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
/// Exchanges at once on one connection, where the host allows so many.
pub(super) const STREAMS_MAX: usize = 256;
/// Twice what all streams of a connection may hold, so that it never runs dry because of those that
/// nobody reads.
const CONNECTION_WINDOW_BYTES: u32 = 2 * STREAMS_MAX as u32 * STREAM_WINDOW_BYTES;
