//! Whether a body is a stream or one document, by its first bytes: gateways send streams as
//! `application/json`, `text/plain` or `text/html`, and documents as `text/event-stream`. Owns the
//! bytes until that is known, which is mostly at once.

use memchr::memchr;

use super::frame::Framing;
use crate::json;

/// How much may come while the first bytes leave it open; then the content type decides.
const OPEN_BYTES_MAX: usize = 16 * 1024;

/// Fields that a line of a stream begins with; `error` is llama.cpp's.
const FIELDS: &[&[u8]] = &[b"data", b"event", b"id", b"retry", b"error"];

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What the content type declares a body to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declared {
    /// A stream.
    Stream,
    /// One document.
    Document,
    /// Nothing that helps; `stream`: the request was for a stream.
    Nothing { stream: bool },
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Stream(Framing),
    Document,
}

/// A body of which too little is known.
#[derive(Debug)]
pub(crate) struct Sniffer {
    /// How a stream on this wire is framed.
    framing: Framing,
    declared: Declared,
    /// From the first significant byte on.
    held: Vec<u8>,
    /// With those that were not significant.
    bytes_seen: usize,
    /// What the head says of the body's length; 0 is nothing.
    length: usize,
}

impl Sniffer {
    pub(crate) fn new(framing: Framing, declared: Declared) -> Self {
        Self {
            framing,
            declared,
            held: Vec::new(),
            bytes_seen: 0,
            length: 0,
        }
    }

    /// The head says how long the body is.
    pub(crate) fn with_length(self, length: usize) -> Self {
        Self { length, ..self }
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Holds the next bytes. What is not significant is dropped at once: it would be looked at
    /// again with every piece, however small they are.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.bytes_seen += piece.len();
        self.held.extend_from_slice(piece);
        let quiet = self.held.len() - self.significant().len();
        self.held.drain(..quiet);
    }

    /// What the body is, as soon as that is known.
    pub(crate) fn form(&self) -> Option<Form> {
        let form = self.judge();
        form.or((self.bytes_seen > OPEN_BYTES_MAX).then(|| self.form_at_end()))
    }

    /// What it is if nothing follows.
    pub(crate) fn form_at_end(&self) -> Form {
        let is_stream = match self.declared {
            Declared::Stream => true,
            Declared::Document => false,
            Declared::Nothing { stream } => stream,
        };
        match self.held.first() {
            Some(b'{') if self.framing != Framing::Ndjson || !is_stream => Form::Document,
            _ if is_stream => Form::Stream(self.framing),
            _ => Form::Document,
        }
    }

    /// Whether it is neither a stream nor JSON.
    pub(crate) fn is_foreign(&self) -> bool {
        let form = self.form().unwrap_or_else(|| self.form_at_end());
        form == Form::Document && !matches!(self.held.first(), Some(b'{' | b'['))
    }

    /// The bytes, for another reader.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.held
    }

    fn judge(&self) -> Option<Form> {
        if BYTE_ORDER_MARK.starts_with(&self.held) {
            return None;
        }
        let is_declared = self.declared == Declared::Stream;
        let stream = Form::Stream(Framing::Sse);
        let is_in_lines = is_declared && self.framing == Framing::Ndjson;
        let otherwise = match is_declared {
            true => Form::Stream(self.framing),
            false => Form::Document,
        };
        let rest = self.held.as_slice();
        match rest.first()? {
            // A comment whose end has not come.
            b':' if !self.keeps_comments() => None,
            b'{' if is_in_lines => Some(otherwise),
            b'{' => lines(rest, otherwise),
            b'<' => Some(Form::Document),
            // The length of a message that is not larger than any can be; no text begins so.
            0 | 1 if self.framing == Framing::EventStream => {
                Some(Form::Stream(Framing::EventStream))
            }
            _ => match begins_field(rest) {
                Some(true) => Some(stream),
                Some(false) => Some(otherwise),
                None => None,
            },
        }
    }

    /// Whether comments show what the body is.
    fn keeps_comments(&self) -> bool {
        self.declared == Declared::Stream && self.framing == Framing::Sse
    }

    /// What stands behind blanks and comments.
    fn significant(&self) -> &[u8] {
        let mut rest = without_blanks(&self.held);
        while rest.first() == Some(&b':') && !self.keeps_comments() {
            let Some(end) = memchr(b'\n', rest) else {
                return rest;
            };
            rest = without_blanks(rest.get(end..).unwrap_or_default());
        }
        rest
    }
}

/// A document, or one document per line; known when something follows the first line, which is
/// looked at once.
fn lines(rest: &[u8], otherwise: Form) -> Option<Form> {
    let (line, after) = rest.split_at_checked(memchr(b'\n', rest)?)?;
    let next = without_blanks(after).first()?;
    let is_document = std::str::from_utf8(line).is_ok_and(json::is_json);
    Some(match (is_document, next) {
        (true, b'{') => Form::Stream(Framing::Ndjson),
        (true, _) => otherwise,
        (false, _) => Form::Document,
    })
}

fn without_blanks(bytes: &[u8]) -> &[u8] {
    bytes
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(bytes)
        .trim_ascii_start()
}

