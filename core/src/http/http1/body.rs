//! The body of an answer: where it ends, and its bytes without the chunked coding around them. What
//! the bytes mean (gzip, events) is not known here.

use std::ops::ControlFlow;

use super::chunked::Chunked;
use super::length::Length;
use super::Malformed;

/// What is still to come of a body.
#[derive(Debug)]
pub(crate) enum BodyReader {
    Known { left: u64 },
    Chunked(Chunked),
    UntilClose,
}

/// What some bytes came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    More,
    /// So many of the bytes belonged to the body. Others are nothing that was asked for: the
    /// connection must not be used again.
    End {
        consumed: usize,
    },
}

/// What a closed connection means for the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    Whole,
    Cut,
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

    /// Takes the next bytes and hands out what they hold of the body. After a break the body must
    /// not be read on.
    pub(crate) fn read(
        &mut self,
        bytes: &[u8],
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Progress, Malformed> {
        let after = match self {
            Self::Known { left } => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX);
                let (data, after) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
                *left -= data.len() as u64;
                hand_out(data, take);
                after
            }
            Self::Chunked(chunked) => chunked.feed(bytes, take)?,
            Self::UntilClose => {
                hand_out(bytes, take);
                &[]
            }
        };
        Ok(if self.is_done() {
            let consumed = bytes.len() - after.len();
            Progress::End { consumed }
        } else {
            Progress::More
        })
    }

    /// The connection was closed by the peer.
    pub(crate) fn closed(&self) -> Closed {
        if self.is_done() || matches!(self, Self::UntilClose) {
            Closed::Whole
        } else {
            Closed::Cut
        }
    }
}

fn hand_out(data: &[u8], take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) {
    if !data.is_empty() {
        let _ = take(data);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(reader: &mut BodyReader, bytes: &[u8]) -> Result<(Vec<u8>, Progress), Malformed> {
        let mut body = Vec::new();
        let progress = reader.read(bytes, &mut |data| {
            assert!(!data.is_empty());
            body.extend_from_slice(data);
            ControlFlow::Continue(())
        })?;
        Ok((body, progress))
    }

    fn end(consumed: usize) -> Progress {
        Progress::End { consumed }
    }

    #[test]
    fn a_known_length_ends_where_it_says() {
        let mut reader = BodyReader::new(Length::Known(5));
        assert_eq!(
            read(&mut reader, b"hel"),
            Ok((b"hel".to_vec(), Progress::More))
        );
        assert_eq!((reader.is_done(), reader.closed()), (false, Closed::Cut));
        assert_eq!(read(&mut reader, b""), Ok((vec![], Progress::More)));
        assert_eq!(read(&mut reader, b"lo, next"), Ok((b"lo".to_vec(), end(2))));
        assert_eq!((reader.is_done(), reader.closed()), (true, Closed::Whole));
        // What comes later is no part of it either.
        assert_eq!(read(&mut reader, b"more"), Ok((vec![], end(0))));
    }

    #[test]
    fn an_empty_body_is_done_from_the_start() {
        let mut reader = BodyReader::new(Length::Known(0));
        assert!(reader.is_done());
        assert_eq!(read(&mut reader, b""), Ok((vec![], end(0))));
        assert_eq!(read(&mut reader, b"desync"), Ok((vec![], end(0))));
    }

    #[test]
    fn chunks_end_with_the_last_one() {
        let mut reader = BodyReader::new(Length::Chunked);
        assert_eq!(
            read(&mut reader, b"2\r\nhi\r\n0\r\n"),
            Ok((b"hi".to_vec(), Progress::More))
        );
        assert_eq!(reader.closed(), Closed::Cut);
        assert_eq!(read(&mut reader, b"\r\nnext"), Ok((vec![], end(2))));
        assert_eq!((reader.is_done(), reader.closed()), (true, Closed::Whole));
        assert_eq!(read(&mut reader, b"0\r\n\r\n"), Ok((vec![], end(0))));
        let refused = read(&mut BodyReader::new(Length::Chunked), b"hi");
        assert_eq!(refused, Err(Malformed::ChunkSize));
    }

    #[test]
    fn without_a_length_the_connection_ends_it() {
        let mut reader = BodyReader::new(Length::Close);
        assert_eq!(reader.closed(), Closed::Whole, "empty, but whole");
        assert_eq!(
            read(&mut reader, b"all"),
            Ok((b"all".to_vec(), Progress::More))
        );
        assert_eq!((reader.is_done(), reader.closed()), (false, Closed::Whole));
    }

    #[test]
    fn after_a_break_nothing_more_is_handed_out() {
        for (length, wire) in [
            (Length::Chunked, &b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"[..]),
            (Length::Known(2), b"ab"),
            (Length::Close, b"ab"),
        ] {
            let mut count = 0;
            let progress = BodyReader::new(length).read(wire, &mut |_| {
                count += 1;
                ControlFlow::Break(())
            });
            assert!(progress.is_ok() && count == 1, "{length:?}");
        }
    }

    proptest! {
        #[test]
        fn split_anywhere_it_gives_the_same(
            body in prop::collection::vec(any::<u8>(), 0..60),
            after in prop::collection::vec(any::<u8>(), 0..9),
            known in any::<bool>(),
            cuts in prop::collection::vec(0..100_usize, 0..6),
        ) {
            let (length, mut wire) = if known {
                (Length::Known(body.len() as u64), body.clone())
            } else {
                let mut wire = Vec::new();
                for chunk in body.chunks(7) {
                    wire.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
                    wire.extend([chunk, b"\r\n"].concat());
                }
                wire.extend(b"0\r\n\r\n");
                (Length::Chunked, wire)
            };
            let ends = wire.len();
            wire.extend(&after);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (wire.len() + 1)).collect();
            cuts.extend([0, wire.len()]);
            cuts.sort_unstable();
            let mut reader = BodyReader::new(length);
            let (mut received, mut consumed) = (Vec::new(), 0);
            for cut in cuts.windows(2) {
                let (data, progress) = read(&mut reader, &wire[cut[0]..cut[1]]).unwrap();
                received.extend(data);
                consumed += match progress {
                    Progress::More => cut[1] - cut[0],
                    Progress::End { consumed } => consumed,
                };
            }
            prop_assert_eq!(received, body);
            prop_assert_eq!(consumed, ends);
            prop_assert!(reader.is_done());
        }
    }
}
