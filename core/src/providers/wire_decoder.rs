//! What the decoders of all wires do alike: which frames are events, how a body becomes an object,
//! when a response begins and is closed. Owns the state that every decoder keeps; a wire adds what
//! its events mean. Generic and not dynamic: a token costs no further call.

use std::fmt::Debug;

use super::completion::{CompletionState, ToolCallsState};
use super::errors::protocol_error;
use super::event_writer::EventWriter;
use super::lenient_json::{self, Maybe, Object};
use super::text_shape::TextShape;
use super::{error_body, stream_pings, Decoder, Progress, Provider, ResponseSummary};
use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::{FinishReason, Start, Usage};
use crate::framing::{Frame, FrameEnd};
use crate::prefetch::{self, Prefetch};

/// What most errors are about.
pub(crate) const EVENT: &str = "an event of the stream";
pub(crate) const RESPONSE: &str = "the response";

/// What `[DONE]` is on a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DoneMark {
    /// The protocol's last mark.
    Ends,
    /// Not the protocol's, but some servers that imitate it send it.
    Ignored,
    /// No mark: the wire has lines of JSON, and neither marks nor names of events.
    Unknown,
}

/// The state that every decoder keeps of its response.
#[derive(Debug)]
pub(crate) struct ResponseState {
    pub(crate) progress: Progress,
    pub(crate) writer: EventWriter,
    /// The provider's finish reason.
    pub(crate) finish_reason: Option<String>,
    /// What it wrote beside that.
    pub(crate) finish_message: Option<String>,
    pub(crate) unknown_events: u64,
    shape: TextShape,
    is_begun: bool,
    is_closed: bool,
}

impl ResponseState {
    pub(crate) fn new(start: Start) -> Self {
        Self {
            progress: Progress::Empty,
            writer: EventWriter::new(start),
            finish_reason: None,
            finish_message: None,
            unknown_events: 0,
            shape: TextShape::default(),
            is_begun: false,
            is_closed: false,
        }
    }

    /// Something of a response came.
    #[inline]
    pub(crate) fn open(&mut self) {
        if self.progress == Progress::Empty {
            self.progress = Progress::Open;
        }
    }

    /// The event that begins a response: the text of a second one would follow that of the first.
    pub(crate) fn begin(&mut self, provider: &'static str, data: &str) -> Result<(), LlmError> {
        self.open();
        match std::mem::replace(&mut self.is_begun, true) {
            true => Err(protocol_error(
                provider,
                EVENT,
                "begins another response",
                data,
            )),
            false => Ok(()),
        }
    }
}

/// The decoder of one wire. Every one of them is a [`Decoder`].
pub(crate) trait WireDecoder: Send + Debug {
    /// An event of a stream.
    type Event<'t>: Object<'t>;
    /// A response that came whole.
    type Response<'t>: Object<'t>;

    const DONE_MARK: DoneMark;

    /// The field of a stream of server-sent events, unknown to the standard, whose line reports an
    /// error.
    const ERROR_FIELD: Option<&'static str> = None;

