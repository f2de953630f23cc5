//! Events in the order in which they came, in the layout that a poll shows: one arena of bytes, one
//! of deltas' ends, one list of records, in memory that is used again. Owns the merging of deltas
//! into runs; depends on no lock, no waker, no caller. Two of these make a `queue`.
//!
//! Vectors stay in the core's memory, which is held until the events are forgotten.
//!
//! Text is copied once on its way, from the core's batch into the arena: the arena is shared by the
//! streams of a client, so a decoder that wrote into it would hold the queue's lock while it
//! decodes.

pub mod event_json;
mod memory;
mod vectors;

use liter_llm_core::{Event, EventBatch, Pieces, RunRef, Vectors};

use crate::types::{
    LlmEvent, LLM_ERROR_OK, LLM_EVENT_END, LLM_EVENT_REASONING, LLM_EVENT_TEXT, LLM_EVENT_VECTORS,
};
use event_json::{EventJson, Json, NO_JSON};
#[cfg(test)]
pub use memory::NO_MEMORY;
use memory::{clear, reserve};
use vectors::VectorData;

/// Length of a run, so that its ends fit their type. Tests have no 4 GB to reach it.
const RUN_BYTES_MAX: usize = if cfg!(test) {
    2 * 1024 * 1024
} else {
    u32::MAX as usize
};

#[derive(Debug)]
struct Record {
    stream: u64,
    kind: u32,
    error: i32,
    /// Where its bytes begin; of vectors, which of them they are.
    start: usize,
    length: usize,
    ends_start: usize,
    ends_count: usize,
}

/// One event, borrowed from its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventView<'a> {
    /// The caller's number of the stream.
    pub stream: u64,
    /// LLM_EVENT_*.
    pub kind: u32,
    /// LLM_ERROR_*.
    pub error: i32,
    /// Text, floats or JSON.
    pub data: &'a [u8],
    /// Where each delta or vector ends in data, for the kinds that have them.
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
struct CEvents(Vec<LlmEvent>);

// SAFETY: the pointers lead into the arenas of the same buffer, which move with it without moving
// their bytes, and are followed by the caller alone.
unsafe impl Send for CEvents {}

/// Events, and the numbers of the streams that end among them.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    vectors: Vec<VectorData>,
    vector_bytes: usize,
    ends: Vec<u32>,
    records: Vec<Record>,
    ended: Vec<u64>,
    c_events: CEvents,
}

impl Buffer {
    /// Adds the events of one stream's batch, up to its END; `json` holds all but its text.
    pub fn push_batch(&mut self, stream: u64, batch: &EventBatch, json: &EventJson) -> Added {
        let before = self.content_bytes();
        let mut added = Added::default();
        let mut others = json.iter();
        for run in batch.runs() {
            let fits = match run {
                RunRef::Text(pieces) => self.push_pieces(stream, LLM_EVENT_TEXT, pieces),
                RunRef::Reasoning(pieces) => self.push_pieces(stream, LLM_EVENT_REASONING, pieces),
                RunRef::Others(events) => events.iter().all(|event| match event {
                    Event::Vectors(vectors) => self.push_vectors(stream, vectors),
                    _ => match others.next() {
                        Some(end) if end.kind == LLM_EVENT_END => {
                            added.content = self.content_bytes() - before;
                            added.ended = true;
                            self.push_end(stream, end);
                            false
                        }
                        Some(json) => self.push_one_json(stream, json),
                        None => true,
                    },
                }),
            };
            if added.ended {
                return added;
            }
            if !fits {
                added.refused = true;
                break;
            }
        }
        added.content = self.content_bytes() - before;
        added
    }

    /// Adds events of one stream, or of none; an END even where there is no memory. False: there
    /// was none for another.
    pub fn push_json(&mut self, stream: u64, json: &EventJson) -> bool {
        let mut fits = true;
        for event in json.iter() {
            match event.kind {
                LLM_EVENT_END => self.push_end(stream, event),
                _ => fits &= self.push_one_json(stream, event),
            }
        }
        fits
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    fn content_bytes(&self) -> usize {
        self.bytes.len() + self.vector_bytes
    }

    /// The memory that its events take.
    pub fn weight(&self) -> usize {
        self.content_bytes()
            + size_of_val(self.ends.as_slice())
            + self.records.len() * (size_of::<Record>() + size_of::<LlmEvent>())
    }

    /// The streams whose END is here.
    pub fn ended(&self) -> &[u64] {
        &self.ended
    }

    /// The events in order.
    pub fn events(&self) -> impl Iterator<Item = EventView<'_>> {
        self.records.iter().map(|record| {
            let ends = record.ends_start..record.ends_start + record.ends_count;
            EventView {
                stream: record.stream,
                kind: record.kind,
                error: record.error,
                data: self.data(record),
                ends: self.ends.get(ends).unwrap_or(&[]),
            }
        })
    }

