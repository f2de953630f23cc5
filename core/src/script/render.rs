//! An answer as provider `script` sends it: status, headers and body, one JSON document per line
//! for a chat. Owns that form, which the codec in `providers/script` reads. Pure.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{json, Map, Value};

use super::answer::{list, Pieces, ScriptAnswer};
use super::failure::ScriptError;
use super::rendered::{Rendered, Response};
use crate::http::{BodyEnd, Piece};

/// The lines of a body; what comes at once is one piece.
#[derive(Default)]
struct Lines {
    pieces: Vec<Piece>,
    after: Duration,
    text: String,
}

impl Lines {
    fn push(&mut self, after: Duration, line: &Value) {
        if !after.is_zero() && !self.text.is_empty() {
            self.cut();
        }
        self.after += after;
        self.text.push_str(&line.to_string());
        self.text.push('\n');
    }

    fn cut(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.pieces.push(Piece {
            after: std::mem::take(&mut self.after),
            bytes: Bytes::from(text),
        });
    }

    fn finish(mut self) -> Vec<Piece> {
        if !self.text.is_empty() {
            self.cut();
        }
        self.pieces
    }
}

impl ScriptAnswer {
    /// As the response to a chat; `stream`: in pieces.
    pub(crate) fn chat(&self, stream: bool) -> Rendered {
        let [streamed, whole] = &self.rendered;
        let place = if stream { streamed } else { whole };
        place.get_or_init(|| self.render_chat(stream)).clone()
    }

    /// The failure that it is before any content.
    pub(super) fn failure(&self) -> Option<Rendered> {
        let error = self.error.as_ref().filter(|_| !self.has_content())?;
        let after = Duration::from_millis(self.delay_ms);
        let Some(status) = error.status() else {
            let error = Box::new(error.error());
            return Some(Rendered::Failure { after, error });
        };
        let mut headers = self.header_map("application/json");
        if let Some(wait) = error.retry_after_ms {
            headers.insert("retry-after-ms", wait.into());
        }
        let body = error.document().to_string();
        Some(Rendered::Response(Box::new(Response {
            after,
            status,
            headers,
            pieces: vec![Piece {
                after: Duration::ZERO,
                bytes: Bytes::from(body),
            }],
            end: BodyEnd::Complete,
        })))
    }

    /// As a response that is one document.
    pub(super) fn document(&self, body: Map<String, Value>) -> Rendered {
        let text = Value::Object(body).to_string();
        let bytes = match self.cut {
            true => text.get(..text.len() / 2).unwrap_or_default().to_owned(),
            false => text,
        };
        let piece = Piece {
            after: Duration::from_millis(self.delay_ms),
            bytes: Bytes::from(bytes),
        };
        Rendered::Response(Box::new(Response {
            after: Duration::ZERO,
            status: 200,
            headers: self.header_map("application/json"),
            pieces: match self.hang {
                true => Vec::new(),
                false => vec![piece],
            },
            end: self.end(),
        }))
    }

    fn render_chat(&self, stream: bool) -> Rendered {
        if let Some(failure) = self.failure() {
            return failure;
        }
        let mut lines = Lines::default();
        let mut next = Duration::from_millis(self.delay_ms);
        let mut push = |line: Value| {
            lines.push(next, &line);
            next = Duration::from_millis(self.piece_delay_ms);
        };
        let named = self.named();
        let mut first = named.is_empty();
        for line in self.content(stream) {
            let mut line = line;
            if !std::mem::replace(&mut first, true) {
                line.extend(named.clone());
            }
            push(Value::Object(line));
        }
        let broken = self.error.as_ref();
        let is_cut = self.cut || broken.is_some_and(|error| error.status().is_none());
        if !is_cut && !self.hang {
            let mut last = match broken {
                Some(error) => error.document().as_object().cloned().unwrap_or_default(),
                None => self.last(),
            };
            if !first {
                last.extend(named);
            }
            // The end comes with the last piece.
            let after = match self.has_content() {
                true => Duration::ZERO,
                false => Duration::from_millis(self.delay_ms),
            };
            lines.push(after, &Value::Object(last));
        }
        Rendered::Response(Box::new(Response {
            after: Duration::ZERO,
            status: 200,
            headers: self.header_map("application/x-ndjson"),
            pieces: lines.finish(),
            end: match broken.filter(|_| is_cut && !self.cut) {
                Some(error) => BodyEnd::Cut(cut_reason(error)),
                None => self.end(),
            },
        }))
    }

    /// Its id and its model, which stand in the first line.
    fn named(&self) -> Map<String, Value> {
        let fields = [("id", &self.id), ("model", &self.model)];
        let fields = fields.into_iter().filter_map(|(name, value)| {
            let value = value.as_deref()?;
            Some((name.to_owned(), value.into()))
        });
        fields.collect()
    }

    /// A line for each piece of content.
    fn content(&self, stream: bool) -> Vec<Map<String, Value>> {
        let mut lines = Vec::new();
        let mut add = |name: &str, value: Value| {
            lines.push(Map::from_iter([(name.to_owned(), value)]));
        };
        for (name, pieces) in [("reasoning", &self.reasoning), ("text", &self.text)] {
            let pieces = pieces.as_ref().map_or(&[][..], Pieces::list);
            match stream {
                true => pieces.iter().for_each(|it| add(name, it.as_str().into())),
                false if pieces.is_empty() => {}
                false => add(name, pieces.concat().into()),
            }
        }
        list(&self.parts)
            .iter()
            .for_each(|part| add("part", part.clone().into()));
        for (index, call) in list(&self.tool_calls).iter().enumerate() {
            add("tool_call", tool_call(call, index));
        }
        lines
    }

    fn last(&self) -> Map<String, Value> {
        let has_calls = !list(&self.tool_calls).is_empty();
        let default = if has_calls { "tool_calls" } else { "stop" };
        let reason = self.finish_reason.as_deref().unwrap_or(default);
        let mut end = Map::from_iter([("finish_reason".to_owned(), reason.into())]);
        if let Some(usage) = &self.usage {
            end.insert("usage".to_owned(), usage.clone().into());
        }
        Map::from_iter([("end".to_owned(), end.into())])
    }

    fn end(&self) -> BodyEnd {
        match (self.cut, self.hang) {
            (true, _) => BodyEnd::Cut("the script cuts it".to_owned()),
            (false, true) => BodyEnd::Silence,
            (false, false) => BodyEnd::Complete,
        }
    }

    fn header_map(&self, content_type: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let request_id = self.request_id.iter();
        let request_id = request_id.map(|id| ("x-request-id", id.as_str()));
        let own = self.headers.iter();
        let own = own.map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in request_id.chain(own) {
            let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

fn cut_reason(error: &ScriptError) -> String {
    let message = error.message.as_deref();
    message.unwrap_or("the script cuts it").to_owned()
}

/// A call, also where it is written as an assistant's message has it.
fn tool_call(call: &Map<String, Value>, index: usize) -> Value {
    let function = call.get("function").and_then(Value::as_object);
    let function = function.unwrap_or(call);
    let arguments = match function.get("arguments") {
        None | Some(Value::Null) => "{}".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    // The same in every run, so that a test can compare it.
    let default = || Value::from(format!("call_{}", index + 1));
    let id = call.get("id").cloned().unwrap_or_else(default);
    json!({
        "id": id,
        "name": function.get("name").cloned().unwrap_or_default(),
        "arguments": arguments,
    })
}
