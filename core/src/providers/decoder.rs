//! What decodes a response: the state that a wire keeps of it, and the way to there from a framer.
//! Owns what is refused before a decoder sees it.

use std::fmt::Debug;

use super::completion::CompletionState;
use super::{OperationSummary, Progress, ResponseSummary};
use crate::error::{ErrorKind, LlmError, Phase};
use crate::event::EventBatch;
use crate::framing::{Frame, FrameEnd, FrameSink};
use crate::json;
use crate::prefetch::Prefetch;

/// The state of one response being decoded.
pub(crate) trait Decoder: Send + Debug {
    /// Has its memory loaded, where that pays.
    fn prefetch(&self, _load: Prefetch) {}

    /// Decodes a frame that differs from one before in nothing but its text: see
    /// [`FrameSink::repeated`].
    fn repeated_frame(
        &mut self,
        _name: &[u8],
        _bytes: &[u8],
        _end: FrameEnd,
        _out: &mut EventBatch,
    ) -> Option<usize> {
        None
    }

    /// Decodes one frame of a stream.
    fn decode_frame(&mut self, frame: Frame<'_>, out: &mut EventBatch) -> Result<(), LlmError>;

    /// Decodes the body of a response that was not streamed.
    fn decode_body(&mut self, body: &[u8], out: &mut EventBatch) -> Result<(), LlmError>;

    /// `completion` found the response complete: hands over what was held back, such as tool calls.
    fn close(&mut self, out: &mut EventBatch);

    /// How far the response has come.
    fn progress(&self) -> Progress;

    /// What `completion` needs to decide whether the response is complete.
    fn completion_state(&self) -> CompletionState<'_>;

    /// How the response ended, as far as that is known.
    fn summary(&self) -> ResponseSummary;

    /// The body ended properly, where the end of the body is that of the response.
    fn end_of_body(&mut self) {}

    /// What the receipt of an operation beside chat reports.
    fn operation(&self) -> Option<&OperationSummary> {
        None
    }
}

/// Decodes frames.
pub(crate) struct FrameDecoder<'d> {
    pub(crate) decoder: &'d mut dyn Decoder,
    pub(crate) batch: &'d mut EventBatch,
}

impl FrameSink for FrameDecoder<'_> {
    fn repeated(&mut self, name: &[u8], bytes: &[u8], end: FrameEnd) -> Option<usize> {
        self.decoder.repeated_frame(name, bytes, end, self.batch)
    }

    /// Decodes one frame, unless it is nested too deep to be parsed everywhere.
    fn frame(&mut self, frame: Frame<'_>) -> Result<(), LlmError> {
        match json::is_shallow(frame.data) {
            true => self.decoder.decode_frame(frame, self.batch),
            false => Err(too_deep(frame.data)),
        }
    }
}

/// The error for JSON that is nested too deep.
pub(crate) fn too_deep(text: &str) -> LlmError {
    let levels = json::LEVELS_MAX;
    let message = format!("the response's JSON is nested in more than {levels} levels");
    LlmError::new(ErrorKind::Protocol, message)
        .phase(Phase::Body)
        .detail(text.as_bytes())
}
