//! Events in the order in which they came, in memory that is used again: one arena of bytes, one
//! of deltas' ends, one list of records. Owns the merging of deltas into runs and the shrinking of
//! what once grew huge; knows no lock, no bell, no host. Two of these make a `queue`.

use liter_llm_core::{Event, EventBatch, EventRef, Receipt};
use serde::Serialize;

use crate::types::{
    LlmEvent, LLM_ERROR_INTERNAL, LLM_ERROR_OK, LLM_EVENT_END, LLM_EVENT_LOG, LLM_EVENT_PART,
    LLM_EVENT_REASONING, LLM_EVENT_START, LLM_EVENT_TEXT, LLM_EVENT_TOOL_CALL,
    LLM_EVENT_TOOL_DELTA,
};

/// Memory that a buffer keeps however little it is used.
const BYTES_KEPT: usize = 256 * 1024;
/// Length of a run, so that its ends fit their type.
const RUN_BYTES_MAX: usize = u32::MAX as usize;

#[derive(Debug)]
struct Record {
    stream: u64,
    kind: u32,
    error: i32,
    start: usize,
    length: usize,
    ends_start: usize,
    ends_count: usize,
}

/// One event, borrowed from its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The host's number of the stream.
    pub stream: u64,
    /// LLM_EVENT_*.
    pub kind: u32,
    /// LLM_ERROR_*.
    pub error: i32,
    /// Text or JSON.
    pub data: &'a [u8],
    /// Where each delta ends in data, for the kinds that have deltas.
    pub ends: &'a [u32],
}

/// What a batch added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Bytes that count against the stream's window.
    pub content: usize,
    /// Whether the stream's END is among it.
    pub ended: bool,
}

#[derive(Debug, Default)]
struct HostEvents(Vec<LlmEvent>);

// SAFETY: the pointers lead into the arenas of the same buffer, which move with it without moving
// their bytes, and are followed by the host alone.
unsafe impl Send for HostEvents {}

/// Events, and the numbers of the streams that end among them.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    records: Vec<Record>,
    ended: Vec<u64>,
    host_events: HostEvents,
}

impl Buffer {
    /// Adds the events of one stream's batch, up to its END.
    pub fn push_batch(&mut self, stream: u64, batch: &EventBatch) -> Added {
        let before = self.bytes.len();
        let mut added = Added::default();
        for event in batch.iter() {
            match event {
                EventRef::Text(text) => self.push_delta(stream, LLM_EVENT_TEXT, text),
                EventRef::Reasoning(text) => self.push_delta(stream, LLM_EVENT_REASONING, text),
                EventRef::Other(Event::End(receipt)) => {
                    added.content = self.bytes.len() - before;
                    added.ended = true;
                    self.push_end(stream, receipt);
                    return added;
                }
                EventRef::Other(other) => self.push_other(stream, other),
            }
        }
        added.content = self.bytes.len() - before;
        added
    }

    /// Adds the END of a stream.
    pub fn push_end(&mut self, stream: u64, receipt: &Receipt) {
        let error = match (&receipt.error, receipt.outcome) {
            (Some(error), _) => error.kind.number(),
            (None, liter_llm_core::Outcome::Complete) => LLM_ERROR_OK,
            (None, _) => LLM_ERROR_INTERNAL,
        };
        self.push_json(stream, LLM_EVENT_END, error, receipt);
        self.ended.push(stream);
    }

    /// Adds a line for the host's log.
    pub fn push_log(&mut self, record: &impl Serialize) {
        self.push_json(0, LLM_EVENT_LOG, LLM_ERROR_OK, record);
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The memory that its events take.
    pub fn weight(&self) -> usize {
        self.bytes.len()
            + size_of_val(self.ends.as_slice())
            + self.records.len() * (size_of::<Record>() + size_of::<LlmEvent>())
    }

    /// The streams whose END is here.
    pub fn ended(&self) -> &[u64] {
        &self.ended
    }

    /// The events in order.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        self.records.iter().map(|record| {
            let ends = record.ends_start..record.ends_start + record.ends_count;
            Piece {
                stream: record.stream,
                kind: record.kind,
                error: record.error,
                data: self
                    .bytes
                    .get(record.start..record.start + record.length)
                    .unwrap_or(&[]),
                ends: self.ends.get(ends).unwrap_or(&[]),
            }
        })
    }

    /// The events as the host sees them; good until this buffer is changed or dropped.
    pub fn host_events(&mut self) -> &[LlmEvent] {
        let mut events = std::mem::take(&mut self.host_events.0);
        events.clear();
        events.extend(self.pieces().map(|piece| LlmEvent {
            stream: piece.stream,
            kind: piece.kind,
            error: piece.error,
            data: piece.data.as_ptr().cast(),
            length: piece.data.len(),
            ends: match piece.ends.is_empty() {
                true => std::ptr::null(),
                false => piece.ends.as_ptr(),
            },
            count: piece.ends.len(),
        }));
        self.host_events.0 = events;
        &self.host_events.0
    }

    /// Forgets the events and keeps the memory, unless most of it was not needed this time.
    pub fn clear(&mut self) {
        clear(&mut self.bytes);
        clear(&mut self.ends);
        clear(&mut self.records);
        clear(&mut self.ended);
        clear(&mut self.host_events.0);
    }

    fn push_delta(&mut self, stream: u64, kind: u32, text: &str) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text.as_bytes());
        let run = match self.records.last_mut() {
            Some(last)
                if last.stream == stream
                    && last.kind == kind
                    && last.length + text.len() <= RUN_BYTES_MAX =>
            {
                last.length += text.len();
                last.ends_count += 1;
                last.length
            }
            _ => {
                let ends_start = self.ends.len();
                let length = text.len();
                let error = LLM_ERROR_OK;
                let ends_count = 1;
                let run = Record {
                    stream,
                    kind,
                    error,
                    start,
                    length,
                    ends_start,
                    ends_count,
                };
                self.records.push(run);
                length
            }
        };
        self.ends.push(u32::try_from(run).unwrap_or(u32::MAX));
    }

    fn push_other(&mut self, stream: u64, event: &Event) {
        match event {
            Event::Start(start) => self.push_json(stream, LLM_EVENT_START, LLM_ERROR_OK, start),
            Event::ToolDelta(delta) => {
                self.push_json(stream, LLM_EVENT_TOOL_DELTA, LLM_ERROR_OK, delta);
            }
            Event::ToolCall(call) => {
                self.push_json(stream, LLM_EVENT_TOOL_CALL, LLM_ERROR_OK, call);
            }
            Event::Part(part) => self.push_json(stream, LLM_EVENT_PART, LLM_ERROR_OK, part),
            Event::Text(text) => self.push_delta(stream, LLM_EVENT_TEXT, text),
            Event::Reasoning(text) => self.push_delta(stream, LLM_EVENT_REASONING, text),
            Event::End(receipt) => self.push_end(stream, receipt),
            // The core's list may grow; what has no number in the header is not for hosts yet.
            _ => {}
        }
    }

    fn push_json(&mut self, stream: u64, kind: u32, error: i32, value: &impl Serialize) {
        let start = self.bytes.len();
        if serde_json::to_writer(&mut self.bytes, value).is_err() {
            self.bytes.truncate(start);
            self.bytes.extend_from_slice(b"{}");
        }
        let length = self.bytes.len() - start;
        let ends_start = self.ends.len();
        let record = Record {
            stream,
            kind,
            error,
            start,
            length,
            ends_start,
            ends_count: 0,
        };
        self.records.push(record);
    }
}

