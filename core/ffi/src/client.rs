//! The live table of one client: which stream numbers are in use and how to reach their tasks.
//! Owns start, cancel, consumed, poll, close and free; knows no pointers of the host. The table's
//! lock is held to look a number up, never while the host or the network runs. Called by `lib` with
//! checked arguments, and by `invoke` for a client of one stream.

use std::collections::hash_map::Entry;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use liter_llm_core::{Client, ErrorKind, LlmError, LogRecord};
use serde::Serialize;

use crate::buffer::event_json::Encoded;
use crate::core_client::Prepared;
use crate::error::{invalid, Failure};
use crate::exit;
use crate::process::Process;
use crate::queue::{Polled, Queue};
use crate::stream_control::Control;
use crate::stream_task::{self, Ticket};
use crate::sync::{lock, sleep, Wait};
use crate::waker::Bell;

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
    pub fn open(process: &'static Process, prepared: Prepared, bell: Bell) -> Arc<Self> {
        let queue = Arc::new(Queue::new(bell, prepared.queue_bytes_max));
        Self::with_queue(process, prepared, queue)
    }

    /// The same; its log goes into the queue too.
    pub fn open_with_log(process: &'static Process, prepared: Prepared, bell: Bell) -> Arc<Self> {
        let queue = Arc::new(Queue::new(bell, prepared.queue_bytes_max));
        let logger = Arc::new(logger(process, Arc::clone(&queue)));
        let core = prepared.core.with_logger(logger);
        Self::with_queue(process, Prepared { core, ..prepared }, queue)
    }

    fn with_queue(process: &'static Process, prepared: Prepared, queue: Arc<Queue>) -> Arc<Self> {
        Arc::new(Self {
            client: prepared.core,
            process,
            queue,
            stream_window_bytes: prepared.stream_window_bytes,
            live: Mutex::default(),
            idle: Condvar::new(),
        })
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
        exit::refuse()?;
        let control = self.claim(stream)?;
        let ticket = Ticket::new(stream, control, Arc::clone(self));
        self.process.spawn(stream_task::drive(
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

    /// Takes a number into use; its task then owes one END.
    pub fn claim(&self, stream: u64) -> Result<Arc<Control>, Failure> {
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
        let stream = stream_task::current_stream();
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::time_limit::TimeLimit;
    use futures_util::future::FutureExt;
    use std::ffi::c_void;
    use std::future::pending;
    use std::sync::mpsc::{channel, Receiver, Sender};
    use std::thread;

    /// As long as a free that waits for nothing would take, and more.
    const QUIET: Duration = Duration::from_millis(100);

    fn client(bell: Bell) -> Arc<ClientState> {
        let process = Process::get_or_start(None).unwrap();
        ClientState::open(process, process.prepared().unwrap(), bell)
    }

    fn without_bell() -> Arc<ClientState> {
        client(Bell::new(None, std::ptr::null_mut()))
    }

    /// Frees in another thread; that returns only after `let_go`.
    fn free_waits(client: &Arc<ClientState>, let_go: impl FnOnce()) {
        let (freed, returned) = channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                client.free();
                freed.send(()).unwrap();
            });
            assert!(returned.recv_timeout(QUIET).is_err(), "free did not wait");
            let_go();
            returned.recv().unwrap();
        });
    }

    #[test]
    fn free_waits_for_a_task_that_has_not_let_go() {
        let _limit = TimeLimit::begin();
        let client = without_bell();
        client.claim(5).unwrap();
        free_waits(&client, || client.let_go());
    }

    #[test]
    fn free_waits_for_a_poller_that_reads() {
        let _limit = TimeLimit::begin();
        let client = without_bell();
        let end = Encoded::end(&liter_llm_core::Receipt::default());
        client.queue.expect_end();
        client.queue.push_end(5, &end);
        let polled = client.poll(Wait::Now).unwrap();
        free_waits(&client, || drop(polled));
    }

    #[test]
    fn cancel_consumed_and_close_reach_the_stream_of_that_number() {
        let _limit = TimeLimit::begin();
        let client = without_bell();
        let controls = [5, 6].map(|stream| client.claim(stream).unwrap());
        let stopped = || {
            let stopped = |control: &Arc<Control>| {
                let stopped = control.or_stop(pending::<()>()).now_or_never();
                stopped.and_then(Result::err)
            };
            controls.each_ref().map(stopped)
        };
        let is_open = |control: &Control| control.window_open().now_or_never().is_some();
        assert_eq!(stopped(), [None, None]);
        controls
            .iter()
            .for_each(|control| control.delivered(client.stream_window_bytes));
        client.consumed(6, 1);
        assert!(!is_open(&controls[0]) && is_open(&controls[1]));
        client.cancel(5);
        client.cancel(7);
        assert_eq!(stopped(), [Some(ErrorKind::Cancelled), None]);
        client.close();
        let both = [ErrorKind::Cancelled, ErrorKind::Closed];
        assert_eq!(stopped(), both.map(Some));
    }

    /// A bell that says that it rings, and then waits to be let on.
    struct Slow {
        rings: Sender<()>,
        go_on: Mutex<Receiver<()>>,
    }

    unsafe extern "C" fn ring_slowly(ctx: *mut c_void) {
        // SAFETY: the test passes a Slow that outlives the client.
        let slow = unsafe { &*ctx.cast::<Slow>() };
        slow.rings.send(()).unwrap();
        lock(&slow.go_on).recv().unwrap();
    }

    #[test]
    fn free_waits_for_a_bell_that_rings() {
        let _limit = TimeLimit::begin();
        let ((rings, rung), (let_on, go_on)) = (channel(), channel());
        let go_on = Mutex::new(go_on);
        let slow = Slow { rings, go_on };
        let ctx = std::ptr::from_ref(&slow).cast_mut().cast();
        let client = client(Bell::new(Some(ring_slowly), ctx));
        client.queue.expect_end();
        thread::scope(|scope| {
            let end = Encoded::end(&liter_llm_core::Receipt::default());
            let queue = client.queue();
            scope.spawn(move || queue.push_end(5, &end));
            rung.recv().unwrap();
            free_waits(&client, || let_on.send(()).unwrap());
        });
    }

    #[test]
    fn a_number_is_in_use_until_its_end_was_polled() {
        let _limit = TimeLimit::begin();
        let client = without_bell();
        client.claim(5).unwrap();
        assert!(client.claim(5).unwrap_err().json.contains("in use"));
        let end = Encoded::end(&liter_llm_core::Receipt::default());
        client.queue.push_end(5, &end);
        client.let_go();
        assert!(client.claim(5).is_err(), "its END waits in the queue");
        drop(client.poll(Wait::Now).unwrap());
        client.claim(5).unwrap();
        assert!(client.claim(0).is_err());
        client.close();
        assert_eq!(client.claim(6).unwrap_err().number, 18);
    }
}
