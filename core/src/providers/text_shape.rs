//! Chunks of one stream mostly differ in nothing but their text. Where all around it is as in the
//! chunk before, which was parsed whole and was nothing but text, only the text is read. Owns what
//! "as before" means; which chunks are nothing but text, the wires say.

use std::ops::Range;

use memchr::{memchr2, memmem};

/// The most bytes around a text that are remembered.
const AROUND_BYTES_MAX: usize = 1024;
/// Chunks that were remembered for nothing, after which no more are: this server's always differ.
const MISSES_MAX: u32 = 32;
/// Longest number that is passed over.
const DIGITS_MAX: usize = 15;

/// What stands between two literal pieces of a chunk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hole {
    Text,
    /// The value of a field that nobody reads, which is a text without escapes.
    Padding,
    /// The same, a whole number.
    Number,
}

/// The last chunk that was nothing but text, without what may differ.
#[derive(Default)]
pub(crate) struct TextShape {
    /// The name of its event.
    name: String,
    literals: String,
    /// Where each literal ends, and the hole behind it; the rest is the last literal. Empty where
    /// no chunk is remembered.
    holes: Vec<(usize, Hole)>,
    misses: u32,
    unescaped: String,
}

impl TextShape {
    /// The text of a chunk that differs from the last one in nothing that counts; never empty.
    #[inline]
    pub(crate) fn text<'d>(&'d mut self, name: &str, data: &'d str) -> Option<&'d str> {
        if self.holes.is_empty() || !is_same_name(&self.name, name) {
            return None;
        }
        let (mut rest, mut begin, mut raw) = (data, 0, "");
        let mut is_escaped = false;
        for (end, hole) in &self.holes {
            rest = rest.strip_prefix(self.literals.get(begin..*end)?)?;
            begin = *end;
            let length = match hole {
                Hole::Text => {
                    let length;
                    (length, is_escaped) = text_length(rest.as_bytes())?;
                    raw = rest.get(..length)?;
                    length
                }
                Hole::Padding => plain_length(rest.as_bytes())?,
                Hole::Number => number_length(rest.as_bytes())?,
            };
            rest = rest.get(length..)?;
        }
        if raw.is_empty() || Some(rest) != self.literals.get(begin..) {
            return None;
        }
        self.misses = 0;
        #[cfg(test)]
        tests::COUNT.set(tests::COUNT.get() + 1);
        if !is_escaped {
            return Some(raw);
        }
        let start = raw.as_ptr() as usize - data.as_ptr() as usize;
        let quoted = data.get(start - 1..=start + raw.len())?;
        self.unescaped = serde_json::from_str(quoted).ok()?;
        (!self.unescaped.is_empty()).then_some(&self.unescaped)
    }

    /// Remembers a chunk that was nothing but this text, which is a part of it. What stands behind
    /// the names of `ignored` may differ.
    pub(crate) fn remember(&mut self, name: &str, data: &str, text: &str, ignored: &[&str]) {
        self.forget();
        let Some(text) = range_of(data, text) else {
            return;
        };
        if self.misses >= MISSES_MAX || data.len() - text.len() > AROUND_BYTES_MAX {
            return;
        }
        self.misses += 1;
        name.clone_into(&mut self.name);
        let mut holes = vec![(text.clone(), Hole::Text)];
        holes.extend(ignored.iter().filter_map(|name| hole_behind(data, name)));
        holes.sort_by_key(|(range, _)| range.start);
        let mut begin = 0;
        for (range, hole) in holes {
            let Some(literal) = data.get(begin..range.start) else {
                return self.forget();
            };
            self.literals.push_str(literal);
            self.holes.push((self.literals.len(), hole));
            begin = range.end;
        }
        self.literals
            .push_str(data.get(begin..).unwrap_or_default());
    }

    /// The next chunk is parsed whole.
    pub(crate) fn forget(&mut self) {
        self.literals.clear();
        self.holes.clear();
    }
}

/// Events of most wires have no name. To compare nothing is no matter of course: the C library's
/// comparison reads with masks, and the processor takes a hundred cycles to see that none of the
/// address it was given, which stands for an empty text, was to be read.
#[inline]
fn is_same_name(one: &str, other: &str) -> bool {
    match (one.is_empty(), other.is_empty()) {
        (false, false) => one == other,
        (one, other) => one && other,
    }
}

/// Not a part of what was received: a decoder is the same with it and without.
impl std::fmt::Debug for TextShape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TextShape")
    }
}

/// Where a text stands that is a part of the data, between quotes.
fn range_of(data: &str, text: &str) -> Option<Range<usize>> {
    let start = (text.as_ptr() as usize).checked_sub(data.as_ptr() as usize)?;
    let end = start.checked_add(text.len())?;
    let is_quote = |at: usize| data.as_bytes().get(at) == Some(&b'"');
    let is_there = !text.is_empty() && is_quote(start.checked_sub(1)?) && is_quote(end);
    (is_there && data.get(start..end) == Some(text)).then_some(start..end)
}

/// The value behind a name, which is written `"name":`. Quotes inside of a text are escaped, so
/// that no text can hold one.
fn hole_behind(data: &str, name: &str) -> Option<(Range<usize>, Hole)> {
    let start = memmem::find(data.as_bytes(), name.as_bytes())? + name.len();
    let value = data.as_bytes().get(start..)?;
    match value.first()? {
        b'"' => {
            let length = plain_length(value.get(1..)?)?;
            Some((start + 1..start + 1 + length, Hole::Padding))
        }
        _ => Some((start..start + number_length(value)?, Hole::Number)),
    }
}

/// The length of a JSON text up to its closing quote, and whether it has escapes; `None` where it
/// is not one.
#[inline]
fn text_length(bytes: &[u8]) -> Option<(usize, bool)> {
    let (mut at, mut is_escaped) = (0, false);
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            let text = bytes.get(..at)?;
            let is_text = text.iter().all(|byte| *byte >= b' ');
            return is_text.then_some((at, is_escaped));
        }
        is_escaped = true;
        at += 2;
    }
}

/// The same of a text without escapes.
fn plain_length(bytes: &[u8]) -> Option<usize> {
    let (length, is_escaped) = text_length(bytes)?;
    (!is_escaped).then_some(length)
}

/// The length of a whole number as JSON writes it.
fn number_length(bytes: &[u8]) -> Option<usize> {
    let length = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let is_number = bytes.first() != Some(&b'0') || length == 1;
    let ends = matches!(bytes.get(length), Some(b',' | b'}'));
    (ends && is_number && (1..=DIGITS_MAX).contains(&length)).then_some(length)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
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
        shape.text("a", next).map(str::to_owned)
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
        assert_eq!(shape.text("b", chunk), None);
        assert_eq!(shape.text("a", chunk), Some(text));
        // A text that is no part of the data, as one that had escapes.
        let mut shape = TextShape::default();
        shape.remember("a", chunk, text, &[]);
        assert_eq!(shape.text("a", chunk), None);
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
        use crate::framing::{Frame, Framing};
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
                let data = chunk.replace(['T', 'N'], &number);
                decoder
                    .decode_frame(Frame { name, data: &data }, &mut batch)
                    .unwrap();
            }
            assert!(COUNT.get() >= before + 3, "{provider:?}");
            let last = batch.drain().pop().unwrap();
            let is_last = matches!(&last, Event::Text(text) if *text == "4");
            assert!(is_last, "{provider:?} {last:?}");
        }
    }
}
