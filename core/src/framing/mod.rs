//! Bytes in, frames out: where one event of a stream ends and the next begins. No I/O and no JSON.

pub(crate) mod ndjson;
pub(crate) mod sniff;
pub(crate) mod sse;

use crate::error::LlmError;

/// One event of a stream, before anybody has looked inside.
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

/// Who takes the frames, one by one; an error ends the feeding.
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

/// The state between two reads of one stream.
#[derive(Debug)]
pub(crate) enum Framer {
    Sse(sse::SseFramer),
    Ndjson(ndjson::NdjsonFramer),
}

impl Framer {
    /// A framer that refuses frames of more than so many bytes.
    pub(crate) fn new(framing: Framing, frame_bytes_max: usize) -> Self {
        match framing {
            Framing::Sse => Self::Sse(sse::SseFramer::new(frame_bytes_max)),
            Framing::Ndjson => Self::Ndjson(ndjson::NdjsonFramer::new(frame_bytes_max)),
        }
    }

    /// Takes the next bytes and hands out every frame that they complete.
    pub(crate) fn feed(&mut self, bytes: &[u8], each: Each<'_>) -> Result<(), LlmError> {
        match self {
            Self::Sse(framer) => framer.feed(bytes, each),
            Self::Ndjson(framer) => framer.feed(bytes, each),
        }
    }

    /// The body ended properly: hands out a last frame that the wire allows to be unterminated.
    pub(crate) fn end(&mut self, each: Each<'_>) -> Result<(), LlmError> {
        match self {
            // WHATWG: an event without its blank line is not dispatched.
            Self::Sse(framer) => framer.end(each),
            Self::Ndjson(framer) => framer.end(each),
        }
    }

    /// An event has begun that only more bytes could end: it is not handed out at the end.
    pub(crate) fn is_inside_event(&self) -> bool {
        match self {
            Self::Sse(framer) => framer.is_inside_event(),
            Self::Ndjson(_) => false,
        }
    }

    /// Grows with everything that shows a live connection.
    pub(crate) fn signs_of_life(&self) -> u64 {
        match self {
            Self::Sse(framer) => framer.signs_of_life(),
            Self::Ndjson(framer) => framer.signs_of_life(),
        }
    }
    /// Memory that is held between two reads.
    #[cfg(fuzzing)]
    pub(crate) fn bytes_kept(&self) -> usize {
        match self {
            Self::Sse(framer) => framer.bytes_kept(),
            Self::Ndjson(framer) => framer.bytes_kept(),
        }
    }
}
