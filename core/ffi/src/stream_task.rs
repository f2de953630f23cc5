//! The task of one stream: reads the request, runs the core's stream, hands its batches to the
//! queue, and stops when the caller cancels. Owns the promise that every accepted start ends
//! exactly once: an `EndGuard` that is dropped before its END pushes one.

use std::cell::Cell;
use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use liter_llm_core::{
    AnyRequest, CallKeys, Client, ErrorKind, EventBatch, LlmError, LlmStream, Phase, Receipt,
};

use crate::buffer::event_json::EventJson;
use crate::owed_wakes;
use crate::prefetch;
use crate::stream_control::StreamControl;
use crate::stream_table::StreamTable;
use crate::worker_load;

/// The message of a stream whose task panics or loses its END.
const LOST_MESSAGE: &str =
    "internal error, a bug in liter_llm, ended this stream; stderr names the place";

thread_local! {
    /// The stream whose task this thread, one of ours, runs; 0 is none.
    static CURRENT: Cell<u64> = const { Cell::new(0) };
}

/// The END that a started stream has to push. Dropped without one, as a panic does, it pushes
/// INTERNAL.
pub struct EndGuard {
    stream: u64,
    control: Arc<StreamControl>,
    streams: Arc<StreamTable>,
    ended: bool,
}

impl EndGuard {
    /// For a number that was just claimed.
    pub fn new(stream: u64, control: Arc<StreamControl>, streams: Arc<StreamTable>) -> Self {
        Self {
            stream,
            control,
            streams,
            ended: false,
        }
    }

    fn end(&mut self, receipt: &Receipt) {
        if !self.ended {
            self.ended = true;
            let end = EventJson::end(receipt);
            self.streams.queue().push_end(self.stream, &end);
        }
    }

    /// Puts a batch in the queue, waits for room there, then for the stream's window. A stream that
    /// is stopping waits for nothing, and what it has received is not lost.
    async fn deliver(&mut self, batch: &EventBatch) -> Result<(), Stop> {
        let (control, queue, stream) = (&self.control, self.streams.queue(), self.stream);
        let json = EventJson::of_batch(batch);
        let push = |context: &mut Context<'_>| {
            let stop = control.poll_stop(context);
            match queue.push(stream, batch, &json, control, stop.is_some()) {
                Some(added) => Poll::Ready((added, stop)),
                None => Poll::Pending,
            }
        };
        let (added, stop) = poll_fn(push).await;
        self.ended |= added.ended;
        match (self.ended, stop) {
            (true, _) => Ok(()),
            // Also of a stream that is stopping: its receipt is not to claim what was lost.
            (false, _) if added.refused => Err(Stop::OutOfMemory),
            (false, Some(kind)) => Err(Stop::Requested(kind)),
            (false, None) => Ok(self.control.until_window_opens().await?),
        }
    }
}

impl Drop for EndGuard {
    fn drop(&mut self) {
        if !self.ended {
            let lost = LlmError::new(ErrorKind::Internal, LOST_MESSAGE);
            self.end(&Receipt::failed(lost));
        }
        self.streams.task_ended();
    }
}

/// Why a stream ends before its response does.
#[derive(Debug)]
enum Stop {
    /// The caller cancelled or closed.
    Requested(ErrorKind),
    /// There is no memory for its events.
    OutOfMemory,
}

impl From<ErrorKind> for Stop {
    fn from(kind: ErrorKind) -> Self {
        Self::Requested(kind)
    }
}

