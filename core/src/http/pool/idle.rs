//! HTTP/1.1 connections of one origin that wait for their next exchange. The newest serves first,
//! so that after a burst the rest grow old and are closed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::http::http1::connection::Connection;

#[derive(Debug)]
pub(super) struct Idle {
    kept: Duration,
    connections_max: usize,
    /// The newest last.
    waiting: VecDeque<(Connection, Instant)>,
}

impl Idle {
    pub(super) fn new(kept: Duration, connections_max: usize) -> Self {
        Self {
            kept,
            connections_max,
            waiting: VecDeque::new(),
        }
    }

    /// The newest one. Whether it is open still, the caller has to ask, once it holds no lock.
    pub(super) fn take(&mut self) -> Option<Connection> {
        let (connection, since) = self.waiting.pop_back()?;
        if since.elapsed() < self.kept {
            return Some(connection);
        }
        // Those before it are older.
        self.waiting.clear();
        None
    }

    /// Keeps a connection for the next exchange; where there are too many, the oldest is closed.
    pub(super) fn keep(&mut self, connection: Connection) {
        if self.kept.is_zero() || self.connections_max == 0 {
            return;
        }
        if self.waiting.len() >= self.connections_max {
            self.waiting.pop_front();
        }
        self.waiting.push_back((connection, Instant::now()));
    }

    /// Closes what has waited too long, or was closed from the other side; true when none is left.
    pub(super) fn sweep(&mut self) -> bool {
        let kept = self.kept;
        self.waiting
            .retain_mut(|(connection, since)| since.elapsed() < kept && connection.is_idle());
        self.waiting.is_empty()
    }
}
