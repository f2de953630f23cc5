//! What decoding a piece of text costs, wire by wire, as a ratio in one run: `make bench-decode`.
//! No test: it asserts nothing and is ignored unless it is asked for.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use crate::batch::EventBatch;
use crate::event::Start;
use crate::framing::{Framer, Framing};
use crate::providers::by_name;

const PIECES: usize = 20_000;
const ROUNDS: usize = 15;

struct Wire {
    name: &'static str,
    provider: &'static str,
    framing: Framing,
    begin: &'static str,
    piece: &'static str,
}

const WIRES: [Wire; 4] = [
    Wire {
        name: "openai",
        provider: "openai",
        framing: Framing::Sse,
        begin: "",
        piece: "data: {\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\",\
            \"created\":1700000000,\"model\":\"test-model-1\",\"choices\":[{\"index\":0,\
            \"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}",
    },
    Wire {
        name: "anthropic",
        provider: "anthropic",
        framing: Framing::Sse,
        begin: "event: message_start\ndata: {\"type\":\"message_start\",\
            \"message\":{\"id\":\"m\",\
            \"model\":\"c\",\"usage\":{}}}\n\nevent: content_block_start\ndata: {\"type\":\
            \
            \"content_block_start\",\
            \"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
        piece: "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\
            \"delta\":{\"type\":\"text_delta\",\"text\":\" token\"}}",
    },
    Wire {
        name: "cohere v2",
        provider: "cohere",
        framing: Framing::Sse,
        begin: "event: message-start\ndata: {\"type\":\"message-start\",\"id\":\"m\"}\n\n",
        piece: "event: content-delta\ndata: {\"type\":\"content-delta\",\"index\":0,\
            \"delta\":{\"message\":{\"content\":{\"text\":\" token\"}}}}",
    },
    Wire {
        name: "cohere v1",
        provider: "cohere",
        framing: Framing::Ndjson,
        begin: "{\"event_type\":\"stream-start\",\"generation_id\":\"m\"}\n",
        piece: "{\"event_type\":\"text-generation\",\"is_finished\":false,\"text\":\" token\"}",
    },
];

/// The best of the rounds: the others were disturbed.
fn cost(wire: &Wire) -> Duration {
    let separator = match wire.framing {
        Framing::Sse => "\n\n",
        Framing::Ndjson => "\n",
    };
    let piece = format!("{}{separator}", wire.piece);
    let provider = by_name(wire.provider).unwrap();
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let mut framer = Framer::new(wire.framing, 1 << 20);
        let mut decoder = provider.decoder(Start::default(), wire.framing);
        let mut batch = EventBatch::default();
        let mut feed = |bytes: &[u8], batch: &mut EventBatch| {
            framer
                .feed(bytes, &mut |frame| decoder.frame(frame, batch))
                .unwrap();
        };
        feed(wire.begin.as_bytes(), &mut batch);
        let began = Instant::now();
        let mut pieces = 0;
        for _ in 0..PIECES {
            feed(piece.as_bytes(), &mut batch);
            pieces += batch.iter().count();
            batch.clear();
        }
        best = best.min(began.elapsed() / u32::try_from(PIECES).unwrap());
        assert!(pieces >= PIECES, "{}: {pieces}", wire.name);
    }
    best
}

#[test]
#[ignore = "a measurement: make bench-decode"]
fn decoding_cost() {
    let costs = WIRES.each_ref().map(cost);
    for (wire, own) in WIRES.iter().zip(costs) {
        let ratio = own.as_secs_f64() / costs[0].as_secs_f64();
        println!(
            "{:10} {own:?} per piece of text, {ratio:.2} x openai",
            wire.name
        );
    }
}
