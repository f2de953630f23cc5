//! Bytes in, frames out: where one event of a stream ends and the next begins. No I/O and no JSON.

pub(crate) mod sse;

/// One event of a stream, before anybody has looked inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// The event's name; empty where the wire gives none.
    pub(crate) name: &'a str,
    /// Its data, valid UTF-8.
    pub(crate) data: &'a str,
}
