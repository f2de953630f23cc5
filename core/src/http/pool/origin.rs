//! One origin: scheme, host and port, and the connections to it. Owns whose turn it is to open one.
//! The protocol of a host is known once it was connected to; until then, and for HTTP/2, as many
//! connections are opened at once as the waiting calls will fill.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::futures::OwnedNotified;
use tokio::sync::Notify;

use super::idle::Idle;
use crate::http::http1::connection::Connection;
use crate::http::http2::{self, Observer, Permit};
use crate::mutex::lock;

/// What a host is expected to announce until it has (RFC 9113, section 6.5.2, recommends as many).
const STREAMS_EXPECTED: usize = 100;

#[derive(Debug)]
pub(crate) struct Origin {
    state: Mutex<State>,
    /// The calls that wait for room, first come first served.
    room: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    is_http1: bool,
    idle: Idle,
    shared: Vec<Arc<http2::Connection>>,
    /// Connections that are being opened.
    connecting: usize,
    /// Callers that wait for a connection which others open.
    waiters: usize,
    /// How many exchanges a connection to this host takes.
    streams_expected: usize,
}

/// What a caller has to do for a connection.
pub(super) enum Acquired {
    /// Use an idle connection.
    Idle(Connection),
    /// Use a connection together with others.
    Shared(Permit),
    /// Wait, then try again.
    Wait(Waiter),
    /// Open a connection.
    Connect(Connecting),
}

/// A caller waits for room.
pub(super) struct Waiter {
    origin: Arc<Origin>,
    notified: Pin<Box<OwnedNotified>>,
}

/// A caller opens a connection. Dropped before it has one, the next waiting call may.
pub(super) struct Connecting {
    origin: Arc<Origin>,
    counts: bool,
}

impl Origin {
    pub(super) fn new(idle_timeout: Duration, connections_max: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                is_http1: false,
                idle: Idle::new(idle_timeout, connections_max),
                shared: Vec::new(),
                connecting: 0,
                waiters: 0,
                streams_expected: STREAMS_EXPECTED,
            }),
            room: Arc::default(),
        })
    }

    /// What a caller does next. Over plain text only HTTP/1.1 is used.
    pub(super) fn acquire(self: &Arc<Self>, is_tls: bool) -> Acquired {
        if let Some(connection) = self.take_idle() {
            return Acquired::Idle(connection);
        }
        let mut state = lock(&self.state);
        if let Some(permit) = state.shared.iter().find_map(http2::Connection::try_acquire) {
            return Acquired::Shared(permit);
        }
        let counts = is_tls && !state.is_http1;
        if counts && state.waiters < state.room_to_come() {
            state.waiters += 1;
            let mut notified = Box::pin(Arc::clone(&self.room).notified_owned());
            notified.as_mut().enable();
            return Acquired::Wait(Waiter {
                origin: Arc::clone(self),
                notified,
            });
        }
        state.connecting += usize::from(counts);
        Acquired::Connect(Connecting {
            origin: Arc::clone(self),
            counts,
        })
    }

    /// An idle connection that is still open. The check with the kernel is done without the lock.
    fn take_idle(&self) -> Option<Connection> {
        loop {
            let mut connection = lock(&self.state).idle.take()?;
            if connection.is_idle() {
                return Some(connection);
            }
        }
    }

    /// Keeps an HTTP/1.1 connection for the next exchange.
    pub(crate) fn put_idle(&self, connection: Connection) {
        lock(&self.state).idle.put(connection);
    }

    fn wake(&self, count: usize) {
        for _ in 0..count {
            self.room.notify_one();
        }
    }

    /// Closes what has waited too long; true when nothing is left.
    pub(super) fn sweep(&self) -> bool {
        let mut state = lock(&self.state);
        let is_empty = state.idle.sweep() && state.shared.is_empty();
        is_empty && state.connecting == 0 && state.waiters == 0
    }
}

impl Observer for Origin {
    fn has_room(&self) {
        self.room.notify_one();
    }

    fn announced(&self, connection: &http2::Connection) {
        let mut state = lock(&self.state);
        state.streams_expected = connection.limit().max(1);
        let count = state.to_wake(connection.room());
        drop(state);
        self.wake(count);
    }

