//! The body of a response: where it ends, and its bytes without the chunked coding around them (RFC
//! 9112, sections 6 and 7.1). Line ends are CR LF and nothing else, since a decoder that guesses is
//! how bodies get smuggled. What the bytes mean (gzip, events) is not known here.

#[cfg(test)]
mod tests;

use super::length::Length;
use super::limits::OVERHEAD_BYTES_MAX;
use super::malformed::Malformed;
use crate::http::read::Sink;

/// As many as 64 bits need, and what httparse takes: a size does not begin with endless zeros.
const SIZE_DIGITS_MAX: u8 = 16;

/// The digits of a size that is taken at once; longer ones are read digit by digit.
const SHORT_DIGITS_MAX: usize = 6;

/// What is still to come of a body.
#[derive(Debug)]
pub(crate) enum BodyReader {
    Known { left: u64 },
    Chunked(Chunked),
    UntilClose,
}

/// A body in chunks.
#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    overhead: usize,
}

/// Where the decoder stands between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a chunk's size, with so many digits yet.
    Size {
        size: u64,
        digits: u8,
    },
    /// In blanks behind a size, which some servers pad with them.
    Blank {
        size: u64,
    },
    Extension {
        size: u64,
    },
    SizeEnd {
        size: u64,
    },
    Data {
        left: u64,
    },
    DataEnd,
    DataLineFeed,
    /// At the start of a trailer line, or of the empty line that ends the body.
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLineFeed,
    LastLineFeed,
    Done,
}

impl BodyReader {
    pub(crate) fn new(length: Length) -> Self {
        match length {
            Length::Known(left) => Self::Known { left },
            Length::Chunked => Self::Chunked(Chunked::new()),
            Length::Close => Self::UntilClose,
        }
    }

    /// Nothing is to come; so it is with an empty body from the start.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Known { left } => *left == 0,
            Self::Chunked(chunked) => chunked.is_done(),
            Self::UntilClose => false,
        }
    }

    /// Whether the body is whole where the peer closes the connection now.
    pub(crate) fn is_whole_at_close(&self) -> bool {
        self.is_done() || matches!(self, Self::UntilClose)
    }

    /// Takes the next bytes and hands out what they hold of the body. At its end: how many of the
    /// bytes belonged to it. Others belong to no request, and the connection must not be used
    /// again. After a break the body must not be read on.
    pub(crate) fn read(
        &mut self,
        bytes: &[u8],
        sink: Sink<'_>,
    ) -> Result<Option<usize>, Malformed> {
        let after = match self {
            Self::Known { left } => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX);
                let (data, after) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
                *left -= data.len() as u64;
                hand_out(data, sink);
                after
            }
            Self::Chunked(chunked) => chunked.feed(bytes, sink)?,
            Self::UntilClose => {
                hand_out(bytes, sink);
                &[]
            }
        };
        Ok(self.is_done().then(|| bytes.len() - after.len()))
    }
}

impl Chunked {
    fn new() -> Self {
        Self {
            state: State::START,
            overhead: 0,
        }
    }

    fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes the next bytes, hands out what they hold of the body, and returns those that follow
    /// its end.
    fn feed<'b>(&mut self, mut bytes: &'b [u8], sink: Sink<'_>) -> Result<&'b [u8], Malformed> {
        while !self.is_done() {
            if let State::Data { left } = self.state {
                let length = usize::try_from(left).unwrap_or(usize::MAX);
                let (data, rest) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
                if data.is_empty() {
                    break;
                }
                bytes = rest;
                self.state = match left - data.len() as u64 {
                    0 => State::DataEnd,
                    left => State::Data { left },
                };
                if sink(data).is_break() {
                    break;
                }
            } else if let Some((state, rest)) = self.state.step(bytes) {
                (self.state, bytes) = (state, rest);
            } else {
                let Some((byte, rest)) = bytes.split_first() else {
                    break;
                };
                bytes = rest;
                self.state = self.state.next(*byte)?;
                self.count()?;
            }
        }
        Ok(bytes)
    }

    fn count(&mut self) -> Result<(), Malformed> {
        if self.state.is_overhead() {
            self.overhead += 1;
        }
        if self.overhead > OVERHEAD_BYTES_MAX {
            return Err(Malformed::ChunkOverhead);
        }
        Ok(())
    }
}

