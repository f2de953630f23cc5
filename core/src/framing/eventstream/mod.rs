//! Messages of AWS's binary framing, `application/vnd.amazon.eventstream`: bytes cut anywhere in,
//! whole messages out. Owns both checksums, the headers and the bounds; does not parse JSON. After
//! a wrong checksum nothing can be trusted, so there is no second beginning. The layout is that of
//! smithy-lang/smithy-rs, aws-smithy-eventstream, `frame.rs`.

#[cfg(test)]
mod tests;
#[cfg(any(test, fuzzing))]
pub(crate) mod writer;

use super::frame::{at_end, Each, Frame, ERROR, EXCEPTION};
use crate::error::{ErrorKind, LlmError, Phase};
use crate::limited_buffer;

/// Total length, length of the headers, and the checksum of both.
const PRELUDE_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 4;
/// What every message has beside headers and payload.
const FIXED_BYTES: usize = PRELUDE_BYTES + CHECKSUM_BYTES;
/// botocore, `eventstream.py`: `_MAX_HEADERS_LENGTH`.
const HEADERS_BYTES_MAX: usize = 128 * 1024;
/// A framer that once held a large message does not hold its memory for the rest of a stream.
const BUFFER_BYTES_KEPT: usize = 16 * 1024;

/// Cuts a stream of bytes into messages. One that stands whole in one read is not copied.
#[derive(Debug)]
pub(crate) struct EventStreamFramer {
    /// Of headers and payload.
    frame_bytes_max: usize,
    /// A message whose end has not come.
    buffer: Vec<u8>,
    /// Its length, once its prelude has come.
    message_bytes: Option<usize>,
    activity: u64,
}

/// The headers that say what a message is.
#[derive(Debug, Default)]
struct Headers<'b> {
    message_type: Option<&'b str>,
    event_type: Option<&'b str>,
    exception_type: Option<&'b str>,
    error_code: Option<&'b str>,
    error_message: Option<&'b str>,
}

impl EventStreamFramer {
    /// A framer that refuses messages of more than so many bytes.
    pub(crate) fn new(frame_bytes_max: usize) -> Self {
        Self {
            frame_bytes_max,
            buffer: Vec::new(),
            message_bytes: None,
            activity: 0,
        }
    }

    /// Takes the next bytes and hands out every message that they complete.
    pub(crate) fn feed(&mut self, bytes: &[u8], each: Each<'_>) -> Result<(), LlmError> {
        let mut rest = self.complete(bytes, each)?;
        while !rest.is_empty() {
            let message_bytes = self.message_bytes(rest)?;
            match message_bytes.and_then(|bytes| rest.split_at_checked(bytes)) {
                Some((message, after)) => {
                    rest = after;
                    self.hand_out(message, each)?;
                }
                None => {
                    self.message_bytes = message_bytes;
                    return self.buffer(rest);
                }
            }
        }
        Ok(())
    }

