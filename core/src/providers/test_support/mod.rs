//! What the tests of every wire share: a response is decoded, a request is encoded, and both come
//! back as JSON in the form of the vectors in `tests/vectors`. They find a provider by its name,
//! through the traits alone, so that the inside of a wire can change its shape.
#![allow(
    dead_code,
    reason = "a build of one wire format does not use all of it"
)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

pub(super) mod property;
pub(super) mod recordings;
mod requests;
pub(super) mod vectors;

use std::time::SystemTime;

use http::{HeaderMap, Method};
use serde_json::{json, Value};
use url::Url;

use crate::error::{ErrorKind, LlmError};
use crate::event::EventBatch;
use crate::event::{Event, LlmResponse, Start};
use crate::framing::{at_end, Frame, FrameSink, Framer, Framing};
use crate::providers::completion::check_complete;
use crate::providers::{
    by_name_and_api, Credentials, Decoder, EncodedRequest, FrameDecoder, Progress, Provider,
    Target, Unauthenticated,
};
use crate::request::{Auth, LlmRequest};
use crate::secret::Secret;
use requests::NO_CLOUD;
pub(super) use requests::{
    beside, body, conversation, copy, joined, lenient, request, streamed, target,
};

/// The model of a test's request; START repeats it where the response names none.
pub(super) const MODEL: &str = "requested";

/// One provider in one of its framings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire {
    pub(super) name: &'static str,
    /// Empty for the provider's first.
    pub(super) api: &'static str,
    pub(super) framing: Framing,
}

/// What was decoded from a response.
#[derive(Debug)]
pub(super) struct Decoded {
    /// In the form of the vectors, without START where it holds only the defaults.
    pub(super) events: Value,
    pub(super) error: Option<LlmError>,
    pub(super) progress: Progress,
    /// Finish reason, the raw one, and usage without its raw object.
    pub(super) finish: Value,
    pub(super) usage_raw: Option<Value>,
    pub(super) unknown_events: u64,
    pub(super) response: LlmResponse,
    /// The events as they came, START whole.
    pub(super) whole_events: Vec<Value>,
}

impl Wire {
    pub(super) const fn sse(name: &'static str) -> Self {
        let framing = Framing::Sse;
        Self {
            name,
            api: "",
            framing,
        }
    }

    pub(super) const fn ndjson(name: &'static str) -> Self {
        let framing = Framing::Ndjson;
        Self {
            name,
            api: "",
            framing,
        }
    }

    pub(super) const fn eventstream(name: &'static str) -> Self {
        let framing = Framing::EventStream;
        Self {
            name,
            api: "",
            framing,
        }
    }

    /// The same provider's other API.
    pub(super) const fn api(self, api: &'static str) -> Self {
        Self { api, ..self }
    }

    pub(super) fn provider(self) -> &'static dyn Provider {
        by_name_and_api(self.name, Some(self.api)).unwrap()
    }

    /// The headers that carry a key.
    pub(super) fn key_headers(self, key: &str) -> Vec<(&'static str, String)> {
        let key = Secret::new(key.to_owned()).unwrap();
        let credentials = Credentials {
            key: Some(&key),
            authorization: None,
            auth: Auth::Key,
            cloud: &NO_CLOUD,
        };
        let request = Unauthenticated {
            method: &Method::POST,
            url: &Url::parse("https://host/path").unwrap(),
            headers: &HeaderMap::new(),
            body: b"{}",
            now: SystemTime::UNIX_EPOCH,
        };
        self.provider()
            .authenticate(&credentials, &request)
            .unwrap()
    }

    fn start(self) -> Start {
        Start {
            model: MODEL.to_owned(),
            provider: self.name,
            ..Start::default()
        }
    }

    /// Decodes named frames, and closes the response if it is complete.
    pub(super) fn frames<'f>(
        self,
        frames: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Decoded {
        self.read(self.start(), |decoder, batch| {
            let mut each = FrameDecoder { decoder, batch };
            frames.into_iter().try_for_each(|(name, data)| {
                match each.repeated(name.as_bytes(), data.as_bytes(), at_end) {
                    Some(_) => Ok(()),
                    None => each.frame(Frame { name, data }),
                }
            })
        })
    }

    /// The same for frames that are named as their type is; a text is one that is not JSON.
    pub(super) fn stream(self, frames: &[Value]) -> Decoded {
        let data = |frame: &Value| {
            frame
                .as_str()
                .map_or_else(|| frame.to_string(), str::to_owned)
        };
        let frames: Vec<_> = frames
            .iter()
            .map(|frame| (frame["type"].as_str().unwrap_or_default(), data(frame)))
            .collect();
        self.frames(frames.iter().map(|(name, data)| (*name, data.as_str())))
    }

    pub(super) fn whole(self, body: impl AsRef<[u8]>) -> Decoded {
        self.whole_from(body, self.start())
    }

    fn whole_from(self, body: impl AsRef<[u8]>, start: Start) -> Decoded {
        self.read(start, |decoder, batch| {
            decoder.decode_body(body.as_ref(), batch)
        })
    }

    /// Reads the pieces of a body through the framing, to its proper end.
    pub(super) fn pieces<'b>(self, pieces: impl IntoIterator<Item = &'b [u8]>) -> Decoded {
        self.pieces_from(pieces, self.start())
    }

    fn pieces_from<'b>(self, pieces: impl IntoIterator<Item = &'b [u8]>, start: Start) -> Decoded {
        self.read(start, |decoder, batch| {
            let mut framer = Framer::new(self.framing, 1 << 20);
            let mut each = FrameDecoder { decoder, batch };
            let mut pieces = pieces.into_iter();
            pieces.try_for_each(|piece| framer.feed(piece, &mut each))?;
            framer.end(&mut each)
        })
    }

    fn read(
        self,
        start: Start,
        read: impl FnOnce(&mut dyn Decoder, &mut EventBatch) -> Result<(), LlmError>,
    ) -> Decoded {
        let mut decoder = self.provider().decoder(start, self.framing);
        let mut batch = EventBatch::default();
        let error = read(decoder.as_mut(), &mut batch).err();
        decoded(decoder.as_mut(), batch, error)
    }

    pub(super) fn encode(
        self,
        request: &Value,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        let request = LlmRequest::from_json(&request.to_string()).unwrap();
        self.provider().request(&request, target)
    }

    /// What a response with an error status means.
    pub(super) fn error(self, status: u16, body: impl AsRef<[u8]>) -> LlmError {
        self.error_with_headers(status, &HeaderMap::new(), body)
    }

    pub(super) fn error_with_headers(
        self,
        status: u16,
        headers: &HeaderMap,
        body: impl AsRef<[u8]>,
    ) -> LlmError {
        let provider = self.provider();
        let error = provider.error_with_headers(status, headers, body.as_ref());
        assert_eq!(
            (error.status, error.provider),
            (Some(status), Some(self.name))
        );
        error
    }

    /// The error of a request that cannot be sent: its message behind the provider's name.
    pub(super) fn refused(self, request: &Value, target: &Target<'_>) -> String {
        let error = self.encode(request, target).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidRequest, "{error}");
        assert_eq!(error.provider, Some(self.name));
        let message = error.message.strip_prefix(&format!("{}: ", self.name));
        message.unwrap().to_owned()
    }

    /// The field that a strict request may not have, which the error names, and what is sent where
    /// the caller is lenient.
    pub(super) fn refused_field(self, request: &Value, target: &Target<'_>) -> (String, Value) {
        let message = self.refused(request, target);
        let field = message.split(' ').next().unwrap().to_owned();
        let lenient = Target {
            lenient: true,
            ..copy(target)
        };
        let encoded = self.encode(request, &lenient).unwrap();
        assert_eq!(encoded.warnings.len(), 1, "{:?}", encoded.warnings);
        let warning = &encoded.warnings[0];
        assert!(
            warning.starts_with(&format!("{field} was left out: ")),
            "{warning}"
        );
        (field, body(&encoded))
    }
}

