//! An answer being read: bytes become frames, frames become events, and the body's end becomes a
//! verdict. Owns when an answer is complete, cut or nonsense. Called by `stream`.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::task::Poll;

use crate::attempt::timed_out_in_body;
use crate::batch::EventBatch;
use crate::error::{ErrorKind, LlmError, Phase};
use crate::framing::{Framer, Framing};
use crate::http::{BodyFailure, Read, ResponseBody};
use crate::options::ClientOptions;
use crate::providers::{Decoder, Finish, Progress};
use crate::timers::{Watchdog, ALIVE_BYTES};

/// What is read in one step while more is ready at once, in bytes of the body and in reads, which
/// may bring nothing of it.
const STEP_BYTES_MAX: usize = 16 * 1024;
const STEP_READS_MAX: u32 = 4;

#[derive(Debug)]
pub(crate) struct Answer {
    incoming: ResponseBody,
    reader: Reader,
    /// The body was read to its end.
    at_end: bool,
}

/// What makes events of bytes.
#[derive(Debug)]
struct Reader {
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

/// What the reads of one step came to so far.
#[derive(Debug, Default)]
struct Taken {
    bytes: usize,
    alive: bool,
    error: Option<LlmError>,
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
        incoming: ResponseBody,
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
            reader: Reader {
                decoder,
                body,
                quiet_bytes: 0,
            },
            at_end: false,
        }
    }

    /// Waits for bytes, then takes all that are ready. Events before an error stay in the batch.
    pub(crate) async fn read(
        &mut self,
        watchdog: &mut Watchdog,
        batch: &mut EventBatch,
    ) -> Result<Step, LlmError> {
        let (incoming, reader) = (&mut self.incoming, &mut self.reader);
        let mut taken = Taken::default();
        let first = incoming.read(|piece| reader.take(piece, batch, &mut taken));
        let mut read = match watchdog.wait(first).await {
            Ok(read) => read,
            Err(_) if reader.is_answered() => return Ok(Step::Complete),
            Err(timer) => return Err(timed_out_in_body(timer)),
        };
        let mut reads = 0;
        let step = poll_fn(|context| loop {
            if let Some(error) = taken.error.take() {
                return Poll::Ready(Err(error));
            }
            self.at_end = matches!(read, Ok(Read::End));
            if reader.decoder.progress() == Progress::Done {
                return Poll::Ready(Ok(Step::Complete));
            }
            match std::mem::replace(&mut read, Ok(Read::End)) {
                Ok(Read::More) => {}
                Ok(Read::End) => return Poll::Ready(reader.ended(batch)),
                Err(failure) => return Poll::Ready(reader.broken(failure)),
            }
            reads += 1;
            if taken.bytes >= STEP_BYTES_MAX || reads >= STEP_READS_MAX {
                return Poll::Ready(Ok(Step::More));
            }
            let mut take = |piece: &[u8]| reader.take(piece, batch, &mut taken);
            read = match incoming.poll_read(context, &mut take) {
                Poll::Ready(read) => read,
                Poll::Pending => return Poll::Ready(Ok(Step::More)),
            };
        });
        let step = step.await;
        if taken.alive {
            watchdog.feed();
        }
        step
    }

    /// Hands over what the decoder held back until the answer was complete.
    pub(crate) fn close(&mut self, batch: &mut EventBatch) {
        self.reader.decoder.close(batch);
    }

    /// Reads to the end of the body, which nobody looks at.
    pub(crate) async fn drain(&mut self) {
        let ignore = |_: &[u8]| ControlFlow::Continue(());
        while !self.at_end {
            let read = self.incoming.read(ignore).await;
            self.at_end = !matches!(read, Ok(Read::More));
        }
    }

    /// A timer ran out: nothing else is begun on a connection that others share.
    pub(crate) fn retire_connection(&self) {
        self.incoming.retire_connection();
    }

    pub(crate) fn finish(&self) -> Finish {
        self.reader.decoder.finish()
    }
}

impl Reader {
    /// Takes a piece of the body; an error ends the reading.
    fn take(&mut self, piece: &[u8], batch: &mut EventBatch, taken: &mut Taken) -> ControlFlow<()> {
        taken.bytes += piece.len();
        // What follows the protocol's last mark is not looked at, whichever read brings it.
        if self.decoder.progress() == Progress::Done {
            return ControlFlow::Continue(());
        }
        self.quiet_bytes += piece.len();
        let mut alive = self.quiet_bytes >= ALIVE_BYTES;
        let fed = match &mut self.body {
            Body::Frames(framer) => {
                let signs = framer.signs_of_life();
                let decoder = &mut self.decoder;
                let fed = framer.feed(piece, &mut |frame| decoder.frame(frame, batch));
                alive |= framer.signs_of_life() > signs;
                fed
            }
            Body::Whole { bytes, bytes_max } => extend(bytes, piece, *bytes_max),
        };
        if alive {
            taken.alive = true;
            self.quiet_bytes = 0;
        }
        match fed {
            Err(error) if self.decoder.progress() != Progress::Done => {
                taken.error = Some(in_body(error));
                ControlFlow::Break(())
            }
            Ok(()) | Err(_) => ControlFlow::Continue(()),
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
}

/// Makes room by doubling, but never past the bound; where memory is short that is an error, not
/// the end of the process.
fn extend(bytes: &mut Vec<u8>, piece: &[u8], bytes_max: usize) -> Result<(), LlmError> {
    let needed = bytes.len() + piece.len();
    if needed > bytes_max {
        let message = format!("the answer is longer than body_bytes_max ({bytes_max})");
        return Err(failed(ErrorKind::TooLarge, message));
    }
    if needed > bytes.capacity() {
        let capacity = needed.max((bytes.capacity() * 2).min(bytes_max));
        bytes
            .try_reserve_exact(capacity - bytes.len())
            .map_err(|_| {
                let message = format!("there is no memory for an answer of {needed} bytes");
                failed(ErrorKind::TooLarge, message)
            })?;
    }
    bytes.extend_from_slice(piece);
    Ok(())
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
