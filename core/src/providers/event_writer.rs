//! Where a decoder's events go: into the batch, with START before whatever comes first. Owns START
//! until it is written, and records which kind of content has come.

use crate::event::EventBatch;
use crate::event::{Event, Start};

/// The most that a response has brought so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Content {
    #[default]
    None,
    /// Reasoning, pieces of tool calls, sources: what stands beside the content proper.
    Secondary,
    /// Text, or what a model replies with instead.
    Primary,
}

#[derive(Debug)]
pub(crate) struct EventWriter {
    /// Until it is written.
    start: Option<Box<Start>>,
    content: Content,
}

impl EventWriter {
    pub(crate) fn new(start: Start) -> Self {
        Self {
            start: Some(Box::new(start)),
            content: Content::None,
        }
    }

    /// START, while it may still be changed.
    pub(crate) fn start(&mut self) -> Option<&mut Start> {
        self.start.as_deref_mut()
    }

    pub(crate) fn content(&self) -> Content {
        self.content
    }

    /// START, if it was not written yet.
    pub(crate) fn begin(&mut self, out: &mut EventBatch) {
        if let Some(start) = self.start.take() {
            out.push(Event::Start(start));
        }
    }

    pub(crate) fn push(&mut self, event: Event, out: &mut EventBatch) {
        self.content = self.content.max(content_of(&event));
        self.begin(out);
        out.push(event);
    }

    pub(crate) fn extend(&mut self, events: impl IntoIterator<Item = Event>, out: &mut EventBatch) {
        events.into_iter().for_each(|event| self.push(event, out));
    }

    /// An empty text makes no event.
    pub(crate) fn push_text(&mut self, text: &str, out: &mut EventBatch) {
        if !text.is_empty() {
            self.content = Content::Primary;
            self.begin(out);
            out.push_text(text);
        }
    }

    /// An empty text makes no event.
    pub(crate) fn push_reasoning(&mut self, text: &str, out: &mut EventBatch) {
        if !text.is_empty() {
            self.content = self.content.max(Content::Secondary);
            self.begin(out);
            out.push_reasoning(text);
        }
    }

    /// The writer together with its batch, for the time of one frame.
    pub(crate) fn sink<'s>(&'s mut self, out: &'s mut EventBatch) -> EventSink<'s> {
        EventSink { writer: self, out }
    }
}

/// A writer and the batch that it writes to.
pub(crate) struct EventSink<'s> {
    writer: &'s mut EventWriter,
    out: &'s mut EventBatch,
}

impl EventSink<'_> {
    pub(crate) fn push(&mut self, event: Event) {
        self.writer.push(event, self.out);
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        self.writer.push_text(text, self.out);
    }

    pub(crate) fn push_reasoning(&mut self, text: &str) {
        self.writer.push_reasoning(text, self.out);
    }

    pub(crate) fn extend(&mut self, events: impl IntoIterator<Item = Event>) {
        self.writer.extend(events, self.out);
    }
}

fn content_of(event: &Event) -> Content {
    match event {
        Event::Start(_) | Event::End(_) => Content::None,
        Event::Text(_) | Event::Vectors(_) | Event::Result(_) => Content::Primary,
        Event::Reasoning(_) | Event::ToolDelta(_) | Event::ToolCall(_) => Content::Secondary,
        Event::Part(part) => match part.get("type").and_then(serde_json::Value::as_str) {
            Some("refusal" | "image" | "audio") => Content::Primary,
            _ => Content::Secondary,
        },
    }
}
