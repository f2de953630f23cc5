//! The state of one response being decoded, streamed or whole. Owns the order of events and the
//! marks of progress. Events are told apart by their `type`, since some servers send no names.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::output_items::OutputItems;
use super::text_runs::{TextKind, TextRun, TextRuns};
use super::tool_calls::{is_call, ResponseCalls};
use super::wire::{Event, Response};
use super::{parts, usage, OpenAiResponses};
use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::{FinishReason, Start, Usage};
use crate::providers::completion::ToolCallsState;
use crate::providers::event_writer::Content;
use crate::providers::lenient_json::{self, Maybe};
use crate::providers::wire_decoder::{incomplete, DoneMark, ResponseState, WireDecoder, RESPONSE};
use crate::providers::{error_body, token_counts, Progress, Provider};

/// Words of events that show progress and have nothing that the end of their item lacks: those of
/// the provider's own tools, and of parts.
const PROGRESS: &[&str] = &[
    "_call.",
    "_call_",
    "_part.",
    ".audio.",
    ".compaction.",
    ".mcp_list_tools.",
    ".tool_search",
];

#[derive(Debug)]
pub(super) struct ResponsesDecoder {
    codec: OpenAiResponses,
    state: ResponseState,
    id: String,
    texts: TextRuns,
    calls: ResponseCalls,
    items: OutputItems,
    /// The items whose sources came as events.
    cited: Vec<Option<u64>>,
    /// The usage as it came; parsed once, at the end.
    usage: String,
}

impl ResponsesDecoder {
    pub(super) fn new(codec: OpenAiResponses, start: Start) -> Self {
        Self {
            codec,
            calls: ResponseCalls::new(start.seed),
            state: ResponseState::new(start),
            id: String::new(),
            texts: TextRuns::default(),
            items: OutputItems::default(),
            cited: Vec::new(),
            usage: String::new(),
        }
    }
}

impl WireDecoder for ResponsesDecoder {
    type Event<'t> = Event<'t>;
    type Response<'t> = Response<'t>;

    /// OpenRouter sends it behind the end.
    const DONE_MARK: DoneMark = DoneMark::Ignored;

    /// llama.cpp's servers report a failure with this line and stop.
    const ERROR_FIELD: Option<&'static str> = Some("error");

    fn provider(&self) -> &dyn Provider {
        &self.codec
    }

    fn state(&self) -> &ResponseState {
        &self.state
    }

    fn state_mut(&mut self) -> &mut ResponseState {
        &mut self.state
    }

    fn event(
        &mut self,
        event: &Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let index = event.output_index.0;
        let kind = event.kind.get().unwrap_or_default();
        match kind {
            "response.output_text.delta" => {
                self.text(text(event), event.delta.as_written(), out);
                let logprobs = event.logprobs.and_then(parts::logprobs);
                self.state.writer.extend(logprobs, out);
            }
            "response.reasoning_summary_text.delta" => {
                self.text(summary(event), event.delta.as_written(), out);
            }
            "response.reasoning_text.delta" => {
                self.text(reasoning(event), event.delta.as_written(), out);
            }
            "response.refusal.delta" => {
                self.text(refusal(event), event.delta.as_written(), out);
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                self.state.open();
                let piece = event.delta.as_written().unwrap_or_default();
                self.state.writer.extend(self.calls.add(index, piece), out);
            }
            "response.output_text.done" => {
                self.whole_text(text(event), event.text.as_written(), out);
            }
            "response.reasoning_summary_text.done" => {
                self.whole_text(summary(event), event.text.as_written(), out);
            }
            "response.reasoning_text.done" => {
                self.whole_text(reasoning(event), event.text.as_written(), out);
            }
            "response.refusal.done" => {
                self.whole_text(refusal(event), event.refusal.as_written(), out);
            }
            "response.function_call_arguments.done" | "response.custom_tool_call_input.done" => {
                let whole = event.arguments.as_written().or(event.input.as_written());
                let all = self.calls.add_all(index, whole.unwrap_or_default());
                self.state.writer.extend(all, out);
            }
            "response.output_text.annotation.added" => self.annotation(event, out),
            "response.output_item.added" => self.open_item(event, out),
            "response.output_item.done" => {
                self.state.open();
                if let Some(item) = event.item.and_then(parts::parse_item) {
                    self.close_item(index, item, true, out);
                }
            }
            _ => return self.event_of_response(kind, event, data, out),
        }
        Ok(())
    }

    fn response(
        &mut self,
        response: &Response<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let is_error = response.error.is_some_and(lenient_json::is_truthy);
        let is_response = response.status.get().is_some() || response.output.is_some();
        if !is_error && !is_response {
            return Err(incomplete(&self.codec, RESPONSE, "has no output", text));
        }
        self.note(response);
        // What came beside an error stands, as it does in a stream.
        let items = response.output.map(parts::parse_items).unwrap_or_default();
        for (index, item) in (0..).zip(items) {
            self.close_item(Some(index), item, false, out);
        }
        self.end("completed", response)
    }

