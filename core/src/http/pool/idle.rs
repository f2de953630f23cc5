//! The idle HTTP/1.1 connections of one origin. The newest serves first, so that after a burst the
//! rest grow old and are closed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::http::http1::connection::Connection;

#[derive(Debug)]
pub(super) struct Idle {
    timeout: Duration,
    connections_max: usize,
    /// The newest last.
    connections: VecDeque<(Connection, Instant)>,
}

impl Idle {
    pub(super) fn new(timeout: Duration, connections_max: usize) -> Self {
        Self {
            timeout,
            connections_max,
            connections: VecDeque::new(),
        }
    }

    /// The newest one. The caller has to check whether it is still open, once it holds no lock.
    pub(super) fn take(&mut self) -> Option<Connection> {
        let (connection, since) = self.connections.pop_back()?;
        if since.elapsed() < self.timeout {
            return Some(connection);
        }
        // Those before it are older.
        self.connections.clear();
        None
    }

    /// Keeps a connection for the next exchange; where there are too many, the oldest is closed.
    pub(super) fn put(&mut self, connection: Connection) {
        if self.timeout.is_zero() || self.connections_max == 0 {
            return;
        }
        if self.connections.len() >= self.connections_max {
            self.connections.pop_front();
        }
        self.connections.push_back((connection, Instant::now()));
    }

    /// Closes what was idle for too long, or was closed from the other side; true when none is
    /// left.
    pub(super) fn sweep(&mut self) -> bool {
        let timeout = self.timeout;
        self.connections
            .retain_mut(|(connection, since)| since.elapsed() < timeout && connection.is_idle());
        self.connections.is_empty()
    }
}
