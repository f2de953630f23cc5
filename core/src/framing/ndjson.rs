//! One JSON document per line (Cohere v1, Ollama): bytes cut anywhere in, whole lines out. Owns the
//! beginning of a line whose end has not come and the bound on one line; does not parse JSON.

use memchr::memchr;

use super::frame::{at_end, Each, Frame};
use crate::error::{ErrorKind, LlmError, Phase};
use crate::limited_buffer;

/// A framer that once held a large line does not hold its memory for the rest of a stream.
const BUFFER_BYTES_KEPT: usize = 16 * 1024;

/// Cuts a stream of bytes into lines. A line that stands whole in one read is not copied.
#[derive(Debug)]
pub(crate) struct NdjsonFramer {
    line_bytes_max: usize,
    line: Vec<u8>,
    activity: u64,
}

impl NdjsonFramer {
    /// A framer that refuses lines of more than so many bytes.
    pub(crate) fn new(line_bytes_max: usize) -> Self {
        Self {
            line_bytes_max,
            line: Vec::new(),
            activity: 0,
        }
    }

    /// Takes the next bytes and hands out every line that they complete. Blank lines are nothing.
    pub(crate) fn feed(&mut self, bytes: &[u8], each: Each<'_>) -> Result<(), LlmError> {
        let mut rest = bytes;
        while let Some(end) = memchr(b'\n', rest) {
            let (head, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            rest = after.strip_prefix(b"\n").unwrap_or(after);
            if self.line.is_empty() {
                self.check(head.len())?;
                self.hand_out(head, each)?;
                continue;
            }
            self.buffer(head)?;
            let mut line = std::mem::take(&mut self.line);
            self.hand_out(&line, each)?;
            limited_buffer::clear(&mut line, BUFFER_BYTES_KEPT);
            self.line = line;
        }
        self.buffer(rest)
    }

    /// The body ended: its last line needs no line end.
    pub(crate) fn end(&mut self, each: Each<'_>) -> Result<(), LlmError> {
        let line = std::mem::take(&mut self.line);
        // Half a character at the end is where the line was cut, and is left out.
        let whole = match std::str::from_utf8(&line) {
            Err(error) if error.error_len().is_none() => line.get(..error.valid_up_to()),
            _ => Some(line.as_slice()),
        };
        self.hand_out(whole.unwrap_or_default(), each)
    }

    /// Grows with every line, blank ones too.
    pub(crate) fn activity(&self) -> u64 {
        self.activity
    }

    #[cfg(fuzzing)]
    pub(super) fn bytes_buffered(&self) -> usize {
        self.line.capacity()
    }

    fn hand_out(&mut self, line: &[u8], each: Each<'_>) -> Result<(), LlmError> {
        self.activity += 1;
        if each.repeated(b"", line.trim_ascii(), at_end).is_some() {
            return Ok(());
        }
        let data = std::str::from_utf8(line).map_err(|_| {
            let message = "a line of the stream is not UTF-8";
            LlmError::new(ErrorKind::Protocol, message)
                .phase(Phase::Body)
                .detail(line)
        })?;
        match data.trim() {
            "" => Ok(()),
            data => each.frame(Frame { name: "", data }),
        }
    }

    fn buffer(&mut self, bytes: &[u8]) -> Result<(), LlmError> {
        self.check(self.line.len() + bytes.len())?;
        limited_buffer::append(&mut self.line, bytes, self.line_bytes_max)
    }

    fn check(&self, line_bytes: usize) -> Result<(), LlmError> {
        if line_bytes <= self.line_bytes_max {
            return Ok(());
        }
        let message = format!(
            "one line of the stream has more than {} bytes; raise event_bytes_max",
            self.line_bytes_max
        );
        Err(LlmError::new(ErrorKind::TooLarge, message).phase(Phase::Body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(framer: &mut NdjsonFramer, pieces: &[&[u8]]) -> Result<Vec<String>, LlmError> {
        let mut lines = Vec::new();
        let mut each = |frame: Frame<'_>| {
            lines.push(frame.data.to_owned());
            Ok(())
        };
        for piece in pieces {
            framer.feed(piece, &mut each)?;
        }
        framer.end(&mut each)?;
        Ok(lines)
    }

    #[test]
    fn lines_come_whole_however_they_are_cut() {
        let body = b"{\"a\":1}\r\n\n{\"b\":\"\xc3\xa9\"}\n{\"c\":3}";
        let expected = ["{\"a\":1}", "{\"b\":\"\u{e9}\"}", "{\"c\":3}"];
        for size in 1..body.len() {
            let pieces: Vec<_> = body.chunks(size).collect();
            let seen = lines(&mut NdjsonFramer::new(64), &pieces).unwrap();
            assert_eq!(seen, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_long_line_and_a_wrong_character_are_refused() {
        let kind = |body: &[u8]| lines(&mut NdjsonFramer::new(8), &[body]).unwrap_err().kind;
        assert_eq!(kind(b"123456789"), ErrorKind::TooLarge);
        assert_eq!(kind(b"123456789\n"), ErrorKind::TooLarge);
        assert_eq!(kind(b"\xff\n"), ErrorKind::Protocol);
    }

    proptest! {
        #[test]
        fn split_anywhere_gives_the_same_lines(body in "[a-z\n\r{}]{0,80}", cut in 0usize..80) {
            let bytes = body.as_bytes();
            let whole = lines(&mut NdjsonFramer::new(100), &[bytes]).unwrap();
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(lines(&mut NdjsonFramer::new(100), &[head, tail]).unwrap(), whole);
        }
    }
}
