//! The recordings of a tape by their requests, and which of them is next. A request that was
//! recorded several times plays them one after another, each once. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::exchange::TapedExchange;
use super::nearest;
use super::request::{Key, TapedRequest};

/// What is on a tape.
#[derive(Debug, Default)]
pub(super) struct Recordings {
    by_key: BTreeMap<Key, Recorded>,
}

/// The recordings of one request.
#[derive(Debug, Default)]
struct Recorded {
    list: Vec<Arc<TapedExchange>>,
    played: usize,
}

impl Recordings {
    pub(super) fn add(&mut self, exchange: TapedExchange) {
        let recorded = self.by_key.entry(exchange.request.key()).or_default();
        recorded.list.push(Arc::new(exchange));
    }

    /// The next recording of a request; `None` where there is none, or all were played.
    pub(super) fn next(&mut self, key: &Key) -> Option<Arc<TapedExchange>> {
        let recorded = self.by_key.get_mut(key)?;
        let next = recorded.list.get(recorded.played)?;
        recorded.played += 1;
        Some(Arc::clone(next))
    }

    /// Why there is no recording of a request, in words of the file.
    pub(super) fn missing(&self, asked: &TapedRequest, key: &Key) -> String {
        if let Some(recorded) = self.by_key.get(key) {
            return match recorded.list.len() {
                1 => "has this request once, and played it already".to_owned(),
                count => format!("has this request {count} times, and played all of them"),
            };
        }
        let same_place = self
            .by_key
            .iter()
            .filter(|(other, _)| other.place == key.place);
        let requests = same_place.filter_map(|(_, recorded)| recorded.list.first());
        let requests = requests.map(|exchange| &exchange.request);
        match nearest::differences(asked, requests) {
            Some(differences) => {
                format!("does not have this request; the nearest one differs in {differences}")
            }
            None => format!("has no {}; {}", key.place, self.contents()),
        }
    }

    /// Which places there are.
    fn contents(&self) -> String {
        const SHOWN_MAX: usize = 5;
        let mut places: Vec<&str> = self.by_key.keys().map(|key| key.place.as_str()).collect();
        places.dedup();
        if places.is_empty() {
            return "it is empty".to_owned();
        }
        let more = places.len().saturating_sub(SHOWN_MAX);
        places.truncate(SHOWN_MAX);
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("it has {}{more}", places.join(", "))
    }
}