    /// Callers that waited for it look for another.
    fn retired(&self, connection: &http2::Connection) {
        let mut state = lock(&self.state);
        let is_other =
            |shared: &Arc<http2::Connection>| !std::ptr::eq(Arc::as_ptr(shared), connection);
        state.shared.retain(is_other);
        let count = state.to_wake(0);
        drop(state);
        self.wake(count);
    }
}

impl State {
    /// Exchanges that connections will carry which are not there yet, or not announced.
    fn room_to_come(&self) -> usize {
        let unannounced = self.shared.iter().filter(|shared| !shared.is_announced());
        (self.connecting + unannounced.count()) * self.streams_expected
    }

    /// How many waiting calls to wake when there is room for so many: these, and those that have to
    /// open connections for the rest.
    fn to_wake(&self, room: usize) -> usize {
        let without = self.waiters.saturating_sub(room + self.room_to_come());
        self.waiters.min(room) + without.div_ceil(self.streams_expected)
    }
}

impl Future for Waiter {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.notified.as_mut().poll(context)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        lock(&self.origin.state).waiters -= 1;
    }
}

impl Connecting {
    /// The connection is HTTP/1.1: each waiting call opens its own.
    pub(super) fn connected_http1(mut self) {
        let mut state = lock(&self.origin.state);
        state.is_http1 = true;
        state.connecting -= usize::from(std::mem::take(&mut self.counts));
        drop(state);
        self.origin.room.notify_waiters();
    }

    /// The connection is HTTP/2, and others may use it too.
    pub(super) fn connected_http2(mut self, connection: &Arc<http2::Connection>) {
        let mut state = lock(&self.origin.state);
        state.is_http1 = false;
        state.connecting -= usize::from(std::mem::take(&mut self.counts));
        if !connection.is_retired() {
            state.shared.push(Arc::clone(connection));
        }
        let count = state.to_wake(connection.room());
        drop(state);
        self.origin.wake(count);
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        if self.counts {
            let mut state = lock(&self.origin.state);
            state.connecting -= 1;
            let count = state.to_wake(0);
            drop(state);
            self.origin.wake(count);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn origin() -> Arc<Origin> {
        Origin::new(Duration::from_secs(50), 10)
    }

    fn opens(origin: &Arc<Origin>) -> Connecting {
        match origin.acquire(true) {
            Acquired::Connect(connecting) => connecting,
            _ => panic!("it was not its turn to open one"),
        }
    }

    fn waits(origin: &Arc<Origin>) -> Waiter {
        match origin.acquire(true) {
            Acquired::Wait(waiter) => waiter,
            _ => panic!("it did not have to wait"),
        }
    }

    #[test]
    fn one_of_a_hundred_opens_what_all_will_use() {
        let origin = origin();
        let first = opens(&origin);
        let others: Vec<_> = (1..=STREAMS_EXPECTED).map(|_| waits(&origin)).collect();
        let second = opens(&origin);
        drop((first, second, others));
        let state = lock(&origin.state);
        assert_eq!((state.connecting, state.waiters), (0, 0));
    }

    #[test]
    fn who_leaves_hands_its_turn_to_the_next() {
        let origin = origin();
        let first = opens(&origin);
        let mut others: Vec<_> = (0..50).map(|_| waits(&origin)).collect();
        drop(first);
        let woken = others.iter_mut().filter_map(FutureExt::now_or_never);
        assert_eq!(woken.count(), 1, "one opens, and the others wait for it");
        others.remove(0);
        let second = opens(&origin);
        // Also where the next one was cancelled before it could.
        drop(second);
        drop(others.remove(0));
        let woken = others.iter_mut().filter_map(FutureExt::now_or_never);
        assert_eq!(woken.count(), 1);
    }

    #[test]
    fn a_host_of_http1_lets_no_call_wait() {
        let origin = origin();
        let first = opens(&origin);
        let mut other = waits(&origin);
        first.connected_http1();
        assert!((&mut other).now_or_never().is_some());
        drop(other);
        let (_one, _two) = (opens(&origin), opens(&origin));
        assert_eq!(lock(&origin.state).connecting, 0);
    }
}
