//! More than one connection to an HTTP/2 host. A pool keeps one HTTP/2 connection per host, and
//! once the peer's stream limit is reached further requests wait in it. So requests to a TLS host
//! are spread over lanes, each with a pool of its own and at most `LANE_STREAMS_MAX` requests,
//! until the host is seen to speak HTTP/1.1, where one pool opens as many connections as it needs.
//! In each lane one request opens the connection and the others wait for it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Version;
use tokio::sync::Notify;
use url::Url;

use crate::error::LlmError;

/// Requests at once on one connection: the stream limit that HTTP/2 servers commonly announce
/// (RFC 9113 section 6.5.2 asks for at least 100).
const LANE_STREAMS_MAX: u32 = 100;

type Make = Box<dyn Fn() -> Result<reqwest::Client, LlmError> + Send + Sync>;

pub(super) struct Lanes {
    make: Make,
    state: Arc<Mutex<State>>,
    /// After so long a pool has closed an idle connection.
    kept: Duration,
}

#[derive(Debug)]
struct State {
    clients: Vec<reqwest::Client>,
    origins: HashMap<String, Origin>,
}

#[derive(Debug, Default)]
struct Origin {
    /// Known to speak HTTP/1.1; what is not known may be HTTP/2.
    http1: bool,
    lanes: Vec<Lane>,
}

#[derive(Debug, Default)]
struct Lane {
    /// Requests under way.
    live: u32,
    idle_since: Option<Instant>,
    door: Door,
    /// Told when the door opens.
    opened: Arc<Notify>,
}

/// Whether a lane has its connection. A pool asked for a second request before it has one would
/// open another, of which nothing is used once it is seen that one carries both.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Door {
    #[default]
    Shut,
    Opening,
    Open,
}

/// A place in a lane; given back when dropped.
#[derive(Debug)]
pub(super) struct Lease {
    state: Arc<Mutex<State>>,
    origin: String,
    lane: usize,
    leads: AtomicBool,
}

impl Lanes {
    pub(super) fn new(make: Make, kept: Duration) -> Result<Self, LlmError> {
        let clients = vec![make()?];
        let state = State {
            clients,
            origins: HashMap::new(),
        };
        Ok(Self {
            make,
            state: Arc::new(Mutex::new(state)),
            kept,
        })
    }

    /// Whether the host answered over TLS before, and in HTTP/1.1.
    pub(super) fn speaks_http1(&self, url: &Url) -> bool {
        let state = lock(&self.state);
        let origin = state.origins.get(&url.origin().ascii_serialization());
        origin.is_some_and(|origin| origin.http1)
    }

    /// A client with room for one more request to this host.
    pub(super) fn lease(
        &self,
        url: &Url,
    ) -> Result<(reqwest::Client, Option<Arc<Lease>>), LlmError> {
        let mut state = lock(&self.state);
        if url.scheme() != "https" {
            return Ok((self.client(&mut state, 0)?, None));
        }
        let origin = url.origin().ascii_serialization();
        let lane = state
            .origins
            .entry(origin.clone())
            .or_default()
            .take_place(self.kept);
        let client = self.client(&mut state, lane);
        drop(state);
        let lease = Lease {
            state: Arc::clone(&self.state),
            origin,
            lane,
            leads: AtomicBool::new(false),
        };
        Ok((client?, Some(Arc::new(lease))))
    }

    fn client(&self, state: &mut State, lane: usize) -> Result<reqwest::Client, LlmError> {
        while state.clients.len() <= lane {
            state.clients.push((self.make)()?);
        }
        match state.clients.get(lane) {
            Some(client) => Ok(client.clone()),
            None => (self.make)(),
        }
    }
}

impl Origin {
    fn take_place(&mut self, kept: Duration) -> usize {
        let http1 = self.http1;
        let free = self
            .lanes
            .iter()
            .position(|lane| http1 || lane.live < LANE_STREAMS_MAX);
        let at = free.unwrap_or(self.lanes.len());
        if at == self.lanes.len() {
            self.lanes.push(Lane::default());
        }
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.live += 1;
            let idle_since = lane.idle_since.take();
            if idle_since.is_some_and(|since| since.elapsed() >= kept) {
                lane.door = Door::Shut;
            }
        }
        at
    }
}

impl Lease {
    /// Returns when the lane has its connection, or to the one request that has to open it.
    pub(super) async fn enter(&self) {
        let opened = self.in_lane(|lane| match lane.door {
            Door::Open => None,
            Door::Opening => Some(Arc::clone(&lane.opened).notified_owned()),
            Door::Shut => {
                lane.door = Door::Opening;
                self.leads.store(true, Ordering::Release);
                None
            }
        });
        if let Some(opened) = opened.flatten() {
            opened.await;
        }
    }

    /// The request is on a connection, or came to nothing: nobody waits any longer.
    pub(super) fn open(&self) {
        if self.leads.swap(false, Ordering::AcqRel) {
            self.in_lane(|lane| {
                lane.door = Door::Open;
                lane.opened.notify_waiters();
            });
        }
    }

    /// The host answered: now its version is known.
    pub(super) fn learned(&self, version: Version) {
        if let Some(origin) = lock(&self.state).origins.get_mut(&self.origin) {
            origin.http1 = version < Version::HTTP_2;
        }
    }

    fn in_lane<T>(&self, change: impl FnOnce(&mut Lane) -> T) -> Option<T> {
        let mut state = lock(&self.state);
        let origin = state.origins.get_mut(&self.origin)?;
        origin.lanes.get_mut(self.lane).map(change)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.open();
        self.in_lane(|lane| {
            lane.live = lane.live.saturating_sub(1);
            if lane.live == 0 {
                lane.idle_since = Some(Instant::now());
            }
        });
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lanes")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn lanes() -> Lanes {
        let make = || Ok(reqwest::Client::new());
        // Another test may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Lanes::new(Box::new(make), Duration::from_secs(50)).unwrap()
    }

    fn lease(lanes: &Lanes) -> Arc<Lease> {
        let url = Url::parse("https://host/").unwrap();
        lanes.lease(&url).unwrap().1.unwrap()
    }

    #[test]
    fn a_full_lane_opens_the_next_and_http1_needs_one() {
        let mut origin = Origin::default();
        let kept = Duration::from_secs(50);
        let lanes: Vec<_> = (0..250).map(|_| origin.take_place(kept)).collect();
        assert_eq!(lanes.iter().filter(|lane| **lane == 0).count(), 100);
        assert_eq!(lanes.iter().filter(|lane| **lane == 2).count(), 50);
        origin.http1 = true;
        assert_eq!(origin.take_place(kept), 0);
    }

    #[tokio::test]
    async fn one_request_opens_a_lane_and_the_others_wait_for_it() {
        let lanes = lanes();
        let (first, second) = (lease(&lanes), lease(&lanes));
        first.enter().await;
        let mut waits = Box::pin(second.enter());
        assert!(waits.as_mut().now_or_never().is_none());
        first.open();
        waits.await;
        let third = lease(&lanes);
        third.enter().await;
        assert!(!third.leads.load(Ordering::Acquire), "it is open");
    }

    #[tokio::test]
    async fn a_leader_that_fails_lets_the_others_try() {
        let lanes = lanes();
        let (first, second) = (lease(&lanes), lease(&lanes));
        first.enter().await;
        let mut waits = Box::pin(second.enter());
        assert!(waits.as_mut().now_or_never().is_none());
        drop(first);
        waits.await;
    }
}
