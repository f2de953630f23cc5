//! The calls of one response. Each comes whole, mostly without an id; on Vertex AI one may come in
//! pieces, which are put together before it is handed on. Owns where a call begins and ends, and
//! where its signature goes; indices and ids are the assembler's.

use serde_json::value::RawValue;
use serde_json::{json, Map, Value};

use super::partial_args;
use super::reply_parts::ReplyParts;
use super::wire::{is_true, FunctionCall};
use crate::event::Event;
use crate::json;
use crate::providers::completion::ToolCallsState;
use crate::providers::lenient_json::{self, Maybe};
use crate::providers::tool_calls::{Piece, ToolCallAssembler};

/// A call whose arguments come in pieces.
#[derive(Debug)]
struct PartialCall {
    id: Option<String>,
    name: String,
    arguments: Value,
    signature: Option<String>,
}

#[derive(Debug)]
pub(super) struct ToolCalls {
    whole: ToolCallAssembler,
    partial: Option<PartialCall>,
}

impl ToolCalls {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            whole: ToolCallAssembler::new(seed),
            partial: None,
        }
    }

    pub(super) fn had_any(&self) -> bool {
        self.whole.had_any() || self.partial.is_some()
    }

    pub(super) fn state(&self) -> ToolCallsState {
        match self.partial {
            Some(_) => ToolCallsState::new(true, false),
            None => self.whole.state(),
        }
    }

    /// Takes a `functionCall`, or the next piece of one; what it completes.
    pub(super) fn add(
        &mut self,
        raw: &RawValue,
        signature: Option<&str>,
        reply: &mut ReplyParts,
    ) -> Vec<Event> {
        let mut repaired = String::new();
        let mut place = Maybe::<FunctionCall<'_>>::default();
        let Ok(call) = lenient_json::parse(raw.get(), &mut repaired, &mut place) else {
            return Vec::new();
        };
        let mut events = Vec::new();
        let goes_on = is_true(call.will_continue);
        if call.name.get().is_some() {
            events.extend(self.end_partial(reply));
            if !goes_on && call.partial_args.is_none() {
                events.extend(self.add_whole(call, raw, signature, reply));
                return events;
            }
            let arguments = call.args.and_then(|raw| json::parse_object(raw.get()));
            self.partial = Some(PartialCall {
                id: call.id.get().map(str::to_owned),
                name: call.name.get().unwrap_or_default().to_owned(),
                arguments: Value::Object(arguments.unwrap_or_default()),
                signature: None,
            });
        }
        if let Some(partial) = &mut self.partial {
            if let Some(pieces) = call.partial_args {
                partial_args::apply(&mut partial.arguments, pieces.get());
            }
            let signature = signature.map(str::to_owned);
            partial.signature = signature.or(partial.signature.take());
        }
        if !goes_on {
            events.extend(self.end_partial(reply));
        }
        events
    }

    fn add_whole(
        &mut self,
        call: &FunctionCall<'_>,
        raw: &RawValue,
        signature: Option<&str>,
        reply: &mut ReplyParts,
    ) -> Option<Event> {
        let arguments = call.args.map(|raw| compact(raw.get())).unwrap_or_default();
        let piece = Piece {
            id: call.id.get(),
            name: call.name.get(),
            arguments: &arguments,
            ..Piece::default()
        };
        let own = json::parse(raw.get(), &mut String::new());
        reply.push_call(own.unwrap_or_default(), signature);
        self.whole.add_whole(piece, extra(signature))
    }

    /// The call that came in pieces is whole.
    fn end_partial(&mut self, reply: &mut ReplyParts) -> Option<Event> {
        let partial = self.partial.take()?;
        let signature = partial.signature.as_deref();
        let mut own = json!({"name": partial.name, "args": partial.arguments});
        if let (Some(id), Some(own)) = (&partial.id, own.as_object_mut()) {
            own.insert("id".to_owned(), Value::from(id.as_str()));
        }
        reply.push_call(own, signature);
        let piece = Piece {
            id: partial.id.as_deref(),
            name: Some(&partial.name),
            arguments: &partial.arguments.to_string(),
            ..Piece::default()
        };
        self.whole.add_whole(piece, extra(signature))
    }

    /// The response is complete; `cut`: it met a limit, which no call in pieces outlives.
    pub(super) fn close(&mut self, cut: bool, reply: &mut ReplyParts) -> (Vec<Event>, Vec<Event>) {
        if cut {
            self.partial = None;
        }
        let delta = self.end_partial(reply);
        (delta.into_iter().collect(), self.whole.finish(cut))
    }
}

/// The signature of a call, where Gemini's own OpenAI-compatible endpoint has it.
fn extra(signature: Option<&str>) -> Map<String, Value> {
    let field = signature.map(|signature| {
        let value = json!({"google": {"thought_signature": signature}});
        ("extra_content".to_owned(), value)
    });
    field.into_iter().collect()
}

/// JSON without the blanks between its words: whole responses come in indented lines.
fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut in_text, mut is_escaped) = (false, false);
    for sign in json.chars() {
        if in_text {
            in_text = is_escaped || sign != '"';
            is_escaped = !is_escaped && sign == '\\';
        } else if sign.is_ascii_whitespace() {
            continue;
        } else {
            in_text = sign == '"';
        }
        compact.push(sign);
    }
    compact
}
