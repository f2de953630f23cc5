//! What provider `script` was asked, for the test that wrote the script. Owns how much is kept.

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::playlist::Asked;
use super::unscripted;
use crate::request::Operation;

/// So many requests are kept, the newest; all are counted.
const REQUESTS_MAX: usize = 10_000;
/// So many bytes of them, likewise.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// The requests so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    requests: VecDeque<(Operation, Bytes)>,
    bytes: usize,
    count: u64,
}

impl Seen {
    /// Each attempt is one.
    pub(super) fn push(&mut self, asked: &Asked<'_>) {
        self.count += 1;
        self.bytes += asked.body.len();
        // The bytes are those of the request itself, which nothing changes.
        self.requests
            .push_back((asked.operation, asked.body.clone()));
        while self.requests.len() > REQUESTS_MAX || self.bytes > BYTES_MAX {
            let Some((_, body)) = self.requests.pop_front() else {
                break;
            };
            self.bytes -= body.len();
        }
    }

    pub(super) fn report(&self) -> Map<String, Value> {
        let requests = self.requests.iter();
        let requests = requests.map(|(operation, body)| unscripted::seen(*operation, body));
        let requests: Vec<_> = requests.map(Value::Object).collect();
        Map::from_iter([
            ("requests".to_owned(), requests.into()),
            ("requests_count".to_owned(), self.count.into()),
        ])
    }
}
