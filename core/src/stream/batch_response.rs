//! A response about a batch, as the response reader takes it: whole, or a row of results in each
//! line. Owns START and what the driver of the call needs; what a body means is the codec's.

use super::task::BatchPiece;
use crate::error::{ErrorKind, LlmError};
use crate::event::{Event, EventBatch, FinishReason, Start};
use crate::framing::Frame;
use crate::providers::completion::{CompletionState, ToolCallsState};
use crate::providers::operations::batch::{Answered, Batches};
use crate::providers::{Content, Decoder, OperationSummary, Progress, Provider, ResponseSummary};

/// Decodes one response.
#[derive(Debug)]
pub(super) struct BatchDecoder {
    provider: &'static dyn Provider,
    piece: BatchPiece,
    start: Option<Box<Start>>,
    progress: Progress,
    operation: OperationSummary,
}

impl BatchDecoder {
    pub(super) fn new(provider: &'static dyn Provider, piece: BatchPiece, start: Start) -> Self {
        Self {
            provider,
            piece,
            start: Some(Box::new(start)),
            progress: Progress::Empty,
            operation: OperationSummary::default(),
        }
    }

    fn codec(&self) -> Result<&'static dyn Batches, LlmError> {
        let lost = || LlmError::new(ErrorKind::Internal, "the codec of a batch is lost");
        self.provider.batches().ok_or_else(lost)
    }

    fn answered<'a>(&'a self, text: &'a str) -> Answered<'a> {
        Answered {
            provider: self.provider,
            request: &self.piece.request,
            text,
        }
    }

    fn push(&mut self, event: Event, out: &mut EventBatch) {
        if let Some(start) = self.start.take() {
            out.push(Event::Start(start));
        }
        out.push(event);
    }
}

impl Decoder for BatchDecoder {
    fn decode_frame(&mut self, frame: Frame<'_>, out: &mut EventBatch) -> Result<(), LlmError> {
        if !self.piece.step.is_lines() {
            let message = "the response is a stream of events, which no response about a batch is";
            return Err(LlmError::new(ErrorKind::Protocol, message));
        }
        self.progress = Progress::Open;
        let row = self.codec()?.line(&self.answered(frame.data))?;
        self.push(Event::Result(row), out);
        Ok(())
    }

    fn decode_body(&mut self, body: &[u8], out: &mut EventBatch) -> Result<(), LlmError> {
        let text = String::from_utf8_lossy(body);
        // No results at all.
        let is_empty = self.piece.step.is_lines() && text.trim().is_empty();
        let answer = match (self.piece.step.is_lines(), is_empty) {
            (true, true) => Default::default(),
            (true, false) => {
                let message = "the response is not results in lines";
                let error = LlmError::new(ErrorKind::Protocol, message);
                return Err(error.detail(body));
            }
            (false, _) => {
                let answered = self.answered(&text);
                self.codec()?.decode(&self.piece.step, &answered)?
            }
        };
        for result in answer.results {
            self.push(Event::Result(result), out);
        }
        if let Some(start) = self.start.take() {
            out.push(Event::Start(start));
        }
        self.operation.steps = answer.steps;
        self.operation.made = answer.made;
        self.progress = Progress::Done;
        Ok(())
    }

    fn close(&mut self, _: &mut EventBatch) {}

    /// Lines have no other mark of their end than that of the body.
    fn end_of_body(&mut self) {
        self.progress = Progress::Done;
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn completion_state(&self) -> CompletionState<'_> {
        let is_done = self.progress == Progress::Done;
        CompletionState {
            progress: self.progress,
            content: Content::Primary,
            calls: ToolCallsState::None,
            reason: is_done.then_some(FinishReason::Stop),
            reason_raw: None,
            message: None,
        }
    }

    fn summary(&self) -> ResponseSummary {
        ResponseSummary::default()
    }

    fn operation(&self) -> Option<&OperationSummary> {
        Some(&self.operation)
    }
}
