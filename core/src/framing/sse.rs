//! Server-sent events by the WHATWG rules: bytes cut anywhere in, whole events out. Owns the state
//! between two reads of a socket and the bound on one event; knows no JSON. Called by `stream`.

use memchr::memchr2;

use super::{Each, Frame};
use crate::error::{ErrorKind, LlmError, Phase};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// A framer that once held a large event does not hold its memory for the rest of a stream.
const BUFFER_BYTES_KEPT: usize = 16 * 1024;

/// Cuts a stream of bytes into events. What stands whole in one read is handed out without a copy.
#[derive(Debug)]
pub(crate) struct SseFramer {
    frame_bytes_max: usize,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// The data so far, from `data_start` on, of an event whose end has not come.
    data: Vec<u8>,
    data_start: usize,
    has_data: bool,
    /// The event's name so far.
    name: Vec<u8>,
    /// The last read ended with CR: a LF at the head of the next one belongs to it.
    after_cr: bool,
    /// How much of the byte order mark was seen; `None` once the text has begun.
    mark: Option<usize>,
    signs_of_life: u64,
}

impl SseFramer {
    /// A framer that refuses events of more than so many bytes.
    pub(crate) fn new(frame_bytes_max: usize) -> Self {
        Self {
            frame_bytes_max,
            line: Vec::new(),
            data: Vec::new(),
            data_start: 0,
            has_data: false,
            name: Vec::new(),
            after_cr: false,
            mark: Some(0),
            signs_of_life: 0,
        }
    }

    /// Takes the next bytes and hands out every event that they complete.
    pub(crate) fn feed(&mut self, bytes: &[u8], each: Each<'_>) -> Result<(), LlmError> {
        let mut rest = self.after_mark(bytes);
        if rest.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.after_cr) {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        if !self.line.is_empty() {
            let Some((head, after)) = self.split_line(rest) else {
                return self.keep_line(rest);
            };
            self.keep_line(head)?;
            self.take_kept_line(each)?;
            rest = after;
        }
        let mut whole = None;
        while let Some((line, after)) = self.split_line(rest) {
            self.take_line(line, &mut whole, each)?;
            rest = after;
        }
        if let Some(data) = whole {
            append(&mut self.data, data, self.frame_bytes_max);
        }
        self.keep_line(rest)
    }

    /// Whether an event has begun and not ended; a comment is none.
    pub(crate) fn is_inside_event(&self) -> bool {
        self.has_data || !(self.line.is_empty() || self.line.starts_with(b":"))
    }

    /// Grows with every event and every comment: what a live connection says at least.
    pub(crate) fn signs_of_life(&self) -> u64 {
        self.signs_of_life
    }

    #[cfg(fuzzing)]
    pub(super) fn bytes_kept(&self) -> usize {
        self.line.capacity() + self.data.capacity() + self.name.capacity()
    }

