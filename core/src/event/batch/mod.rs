//! The events of one read of one socket, in one allocation that is used again: text stands in one
//! string and is cut by offsets. Filled by decoders, drained by the code that hands events to the
//! caller.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::{Event, Pieces, Start};
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

/// A borrowed view of events of one kind that follow each other.
#[derive(Debug, Clone, Copy)]
pub enum RunRef<'a> {
    /// Pieces of visible text.
    Text(Pieces<'a>),
    /// Pieces of visible reasoning.
    Reasoning(Pieces<'a>),
    /// Other events; none is `Event::Text` or `Event::Reasoning`.
    Others(&'a [Event]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Text,
    Reasoning,
    /// The next ones of `others`.
    Others,
}

#[derive(Debug, Default)]
struct Run {
    kind: Kind,
    count: usize,
}

impl Run {
    fn kinds(&self) -> impl Iterator<Item = Kind> + use<> {
        std::iter::repeat_n(self.kind, self.count)
    }
}

/// Events in order, without an allocation per piece of text.
#[derive(Debug, Default)]
pub struct EventBatch {
    text: String,
    /// Where each piece of text ends.
    ends: Vec<usize>,
    /// What follows what, without the last run, which is mostly the only one.
    runs: Vec<Run>,
    last: Run,
    /// Apart from the text: they are ten times as large, and rare.
    others: Vec<Event>,
    /// START is among them, not cleaned yet.
    has_start: bool,
    /// How many bytes there was no memory for; what came after them is dropped too.
    bytes_refused: Option<usize>,
}

impl EventBatch {
    /// Adds a piece of text; an empty one makes no event.
    pub fn push_text(&mut self, text: &str) {
        self.push_piece(Kind::Text, text);
    }

    /// Adds a piece of reasoning; an empty one makes no event.
    pub fn push_reasoning(&mut self, text: &str) {
        self.push_piece(Kind::Reasoning, text);
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
        self.count(Kind::Others);
    }

    #[inline]
    fn push_piece(&mut self, kind: Kind, text: &str) {
        if !text.is_empty() && (self.has_room(text.len()) || self.reserve(text.len())) {
            self.text.push_str(text);
            self.ends.push(self.text.len());
            self.count(kind);
        }
    }

    #[inline]
    fn count(&mut self, kind: Kind) {
        if self.last.kind != kind && self.last.count > 0 {
            self.runs.push(std::mem::take(&mut self.last));
        }
        self.last.kind = kind;
        self.last.count += 1;
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
        self.last.count == 0
    }

    /// Forgets the events and keeps the memory, up to `BATCH_BYTES_KEPT`.
    pub fn clear(&mut self) {
        self.runs.clear();
        self.last = Run::default();
        self.ends.clear();
        self.text.clear();
        self.others.clear();
        if self.text.capacity() > BATCH_BYTES_KEPT {
            self.text = String::new();
        }
        if self.ends.capacity() * size_of::<usize>() > BATCH_BYTES_KEPT {
            self.ends = Vec::new();
        }
        if self.runs.capacity() > RUNS_KEPT {
            self.runs = Vec::new();
        }
        if self.others.capacity() > 1 {
            self.others = Vec::new();
        }
        self.bytes_refused = None;
        self.has_start = false;
    }

    /// The events in order.
    pub fn iter(&self) -> impl Iterator<Item = EventRef<'_>> {
        let (mut ends, mut others) = (self.ends.iter(), self.others.iter());
        let mut start = 0;
        let mut piece = move || {
            let end = *ends.next()?;
            self.text.get(std::mem::replace(&mut start, end)..end)
        };
        let kinds = self.all_runs().flat_map(Run::kinds);
        kinds.filter_map(move |kind| match kind {
            Kind::Text => piece().map(EventRef::Text),
            Kind::Reasoning => piece().map(EventRef::Reasoning),
            Kind::Others => others.next().map(EventRef::Other),
        })
    }

    /// The same, those of one kind at once.
    pub fn runs(&self) -> impl Iterator<Item = RunRef<'_>> {
        let (mut start, mut ends, mut others) = (0, self.ends.as_slice(), self.others.as_slice());
        self.all_runs().filter_map(move |run| {
            if run.count == 0 {
                return None;
            }
            let run_of = match run.kind {
                Kind::Text => RunRef::Text,
                Kind::Reasoning => RunRef::Reasoning,
                Kind::Others => {
                    let (these, later) = others.split_at_checked(run.count)?;
                    others = later;
                    return Some(RunRef::Others(these));
                }
            };
            let (these, later) = ends.split_at_checked(run.count)?;
            let end = *these.last()?;
            let pieces = Pieces::new(self.text.get(start..end)?, start, these);
            (start, ends) = (end, later);
            Some(run_of(pieces))
        })
    }

    fn all_runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().chain(std::iter::once(&self.last))
    }

    /// All events but text and reasoning.
    #[must_use]
    pub fn others(&self) -> &[Event] {
        &self.others
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
        let mut ends = self.ends.iter();
        let mut piece = || {
            let end = ends.next().copied().unwrap_or(start);
            let range = std::mem::replace(&mut start, end)..end;
            match range == (0..text.len()) {
                true => std::mem::take(text),
                false => text.get(range).unwrap_or_default().to_owned(),
            }
        };
        let mut others = self.others.drain(..);
        let runs = self.runs.iter().chain(std::iter::once(&self.last));
        let kinds = runs.flat_map(Run::kinds);
        let events = kinds.filter_map(|kind| match kind {
            Kind::Text => Some(Event::Text(piece())),
            Kind::Reasoning => Some(Event::Reasoning(piece())),
            Kind::Others => others.next(),
        });
        let events = events.collect();
        drop(others);
        self.clear();
        events
    }

    /// Whether one more event with so many bytes of text fits as it is.
    #[inline]
    fn has_room(&self, bytes: usize) -> bool {
        self.bytes_refused.is_none()
            && self.text.capacity() - self.text.len() >= bytes
            && self.ends.capacity() > self.ends.len()
    }

    /// Makes room for one event with so many bytes of text.
    #[cold]
    fn reserve(&mut self, bytes: usize) -> bool {
        let spare = limited_buffer::spare(bytes);
        let text = bytes.max(match self.text.capacity() {
            0 => FIRST_BYTES,
            _ => MORE_BYTES,
        });
        let ends = match self.ends.capacity() {
            0 => 1,
            _ => MORE_ENDS,
        };
        let lacks_text = self.text.capacity() - self.text.len() < bytes;
        let lacks_ends = self.ends.capacity() == self.ends.len();
        let has_room = self.bytes_refused.is_none()
            && spare.is_ok()
            && (!lacks_text || self.text.try_reserve(text).is_ok())
            && (!lacks_ends || self.ends.try_reserve(ends).is_ok());
        if !has_room {
            self.bytes_refused.get_or_insert(bytes);
        }
        has_room
    }
}

/// Room for a piece or two, which is all that a slow stream needs at once.
const FIRST_BYTES: usize = 32;
/// Where pieces come faster, room for many of them, so that few are copied as the batch grows.
const MORE_BYTES: usize = 480;
const MORE_ENDS: usize = 60;

/// A batch that once held a large response does not hold its memory for the rest of a stream.
const BATCH_BYTES_KEPT: usize = 2 * 1024;
/// The same for what follows what: mostly it is text alone.
const RUNS_KEPT: usize = 16;
