//! The connection pool: which connection carries the next exchange. Owns every connection that is
//! open and not in use: HTTP/1.1 ones wait here for their next exchange, HTTP/2 ones are shared up
//! to what their host announces. One caller at a time opens the connection that many wait for, and
//! where it leaves, the next one takes its place.

mod idle;
mod origin;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use url::Url;

use super::classify;
use super::connector::Connector;
use super::exchange::Exchange;
use super::http1::connection::Connection;
use super::http2;
use super::socket::Socket;
use crate::error::LlmError;
use crate::options::HttpOptions;
pub(super) use origin::Origin;
use origin::Turn;

/// Origins whose connections are kept; past it those that have none are forgotten at once.
const ORIGINS_MAX: usize = 1024;
const SHARED_IDLE_MIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Pool {
    connector: Connector,
    timing: Timing,
    connections_max: usize,
    origins: Arc<Mutex<Origins>>,
}

#[derive(Debug, Default)]
struct Origins {
    by_name: HashMap<String, Arc<Origin>>,
    /// A task closes what has waited too long.
    is_swept: bool,
}

/// How long connections are kept, and how a silent one is found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    pub(super) idle: Duration,
    /// `None`: no PING is sent.
    pub(super) ping_interval: Option<Duration>,
    pub(super) ping_timeout: Duration,
}

impl Timing {
    /// How long an HTTP/2 connection stays without exchanges: long enough that who opened it can
    /// use it, whatever the option says.
    pub(super) fn shared_idle(&self) -> Duration {
        self.idle.max(SHARED_IDLE_MIN)
    }

    /// When an HTTP/2 connection is looked at next.
    pub(super) fn ping_interval_or_idle(&self) -> Duration {
        self.ping_interval.unwrap_or(self.shared_idle())
    }
}

/// What carries an exchange.
#[derive(Debug)]
pub(super) enum Carrier {
    Http1(Connection, Arc<Origin>),
    Http2(http2::Place),
}

impl Pool {
    pub(super) fn new(options: &HttpOptions, connector: Connector) -> Self {
        let ping = Duration::from_millis(options.http2_ping_interval_ms);
        let ping_timeout = Duration::from_millis(options.http2_ping_timeout_ms);
        Self {
            connector,
            timing: Timing {
                idle: Duration::from_millis(options.pool_idle_timeout_ms),
                ping_interval: (!ping.is_zero() && !ping_timeout.is_zero()).then_some(ping),
                ping_timeout,
            },
            connections_max: options.pool_idle_connections_max,
            origins: Arc::default(),
        }
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// A connection to the host of a URL: a kept one, or a new one. Dropping the future closes what
    /// it was opening; whoever waited for the same connection goes on.
    pub(super) async fn carrier(
        &self,
        url: &Url,
        exchange: &Arc<Exchange>,
    ) -> Result<Carrier, LlmError> {
        let origin = self.origin(url);
        loop {
            match origin.turn(url.scheme() == "https") {
                Turn::Kept(connection) => {
                    exchange.connected(true);
                    return Ok(Carrier::Http1(connection, origin));
                }
                Turn::Shared(place) => {
                    exchange.connected(true);
                    exchange.uses(place.connection());
                    return Ok(Carrier::Http2(place));
                }
                Turn::Wait(waiting) => waiting.await,
                Turn::Open(opening) => {
                    // In a box: what it takes to connect is given back once there is a connection.
                    let connected = Box::pin(self.connector.connect(url)).await?;
                    if !connected.is_http2 {
                        opening.speaks_http1();
                        exchange.connected(false);
                        return Ok(Carrier::Http1(Connection::new(connected.socket), origin));
                    }
                    let place = self.share(connected.socket, &origin, url).await?;
                    opening.shares(place.connection());
                    exchange.connected(false);
                    exchange.uses(place.connection());
                    return Ok(Carrier::Http2(place));
                }
            }
        }
    }

    /// Makes an HTTP/2 connection of a socket, and takes the first place on it.
    async fn share(
        &self,
        socket: Socket,
        origin: &Arc<Origin>,
        url: &Url,
    ) -> Result<http2::Place, LlmError> {
        let host = url.host_str().unwrap_or_default();
        let failed = |reason: String| classify::handshake_failed(host, &reason);
        let connection = http2::open(socket, origin, self.timing)
            .await
            .map_err(|error| failed(error.to_string()))?;
        connection
            .take_place()
            .ok_or_else(|| failed("it was closed at once".to_owned()))
    }

    fn origin(&self, url: &Url) -> Arc<Origin> {
        let name = url.origin().ascii_serialization();
        let mut origins = lock(&self.origins);
        if let Some(origin) = origins.by_name.get(&name) {
            return Arc::clone(origin);
        }
        if origins.by_name.len() >= ORIGINS_MAX {
            origins.sweep();
        }
        let origin = Origin::new(self.timing.idle, self.connections_max);
        origins.by_name.insert(name, Arc::clone(&origin));
        if !origins.is_swept && !self.timing.idle.is_zero() {
            origins.is_swept = true;
            tokio::spawn(sweep(Arc::downgrade(&self.origins), self.timing.idle));
        }
        origin
    }
}

impl Origins {
    /// Closes what has waited too long, or was closed from the other side, and forgets origins that
    /// nobody uses.
    fn sweep(&mut self) {
        self.by_name.retain(|_, origin| {
            let is_empty = origin.sweep();
            // Only this table holds it, so nobody is about to use it.
            !(is_empty && Arc::strong_count(origin) == 1)
        });
    }
}

/// Sweeps until there is nothing left to sweep.
async fn sweep(origins: Weak<Mutex<Origins>>, idle: Duration) {
    loop {
        tokio::time::sleep(idle / 2).await;
        let Some(origins) = origins.upgrade() else {
            return;
        };
        let mut origins = lock(&origins);
        origins.sweep();
        if origins.by_name.is_empty() {
            origins.is_swept = false;
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
