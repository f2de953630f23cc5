//! An answer being read: bytes become frames, frames become events, and the end of either becomes
//! a verdict. Owns what every error behind a good status has in common. Called by `stream`.

mod body;

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::task::Poll;

use crate::batch::EventBatch;
use crate::error::{one_line, ErrorKind, LlmError, Phase, Timer, OUTSIDE_BYTES_MAX};
use crate::event::FinishReason;
use crate::framing::sniff::Sniffer;
use crate::framing::Frame;
use crate::http::{BodyFailure, Read, ResponseBody};
use crate::options::ClientOptions;
use crate::providers::{ending, json, Decoder, Finish, Progress};
use crate::stream::attempt::timed_out_in_body;
use crate::stream::timeouts::{Watchdog, ALIVE_BYTES};
use body::Body;

/// What is read in one step while more is ready at once, in bytes of the body and in reads, which
/// may bring nothing of it.
const STEP_BYTES_MAX: usize = 16 * 1024;
const STEP_READS_MAX: u32 = 4;
/// Reads of what follows an answer, 16 KiB each at most.
const DRAIN_READS_MAX: u32 = 16;

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
    /// The status that the answer came with.
    status: u16,
    body: Body,
    /// Some event went out: the caller has a part of the answer.
    has_delivered: bool,
    /// What the receipt of a complete answer says beside it.
    warning: Option<&'static str>,
    /// Bytes since the last sign of life.
    quiet_bytes: usize,
}

/// What the reads of one step came to so far.
#[derive(Debug, Default)]
struct Taken {
    bytes: usize,
    alive: bool,
    error: Option<LlmError>,
}

/// How the bytes of a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Proper,
    /// By a reset, or a close that was not announced.
    Cut,
}

/// What a step of reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    More,
    Complete,
}

