//! The state of one v1 answer being read, streamed or whole. Owns the order of events, the marks of
//! progress, and the ids of calls, which this wire does not have: `call_0`, `call_1`, ...

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::batch::EventBatch;
use crate::error::LlmError;
use crate::event::{Event, FinishReason, Start};
use crate::framing::Frame;
use crate::providers::cohere::v2::wire::{V1Answer, V1Call, V1Delta, V1Event};
use crate::providers::cohere::{failure, part, usage, wrong, Cohere};
use crate::providers::completion::Seen;
use crate::providers::event_writer::EventWriter;
use crate::providers::lenient_json::Maybe;
use crate::providers::tool_calls::{Calls, Piece};
use crate::providers::{error_body, json, keep_alive, lenient_json, Decoder, Finish, Progress};

/// What most errors are about.
const EVENT: &str = "an event of the stream";

#[derive(Debug)]
pub(crate) struct V1Decoder {
    progress: Progress,
    writer: EventWriter,
    /// There was an event that begins an answer.
    is_started: bool,
    has_text: bool,
    has_citations: bool,
    calls: Calls,
    had_calls: bool,
    finish_reason: Option<String>,
    /// The last answer's `meta`, where the counts are.
    meta: String,
    unknown_events: u64,
    is_closed: bool,
}

impl V1Decoder {
    pub(crate) fn new(start: Start) -> Self {
        Self {
            progress: Progress::Empty,
            calls: Calls::numbered(start.seed),
            writer: EventWriter::new(start),
            is_started: false,
            has_text: false,
            has_citations: false,
            had_calls: false,
            finish_reason: None,
            meta: String::new(),
            unknown_events: 0,
            is_closed: false,
        }
    }
}

impl Decoder for V1Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventBatch) -> Result<(), LlmError> {
        let data = frame.data.trim();
        if self.progress == Progress::Done || keep_alive::says_nothing(data) {
            return Ok(());
        }
        if !data.starts_with('{') {
            return Err(error_body::no_object(&Cohere, EVENT, data));
        }
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let event: &V1Event<'_> = lenient_json::parse(data, &mut repaired, &mut place)
            .map_err(|error| error_body::unreadable(&Cohere, EVENT, &error, data))?;
        let Some(kind) = event.event_type.get() else {
            let nameless = || wrong(EVENT, "has no event_type", data);
            return Err(error_body::find_in_answer(&Cohere, data).unwrap_or_else(nameless));
        };
        if self.progress == Progress::Empty {
            self.progress = Progress::Open;
        }
        self.event(kind, event, data, out)?;
        failure(event.error, None)
    }

    fn whole(&mut self, body: &[u8], out: &mut EventBatch) -> Result<(), LlmError> {
        let text = std::str::from_utf8(body)
            .map_err(|_| wrong("the answer", "is not UTF-8", "").detail(body))?;
        let text = keep_alive::document(text);
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let answer: &V1Answer<'_> = lenient_json::parse(text, &mut repaired, &mut place)
            .map_err(|error| error_body::unreadable(&Cohere, "the answer", &error, text))?;
        if answer.text.is_absent() && answer.finish_reason.get().is_none() {
            let no_text = || wrong("the answer", "has no text", text);
            return Err(error_body::find_in_answer(&Cohere, text).unwrap_or_else(no_text));
        }
        self.note_id(answer.generation_id.get().or(answer.response_id.get()));
        let sources = [
            ("search_queries", answer.search_queries),
            ("search_results", answer.search_results),
            ("documents", answer.documents),
        ];
        self.sources(&sources, out);
        self.answer(answer, false, out);
        self.note_finish(answer.finish_reason.get(), answer.meta);
        failure(answer.error, None)?;
        self.citations(answer.citations, out);
        self.progress = Progress::Done;
        Ok(())
    }

    fn close(&mut self, out: &mut EventBatch) {
        if std::mem::replace(&mut self.is_closed, true) {
            return;
        }
        self.writer.begin(out);
        let cut = self.reason() == Some(FinishReason::Length);
        self.calls
            .finish(cut)
            .into_iter()
            .for_each(|call| out.push(call));
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn seen(&self) -> Seen<'_> {
        Seen {
            progress: self.progress,
            said: self.writer.said(),
            calls: self.calls.seen(),
            reason: self.reason(),
            reason_raw: self.finish_reason.as_deref(),
        }
    }

    fn finish(&self) -> Finish {
        Finish {
            unknown_events: self.unknown_events,
            reason: self.reason(),
            reason_raw: self.finish_reason.clone(),
            usage: usage::usage(&self.meta),
            ..Finish::default()
        }
    }
}

impl V1Decoder {
    fn reason(&self) -> Option<FinishReason> {
        let raw = self.finish_reason.as_deref();
        raw.map(|raw| usage::finish_reason(raw, self.had_calls))
    }

