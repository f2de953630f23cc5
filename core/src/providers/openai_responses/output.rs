//! What came of the output of one response: texts, calls and items. Owns that nothing is told
//! twice, since each level of the stream repeats what those below it brought.

use serde_json::{Map, Value};

use super::output_items::OutputItems;
use super::parts;
use super::text_runs::{TextKind, TextRun, TextRuns};
use super::tool_calls::{is_call, ResponseCalls};
use super::wire::Event;
use crate::providers::event_writer::EventSink;

#[derive(Debug)]
pub(super) struct Output {
    texts: TextRuns,
    pub(super) calls: ResponseCalls,
    pub(super) items: OutputItems,
    /// The items whose sources came as events.
    cited: Vec<Option<u64>>,
}

impl Output {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            texts: TextRuns::default(),
            calls: ResponseCalls::new(seed),
            items: OutputItems::default(),
            cited: Vec::new(),
        }
    }

    /// Takes an event, if it is one about the output.
    pub(super) fn event(&mut self, kind: &str, event: &Event<'_>, out: &mut EventSink<'_>) -> bool {
        let index = event.output_index.0.or_else(|| self.place(kind, event));
        match kind {
            "response.output_text.delta" => {
                self.text(text(event, index), event.delta.as_written(), out);
                let logprobs = event.logprobs.and_then(parts::logprobs);
                out.extend(logprobs);
            }
            "response.reasoning_summary_text.delta" => {
                self.text(summary(event, index), event.delta.as_written(), out);
            }
            "response.reasoning_text.delta" => {
                self.text(reasoning(event, index), event.delta.as_written(), out);
            }
            "response.refusal.delta" => {
                self.text(refusal(event, index), event.delta.as_written(), out);
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                let piece = event.delta.as_written().unwrap_or_default();
                out.extend(self.calls.add(index, piece));
            }
            "response.output_text.done" => {
                self.whole_text(text(event, index), event.text.as_written(), out);
            }
            "response.reasoning_summary_text.done" => {
                self.whole_text(summary(event, index), event.text.as_written(), out);
            }
            "response.reasoning_text.done" => {
                self.whole_text(reasoning(event, index), event.text.as_written(), out);
            }
            "response.refusal.done" => {
                self.whole_text(refusal(event, index), event.refusal.as_written(), out);
            }
            "response.function_call_arguments.done" | "response.custom_tool_call_input.done" => {
                let whole = event.arguments.as_written().or(event.input.as_written());
                let all = self.calls.add_all(index, whole.unwrap_or_default());
                out.extend(all);
            }
            "response.output_text.annotation.added" => self.annotation(event, index, out),
            "response.output_item.added" => self.open_item(event, index, out),
            "response.output_item.done" => {
                if let Some(item) = event.item.and_then(parts::parse_item) {
                    self.close_item(index, item, true, out);
                }
            }
            _ => return false,
        }
        true
    }

    /// The place of an event that does not tell it.
    #[cold]
    fn place(&self, kind: &str, event: &Event<'_>) -> Option<u64> {
        if kind == "response.output_item.added" {
            return self.items.next_index();
        }
        let item = event.item.and_then(parts::parse_item);
        let own = item.as_ref().map(|item| parts::text_of(item, "id"));
        self.items
            .index_of(own.or(event.item_id.get()).unwrap_or_default())
    }

    /// A piece of a text.
    #[inline]
    fn text(&mut self, run: TextRun, piece: Option<&str>, out: &mut EventSink<'_>) {
        let Some(piece) = piece else { return };
        match run.kind {
            TextKind::Text => {
                self.texts.begins(run);
                out.push_text(piece);
            }
            TextKind::Reasoning => {
                self.texts.begins(run);
                out.push_reasoning(piece);
            }
            TextKind::Summary => {
                let has_others = self.texts.has_any(run.kind, run.output);
                // Each part of a summary is a paragraph.
                if self.texts.begins(run) && has_others {
                    out.push_reasoning("\n\n");
                }
                out.push_reasoning(piece);
            }
            TextKind::Refusal => {
                self.texts.begins(run);
                out.push(parts::refusal(piece));
            }
        }
    }

    /// A text at its end, unless it came in pieces.
    fn whole_text(&mut self, run: TextRun, whole: Option<&str>, out: &mut EventSink<'_>) {
        if !self.texts.has(run) {
            self.text(run, whole, out);
        }
    }

    fn annotation(&mut self, event: &Event<'_>, index: Option<u64>, out: &mut EventSink<'_>) {
        self.cited.push(index);
        let annotation = event.annotation.and_then(parts::parse_item);
        let citation = annotation.and_then(|fields| parts::citation(Value::Object(fields)));
        out.extend(citation);
    }

    fn open_item(&mut self, event: &Event<'_>, index: Option<u64>, out: &mut EventSink<'_>) {
        let Some(item) = event.item.and_then(parts::parse_item) else {
            return;
        };
        self.items.open(index, &item);
        if is_call(parts::text_of(&item, "type")) {
            let begun = self.calls.open(index, &item);
            out.extend(begun);
        }
    }

    /// An item as it ended: what of it has not come yet.
    pub(super) fn close_item(
        &mut self,
        index: Option<u64>,
        item: Map<String, Value>,
        is_streamed: bool,
        out: &mut EventSink<'_>,
    ) {
        if self.items.is_done(index) {
            return;
        }
        match parts::text_of(&item, "type") {
            "message" => self.message(index, &item, out),
            "reasoning" => self.reasoning(index, &item, out),
            kind if is_call(kind) && is_streamed => {
                let rest = self.calls.close(index, &item);
                out.extend(rest);
            }
            kind if is_call(kind) => self.calls.add_whole(index, &item),
            "" => {}
            kind => out.push(parts::item(kind, &item)),
        }
        self.items.add(index, item);
    }

    fn message(&mut self, index: Option<u64>, item: &Map<String, Value>, out: &mut EventSink<'_>) {
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
                    out.extend(logprobs);
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
            out.extend(citations);
        }
    }

    fn reasoning(
        &mut self,
        index: Option<u64>,
        item: &Map<String, Value>,
        out: &mut EventSink<'_>,
    ) {
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
}

fn text(event: &Event<'_>, output: Option<u64>) -> TextRun {
    run(TextKind::Text, output, event.content_index.0)
}

fn refusal(event: &Event<'_>, output: Option<u64>) -> TextRun {
    run(TextKind::Refusal, output, event.content_index.0)
}

fn reasoning(event: &Event<'_>, output: Option<u64>) -> TextRun {
    run(TextKind::Reasoning, output, event.content_index.0)
}

fn summary(event: &Event<'_>, output: Option<u64>) -> TextRun {
    run(TextKind::Summary, output, event.summary_index.0)
}

fn run(kind: TextKind, output: Option<u64>, part: Option<u64>) -> TextRun {
    TextRun { kind, output, part }
}
