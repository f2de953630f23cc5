//! What the end of a body means: a complete response, or an error and whether another attempt makes
//! sense. Owns what every error behind a good status has in common.

use super::BodyDecoder;
use crate::error::{one_line, ErrorKind, LlmError, Phase, OUTSIDE_BYTES_MAX};
use crate::event::EventBatch;
use crate::event::FinishReason;
use crate::framing::{Frame, FrameSink};
use crate::http::{BodyFailure, Read};
use crate::json;
use crate::providers::completion::check_complete;
use crate::providers::decoder::too_deep;
use crate::providers::{FrameDecoder, Progress};

impl BodyDecoder {
    /// The body ended properly: checks whether it was a response.
    pub(super) fn end(&mut self, batch: &mut EventBatch) -> Result<Read, LlmError> {
        self.settle(batch)?;
        let Some(bytes) = self.framer.take_document() else {
            return self.end_stream(batch, false);
        };
        let read = match std::str::from_utf8(&bytes) {
            Ok(text) if !json::is_shallow(text) => Err(too_deep(text)),
            _ => self.decoder.decode_body(&bytes, batch),
        };
        self.has_delivered |= !batch.is_empty();
        read.map_err(|error| self.in_response(error))?;
        self.verdict().map_err(|error| error.detail(&bytes))
    }

    /// The body was cut by a reset, or a close that was not announced.
    pub(super) fn cut(
        &mut self,
        failure: BodyFailure,
        batch: &mut EventBatch,
    ) -> Result<Read, LlmError> {
        let reason = match failure {
            BodyFailure::Decode(reason) => {
                let message = format!("the body cannot be decompressed: {reason}");
                let error = LlmError::new(ErrorKind::Protocol, message);
                return Err(self.after_status(error));
            }
            BodyFailure::Cut(reason) => reason,
        };
        self.settle(batch)?;
        let verdict = match self.framer.is_stream() {
            true => self.end_stream(batch, true),
            false => {
                let error = LlmError::new(ErrorKind::Truncated, "the response was cut");
                Err(self.after_status(error))
            }
        };
        verdict.map_err(|mut error| {
            error.message = one_line(&format!("{}: {reason}", error.message), OUTSIDE_BYTES_MAX);
            error
        })
    }

    /// The response ended, by its mark or with the body.
    pub(super) fn verdict(&mut self) -> Result<Read, LlmError> {
        let verdict = check_complete(self.decoder.completion_state());
        self.warning = verdict.map_err(|error| self.after_status(error))?;
        Ok(Read::End)
    }

    /// An error that the response itself is, or contains. Once the model had finished, the same
    /// request is not sent again for it.
    pub(super) fn in_response(&self, error: LlmError) -> LlmError {
        let retryable = error.retryable && !self.has_finish_reason();
        self.after_status(error.retryable(retryable))
    }

    /// What holds for every error behind a good status: the provider took the request, and unless
    /// it reports that it refused it, it may have run it.
    pub(super) fn after_status(&self, error: LlmError) -> LlmError {
        let is_refusal = matches!(
            error.kind,
            ErrorKind::Authentication
                | ErrorKind::Permission
                | ErrorKind::NotFound
                | ErrorKind::InvalidRequest
                | ErrorKind::QuotaExceeded
        );
        LlmError {
            status: error.status.or(Some(self.status)),
            maybe_executed: self.has_delivered || !is_refusal,
            ..error.phase(Phase::Body)
        }
    }

    /// Reads what was held back until it was known to be all.
    fn settle(&mut self, batch: &mut EventBatch) -> Result<(), LlmError> {
        let decoder = self.decoder.as_mut();
        let mut each = FrameDecoder { decoder, batch };
        let settled = self.framer.settle(&mut each);
        self.has_delivered |= !batch.is_empty();
        settled.map_err(|error| self.in_response(error))
    }

    /// The bytes of a stream ended. Once a response has begun, the verdict is the same for a proper
    /// end, a reset and a close. An empty body with a proper end is the host's decision, and a
    /// retry would get the same; an empty body with a reset is retried.
    fn end_stream(&mut self, batch: &mut EventBatch, is_cut_off: bool) -> Result<Read, LlmError> {
        let mut is_inside = self.framer.is_inside_event();
        let decoder = self.decoder.as_mut();
        let mut last = FrameDecoder { decoder, batch };
        let ended = self.framer.end(&mut |frame: Frame<'_>| {
            is_inside = json::is_cut(frame.data);
            match is_inside {
                true => Ok(()),
                false => last.frame(frame),
            }
        });
        self.has_delivered |= !batch.is_empty();
        match ended {
            Err(error) if !self.is_done() => return Err(self.in_response(error)),
            Ok(()) | Err(_) => {}
        }
        if !is_cut_off && !is_inside {
            self.decoder.end_of_body();
        }
        // Where the caller has nothing and the model had not finished, a retry makes sense.
        let may_retry = !self.has_delivered && !self.is_finished() && !self.has_finish_reason();
        if is_inside && !self.is_finished() {
            let error = LlmError::new(ErrorKind::Truncated, "the stream ended inside an event");
            return Err(self.after_status(error.retryable(may_retry)));
        }
        if self.decoder.progress() == Progress::Empty && is_cut_off {
            let error = LlmError::new(
                ErrorKind::Truncated,
                "the stream ended before its first event",
            );
            return Err(self.after_status(error.retryable(true)));
        }
        self.verdict().map_err(|error| match error.kind {
            ErrorKind::Truncated => error.retryable(may_retry),
            _ => error,
        })
    }

    /// The model gave a finish reason that is not a failure.
    fn has_finish_reason(&self) -> bool {
        let reason = self.decoder.completion_state().reason;
        reason.is_some_and(|reason| reason != FinishReason::Error)
    }
}
