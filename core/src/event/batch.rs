//! The events of one read of one socket, in one allocation that is used again: text stands in one
//! string and is cut by offsets. Filled by decoders, drained by the code that hands events to the
//! caller.

use serde_json::{Map, Value};

use super::{Event, Start};
use crate::error::LlmError;
use crate::limited_buffer;

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

#[derive(Debug, Clone, Copy)]
enum Item {
    Text {
        end: usize,
    },
    Reasoning {
        end: usize,
    },
    /// The next one of `others`.
    Other,
}

/// Events in order, without an allocation per piece of text.
#[derive(Debug, Default)]
pub struct EventBatch {
    text: String,
    items: Vec<Item>,
    /// Apart from the items: they are ten times as large, and rare.
    others: Vec<Event>,
    /// START is among them, not cleaned yet.
    has_start: bool,
    /// How many bytes there was no memory for; what came after them is dropped too.
    bytes_refused: Option<usize>,
}

impl EventBatch {
    /// Adds a piece of text; an empty one makes no event.
    pub fn push_text(&mut self, text: &str) {
        if let Some(end) = self.append(text) {
            self.items.push(Item::Text { end });
        }
    }

    /// Adds a piece of reasoning; an empty one makes no event.
    pub fn push_reasoning(&mut self, text: &str) {
        if let Some(end) = self.append(text) {
            self.items.push(Item::Reasoning { end });
        }
    }

    /// Adds any event.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Text(text) => self.push_text(&text),
            Event::Reasoning(text) => self.push_reasoning(&text),
            // Every stream has one, whatever happens.
            end @ Event::End(_) => self.push_other(end),
            other if self.bytes_refused.is_none() => {
                self.has_start |= matches!(other, Event::Start(_));
                self.push_other(other);
            }
            _ => {}
        }
    }

    fn push_other(&mut self, event: Event) {
        if self.others.is_empty() {
            // Mostly there is one, and this may be kept for the rest of the stream.
            self.others.reserve_exact(1);
        }
        self.others.push(event);
        self.items.push(Item::Other);
    }

    /// Whether all that was pushed is here. An error is returned once; the events before it stay.
    pub(crate) fn check(&mut self) -> Result<(), LlmError> {
        match self.bytes_refused.take() {
            None => Ok(()),
            Some(bytes) => Err(limited_buffer::out_of_memory(bytes)),
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
        self.others.clear();
        if self.text.capacity() > BATCH_BYTES_KEPT {
            self.text = String::new();
        }
        if self.items.capacity() * size_of::<Item>() > BATCH_BYTES_KEPT {
            self.items = Vec::new();
        }
        if self.others.capacity() > 1 {
            self.others = Vec::new();
        }
        self.bytes_refused = None;
        self.has_start = false;
    }

    /// The events in order.
    pub fn iter(&self) -> impl Iterator<Item = EventRef<'_>> {
        let mut start = 0;
        let mut piece = move |end: usize| {
            let text = self.text.get(start..end).unwrap_or_default();
            start = end;
            text
        };
        let mut others = self.others.iter();
        self.items.iter().filter_map(move |item| match item {
            Item::Text { end } => Some(EventRef::Text(piece(*end))),
            Item::Reasoning { end } => Some(EventRef::Reasoning(piece(*end))),
            Item::Other => others.next().map(EventRef::Other),
        })
    }

    /// Each START once: what the provider sent at the beginning, to be cleaned before it is
    /// delivered.
    pub(crate) fn new_starts(&mut self) -> impl Iterator<Item = &mut Start> {
        let others = match std::mem::take(&mut self.has_start) {
            true => self.others.as_mut_slice(),
            false => &mut [],
        };
        others.iter_mut().filter_map(|event| match event {
            Event::Start(start) => Some(&mut **start),
            _ => None,
        })
    }

    /// What operations other than chat came to, to be cleaned before it is delivered.
    pub(crate) fn results(&mut self) -> impl Iterator<Item = &mut Map<String, Value>> {
        self.others.iter_mut().filter_map(|event| match event {
            Event::Result(result) => Some(result),
            _ => None,
        })
    }

    /// The events in order, owned; the batch is empty afterwards. Nothing is copied but text that
    /// came in several pieces.
    pub fn drain(&mut self) -> Vec<Event> {
        let (text, mut start) = (&mut self.text, 0);
        let mut piece = |end: usize| {
            let range = std::mem::replace(&mut start, end)..end;
            match range == (0..text.len()) {
                true => std::mem::take(text),
                false => text.get(range).unwrap_or_default().to_owned(),
            }
        };
        let mut others = self.others.drain(..);
        let events = self.items.drain(..).filter_map(|item| match item {
            Item::Text { end } => Some(Event::Text(piece(end))),
            Item::Reasoning { end } => Some(Event::Reasoning(piece(end))),
            Item::Other => others.next(),
        });
        let events = events.collect();
        drop(others);
        self.clear();
        events
    }

    /// Where the text ends once this is appended; `None` where it is empty or there is no memory.
    #[inline]
    fn append(&mut self, text: &str) -> Option<usize> {
        if text.is_empty() || !(self.has_room(text.len()) || self.reserve(text.len())) {
            return None;
        }
        self.text.push_str(text);
        Some(self.text.len())
    }

    /// Whether one more event with so many bytes of text fits as it is.
    #[inline]
    fn has_room(&self, bytes: usize) -> bool {
        self.bytes_refused.is_none()
            && self.text.capacity() - self.text.len() >= bytes
            && self.items.capacity() > self.items.len()
    }

    /// Makes room for one event with so many bytes of text.
    #[cold]
    fn reserve(&mut self, bytes: usize) -> bool {
        let spare = limited_buffer::spare(bytes);
        let has_room = self.bytes_refused.is_none()
            && spare.is_ok()
            && self.text.try_reserve(bytes).is_ok()
            && self.items.try_reserve(1).is_ok();
        if !has_room {
            self.bytes_refused.get_or_insert(bytes);
        }
        has_room
    }
}

