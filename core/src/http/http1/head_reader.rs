//! Reads the heads of a response as they come, interim ones included, until that of the final one.
//! Each byte is looked at a bounded number of times, and what is not HTTP is refused early.

use super::head::{self, Head};
use super::limits::{HEAD_BYTES_MAX, INTERIM_BYTES_MAX, INTERIM_HEADS_MAX};
use super::malformed::Malformed;

/// The interim statuses that are registered; behind these a closed connection is only broken.
const INTERIM_KNOWN: [u16; 4] = [100, 102, 103, 104];

/// The heads of one response.
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
    /// Takes the next bytes; the head of the final response once it is whole. What follows it is in
    /// `into_rest`.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<Option<Head>, Malformed> {
        if let Some((head, rest)) = self.read_at_once(bytes)? {
            self.received.extend_from_slice(rest);
            return Ok(Some(head));
        }
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

    /// The connection was closed before the final head was whole: checks whether the bytes so far
    /// are valid.
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

    /// The final head and what follows it, where it is the first to come and whole, as it mostly
    /// is: then only what follows is copied, which may be a whole response.
    fn read_at_once<'b>(&self, bytes: &'b [u8]) -> Result<Option<(Head, &'b [u8])>, Malformed> {
        let begins = self.received.is_empty() && !matches!(bytes.first(), Some(b'\r' | b'\n'));
        if !begins || !has_empty_line(bytes) {
            return Ok(None);
        }
        Ok(match head::parse(bytes)? {
            Some((head, used)) if !head.is_interim() => {
                Some((head, bytes.get(used..).unwrap_or_default()))
            }
            Some(_) | None => None,
        })
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
        let ended = has_empty_line(fresh);
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

/// Whether a line ends and an empty one follows.
fn has_empty_line(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', bytes).any(|at| {
        let after = bytes.get(at + 1..).unwrap_or_default();
        after.starts_with(b"\n") || after.starts_with(b"\r\n")
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The final head and what follows it, after all pieces.
    fn read(pieces: &[&[u8]]) -> Result<Option<(Head, Vec<u8>)>, Malformed> {
        let mut reader = HeadReader::default();
        let mut found = None;
        for (at, piece) in pieces.iter().enumerate() {
            if let Some(head) = reader.read(piece)? {
                found = Some((head, pieces[at + 1..].concat()));
                break;
            }
        }
        let early = reader.into_rest();
        Ok(found.map(|(head, later)| (head, [early, later].concat())))
    }

    fn interim(count: usize) -> String {
        "HTTP/1.1 102 x\r\n\r\n".repeat(count)
    }

    const FINAL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";

    #[test]
    fn interim_heads_are_passed_over_and_what_follows_is_kept() {
        let text = format!(
            "\r\n\nHTTP/1.1 103 Early Hints\r\nlink: x\n\n{}{FINAL}no",
            interim(2)
        );
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        for pieces in [&[text.as_bytes()][..], &bytes] {
            let (head, rest) = read(pieces).unwrap().unwrap();
            assert_eq!((head.status, rest.as_slice()), (200, &b"no"[..]));
        }
    }

    #[test]
    fn an_empty_line_ends_a_head_at_once() {
        for (line, empty) in [("a: b\r\n", "\r\n"), ("a: b\n", "\n"), ("a: b\n", "\r\n")] {
            let mut reader = HeadReader::default();
            assert_eq!(reader.read(b"HTTP/1.1 200 OK\r\n"), Ok(None));
            assert_eq!(reader.read(line.as_bytes()), Ok(None));
            assert!(
                reader.read(empty.as_bytes()).unwrap().is_some(),
                "{line:?}{empty:?}"
            );
        }
    }

    #[test]
    fn interim_heads_have_a_limit() {
        let most = interim(INTERIM_HEADS_MAX) + FINAL;
        assert!(read(&[most.as_bytes()]).unwrap().is_some());
        let more = interim(INTERIM_HEADS_MAX + 1);
        assert_eq!(read(&[more.as_bytes()]), Err(Malformed::TooManyInterim));
        let filler = "b".repeat(INTERIM_BYTES_MAX / 2);
        let half = format!("HTTP/1.1 103 x\r\na: {filler}\r\n\r\n");
        let pieces: Vec<&[u8]> = half.as_bytes().chunks(16 * 1024).collect();
        let twice = [pieces.as_slice(), &pieces].concat();
        assert_eq!(read(&twice), Err(Malformed::TooManyInterim));
        assert_eq!(read(&pieces), Ok(None));
    }

    #[test]
    fn empty_lines_have_a_limit() {
        let mut reader = HeadReader::default();
        let lines = "\r\n".repeat(512);
        for _ in 0..INTERIM_BYTES_MAX / lines.len() {
            assert_eq!(reader.read(lines.as_bytes()), Ok(None));
        }
        assert!(reader.received.is_empty());
        assert_eq!(reader.read(b"\n"), Err(Malformed::TooManyInterim));
    }

    #[test]
    fn a_head_that_does_not_end_is_given_up() {
        let mut reader = HeadReader::default();
        let mut piece = b"HTTP/1.1 200 OK\r\na: ".to_vec();
        let mut total = 0;
        while total + piece.len() < HEAD_BYTES_MAX {
            assert_eq!(reader.read(&piece), Ok(None));
            total += piece.len();
            piece = vec![b'b'; 1000];
        }
        let last = &piece[..HEAD_BYTES_MAX - total];
        assert_eq!(reader.read(&last[1..]), Ok(None));
        assert_eq!(reader.read(b"b"), Err(Malformed::HeadTooLong));
    }

    #[test]
    fn noise_is_refused_before_it_ends() {
        for noise in [
            "SSH-2.0-x",
            "\0",
            "<html>",
            "HTTP/1.1 200 OK\r\nno colon\r\na: b\r\n",
        ] {
            assert!(read(&[noise.as_bytes()]).is_err(), "{noise}");
        }
        let pieces: Vec<&[u8]> = b"HELLO HELLO".chunks(1).collect();
        assert!(read(&pieces).is_err(), "in pieces");
        assert!(
            read(&[interim(1).as_bytes(), b"SSH"]).is_err(),
            "behind an interim one"
        );
        // Where no look was due yet, the end of the connection is one.
        let mut reader = HeadReader::default();
        assert_eq!(reader.read(b"HTTP/1.1 200 OK\r\n"), Ok(None));
        assert_eq!(reader.closed(), Ok(()));
        assert_eq!(reader.read(b"no colon\r\n"), Ok(None));
        assert!(reader.closed().is_err());
    }

    #[test]
    fn an_unknown_interim_status_alone_is_no_response() {
        let closed = |text: &str| {
            let mut reader = HeadReader::default();
            assert_eq!(reader.read(text.as_bytes()), Ok(None), "{text}");
            reader.closed()
        };
        let expected = Err(Malformed::InterimOnly(150));
        assert_eq!(closed("HTTP/1.1 150 x\r\n\r\n"), expected);
        // A server may send these before it breaks.
        assert_eq!(closed("HTTP/1.1 102 x\r\n\r\n"), Ok(()));
        assert_eq!(closed("HTTP/1.1 150 x\r\n\r\nHTTP/1.1 200"), Ok(()));
        assert_eq!(closed(""), Ok(()));
    }

    #[test]
    fn each_byte_is_parsed_a_bounded_number_of_times() {
        // Lines without an empty one, a byte at a time: only doublings are due.
        let mut reader = HeadReader::default();
        let mut parses = 0;
        for byte in b"HTTP/1.1 200 OK\r\n"
            .iter()
            .chain(b"a: b\r\n".repeat(200).iter())
        {
            let tried = reader.tried;
            assert_eq!(reader.read(&[*byte]), Ok(None));
            parses += usize::from(reader.tried != tried);
        }
        assert_eq!(parses, 11, "1, 2, 4, ... 1024 bytes");
    }

    proptest! {
        #[test]
        fn split_anywhere_it_gives_the_same(
            parts in prop::collection::vec(prop::sample::select(vec![
                "\r\n", "\n", "HTTP/1.1 102 x\r\n\r\n", "HTTP/1.1 103 x\na: b\n\n",
                "HTTP/1.1 100 x\n\r\n",
            ]), 0..5),
            cuts in prop::collection::vec(0..200_usize, 0..6),
        ) {
            let text = format!("{}{FINAL}rest", parts.concat());
            let wire = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % wire.len()).collect();
            cuts.extend([0, wire.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &wire[cut[0]..cut[1]]).collect();
            let (head, rest) = read(&pieces).unwrap().unwrap();
            prop_assert_eq!(head.status, 200);
            prop_assert_eq!(rest, b"rest");
        }
    }
}
