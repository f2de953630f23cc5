//! The connection pool: which connection carries the next exchange. Owns every connection that is
//! open and not in use: HTTP/1.1 ones are idle here until their next exchange, HTTP/2 ones are
//! shared up to what their host announces. One caller at a time opens the connection that many wait
//! for, and where it is cancelled, the next one does.

mod idle;
mod origin;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use url::{Position, Url};

use super::authority::Authority;
use super::classify;
use super::connector::Connector;
use super::exchange::Exchange;
use super::http1::connection::Connection;
use super::http2::{self, KeepAlive};
use super::socket::Socket;
use crate::error::LlmError;
use crate::http::HttpOptions;
use crate::mutex::lock;
use origin::Acquired;
pub(super) use origin::Origin;

/// Origins whose connections are kept; past it those that have none are forgotten at once.
const ORIGINS_MAX: usize = 1024;

#[derive(Debug)]
pub(super) struct Pool {
    connector: Connector,
    idle_timeout: Duration,
    keep_alive: KeepAlive,
    connections_max: usize,
    origins: Arc<Mutex<Origins>>,
}

#[derive(Debug, Default)]
struct Origins {
    by_name: HashMap<String, Arc<Origin>>,
    /// A task closes what has waited too long.
    has_sweeper: bool,
}

/// The connection that carries an exchange.
#[derive(Debug)]
pub(super) enum Checkout {
    Http1(Connection, Arc<Origin>),
    Http2(http2::Permit),
}

impl Pool {
    pub(super) fn new(options: &HttpOptions, connector: Connector) -> Self {
        Self {
            connector,
            idle_timeout: Duration::from_millis(options.pool_idle_timeout_ms),
            keep_alive: KeepAlive::new(options),
            connections_max: options.pool_idle_connections_max,
            origins: Arc::default(),
        }
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// A connection to the host of a URL: one from the pool, or a new one. Dropping the future
    /// closes what it was opening; other calls that waited for the same connection go on.
    pub(super) async fn checkout(
        &self,
        url: &Url,
        exchange: &Arc<Exchange>,
    ) -> Result<Checkout, LlmError> {
        let origin = self.origin(url);
        loop {
            match origin.acquire(url.scheme() == "https") {
                Acquired::Idle(connection) => {
                    exchange.connected(true);
                    return Ok(Checkout::Http1(connection, origin));
                }
                Acquired::Shared(permit) => {
                    exchange.connected(true);
                    exchange.uses(permit.connection());
                    return Ok(Checkout::Http2(permit));
                }
                Acquired::Wait(waiter) => waiter.await,
                Acquired::Connect(connecting) => {
                    // In a box: what it takes to connect is freed once there is a connection.
                    let connected = Box::pin(self.connector.connect(url)).await?;
                    if !connected.is_http2 {
                        connecting.connected_http1();
                        exchange.connected(false);
                        return Ok(Checkout::Http1(Connection::new(connected.socket), origin));
                    }
                    let sharing = self.share(connected.socket, &origin, url);
                    let permit = Box::pin(sharing).await?;
                    connecting.connected_http2(permit.connection());
                    exchange.connected(false);
                    exchange.uses(permit.connection());
                    return Ok(Checkout::Http2(permit));
                }
            }
        }
    }

    /// Makes an HTTP/2 connection of a socket, and acquires the first permit on it.
    async fn share(
        &self,
        socket: Socket,
        origin: &Arc<Origin>,
        url: &Url,
    ) -> Result<http2::Permit, LlmError> {
        let at = Authority::shown(url);
        let failed = |reason: String| classify::handshake_failed(&at, &reason);
        let observer: Weak<Origin> = Arc::downgrade(origin);
        let connection = http2::open(socket, observer, self.keep_alive)
            .await
            .map_err(|error| failed(error.to_string()))?;
        connection
            .try_acquire()
            .ok_or_else(|| failed("it was closed at once".to_owned()))
    }

    fn origin(&self, url: &Url) -> Arc<Origin> {
        // Scheme, host and port; a URL with a user or password in it is refused before.
        let name = &url[..Position::BeforePath];
        let mut origins = lock(&self.origins);
        if let Some(origin) = origins.by_name.get(name) {
            return Arc::clone(origin);
        }
        if origins.by_name.len() >= ORIGINS_MAX {
            origins.sweep();
        }
        let origin = Origin::new(self.idle_timeout, self.connections_max);
        origins.by_name.insert(name.to_owned(), Arc::clone(&origin));
        if !origins.has_sweeper && !self.idle_timeout.is_zero() {
            origins.has_sweeper = true;
            tokio::spawn(sweep(Arc::downgrade(&self.origins), self.idle_timeout));
        }
        origin
    }
}

impl Origins {
    /// Closes what has waited too long, or was closed from the other side, and forgets origins that
    /// are not used.
    fn sweep(&mut self) {
        self.by_name.retain(|_, origin| {
            let is_empty = origin.sweep();
            // Only this table holds it, so no call is about to use it.
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
            origins.has_sweeper = false;
            return;
        }
    }
}