/// A batch that once held a large response does not hold its memory for the rest of a stream.
const BATCH_BYTES_KEPT: usize = 2 * 1024;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::event::{Receipt, Start, ToolDelta};

    fn seen(events: &[Event]) -> Vec<String> {
        events.iter().map(|event| format!("{event:?}")).collect()
    }

    #[test]
    fn keeps_order_and_boundaries() {
        let mut batch = EventBatch::default();
        batch.push_text("a");
        batch.push_reasoning("bc");
        batch.push_text("");
        batch.push(Event::ToolDelta(ToolDelta {
            index: 0,
            id: None,
            name: None,
            arguments: "{".to_owned(),
        }));
        batch.push_text("d");
        let borrowed: Vec<String> = batch.iter().map(|event| format!("{event:?}")).collect();
        assert_eq!(borrowed.len(), 4);
        assert_eq!(borrowed.first().unwrap(), "Text(\"a\")");
        let drained = seen(&batch.drain());
        let others = borrowed.iter().map(|event| {
            let inner = event.strip_prefix("Other(");
            inner
                .and_then(|inner| inner.strip_suffix(')'))
                .unwrap_or(event)
        });
        assert!(drained.iter().eq(others), "{drained:?}");
        assert!(batch.is_empty());
    }

    /// Ten thousand streams have one each.
    #[test]
    fn a_batch_that_was_handed_over_keeps_little() {
        let mut batch = EventBatch::default();
        for _ in 0..1000 {
            batch.push_text("some text");
            batch.push(Event::Start(Box::default()));
        }
        batch.clear();
        let kept = |batch: &EventBatch| {
            batch.text.capacity()
                + batch.items.capacity() * size_of::<Item>()
                + batch.others.capacity() * size_of::<Event>()
        };
        assert_eq!(kept(&batch), 0);
        batch.push(Event::Start(Box::default()));
        for _ in 0..64 {
            batch.push_text("text");
        }
        batch.clear();
        assert!((1..4096).contains(&kept(&batch)), "{}", kept(&batch));
    }

    #[test]
    fn draining_takes_events_out_and_copies_none() {
        let mut batch = EventBatch::default();
        let start = Box::new(Start::default());
        let (start_at, text) = (std::ptr::from_ref(&*start), "x".repeat(100));
        batch.push(Event::Start(start));
        batch.push_text(&text);
        let text_at = batch.text.as_ptr();
        let mut drained = batch.drain().into_iter();
        let Some(Event::Start(taken)) = drained.next() else {
            unreachable!("START was first");
        };
        assert!(std::ptr::eq(&*taken, start_at));
        let Some(Event::Text(taken)) = drained.next() else {
            unreachable!("the text was second");
        };
        assert!(std::ptr::eq(taken.as_ptr(), text_at) && taken == text);
        batch.push_text("next");
        assert_eq!(seen(&batch.drain()), ["Text(\"next\")"]);
    }

    #[test]
    fn events_without_room_are_an_error_and_only_the_end_follows() {
        let mut batch = EventBatch::default();
        batch.push_text("a");
        assert!(!batch.reserve(usize::MAX / 2));
        batch.push_text("b");
        batch.push(Event::Start(Box::default()));
        batch.push(Event::End(Box::<Receipt>::default()));
        let error = batch.check().unwrap_err();
        assert!(error.message.contains("no memory"), "{error}");
        assert!(batch.check().is_ok());
        let drained = batch.drain();
        assert!(matches!(
            drained.as_slice(),
            [Event::Text(_), Event::End(_)]
        ));
    }
}