impl Answer {
    pub(crate) fn new(
        incoming: ResponseBody,
        status: u16,
        decoder: Box<dyn Decoder>,
        sniffer: Sniffer,
        options: &ClientOptions,
    ) -> Self {
        Self {
            incoming,
            reader: Reader::new(status, decoder, sniffer, options),
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
            Err(timer) => return self.timed_out(timer),
        };
        let mut reads = 0;
        let step = poll_fn(|context| loop {
            if let Some(error) = taken.error.take() {
                return Poll::Ready(Err(error));
            }
            self.at_end = matches!(read, Ok(Read::End));
            if reader.decoder.progress() == Progress::Done {
                return Poll::Ready(reader.judge());
            }
            match std::mem::replace(&mut read, Ok(Read::End)) {
                Ok(Read::More) => {}
                Ok(Read::End) => return Poll::Ready(reader.ended(batch)),
                Err(failure) => return Poll::Ready(reader.broken(failure, batch)),
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
        // Whatever the bytes say: an answer with a hole in it is none.
        batch.check().map_err(|error| reader.behind_status(error))?;
        step
    }

    /// A timer ran out: nothing that matters follows an answer whose model said why it stopped.
    pub(crate) fn timed_out(&mut self, timer: Timer) -> Result<Step, LlmError> {
        match self.reader.is_answered() {
            true => self.reader.judge(),
            false => Err(timed_out_in_body(timer)),
        }
    }

    /// Hands over what the decoder held back until the answer was complete.
    pub(crate) fn close(&mut self, batch: &mut EventBatch) {
        self.reader.decoder.close(batch);
    }

    /// Reads to the end of the body, which nobody looks at, unless there is much of it: then
    /// another connection is cheaper, and a host that never stops sending would hold the thread.
    pub(crate) async fn drain(&mut self) {
        let ignore = |_: &[u8]| ControlFlow::Continue(());
        for _ in 0..DRAIN_READS_MAX {
            if self.at_end {
                return;
            }
            let read = self.incoming.read(ignore).await;
            self.at_end = !matches!(read, Ok(Read::More));
        }
    }

    /// A timer ran out: nothing else is begun on a connection that others share.
    pub(crate) fn retire_connection(&self) {
        self.incoming.retire_connection();
    }

    pub(crate) fn finish(&self) -> Finish {
        self.reader.finish()
    }
}

impl Reader {
    fn new(
        status: u16,
        decoder: Box<dyn Decoder>,
        sniffer: Sniffer,
        options: &ClientOptions,
    ) -> Self {
        Self {
            decoder,
            status,
            body: Body::new(sniffer, options),
            has_delivered: false,
            warning: None,
            quiet_bytes: 0,
        }
    }

    fn finish(&self) -> Finish {
        Finish {
            warnings: self.warning.iter().map(|&w| w.to_owned()).collect(),
            ..self.decoder.finish()
        }
    }

    /// Takes a piece of the body; an error ends the reading.
    fn take(&mut self, piece: &[u8], batch: &mut EventBatch, taken: &mut Taken) -> ControlFlow<()> {
        taken.bytes += piece.len();
        // What follows the protocol's last mark is not looked at, whichever read brings it.
        if self.decoder.progress() == Progress::Done {
            return ControlFlow::Continue(());
        }
        self.quiet_bytes += piece.len();
        let decoder = &mut self.decoder;
        let mut each = |frame: Frame<'_>| decode(&mut **decoder, frame, batch);
        let (fed, is_sign) = self.body.feed(piece, &mut each);
        let alive = is_sign || self.quiet_bytes >= ALIVE_BYTES;
        if alive {
            taken.alive = true;
            self.quiet_bytes = 0;
        }
        self.has_delivered |= !batch.is_empty();
        match fed {
            Err(error) if self.decoder.progress() != Progress::Done => {
                taken.error = Some(self.in_answer(error));
                ControlFlow::Break(())
            }
            Ok(()) | Err(_) => ControlFlow::Continue(()),
        }
    }

    /// The body ended properly: was it an answer?
    fn ended(&mut self, batch: &mut EventBatch) -> Result<Step, LlmError> {
        self.settle(batch)?;
        let Body::Whole { bytes, .. } = &mut self.body else {
            return self.ended_stream(batch, Ending::Proper);
        };
        let bytes = std::mem::take(bytes);
        let read = match std::str::from_utf8(&bytes) {
            Ok(text) if !json::is_shallow(text) => Err(too_deep(text)),
            _ => self.decoder.whole(&bytes, batch),
        };
        self.has_delivered |= !batch.is_empty();
        read.map_err(|error| self.in_answer(error))?;
        self.judge().map_err(|error| error.detail(&bytes))
    }

    /// Reads what was held back until it was known to be all.
    fn settle(&mut self, batch: &mut EventBatch) -> Result<(), LlmError> {
        let decoder = &mut self.decoder;
        let mut each = |frame: Frame<'_>| decode(&mut **decoder, frame, batch);
        let settled = self.body.settle(&mut each);
        self.has_delivered |= !batch.is_empty();
        settled.map_err(|error| self.in_answer(error))
    }

    /// The body was cut.
    fn broken(&mut self, failure: BodyFailure, batch: &mut EventBatch) -> Result<Step, LlmError> {
        let reason = match failure {
            BodyFailure::Decode(reason) => {
                let message = format!("the body cannot be decompressed: {reason}");
                let error = LlmError::new(ErrorKind::Protocol, message);
                return Err(self.behind_status(error));
            }
            BodyFailure::Cut(reason) => reason,
        };
        self.settle(batch)?;
        let verdict = match &self.body {
            Body::Undecided { .. } | Body::Whole { .. } => {
                let error = LlmError::new(ErrorKind::Truncated, "the answer was cut");
                Err(self.behind_status(error))
            }
            Body::Frames(_) => self.ended_stream(batch, Ending::Cut),
        };
        verdict.map_err(|mut error| {
            error.message = one_line(&format!("{}: {reason}", error.message), OUTSIDE_BYTES_MAX);
            error
        })
    }

    /// The bytes of a stream ended. How politely they did makes no difference once an answer had
    /// begun: the verdict is the same for a proper end, a reset and a close. Of nothing at all, a
    /// proper end is the host's own word, which it would give again.
    fn ended_stream(&mut self, batch: &mut EventBatch, ending: Ending) -> Result<Step, LlmError> {
        let mut is_cut = false;
        if let Body::Frames(framer) = &mut self.body {
            let decoder = &mut self.decoder;
            is_cut = framer.is_inside_event();
            let ended = framer.end(&mut |frame| {
                is_cut = json::is_cut(frame.data);
                match is_cut {
                    true => Ok(()),
                    false => decode(&mut **decoder, frame, batch),
                }
            });
            self.has_delivered |= !batch.is_empty();
            match ended {
                Err(error) if self.decoder.progress() != Progress::Done => {
                    return Err(self.in_answer(error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        // Where the caller has nothing and the model had not finished, it may be asked again.
        let may_retry = !self.has_delivered && !self.is_answered() && !self.has_finished();
        if is_cut && !self.is_answered() {
            let error = LlmError::new(ErrorKind::Truncated, "the stream ended inside an event");
            return Err(self.behind_status(error.retryable(may_retry)));
        }
        if self.decoder.progress() == Progress::Empty && ending == Ending::Cut {
            let error = LlmError::new(ErrorKind::Truncated, "the stream ended before it began");
            return Err(self.behind_status(error.retryable(true)));
        }
        self.judge().map_err(|error| match error.kind {
            ErrorKind::Truncated => error.retryable(may_retry),
            _ => error,
        })
    }

    /// The answer ended, by its mark or with the body.
    fn judge(&mut self) -> Result<Step, LlmError> {
        let verdict = ending::judge(self.decoder.seen());
        self.warning = verdict.map_err(|error| self.behind_status(error))?;
        Ok(Step::Complete)
    }

    /// The model said why it stopped, and not that it failed.
    fn has_finished(&self) -> bool {
        let reason = self.decoder.seen().reason;
        reason.is_some_and(|reason| reason != FinishReason::Error)
    }

    /// An error that the answer itself is, or says. Once the model had finished, the same request
    /// is not sent again for it.
    fn in_answer(&self, error: LlmError) -> LlmError {
        let retryable = error.retryable && !self.has_finished();
        self.behind_status(error.retryable(retryable))
    }

    /// What holds for every error behind a good status: the provider took the request, and unless
    /// it says that it refused it, it may have run it.
    fn behind_status(&self, error: LlmError) -> LlmError {
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

    fn is_answered(&self) -> bool {
        matches!(self.decoder.progress(), Progress::Answered | Progress::Done)
    }
}

fn failed(kind: ErrorKind, message: impl Into<String>) -> LlmError {
    LlmError::new(kind, message).phase(Phase::Body)
}

/// Reads one frame, unless it is nested too deep for whoever may look into it.
fn decode(
    decoder: &mut dyn Decoder,
    frame: Frame<'_>,
    batch: &mut EventBatch,
) -> Result<(), LlmError> {
    match json::is_shallow(frame.data) {
        true => decoder.frame(frame, batch),
        false => Err(too_deep(frame.data)),
    }
}

fn too_deep(text: &str) -> LlmError {
    let levels = json::LEVELS_MAX;
    let message = format!("the answer's JSON is nested in more than {levels} levels");
    failed(ErrorKind::Protocol, message).detail(text.as_bytes())
}

#[cfg(all(test, feature = "openai", feature = "anthropic", feature = "cohere"))]
mod tests;
