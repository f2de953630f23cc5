//! The decoder that the benchmark (tests/bench/decode.rs) measures, with the framing before it.

use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::Start;
use crate::framing::{Framer, Framing};
use crate::providers::{by_name_and_api, Decoder};

const FRAME_BYTES_MAX: usize = 1 << 20;

/// Frames a body and decodes the frames.
#[derive(Debug)]
pub struct BenchDecoder {
    framer: Framer,
    decoder: Box<dyn Decoder>,
    batch: EventBatch,
}

impl BenchDecoder {
    /// A stream of this provider's API, the first where it is empty: server-sent events, or one
    /// JSON document in each line.
    pub fn new(provider: &str, api: &str, is_ndjson: bool) -> Result<Self, LlmError> {
        let framing = if is_ndjson {
            Framing::Ndjson
        } else {
            Framing::Sse
        };
        Ok(Self {
            framer: Framer::new(framing, FRAME_BYTES_MAX),
            decoder: by_name_and_api(provider, Some(api))?.decoder(Start::default(), framing),
            batch: EventBatch::default(),
        })
    }

    /// Decodes a piece of the body and returns the number of its events.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<usize, LlmError> {
        let (decoder, batch) = (&mut self.decoder, &mut self.batch);
        let mut each = |frame: crate::framing::Frame<'_>| decoder.decode_frame(frame, batch);
        self.framer.feed(bytes, &mut each)?;
        let events = self.batch.iter().count();
        self.batch.clear();
        Ok(events)
    }
}
