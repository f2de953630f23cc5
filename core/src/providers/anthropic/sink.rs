//! Where events go: a batch, with START before whatever comes first. Owned by `decode` for the time
//! of one frame.

use crate::batch::EventBatch;
use crate::event::{Event, Start};

pub(super) struct Sink<'s> {
    /// Until it is said.
    pub(super) start: &'s mut Option<Box<Start>>,
    pub(super) batch: &'s mut EventBatch,
}

impl Sink<'_> {
    pub(super) fn begin(&mut self) {
        if let Some(start) = self.start.take() {
            self.batch.push(Event::Start(start));
        }
    }

    pub(super) fn push(&mut self, event: Event) {
        self.begin();
        self.batch.push(event);
    }

    /// An empty text is no event.
    pub(super) fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.begin();
            self.batch.push_text(text);
        }
    }

    /// An empty text is no event.
    pub(super) fn push_reasoning(&mut self, text: &str) {
        if !text.is_empty() {
            self.begin();
            self.batch.push_reasoning(text);
        }
    }

    pub(super) fn extend(&mut self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.push(event));
    }
}