/// Whether a line begins with a field of a stream; `None` while it may yet.
fn begins_field(line: &[u8]) -> Option<bool> {
    let end = line
        .iter()
        .position(|byte| matches!(byte, b':' | b'\r' | b'\n'));
    match end {
        Some(end) => Some(FIELDS.contains(&line.get(..end)?)),
        None if FIELDS.iter().any(|field| field.starts_with(line)) => None,
        None => Some(false),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SSE: Form = Form::Stream(Framing::Sse);
    const NDJSON: Form = Form::Stream(Framing::Ndjson);
    const DECLARED: [Declared; 4] = [
        Declared::Stream,
        Declared::Document,
        Declared::Nothing { stream: true },
        Declared::Nothing { stream: false },
    ];

    /// The verdict over a body that comes in pieces of this size.
    fn verdict(framing: Framing, declared: Declared, body: &str, size: usize) -> Form {
        let mut sniffer = Sniffer::new(framing, declared);
        for piece in body.as_bytes().chunks(size) {
            sniffer.push(piece);
            if let Some(form) = sniffer.form() {
                return form;
            }
        }
        sniffer.form_at_end()
    }

    fn check(framing: Framing, body: &str, expected: [Form; 4]) {
        for (declared, expected) in DECLARED.into_iter().zip(expected) {
            for size in [1, 7, 1000] {
                let form = verdict(framing, declared, body, size);
                assert_eq!(form, expected, "{body} {declared:?} in {size}");
            }
        }
    }

    #[test]
    fn a_stream_is_found_whatever_its_content_type() {
        for body in [
            "data: {}\n\n",
            "\u{feff}data:{}\n\n",
            "\r\n\r\ndata: {}\r\n\r\n",
            "event: message_start\ndata: {}\n\n",
            "id: 1\ndata: {}\n\n",
            "retry: 9\n\ndata: {}\n\n",
            "error: {}\n\n",
            ": ping\n\n: ping\n\ndata: {}\n\n",
            "data\n\n",
        ] {
            check(Framing::Sse, body, [SSE; 4]);
        }
    }

    #[test]
    fn a_document_is_found_whatever_its_content_type() {
        for body in [
            "{\"a\":1}",
            "\n\n  {\"a\":1}\n\n",
            "\u{feff}{\"a\":1}\n",
            "{\n  \"a\": 1\n}\n",
            "<html>\n</html>",
        ] {
            check(Framing::Sse, body, [Form::Document; 4]);
        }
        let kept_alive = ": PROCESSING\n\n{\"a\":1}";
        check(
            Framing::Sse,
            kept_alive,
            [SSE, Form::Document, Form::Document, Form::Document],
        );
        check(
            Framing::Sse,
            "[{}]",
            [SSE, Form::Document, Form::Document, Form::Document],
        );
    }

    #[test]
    fn documents_in_lines_are_a_stream() {
        check(Framing::Sse, "{\"a\":1}\n{\"a\":2}\n", [NDJSON; 4]);
        check(Framing::Ndjson, "{\"a\":1}\r\n\r\n{\"a\":2}\n", [NDJSON; 4]);
        let one = [NDJSON, Form::Document, NDJSON, Form::Document];
        check(Framing::Ndjson, "{\"a\":1}\n", one);
        // A line that no stream has, within one.
        let mixed = "{\"error\":1}\n\ndata: [DONE]\n\n";
        check(
            Framing::Sse,
            mixed,
            [SSE, Form::Document, Form::Document, Form::Document],
        );
    }

    #[test]
    fn binary_messages_are_a_stream_and_documents_in_their_place_are_not() {
        let binary = Form::Stream(Framing::EventStream);
        check(Framing::EventStream, "\0\0\0\u{10}", [binary; 4]);
        for body in ["{\"message\":\"m\"}", "{\n\"a\": 1}", "<html>"] {
            check(Framing::EventStream, body, [Form::Document; 4]);
        }
        check(Framing::EventStream, "data: {}\n\n", [SSE; 4]);
        let by_request = [binary, Form::Document, binary, Form::Document];
        check(Framing::EventStream, "", by_request);
        // Its checksum shows what is wrong with it.
        let declared = [binary, Form::Document, Form::Document, Form::Document];
        check(Framing::EventStream, "zz", declared);
    }

    #[test]
    fn one_wire_may_have_the_marks_of_the_other() {
        check(Framing::Ndjson, "data: {}\n\n", [SSE; 4]);
        check(Framing::Ndjson, "event: x\ndata: {}\n\n", [SSE; 4]);
    }

    #[test]
    fn the_type_decides_where_the_bytes_do_not() {
        for body in ["upstream error", "note: nothing\n", "dat"] {
            let by_request = if body == "dat" { SSE } else { Form::Document };
            check(
                Framing::Sse,
                body,
                [SSE, Form::Document, by_request, Form::Document],
            );
        }
        for body in ["", "\n\n", ": ping\n\n", ": pin"] {
            check(
                Framing::Sse,
                body,
                [SSE, Form::Document, SSE, Form::Document],
            );
        }
    }

    #[test]
    fn what_is_held_is_bounded_and_handed_over() {
        let long = format!("{{\"a\":\"{}", "x".repeat(OPEN_BYTES_MAX));
        let mut sniffer = Sniffer::new(Framing::Sse, Declared::Stream);
        sniffer.push(b"\n\n");
        assert_eq!(sniffer.form(), None);
        sniffer.push(long.as_bytes());
        assert_eq!(sniffer.form(), Some(Form::Document));
        assert_eq!(sniffer.into_bytes(), long.as_bytes());
        let mut sniffer = Sniffer::new(Framing::Sse, Declared::Document);
        sniffer.push(b": ping\n\n{}");
        assert!(!sniffer.is_foreign());
        assert_eq!(sniffer.into_bytes(), b"{}");
    }
}
