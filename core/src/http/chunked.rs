//! The chunked coding of HTTP/1.1 bodies (RFC 9112, section 7.1): bytes in, the body's bytes out.
//! Pure; cut anywhere it gives the same. Line ends are CR LF and nothing else, since a decoder that
//! guesses is how bodies get smuggled.

use std::ops::ControlFlow;

/// Chunk extensions and trailers of one body, together; they say nothing that is used.
const OVERHEAD_BYTES_MAX: usize = 16 * 1024;

/// Where the decoder stands between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a chunk's size, with or without a digit yet.
    Size {
        size: u64,
        digits: bool,
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
    Trailer,
    TrailerLineFeed,
    LastLineFeed,
    Done,
}

#[derive(Debug)]
pub(super) struct Chunked {
    state: State,
    overhead: usize,
}

/// The bytes are no chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotChunked;

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
    ) -> Result<&'b [u8], NotChunked> {
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
                self.state = self.next(*byte)?;
            }
        }
        Ok(bytes)
    }

    /// A byte that is not data.
    fn next(&mut self, byte: u8) -> Result<State, NotChunked> {
        if matches!(self.state, State::Extension { .. } | State::Trailer) {
            self.overhead += 1;
            if self.overhead > OVERHEAD_BYTES_MAX {
                return Err(NotChunked);
            }
        }
        Ok(match (self.state, byte) {
            (State::Size { size, digits: true }, b'\r') => State::SizeEnd { size },
            (State::Size { size, digits: true }, b';' | b' ' | b'\t') => State::Extension { size },
            (State::Size { size, .. }, _) => State::Size {
                size: with_digit(size, byte)?,
                digits: true,
            },
            (State::Extension { size }, b'\r') => State::SizeEnd { size },
            (State::Extension { .. } | State::Trailer, b'\n') => return Err(NotChunked),
            (State::Extension { size }, _) => State::Extension { size },
            (State::SizeEnd { size: 0 }, b'\n') => State::TrailerStart,
            (State::SizeEnd { size }, b'\n') => State::Data { left: size },
            (State::DataEnd, b'\r') => State::DataLineFeed,
            (State::DataLineFeed, b'\n') => State::START,
            (State::TrailerStart, b'\r') => State::LastLineFeed,
            (State::Trailer, b'\r') => State::TrailerLineFeed,
            (State::TrailerStart | State::Trailer, _) => State::Trailer,
            (State::TrailerLineFeed, b'\n') => State::TrailerStart,
            (State::LastLineFeed, b'\n') => State::Done,
            _ => return Err(NotChunked),
        })
    }
}

impl State {
    const START: Self = Self::Size {
        size: 0,
        digits: false,
    };
}

fn with_digit(size: u64, byte: u8) -> Result<u64, NotChunked> {
    let digit = char::from(byte).to_digit(16).ok_or(NotChunked)?;
    let shifted = size.checked_mul(16).ok_or(NotChunked)?;
    Ok(shifted + u64::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The body, what follows it, and whether it is done.
    fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, Vec<u8>, bool), NotChunked> {
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
        let wires = [
            "\r\n",
            "x\r\n",
            "5\nhello",
            "5\r\nhello!",
            "-1\r\n",
            "0x5\r\n",
            "+5\r\n",
            "5;a\nb",
            "fffffffffffffffff\r\n",
            "1\rx",
            "1\r\nab",
            "0\r\nA\n\r\n",
            "0\r\n\rx",
        ];
        for wire in wires {
            assert_eq!(decode(&[wire.as_bytes()]), Err(NotChunked), "{wire:?}");
        }
        let endless = format!("1;{}", "a".repeat(OVERHEAD_BYTES_MAX + 1));
        assert_eq!(decode(&[endless.as_bytes()]), Err(NotChunked));
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
    }
}
