//! The task of one stream: reads the request, drives the core's stream, hands its batches to the
//! queue, and stops when the host says so. Owns the promise that every accepted start ends exactly
//! once: a `Ticket` that is dropped before its END pushes one. Spawned by `client`.

use std::cell::Cell;
use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use liter_llm_core::{ErrorKind, EventBatch, LlmError, LlmRequest, LlmStream, Phase, Receipt};

use crate::buffer::event_json::Encoded;
use crate::client::ClientState;
use crate::stream_control::Control;

thread_local! {
    /// The stream whose task this thread, one of ours, runs; 0 is none.
    static CURRENT: Cell<u64> = const { Cell::new(0) };
}

/// The stream that the calling thread works for.
pub fn current_stream() -> Option<u64> {
    Some(CURRENT.get()).filter(|stream| *stream != 0)
}

/// While it lives, the thread works for a stream; a panic puts things back too.
struct Current {
    outer: u64,
}

impl Current {
    fn begin(stream: u64) -> Self {
        Self {
            outer: CURRENT.replace(stream),
        }
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
    }
}

/// What a started stream owes its host: one END.
pub struct Ticket {
    stream: u64,
    control: Arc<Control>,
    client: Arc<ClientState>,
    ended: bool,
}

impl Ticket {
    /// For a number that was just claimed.
    pub fn new(stream: u64, control: Arc<Control>, client: Arc<ClientState>) -> Self {
        Self {
            stream,
            control,
            client,
            ended: false,
        }
    }

    fn end(&mut self, receipt: &Receipt) {
        if !self.ended {
            self.ended = true;
            let end = Encoded::end(receipt);
            self.client.queue().push_end(self.stream, &end);
        }
    }

    /// Puts a batch in the queue, waits for room there, then for the stream's window. A stream that
    /// is told to stop waits for nothing, and what it has received is not lost.
    async fn deliver(&mut self, batch: &EventBatch) -> Result<(), Stop> {
        let (control, queue, stream) = (&self.control, self.client.queue(), self.stream);
        let encoded = Encoded::batch(batch);
        let push = |context: &mut Context<'_>| {
            let stop = control.poll_stop(context);
            match queue.push(stream, batch, &encoded, control, stop.is_some()) {
                Some(added) => Poll::Ready((added, stop)),
                None => Poll::Pending,
            }
        };
        let (added, stop) = poll_fn(push).await;
        self.ended |= added.ended;
        match (self.ended, stop) {
            (true, _) => Ok(()),
            (false, Some(kind)) => Err(Stop::Told(kind)),
            (false, None) if added.refused => Err(Stop::OutOfMemory),
            (false, None) => Ok(self.control.window_open().await?),
        }
    }
}

/// Why a stream ends before its answer does.
#[derive(Debug)]
enum Stop {
    /// The host said so.
    Told(ErrorKind),
    /// There is no memory for its events.
    OutOfMemory,
}

impl From<ErrorKind> for Stop {
    fn from(kind: ErrorKind) -> Self {
        Self::Told(kind)
    }
}

