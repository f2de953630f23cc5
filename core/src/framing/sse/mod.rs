//! Server-sent events by the WHATWG rules: bytes cut anywhere in, whole events out. Owns the state
//! between two reads of a socket and the bound on one event; does not parse JSON.

mod lines;
#[cfg(test)]
mod tests;

use memchr::memchr2;

use super::frame::{at_end, Each, Frame};
use crate::error::{ErrorKind, LlmError, Phase};
use crate::limited_buffer;
use lines::{blank_line, field, level_after, text, unknown_field};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// No provider names its events in more; a second copy of a whole event would be possible else.
const NAME_BYTES_MAX: usize = 64 * 1024;
/// A framer that once held a large event does not hold its memory for the rest of a stream.
const BUFFER_BYTES_KEPT: usize = 16 * 1024;

/// Cuts a stream of bytes into events. What stands whole in one read is handed out without a copy.
#[derive(Debug)]
pub(crate) struct SseFramer {
    frame_bytes_max: usize,
    /// The data so far of an event whose end has not come, from `data_start` on, then from
    /// `line_start` on the beginning of a line whose end has not come: in one buffer, so that a
    /// long line that becomes data is not copied.
    buffer: Vec<u8>,
    data_start: usize,
    line_start: usize,
    has_data: bool,
    /// The data is JSON that stands in the stream without a field's name, so many levels deep.
    bare: Option<usize>,
    /// The event's name so far.
    name: Vec<u8>,
    /// The last read ended with CR: a LF at the head of the next one belongs to it.
    after_cr: bool,
    /// How much of the byte order mark was seen; `None` once the text has begun.
    mark: Option<usize>,
    activity: u64,
}

