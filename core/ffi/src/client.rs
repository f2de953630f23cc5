//! The live table of one client: which stream numbers are in use and how to reach their tasks.
//! Owns start, cancel, consumed, poll, close and free; knows no pointers of the host. The table's
//! lock is held to look a number up, never while the host or the network runs. Called by `lib` with
//! checked arguments, and by `invoke` for a client of one stream.

use std::collections::hash_map::Entry;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use liter_llm_core::{Client, ClientOptions, ErrorKind, LlmError, LogRecord};
use serde::Serialize;

use crate::bell::Bell;
use crate::boundary::{invalid, Failure};
use crate::control::Control;
use crate::drive::{self, Ticket};
use crate::encoded::Encoded;
use crate::queue::{Polled, Queue};
use crate::runtime::Process;
use crate::sync::{lock, sleep, Wait};

/// The longest that free waits for a task or a bell that does not come to its end.
const FREE_WAIT_MAX: Duration = Duration::from_secs(10);

/// What stands behind one `LlmClient *`.
pub struct ClientState {
    client: Client,
    process: &'static Process,
    queue: Arc<Queue>,
    stream_window_bytes: usize,
    live: Mutex<Live>,
    idle: Condvar,
}

#[derive(Debug, Default)]
struct Live {
    closed: bool,
    /// Numbers in use: from start until their END was polled.
    streams: HashMap<u64, Arc<Control>>,
    /// Tasks that have not let go yet.
    tasks: usize,
}

/// A line of the log, and which stream it is about.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    record: &'a LogRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<u64>,
}

impl ClientState {
    /// A client with its queue; opens no connection.
    pub fn open(
        process: &'static Process,
        options: ClientOptions,
        bell: Bell,
    ) -> Result<Arc<Self>, Failure> {
        let queue = Arc::new(Queue::new(bell, options.queue_bytes_max));
        let stream_window_bytes = options.stream_window_bytes;
        let http = process.http(&options.http())?;
        let logger = logger(process, Arc::clone(&queue));
        let client = Client::with_http(options, http).with_logger(Arc::new(logger));
        let live = Mutex::default();
        let idle = Condvar::new();
        Ok(Arc::new(Self {
            client,
            process,
            queue,
            stream_window_bytes,
            live,
            idle,
        }))
    }

    /// The core's client.
    pub fn core(&self) -> &Client {
        &self.client
    }

    /// Where events go.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Claims the number and starts its task.
    pub fn start(
        self: &Arc<Self>,
        stream: u64,
        provider: &str,
        request_json: &str,
    ) -> Result<(), Failure> {
        let control = self.claim(stream)?;
        let ticket = Ticket::new(stream, control, Arc::clone(self));
        self.process.spawn(drive::drive(
            ticket,
            provider.to_owned(),
            request_json.to_owned(),
        ));
        Ok(())
    }

    /// Has a stream end with CANCELLED, unless it has ended.
    pub fn cancel(&self, stream: u64) {
        if let Some(control) = self.control(stream) {
            control.cancel();
        }
    }

    /// Gives bytes back to a stream's window.
    pub fn consumed(&self, stream: u64, bytes: usize) {
        if let Some(control) = self.control(stream) {
            control.consumed(bytes);
        }
    }

    /// Takes all events there are, and frees the numbers of the streams that ended among them.
    pub fn poll(&self, wait: Wait) -> Option<Polled<'_>> {
        let mut polled = self.queue.poll(wait)?;
        let ended = polled.buffer().ended();
        if !ended.is_empty() {
            let mut live = lock(&self.live);
            for stream in ended {
                live.streams.remove(stream);
            }
        }
        Some(polled)
    }

    /// Takes no more streams and ends the live ones.
    pub fn close(&self) {
        {
            let mut live = lock(&self.live);
            live.closed = true;
            live.streams.values().for_each(|control| control.close());
        }
        self.queue.close();
    }

    /// Closes, drops what was not polled, and waits until no task, poller or bell is left. Inside
    /// the bell, where rule 9 forbids it, nothing is waited for: the ring would wait for itself.
    pub fn free(&self) {
        // First the bell: nobody is rung for ENDs that are thrown away.
        self.queue.shut();
        self.close();
        if Bell::is_inside() {
            return;
        }
        let limit = Instant::now() + FREE_WAIT_MAX;
        self.queue.wait_unused(limit);
        let mut live = lock(&self.live);
        while live.tasks > 0 {
            match sleep(&self.idle, live, Wait::Until(limit)) {
                Some(woken) => live = woken,
                None => return,
            }
        }
    }

    /// A task is done with this client.
    pub fn let_go(&self) {
        let mut live = lock(&self.live);
        live.tasks -= 1;
        if live.tasks == 0 && live.closed {
            self.idle.notify_all();
        }
    }

    /// How to reach the task of a number in use.
    pub fn control(&self, stream: u64) -> Option<Arc<Control>> {
        lock(&self.live).streams.get(&stream).cloned()
    }

    fn claim(&self, stream: u64) -> Result<Arc<Control>, Failure> {
        if stream == 0 {
            return Err(invalid(
                "stream number 0 stands for no stream; choose another",
            ));
        }
        let control = Arc::new(Control::new(self.stream_window_bytes));
        let mut live = lock(&self.live);
        if live.closed {
            let message = "the client is closed; make a new one";
            return Err(LlmError::new(ErrorKind::Closed, message).into());
        }
        match live.streams.entry(stream) {
            Entry::Occupied(_) => {
                let message = format!("stream number {stream} is in use until its END was polled");
                return Err(invalid(message));
            }
            Entry::Vacant(vacant) => vacant.insert(Arc::clone(&control)),
        };
        live.tasks += 1;
        self.queue.expect_end();
        Ok(control)
    }
}

/// Puts lines of the log in the queue. A line that belongs to no stream may come from the host's
/// own thread, which must not ring the bell; a worker does.
fn logger(process: &'static Process, queue: Arc<Queue>) -> impl Fn(&LogRecord) + Send + Sync {
    move |record| {
        let stream = drive::current_stream();
        if stream.is_some() {
            return queue.push_log(&Encoded::log(&Line { record, stream }));
        }
        let (queue, record) = (Arc::clone(&queue), record.clone());
        process.spawn(async move {
            let record = &record;
            queue.push_log(&Encoded::log(&Line { record, stream }));
        });
    }
}
