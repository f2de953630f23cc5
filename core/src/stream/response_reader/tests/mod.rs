//! How a response ends, on every wire: what had come until then decides, and not how the connection
//! ended.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod documents;
mod endings;
mod failures;
mod limits;

use serde_json::{json, Value};

use super::*;
use crate::error::{ErrorKind, Phase};
use crate::event::{Event, LlmResponse, Start};
use crate::framing::sniff::Declared;
use crate::framing::Framing;
use crate::http::BodyFailure;
use crate::providers::by_name;

/// A wire, and how a stream of it is written.
#[derive(Debug, Clone, Copy)]
struct Wire {
    provider: &'static str,
    framing: Framing,
}

const OPENAI: Wire = Wire {
    provider: "openai",
    framing: Framing::Sse,
};
const ANTHROPIC: Wire = Wire {
    provider: "anthropic",
    framing: Framing::Sse,
};
const COHERE_V2: Wire = Wire {
    provider: "cohere",
    framing: Framing::Sse,
};
const COHERE_V1: Wire = Wire {
    provider: "cohere",
    framing: Framing::Ndjson,
};

impl Wire {
    /// A body of these documents.
    fn body(self, documents: &[&str]) -> String {
        let write = |document: &&str| match self.framing {
            Framing::Sse => format!("data: {document}\n\n"),
            Framing::Ndjson | Framing::EventStream => format!("{document}\n"),
        };
        let body: String = documents.iter().map(write).collect();
        // A document may stand in two lines of its test.
        body.replace(",\n\"", ",\"").replace(":\n{", ":{")
    }

    fn body_decoder(self, is_stream: bool) -> BodyDecoder {
        let decoder = by_name(self.provider)
            .unwrap()
            .decoder(Start::default(), self.framing);
        let declared = match is_stream {
            true => Declared::Stream,
            false => Declared::Document,
        };
        let sniffer = Sniffer::new(self.framing, declared);
        BodyDecoder::new(200, decoder, sniffer, &ClientOptions::default())
    }
}

/// How the bytes of a body end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Properly,
    ByReset,
}

/// What a caller would have after one attempt.
#[derive(Debug, Default)]
struct Observed {
    response: LlmResponse,
    error: Option<LlmError>,
    warnings: Vec<String>,
}

impl Observed {
    /// The kind of its error, or how it is complete; its text; the names of its calls.
    fn summary(&self) -> Value {
        let kind = match &self.error {
            Some(error) => error.kind.name(),
            None if self.warnings.is_empty() => "complete",
            None => "warned",
        };
        let calls = self.response.tool_calls.iter();
        let calls: Vec<_> = calls.map(|call| call.name.as_str()).collect();
        json!([kind, self.response.text, calls])
    }

    /// What decides about another attempt.
    fn retry(&self) -> Option<(bool, bool)> {
        let error = self.error.as_ref()?;
        Some((error.retryable, error.maybe_executed))
    }
}

/// Reads a body to its end, or to the error or mark that comes first.
fn read(wire: Wire, is_stream: bool, body: &[u8], ended: Ended) -> Observed {
    let mut body_decoder = wire.body_decoder(is_stream);
    let mut batch = EventBatch::default();
    let mut received = Received::default();
    for piece in body.chunks(body.len().div_ceil(3).max(1)) {
        if body_decoder
            .feed(piece, &mut batch, &mut received)
            .is_break()
        {
            break;
        }
    }
    let step = match (received.error, body_decoder.decoder.progress(), ended) {
        (Some(error), ..) => Err(error),
        (None, Progress::Done, _) => body_decoder.verdict(),
        (None, _, Ended::Properly) => body_decoder.end(&mut batch),
        (None, _, Ended::ByReset) => {
            let reset = BodyFailure::Cut("connection reset".to_owned());
            body_decoder.cut(reset, &mut batch)
        }
    };
    if step.is_ok() {
        body_decoder.decoder.close(&mut batch);
    }
    let mut observed = Observed {
        warnings: body_decoder.summary().warnings,
        error: step.err(),
        ..Observed::default()
    };
    let events: Vec<Event> = batch.drain();
    events
        .into_iter()
        .for_each(|event| observed.response.push(event));
    observed
}

/// Reads a stream, and holds that the manner of its end makes no difference, but where nothing had
/// come: then a proper end is the host's decision, and a reset is a cut like any other.
fn stream(wire: Wire, body: &str) -> Observed {
    let observed = read(wire, true, body.as_bytes(), Ended::Properly);
    let reset = read(wire, true, body.as_bytes(), Ended::ByReset);
    let is_nothing = |error: &LlmError| error.message.contains("held no response");
    if observed.error.as_ref().is_some_and(is_nothing) {
        assert_eq!(observed.retry(), Some((false, true)), "{wire:?} {body}");
        assert_eq!(
            reset.summary(),
            json!(["TRUNCATED", "", []]),
            "{wire:?} {body}"
        );
        assert_eq!(reset.retry(), Some((true, true)), "{wire:?} {body}");
    } else {
        assert_eq!(observed.summary(), reset.summary(), "{wire:?} {body}");
        assert_eq!(observed.retry(), reset.retry(), "{wire:?} {body}");
    }
    for error in [&observed.error, &reset.error].into_iter().flatten() {
        assert_eq!((error.status, error.phase), (Some(200), Phase::Body));
    }
    observed
}

fn whole(wire: Wire, body: &str) -> Observed {
    let observed = read(wire, false, body.as_bytes(), Ended::Properly);
    if let Some(error) = &observed.error {
        assert_eq!((error.status, error.phase), (Some(200), Phase::Body));
    }
    observed
}
