//! The body of an answer: where it ends, and its bytes without the chunked coding around them. What
//! the bytes mean (gzip, events) is not known here.

use std::ops::ControlFlow;

use super::chunked::Chunked;
use super::head::Length;
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