fn decoded(decoder: &mut dyn Decoder, mut batch: EventBatch, error: Option<LlmError>) -> Decoded {
    let progress = decoder.progress();
    let is_ended = matches!(progress, Progress::Finished | Progress::Done);
    let verdict = check_complete(decoder.completion_state()).err();
    let error = error.or(verdict.filter(|_| is_ended));
    if error.is_none() && is_ended {
        // Once more changes nothing.
        decoder.close(&mut batch);
        decoder.close(&mut batch);
    }
    let summary = decoder.summary();
    let mut usage = json!(summary.usage);
    let usage_raw = usage
        .as_object_mut()
        .and_then(|usage| usage.shift_remove("raw"));
    let mut response = LlmResponse::default();
    let (mut events, mut whole_events) = (Vec::new(), Vec::new());
    for event in batch.drain() {
        whole_events.push(event_json(&event));
        match &event {
            Event::Start(start) if start.id.is_none() && start.model == MODEL => {}
            Event::Start(start) => events.push(json!(["START", [start.id, start.model]])),
            other => events.push(event_json(other)),
        }
        response.push(event);
    }
    Decoded {
        events: Value::Array(events),
        error,
        progress,
        finish: json!([summary.reason, summary.reason_raw, usage]),
        usage_raw,
        unknown_events: summary.unknown_events,
        response,
        whole_events,
    }
}

fn event_json(event: &Event) -> Value {
    match event {
        Event::Start(start) => json!(["START", start]),
        Event::Text(text) => json!(["TEXT", text]),
        Event::Reasoning(text) => json!(["REASONING", text]),
        Event::ToolDelta(delta) => json!(["TOOL_DELTA", delta]),
        Event::ToolCall(call) => json!(["TOOL_CALL", call]),
        Event::Part(part) => json!(["PART", part]),
        Event::Vectors(_) | Event::Result(_) => panic!("a chat has none of these"),
        Event::End(_) => panic!("a codec pushes no END"),
    }
}

impl Decoded {
    /// The events of a response without an error.
    pub(super) fn good(self) -> Value {
        assert!(self.error.is_none(), "{:?}", self.error);
        self.events
    }

    pub(super) fn list(&self) -> &[Value] {
        self.events.as_array().unwrap()
    }
}

impl serde::Serialize for Progress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{self:?}"))
    }
}

/// Rows of what was got and what was expected of it, as JSON; a note names the case. Like `list`,
/// it is written with braces: rustfmt leaves the rows as they stand.
macro_rules! check {
    ($($got:expr => $want:tt $(, $note:expr)?);+ $(;)?) => {$(
        assert_eq!(json!($got), json!($want) $(, "{}", $note)?);
    )+};
}
pub(super) use check;

/// An array.
macro_rules! list {
    ($($row:expr),+ $(,)?) => { [$($row),+] };
}
pub(super) use list;