impl SseFramer {
    /// A framer that refuses events of more than so many bytes.
    pub(crate) fn new(frame_bytes_max: usize) -> Self {
        Self {
            frame_bytes_max,
            buffer: Vec::new(),
            data_start: 0,
            line_start: 0,
            has_data: false,
            bare: None,
            name: Vec::new(),
            after_cr: false,
            mark: Some(0),
            activity: 0,
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
        if !self.partial_line().is_empty() {
            let Some((head, after)) = self.split_line(rest) else {
                return self.buffer_line(rest);
            };
            self.buffer_line(head)?;
            self.take_partial_line(each)?;
            rest = after;
        }
        let mut whole = None;
        loop {
            if let Some(after) = self.take_repeated(rest, each) {
                rest = after;
                continue;
            }
            let Some((line, after)) = self.split_line(rest) else {
                break;
            };
            self.take_line(line, &mut whole, each)?;
            rest = after;
        }
        if let Some(data) = whole {
            self.buffer_data(data)?;
        }
        self.buffer_line(rest)
    }

    /// What follows an event of one line of data that is handed out as it stands.
    #[inline]
    fn take_repeated<'b>(&mut self, bytes: &'b [u8], each: Each<'_>) -> Option<&'b [u8]> {
        if self.has_data || self.name.len() + bytes.len() > self.frame_bytes_max {
            return None;
        }
        let data = field(bytes, b"data")?;
        let length = each.repeated(&self.name, data, blank_line)?;
        self.activity += 1;
        self.name.clear();
        data.get(length..)
    }

    /// Whether an event has begun and not ended; a comment does not count.
    pub(crate) fn is_inside_event(&self) -> bool {
        let line = self.partial_line();
        self.has_data || !(line.is_empty() || line.starts_with(b":"))
    }

    /// Grows with every event and every comment: what a live connection sends at least.
    pub(crate) fn activity(&self) -> u64 {
        self.activity
    }

    #[cfg(fuzzing)]
    pub(super) fn bytes_buffered(&self) -> usize {
        self.buffer.capacity() + self.name.capacity()
    }

    /// The body ended: JSON without a field's name needs no blank line.
    pub(super) fn end(&mut self, each: Each<'_>) -> Result<(), LlmError> {
        if self.bare_level(self.partial_line()).is_some() {
            self.take_partial_line(each)?;
        }
        match self.bare {
            Some(_) => self.dispatch(None, each),
            None => Ok(()),
        }
    }

    /// How many levels are open behind a line of JSON that stands in the stream without a field's
    /// name. Not in the standard: servers that fail behind the headers of a stream write a bare
    /// document.
    #[inline]
    fn bare_level(&self, line: &[u8]) -> Option<usize> {
        match (self.bare, line.first()?) {
            (Some(level), _) => Some(level_after(level, line)),
            (None, b'{' | b'[') if !self.has_data => Some(level_after(0, line)),
            (None, _) => None,
        }
    }

    /// Drops one byte order mark at the very beginning.
    fn after_mark<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let mut rest = bytes;
        while let (Some(seen), Some((first, tail))) = (self.mark, rest.split_first()) {
            if BYTE_ORDER_MARK.get(seen) == Some(first) {
                self.mark = Some(seen + 1).filter(|seen| *seen < BYTE_ORDER_MARK.len());
                rest = tail;
            } else {
                self.buffer.extend(BYTE_ORDER_MARK.iter().take(seen));
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

    /// The beginning of a line whose end has not come.
    fn partial_line(&self) -> &[u8] {
        self.buffer.get(self.line_start..).unwrap_or_default()
    }

    /// Keeps the beginning of a line for the next read.
    #[inline]
    fn buffer_line(&mut self, bytes: &[u8]) -> Result<(), LlmError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.check(self.held(), self.partial_line().len() + bytes.len())?;
        limited_buffer::append(&mut self.buffer, bytes, self.frame_bytes_max)
    }

    /// Keeps data for the next read, behind what there is of the event; there is no partial line
    /// now.
    fn buffer_data(&mut self, data: &[u8]) -> Result<(), LlmError> {
        limited_buffer::append(&mut self.buffer, data, self.frame_bytes_max)?;
        self.line_start = self.buffer.len();
        Ok(())
    }

    /// Takes the partial line, now whole. A line of data stays where it is: its field's name goes.
    fn take_partial_line(&mut self, each: Each<'_>) -> Result<(), LlmError> {
        let line = self.partial_line();
        let bare = self.bare_level(line);
        let value = match bare {
            Some(_) => Some(line),
            None => field(line, b"data"),
        };
        if let Some(value) = value {
            let value_start = self.line_start + line.len() - value.len();
            match self.has_data {
                false => self.data_start = value_start,
                true => self.join_data(value_start)?,
            }
            self.has_data = true;
            self.bare = bare;
            self.line_start = self.buffer.len();
            return match bare {
                Some(0) => self.dispatch(None, each),
                Some(_) | None => Ok(()),
            };
        }
        let buffered = std::mem::take(&mut self.buffer);
        let line = buffered.get(self.line_start..).unwrap_or_default();
        self.take_line(line, &mut None, each)?;
        self.buffer = buffered;
        self.buffer.truncate(self.line_start);
        if self.buffer.is_empty() {
            limited_buffer::clear(&mut self.buffer, BUFFER_BYTES_KEPT);
        }
        Ok(())
    }

    /// Moves the value of the partial line, which is another line of the event's data, up to the
    /// data.
    fn join_data(&mut self, value_start: usize) -> Result<(), LlmError> {
        let length = self.buffer.len() - value_start;
        if value_start == self.line_start {
            limited_buffer::append(&mut self.buffer, b"\n", self.frame_bytes_max)?;
        }
        let line = value_start..value_start + length;
        self.buffer.copy_within(line, self.line_start + 1);
        if let Some(line_end) = self.buffer.get_mut(self.line_start) {
            *line_end = b'\n';
        }
        self.buffer.truncate(self.line_start + 1 + length);
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
        self.check(self.held() + whole.map_or(0, <[u8]>::len), line.len())?;
        if let Some(level) = self.bare_level(line) {
            self.bare = Some(level);
            self.take_data(line, whole)?;
            if level == 0 {
                self.dispatch(whole.take(), each)?;
            }
        } else if let Some(value) = field(line, b"data") {
            self.take_data(value, whole)?;
        } else if line.starts_with(b":") {
            self.activity += 1;
        } else if let Some(value) = field(line, b"event") {
            self.take_name(value)?;
        } else if let Some((name, value)) = unknown_field(line) {
            self.activity += 1;
            each.frame(Frame {
                name: text(name)?,
                data: text(value)?,
            })?;
        }
        Ok(())
    }

    fn take_name(&mut self, value: &[u8]) -> Result<(), LlmError> {
        if value.len() > NAME_BYTES_MAX {
            let message = format!("the name of an event has more than {NAME_BYTES_MAX} bytes");
            return Err(LlmError::new(ErrorKind::TooLarge, message).phase(Phase::Body));
        }
        self.name.clear();
        limited_buffer::append(&mut self.name, value, NAME_BYTES_MAX)
    }

    fn take_data<'b>(
        &mut self,
        value: &'b [u8],
        whole: &mut Option<&'b [u8]>,
    ) -> Result<(), LlmError> {
        if !self.has_data {
            self.has_data = true;
            *whole = Some(value);
            return Ok(());
        }
        if let Some(first) = whole.take() {
            self.buffer_data(first)?;
        }
        self.buffer_data(b"\n")?;
        self.buffer_data(value)
    }

    /// The blank line: hands out the event, if there was any data, and forgets it.
    fn dispatch(&mut self, whole: Option<&[u8]>, each: Each<'_>) -> Result<(), LlmError> {
        if !self.has_data {
            self.name.clear();
            return Ok(());
        }
        self.activity += 1;
        let buffered = self.buffer.get(self.data_start..).unwrap_or_default();
        let data = whole.unwrap_or(buffered);
        let repeated = each.repeated(&self.name, data.trim_ascii(), at_end);
        if repeated.is_none() {
            each.frame(Frame {
                name: text(&self.name)?,
                data: text(data)?,
            })?;
        }
        self.has_data = false;
        self.bare = None;
        self.name.clear();
        if whole.is_none() {
            self.data_start = 0;
            self.line_start = 0;
            limited_buffer::clear(&mut self.buffer, BUFFER_BYTES_KEPT);
        }
        Ok(())
    }

    /// Bytes of the current event that are kept, without the line that has begun.
    fn held(&self) -> usize {
        self.name.len() + self.line_start - self.data_start
    }

    /// Whether a line of so many bytes fits behind what is held, with the line end that joins it.
    fn check(&self, held: usize, line: usize) -> Result<(), LlmError> {
        let join = usize::from(self.has_data && line > 0);
        if held + join + line <= self.frame_bytes_max {
            return Ok(());
        }
        let message = format!(
            "one event of the stream has more than {} bytes; raise event_bytes_max",
            self.frame_bytes_max
        );
        Err(LlmError::new(ErrorKind::TooLarge, message).phase(Phase::Body))
    }
}
