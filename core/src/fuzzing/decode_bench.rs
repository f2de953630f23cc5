//! The decoder that the benchmark (tests/bench/decode.rs) measures, with the framing before it.

use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::Start;
use crate::framing::eventstream::writer;
use crate::framing::{Framer, Framing};
use crate::providers::{by_name_and_api, Decoder, FrameDecoder};

const FRAME_BYTES_MAX: usize = 1 << 20;

/// How a stream is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BenchFraming {
    /// Server-sent events.
    Sse,
    /// One JSON document in each line.
    Ndjson,
    /// AWS's binary messages.
    EventStream,
}

/// One event of Bedrock's, framed.
pub fn event_stream_message(name: &str, json: &str) -> Vec<u8> {
    writer::event(name, json)
}

/// Frames a body and decodes the frames.
#[derive(Debug)]
pub struct BenchDecoder {
    framer: Framer,
    decoder: Box<dyn Decoder>,
    batch: EventBatch,
}

impl BenchDecoder {
    /// A stream of one of this provider's APIs (the first where it has no name): server-sent
    /// events, or one JSON document in each line, or messages of AWS's.
    pub fn new(provider: &str, api: &str, framing: BenchFraming) -> Result<Self, LlmError> {
        let framing = match framing {
            BenchFraming::Sse => Framing::Sse,
            BenchFraming::Ndjson => Framing::Ndjson,
            BenchFraming::EventStream => Framing::EventStream,
        };
        let provider = by_name_and_api(provider, Some(api))?;
        Ok(Self {
            framer: Framer::new(framing, FRAME_BYTES_MAX),
            decoder: provider.decoder(Start::default(), framing),
            batch: EventBatch::default(),
        })
    }

    /// Decodes a piece of the body and returns the number of its events.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<usize, LlmError> {
        let (decoder, batch) = (self.decoder.as_mut(), &mut self.batch);
        let mut each = FrameDecoder { decoder, batch };
        self.framer.feed(bytes, &mut each)?;
        let events = self.batch.iter().count();
        self.batch.clear();
        Ok(events)
    }
}
