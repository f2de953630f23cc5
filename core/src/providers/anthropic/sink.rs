//! Where events go: a batch, and the writer that says START before whatever comes first. Owned by
//! `decode` for the time of one frame.

use crate::batch::EventBatch;
use crate::event::Event;
use crate::providers::event_writer::EventWriter;

pub(super) struct Sink<'s> {
    pub(super) writer: &'s mut EventWriter,
    pub(super) batch: &'s mut EventBatch,
}

impl Sink<'_> {
    pub(super) fn begin(&mut self) {
        self.writer.begin(self.batch);
    }

    pub(super) fn push(&mut self, event: Event) {
        self.writer.push(event, self.batch);
    }

    pub(super) fn push_text(&mut self, text: &str) {
        self.writer.push_text(text, self.batch);
    }

    pub(super) fn push_reasoning(&mut self, text: &str) {
        self.writer.push_reasoning(text, self.batch);
    }

    pub(super) fn extend(&mut self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.push(event));
    }
}