    fn close_response(&mut self, out: &mut EventBatch) {
        let cut = matches!(
            self.finish_reason(),
            Some(FinishReason::Length | FinishReason::ContentFilter)
        );
        let items = self.items.take();
        if !items.is_empty() {
            let block = parts::output(self.codec.name(), items);
            self.state.writer.push(block, out);
        }
        self.state.writer.extend(self.calls.calls.finish(cut), out);
    }

    fn tool_calls_state(&self) -> ToolCallsState {
        self.calls.calls.state()
    }

    fn parse_finish_reason(&self, raw: &str) -> FinishReason {
        usage::parse_finish_reason(raw, self.calls.calls.had_any())
    }

    fn usage(&self) -> Option<Usage> {
        usage::parse_usage(&self.usage)
    }

    /// `response.failed` follows and repeats the error, which is reported once.
    fn error_event(&mut self, data: &str) -> LlmError {
        self.state.finish_reason = Some("failed".to_owned());
        error_body::in_response(&self.codec, data)
    }
}

fn text(event: &Event<'_>) -> TextRun {
    run(TextKind::Text, event, event.content_index.0)
}

fn refusal(event: &Event<'_>) -> TextRun {
    run(TextKind::Refusal, event, event.content_index.0)
}

fn reasoning(event: &Event<'_>) -> TextRun {
    run(TextKind::Reasoning, event, event.content_index.0)
}

fn summary(event: &Event<'_>) -> TextRun {
    run(TextKind::Summary, event, event.summary_index.0)
}

fn run(kind: TextKind, event: &Event<'_>, part: Option<u64>) -> TextRun {
    let output = event.output_index.0;
    TextRun { kind, output, part }
}

impl ResponsesDecoder {
    /// A piece of a text.
    #[inline]
    fn text(&mut self, run: TextRun, piece: Option<&str>, out: &mut EventBatch) {
        self.state.open();
        let Some(piece) = piece else { return };
        let writer = &mut self.state.writer;
        match run.kind {
            TextKind::Text => {
                self.texts.begins(run);
                writer.push_text(piece, out);
            }
            TextKind::Reasoning => {
                self.texts.begins(run);
                writer.push_reasoning(piece, out);
            }
            TextKind::Summary => {
                let has_others = self.texts.has_any(run.kind, run.output);
                // Each part of a summary is a paragraph.
                if self.texts.begins(run) && has_others {
                    writer.push_reasoning("\n\n", out);
                }
                writer.push_reasoning(piece, out);
            }
            TextKind::Refusal => {
                self.texts.begins(run);
                writer.push(parts::refusal(piece), out);
            }
        }
    }

    /// A text at its end, unless it came in pieces.
    fn whole_text(&mut self, run: TextRun, whole: Option<&str>, out: &mut EventBatch) {
        if !self.texts.has(run) {
            self.text(run, whole, out);
        }
    }

    fn annotation(&mut self, event: &Event<'_>, out: &mut EventBatch) {
        self.cited.push(event.output_index.0);
        let annotation = event.annotation.and_then(parts::parse_item);
        let citation = annotation.and_then(|fields| parts::citation(Value::Object(fields)));
        self.state.writer.extend(citation, out);
    }

    fn open_item(&mut self, event: &Event<'_>, out: &mut EventBatch) {
        self.state.open();
        let index = event.output_index.0;
        let Some(item) = event.item.and_then(parts::parse_item) else {
            return;
        };
        self.items.open(index, &item);
        if is_call(parts::text_of(&item, "type")) {
            let begun = self.calls.open(index, &item);
            self.state.writer.extend(begun, out);
        }
    }

    /// An item as it ended: what of it has not come yet.
    fn close_item(
        &mut self,
        index: Option<u64>,
        item: Map<String, Value>,
        is_streamed: bool,
        out: &mut EventBatch,
    ) {
        if self.items.is_done(index) {
            return;
        }
        match parts::text_of(&item, "type") {
            "message" => self.message(index, &item, out),
            "reasoning" => self.reasoning(index, &item, out),
            kind if is_call(kind) && is_streamed => {
                let rest = self.calls.close(index, &item);
                self.state.writer.extend(rest, out);
            }
            kind if is_call(kind) => self.calls.add_whole(index, &item),
            "" => {}
            kind => self.state.writer.push(parts::item(kind, &item), out),
        }
        self.items.add(index, item);
    }

