//! The events of one read of one socket, in one allocation that is used again: text stands in one
//! string and is cut by offsets. Filled by decoders, drained by whoever hands events to a host.

use crate::event::{Event, Start};

/// A borrowed view of one event of a batch.
#[derive(Debug, Clone, Copy)]
pub enum EventRef<'a> {
    /// A piece of visible text.
    Text(&'a str),
    /// A piece of visible reasoning.
    Reasoning(&'a str),
    /// Any other event; never `Event::Text` or `Event::Reasoning`.
    Other(&'a Event),
}

#[derive(Debug)]
enum Item {
    Text { end: usize },
    Reasoning { end: usize },
    Other(Event),
}

/// Events in order, without an allocation per piece of text.
#[derive(Debug, Default)]
pub struct EventBatch {
    text: String,
    items: Vec<Item>,
}

impl EventBatch {
    /// Adds a piece of text; an empty one is no event.
    pub fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.push_str(text);
            self.items.push(Item::Text {
                end: self.text.len(),
            });
        }
    }

    /// Adds a piece of reasoning; an empty one is no event.
    pub fn push_reasoning(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.push_str(text);
            self.items.push(Item::Reasoning {
                end: self.text.len(),
            });
        }
    }

    /// Adds any event.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Text(text) => self.push_text(&text),
            Event::Reasoning(text) => self.push_reasoning(&text),
            other => self.items.push(Item::Other(other)),
        }
    }

    /// Whether there is no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Forgets the events and keeps the memory, up to `BATCH_BYTES_KEPT`.
    pub fn clear(&mut self) {
        self.items.clear();
        self.text.clear();
        self.text.shrink_to(BATCH_BYTES_KEPT);
    }

    /// The events in order.
    pub fn iter(&self) -> impl Iterator<Item = EventRef<'_>> {
        let mut start = 0;
        let mut piece = move |end: usize| {
            let text = self.text.get(start..end).unwrap_or_default();
            start = end;
            text
        };
        self.items.iter().map(move |item| match item {
            Item::Text { end } => EventRef::Text(piece(*end)),
            Item::Reasoning { end } => EventRef::Reasoning(piece(*end)),
            Item::Other(event) => EventRef::Other(event),
        })
    }

    /// What a provider said when it began, to be cleaned before anybody sees it.
    pub(crate) fn starts(&mut self) -> impl Iterator<Item = &mut Start> {
        self.items.iter_mut().filter_map(|item| match item {
            Item::Other(Event::Start(start)) => Some(&mut **start),
            Item::Other(_) | Item::Text { .. } | Item::Reasoning { .. } => None,
        })
    }

    /// The events in order, owned; the batch is empty afterwards.
    pub fn drain(&mut self) -> Vec<Event> {
        let events = self
            .iter()
            .map(|event| match event {
                EventRef::Text(text) => Event::Text(text.to_owned()),
                EventRef::Reasoning(text) => Event::Reasoning(text.to_owned()),
                EventRef::Other(event) => event.clone(),
            })
            .collect();
        self.clear();
        events
    }
}

/// A batch that once held a large answer does not hold its memory for the rest of a stream.
const BATCH_BYTES_KEPT: usize = 2 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_boundaries() {
        let mut batch = EventBatch::default();
        batch.push_text("a");
        batch.push_reasoning("bc");
        batch.push_text("");
        batch.push_text("d");
        let seen: Vec<String> = batch.iter().map(|event| format!("{event:?}")).collect();
        assert_eq!(seen, ["Text(\"a\")", "Reasoning(\"bc\")", "Text(\"d\")"]);
        assert_eq!(batch.drain().len(), 3);
        assert!(batch.is_empty());
    }
}