    /// A message has begun that only more bytes could end.
    pub(crate) fn is_inside_event(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Grows with every message.
    pub(crate) fn activity(&self) -> u64 {
        self.activity
    }

    #[cfg(fuzzing)]
    pub(super) fn bytes_buffered(&self) -> usize {
        self.buffer.capacity()
    }

    /// Adds to a message that began in an earlier read; what follows it.
    fn complete<'b>(&mut self, bytes: &'b [u8], each: Each<'_>) -> Result<&'b [u8], LlmError> {
        let mut rest = bytes;
        while !self.buffer.is_empty() {
            let end = self.message_bytes.unwrap_or(PRELUDE_BYTES);
            let missing = end.saturating_sub(self.buffer.len());
            let Some((head, after)) = rest.split_at_checked(missing) else {
                self.buffer(rest)?;
                return Ok(&[]);
            };
            self.buffer(head)?;
            rest = after;
            if self.message_bytes.is_none() {
                self.message_bytes = self.message_bytes(&self.buffer)?;
                continue;
            }
            let mut message = std::mem::take(&mut self.buffer);
            self.message_bytes = None;
            self.hand_out(&message, each)?;
            limited_buffer::clear(&mut message, BUFFER_BYTES_KEPT);
            self.buffer = message;
        }
        Ok(rest)
    }

    fn buffer(&mut self, bytes: &[u8]) -> Result<(), LlmError> {
        let bytes_max = self.frame_bytes_max.saturating_add(FIXED_BYTES);
        limited_buffer::append(&mut self.buffer, bytes, bytes_max)
    }

    /// The length of the message that begins here; `None` while its prelude has not come. Checked
    /// before any more is waited for: a broken length would never be reached.
    fn message_bytes(&self, bytes: &[u8]) -> Result<Option<usize>, LlmError> {
        let Some(prelude) = bytes.first_chunk::<PRELUDE_BYTES>() else {
            return Ok(None);
        };
        let [a, b, c, d, e, f, g, h, checksum @ ..] = *prelude;
        if crc32fast::hash(&[a, b, c, d, e, f, g, h]) != u32::from_be_bytes(checksum) {
            return Err(broken("has a wrong checksum at its beginning"));
        }
        let message_bytes = length([a, b, c, d]);
        let headers_bytes = length([e, f, g, h]);
        let Some(content_bytes) = message_bytes.checked_sub(FIXED_BYTES) else {
            return Err(broken("is shorter than any can be"));
        };
        if headers_bytes > content_bytes || headers_bytes > HEADERS_BYTES_MAX {
            return Err(broken("has headers that are too long"));
        }
        if content_bytes > self.frame_bytes_max {
            let message = format!(
                "one event of the stream has more than {} bytes; raise event_bytes_max",
                self.frame_bytes_max
            );
            return Err(LlmError::new(ErrorKind::TooLarge, message).phase(Phase::Body));
        }
        Ok(Some(message_bytes))
    }

    /// Hands out a whole message whose prelude was checked.
    fn hand_out(&mut self, message: &[u8], each: Each<'_>) -> Result<(), LlmError> {
        self.activity += 1;
        let parted = message.split_last_chunk::<CHECKSUM_BYTES>();
        let (checked, checksum) = parted.ok_or_else(|| broken("is cut"))?;
        if crc32fast::hash(checked) != u32::from_be_bytes(*checksum) {
            return Err(broken("has a wrong checksum"));
        }
        let bytes = message.get(4..8).and_then(|bytes| bytes.first_chunk());
        let headers_bytes = length(bytes.copied().unwrap_or_default());
        let content = checked.get(PRELUDE_BYTES..).unwrap_or_default();
        let parted = content.split_at_checked(headers_bytes);
        let (headers, payload) = parted.ok_or_else(|| broken("is cut"))?;
        let headers = Headers::parse(headers)?;
        let is_event = !matches!(headers.message_type, Some("exception" | "error"));
        let name = headers.event_type.unwrap_or_default();
        if is_event && each.repeated(name.as_bytes(), payload, at_end).is_some() {
            return Ok(());
        }
        let data =
            std::str::from_utf8(payload).map_err(|_| broken("is not UTF-8").detail(payload))?;
        match headers.message_type {
            Some("exception") => {
                let name = headers.exception_type.unwrap_or_default();
                let name = format!("{EXCEPTION}{name}");
                each.frame(Frame { name: &name, data })
            }
            Some("error") => {
                let name = headers.error_code.unwrap_or_default();
                let name = format!("{ERROR}{name}");
                let data = headers.error_message.unwrap_or(data);
                each.frame(Frame { name: &name, data })
            }
            Some(_) | None => each.frame(Frame { name, data }),
        }
    }
}

impl<'b> Headers<'b> {
    fn parse(bytes: &'b [u8]) -> Result<Self, LlmError> {
        let mut headers = Self::default();
        let mut rest = Bytes(bytes);
        while let Some(name_bytes) = rest.take_array::<1>() {
            let [name_bytes] = name_bytes;
            let header = match name_bytes {
                0 => None,
                bytes => rest.header(usize::from(bytes)),
            };
            let (name, value) = header.ok_or_else(|| broken("has a header that is broken"))?;
            let place = match name {
                b":message-type" => &mut headers.message_type,
                b":event-type" => &mut headers.event_type,
                b":exception-type" => &mut headers.exception_type,
                b":error-code" => &mut headers.error_code,
                b":error-message" => &mut headers.error_message,
                _ => continue,
            };
            let value = value.ok_or_else(|| broken("has a header that is not text"))?;
            if place.replace(value).is_some() {
                return Err(broken("has one header twice"));
            }
        }
        Ok(headers)
    }
}

/// What is left of the headers.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, bytes: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(head)
    }

    fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    /// A header's name, and its value if that is text. Each type has its own number and length.
    fn header(&mut self, name_bytes: usize) -> Option<(&'b [u8], Option<&'b str>)> {
        let name = self.take(name_bytes)?;
        let [kind] = self.take_array()?;
        let value_bytes = match kind {
            // True and false.
            0 | 1 => 0,
            2 => 1,
            3 => 2,
            4 => 4,
            // A number and a time.
            5 | 8 => 8,
            // Bytes and text.
            6 | 7 => usize::from(u16::from_be_bytes(self.take_array()?)),
            // A UUID.
            9 => 16,
            _ => return None,
        };
        let value = self.take(value_bytes)?;
        match kind {
            7 => Some((name, Some(std::str::from_utf8(value).ok()?))),
            _ => Some((name, None)),
        }
    }
}

fn length(bytes: [u8; 4]) -> usize {
    usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX)
}

fn broken(how: &str) -> LlmError {
    let message = format!("a message of the event stream {how}");
    LlmError::new(ErrorKind::Protocol, message).phase(Phase::Body)
}