    fn data(&self, record: &Record) -> &[u8] {
        let data = match (record.kind, record.length) {
            // Only an END that there was no memory for.
            (_, 0) => None,
            (LLM_EVENT_VECTORS, _) => self.vectors.get(record.start).map(VectorData::bytes),
            (_, length) => self.bytes.get(record.start..record.start + length),
        };
        data.unwrap_or(NO_JSON)
    }

    /// The events as C sees them; good until this buffer is changed or dropped.
    pub fn c_events(&mut self) -> &[LlmEvent] {
        let mut events = std::mem::take(&mut self.c_events.0);
        events.clear();
        events.extend(self.events().map(|event| LlmEvent {
            stream: event.stream,
            kind: event.kind,
            error: event.error,
            data: event.data.as_ptr().cast(),
            length: event.data.len(),
            ends: match event.ends.is_empty() {
                true => std::ptr::null(),
                false => event.ends.as_ptr(),
            },
            count: event.ends.len(),
        }));
        self.c_events.0 = events;
        &self.c_events.0
    }

    /// Forgets the events and keeps the memory, unless most of it was not needed this time.
    pub fn clear(&mut self) {
        clear(&mut self.bytes);
        self.vectors.clear();
        self.vector_bytes = 0;
        clear(&mut self.ends);
        clear(&mut self.records);
        clear(&mut self.ended);
        clear(&mut self.c_events.0);
    }

    /// Adds pieces of text with one copy. False: there is no memory for all of them.
    fn push_pieces(&mut self, stream: u64, kind: u32, pieces: Pieces<'_>) -> bool {
        if pieces.text().len() <= RUN_BYTES_MAX {
            return self.push_run(stream, kind, pieces.text(), pieces.ends());
        }
        let mut each = pieces.iter();
        each.all(|piece| self.push_run(stream, kind, piece, std::iter::once(piece.len())))
    }

    /// False: there is no memory for it.
    fn push_run(
        &mut self,
        stream: u64,
        kind: u32,
        text: &str,
        ends: impl ExactSizeIterator<Item = usize>,
    ) -> bool {
        let last = self.records.last().filter(|last| {
            last.stream == stream && last.kind == kind && last.length + text.len() <= RUN_BYTES_MAX
        });
        let before = last.map(|last| last.length);
        let count = ends.len();
        if !reserve(&mut self.ends, count)
            || !reserve(&mut self.bytes, text.len())
            || !(before.is_some() || self.reserve_record())
        {
            return false;
        }
        match self.records.last_mut() {
            Some(last) if before.is_some() => {
                last.length += text.len();
                last.ends_count += count;
            }
            _ => self.records.push(Record {
                stream,
                kind,
                error: LLM_ERROR_OK,
                start: self.bytes.len(),
                length: text.len(),
                ends_start: self.ends.len(),
                ends_count: count,
            }),
        }
        self.bytes.extend_from_slice(text.as_bytes());
        let before = before.unwrap_or(0);
        let ends = ends.map(|end| u32::try_from(before + end).unwrap_or(u32::MAX));
        self.ends.extend(ends);
        true
    }

    /// False: there is no memory for it.
    fn push_vectors(&mut self, stream: u64, vectors: &Vectors) -> bool {
        let (length, count) = (size_of_val(vectors.values()), vectors.count());
        if length > RUN_BYTES_MAX
            || !reserve(&mut self.ends, count)
            || !reserve(&mut self.vectors, 1)
            || !self.reserve_record()
        {
            return false;
        }
        let Some(data) = VectorData::new(vectors.clone()) else {
            return false;
        };
        self.records.push(Record {
            stream,
            kind: LLM_EVENT_VECTORS,
            error: LLM_ERROR_OK,
            start: self.vectors.len(),
            length,
            ends_start: self.ends.len(),
            ends_count: count,
        });
        let bytes = vectors.dimensions() * size_of::<f32>();
        let ends = (1..=count).map(|vector| u32::try_from(vector * bytes).unwrap_or(u32::MAX));
        self.ends.extend(ends);
        self.vectors.push(data);
        self.vector_bytes += length;
        true
    }

    /// False: there is no memory for it.
    fn push_one_json(&mut self, stream: u64, json: Json<'_>) -> bool {
        if json.kind == 0 {
            return true;
        }
        let fits = reserve(&mut self.bytes, json.data.len()) && self.reserve_record();
        if fits {
            self.push_record(stream, json);
        }
        fits
    }

    /// The one event that every caller waits for: where there is no memory for its JSON it comes
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

    /// Makes room for one more record, here and where the caller will read it.
    fn reserve_record(&mut self) -> bool {
        let records = self.records.len() + 1;
        reserve(&mut self.records, 1) && reserve(&mut self.c_events.0, records)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
