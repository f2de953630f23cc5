//! What framers hand out, and how a wire marks it.

use crate::error::LlmError;

/// One event of a stream, not parsed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// The event's name; empty where the wire gives none. Of a line of a field that the standard
    /// does not name, that name with its colon: see [`Frame::unknown_field`].
    pub(crate) name: &'a str,
    /// Its data, valid UTF-8.
    pub(crate) data: &'a str,
}

impl<'a> Frame<'a> {
    /// The field, where the frame is one line of a field that the standard for server-sent events
    /// does not name.
    #[inline]
    pub(crate) fn unknown_field(&self) -> Option<&'a str> {
        self.name.strip_suffix(':')
    }
}

/// Takes the frames, one by one; an error ends the feeding.
pub(crate) type Each<'e> = &'e mut dyn FnMut(Frame<'_>) -> Result<(), LlmError>;

/// How a wire marks its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    dead_code,
    reason = "a build of one wire format does not use all of it"
)]
pub(crate) enum Framing {
    /// Server-sent events.
    Sse,
    /// One JSON document per line.
    Ndjson,
}
