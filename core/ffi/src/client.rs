//! What stands behind one `LlmClient *`: starts streams, cancels and acknowledges them, polls their
//! events, closes and frees. Handles no pointers of the caller. Streams are found in
//! `stream_table`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use liter_llm_core::{AnyRequest, CallKeys, Client, KeyMaterial, LlmError, LogRecord};
use serde::Serialize;
use tokio::runtime::Handle;

use crate::buffer::event_json::EventJson;
use crate::core_client::CoreClient;
use crate::error::Failure;
use crate::exit;
use crate::key_caller::KeyCaller;
use crate::queue::{Polled, Queue};
use crate::stream_table::StreamTable;
use crate::stream_task::{self, Asked, EndGuard};
use crate::sync::Wait;
use crate::waker::Waker;

/// The longest that free waits for a task or a wake callback that does not come to its end.
const FREE_WAIT_MAX: Duration = Duration::from_secs(10);

/// One client.
pub struct ClientState {
    core: Client,
    runtime: Handle,
    /// The caller sees KEY, and can answer it.
    answers_keys: bool,
    /// Its streams, and the queue of their events.
    pub streams: Arc<StreamTable>,
}

/// A line of the log, and which stream it is about.
#[derive(Serialize)]
struct LogLine<'a> {
    #[serde(flatten)]
    record: &'a LogRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<u64>,
}

impl ClientState {
    /// A client with its queue; opens no connection. Its log goes nowhere.
    pub fn open(runtime: &Handle, client: CoreClient, waker: Waker) -> Arc<Self> {
        let queue = Arc::new(Queue::new(waker, client.queue_bytes_max));
        Self::with_queue(runtime, client, queue, false)
    }

    /// The same; its log goes into the queue too, and so do the keys that its streams ask for.
    pub fn open_with_log(runtime: &Handle, client: CoreClient, waker: Waker) -> Arc<Self> {
        let queue = Arc::new(Queue::new(waker, client.queue_bytes_max));
        let logger = Arc::new(logger(runtime.clone(), Arc::clone(&queue)));
        let core = client.core.with_logger(logger);
        Self::with_queue(runtime, CoreClient { core, ..client }, queue, true)
    }

    fn with_queue(
        runtime: &Handle,
        client: CoreClient,
        queue: Arc<Queue>,
        answers_keys: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            core: client.core,
            runtime: runtime.clone(),
            answers_keys,
            streams: Arc::new(StreamTable::new(queue, client.stream_window_bytes)),
        })
    }

    /// Claims the number and starts its task.
    pub fn start(&self, stream: u64, provider: &str, request_json: &str) -> Result<(), Failure> {
        self.start_checked(stream, provider, request_json, |_| Ok(()))
    }

    /// The same; requests that do not pass the check are refused by END.
    pub fn start_checked(
        &self,
        stream: u64,
        provider: &str,
        request_json: &str,
        check: fn(&AnyRequest) -> Result<(), LlmError>,
    ) -> Result<(), Failure> {
        exit::check()?;
        let control = self.streams.claim(stream)?;
        let caller = || KeyCaller::new(stream, Arc::clone(&control), Arc::clone(&self.streams));
        let keys = match self.answers_keys {
            true => CallKeys::new(Arc::new(caller())),
            false => CallKeys::default(),
        };
        let guard = EndGuard::new(stream, control, Arc::clone(&self.streams));
        let asked = Box::new(Asked {
            provider: provider.to_owned(),
            request_json: request_json.to_owned(),
            keys,
            check,
        });
        self.runtime
            .spawn(stream_task::run(guard, self.core.clone(), asked));
        Ok(())
    }

    /// Has a stream end with CANCELLED, unless it has ended.
    pub fn cancel(&self, stream: u64) {
        if let Some(control) = self.streams.control(stream) {
            control.cancel();
        }
    }

    /// Gives a stream the key that it asked for, or why there is none. One that is to stop gets
    /// none: its task may be running, and would begin an attempt before it looks again.
    pub fn answer(&self, stream: u64, answer_json: &str) {
        let control = self.streams.control(stream);
        if let Some(control) = control.filter(|control| !control.is_stopping()) {
            control
                .key_answers
                .answer(KeyMaterial::from_json(answer_json));
        }
    }

    /// Acknowledges bytes of a stream, which opens its window.
    pub fn consumed(&self, stream: u64, bytes: usize) {
        if let Some(control) = self.streams.control(stream) {
            control.acknowledge(bytes);
        }
    }

    /// Takes all events there are, and frees the numbers of the streams that ended among them.
    pub fn poll(&self, wait: Wait) -> Option<Polled<'_>> {
        let mut polled = self.streams.queue().poll(wait)?;
        self.streams.release(polled.buffer().ended());
        Some(polled)
    }

    /// Takes no more streams and ends the live ones.
    pub fn close(&self) {
        self.streams.close();
    }

    /// Closes, drops what was not polled, and waits until no task, poller or wake callback is left.
    /// Inside the wake callback, where rule 9 forbids it, nothing is waited for: the callback would
    /// wait for itself.
    pub fn free(&self) {
        let queue = self.streams.queue();
        // First, so that the caller is not woken for ENDs that are thrown away.
        queue.discard();
        self.close();
        if Waker::is_in_callback() {
            return;
        }
        let limit = Instant::now() + FREE_WAIT_MAX;
        queue.wait_until_unused(limit);
        self.streams.wait_for_tasks(limit);
    }
}

/// Puts lines of the log in the queue. A line that belongs to no stream may come from the caller's
/// own thread, which must not run the wake callback; a worker does.
fn logger(runtime: Handle, queue: Arc<Queue>) -> impl Fn(&LogRecord) + Send + Sync {
    move |record| {
        let stream = stream_task::current_stream();
        if stream.is_some() {
            return queue.push_log(&EventJson::log(&LogLine { record, stream }));
        }
        let (queue, record) = (Arc::clone(&queue), record.clone());
        runtime.spawn(async move {
            let record = &record;
            queue.push_log(&EventJson::log(&LogLine { record, stream }));
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
