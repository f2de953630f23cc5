//! Bytes of a body in, frames out: where one event of a stream ends and the next begins. A body
//! that is one document is kept until it is whole. No I/O.

pub(crate) mod eventstream;
mod frame;
pub(crate) mod ndjson;
pub(crate) mod sniff;
pub(crate) mod sse;

use crate::error::LlmError;
use crate::limited_buffer;
use eventstream::EventStreamFramer;
#[cfg(test)]
pub(crate) use frame::at_end;
pub(crate) use frame::{Each, Frame, FrameEnd, FrameSink, Framing};
use ndjson::NdjsonFramer;
use sniff::{Form, Sniffer};
use sse::SseFramer;

/// The state between two reads of one body.
#[derive(Debug)]
pub(crate) enum Framer {
    /// Too little has come to decide what the body is.
    Undecided {
        sniffer: Option<Sniffer>,
        frame_bytes_max: usize,
        body_bytes_max: usize,
    },
    Sse(SseFramer),
    Ndjson(NdjsonFramer),
    EventStream(EventStreamFramer),
    Document {
        bytes: Vec<u8>,
        body_bytes_max: usize,
    },
}

impl Framer {
    /// For a stream; refuses frames of more than so many bytes.
    pub(crate) fn new(framing: Framing, frame_bytes_max: usize) -> Self {
        match framing {
            Framing::Sse => Self::Sse(SseFramer::new(frame_bytes_max)),
            Framing::Ndjson => Self::Ndjson(NdjsonFramer::new(frame_bytes_max)),
            Framing::EventStream => Self::EventStream(EventStreamFramer::new(frame_bytes_max)),
        }
    }

    /// For a body that may be a stream or one document, of which no more than so many bytes are
    /// kept.
    pub(crate) fn sniffing(
        sniffer: Sniffer,
        frame_bytes_max: usize,
        body_bytes_max: usize,
    ) -> Self {
        Self::Undecided {
            sniffer: Some(sniffer),
            frame_bytes_max,
            body_bytes_max,
        }
    }

    /// Takes the next bytes and hands out every frame that they complete.
    pub(crate) fn feed(&mut self, bytes: &[u8], each: Each<'_>) -> Result<(), LlmError> {
        match self {
            Self::Sse(framer) => framer.feed(bytes, each),
            Self::Ndjson(framer) => framer.feed(bytes, each),
            Self::EventStream(framer) => framer.feed(bytes, each),
            Self::Document {
                bytes: document,
                body_bytes_max,
            } => limited_buffer::extend(document, bytes, *body_bytes_max),
            Self::Undecided { sniffer, .. } => {
                let form = sniffer.as_mut().and_then(|sniffer| {
                    sniffer.push(bytes);
                    sniffer.form()
                });
                form.map_or(Ok(()), |form| self.decide(form, each))
            }
        }
    }

    /// Nothing follows: what was held until the body's form was known is all there is.
    pub(crate) fn settle(&mut self, each: Each<'_>) -> Result<(), LlmError> {
        let Self::Undecided { sniffer, .. } = self else {
            return Ok(());
        };
        let form_of = |sniffer: &Sniffer| sniffer.form().unwrap_or(sniffer.form_at_end());
        let form = sniffer.as_ref().map_or(Form::Document, form_of);
        self.decide(form, each)
    }

    /// The body ended properly: hands out a last frame that the wire allows to be unterminated.
    pub(crate) fn end(&mut self, each: Each<'_>) -> Result<(), LlmError> {
        match self {
            // WHATWG: an event without its blank line is not dispatched.
            Self::Sse(framer) => framer.end(each),
            Self::Ndjson(framer) => framer.end(each),
            Self::EventStream(_) | Self::Document { .. } | Self::Undecided { .. } => Ok(()),
        }
    }

    /// The bytes of a body that is known to be a document, once.
    pub(crate) fn take_document(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Document { bytes, .. } => Some(std::mem::take(bytes)),
            Self::Sse(_) | Self::Ndjson(_) | Self::EventStream(_) | Self::Undecided { .. } => None,
        }
    }

    /// Whether the body is known to be a stream.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Sse(_) | Self::Ndjson(_) | Self::EventStream(_))
    }

    /// An event has begun that only more bytes could end: it is not handed out at the end.
    pub(crate) fn is_inside_event(&self) -> bool {
        match self {
            Self::Sse(framer) => framer.is_inside_event(),
            Self::EventStream(framer) => framer.is_inside_event(),
            Self::Ndjson(_) | Self::Document { .. } | Self::Undecided { .. } => false,
        }
    }

    /// Grows with every event and every comment: what a live connection sends at least.
    pub(crate) fn activity(&self) -> u64 {
        match self {
            Self::Sse(framer) => framer.activity(),
            Self::Ndjson(framer) => framer.activity(),
            Self::EventStream(framer) => framer.activity(),
            Self::Document { .. } | Self::Undecided { .. } => 0,
        }
    }

    /// Memory that is held between two reads.
    #[cfg(fuzzing)]
    pub(crate) fn bytes_buffered(&self) -> usize {
        match self {
            Self::Sse(framer) => framer.bytes_buffered(),
            Self::Ndjson(framer) => framer.bytes_buffered(),
            Self::EventStream(framer) => framer.bytes_buffered(),
            Self::Document { .. } | Self::Undecided { .. } => 0,
        }
    }

    fn decide(&mut self, form: Form, each: Each<'_>) -> Result<(), LlmError> {
        let Self::Undecided {
            sniffer,
            frame_bytes_max,
            body_bytes_max,
        } = self
        else {
            return Ok(());
        };
        let length = sniffer.as_ref().map_or(0, Sniffer::length);
        let held = sniffer.take().map(Sniffer::into_bytes);
        *self = match form {
            Form::Stream(framing) => Self::new(framing, *frame_bytes_max),
            Form::Document => Self::Document {
                bytes: limited_buffer::of_length(length.min(*body_bytes_max)),
                body_bytes_max: *body_bytes_max,
            },
        };
        self.feed(&held.unwrap_or_default(), each)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::sniff::Declared;
    use super::*;

    /// What is taken for the document that these bytes begin, of whose length the head says this.
    fn capacity(length: usize, body_bytes_max: usize) -> usize {
        let sniffer = Sniffer::new(Framing::Sse, Declared::Document).with_length(length);
        let mut framer = Framer::sniffing(sniffer, 100, body_bytes_max);
        framer
            .feed(b"{\n\"data\": [", &mut |_: Frame<'_>| Ok(()))
            .unwrap();
        match framer {
            Framer::Document { bytes, .. } => bytes.capacity(),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_document_has_room_for_the_length_in_its_head_within_the_limit() {
        assert_eq!(capacity(5_000, 1 << 20), 5_000);
        for lie in [1_000, usize::MAX] {
            assert!(capacity(lie, 100) <= 100);
        }
        assert!((10..5_000).contains(&capacity(0, 1 << 20)));
        assert!((10..5_000).contains(&capacity(3, 1 << 20)));
    }
}
