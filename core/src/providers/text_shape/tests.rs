//! Which chunks are read by their shape, and that they are read as the parser would.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

thread_local! {
    /// How many texts were read alone.
    pub(super) static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

const IGNORED: &[&str] = &["\"pad\":", "\"number\":"];

/// What is read of `next` after `first`, whose text is `hello`.
fn read(first: &str, next: &str) -> Option<String> {
    let mut shape = TextShape::default();
    let start = first.find("hello").unwrap_or(0);
    shape.remember(
        "a",
        first,
        first.get(start..start + 5).unwrap_or(""),
        IGNORED,
    );
    let (text, rest) = shape.text(b"a", next.as_bytes())?;
    rest.is_empty().then(|| text.to_owned())
}

#[test]
fn only_the_text_and_what_nobody_reads_may_differ() {
    let plain = r#"{"id":"a","text":"hello","end":null}"#;
    let padded = r#"{"number":9,"text":"hello","pad":"xy"}"#;
    for (first, next, expected) in [
        (plain, plain, Some("hello")),
        (
            plain,
            r#"{"id":"a","text":"w\u00f6\nld","end":null}"#,
            Some("w\u{f6}\nld"),
        ),
        (
            plain,
            r#"{"id":"a","text":"say \"hi\"\\","end":null}"#,
            Some("say \"hi\"\\"),
        ),
        (
            plain,
            r#"{"id":"a","text":"\ud83d\ude00","end":null}"#,
            Some("\u{1f600}"),
        ),
        (padded, r#"{"number":10,"text":" w","pad":""}"#, Some(" w")),
        // What would be parsed in another way, or not at all.
        (plain, r#"{"id":"a","text":"","end":null}"#, None),
        (plain, r#"{"id":"b","text":"hello","end":null}"#, None),
        (plain, r#"{"id":"a","text":"hello","end":"null"}"#, None),
        (plain, r#"{"id":"a","text":"hello","end":null} "#, None),
        (plain, r#"{"id":"a","text":"hello","x":1,"end":null}"#, None),
        (plain, r#"{"id":"a","text":"\ud83d","end":null}"#, None),
        (plain, r#"{"id":"a","text":"\x","end":null}"#, None),
        (plain, "{\"id\":\"a\",\"text\":\"a\nb\",\"end\":null}", None),
        (plain, r#"{"id":"a","text":"hello\""#, None),
        (plain, r#"{"id":"a","text":"hello"#, None),
        (padded, r#"{"number":010,"text":"w","pad":""}"#, None),
        (padded, r#"{"number":1.5,"text":"w","pad":""}"#, None),
        (padded, r#"{"number":,"text":"w","pad":""}"#, None),
        (padded, r#"{"number":1,"text":"w","pad":"\n"}"#, None),
        (padded, r#"{"number":1,"text":"w","pad":1}"#, None),
    ] {
        assert_eq!(read(first, next).as_deref(), expected, "{next}");
    }
}

#[test]
fn what_is_no_utf_8_is_left_to_the_parser() {
    let chunk = r#"{"number":1,"text":"hello","pad":"xy"}"#;
    let mut shape = TextShape::default();
    let start = chunk.find("hello").unwrap();
    shape.remember("", chunk, chunk.get(start..start + 5).unwrap(), IGNORED);
    let mut text_of = |from: &str, to: &[u8]| {
        let at = chunk.find(from).unwrap();
        let (head, tail) = (
            &chunk.as_bytes()[..at],
            &chunk.as_bytes()[at + from.len()..],
        );
        let next = [head, to, tail].concat();
        shape.text(b"", &next).map(|(text, _)| text.to_owned())
    };
    assert_eq!(
        text_of("hello", "w\u{f6}".as_bytes()).as_deref(),
        Some("w\u{f6}")
    );
    assert_eq!(text_of("hello", b"w\xf6"), None);
    assert_eq!(text_of("hello", b"w\xf6\\n"), None);
    assert_eq!(text_of("xy", b"\xc3"), None);
    assert_eq!(text_of("xy", b"z").as_deref(), Some("hello"));
}

#[test]
fn a_chunk_of_several_lines_is_not_remembered() {
    let chunk = "{\"text\":\n\"hello\"}";
    assert_eq!(read(chunk, chunk), None);
}

#[test]
fn what_is_remembered_is_bounded() {
    let long = format!(
        r#"{{"id":"{}","text":"hello"}}"#,
        "x".repeat(AROUND_BYTES_MAX)
    );
    assert_eq!(read(&long, &long), None);
    let mut shape = TextShape::default();
    let chunk = r#"{"text":"hello"}"#;
    let (start, text) = (9, "hello");
    for _ in 0..MISSES_MAX {
        shape.remember(
            "a",
            chunk,
            chunk.get(start..start + text.len()).unwrap_or(""),
            &[],
        );
        assert!(!shape.holes.is_empty());
    }
    shape.remember(
        "a",
        chunk,
        chunk.get(start..start + text.len()).unwrap_or(""),
        &[],
    );
    assert!(shape.holes.is_empty(), "it always differs");
    // Another event with the same data.
    let mut shape = TextShape::default();
    let part = chunk.get(start..start + text.len()).unwrap_or("");
    shape.remember("a", chunk, part, &[]);
    assert_eq!(shape.text(b"b", chunk.as_bytes()), None);
    let two = format!("{chunk}\n\n{chunk}");
    let (first, rest) = shape.text(b"a", two.as_bytes()).unwrap();
    assert_eq!((first, rest.len()), (text, 2 + chunk.len()));
    // A text that is no part of the data, as one that had escapes.
    let mut shape = TextShape::default();
    shape.remember("a", chunk, text, &[]);
    assert_eq!(shape.text(b"a", chunk.as_bytes()), None);
}

#[test]
#[cfg(all(
    feature = "anthropic",
    feature = "bedrock",
    feature = "cohere",
    feature = "ollama",
    feature = "openai_responses"
))]
fn texts_are_read_alone_on_every_wire_that_repeats_the_rest() {
    use crate::event::{Event, EventBatch, Start};
    use crate::framing::{at_end, Frame, Framing};
    use crate::providers::by_name_and_api;

    let chat = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m",
        "choices":[{"index":0,"delta":{"content":"T"},"logprobs":null,"finish_reason":null}],
        "usage":null,"obfuscation":"N"}"#;
    let item = r#"{"type":"response.output_text.delta","item_id":"i","output_index":0,
        "content_index":0,"delta":"T","logprobs":[],"sequence_number":N,"obfuscation":"N"}"#;
    let block = r#"{"type":"content_block_delta","index":0,
        "delta":{"type":"text_delta","text":"T"}}"#;
    let start = r#"{"type":"content_block_start","index":0,
        "content_block":{"type":"text","text":""}}"#;
    let message = r#"{"type":"content-delta","index":0,
        "delta":{"message":{"content":{"text":"T"}}}}"#;
    let line = r#"{"model":"m","created_at":"N","message":{"role":"assistant","content":"T"},
        "done":false}"#;
    let converse = r#"{"contentBlockIndex":0,"delta":{"text":"T"},"p":"N"}"#;
    for (provider, api, framing, name, first, chunk) in [
        ("openai", "", Framing::Sse, "", chat, chat),
        ("openai", "responses", Framing::Sse, "", item, item),
        (
            "anthropic",
            "",
            Framing::Sse,
            "content_block_delta",
            start,
            block,
        ),
        (
            "cohere",
            "",
            Framing::Sse,
            "content-delta",
            message,
            message,
        ),
        ("ollama", "native", Framing::Ndjson, "", line, line),
        (
            "bedrock",
            "",
            Framing::EventStream,
            "contentBlockDelta",
            converse,
            converse,
        ),
    ] {
        let provider = by_name_and_api(provider, Some(api)).unwrap();
        let mut decoder = provider.decoder(Start::default(), framing);
        let mut batch = EventBatch::default();
        let before = COUNT.get();
        for (number, chunk) in [first, chunk, chunk, chunk, chunk].into_iter().enumerate() {
            let number = number.to_string();
            let data = chunk.replace(['T', 'N'], &number).replace('\n', "");
            let (name, bytes) = (name.as_bytes(), data.as_bytes());
            let repeated = decoder.repeated_frame(name, bytes, at_end, &mut batch);
            if repeated.is_none() {
                let name = str::from_utf8(name).unwrap();
                let frame = Frame { name, data: &data };
                decoder.decode_frame(frame, &mut batch).unwrap();
            }
        }
        assert!(COUNT.get() >= before + 3, "{provider:?}");
        let last = batch.drain().pop().unwrap();
        let is_last = matches!(&last, Event::Text(text) if *text == "4");
        assert!(is_last, "{provider:?} {last:?}");
    }
}
