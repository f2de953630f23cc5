//! Events other than text, as the JSON that the caller gets. Written before the queue's lock is
//! taken; text stays in the core's batch until then. Owns which event has which kind and error
//! number.

use std::io;

use liter_llm_core::{Event, EventBatch, KeyRequest, Outcome, Receipt};
use serde::Serialize;

use crate::types::{
    LLM_ERROR_INTERNAL, LLM_ERROR_OK, LLM_EVENT_END, LLM_EVENT_KEY, LLM_EVENT_LOG, LLM_EVENT_PART,
    LLM_EVENT_RESULT, LLM_EVENT_START, LLM_EVENT_TOOL_CALL, LLM_EVENT_TOOL_DELTA,
};

/// What stands for an event that there is no memory for, or that cannot be JSON.
pub const NO_JSON: &[u8] = b"{}";

/// As long as a START or END usually is.
const USUAL_BYTES: usize = 512;

/// Which event, and where its JSON ends.
#[derive(Debug, Clone, Copy)]
struct Item {
    kind: u32,
    error: i32,
    end: usize,
}

/// The JSON of some events, in order.
#[derive(Debug, Default)]
pub struct EventJson {
    bytes: Vec<u8>,
    items: Vec<Item>,
}

/// One event and its JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<'a> {
    /// LLM_EVENT_*; 0 for an event that the header has no number for.
    pub kind: u32,
    /// LLM_ERROR_*.
    pub error: i32,
    /// The JSON.
    pub data: &'a [u8],
}

impl EventJson {
    /// All events of a batch but its text, reasoning and vectors.
    pub fn of_batch(batch: &EventBatch) -> Self {
        let mut json = Self::default();
        for event in batch.others() {
            match event {
                Event::Vectors(_) => {}
                event => json.push_event(event),
            }
        }
        json
    }

    /// The END of a stream.
    pub fn end(receipt: &Receipt) -> Self {
        let mut json = Self::default();
        json.push_end(receipt);
        json
    }

    /// A line for the caller's log.
    pub fn log(record: &impl Serialize) -> Self {
        let mut json = Self::default();
        json.push(LLM_EVENT_LOG, LLM_ERROR_OK, record);
        json
    }

    /// A key that a stream asks for.
    pub fn key(request: &KeyRequest) -> Self {
        let mut json = Self::default();
        json.push(LLM_EVENT_KEY, LLM_ERROR_OK, request);
        json
    }

    /// The events in order.
    pub fn iter(&self) -> impl Iterator<Item = Json<'_>> {
        let mut start = 0;
        self.items.iter().map(move |item| {
            let range = std::mem::replace(&mut start, item.end)..item.end;
            Json {
                kind: item.kind,
                error: item.error,
                data: self.bytes.get(range).unwrap_or_default(),
            }
        })
    }

    /// Whether the END is among them.
    pub fn ends(&self) -> bool {
        self.items.iter().any(|item| item.kind == LLM_EVENT_END)
    }

    fn push_event(&mut self, event: &Event) {
        match event {
            Event::Start(start) => self.push(LLM_EVENT_START, LLM_ERROR_OK, start),
            Event::ToolDelta(delta) => self.push(LLM_EVENT_TOOL_DELTA, LLM_ERROR_OK, delta),
            Event::ToolCall(call) => self.push(LLM_EVENT_TOOL_CALL, LLM_ERROR_OK, call),
            Event::Part(part) => self.push(LLM_EVENT_PART, LLM_ERROR_OK, part),
            Event::Result(result) => self.push(LLM_EVENT_RESULT, LLM_ERROR_OK, result),
            Event::End(receipt) => self.push_end(receipt),
            // A batch keeps text apart. The core's list may grow: what has no number in the header
            // is not for callers yet, and keeps its place among the others.
            _ => self.push(0, LLM_ERROR_OK, &()),
        }
    }

    fn push_end(&mut self, receipt: &Receipt) {
        let error = match (&receipt.error, receipt.outcome) {
            (Some(error), _) => error.kind.number(),
            (None, Outcome::Complete) => LLM_ERROR_OK,
            (None, _) => LLM_ERROR_INTERNAL,
        };
        self.push(LLM_EVENT_END, error, receipt);
    }

    fn push(&mut self, kind: u32, error: i32, value: &impl Serialize) {
        let start = self.bytes.len();
        // Most fit, so that the buffer does not grow piece by piece. Without the memory each piece
        // asks again.
        let _ = self.bytes.try_reserve(USUAL_BYTES);
        if serde_json::to_writer(Growing(&mut self.bytes), value).is_err() {
            self.bytes.truncate(start);
            self.bytes.extend_from_slice(NO_JSON);
        }
        let end = self.bytes.len();
        self.items.push(Item { kind, error, end });
    }
}

/// Writes into memory; where there is none that is an error.
struct Growing<'a>(&'a mut Vec<u8>);

impl io::Write for Growing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .try_reserve(bytes.len())
            .map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use liter_llm_core::{ErrorKind, LlmError};

    #[test]
    fn text_takes_no_memory_and_others_keep_their_order() {
        let mut batch = EventBatch::default();
        batch.push_text("a");
        let text = EventJson::of_batch(&batch);
        assert_eq!((text.bytes.capacity(), text.items.capacity()), (0, 0));
        batch.push(Event::Start(Box::default()));
        batch.push_text("b");
        let failed = Receipt::failed(LlmError::new(ErrorKind::RateLimited, "slow"));
        batch.push(Event::End(Box::new(failed)));
        let events = EventJson::of_batch(&batch);
        assert!(events.ends() && !text.ends());
        let items: Vec<_> = events.iter().collect();
        assert_eq!((items[0].kind, items[0].error), (LLM_EVENT_START, 0));
        assert_eq!((items[1].kind, items[1].error), (LLM_EVENT_END, 7));
        let json: serde_json::Value = serde_json::from_slice(items[1].data).unwrap();
        assert_eq!(json["error"]["kind"], "RATE_LIMITED");
        let json: serde_json::Value = serde_json::from_slice(items[0].data).unwrap();
        assert!(json["warnings"].is_array());
    }

    #[test]
    fn what_cannot_be_written_is_an_empty_object() {
        let nameless = std::collections::HashMap::from([((1, 2), 3)]);
        let events = EventJson::log(&nameless);
        let items: Vec<_> = events.iter().collect();
        assert_eq!((items.len(), items[0].data), (1, NO_JSON));
        let mut bytes = Vec::new();
        assert!(Growing(&mut bytes).0.try_reserve(usize::MAX / 2).is_err());
        let end = EventJson::end(&Receipt::default());
        assert_eq!(end.iter().next().unwrap().error, LLM_ERROR_INTERNAL);
    }
}
