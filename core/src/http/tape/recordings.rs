//! The recordings of a tape by their requests, and which of them is next. A request that was
//! recorded several times plays them one after another, each once. Pure.

use std::sync::Arc;

use super::exchange::TapedExchange;
use super::fields::insert_sorted;
use super::nearest;
use super::request::{Key, TapedRequest};

/// What is on a tape.
#[derive(Debug, Default)]
pub(super) struct Recordings {
    /// In order.
    by_key: Vec<(Key, Recorded)>,
}

/// The recordings of one request.
#[derive(Debug, Default)]
struct Recorded {
    list: Vec<Arc<TapedExchange>>,
    played: usize,
}

impl Recordings {
    pub(super) fn add(&mut self, exchange: TapedExchange) {
        let key = exchange.request.key();
        let exchange = Arc::new(exchange);
        match self.find(&key) {
            Some(recorded) => recorded.list.push(exchange),
            None => {
                let (list, played) = (vec![exchange], 0);
                insert_sorted(&mut self.by_key, key, Recorded { list, played });
            }
        }
    }

    /// The next recording of a request; `None` where there is none, or all were played.
    pub(super) fn next(&mut self, key: &Key) -> Option<Arc<TapedExchange>> {
        let recorded = self.find(key)?;
        let next = recorded.list.get(recorded.played)?;
        recorded.played += 1;
        Some(Arc::clone(next))
    }

    /// Why there is no recording of a request, in words of the file.
    pub(super) fn missing(&self, asked: &TapedRequest, key: &Key) -> String {
        if let Some((_, recorded)) = self.by_key.iter().find(|(other, _)| other == key) {
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

    fn find(&mut self, key: &Key) -> Option<&mut Recorded> {
        let place = self.by_key.binary_search_by(|(other, _)| other.cmp(key));
        let (_, recorded) = self.by_key.get_mut(place.ok()?)?;
        Some(recorded)
    }

    /// Which places there are.
    fn contents(&self) -> String {
        const SHOWN_MAX: usize = 5;
        let mut places: Vec<&str> = self
            .by_key
            .iter()
            .map(|(key, _)| key.place.as_str())
            .collect();
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
