//! A gzip body, piece by piece. Owns how much may come out at once: a bomb of a gigabyte is seen by
//! the limits of the answer long before it has unfolded.

use std::io::Write;

use bytes::Bytes;
use flate2::write::MultiGzDecoder;

use super::failure::BodyFailure;

/// What is unfolded in one step; deflate makes at most 1032 bytes of one (RFC 1951).
const STEP_BYTES: usize = 256;

#[derive(Debug)]
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    received: Bytes,
    any: bool,
}

impl Default for Gunzip {
    fn default() -> Self {
        Self {
            decoder: MultiGzDecoder::new(Vec::new()),
            received: Bytes::new(),
            any: false,
        }
    }
}

impl Gunzip {
    /// Takes the next bytes; all before were taken by `next`.
    pub(super) fn feed(&mut self, bytes: Bytes) {
        self.any |= !bytes.is_empty();
        self.received = bytes;
    }

    /// What the bytes so far unfold to; `None` when more are needed.
    pub(super) fn next(&mut self) -> Option<Result<Bytes, BodyFailure>> {
        while !self.received.is_empty() {
            let step = self.received.split_to(self.received.len().min(STEP_BYTES));
            let unfolded = self
                .decoder
                .write_all(&step)
                .and_then(|()| self.decoder.flush());
            if let Err(error) = unfolded {
                return Some(Err(BodyFailure::Decode(error.to_string())));
            }
            let bytes = std::mem::take(self.decoder.get_mut());
            if !bytes.is_empty() {
                return Some(Ok(bytes.into()));
            }
        }
        None
    }

    /// The body ended: was it whole?
    pub(super) fn end(&mut self) -> Result<(), BodyFailure> {
        if !self.any {
            return Ok(());
        }
        // What came was gzip so far, so what is wrong is its end.
        self.decoder
            .try_finish()
            .map_err(|error| BodyFailure::Cut(error.to_string()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use flate2::write::GzEncoder;
    use flate2::Compression;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unfold(gunzip: &mut Gunzip) -> Vec<Bytes> {
        std::iter::from_fn(|| gunzip.next().map(Result::unwrap)).collect()
    }

    #[test]
    fn cut_anywhere_it_gives_the_same() {
        let text: Vec<u8> = (0..=255).cycle().take(5000).collect();
        let folded = gzip(&text);
        for size in [1, 2, 7, 100, folded.len()] {
            let mut gunzip = Gunzip::default();
            let mut whole = Vec::new();
            for piece in folded.chunks(size) {
                gunzip.feed(Bytes::copy_from_slice(piece));
                whole.extend(unfold(&mut gunzip).concat());
            }
            gunzip.end().unwrap();
            assert_eq!(whole, text, "{size}");
        }
    }

    #[test]
    fn a_bomb_comes_in_small_pieces() {
        let mut gunzip = Gunzip::default();
        gunzip.feed(gzip(&vec![0; 8 << 20]).into());
        let pieces = unfold(&mut gunzip);
        assert_eq!(pieces.iter().map(Bytes::len).sum::<usize>(), 8 << 20);
        assert!(pieces
            .iter()
            .all(|piece| piece.len() <= 1032 * STEP_BYTES + 65536));
    }

    #[test]
    fn an_early_end_is_a_cut_and_noise_is_not_gzip() {
        let folded = gzip(b"some text");
        let mut gunzip = Gunzip::default();
        gunzip.feed(Bytes::copy_from_slice(folded.split_last().unwrap().1));
        unfold(&mut gunzip);
        assert!(matches!(gunzip.end(), Err(BodyFailure::Cut(_))));
        let mut gunzip = Gunzip::default();
        gunzip.feed(Bytes::from_static(b"<html>no gzip</html>"));
        assert!(matches!(gunzip.next(), Some(Err(BodyFailure::Decode(_)))));
        assert!(Gunzip::default().end().is_ok(), "an empty body is whole");
    }
}