    /// Names of fields that differ from event to event and that it does not read, as they are
    /// written: with quotes and colon.
    const IGNORED_FIELDS: &'static [&'static str] = &[];

    /// For errors.
    fn provider(&self) -> &dyn Provider;

    fn state(&self) -> &ResponseState;

    fn state_mut(&mut self) -> &mut ResponseState;

    /// Looks at a frame before its data is parsed, where the framing says what it is.
    #[inline]
    fn begin_frame(&mut self, _frame: &Frame<'_>) -> Result<(), LlmError> {
        Ok(())
    }

    /// Takes one event; `data` is its JSON.
    fn event(
        &mut self,
        event: &Self::Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError>;

    /// The text of an event that was just taken, where the same event with another text would do
    /// nothing now but hand that over.
    #[inline]
    fn text_alone<'e>(&self, _event: &'e Self::Event<'_>) -> Option<&'e str> {
        None
    }

    /// Takes a whole response; `text` is its JSON.
    fn response(
        &mut self,
        response: &Self::Response<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError>;

    /// The response is complete: hands over what was held back. `cut`: it met a limit, so that its
    /// last call may not be whole.
    fn close_response(&mut self, cut: bool, out: &mut EventBatch);

    /// What the tool calls have come to.
    fn tool_calls_state(&self) -> ToolCallsState;

    /// Translates a finish reason of the provider.
    fn parse_finish_reason(&self, raw: &str) -> FinishReason;

    /// The token counts, as far as they are known.
    fn usage(&self) -> Option<Usage>;

    /// An event that is an error by its name; `data` is its JSON, if it is JSON.
    fn error_event(&mut self, data: &str) -> LlmError {
        error_body::in_response(self.provider(), data)
    }

    /// The finish reason by which it is decided whether the response is complete.
    fn deciding_reason(&self) -> Option<FinishReason> {
        self.finish_reason()
    }

    /// Our finish reason.
    fn finish_reason(&self) -> Option<FinishReason> {
        let raw = self.state().finish_reason.as_deref();
        raw.map(|raw| self.parse_finish_reason(raw))
    }
}

impl<W: WireDecoder> Decoder for W {
    fn prefetch(&self, load: Prefetch) {
        prefetch::whole(self, load);
        self.state().shape.prefetch(load);
    }

    fn repeated_frame(
        &mut self,
        name: &[u8],
        bytes: &[u8],
        end: FrameEnd,
        out: &mut EventBatch,
    ) -> Option<usize> {
        if self.state().progress == Progress::Done {
            return None;
        }
        #[cfg(all(any(test, fuzzing), debug_assertions))]
        check_text_alone(self, name, bytes);
        let ResponseState { shape, writer, .. } = self.state_mut();
        let (text, rest) = shape.text(name, bytes)?;
        let length = bytes.len() - rest.len() + end(rest)?;
        writer.push_text(text, out);
        Some(length)
    }

    fn decode_frame(&mut self, frame: Frame<'_>, out: &mut EventBatch) -> Result<(), LlmError> {
        if self.state().progress == Progress::Done {
            return Ok(());
        }
        self.begin_frame(&frame)?;
        let data = frame.data.trim();
        if stream_pings::is_ping(data) {
            return Ok(());
        }
        if let Some(field) = frame.unknown_field() {
            return match W::ERROR_FIELD == Some(field) {
                true => Err(error_body::in_response(self.provider(), data)),
                false => Ok(()),
            };
        }
        if W::DONE_MARK != DoneMark::Unknown {
            match (frame.name, data) {
                ("ping", _) => return Ok(()),
                (_, "[DONE]") => {
                    if W::DONE_MARK == DoneMark::Ends {
                        self.state_mut().progress = Progress::Done;
                    }
                    return Ok(());
                }
                ("error", _) => return Err(self.error_event(data)),
                _ => {}
            }
        }
        if !data.starts_with('{') {
            return Err(error_body::not_an_object(self.provider(), EVENT, data));
        }
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let event: &W::Event<'_> = lenient_json::parse(data, &mut repaired, &mut place)
            .map_err(|error| error_body::unparsable(self.provider(), EVENT, &error, data))?;
        self.state_mut().shape.forget();
        self.event(event, data, out)?;
        if let Some(text) = self.text_alone(event) {
            let shape = &mut self.state_mut().shape;
            shape.remember(frame.name, data, text, W::IGNORED_FIELDS);
        }
        Ok(())
    }

    fn decode_body(&mut self, body: &[u8], out: &mut EventBatch) -> Result<(), LlmError> {
        let text = std::str::from_utf8(body).map_err(|_| {
            protocol_error(self.provider().name(), RESPONSE, "is not UTF-8", "").detail(body)
        })?;
        let text = stream_pings::strip_pings(text);
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let response: &W::Response<'_> = lenient_json::parse(text, &mut repaired, &mut place)
            .map_err(|error| error_body::unparsable(self.provider(), RESPONSE, &error, text))?;
        self.response(response, text, out)?;
        self.state_mut().progress = Progress::Done;
        Ok(())
    }

    fn close(&mut self, out: &mut EventBatch) {
        let state = self.state_mut();
        if !std::mem::replace(&mut state.is_closed, true) {
            state.writer.begin(out);
            let reason = self.finish_reason();
            let cut = matches!(
                reason,
                Some(FinishReason::Length | FinishReason::ContentFilter)
            );
            self.close_response(cut, out);
        }
    }

    fn progress(&self) -> Progress {
        self.state().progress
    }

    fn completion_state(&self) -> CompletionState<'_> {
        CompletionState {
            progress: self.state().progress,
            content: self.state().writer.content(),
            calls: self.tool_calls_state(),
            reason: self.deciding_reason(),
            reason_raw: self.state().finish_reason.as_deref(),
            message: self.state().finish_message.as_deref(),
        }
    }

    fn summary(&self) -> ResponseSummary {
        ResponseSummary {
            reason: self.finish_reason(),
            reason_raw: self.state().finish_reason.clone(),
            usage: self.usage(),
            unknown_events: self.state().unknown_events,
            ..ResponseSummary::default()
        }
    }
}

