//! One answer being decoded, as the benchmark of the decoders (tests/bench/decode.rs) feeds it.

use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::Start;
use crate::framing::{Framer, Framing};
use crate::providers::{by_name, Decoder};

const FRAME_BYTES_MAX: usize = 1 << 20;

/// A decoder behind its framing.
#[derive(Debug)]
pub struct Decoding {
    framer: Framer,
    decoder: Box<dyn Decoder>,
    batch: EventBatch,
}

impl Decoding {
    /// A stream of this provider: server-sent events, or one JSON document in each line.
    pub fn new(provider: &str, is_ndjson: bool) -> Result<Self, LlmError> {
        let framing = if is_ndjson {
            Framing::Ndjson
        } else {
            Framing::Sse
        };
        Ok(Self {
            framer: Framer::new(framing, FRAME_BYTES_MAX),
            decoder: by_name(provider)?.decoder(Start::default(), framing),
            batch: EventBatch::default(),
        })
    }

    /// Reads a piece of the body; how many events came of it.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<usize, LlmError> {
        let (decoder, batch) = (&mut self.decoder, &mut self.batch);
        let mut each = |frame: crate::framing::Frame<'_>| decoder.frame(frame, batch);
        self.framer.feed(bytes, &mut each)?;
        let events = self.batch.iter().count();
        self.batch.clear();
        Ok(events)
    }
}
