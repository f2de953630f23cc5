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

/// How many bytes these begin with that end a frame; `None` where they do not. No frame that is
/// repeated has a line's end in it.
pub(crate) type FrameEnd = fn(&[u8]) -> Option<usize>;

/// The end where the data is all there is.
pub(crate) fn at_end(rest: &[u8]) -> Option<usize> {
    rest.is_empty().then_some(0)
}

/// Takes the frames, one by one.
pub(crate) trait FrameSink {
    /// Takes a frame of this name whose data is at the head of these bytes, if it differs from one
    /// before in nothing but its text; how many bytes it was, with its end. `None`: it is not known
    /// to be one, and nothing happened. So of most frames the end is not looked for, and only the
    /// text is checked for being UTF-8.
    fn repeated(&mut self, _name: &[u8], _bytes: &[u8], _end: FrameEnd) -> Option<usize> {
        None
    }

    /// Takes a frame; an error ends the feeding.
    fn frame(&mut self, frame: Frame<'_>) -> Result<(), LlmError>;
}

impl<F: FnMut(Frame<'_>) -> Result<(), LlmError>> FrameSink for F {
    fn frame(&mut self, frame: Frame<'_>) -> Result<(), LlmError> {
        self(frame)
    }
}

/// Where a framer hands its frames out.
pub(crate) type Each<'e> = &'e mut dyn FrameSink;

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