impl State {
    const START: Self = Self::Size { size: 0, digits: 0 };

    /// After what stands between the data of two chunks, where it is there as a whole and as short
    /// as can be; everything else goes byte by byte.
    fn step(self, bytes: &[u8]) -> Option<(Self, &[u8])> {
        let size_at = match self {
            Self::DataEnd => bytes.strip_prefix(b"\r\n")?,
            Self::START => bytes,
            _ => return None,
        };
        match short_size(size_at) {
            Some((left, rest)) => Some((Self::Data { left }, rest)),
            None if self == Self::START => None,
            None => Some((Self::START, size_at)),
        }
    }

    /// After a byte that is not data.
    fn next(self, byte: u8) -> Result<Self, Malformed> {
        Ok(match (self, byte) {
            (Self::Size { size, digits: 1.. } | Self::Blank { size }, _) if ends_size(byte) => {
                after_size(size, byte)
            }
            (Self::Size { size, digits }, _) if digits < SIZE_DIGITS_MAX => Self::Size {
                size: with_digit(size, byte)?,
                digits: digits + 1,
            },
            (Self::Extension { size }, b'\r') => Self::SizeEnd { size },
            (Self::Extension { size }, _) if byte != b'\n' => Self::Extension { size },
            (Self::SizeEnd { size: 0 }, b'\n') => Self::TrailerStart,
            (Self::SizeEnd { size }, b'\n') => Self::Data { left: size },
            (Self::DataEnd, b'\r') => Self::DataLineFeed,
            (Self::DataLineFeed, b'\n') => Self::START,
            (Self::TrailerStart, b'\r') => Self::LastLineFeed,
            (Self::TrailerStart | Self::TrailerName, _) if is_token(byte) => Self::TrailerName,
            (Self::TrailerName, b':') => Self::TrailerValue,
            (Self::TrailerValue, b'\r') => Self::TrailerLineFeed,
            (Self::TrailerValue, _) if is_field_content(byte) => Self::TrailerValue,
            (Self::TrailerLineFeed, b'\n') => Self::TrailerStart,
            (Self::LastLineFeed, b'\n') => Self::Done,
            _ => return Err(self.malformed()),
        })
    }

    fn malformed(self) -> Malformed {
        match self {
            Self::Size { .. }
            | Self::Blank { .. }
            | Self::Extension { .. }
            | Self::SizeEnd { .. } => Malformed::ChunkSize,
            Self::Data { .. } | Self::DataEnd | Self::DataLineFeed => Malformed::ChunkEnd,
            Self::TrailerStart
            | Self::TrailerName
            | Self::TrailerValue
            | Self::TrailerLineFeed
            | Self::LastLineFeed
            | Self::Done => Malformed::Trailer,
        }
    }

    fn is_overhead(self) -> bool {
        matches!(
            self,
            Self::Blank { .. } | Self::Extension { .. } | Self::TrailerName | Self::TrailerValue
        )
    }
}

/// A size that is not the last, in few digits and with nothing behind it; and what follows.
#[inline]
fn short_size(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut size = 0;
    for (at, byte) in bytes.iter().take(SHORT_DIGITS_MAX + 1).enumerate() {
        let Some(digit) = char::from(*byte).to_digit(16) else {
            let rest = bytes.get(at..)?.strip_prefix(b"\r\n")?;
            return (size > 0).then_some((size, rest));
        };
        size = size * 16 + u64::from(digit);
    }
    None
}

fn ends_size(byte: u8) -> bool {
    matches!(byte, b'\r' | b';' | b' ' | b'\t')
}

fn after_size(size: u64, byte: u8) -> State {
    match byte {
        b'\r' => State::SizeEnd { size },
        b';' => State::Extension { size },
        _ => State::Blank { size },
    }
}

fn with_digit(size: u64, byte: u8) -> Result<u64, Malformed> {
    let digit = char::from(byte).to_digit(16).ok_or(Malformed::ChunkSize)?;
    let shifted = size.checked_mul(16).ok_or(Malformed::ChunkSize)?;
    Ok(shifted + u64::from(digit))
}

/// The bytes of a field's name (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The bytes of a field's value (RFC 9110, section 5.5).
fn is_field_content(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

fn hand_out(data: &[u8], sink: Sink<'_>) {
    if !data.is_empty() {
        let _ = sink(data);
    }
}