/// An event or a response without what every one has: the error of a gateway, or a breach of the
/// protocol.
pub(crate) fn incomplete(provider: &dyn Provider, what: &str, how: &str, text: &str) -> LlmError {
    let breach = || protocol_error(provider.name(), what, how, text);
    error_body::find_in_response(provider, text).unwrap_or_else(breach)
}

/// Every text that is read alone is parsed whole too: the events are the same, and the decoder is
/// afterwards what it was.
#[cfg(all(any(test, fuzzing), debug_assertions))]
#[allow(clippy::unwrap_used)]
fn check_text_alone<W: WireDecoder>(decoder: &mut W, name: &[u8], bytes: &[u8]) {
    let shape = &mut decoder.state_mut().shape;
    let Some((text, rest)) = shape.text(name, bytes) else {
        return;
    };
    let text = text.to_owned();
    let data = bytes.strip_suffix(rest).unwrap();
    let (name, data) = (str::from_utf8(name).unwrap(), str::from_utf8(data).unwrap());
    decoder.begin_frame(&Frame { name, data }).unwrap();
    let before = format!("{decoder:?}");
    let (mut repaired, mut place) = (String::new(), Maybe::default());
    let event: &W::Event<'_> = lenient_json::parse(data, &mut repaired, &mut place).unwrap();
    let mut batch = EventBatch::default();
    decoder.event(event, data, &mut batch).unwrap();
    let (events, expected) = (batch.drain(), [crate::event::Event::Text(text)]);
    assert_eq!(format!("{events:?}"), format!("{expected:?}"));
    assert_eq!(format!("{decoder:?}"), before, "{data}");
}

#[cfg(all(test, feature = "openai", feature = "anthropic", feature = "cohere"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::framing::Framing;
    use crate::providers::by_name;

    /// What a frame does to the decoder of a provider.
    fn read(
        provider: &str,
        framing: Framing,
        name: &str,
        data: &str,
    ) -> Result<Progress, ErrorKind> {
        let provider = by_name(provider).unwrap();
        let mut decoder = provider.decoder(Start::default(), framing);
        let frame = Frame { name, data };
        let result = decoder.decode_frame(frame, &mut EventBatch::default());
        result
            .map(|()| decoder.progress())
            .map_err(|error| error.kind)
    }

    #[test]
    fn an_error_in_a_field_of_its_own_is_one_where_servers_have_it() {
        let error = r#"{"code":500,"message":"oops"}"#;
        for provider in ["openai", "llamacpp"] {
            let result = read(provider, Framing::Sse, "error:", error);
            assert_eq!(result, Err(ErrorKind::Provider), "{provider}");
            let other = read(provider, Framing::Sse, "other:", error);
            assert_eq!(other, Ok(Progress::Empty), "{provider}");
        }
        for provider in ["anthropic", "cohere"] {
            let result = read(provider, Framing::Sse, "error:", error);
            assert_eq!(result, Ok(Progress::Empty), "{provider}");
        }
    }

    #[test]
    fn the_done_mark_ends_a_response_only_where_it_is_the_protocols() {
        let cases = [
            ("openai", Framing::Sse, Ok(Progress::Done)),
            ("anthropic", Framing::Sse, Ok(Progress::Empty)),
            ("cohere", Framing::Sse, Ok(Progress::Empty)),
            ("cohere", Framing::Ndjson, Err(ErrorKind::Protocol)),
        ];
        for (provider, framing, expected) in cases {
            let result = read(provider, framing, "", "[DONE]");
            assert_eq!(result, expected, "{provider} {framing:?}");
        }
    }
}
