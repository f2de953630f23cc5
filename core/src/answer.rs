//! An answer being read: bytes become frames, frames become events, and the body's end becomes a
//! verdict. Owns when an answer is complete, cut or nonsense. Called by `stream`.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;

use crate::attempt::timed_out;
use crate::batch::EventBatch;
use crate::error::{ErrorKind, LlmError, Phase};
use crate::framing::{Framer, Framing};
use crate::http::{BodyFailure, IncomingBody};
use crate::options::ClientOptions;
use crate::providers::{Decoder, Finish, Progress};
use crate::timers::{Watchdog, ALIVE_BYTES};

/// How long the rest of a complete answer is read so that its connection can be used again.
const DRAIN: Duration = Duration::from_millis(20);
/// What is read in one step while more is ready at once.
const STEP_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Answer {
    incoming: IncomingBody,
    decoder: Box<dyn Decoder>,
    body: Body,
    /// Bytes since the last sign of life.
    quiet_bytes: usize,
}

#[derive(Debug)]
enum Body {
    Frames(Framer),
    Whole { bytes: Vec<u8>, bytes_max: usize },
}

/// What a step of reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    More,
    Complete,
}

impl Answer {
    /// Without a framing the answer comes whole.
    pub(crate) fn new(
        incoming: IncomingBody,
        decoder: Box<dyn Decoder>,
        framing: Option<Framing>,
        options: &ClientOptions,
    ) -> Self {
        let body = match framing {
            None => Body::Whole {
                bytes: Vec::new(),
                bytes_max: options.body_bytes_max,
            },
            Some(framing) => Body::Frames(Framer::new(framing, options.event_bytes_max)),
        };
        Self {
            incoming,
            decoder,
            body,
            quiet_bytes: 0,
        }
    }

