//! What decoding a piece of text costs, wire by wire, as a ratio in one run: `make bench-decode`.
//! Names of wires as arguments measure those alone, for a profiler that counts instructions.
//! It reaches the decoders through what `--cfg fuzzing` opens; without that there is nothing here.
#![allow(clippy::print_stdout, missing_docs)]

#[cfg(not(fuzzing))]
fn main() {
    println!("make bench-decode sets --cfg fuzzing, which opens the decoders");
}

#[cfg(fuzzing)]
fn main() -> Result<(), liter_llm::LlmError> {
    measure::run()
}

#[cfg(fuzzing)]
mod measure {
    use std::time::{Duration, Instant};

    use liter_llm::fuzzing::{event_stream_message, BenchDecoder, BenchFraming};
    use liter_llm::LlmError;

    const PIECES: u32 = 20_000;
    const ROUNDS: usize = 15;

    struct Wire {
        name: &'static str,
        provider: &'static str,
        /// Empty for the provider's first.
        api: &'static str,
        framing: BenchFraming,
        begin: &'static str,
        piece: &'static str,
    }

    const WIRES: [Wire; 8] = [
        Wire {
            name: "openai",
            provider: "openai",
            api: "",
            framing: BenchFraming::Sse,
            begin: "",
            piece:
                "data: {\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\",\
            \"created\":1700000000,\"model\":\"test-model-1\",\"choices\":[{\"index\":0,\
            \"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}",
        },
        Wire {
            name: "openai responses",
            provider: "openai",
            api: "responses",
            framing: BenchFraming::Sse,
            begin: "event: response.created\ndata: {\"type\":\"response.created\",\
            \"response\":{\"id\":\"r\",\"model\":\"m\",\"output\":[]}}\n\n",
            piece: "event: response.output_text.delta\ndata: {\"type\":\
            \"response.output_text.delta\",\"sequence_number\":12,\"item_id\":\
            \"msg_0123456789abcdef\",\"output_index\":0,\"content_index\":0,\
            \"delta\":\" token\",\"logprobs\":[],\"obfuscation\":\"liJu2gE\"}",
        },
        Wire {
            name: "anthropic",
            provider: "anthropic",
            api: "",
            framing: BenchFraming::Sse,
            begin: "event: message_start\ndata: {\"type\":\"message_start\",\
            \"message\":{\"id\":\"m\",\
            \"model\":\"c\",\"usage\":{}}}\n\nevent: content_block_start\ndata: {\"type\":\
            \"content_block_start\",\
            \"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
            piece:
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\
            \"delta\":{\"type\":\"text_delta\",\"text\":\" token\"}}",
        },
        Wire {
            name: "cohere v2",
            provider: "cohere",
            api: "",
            framing: BenchFraming::Sse,
            begin: "event: message-start\ndata: {\"type\":\"message-start\",\"id\":\"m\"}\n\n",
            piece: "event: content-delta\ndata: {\"type\":\"content-delta\",\"index\":0,\
            \"delta\":{\"message\":{\"content\":{\"text\":\" token\"}}}}",
        },
        Wire {
            name: "cohere v1",
            provider: "cohere",
            api: "",
            framing: BenchFraming::Ndjson,
            begin: "{\"event_type\":\"stream-start\",\"generation_id\":\"m\"}\n",
            piece: "{\"event_type\":\"text-generation\",\"is_finished\":false,\"text\":\" token\"}",
        },
        Wire {
            name: "ollama",
            provider: "ollama",
            api: "native",
            framing: BenchFraming::Ndjson,
            begin: "",
            piece: "{\"model\":\"test-model-1\",\"created_at\":\"2026-03-01T09:00:00.123456Z\",\
            \"message\":{\"role\":\"assistant\",\"content\":\" token\"},\"done\":false}",
        },
        Wire {
            name: "gemini",
            provider: "gemini",
            api: "",
            framing: BenchFraming::Sse,
            begin: "",
            piece: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" token\"}],\
            \"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":10,\
            \"totalTokenCount\":12},\"modelVersion\":\"test-model-1\",\"responseId\":\"abc\"}",
        },
        Wire {
            name: "bedrock",
            provider: "bedrock",
            api: "",
            framing: BenchFraming::EventStream,
            begin: "",
            piece: "{\"contentBlockIndex\":0,\"delta\":{\"text\":\" token\"},\
            \"p\":\"abcdefghijklmnopqrstuvwxyzABCDEFGHIJ\"}",
        },
    ];

    /// The best of the rounds: the others were disturbed.
    fn cost(wire: &Wire) -> Result<Duration, LlmError> {
        let piece = match wire.framing {
            BenchFraming::Sse => format!("{}\n\n", wire.piece).into_bytes(),
            BenchFraming::Ndjson => format!("{}\n", wire.piece).into_bytes(),
            BenchFraming::EventStream => event_stream_message("contentBlockDelta", wire.piece),
        };
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let mut decoder = BenchDecoder::new(wire.provider, wire.api, wire.framing)?;
            decoder.feed(wire.begin.as_bytes())?;
            let began = Instant::now();
            let mut events = 0;
            for _ in 0..PIECES {
                events += decoder.feed(&piece)?;
            }
            best = best.min(began.elapsed() / PIECES);
            assert!(events >= PIECES as usize, "{}: {events}", wire.name);
        }
        Ok(best)
    }

    pub(super) fn run() -> Result<(), LlmError> {
        let mut first = None;
        // Cargo adds `--bench`.
        let named: Vec<String> = std::env::args()
            .skip(1)
            .filter(|name| name != "--bench")
            .collect();
        let is_wanted =
            |wire: &&Wire| named.is_empty() || named.iter().any(|name| name == wire.name);
        for wire in WIRES.iter().filter(is_wanted) {
            let own = cost(wire)?;
            let ratio = own.as_secs_f64() / first.get_or_insert(own).as_secs_f64();
            println!(
                "{:16} {own:?} per piece of text, {ratio:.2} x the first",
                wire.name
            );
        }
        Ok(())
    }
}
