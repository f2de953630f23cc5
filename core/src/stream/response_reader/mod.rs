//! A response being read: bytes become frames, and frames become events. What the end of the bytes
//! means is in `verdict`.

#[cfg(all(test, feature = "openai", feature = "anthropic", feature = "cohere"))]
mod tests;
mod verdict;

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::timeouts::{timed_out_in_body, Deadlines, PROGRESS_BYTES};
use crate::client::options::ClientOptions;
use crate::error::{LlmError, Timer};
use crate::event::EventBatch;
use crate::framing::sniff::Sniffer;
use crate::framing::Framer;
use crate::http::{Read, ResponseBody};
use crate::prefetch::{self, Prefetch};
use crate::providers::{Decoder, FrameDecoder, OperationSummary, Progress, ResponseSummary};

/// What is read in one step while more is ready at once, in bytes of the body and in reads, which
/// may bring nothing of it.
const STEP_BYTES_MAX: usize = 16 * 1024;
const STEP_READS_MAX: u32 = 4;
/// Reads of what follows a response, 16 KiB each at most.
const DRAIN_READS_MAX: u32 = 16;

/// A response whose head has come.
#[derive(Debug)]
pub(crate) struct ResponseReader {
    body: ResponseBody,
    body_decoder: BodyDecoder,
    /// The body was read to its end.
    at_end: bool,
}

/// Makes events of the bytes of one body.
#[derive(Debug)]
struct BodyDecoder {
    framer: Framer,
    decoder: Box<dyn Decoder>,
    /// The status that the response came with.
    status: u16,
    /// Some event went out: the caller has a part of the response.
    has_delivered: bool,
    /// For the receipt of a response that is complete all the same.
    warning: Option<&'static str>,
    /// Bytes since the connection last showed progress.
    quiet_bytes: usize,
}

/// What the reads of one step brought so far.
#[derive(Debug, Default)]
struct Received {
    bytes: usize,
    is_progress: bool,
    error: Option<LlmError>,
}

impl ResponseReader {
    pub(crate) fn new(
        body: ResponseBody,
        status: u16,
        decoder: Box<dyn Decoder>,
        sniffer: Sniffer,
        options: &ClientOptions,
    ) -> Self {
        Self {
            body,
            body_decoder: BodyDecoder::new(status, decoder, sniffer, options),
            at_end: false,
        }
    }

    pub(crate) fn prefetch(&self, load: Prefetch) {
        prefetch::whole(self, load);
        self.body.prefetch(load);
        self.body_decoder.decoder.prefetch(load);
    }

    /// Waits for bytes, then takes all that are ready. Events before an error stay in the batch.
    /// The end is that of the response, which its body may outlast.
    pub(crate) async fn read(
        &mut self,
        deadlines: &mut Deadlines,
        batch: &mut EventBatch,
    ) -> Result<Read, LlmError> {
        let mut received = Received::default();
        let mut step = poll_fn(|context| self.poll_step(context, batch, &mut received));
        let step = match deadlines.wait(Pin::new(&mut step)).await {
            Ok(step) => step,
            Err(timer) => return self.timed_out(timer),
        };
        if received.is_progress {
            deadlines.restart_idle();
        }
        // Checked whatever else was read: a response with a gap is an error.
        batch
            .check()
            .map_err(|error| self.body_decoder.after_status(error))?;
        step
    }

    /// Reads until there is nothing ready, and enough was read, or the response has ended.
    fn poll_step(
        &mut self,
        context: &mut Context<'_>,
        batch: &mut EventBatch,
        received: &mut Received,
    ) -> Poll<Result<Read, LlmError>> {
        let body_decoder = &mut self.body_decoder;
        for reads in 1..=STEP_READS_MAX {
            let mut sink = |piece: &[u8]| body_decoder.feed(piece, batch, received);
            let read = match self.body.poll_read(context, &mut sink) {
                Poll::Ready(read) => read,
                Poll::Pending if reads == 1 => return Poll::Pending,
                Poll::Pending => break,
            };
            if let Some(error) = received.error.take() {
                return Poll::Ready(Err(error));
            }
            self.at_end = matches!(read, Ok(Read::End));
            if body_decoder.is_done() {
                self.body.response_is_complete();
                return Poll::Ready(body_decoder.verdict());
            }
            match read {
                Ok(Read::More) => {}
                Ok(Read::End) => return Poll::Ready(body_decoder.end(batch)),
                Err(failure) => return Poll::Ready(body_decoder.cut(failure, batch)),
            }
            if received.bytes >= STEP_BYTES_MAX {
                break;
            }
        }
        Poll::Ready(Ok(Read::More))
    }

