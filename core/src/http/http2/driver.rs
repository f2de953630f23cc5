//! The task of one connection: moves its frames, reports to the pool what the host announces, pings
//! a silent host while streams wait for it, and closes a connection that is idle for too long.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Ping, PingPong};
use tokio::time::{sleep_until, Instant, Sleep};

use super::connection::{Connection, Observer};
use super::keep_alive::KeepAlive;
use super::limits::{CONNECTION_WINDOW_BYTES, STREAM_WINDOW_BYTES};
use crate::http::http1::limits::HEAD_BYTES_MAX;
use crate::http::socket::Socket;
use crate::sleep::poll_sleep;

/// More than any host announces: as long as this stands, it has announced nothing.
const NOTHING_ANNOUNCED: usize = usize::MAX - 1;
/// Cancelled streams of which the host may still send frames; h2's default of 50 would make a burst
/// of cancellations an error of the connection.
const CANCELLED_STREAMS_MAX: usize = 1024;
/// What small frames that are not read yet may cost in bookkeeping before h2 calls it an attack: a
/// token is a small frame, and streams may lie unread.
const SMALL_FRAMES_BUDGET: usize = 1 << 31;

type H2Connection = h2::client::Connection<Socket, Bytes>;

/// Makes the HTTP/2 handshake on a new connection.
///
/// # Errors
/// The error of h2; nothing was sent but the preface.
pub(crate) async fn open(
    socket: Socket,
    observer: Weak<dyn Observer>,
    keep_alive: KeepAlive,
) -> Result<Arc<Connection>, h2::Error> {
    let mut builder = Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .initial_max_send_streams(NOTHING_ANNOUNCED)
        .max_concurrent_reset_streams(CANCELLED_STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .data_frame_budget(SMALL_FRAMES_BUDGET);
    let (requests, mut h2) = builder.handshake(socket).await?;
    let driver = Driver {
        probe: requests.clone(),
        shared: Connection::new(requests, observer),
        ping_pong: h2.ping_pong(),
        keep_alive,
        timer: Box::pin(sleep_until(
            Instant::now() + keep_alive.ping_interval_or_idle(),
        )),
        waiting_for_pong: false,
        idle_since: Some(Instant::now()),
        h2,
    };
    let shared = Arc::clone(&driver.shared);
    tokio::spawn(driver.run());
    Ok(shared)
}

struct Driver {
    h2: H2Connection,
    shared: Arc<Connection>,
    /// Whether the connection still takes requests.
    probe: SendRequest<Bytes>,
    ping_pong: Option<PingPong>,
    keep_alive: KeepAlive,
    timer: Pin<Box<Sleep>>,
    waiting_for_pong: bool,
    idle_since: Option<Instant>,
}

impl Driver {
    async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        loop {
            let mut changed = pin!(shared.changed.notified());
            let ended = poll_fn(|context| {
                if let Poll::Ready(end) = self.poll(context) {
                    return Poll::Ready(Some(end));
                }
                changed.as_mut().poll(context).map(|()| None)
            });
            if let Some(reason) = ended.await {
                let _ = shared.end.set(reason);
                break;
            }
        }
        // With the connection its streams end too.
        shared.retire();
    }

    /// Ready when the connection is over, with the reason.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<String> {
        if let Poll::Ready(result) = Pin::new(&mut self.h2).poll(context) {
            return Poll::Ready(match result {
                Ok(()) => "the host closed the connection".to_owned(),
                Err(error) => error.to_string(),
            });
        }
        self.tell_the_pool();
        let idle = self.shared.live() == 0;
        if idle && self.shared.is_retired() {
            return Poll::Ready("it takes no more requests".to_owned());
        }
        self.poll_pong(context);
        self.poll_timer(context, idle)
    }

    /// Whether there is room, and whether there will be.
    fn tell_the_pool(&mut self) {
        let limit = self.h2.max_concurrent_send_streams();
        if limit != NOTHING_ANNOUNCED && self.shared.announce(limit) {
            if let Some(observer) = self.shared.observer.upgrade() {
                observer.announced(&self.shared);
            }
        }
        let mut nobody = Context::from_waker(std::task::Waker::noop());
        if let Poll::Ready(Err(_)) = self.probe.poll_ready(&mut nobody) {
            // GOAWAY came: the streams that the host took go on.
            self.shared.retire();
        }
    }

    fn poll_pong(&mut self, context: &mut Context<'_>) {
        let Some(ping_pong) = self.ping_pong.as_mut().filter(|_| self.waiting_for_pong) else {
            return;
        };
        if let Poll::Ready(Ok(_)) = ping_pong.poll_pong(context) {
            self.waiting_for_pong = false;
            let next = Instant::now() + self.keep_alive.ping_interval_or_idle();
            self.timer.as_mut().reset(next);
        }
    }

    /// One timer for three things: the next PING, its acknowledgement, and the end of an idle
    /// connection.
    fn poll_timer(&mut self, context: &mut Context<'_>, idle: bool) -> Poll<String> {
        if idle && self.idle_since.is_none() {
            self.idle_since = Some(Instant::now());
        } else if !idle && self.idle_since.take().is_some() && !self.waiting_for_pong {
            let next = Instant::now() + self.keep_alive.ping_interval_or_idle();
            self.timer.as_mut().reset(next);
        }
        if let Some(since) = self.idle_since {
            let end = since + self.keep_alive.idle_timeout();
            if self.timer.deadline() > end {
                self.timer.as_mut().reset(end);
            }
        }
        while poll_sleep(self.timer.as_mut(), context).is_ready() {
            if self.waiting_for_pong {
                let message = format!(
                    "no response to a PING within {:?}",
                    self.keep_alive.ping_timeout
                );
                return Poll::Ready(message);
            }
            if self
                .idle_since
                .is_some_and(|since| since.elapsed() >= self.keep_alive.idle_timeout())
            {
                self.shared.retire();
                if self.shared.live() == 0 {
                    return Poll::Ready("it was idle".to_owned());
                }
            }
            let wait = self.ping();
            self.timer.as_mut().reset(Instant::now() + wait);
        }
        Poll::Pending
    }

    /// Sends a PING if a stream waits for the host, and returns the time to wait.
    fn ping(&mut self) -> Duration {
        let is_due = self.idle_since.is_none() && self.keep_alive.ping_interval.is_some();
        if let Some(ping_pong) = self.ping_pong.as_mut().filter(|_| is_due) {
            if ping_pong.send_ping(Ping::opaque()).is_ok() {
                self.waiting_for_pong = true;
                return self.keep_alive.ping_timeout;
            }
        }
        self.keep_alive.ping_interval_or_idle()
    }
}