    /// Waits for bytes, then takes all that are ready. Events before an error stay in the batch.
    pub(crate) async fn read(
        &mut self,
        watchdog: &mut Watchdog,
        batch: &mut EventBatch,
    ) -> Result<Step, LlmError> {
        let mut chunk = match watchdog.wait(self.incoming.chunk()).await {
            Ok(chunk) => chunk,
            Err(_) if self.is_answered() => return Ok(Step::Complete),
            Err(timer) => {
                let mut error = timed_out(timer, Phase::Body);
                error.maybe_executed = true;
                return Err(error);
            }
        };
        let mut taken = 0;
        poll_fn(|context| loop {
            let bytes = match std::mem::replace(&mut chunk, Ok(None)) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Poll::Ready(self.ended(batch)),
                Err(failure) => return Poll::Ready(self.broken(failure)),
            };
            taken += bytes.len();
            if let Err(error) = self.take(&bytes, watchdog, batch) {
                return Poll::Ready(Err(error));
            }
            if self.decoder.progress() == Progress::Done {
                return Poll::Ready(Ok(Step::Complete));
            }
            if taken >= STEP_BYTES_MAX {
                return Poll::Ready(Ok(Step::More));
            }
            chunk = match self.incoming.poll_chunk(context) {
                Poll::Ready(chunk) => chunk,
                Poll::Pending => return Poll::Ready(Ok(Step::More)),
            };
        })
        .await
    }

    fn take(
        &mut self,
        chunk: &Bytes,
        watchdog: &mut Watchdog,
        batch: &mut EventBatch,
    ) -> Result<(), LlmError> {
        self.quiet_bytes += chunk.len();
        let mut alive = self.quiet_bytes >= ALIVE_BYTES;
        let taken = match &mut self.body {
            Body::Frames(framer) => {
                let signs = framer.signs_of_life();
                let decoder = &mut self.decoder;
                let fed = framer.feed(chunk, &mut |frame| decoder.frame(frame, batch));
                alive |= framer.signs_of_life() > signs;
                fed
            }
            Body::Whole { bytes, bytes_max } => {
                if bytes.len() + chunk.len() > *bytes_max {
                    let message = format!("the answer is longer than body_bytes_max ({bytes_max})");
                    return Err(failed(ErrorKind::TooLarge, message));
                }
                reserve(bytes, chunk.len(), *bytes_max)?;
                bytes.extend_from_slice(chunk);
                Ok(())
            }
        };
        if alive {
            watchdog.feed();
            self.quiet_bytes = 0;
        }
        match self.decoder.progress() {
            // What follows the protocol's last mark is not looked at, whichever read brings it.
            Progress::Done => Ok(()),
            Progress::Empty | Progress::Open | Progress::Answered => taken.map_err(in_body),
        }
    }

    /// The body ended properly: was it an answer?
    fn ended(&mut self, batch: &mut EventBatch) -> Result<Step, LlmError> {
        match &mut self.body {
            Body::Whole { bytes, .. } => {
                let bytes = std::mem::take(bytes);
                self.decoder.whole(&bytes, batch).map_err(in_body)?;
                return Ok(Step::Complete);
            }
            Body::Frames(framer) => {
                let decoder = &mut self.decoder;
                let ended = framer.end(&mut |frame| decoder.frame(frame, batch));
                ended.map_err(in_body)?;
            }
        }
        match self.decoder.progress() {
            Progress::Answered | Progress::Done => Ok(Step::Complete),
            Progress::Open => Err(failed(
                ErrorKind::Truncated,
                "the stream ended before the answer did",
            )),
            Progress::Empty => Err(failed(ErrorKind::Protocol, "the stream held no answer")),
        }
    }

    /// The body was cut. Before the first content that may be tried again; whether it was, the
    /// caller knows.
    fn broken(&mut self, failure: BodyFailure) -> Result<Step, LlmError> {
        match failure {
            BodyFailure::Decode(reason) => Err(failed(
                ErrorKind::Protocol,
                format!("the body cannot be decompressed: {reason}"),
            )),
            BodyFailure::Cut(_) if self.is_answered() => Ok(Step::Complete),
            BodyFailure::Cut(reason) => {
                let message = format!("the connection ended before the answer did: {reason}");
                let retryable = matches!(self.body, Body::Frames(_));
                Err(failed(ErrorKind::Truncated, message).retryable(retryable))
            }
        }
    }

    fn is_answered(&self) -> bool {
        matches!(self.decoder.progress(), Progress::Answered | Progress::Done)
    }

    /// Hands over what the decoder held back until the answer was complete.
    pub(crate) fn close(&mut self, batch: &mut EventBatch) {
        self.decoder.close(batch);
    }

    /// Reads to the end of the body, but not for long.
    pub(crate) async fn drain(&mut self) {
        let rest = async { while let Ok(Some(_)) = self.incoming.chunk().await {} };
        // Late or broken: the connection is simply not used again.
        let _ = tokio::time::timeout(DRAIN, rest).await;
    }

    pub(crate) fn finish(&self) -> Finish {
        self.decoder.finish()
    }
}

/// Makes room by doubling, but never past the bound; where memory is short that is an error, not
/// the end of the process.
fn reserve(bytes: &mut Vec<u8>, more: usize, bytes_max: usize) -> Result<(), LlmError> {
    let needed = bytes.len() + more;
    if needed <= bytes.capacity() {
        return Ok(());
    }
    let capacity = needed.max((bytes.capacity() * 2).min(bytes_max));
    bytes
        .try_reserve_exact(capacity - bytes.len())
        .map_err(|_| {
            let message = format!("there is no memory for an answer of {needed} bytes");
            failed(ErrorKind::TooLarge, message)
        })
}

fn failed(kind: ErrorKind, message: impl Into<String>) -> LlmError {
    in_body(LlmError::new(kind, message))
}

/// What a provider reports as its own failure was not run; all else may have been.
fn in_body(mut error: LlmError) -> LlmError {
    error.phase = Phase::Body;
    error.maybe_executed = matches!(
        error.kind,
        ErrorKind::Truncated | ErrorKind::Protocol | ErrorKind::TooLarge
    );
    error
}