impl Stop {
    /// Closes the connection and returns the receipt so far.
    fn receipt(&self, stream: &mut LlmStream) -> Receipt {
        match self {
            Self::Requested(kind) => stream.abort(*kind),
            Self::OutOfMemory => {
                let message = "no memory for the events of this stream";
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

/// The stream that the calling thread works for.
pub fn current_stream() -> Option<u64> {
    Some(CURRENT.get()).filter(|stream| *stream != 0)
}

/// What a stream is asked to do, as its caller wrote it. In a box: the task of a stream keeps room
/// for its arguments as long as it runs.
pub struct Asked {
    pub provider: String,
    pub request_json: String,
    /// Who is asked for keys.
    pub keys: CallKeys,
    /// Refuses requests whose events this way of asking cannot hand over.
    pub check: fn(&AnyRequest) -> Result<(), LlmError>,
}

/// The task of one stream; log lines that are written meanwhile can name it.
pub async fn run(guard: EndGuard, core: Client, asked: Box<Asked>) {
    let stream = guard.stream;
    let mut task = pin!(run_to_end(guard, core, asked));
    let poll = |context: &mut Context<'_>| {
        prefetch::whole(&*task.as_ref());
        owed_wakes::pay_if_due();
        worker_load::count_poll();
        let _current = Current::begin(stream);
        task.as_mut().poll(context)
    };
    poll_fn(poll).await;
}

/// From the text of the request to END. The core's stream, and so its connection, is dropped before
/// dropping the guard reports that the task has ended.
async fn run_to_end(mut guard: EndGuard, core: Client, asked: Box<Asked>) {
    let request = match parse_request(*asked) {
        Ok(request) => request,
        Err(receipt) => return guard.end(&receipt),
    };
    let mut stream = core.start(request);
    while !guard.ended {
        let control = &*guard.control;
        let next = poll_fn(|context| {
            prefetch::whole(control);
            stream.prefetch(prefetch::load);
            control.poll_until_stopped(context, |context| stream.poll_batch(context))
        });
        let step = match next.await {
            Ok(true) => guard.deliver(stream.batch()).await,
            // The core's stream is over without an END, which the guard then adds.
            Ok(false) => return,
            Err(kind) => Err(Stop::Requested(kind)),
        };
        if let Err(stop) = step {
            guard.end(&stop.receipt(&mut stream));
        }
    }
}

fn parse_request(asked: Asked) -> Result<AnyRequest, Box<Receipt>> {
    let failed = |error| Box::new(Receipt::failed(error));
    let mut request = AnyRequest::from_json(&asked.request_json).map_err(failed)?;
    (asked.check)(&request).map_err(failed)?;
    if !asked.provider.is_empty() {
        request.call_mut().provider = Some(asked.provider);
    }
    request.call_mut().keys = asked.keys;
    Ok(request)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::buffer::NO_MEMORY;
    use crate::queue::Queue;
    use crate::sync::Wait;
    use crate::tests::time_limit::TimeLimit;
    use crate::types::{
        LLM_ERROR_CANCELLED, LLM_ERROR_INTERNAL, LLM_ERROR_TOO_LARGE, LLM_EVENT_END, LLM_EVENT_TEXT,
    };
    use crate::waker::Waker;
    use futures_util::future::FutureExt;
    use liter_llm_core::{ClientOptions, Event};

    fn streams() -> Arc<StreamTable> {
        let waker = Waker::new(None, std::ptr::null_mut());
        Arc::new(StreamTable::new(Arc::new(Queue::new(waker, 1000)), 1000))
    }

    /// Kind and error of everything that is there.
    fn poll(streams: &StreamTable) -> Vec<(u32, i32)> {
        let Some(mut polled) = streams.queue().poll(Wait::Now) else {
            return Vec::new();
        };
        let events = polled.buffer().events();
        events.map(|event| (event.kind, event.error)).collect()
    }

    fn guard(streams: &Arc<StreamTable>) -> EndGuard {
        let control = streams.claim(1).unwrap();
        EndGuard::new(1, control, Arc::clone(streams))
    }

    #[test]
    fn a_guard_dropped_before_its_end_pushes_one() {
        let _limit = TimeLimit::begin();
        let streams = streams();
        drop(guard(&streams));
        assert_eq!(poll(&streams), [(LLM_EVENT_END, LLM_ERROR_INTERNAL)]);
    }

    #[test]
    fn a_guard_ends_once() {
        let _limit = TimeLimit::begin();
        let streams = streams();
        let mut guard = guard(&streams);
        let cancelled = Receipt::failed(LlmError::new(ErrorKind::Cancelled, "cancelled"));
        guard.end(&cancelled);
        guard.end(&cancelled);
        drop(guard);
        assert_eq!(poll(&streams), [(LLM_EVENT_END, LLM_ERROR_CANCELLED)]);
    }

    /// The core's own END, in a batch, counts as this END.
    #[test]
    fn an_end_among_the_events_is_the_only_one() {
        let _limit = TimeLimit::begin();
        let streams = streams();
        let mut guard = guard(&streams);
        let mut batch = EventBatch::default();
        batch.push_text("text");
        let cancelled = LlmError::new(ErrorKind::Cancelled, "cancelled");
        batch.push(Event::End(Box::new(Receipt::failed(cancelled))));
        assert!(guard.deliver(&batch).now_or_never().unwrap().is_ok());
        assert!(guard.ended);
        drop(guard);
        let expected = [(LLM_EVENT_TEXT, 0), (LLM_EVENT_END, LLM_ERROR_CANCELLED)];
        assert_eq!(poll(&streams), expected);
    }

    /// What was received before stays; what had no memory ends the stream with an error.
    #[test]
    fn a_stream_without_memory_for_its_events_ends_as_too_large() {
        let _limit = TimeLimit::begin();
        let streams = streams();
        let mut guard = guard(&streams);
        let mut batch = EventBatch::default();
        batch.push_text("text");
        assert!(guard.deliver(&batch).now_or_never().unwrap().is_ok());
        NO_MEMORY.set(true);
        let stop = guard.deliver(&batch).now_or_never().unwrap().unwrap_err();
        assert!(matches!(stop, Stop::OutOfMemory));
        guard.control.cancel();
        let stop = guard.deliver(&batch).now_or_never().unwrap().unwrap_err();
        let request = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#.to_owned();
        let request = parse_request(Asked {
            provider: "openai".to_owned(),
            request_json: request,
            keys: CallKeys::default(),
            check: |_| Ok(()),
        })
        .unwrap();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        let _entered = runtime.enter();
        let core = Client::new(ClientOptions::from_json("{}").unwrap()).unwrap();
        let receipt = stop.receipt(&mut core.start(request));
        assert_eq!(receipt.error.as_ref().unwrap().kind, ErrorKind::TooLarge);
        guard.end(&receipt);
        NO_MEMORY.set(false);
        let expected = [(LLM_EVENT_TEXT, 0), (LLM_EVENT_END, LLM_ERROR_TOO_LARGE)];
        assert_eq!(poll(&streams), expected);
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
