//! One timer that paces the tokens of every stream. Each entry is a socket and the bytes
//! of one token, made once; a turn writes what is due without waking a task. A socket that takes no
//! more goes back to its own task, which waits for room and then gives it to the pacer again.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, Notify};

use crate::exchange::Exchange;
use crate::http2::Piece;
use crate::key_state::KeyState;
use crate::transport::{Transport, Written};

const TICK: Duration = Duration::from_millis(2);
/// Sockets written before other tasks get their turn.
const WRITES_PER_TURN: usize = 256;

pub struct Pacer {
    began: Instant,
    /// Entries by the millisecond at which they are due.
    due: RefCell<BTreeMap<u64, Vec<Entry>>>,
    added: Notify,
    tokens_written: Rc<Cell<u64>>,
}

pub struct Entry {
    pub target: Target,
    pub token: Bytes,
    pub tokens_left: u64,
    pub interval_ms: u64,
    pub state: Rc<KeyState>,
    pub exchange: Rc<Exchange>,
    pub stopped: oneshot::Sender<Stop>,
}

/// A sink that takes bytes at once or not at all.
#[derive(Clone)]
pub enum Target {
    Socket(Rc<Transport>),
    Stream(mpsc::Sender<Piece>),
}

/// Why an entry left the pacer.
pub enum Stop {
    Done,
    /// The socket is full: these bytes of the current token, then so many tokens, are left.
    Full {
        rest: Bytes,
        tokens_left: u64,
    },
    Failed(io::Error),
}

impl Pacer {
    pub fn new(tokens_written: Rc<Cell<u64>>) -> Self {
        Self {
            began: Instant::now(),
            due: RefCell::default(),
            added: Notify::new(),
            tokens_written,
        }
    }

    /// Its first token leaves after `delay_ms`, then one per interval.
    pub fn add(&self, entry: Entry, delay_ms: u64) {
        self.insert(self.now_ms() + delay_ms, entry);
        self.added.notify_one();
    }

    /// Runs for ever.
    pub async fn run(&self) {
        loop {
            if self.due.borrow().is_empty() {
                self.added.notified().await;
            }
            let now_ms = self.now_ms();
            let mut writes = 0;
            while let Some((due_ms, entries)) = self.take_due(now_ms) {
                for entry in entries {
                    self.write(due_ms, entry);
                    writes += 1;
                    if writes % WRITES_PER_TURN == 0 {
                        tokio::task::yield_now().await;
                    }
                }
            }
            tokio::time::sleep(TICK).await;
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn insert(&self, due_ms: u64, entry: Entry) {
        self.due.borrow_mut().entry(due_ms).or_default().push(entry);
    }

    fn take_due(&self, now_ms: u64) -> Option<(u64, Vec<Entry>)> {
        let mut due = self.due.borrow_mut();
        let first = due.first_entry()?;
        (*first.key() <= now_ms).then(|| first.remove_entry())
    }

    fn write(&self, due_ms: u64, mut entry: Entry) {
        if entry.stopped.is_closed() {
            return;
        }
        let written = match entry.target.try_write(&entry.token) {
            Ok(written) => written,
            Err(error) => return stop(entry, Stop::Failed(error)),
        };
        entry.state.wrote(&entry.exchange, written.count);
        entry.tokens_left -= 1;
        self.tokens_written.set(self.tokens_written.get() + 1);
        if !written.all {
            let rest = entry.token.slice(written.count..);
            let tokens_left = entry.tokens_left;
            stop(entry, Stop::Full { rest, tokens_left });
        } else if entry.tokens_left == 0 {
            stop(entry, Stop::Done);
        } else {
            self.insert(due_ms + entry.interval_ms, entry);
        }
    }
}

/// The task may be gone already, with its connection.
fn stop(entry: Entry, why: Stop) {
    let _gone = entry.stopped.send(why);
}

impl Target {
    fn try_write(&self, token: &Bytes) -> io::Result<Written> {
        match self {
            Self::Socket(transport) => transport.try_write(token),
            Self::Stream(pieces) => match pieces.try_send(Ok(token.clone())) {
                Ok(()) => Ok(Written {
                    count: token.len(),
                    all: true,
                }),
                Err(mpsc::error::TrySendError::Full(_)) => Ok(Written {
                    count: 0,
                    all: false,
                }),
                Err(mpsc::error::TrySendError::Closed(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            },
        }
    }
}