    /// Drops one byte order mark at the very beginning.
    fn after_mark<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let mut rest = bytes;
        while let (Some(seen), Some((first, tail))) = (self.mark, rest.split_first()) {
            if BYTE_ORDER_MARK.get(seen) == Some(first) {
                self.mark = Some(seen + 1).filter(|seen| *seen < BYTE_ORDER_MARK.len());
                rest = tail;
            } else {
                self.line.extend(BYTE_ORDER_MARK.iter().take(seen));
                self.mark = None;
            }
        }
        rest
    }

    /// The first line, without its end, and what follows it.
    fn split_line<'b>(&mut self, bytes: &'b [u8]) -> Option<(&'b [u8], &'b [u8])> {
        let end = match bytes.first()? {
            b'\n' | b'\r' => 0,
            _ => memchr2(b'\n', b'\r', bytes)?,
        };
        match bytes.split_at_checked(end)? {
            (line, [b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) => Some((line, after)),
            (line, [_, after @ ..]) => {
                self.after_cr = after.is_empty();
                Some((line, after))
            }
            (_, []) => None,
        }
    }

    /// Keeps the beginning of a line for the next read.
    fn keep_line(&mut self, bytes: &[u8]) -> Result<(), LlmError> {
        self.check(self.held() + self.line.len() + bytes.len())?;
        append(&mut self.line, bytes, self.frame_bytes_max);
        Ok(())
    }

    /// Takes the kept line, now whole. The first data line of an event is not copied again: its
    /// buffer becomes the data.
    fn take_kept_line(&mut self, each: Each<'_>) -> Result<(), LlmError> {
        let line = std::mem::take(&mut self.line);
        match field(&line, b"data") {
            Some(value) if !self.has_data => {
                self.data_start = line.len() - value.len();
                self.has_data = true;
                self.line = std::mem::replace(&mut self.data, line);
                self.line.clear();
            }
            _ => {
                let mut whole = None;
                self.take_line(&line, &mut whole, each)?;
                self.line = line;
                self.line.clear();
            }
        }
        self.line.shrink_to(BUFFER_BYTES_KEPT);
        Ok(())
    }

    /// Takes one whole line. `whole` is the event's data while it is one line of the current read.
    fn take_line<'b>(
        &mut self,
        line: &'b [u8],
        whole: &mut Option<&'b [u8]>,
        each: Each<'_>,
    ) -> Result<(), LlmError> {
        if line.is_empty() {
            return self.dispatch(whole.take(), each);
        }
        self.check(self.held() + whole.map_or(0, <[u8]>::len) + line.len())?;
        if let Some(value) = field(line, b"data") {
            self.take_data(value, whole);
        } else if line.starts_with(b":") {
            self.signs_of_life += 1;
        } else if let Some(value) = field(line, b"event") {
            self.name.clear();
            self.name.extend_from_slice(value);
        } else if let Some(value) = field(line, b"error").filter(|value| value.starts_with(b"{")) {
            // Not in the standard: llama.cpp's servers report a failure with this line and stop.
            self.signs_of_life += 1;
            each(Frame {
                name: "error",
                data: text(value)?,
            })?;
        }
        Ok(())
    }

    fn take_data<'b>(&mut self, value: &'b [u8], whole: &mut Option<&'b [u8]>) {
        if !self.has_data {
            self.has_data = true;
            *whole = Some(value);
            return;
        }
        if let Some(first) = whole.take() {
            append(&mut self.data, first, self.frame_bytes_max);
        }
        append(&mut self.data, b"\n", self.frame_bytes_max);
        append(&mut self.data, value, self.frame_bytes_max);
    }

    /// The blank line: hands out the event, if there was any data, and forgets it.
    fn dispatch(&mut self, whole: Option<&[u8]>, each: Each<'_>) -> Result<(), LlmError> {
        if !self.has_data {
            self.name.clear();
            return Ok(());
        }
        self.signs_of_life += 1;
        let kept = self.data.get(self.data_start..).unwrap_or_default();
        let frame = Frame {
            name: text(&self.name)?,
            data: text(whole.unwrap_or(kept))?,
        };
        each(frame)?;
        self.has_data = false;
        self.name.clear();
        if whole.is_none() {
            self.data_start = 0;
            self.data.clear();
            self.data.shrink_to(BUFFER_BYTES_KEPT);
        }
        Ok(())
    }

    /// Bytes of the current event that are kept, without the line that has begun.
    fn held(&self) -> usize {
        self.name.len() + self.data.len() - self.data_start
    }

    fn check(&self, event_bytes: usize) -> Result<(), LlmError> {
        if event_bytes <= self.frame_bytes_max {
            return Ok(());
        }
        let message = format!(
            "one event of the stream has more than {} bytes; raise event_bytes_max",
            self.frame_bytes_max
        );
        Err(LlmError::new(ErrorKind::TooLarge, message).phase(Phase::Body))
    }
}

/// The value of a line of this field: one blank after the colon is not part of it, and a line
/// without a colon is a field without a value.
fn field<'b>(line: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    match line.strip_prefix(name)? {
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        [] => Some(&[]),
        _ => None,
    }
}

fn text(bytes: &[u8]) -> Result<&str, LlmError> {
    std::str::from_utf8(bytes).map_err(|_| {
        let message = "an event of the stream is not UTF-8";
        LlmError::new(ErrorKind::Protocol, message)
            .phase(Phase::Body)
            .detail(bytes)
    })
}

/// Appends, and grows by doubling, but never past the bound: memory is what the limit says.
fn append(buffer: &mut Vec<u8>, bytes: &[u8], bytes_max: usize) {
    let needed = buffer.len() + bytes.len();
    if needed > buffer.capacity() {
        let capacity = needed.max((buffer.capacity() * 2).min(bytes_max));
        buffer.reserve_exact(capacity - buffer.len());
    }
    buffer.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests;
