//! The streams of one client: which numbers are in use, and how to reach their tasks. A number is
//! in use from its start until its END was polled; a task is counted until it has let go of
//! everything. Owns that table and its lock, which is never held while the caller's code or the
//! network runs.

use std::collections::hash_map::Entry;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use crate::error::{closed, invalid_argument, Failure};
use crate::queue::Queue;
use crate::stream_control::StreamControl;
use crate::sync::{lock, sleep, Wait};

/// The streams of one client, and the queue of their events.
#[derive(Debug)]
pub struct StreamTable {
    queue: Arc<Queue>,
    stream_window_bytes: usize,
    live: Mutex<Live>,
    all_tasks_ended: Condvar,
}

#[derive(Debug, Default)]
struct Live {
    closed: bool,
    /// Numbers in use: from start until their END was polled.
    streams: HashMap<u64, Arc<StreamControl>>,
    /// Tasks that have not ended yet.
    tasks: usize,
}

impl StreamTable {
    /// No stream yet.
    pub fn new(queue: Arc<Queue>, stream_window_bytes: usize) -> Self {
        Self {
            queue,
            stream_window_bytes,
            live: Mutex::default(),
            all_tasks_ended: Condvar::new(),
        }
    }

    /// Where events go.
    pub fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Takes a number into use; its task then has to push one END.
    pub fn claim(&self, stream: u64) -> Result<Arc<StreamControl>, Failure> {
        if stream == 0 {
            let message = "stream is 0, which stands for no stream; use another number";
            return Err(invalid_argument(message));
        }
        let control = Arc::new(StreamControl::new(self.stream_window_bytes));
        let mut live = lock(&self.live);
        if live.closed {
            return Err(closed("the client is closed; make a new one"));
        }
        match live.streams.entry(stream) {
            Entry::Occupied(_) => {
                let message = format!("stream {stream} is in use until its END was polled");
                return Err(invalid_argument(message));
            }
            Entry::Vacant(vacant) => vacant.insert(Arc::clone(&control)),
        };
        live.tasks += 1;
        // Under the lock, so that a poller of a closed client does not leave before this END.
        self.queue.expect_end();
        Ok(control)
    }

    /// How to reach the task of a number in use.
    pub fn control(&self, stream: u64) -> Option<Arc<StreamControl>> {
        lock(&self.live).streams.get(&stream).cloned()
    }

    /// Frees the numbers of streams whose END was polled.
    pub fn release(&self, ended: &[u64]) {
        if !ended.is_empty() {
            let mut live = lock(&self.live);
            for stream in ended {
                live.streams.remove(stream);
            }
        }
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

    /// A task is done with this client.
    pub fn task_ended(&self) {
        let mut live = lock(&self.live);
        live.tasks -= 1;
        if live.tasks == 0 && live.closed {
            self.all_tasks_ended.notify_all();
        }
    }

    /// Waits until no task is left; after `close`.
    pub fn wait_for_tasks(&self, limit: Instant) {
        let mut live = lock(&self.live);
        while live.tasks > 0 {
            match sleep(&self.all_tasks_ended, live, Wait::Until(limit)) {
                Some(woken) => live = woken,
                None => return,
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::buffer::event_json::EventJson;
    use crate::tests::time_limit::TimeLimit;
    use crate::types::{LLM_ERROR_CLOSED, LLM_ERROR_INVALID_ARGUMENT};
    use crate::waker::Waker;
    use liter_llm_core::Receipt;

    fn table() -> StreamTable {
        let waker = Waker::new(None, std::ptr::null_mut());
        StreamTable::new(Arc::new(Queue::new(waker, 1000)), 10)
    }

    #[test]
    fn a_number_is_in_use_until_it_is_released() {
        let table = table();
        table.claim(5).unwrap();
        let refused = table.claim(5).unwrap_err();
        assert_eq!(refused.number, LLM_ERROR_INVALID_ARGUMENT);
        assert!(refused.json.contains("in use"));
        table
            .queue()
            .push_end(5, &EventJson::end(&Receipt::default()));
        table.task_ended();
        assert!(table.claim(5).is_err(), "its END waits in the queue");
        table.release(&[5]);
        table.claim(5).unwrap();
    }

    #[test]
    fn number_0_and_a_closed_client_are_refused() {
        let table = table();
        assert_eq!(
            table.claim(0).unwrap_err().number,
            LLM_ERROR_INVALID_ARGUMENT
        );
        table.close();
        assert_eq!(table.claim(6).unwrap_err().number, LLM_ERROR_CLOSED);
    }

    /// Else a poller that waits for the END of a closed client would return before it.
    #[test]
    fn a_claimed_number_owes_the_poller_an_end() {
        let _limit = TimeLimit::begin();
        let table = table();
        table.claim(5).unwrap();
        table.close();
        std::thread::scope(|scope| {
            let poller = scope.spawn(|| table.queue().poll(Wait::Forever).is_some());
            table
                .queue()
                .push_end(5, &EventJson::end(&Receipt::default()));
            assert!(poller.join().unwrap());
        });
        assert!(table.queue().poll(Wait::Forever).is_none());
    }
}
