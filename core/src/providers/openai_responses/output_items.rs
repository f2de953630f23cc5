//! The items of the output, as they were opened and as they ended. Owns which of them make up the
//! block that goes back: all of them in their order, or none.

use serde_json::{Map, Value};

use super::parts;

/// The items of one response.
#[derive(Debug, Default)]
pub(super) struct OutputItems {
    opened: Vec<(Option<u64>, String)>,
    done: Vec<(Option<u64>, Map<String, Value>)>,
}

impl OutputItems {
    /// Whether the stream brought any.
    pub(super) fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.done.is_empty()
    }

    pub(super) fn open(&mut self, index: Option<u64>, item: &Map<String, Value>) {
        let kind = parts::text_of(item, "type").to_owned();
        self.opened.push((index, kind));
    }

    /// Whether an item has come to its end already.
    pub(super) fn is_done(&self, index: Option<u64>) -> bool {
        index.is_some() && self.done.iter().any(|(done, _)| *done == index)
    }

    pub(super) fn add(&mut self, index: Option<u64>, item: Map<String, Value>) {
        self.done.push((index, item));
    }

    /// Whether an item of this type was opened at this place and did not end.
    pub(super) fn waits_for(&self, index: Option<u64>, item: &Map<String, Value>) -> bool {
        let kind = parts::text_of(item, "type");
        let is_open = |(opened, own): &(Option<u64>, String)| *opened == index && own == kind;
        !self.is_done(index) && self.opened.iter().any(is_open)
    }

    /// All items in the order of the output. Some need those before them, so that where one is
    /// missing there are none.
    pub(super) fn take(&mut self) -> Vec<Value> {
        let mut items = std::mem::take(&mut self.done);
        let ended = |index: &Option<u64>| items.iter().any(|(done, _)| done == index);
        if !self.opened.iter().all(|(index, _)| ended(index)) {
            return Vec::new();
        }
        // They may end in another order than they began in.
        items.sort_by_key(|(index, _)| *index);
        let items = items.into_iter().map(|(_, item)| Value::Object(item));
        items.collect()
    }
}
