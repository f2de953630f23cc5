//! What framers hand out, and how a wire marks it.

use crate::error::LlmError;

/// One event of a stream, not parsed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// The event's name; empty where the wire gives none. Of a line of a field that the standard
    /// does not name, that name with its colon: see [`Frame::unknown_field`]. Of an error of an
    /// event stream, what it is called behind a mark: see [`Frame::failure`].
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

    /// What the error is called, where the framing itself marks a frame as one: an exception with
    /// JSON, or an error whose data is its message.
    #[cfg(any(test, feature = "bedrock"))]
    #[inline]
    pub(crate) fn failure(&self) -> Option<&'a str> {
        let name = self.name.strip_prefix(EXCEPTION);
        name.or_else(|| self.name.strip_prefix(ERROR))
    }
}

/// Begins the name of an exception; no event is called so.
pub(crate) const EXCEPTION: &str = ":exception-type=";
/// Begins the name of an error.
pub(crate) const ERROR: &str = ":error-code=";

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
    /// AWS's binary messages.
    EventStream,
}
