//! A connection that exchanges share, seen from their side: how many it takes, and whether it takes
//! any more. Notifies an observer, the pool, of changes.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use h2::client::SendRequest;
use tokio::sync::Notify;

use super::limits::STREAMS_MAX;

/// Receives a connection's changes.
pub(crate) trait Observer: Send + Sync {
    /// An exchange has left its connection.
    fn has_room(&self);

    /// The host announced how many exchanges the connection takes.
    fn announced(&self, connection: &Connection);

    /// The connection takes no more exchanges.
    fn retired(&self, connection: &Connection);
}

/// One connection; its driver reads and writes it until it ends.
pub(crate) struct Connection {
    pub(super) requests: SendRequest<Bytes>,
    pub(super) observer: Weak<dyn Observer>,
    /// Exchanges under way.
    live: AtomicUsize,
    /// Exchanges so far.
    served: AtomicUsize,
    /// What the host announced; `UNANNOUNCED` until it has.
    announced: AtomicUsize,
    retired: AtomicBool,
    /// Notified when the number of exchanges falls to 0, and when it is retired.
    pub(super) changed: Notify,
    /// Why the driver gave it up.
    pub(super) end: OnceLock<String>,
}

/// Until its settings have come, a host is sent one request only.
const UNANNOUNCED: usize = usize::MAX;

/// The right to one exchange on a connection; released when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    pub(super) connection: Arc<Connection>,
}

impl Connection {
    pub(super) fn new(requests: SendRequest<Bytes>, observer: Weak<dyn Observer>) -> Arc<Self> {
        Arc::new(Self {
            requests,
            observer,
            live: AtomicUsize::new(0),
            served: AtomicUsize::new(0),
            announced: AtomicUsize::new(UNANNOUNCED),
            retired: AtomicBool::new(false),
            changed: Notify::new(),
            end: OnceLock::new(),
        })
    }

    /// A permit, if there is room. Called under the lock of the origin, so that two never count
    /// alike.
    pub(crate) fn try_acquire(self: &Arc<Self>) -> Option<Permit> {
        (self.room() > 0).then(|| {
            self.live.fetch_add(1, Ordering::AcqRel);
            self.served.fetch_add(1, Ordering::AcqRel);
            Permit {
                connection: Arc::clone(self),
            }
        })
    }

    /// How many more exchanges it takes now.
    pub(crate) fn room(&self) -> usize {
        if self.is_retired() {
            return 0;
        }
        self.limit().saturating_sub(self.live())
    }

    /// Exchanges at once, by the host's limit and ours. A limit that the driver has not passed on
    /// yet counts: what is begun beyond it would wait inside h2 until others end.
    pub(crate) fn limit(&self) -> usize {
        match self.announced.load(Ordering::Acquire) {
            UNANNOUNCED => 1,
            _ => self.requests.current_max_send_streams().min(STREAMS_MAX),
        }
    }

    /// Whether the host has announced how many exchanges it takes.
    pub(crate) fn is_announced(&self) -> bool {
        self.announced.load(Ordering::Acquire) != UNANNOUNCED
    }

    /// Records the host's limit; true when it is a new one.
    pub(super) fn announce(&self, limit: usize) -> bool {
        let limit = limit.min(UNANNOUNCED - 1);
        self.announced.swap(limit, Ordering::AcqRel) != limit
    }

    pub(super) fn live(&self) -> usize {
        self.live.load(Ordering::Acquire)
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// Whether it carried one exchange and no other: what is wrong with it, that one's response
    /// did. A response to one that was cancelled may still come.
    pub(super) fn served_one(&self) -> bool {
        self.served.load(Ordering::Acquire) <= 1
    }

    /// Nothing more is begun on it; what is under way goes on.
    pub(crate) fn retire(&self) {
        if !self.retired.swap(true, Ordering::AcqRel) {
            if let Some(observer) = self.observer.upgrade() {
                observer.retired(self);
            }
            self.changed.notify_one();
        }
    }
}

impl Permit {
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Why a stream ended; the driver's reason counts where the connection ended with it.
    pub(super) fn end_reason(&self, error: &h2::Error) -> String {
        if error.is_library() && !error.is_reset() {
            // It is over, though its driver may not have noticed yet.
            self.connection.retire();
        }
        match self.connection.end.get() {
            Some(end) if error.is_io() => end.clone(),
            _ => error.to_string(),
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.connection.live.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.connection.changed.notify_one();
        }
        if let Some(observer) = self.connection.observer.upgrade() {
            observer.has_room();
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Connection")
            .field("live", &self.live())
            .field("limit", &self.limit())
            .field("retired", &self.is_retired())
            .finish_non_exhaustive()
    }
}
