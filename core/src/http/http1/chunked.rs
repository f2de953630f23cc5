//! The chunked coding of HTTP/1.1 bodies (RFC 9112, section 7.1): bytes in, the body's bytes out.
//! Pure; cut anywhere it gives the same. Line ends are CR LF and nothing else, since a decoder that
//! guesses is how bodies get smuggled.

use std::ops::ControlFlow;

use super::Malformed;

/// Chunk extensions, blanks behind sizes and trailers of one body, together; they say nothing that
/// is used.
pub(super) const OVERHEAD_BYTES_MAX: usize = 16 * 1024;
/// As many as 64 bits need, and what httparse takes: a size does not begin with endless zeros.
const SIZE_DIGITS_MAX: u8 = 16;

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

#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    overhead: usize,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Self {
            state: State::START,
            overhead: 0,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes the next bytes, hands out what they hold of the body, and gives back those that follow
    /// its end.
    pub(super) fn feed<'b>(
        &mut self,
        mut bytes: &'b [u8],
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<&'b [u8], Malformed> {
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
                if take(data).is_break() {
                    break;
                }
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The body, what follows it, and whether it is done.
    fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, Vec<u8>, bool), Malformed> {
        let mut chunked = Chunked::new();
        let (mut body, mut after) = (Vec::new(), Vec::new());
        for piece in pieces {
            let rest = chunked.feed(piece, &mut |data| {
                body.extend_from_slice(data);
                ControlFlow::Continue(())
            })?;
            after.extend_from_slice(rest);
        }
        Ok((body, after, chunked.is_done()))
    }

    #[test]
    fn sizes_extensions_and_trailers() {
        let wire =
            b"5\r\nhello\r\n1 ; name=\"x\"\r\n!\r\n0F\r\nfifteen bytes..\r\n0\r\nA: b\r\n\r\nnext";
        let expected = (b"hello!fifteen bytes..".to_vec(), b"next".to_vec(), true);
        assert_eq!(decode(&[wire]), Ok(expected.clone()));
        let bytes: Vec<&[u8]> = wire.chunks(1).collect();
        assert_eq!(decode(&bytes), Ok(expected));
    }

    #[test]
    fn a_size_has_up_to_16_digits() {
        let padded = decode(&[b"0000000000000002\r\nhi\r\n0000000000000000\r\n\r\n"]);
        assert_eq!(padded, Ok((b"hi".to_vec(), vec![], true)));
        let largest = decode(&[b"FFFFFFFFFFFFFFFF\r\nhi"]);
        assert_eq!(largest, Ok((b"hi".to_vec(), vec![], false)));
    }

    #[test]
    fn an_early_end_is_not_done() {
        for wire in [
            "",
            "5",
            "5\r\nhel",
            "5\r\nhello\r\n",
            "0\r\n",
            "0\r\nA: b\r\n",
        ] {
            assert!(!decode(&[wire.as_bytes()]).unwrap().2, "{wire:?}");
        }
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        let sizes = [
            "\r\n",
            "x\r\n",
            "-1\r\n",
            "0x5\r\n",
            "+5\r\n",
            " 5\r\n",
            ";a\r\n",
            "5 0\r\n",
            "5\t0\r\n",
            "5 ;a\nb",
            "5;a\nb",
            "5\nhello",
            "5 \nhello",
            "1\rx",
            "1;a\rx",
            "5_0\r\n",
            "5\0\r\n",
            "fffffffffffffffff\r\n",
            "00000000000000005\r\n",
        ];
        let ends = ["5\r\nhello!", "1\r\nab", "1\r\na\n", "1\r\na\rx"];
        let trailers = [
            "0\r\n\n",
            "0\r\nA\n\r\n",
            "0\r\nA: b\n\r\n",
            "0\r\nA: b\nC: d\r\n\r\n",
            "0\r\n\rx",
            "0\r\nA: b\rc\r\n",
            "0\r\nA\r\n",
            "0\r\n: b\r\n",
            "0\r\nA : b\r\n",
            "0\r\n A: b\r\n",
            "0\r\nA: b\r\n c\r\n",
            "0\r\nA: \0\r\n",
            "0\r\nA: \x7f\r\n",
            "0\r\n\u{e9}: b\r\n",
        ];
        let expect = |wires: &[&str], expected: Malformed| {
            for wire in wires {
                let pieces: Vec<&[u8]> = wire.as_bytes().chunks(1).collect();
                assert_eq!(
                    decode(&[wire.as_bytes()]),
                    Err(expected.clone()),
                    "{wire:?}"
                );
                assert_eq!(decode(&pieces), Err(expected.clone()), "{wire:?}");
            }
        };
        expect(&sizes, Malformed::ChunkSize);
        expect(&ends, Malformed::ChunkEnd);
        expect(&trailers, Malformed::Trailer);
    }

    #[test]
    fn what_says_nothing_has_a_limit() {
        let limit = OVERHEAD_BYTES_MAX;
        for (open, filler, close) in [
            ("1;", "a", "\r\n"),
            ("1 ", " ", "\r\n"),
            ("0\r\nA:", "b", "\r\n\r\n"),
            ("0\r\n", "b", ":\r\n\r\n"),
        ] {
            let wire = |count: usize| format!("{open}{}{close}", filler.repeat(count));
            let own = wire(0)
                .bytes()
                .filter(|byte| !b"10\r\n".contains(byte))
                .count();
            assert!(decode(&[wire(limit - own).as_bytes()]).is_ok(), "{open:?}");
            let over = decode(&[wire(limit - own + 1).as_bytes()]);
            assert_eq!(over, Err(Malformed::ChunkOverhead), "{open:?}");
        }
        // Over the whole body, not per chunk.
        let chunks = "1;a\r\nx\r\n".repeat(limit);
        assert_eq!(decode(&[chunks.as_bytes()]), Err(Malformed::ChunkOverhead));
    }

    proptest! {
        #[test]
        fn split_anywhere_it_gives_the_same(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..50), 0..6),
            cuts in prop::collection::vec(0..400_usize, 0..6),
        ) {
            let mut wire = Vec::new();
            for chunk in &chunks {
                wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\nrest");
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % wire.len()).collect();
            cuts.extend([0, wire.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &wire[cut[0]..cut[1]]).collect();
            let expected = (chunks.concat(), b"rest".to_vec(), true);
            prop_assert_eq!(decode(&pieces), Ok(expected));
        }

        /// Sizes as httparse reads them; but a line without a size is no size of 0.
        #[test]
        fn sizes_are_those_of_httparse(
            line in "[0-9a-fA-F][0-9a-fA-F ;\t\rxg]{0,17}(;[ -~\r]{0,4})?\r\n",
        ) {
            let expected = match httparse::parse_chunk_size(line.as_bytes()) {
                Ok(httparse::Status::Complete((used, size))) => Some((used, size)),
                _ => None,
            };
            let mut chunked = Chunked::new();
            let mut refuse = |_: &[u8]| ControlFlow::Break(());
            let read = chunked.feed(line.as_bytes(), &mut refuse);
            let size = match chunked.state {
                State::TrailerStart => Some(0),
                State::Data { left } => Some(left),
                _ => None,
            };
            let used = read.ok().map(|rest| line.len() - rest.len());
            prop_assert_eq!(used.zip(size), expected);
        }
    }
}