    /// A timer ran out: once the model gave its finish reason, the response is judged as it is.
    pub(crate) fn timed_out(&mut self, timer: Timer) -> Result<Read, LlmError> {
        match self.body_decoder.is_finished() {
            true => self.body_decoder.verdict(),
            false => Err(timed_out_in_body(timer)),
        }
    }

    /// Hands over what the decoder held back until the response was complete.
    pub(crate) fn close(&mut self, batch: &mut EventBatch) {
        self.body_decoder.decoder.close(batch);
    }

    /// Reads and ignores the rest of the body, unless there is much of it: then another connection
    /// is cheaper, and a host that never stops sending would hold the thread.
    pub(crate) async fn drain(&mut self) {
        let ignore = |_: &[u8]| ControlFlow::Continue(());
        for _ in 0..DRAIN_READS_MAX {
            if self.at_end {
                return;
            }
            let read = self.body.read(ignore).await;
            self.at_end = !matches!(read, Ok(Read::More));
        }
    }

    /// A timer ran out: nothing else is begun on a connection that others share.
    pub(crate) fn retire_connection(&self) {
        self.body.retire_connection();
    }

    pub(crate) fn summary(&self) -> ResponseSummary {
        self.body_decoder.summary()
    }

    /// What the receipt of an operation beside chat reports.
    pub(crate) fn operation(&self) -> Option<&OperationSummary> {
        self.body_decoder.decoder.operation()
    }
}

impl BodyDecoder {
    fn new(
        status: u16,
        decoder: Box<dyn Decoder>,
        sniffer: Sniffer,
        options: &ClientOptions,
    ) -> Self {
        Self {
            framer: Framer::sniffing(sniffer, options.event_bytes_max, options.body_bytes_max),
            decoder,
            status,
            has_delivered: false,
            warning: None,
            quiet_bytes: 0,
        }
    }

    fn summary(&self) -> ResponseSummary {
        ResponseSummary {
            warnings: self.warning.iter().map(|&w| w.to_owned()).collect(),
            ..self.decoder.summary()
        }
    }

    /// Takes a piece of the body; an error ends the reading.
    fn feed(
        &mut self,
        piece: &[u8],
        batch: &mut EventBatch,
        received: &mut Received,
    ) -> ControlFlow<()> {
        received.bytes += piece.len();
        // What follows the protocol's last mark is not looked at, whichever read brings it.
        if self.is_done() {
            return ControlFlow::Continue(());
        }
        self.quiet_bytes += piece.len();
        let decoder = self.decoder.as_mut();
        let mut each = FrameDecoder { decoder, batch };
        let activity = self.framer.activity();
        let fed = self.framer.feed(piece, &mut each);
        if self.framer.activity() > activity || self.quiet_bytes >= PROGRESS_BYTES {
            received.is_progress = true;
            self.quiet_bytes = 0;
        }
        self.has_delivered |= !batch.is_empty();
        match fed {
            Err(error) if !self.is_done() => {
                received.error = Some(self.in_response(error));
                ControlFlow::Break(())
            }
            Ok(()) | Err(_) => ControlFlow::Continue(()),
        }
    }

    /// The protocol's last mark has come.
    fn is_done(&self) -> bool {
        self.decoder.progress() == Progress::Done
    }

    /// The model gave its reason for stopping.
    fn is_finished(&self) -> bool {
        matches!(self.decoder.progress(), Progress::Finished | Progress::Done)
    }
}