    fn message(&mut self, index: Option<u64>, item: &Map<String, Value>, out: &mut EventBatch) {
        let has_text = self.texts.has_any(TextKind::Text, index);
        let has_refusal = self.texts.has_any(TextKind::Refusal, index);
        let is_cited = self.cited.contains(&index);
        for (place, (kind, part)) in (0..).zip(parts::parts_of(item, "content")) {
            let run = |kind| TextRun {
                kind,
                output: index,
                part: Some(place),
            };
            match kind {
                "output_text" | "text" if !has_text => {
                    self.text(
                        run(TextKind::Text),
                        Some(parts::part_text(part, "text")),
                        out,
                    );
                    let raw = part.get("logprobs").and_then(Value::as_array);
                    let raw = raw.filter(|list| !list.is_empty()).cloned();
                    let logprobs = raw.map(parts::logprobs_of);
                    self.state.writer.extend(logprobs, out);
                }
                "refusal" if !has_refusal => {
                    let whole = parts::part_text(part, "refusal");
                    let whole = Some(whole).filter(|whole| !whole.is_empty());
                    self.text(run(TextKind::Refusal), whole, out);
                }
                _ => {}
            }
            let annotations = part.get("annotations").and_then(Value::as_array);
            let annotations = annotations.into_iter().flatten().filter(|_| !is_cited);
            let citations = annotations.cloned().filter_map(parts::citation);
            self.state.writer.extend(citations, out);
        }
    }

    fn reasoning(&mut self, index: Option<u64>, item: &Map<String, Value>, out: &mut EventBatch) {
        for (kind, field) in [
            (TextKind::Summary, "summary"),
            (TextKind::Reasoning, "content"),
        ] {
            if self.texts.has_any(kind, index) {
                continue;
            }
            for (place, (_, part)) in (0..).zip(parts::parts_of(item, field)) {
                let run = TextRun {
                    kind,
                    output: index,
                    part: Some(place),
                };
                let whole = parts::part_text(part, "text");
                let whole = Some(whole).filter(|whole| !whole.is_empty());
                self.text(run, whole, out);
            }
        }
    }

    /// An event about the response itself, or one of those that only show progress.
    #[cold]
    fn event_of_response(
        &mut self,
        kind: &str,
        event: &Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let mut repaired = String::new();
        let mut place = Maybe::<Response<'_>>::default();
        let response = event.response.map(RawValue::get);
        let response =
            response.and_then(|raw| lenient_json::parse(raw, &mut repaired, &mut place).ok());
        match (kind, response) {
            ("response.created", Some(response)) => {
                // A proxy may repeat the event, but the text of another response would follow.
                if response.id.get() != Some(&self.id) || self.id.is_empty() {
                    self.state.begin(self.codec.name(), data)?;
                }
                self.note(response);
            }
            ("response.created" | "response.in_progress" | "response.queued", _) => {
                self.state.open();
                response
                    .into_iter()
                    .for_each(|response| self.note(response));
            }
            ("response.completed" | "response.done", Some(response)) => {
                return self.last_event("completed", response, out);
            }
            ("response.incomplete", Some(response)) => {
                return self.last_event("incomplete", response, out);
            }
            ("response.failed", Some(response)) => {
                return self.last_event("failed", response, out);
            }
            ("response.cancelled", Some(response)) => {
                return self.last_event("cancelled", response, out);
            }
            ("error" | "response.error" | "response.failed", _) => {
                return Err(self.error_event(data));
            }
            ("ping" | "keepalive", _) => {}
            (kind, _) if PROGRESS.iter().any(|word| kind.contains(word)) => self.state.open(),
            _ => {
                if let Some(error) = error_body::find_in_response(&self.codec, data) {
                    return Err(error);
                }
                self.state.unknown_events += 1;
            }
        }
        Ok(())
    }

    /// The event that ends a stream, with the whole response: what the stream left out comes now.
    fn last_event(
        &mut self,
        status: &str,
        response: &Response<'_>,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        self.note(response);
        let items = response.output.map(parts::parse_items).unwrap_or_default();
        let brought_nothing = self.items.is_empty() && self.state.writer.content() == Content::None;
        for (index, item) in (0..).zip(items) {
            let index = Some(index);
            if brought_nothing || self.items.waits_for(index, &item) {
                self.close_item(index, item, true, out);
            }
        }
        self.end(status, response)
    }

    /// Id, model and tokens.
    fn note(&mut self, response: &Response<'_>) {
        self.state.open();
        if let Some(id) = response.id.get().filter(|_| self.id.is_empty()) {
            id.clone_into(&mut self.id);
        }
        if let Some(start) = self.state.writer.start() {
            if start.id.is_none() {
                start.id = response.id.get().map(str::to_owned);
            }
            if let Some(model) = response.model.get() {
                model.clone_into(&mut start.model);
            }
        }
        if let Some(usage) = response.usage {
            token_counts::merge_text(&mut self.usage, usage.get());
        }
    }

    /// The end of a response: its status, or why it is incomplete.
    fn end(&mut self, status: &str, response: &Response<'_>) -> Result<(), LlmError> {
        let status = response.status.get().unwrap_or(status);
        let details = response.incomplete_details.0.as_ref();
        let reason = details.and_then(|details| details.reason.get());
        let is_incomplete = status == "incomplete";
        let raw = reason.filter(|_| is_incomplete).unwrap_or(status);
        self.state.finish_reason = Some(raw.to_owned());
        if let Some(error) = response
            .error
            .filter(|error| lenient_json::is_truthy(error))
        {
            return Err(error_body::in_response(&self.codec, error.get()));
        }
        self.state.progress = Progress::Done;
        Ok(())
    }
}
