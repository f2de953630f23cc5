//! Bounds of what is read: depth and size.

use super::*;

const LEVELS: usize = 100_000;

fn is_refused(observed: &Observed, what: &str) {
    assert_eq!(observed.summary()[0], "PROTOCOL", "{what}");
    assert_eq!(observed.retry(), Some((false, true)), "{what}");
}

/// Lists, objects, and lists that are not closed.
fn deep_values() -> [String; 3] {
    let lists = "[".repeat(LEVELS);
    [
        format!("{lists}{}", "]".repeat(LEVELS)),
        format!("{}1{}", "{\"a\":".repeat(LEVELS), "}".repeat(LEVELS)),
        lists,
    ]
}

#[test]
fn json_that_is_nested_too_deep_is_refused_by_openai() {
    let fields = [
        "error",
        "usage",
        "choices",
        "novelty",
        "citations",
        "x_groq",
        "message",
        "detail",
    ];
    let deltas = [
        "content",
        "tool_calls",
        "reasoning_details",
        "annotations",
        "audio",
        "images",
        "novelty",
    ];
    for value in deep_values() {
        for field in fields {
            let text = format!(r#"{{"{field}":{value},"id":"c"}}"#);
            is_refused(&stream(OPENAI, &OPENAI.body(&[&text, "[DONE]"])), field);
            is_refused(&whole(OPENAI, &text), field);
        }
        for field in deltas {
            let choice = format!(r#""delta":{{"{field}":{value}}},"finish_reason":"stop""#);
            let text = format!(r#"{{"choices":[{{{choice}}}]}}"#);
            is_refused(&stream(OPENAI, &OPENAI.body(&[&text, "[DONE]"])), field);
            let text = text.replace("delta", "message");
            is_refused(&whole(OPENAI, &text), field);
        }
    }
}

#[test]
fn json_that_is_nested_too_deep_is_refused_by_anthropic() {
    let fields = [
        "error",
        "usage",
        "message",
        "content_block",
        "delta",
        "novelty",
    ];
    for value in deep_values() {
        for field in fields {
            let text = format!(r#"{{"type":"message_delta","{field}":{value}}}"#);
            let body = ANTHROPIC.body(&[&text, r#"{"type":"message_stop"}"#]);
            is_refused(&stream(ANTHROPIC, &body), field);
            is_refused(&whole(ANTHROPIC, &text), field);
        }
    }
}

#[test]
fn json_that_is_nested_too_deep_is_refused_by_cohere() {
    let fields = [
        "error",
        "delta",
        "response",
        "citations",
        "tool_calls",
        "novelty",
    ];
    for value in deep_values() {
        for field in fields {
            for (wire, name) in [(COHERE_V2, "type"), (COHERE_V1, "event_type")] {
                let text = format!(r#"{{"{name}":"debug","{field}":{value}}}"#);
                is_refused(&stream(wire, &wire.body(&[&text])), field);
                is_refused(&whole(wire, &text), field);
            }
        }
    }
}

#[test]
fn json_that_is_nested_too_deep_is_refused_alone_and_as_an_error() {
    for value in deep_values() {
        for wire in [OPENAI, ANTHROPIC, COHERE_V2, COHERE_V1] {
            is_refused(&whole(wire, &value), "alone");
        }
        let named = format!("event: error\ndata: {value}\n\n");
        for wire in [OPENAI, ANTHROPIC, COHERE_V2] {
            is_refused(&stream(wire, &named), "a named error");
        }
    }
}

/// A text of a response that is nested is only text.
#[test]
fn brackets_inside_of_text_are_no_levels() {
    let text = "[{".repeat(LEVELS);
    let chunk = json!({"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]});
    let observed = stream(OPENAI, &OPENAI.body(&[&chunk.to_string()]));
    assert_eq!(observed.summary(), json!(["complete", text, []]));
}

#[test]
fn a_body_of_exactly_the_limit_is_read() {
    let body = r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}"#;
    for (bytes_max, expected) in [(body.len(), "complete"), (body.len() - 1, "TOO_LARGE")] {
        let options = ClientOptions {
            body_bytes_max: bytes_max,
            ..ClientOptions::default()
        };
        let decoder = by_name("openai")
            .unwrap()
            .decoder(Start::default(), Framing::Sse);
        let sniffer = Sniffer::new(Framing::Sse, Declared::Document);
        let mut body_decoder = BodyDecoder::new(200, decoder, sniffer, &options);
        let (mut batch, mut received) = (EventBatch::default(), Received::default());
        for piece in body.as_bytes().chunks(7) {
            if body_decoder
                .feed(piece, &mut batch, &mut received)
                .is_break()
            {
                break;
            }
        }
        let kind = match received.error {
            Some(error) => error.kind.name(),
            None => match body_decoder.end(&mut batch) {
                Ok(_) => "complete",
                Err(error) => error.kind.name(),
            },
        };
        assert_eq!(kind, expected, "{bytes_max}");
    }
}
