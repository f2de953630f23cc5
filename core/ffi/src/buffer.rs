//! Events in the order in which they came, in memory that is used again: one arena of bytes, one
//! of deltas' ends, one list of records. Owns the merging of deltas into runs and the shrinking of
//! what once grew huge; knows no lock, no bell, no host. Two of these make a `queue`.

pub mod event_json;

use liter_llm_core::{EventBatch, EventRef};

use crate::buffer::event_json::{Encoded, Json, NO_JSON};
use crate::types::{LlmEvent, LLM_ERROR_OK, LLM_EVENT_END, LLM_EVENT_REASONING, LLM_EVENT_TEXT};

/// Memory that a buffer keeps however little it is used.
const BYTES_KEPT: usize = 256 * 1024;
/// What a list of more than this leaves to others.
const SPARE_BYTES: usize = 1024 * 1024;
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
    /// There was no memory for the rest of it.
    pub refused: bool,
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
    /// Adds the events of one stream's batch, up to its END; `encoded` holds the JSON of those that
    /// are JSON.
    pub fn push_batch(&mut self, stream: u64, batch: &EventBatch, encoded: &Encoded) -> Added {
        let before = self.bytes.len();
        let mut added = Added::default();
        let mut others = encoded.iter();
        for event in batch.iter() {
            let fits = match event {
                EventRef::Text(text) => self.push_delta(stream, LLM_EVENT_TEXT, text),
                EventRef::Reasoning(text) => self.push_delta(stream, LLM_EVENT_REASONING, text),
                EventRef::Other(_) => match others.next() {
                    Some(end) if end.kind == LLM_EVENT_END => {
                        added.content = self.bytes.len() - before;
                        added.ended = true;
                        self.push_end(stream, end);
                        return added;
                    }
                    Some(json) => self.push_json(stream, json),
                    None => true,
                },
            };
            if !fits {
                added.refused = true;
                break;
            }
        }
        added.content = self.bytes.len() - before;
        added
    }

    /// Adds what was encoded for one stream, or for none, whatever the memory.
    pub fn push_encoded(&mut self, stream: u64, encoded: &Encoded) {
        for json in encoded.iter() {
            match json.kind {
                LLM_EVENT_END => self.push_end(stream, json),
                _ => drop(self.push_json(stream, json)),
            }
        }
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
                data: match record.length {
                    // Only an END that there was no memory for.
                    0 => NO_JSON,
                    length => self
                        .bytes
                        .get(record.start..record.start + length)
                        .unwrap_or(NO_JSON),
                },
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

    /// False: there is no memory for it.
    fn push_delta(&mut self, stream: u64, kind: u32, text: &str) -> bool {
        let (start, ends_start) = (self.bytes.len(), self.ends.len());
        let goes_on = self.records.last().is_some_and(|last| {
            last.stream == stream && last.kind == kind && last.length + text.len() <= RUN_BYTES_MAX
        });
        if !reserve(&mut self.ends, 1)
            || !reserve(&mut self.bytes, text.len())
            || !(goes_on || self.reserve_record())
        {
            return false;
        }
        let run = match self.records.last_mut() {
            Some(last) if goes_on => {
                last.length += text.len();
                last.ends_count += 1;
                last.length
            }
            _ => {
                self.records.push(Record {
                    stream,
                    kind,
                    error: LLM_ERROR_OK,
                    start,
                    length: text.len(),
                    ends_start,
                    ends_count: 1,
                });
                text.len()
            }
        };
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(u32::try_from(run).unwrap_or(u32::MAX));
        true
    }

    /// False: there is no memory for it.
    fn push_json(&mut self, stream: u64, json: Json<'_>) -> bool {
        if json.kind == 0 {
            return true;
        }
        let fits = reserve(&mut self.bytes, json.data.len()) && self.reserve_record();
        if fits {
            self.push_record(stream, json);
        }
        fits
    }

    /// The one event that every host waits for: where there is no memory for its JSON it comes
    /// without.
    fn push_end(&mut self, stream: u64, end: Json<'_>) {
        if reserve(&mut self.bytes, end.data.len()) {
            self.push_record(stream, end);
        } else {
            self.push_record(stream, Json { data: &[], ..end });
        }
        self.ended.push(stream);
    }

    fn push_record(&mut self, stream: u64, json: Json<'_>) {
        self.records.push(Record {
            stream,
            kind: json.kind,
            error: json.error,
            start: self.bytes.len(),
            length: json.data.len(),
            ends_start: self.ends.len(),
            ends_count: 0,
        });
        self.bytes.extend_from_slice(json.data);
    }

    /// Makes room for one more record, here and where the host will read it.
    fn reserve_record(&mut self) -> bool {
        let records = self.records.len() + 1;
        reserve(&mut self.records, 1) && reserve(&mut self.host_events.0, records)
    }
}

#[cfg(test)]
thread_local! {
    /// Has this thread's buffers refuse everything, for tests of what follows.
    pub static NO_MEMORY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Makes room by doubling, else for just so many; false where there is no memory for either. A
/// large list leaves something to all others, whose small allocations cannot be refused.
#[inline]
fn reserve<T>(list: &mut Vec<T>, more: usize) -> bool {
    #[cfg(test)]
    if NO_MEMORY.get() {
        return false;
    }
    list.capacity() - list.len() >= more || grow(list, more)
}

#[cold]
fn grow<T>(list: &mut Vec<T>, more: usize) -> bool {
    let mut spare = Vec::<u8>::new();
    let is_large = (list.len() + more) * size_of::<T>() > SPARE_BYTES;
    (!is_large || spare.try_reserve_exact(SPARE_BYTES).is_ok())
        && (list.try_reserve(more).is_ok() || list.try_reserve_exact(more).is_ok())
}

/// Gives memory back when a list is large and less than a quarter of it was used, so that a busy
/// client does not allocate at every poll.
fn clear<T>(list: &mut Vec<T>) {
    let used = list.len();
    list.clear();
    let kept = BYTES_KEPT / size_of::<T>();
    if list.capacity() > kept && used < list.capacity() / 4 {
        let mut smaller = Vec::new();
        // Where even the smaller list has no room the large one stays.
        if smaller.try_reserve_exact(kept.max(used * 2)).is_ok() {
            *list = smaller;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
