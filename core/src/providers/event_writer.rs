//! Where a decoder's events go: into the batch, with START before whatever comes first. Owns START
//! until it is said, and remembers of what weight the events were. Called by decoders.

use crate::batch::EventBatch;
use crate::event::{Event, Start};

/// The heaviest thing that an answer has said so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Said {
    #[default]
    Nothing,
    /// Reasoning, pieces of tool calls, sources: what stands beside an answer.
    Aside,
    /// Text, or what a model answers with instead.
    Answer,
}

#[derive(Debug)]
pub(crate) struct EventWriter {
    /// Until it is said.
    start: Option<Box<Start>>,
    said: Said,
}

impl EventWriter {
    pub(crate) fn new(start: Start) -> Self {
        Self {
            start: Some(Box::new(start)),
            said: Said::Nothing,
        }
    }

    /// START, while it may still be changed.
    pub(crate) fn start(&mut self) -> Option<&mut Start> {
        self.start.as_deref_mut()
    }

    pub(crate) fn said(&self) -> Said {
        self.said
    }

    /// START, if it was not said yet.
    pub(crate) fn begin(&mut self, out: &mut EventBatch) {
        if let Some(start) = self.start.take() {
            out.push(Event::Start(start));
        }
    }

    pub(crate) fn push(&mut self, event: Event, out: &mut EventBatch) {
        self.said = self.said.max(weight(&event));
        self.begin(out);
        out.push(event);
    }

    /// An empty text is no event.
    pub(crate) fn push_text(&mut self, text: &str, out: &mut EventBatch) {
        if !text.is_empty() {
            self.said = Said::Answer;
            self.begin(out);
            out.push_text(text);
        }
    }

    /// An empty text is no event.
    pub(crate) fn push_reasoning(&mut self, text: &str, out: &mut EventBatch) {
        if !text.is_empty() {
            self.said = self.said.max(Said::Aside);
            self.begin(out);
            out.push_reasoning(text);
        }
    }
}

fn weight(event: &Event) -> Said {
    match event {
        Event::Start(_) | Event::End(_) => Said::Nothing,
        Event::Text(_) => Said::Answer,
        Event::Reasoning(_) | Event::ToolDelta(_) | Event::ToolCall(_) => Said::Aside,
        Event::Part(part) => match part.get("type").and_then(serde_json::Value::as_str) {
            Some("refusal" | "image" | "audio") => Said::Answer,
            _ => Said::Aside,
        },
    }
}
