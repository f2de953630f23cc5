//! Recorded traffic for the tests beside this one. Where it is: `LITER_LLM_RECORDINGS`, else beside
//! the repository; without it these tests pass and say so.

use std::path::{Path, PathBuf};

use super::*;
use crate::event::LlmResponse;
use crate::framing::sse::SseFramer;
use crate::providers::Finish;

const APIS: &[&str] = &[
    "openai-chat",
    "openai-compat-chat",
    "azure-openai-chat",
    "mistral-chat",
];

/// One request and its answer.
pub(super) struct Exchange {
    pub(super) name: String,
    /// The codec of the row that would have been asked.
    pub(super) codec: OpenAi,
    pub(super) request: Value,
    pub(super) response: Value,
    pub(super) body: Vec<u8>,
    pub(super) expected: Value,
}

/// Everything that was recorded.
#[allow(clippy::print_stderr)]
pub(super) fn exchanges() -> Vec<Exchange> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/recordings");
    let root = std::env::var_os("LITER_LLM_RECORDINGS")
        .map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let mut exchanges = Vec::new();
    for api in APIS {
        let Ok(folders) = std::fs::read_dir(root.join(api)) else {
            eprintln!("skipped: no recordings of {api}; set LITER_LLM_RECORDINGS");
            continue;
        };
        exchanges.extend(folders.map(|folder| exchange(&folder.unwrap().path())));
    }
    exchanges.sort_by(|one, other| one.name.cmp(&other.name));
    eprintln!("{} exchanges", exchanges.len());
    exchanges
}

fn exchange(folder: &Path) -> Exchange {
    let bytes = |file: &str| std::fs::read(folder.join(file)).unwrap();
    let json = |file: &str| serde_json::from_slice::<Value>(&bytes(file)).unwrap();
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let provider = name.split('-').next().unwrap();
    let row = CODECS.iter().find(|codec| codec.name() == provider);
    Exchange {
        // A server without a row is asked as OpenAI at another address.
        codec: row.copied().unwrap_or_else(|| codec("openai")),
        name,
        request: json("request.json"),
        response: json("response.json"),
        body: bytes("response.body"),
        expected: json("expected.json"),
    }
}

/// An answer, read.
pub(super) struct Answer {
    pub(super) whole: LlmResponse,
    pub(super) finish: Finish,
    pub(super) error: Option<LlmError>,
    pub(super) is_complete: bool,
    pub(super) is_empty: bool,
}

/// Reads an answer with a good status, in pieces of this size.
pub(super) fn read(exchange: &Exchange, size: usize) -> Answer {
    let mut decoder = decoder_of(exchange.codec.name());
    let mut batch = EventBatch::default();
    let error = if exchange.response["framing"] == "none" {
        decoder.whole(&exchange.body, &mut batch).err()
    } else {
        let mut framer = SseFramer::new(1 << 20);
        let mut each = |frame: Frame<'_>| decoder.frame(frame, &mut batch);
        let mut pieces = exchange.body.chunks(size);
        pieces
            .try_for_each(|piece| framer.feed(piece, &mut each))
            .err()
    };
    let is_complete = matches!(decoder.progress(), Progress::Answered | Progress::Done);
    let is_empty = batch.is_empty();
    if error.is_none() && is_complete {
        decoder.close(&mut batch);
    }
    let mut whole = LlmResponse::default();
    let events = batch.drain().into_iter();
    events.for_each(|event| whole.push(event));
    Answer {
        whole,
        finish: decoder.finish(),
        error,
        is_complete,
        is_empty,
    }
}