impl Stop {
    /// Closes the connection and says how far it came.
    fn receipt(&self, stream: &mut LlmStream) -> Receipt {
        match self {
            Self::Told(kind) => stream.abort(*kind),
            Self::OutOfMemory => {
                let message = "there is no memory for the events of this stream";
                let mut error = LlmError::new(ErrorKind::TooLarge, message);
                error.phase = Phase::Body;
                error.maybe_executed = true;
                let known = stream.abort(ErrorKind::TooLarge);
                error.attempts = known.attempts;
                let failed = Receipt::failed(error);
                let mut receipt = known;
                (receipt.outcome, receipt.error) = (failed.outcome, failed.error);
                receipt
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.ended {
            let message = "a defect of this library ended the stream; stderr names the place";
            self.end(&Receipt::failed(LlmError::new(
                ErrorKind::Internal,
                message,
            )));
        }
        self.client.let_go();
    }
}

/// The task of one stream; log lines that are written meanwhile can say which.
pub async fn drive(ticket: Ticket, provider: String, request_json: String) {
    let stream = ticket.stream;
    let mut life = pin!(live(ticket, provider, request_json));
    let poll = |context: &mut Context<'_>| {
        let _current = Current::begin(stream);
        life.as_mut().poll(context)
    };
    poll_fn(poll).await;
}

/// The life of one stream, from the text of its request to its END.
async fn live(mut ticket: Ticket, provider: String, request_json: String) {
    let request = match read(provider, request_json) {
        Ok(request) => request,
        Err(receipt) => return ticket.end(&receipt),
    };
    let mut stream = ticket.client.core().stream(request);
    while !ticket.ended {
        let step = match ticket.control.or_stop(stream.next_batch()).await {
            Ok(Some(batch)) => ticket.deliver(batch).await,
            // The core's stream is over without an END, which the ticket then makes good.
            Ok(None) => return,
            Err(kind) => Err(Stop::Told(kind)),
        };
        if let Err(stop) = step {
            ticket.end(&stop.receipt(&mut stream));
        }
    }
}

fn read(provider: String, request_json: String) -> Result<LlmRequest, Box<Receipt>> {
    let mut request =
        LlmRequest::from_json(&request_json).map_err(|error| Box::new(Receipt::failed(error)))?;
    if !provider.is_empty() {
        request.provider = Some(provider);
    }
    Ok(request)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::buffer::NO_MEMORY;
    use crate::process::Process;
    use crate::sync::Wait;
    use crate::time_limit::TimeLimit;
    use crate::types::{
        LLM_ERROR_CANCELLED, LLM_ERROR_INTERNAL, LLM_ERROR_TOO_LARGE, LLM_EVENT_END, LLM_EVENT_TEXT,
    };
    use crate::waker::Bell;
    use futures_util::future::FutureExt;
    use liter_llm_core::Event;

    fn client() -> Arc<ClientState> {
        let process = Process::get_or_start(None).unwrap();
        let bell = Bell::new(None, std::ptr::null_mut());
        ClientState::open(process, process.prepared().unwrap(), bell)
    }

    /// Kind and error of everything that is there.
    fn poll(client: &ClientState) -> Vec<(u32, i32)> {
        let Some(mut polled) = client.poll(Wait::Now) else {
            return Vec::new();
        };
        let pieces = polled.buffer().pieces();
        pieces.map(|piece| (piece.kind, piece.error)).collect()
    }

    fn ticket(client: &Arc<ClientState>, stream: u64) -> Ticket {
        let control = client.claim(stream).unwrap();
        Ticket::new(stream, control, Arc::clone(client))
    }

    #[test]
    fn a_ticket_dropped_before_its_end_pushes_one() {
        let _limit = TimeLimit::begin();
        let client = client();
        drop(ticket(&client, 1));
        assert_eq!(poll(&client), [(LLM_EVENT_END, LLM_ERROR_INTERNAL)]);
    }

    #[test]
    fn a_ticket_ends_once() {
        let _limit = TimeLimit::begin();
        let client = client();
        let mut ticket = ticket(&client, 1);
        let cancelled = Receipt::failed(LlmError::new(ErrorKind::Cancelled, "cancelled"));
        ticket.end(&cancelled);
        ticket.end(&cancelled);
        drop(ticket);
        assert_eq!(poll(&client), [(LLM_EVENT_END, LLM_ERROR_CANCELLED)]);
    }

    /// The core's own END, in a batch, is the one that is owed.
    #[test]
    fn an_end_among_the_events_is_the_only_one() {
        let _limit = TimeLimit::begin();
        let client = client();
        let mut ticket = ticket(&client, 1);
        let mut batch = EventBatch::default();
        batch.push_text("text");
        let cancelled = LlmError::new(ErrorKind::Cancelled, "cancelled");
        batch.push(Event::End(Box::new(Receipt::failed(cancelled))));
        assert!(ticket.deliver(&batch).now_or_never().unwrap().is_ok());
        assert!(ticket.ended);
        drop(ticket);
        let expected = [(LLM_EVENT_TEXT, 0), (LLM_EVENT_END, LLM_ERROR_CANCELLED)];
        assert_eq!(poll(&client), expected);
    }

    /// What was received before stays; what had no memory is told, not left out.
    #[test]
    fn a_stream_without_memory_for_its_events_ends_as_too_large() {
        let _limit = TimeLimit::begin();
        let client = client();
        let mut ticket = ticket(&client, 1);
        let mut batch = EventBatch::default();
        batch.push_text("text");
        assert!(ticket.deliver(&batch).now_or_never().unwrap().is_ok());
        NO_MEMORY.set(true);
        let stop = ticket.deliver(&batch).now_or_never().unwrap().unwrap_err();
        let request = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#.to_owned();
        let request = read("openai".to_owned(), request).unwrap();
        let receipt = stop.receipt(&mut client.core().stream(request));
        assert_eq!(receipt.error.as_ref().unwrap().kind, ErrorKind::TooLarge);
        ticket.end(&receipt);
        NO_MEMORY.set(false);
        let expected = [(LLM_EVENT_TEXT, 0), (LLM_EVENT_END, LLM_ERROR_TOO_LARGE)];
        assert_eq!(poll(&client), expected);
    }

    #[test]
    fn a_thread_works_for_the_stream_whose_task_it_runs() {
        assert_eq!(current_stream(), None);
        let outer = Current::begin(7);
        drop(Current::begin(8));
        assert_eq!(current_stream(), Some(7));
        drop(outer);
        assert_eq!(current_stream(), None);
    }
}
