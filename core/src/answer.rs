//! An answer being read: bytes become frames, frames become events, and the body's end becomes a
//! verdict. Owns when an answer is complete, cut or nonsense. Called by `stream`.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::task::Poll;
use std::time::Duration;

use crate::attempt::timed_out;
use crate::batch::EventBatch;
use crate::bounded;
use crate::error::{ErrorKind, LlmError, Phase};
use crate::framing::{Framer, Framing};
use crate::http::{BodyFailure, IncomingBody, Read};
use crate::options::ClientOptions;
use crate::providers::{Decoder, Finish, Progress};
use crate::timers::{Watchdog, ALIVE_BYTES};

/// How long the rest of a complete answer is read so that its connection can be used again.
const DRAIN: Duration = Duration::from_millis(20);
/// What is read in one step while more is ready at once.
const STEP_BYTES_MAX: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct Answer {
    incoming: IncomingBody,
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
            Err(timer) => {
                let mut error = timed_out(timer, Phase::Body);
                error.maybe_executed = true;
                return Err(error);
            }
        };
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
            if taken.bytes >= STEP_BYTES_MAX {
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
        // Whatever the bytes say: an answer with a hole in it is none.
        batch.check().map_err(in_body)?;
        step
    }

    /// Hands over what the decoder held back until the answer was complete.
    pub(crate) fn close(&mut self, batch: &mut EventBatch) {
        self.reader.decoder.close(batch);
    }

    /// Reads to the end of the body, but not for long.
    pub(crate) async fn drain(&mut self) {
        if self.at_end {
            return;
        }
        let incoming = &mut self.incoming;
        let rest = async {
            let ignore = |_: &[u8]| ControlFlow::Continue(());
            while let Ok(Read::More) = incoming.read(ignore).await {}
        };
        // Late or broken: the connection is simply not used again.
        let _ = tokio::time::timeout(DRAIN, rest).await;
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
            Body::Whole { bytes, bytes_max } => bounded::extend(bytes, piece, *bytes_max),
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