/// Gives memory back when a list is large and less than a quarter of it was used, so that a busy
/// client does not allocate at every poll.
fn clear<T>(list: &mut Vec<T>) {
    let used = list.len();
    list.clear();
    let kept = BYTES_KEPT / size_of::<T>();
    if list.capacity() > kept && used < list.capacity() / 4 {
        list.shrink_to(kept.max(used * 2));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use liter_llm_core::{ErrorKind, LlmError};

    fn text_batch(pieces: &[&str]) -> EventBatch {
        let mut batch = EventBatch::default();
        pieces.iter().for_each(|piece| batch.push_text(piece));
        batch
    }

    #[test]
    fn deltas_that_follow_each_other_are_one_run() {
        let mut buffer = Buffer::default();
        let mut batch = text_batch(&["a", "\0é"]);
        batch.push_reasoning("hm");
        buffer.push_batch(1, &batch);
        buffer.push_batch(1, &text_batch(&["x"]));
        buffer.push_batch(1, &text_batch(&["yz"]));
        buffer.push_batch(2, &text_batch(&["other"]));
        buffer.push_batch(1, &text_batch(&["w"]));
        let seen: Vec<_> = buffer
            .pieces()
            .map(|p| (p.stream, p.kind, p.data.to_vec(), p.ends.to_vec()))
            .collect();
        let expected = [
            (1, LLM_EVENT_TEXT, "a\0é".into(), vec![1, 4]),
            (1, LLM_EVENT_REASONING, "hm".into(), vec![2]),
            (1, LLM_EVENT_TEXT, "xyz".into(), vec![1, 3]),
            (2, LLM_EVENT_TEXT, "other".into(), vec![5]),
            (1, LLM_EVENT_TEXT, "w".into(), vec![1]),
        ];
        assert_eq!(seen, expected);
        let host = buffer.host_events();
        assert_eq!(host.len(), 5);
        assert_eq!(
            (host[0].length, host[0].count, host[0].error),
            (4, 2, LLM_ERROR_OK)
        );
    }

    #[test]
    fn an_end_carries_its_error_and_is_last() {
        let mut buffer = Buffer::default();
        let mut batch = text_batch(&["a"]);
        let failed = Receipt::failed(LlmError::new(ErrorKind::RateLimited, "slow"));
        batch.push(Event::End(Box::new(failed)));
        batch.push_text("never");
        assert_eq!(
            buffer.push_batch(7, &batch),
            Added {
                content: 1,
                ended: true
            }
        );
        let pieces: Vec<_> = buffer.pieces().collect();
        assert_eq!(
            (pieces.len(), pieces[1].kind, pieces[1].error),
            (2, LLM_EVENT_END, 7)
        );
        let json: serde_json::Value = serde_json::from_slice(pieces[1].data).unwrap();
        assert_eq!(json["error"]["kind"], "RATE_LIMITED");
        assert_eq!(buffer.ended(), [7]);
        let host = buffer.host_events();
        assert!(host[1].ends.is_null() && !host[1].data.is_null());
    }

    #[test]
    fn memory_is_kept_while_it_is_used_and_given_back_after() {
        let mut buffer = Buffer::default();
        let big = "x".repeat(4 * BYTES_KEPT);
        buffer.push_batch(1, &text_batch(&[&big]));
        assert!(buffer.weight() >= big.len());
        buffer.clear();
        assert!(buffer.bytes.capacity() >= big.len());
        buffer.push_batch(1, &text_batch(&["x"]));
        buffer.clear();
        assert!(buffer.is_empty() && buffer.bytes.capacity() <= BYTES_KEPT);
    }
}