    fn event(
        &mut self,
        kind: &str,
        event: &V1Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        match kind {
            "stream-start" => self.start(event.generation_id.get(), data)?,
            "text-generation" => self.says(event.text.get(), out),
            // A text here is the plan; the whole answer at the end has it as its text.
            "tool-calls-chunk" => {
                self.says(event.text.get(), out);
                if let Some(delta) = &event.tool_call_delta.0 {
                    self.call_delta(delta, out);
                }
            }
            "tool-calls-generation" => {
                self.rest_of_text(event.text.get(), out);
                self.rest_of_calls(&event.tool_calls.0, true, out);
            }
            "search-queries-generation" => self.search("search_queries", data, out),
            "search-results" => self.search("search_results", data, out),
            "citation-generation" => self.citations(event.citations, out),
            "stream-end" => {
                let nothing = V1Answer::default();
                let answer = event.response.0.as_ref().unwrap_or(&nothing);
                self.note_id(answer.generation_id.get().or(answer.response_id.get()));
                self.answer(answer, true, out);
                if !self.has_citations {
                    self.citations(answer.citations, out);
                }
                let reason = event.finish_reason.get().or(answer.finish_reason.get());
                self.note_finish(reason, answer.meta);
                failure(event.error.or(answer.error), None)?;
                self.progress = Progress::Done;
            }
            "debug" => {}
            _ => match error_body::find_in_answer(&Cohere, data) {
                Some(error) => return Err(error),
                None => self.unknown_events += 1,
            },
        }
        Ok(())
    }

    fn push(&mut self, event: Event, out: &mut EventBatch) {
        self.writer.push(event, out);
    }

    /// The event that begins an answer: the text of a second one would follow that of the first.
    fn start(&mut self, id: Option<&str>, data: &str) -> Result<(), LlmError> {
        if std::mem::replace(&mut self.is_started, true) {
            return Err(wrong(EVENT, "begins another answer", data));
        }
        self.note_id(id);
        Ok(())
    }

    fn note_id(&mut self, id: Option<&str>) {
        if let Some(start) = self.writer.start().filter(|start| start.id.is_none()) {
            start.id = id.map(str::to_owned);
        }
    }

    fn note_finish(&mut self, reason: Option<&str>, meta: Option<&RawValue>) {
        self.finish_reason = reason.map(str::to_owned);
        meta.map_or("", RawValue::get).clone_into(&mut self.meta);
    }

    fn says(&mut self, text: Option<&str>, out: &mut EventBatch) {
        if let Some(text) = text {
            self.has_text = true;
            self.writer.push_text(text, out);
        }
    }

    /// What a whole answer, or the one at a stream's end, has that was not said yet.
    fn answer(&mut self, answer: &V1Answer<'_>, with_deltas: bool, out: &mut EventBatch) {
        self.rest_of_text(answer.text.get(), out);
        self.rest_of_calls(&answer.tool_calls.0, with_deltas, out);
    }

    fn rest_of_text(&mut self, text: Option<&str>, out: &mut EventBatch) {
        if !self.has_text {
            self.says(text, out);
        }
    }

    /// Calls of a list that no chunk told of: older servers send no chunks.
    fn rest_of_calls(&mut self, calls: &[V1Call<'_>], with_deltas: bool, out: &mut EventBatch) {
        let said = self.calls.len();
        for call in calls.iter().skip(said) {
            let piece = Piece {
                name: call.name.get(),
                arguments: call.parameters.as_written().unwrap_or_default(),
                ..Piece::default()
            };
            let event = self.calls.add_whole(piece, Map::new());
            let event = event.filter(|_| with_deltas);
            event.into_iter().for_each(|event| self.push(event, out));
        }
        self.had_calls |= !self.calls.is_empty();
    }

    fn call_delta(&mut self, delta: &V1Delta<'_>, out: &mut EventBatch) {
        let piece = Piece {
            index: delta.index.0,
            name: delta.name.get(),
            arguments: delta.parameters.as_written().unwrap_or_default(),
            ..Piece::default()
        };
        self.calls.begin_list();
        let event = self.calls.add(piece, Map::new());
        event.into_iter().for_each(|event| self.push(event, out));
        self.had_calls |= !self.calls.is_empty();
    }

    /// An event of the search, with all that it says.
    fn search(&mut self, kind: &str, data: &str, out: &mut EventBatch) {
        let fields = json::parse::<Map<String, Value>>(data, &mut String::new());
        let mut fields = fields.unwrap_or_default();
        fields.retain(|name, _| !matches!(name.as_str(), "is_finished" | "event_type"));
        self.push(part(kind, fields), out);
    }

    /// The same of a whole answer: the documents are part of the results.
    fn sources(&mut self, sources: &[(&str, Option<&RawValue>); 3], out: &mut EventBatch) {
        let read = |(name, raw): &(&str, Option<&RawValue>)| {
            let value: Value = json::parse((*raw)?.get(), &mut String::new()).ok()?;
            let is_empty = value.as_array().is_none_or(Vec::is_empty);
            (!is_empty).then(|| ((*name).to_owned(), value))
        };
        let [queries, results @ ..] = sources;
        let queries: Map<_, _> = read(queries).into_iter().collect();
        let results: Map<_, _> = results.iter().filter_map(read).collect();
        for (kind, fields) in [("search_queries", queries), ("search_results", results)] {
            if !fields.is_empty() {
                self.push(part(kind, fields), out);
            }
        }
    }

    fn citations(&mut self, raw: Option<&RawValue>, out: &mut EventBatch) {
        let Some(raw) = raw else { return };
        let list: Vec<Value> = json::parse(raw.get(), &mut String::new()).unwrap_or_default();
        for value in list {
            if let Value::Object(fields) = value {
                self.has_citations = true;
                self.push(part("citation", fields), out);
            }
        }
    }
}
