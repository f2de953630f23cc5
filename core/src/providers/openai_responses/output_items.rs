//! The items of the output, as they were opened and as they ended. Owns which of them make up the
//! block that goes back: all of them in their order, or none.

use serde_json::{Map, Value};

use super::parts;

/// The items of one response.
#[derive(Debug, Default)]
pub(super) struct OutputItems {
    opened: Vec<Opened>,
    done: Vec<(Option<u64>, Map<String, Value>)>,
}

/// An item as it began.
#[derive(Debug)]
struct Opened {
    index: Option<u64>,
    kind: String,
    id: String,
}

impl OutputItems {
    /// Whether the stream brought any.
    pub(super) fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.done.is_empty()
    }

    pub(super) fn open(&mut self, index: Option<u64>, item: &Map<String, Value>) {
        let text = |name: &str| parts::text_of(item, name).to_owned();
        let (kind, id) = (text("type"), text("id"));
        self.opened.push(Opened { index, kind, id });
    }

    /// The place of the next item, where a server does not tell it.
    pub(super) fn next_index(&self) -> Option<u64> {
        let last = self.opened.iter().filter_map(|item| item.index).max();
        Some(last.map_or(0, |last| last.saturating_add(1)))
    }

    /// The place of the item with this id, where a server does not tell it; without one, of the
    /// item that was opened last.
    pub(super) fn index_of(&self, id: &str) -> Option<u64> {
        let own = self.opened.iter().rfind(|item| item.id == id);
        own.filter(|_| !id.is_empty())
            .or(self.opened.last())
            .and_then(|item| item.index)
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
        let is_open = |opened: &Opened| opened.index == index && opened.kind == kind;
        !self.is_done(index) && self.opened.iter().any(is_open)
    }

    /// All items in the order of the output. Some need those before them, so that where one is
    /// missing there are none.
    pub(super) fn take(&mut self) -> Vec<Value> {
        let mut items = std::mem::take(&mut self.done);
        let ended = |index: &Option<u64>| items.iter().any(|(done, _)| done == index);
        if !self.opened.iter().all(|opened| ended(&opened.index)) {
            return Vec::new();
        }
        // They may end in another order than they began in.
        items.sort_by_key(|(index, _)| *index);
        let items = items.into_iter().map(|(_, item)| Value::Object(item));
        items.collect()
    }
}
