//! One exchange, as it looks from outside while its future runs: whether it has a connection, which
//! one, and whether the request has left. Timers, retries and cancellation check this, since a
//! future that is dropped cannot report it any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::http2;
use crate::error::Timer;
use crate::mutex::lock;

/// A reused connection that the host closes within this time of the request was being closed while
/// the request was on its way: it cannot have been processed.
const CLOSING_RACE: Duration = Duration::from_millis(100);

/// What is known of one exchange.
#[derive(Debug)]
pub(crate) struct Exchange {
    began: Instant,
    connected_at: OnceLock<Instant>,
    sent_at: OnceLock<Instant>,
    status: OnceLock<u16>,
    reused: AtomicBool,
    /// The host reported that it did not process the request.
    refused: AtomicBool,
    /// The connection ended, and not only this exchange on it.
    lost: AtomicBool,
    shared_connection: Mutex<Weak<http2::Connection>>,
}

impl Exchange {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            connected_at: OnceLock::new(),
            sent_at: OnceLock::new(),
            status: OnceLock::new(),
            reused: AtomicBool::new(false),
            refused: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            shared_connection: Mutex::default(),
        })
    }

    /// There is a connection for it; `reused`: one from the pool.
    pub(super) fn connected(&self, reused: bool) {
        self.reused.store(reused, Ordering::Release);
        let _ = self.connected_at.set(Instant::now());
    }

    /// No connection is needed, and the response takes its time.
    pub(crate) fn begin_played(&self) {
        self.connected(false);
        self.sent();
    }

    /// Its connection carries other exchanges too.
    pub(super) fn uses(&self, connection: &Arc<http2::Connection>) {
        *self.shared_connection() = Arc::downgrade(connection);
    }

    /// The whole request was handed to the connection.
    pub(super) fn sent(&self) {
        let _ = self.sent_at.set(Instant::now());
    }

    /// The host reported that it did not process the request.
    pub(super) fn refused(&self) {
        self.refused.store(true, Ordering::Release);
    }

    /// The connection ended before a response came.
    pub(super) fn lost(&self) {
        self.lost.store(true, Ordering::Release);
    }

    /// The head of a response has come.
    pub(super) fn responded(&self, status: u16) {
        let _ = self.status.set(status);
    }

    /// The status of the response, once its head has come.
    pub(crate) fn status(&self) -> Option<u16> {
        self.status.get().copied()
    }

    /// The timer of what the exchange waits for, and since when it runs. None once a head has come:
    /// the rest of an error response has a time limit of its own.
    pub(crate) fn timer(&self) -> (Option<Timer>, Instant) {
        match self.connected_at.get() {
            Some(at) if self.status().is_some() => (None, *at),
            Some(at) => (Some(Timer::Headers), *at),
            None => (Some(Timer::Connect), self.began),
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected_at.get().is_some()
    }

    /// Whether the host may have run the request.
    pub(crate) fn maybe_executed(&self) -> bool {
        self.sent_at.get().is_some() && !self.refused.load(Ordering::Acquire)
    }

    /// Whether it met the end of a reused connection, so that the request cannot have been run and
    /// another try costs nothing.
    pub(crate) fn is_stale(&self) -> bool {
        let was_closing = || match self.sent_at.get() {
            Some(at) => at.elapsed() <= CLOSING_RACE,
            None => true,
        };
        self.lost.load(Ordering::Acquire) && self.reused.load(Ordering::Acquire) && was_closing()
    }

    /// The connection was silent for too long: nothing else is sent on it.
    pub(crate) fn retire_connection(&self) {
        if let Some(connection) = self.shared_connection().upgrade() {
            connection.retire();
        }
    }

    fn shared_connection(&self) -> std::sync::MutexGuard<'_, Weak<http2::Connection>> {
        lock(&self.shared_connection)
    }
}
