//! More than one connection to an HTTP/2 host. A pool keeps one HTTP/2 connection per host, and
//! once the peer's stream limit is reached further requests wait in it. So requests to a TLS host
//! are spread over lanes, each with a pool of its own and at most `LANE_STREAMS_MAX` requests,
//! until the host is seen to speak HTTP/1.1, where one pool opens as many connections as it needs.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Version;
use url::Url;

use crate::error::LlmError;

/// Requests at once on one connection: the stream limit that HTTP/2 servers commonly announce
/// (RFC 9113 section 6.5.2 asks for at least 100).
const LANE_STREAMS_MAX: u32 = 100;

type Make = Box<dyn Fn() -> Result<reqwest::Client, LlmError> + Send + Sync>;

pub(super) struct Lanes {
    make: Make,
    state: Arc<Mutex<State>>,
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
    /// Requests under way, by lane.
    live: Vec<u32>,
}

/// A place in a lane; given back when dropped.
#[derive(Debug)]
pub(super) struct Lease {
    state: Arc<Mutex<State>>,
    origin: String,
    lane: usize,
}

impl Lanes {
    pub(super) fn new(make: Make) -> Result<Self, LlmError> {
        let clients = vec![make()?];
        let state = State {
            clients,
            origins: HashMap::new(),
        };
        Ok(Self {
            make,
            state: Arc::new(Mutex::new(state)),
        })
    }

    /// Whether the host answered over TLS before, and in HTTP/1.1.
    pub(super) fn speaks_http1(&self, url: &Url) -> bool {
        let state = lock(&self.state);
        let origin = state.origins.get(&url.origin().ascii_serialization());
        origin.is_some_and(|origin| origin.http1)
    }

    /// A client with room for one more request to this host.
    pub(super) fn lease(&self, url: &Url) -> Result<(reqwest::Client, Option<Lease>), LlmError> {
        let mut state = lock(&self.state);
        if url.scheme() != "https" {
            return Ok((self.client(&mut state, 0)?, None));
        }
        let origin = url.origin().ascii_serialization();
        let lane = state
            .origins
            .entry(origin.clone())
            .or_default()
            .take_place();
        let client = self.client(&mut state, lane);
        drop(state);
        let lease = Lease {
            state: Arc::clone(&self.state),
            origin,
            lane,
        };
        Ok((client?, Some(lease)))
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
    fn take_place(&mut self) -> usize {
        let http1 = self.http1;
        let free = self
            .live
            .iter()
            .position(|live| http1 || *live < LANE_STREAMS_MAX);
        let lane = free.unwrap_or(self.live.len());
        match self.live.get_mut(lane) {
            Some(live) => *live += 1,
            None => self.live.push(1),
        }
        lane
    }
}

impl Lease {
    /// The host answered: now its version is known.
    pub(super) fn learned(&self, version: Version) {
        if let Some(origin) = lock(&self.state).origins.get_mut(&self.origin) {
            origin.http1 = version < Version::HTTP_2;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        let origin = state.origins.get_mut(&self.origin);
        if let Some(live) = origin.and_then(|origin| origin.live.get_mut(self.lane)) {
            *live = live.saturating_sub(1);
        }
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
mod tests {
    use super::*;

    #[test]
    fn a_full_lane_opens_the_next_and_http1_needs_one() {
        let mut origin = Origin::default();
        let lanes: Vec<_> = (0..250).map(|_| origin.take_place()).collect();
        assert_eq!(lanes.iter().filter(|lane| **lane == 0).count(), 100);
        assert_eq!(lanes.iter().filter(|lane| **lane == 2).count(), 50);
        origin.http1 = true;
        assert_eq!(origin.take_place(), 0);
    }
}
