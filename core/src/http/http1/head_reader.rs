//! Reads the heads of an answer as they come, interim ones included, until that of the final one.
//! Each byte is looked at a bounded number of times, and what is no HTTP is refused early.

use super::head::{self, Head, HEAD_BYTES_MAX};
use super::Malformed;

/// Interim answers before the final one, and the bytes of their heads, empty lines included.
pub(crate) const INTERIM_HEADS_MAX: usize = 128;
pub(crate) const INTERIM_BYTES_MAX: usize = HEAD_BYTES_MAX;
/// The interim statuses that are registered; behind these a closed connection is only broken.
const INTERIM_KNOWN: [u16; 4] = [100, 102, 103, 104];

/// The heads of one answer.
#[derive(Debug, Default)]
pub(crate) struct HeadReader {
    received: Vec<u8>,
    /// Before here no empty line begins.
    searched: usize,
    /// What had come when it was parsed last.
    tried: usize,
    interim_heads: usize,
    interim_bytes: usize,
    interim_status: Option<u16>,
}

impl HeadReader {
    /// Takes the next bytes; the head of the final answer once it is whole. What follows it is in
    /// `into_rest`.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<Option<Head>, Malformed> {
        self.received.extend_from_slice(bytes);
        loop {
            self.skip_empty_lines()?;
            if !self.is_due() {
                let too_long = self.received.len() >= HEAD_BYTES_MAX;
                return if too_long {
                    Err(Malformed::HeadTooLong)
                } else {
                    Ok(None)
                };
            }
            let Some((head, used)) = head::parse(&self.received)? else {
                return Ok(None);
            };
            self.drain(used);
            if !head.is_interim() {
                return Ok(Some(head));
            }
            self.interim_heads += 1;
            self.interim_status = Some(head.status);
            self.pass_over(used)?;
        }
    }

    /// The connection was closed before the final head was whole: whether that is all that is wrong.
    pub(crate) fn closed(&self) -> Result<(), Malformed> {
        head::parse(&self.received)?;
        match self.interim_status {
            Some(status) if self.received.is_empty() && !INTERIM_KNOWN.contains(&status) => {
                Err(Malformed::InterimOnly(status))
            }
            _ => Ok(()),
        }
    }

    /// What came behind the final head.
    pub(crate) fn into_rest(self) -> Vec<u8> {
        self.received
    }

    /// As httparse does; here, so that they are counted, and not looked at again.
    fn skip_empty_lines(&mut self) -> Result<(), Malformed> {
        let mut rest = self.received.as_slice();
        while let Some(after) = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")) {
            rest = after;
        }
        match self.received.len() - rest.len() {
            0 => Ok(()),
            length => {
                self.drain(length);
                self.pass_over(length)
            }
        }
    }

    /// Whether to parse: an empty line came, or twice as much as the last time, so that what is no
    /// head is refused before it ends.
    fn is_due(&mut self) -> bool {
        let length = self.received.len();
        let fresh = self.received.get(self.searched..).unwrap_or_default();
        let ended = memchr::memchr_iter(b'\n', fresh).any(|at| {
            let after = fresh.get(at + 1..).unwrap_or_default();
            after.starts_with(b"\n") || after.starts_with(b"\r\n")
        });
        self.searched = length.saturating_sub(2);
        let due = ended || length >= 2 * self.tried;
        if due {
            self.tried = length;
        }
        due
    }

    fn drain(&mut self, length: usize) {
        self.received.drain(..length);
        self.searched = 0;
        self.tried = 0;
    }

    fn pass_over(&mut self, bytes: usize) -> Result<(), Malformed> {
        self.interim_bytes += bytes;
        if self.interim_heads > INTERIM_HEADS_MAX || self.interim_bytes > INTERIM_BYTES_MAX {
            return Err(Malformed::TooManyInterim);
        }
        Ok(())
    }
}
