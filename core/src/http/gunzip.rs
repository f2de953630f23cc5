//! A gzip body, piece by piece. Owns how much may come out at once: a bomb of a gigabyte is seen by
//! the limits of the answer long before it has unfolded.

use std::io::Write;
use std::ops::ControlFlow;

use flate2::write::MultiGzDecoder;

use super::failure::BodyFailure;
use super::Take;

/// What is unfolded in one step; deflate makes at most 1032 bytes of one (RFC 1951).
const STEP_BYTES: usize = 256;

#[derive(Debug)]
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    any: bool,
}

impl Default for Gunzip {
    fn default() -> Self {
        Self {
            decoder: MultiGzDecoder::new(Vec::new()),
            any: false,
        }
    }
}

impl Gunzip {
    /// Hands out what the next bytes unfold to.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        take: Take<'_>,
    ) -> Result<ControlFlow<()>, BodyFailure> {
        for step in bytes.chunks(STEP_BYTES) {
            self.any = true;
            self.decoder
                .write_all(step)
                .and_then(|()| self.decoder.flush())
                .map_err(|error| BodyFailure::Decode(error.to_string()))?;
            let unfolded = self.decoder.get_mut();
            let flow = if unfolded.is_empty() {
                ControlFlow::Continue(())
            } else {
                take(unfolded)
            };
            unfolded.clear();
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
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

    fn unfold(gunzip: &mut Gunzip, bytes: &[u8]) -> Result<Vec<Vec<u8>>, BodyFailure> {
        let mut pieces = Vec::new();
        let _ = gunzip.feed(bytes, &mut |piece| {
            pieces.push(piece.to_vec());
            ControlFlow::Continue(())
        })?;
        Ok(pieces)
    }

    #[test]
    fn cut_anywhere_it_gives_the_same() {
        let text: Vec<u8> = (0..=255).cycle().take(5000).collect();
        let folded = gzip(&text);
        for size in [1, 2, 7, 100, folded.len()] {
            let mut gunzip = Gunzip::default();
            let mut whole = Vec::new();
            for piece in folded.chunks(size) {
                whole.extend(unfold(&mut gunzip, piece).unwrap().concat());
            }
            gunzip.end().unwrap();
            assert_eq!(whole, text, "{size}");
        }
    }

    #[test]
    fn a_bomb_comes_in_small_pieces_and_can_be_stopped() {
        let bomb = gzip(&vec![0; 8 << 20]);
        let pieces = unfold(&mut Gunzip::default(), &bomb).unwrap();
        assert_eq!(pieces.iter().map(Vec::len).sum::<usize>(), 8 << 20);
        let largest = 1032 * STEP_BYTES + 65536;
        assert!(pieces.iter().all(|piece| piece.len() <= largest));
        let mut count = 0;
        let flow = Gunzip::default().feed(&bomb, &mut |_| {
            count += 1;
            ControlFlow::Break(())
        });
        assert!(flow.unwrap().is_break() && count == 1);
    }

    #[test]
    fn an_early_end_is_a_cut_and_noise_is_not_gzip() {
        let folded = gzip(b"some text");
        let mut gunzip = Gunzip::default();
        unfold(&mut gunzip, folded.split_last().unwrap().1).unwrap();
        assert!(matches!(gunzip.end(), Err(BodyFailure::Cut(_))));
        let noise = unfold(&mut Gunzip::default(), b"<html>no gzip</html>");
        assert!(matches!(noise, Err(BodyFailure::Decode(_))));
        assert!(Gunzip::default().end().is_ok(), "an empty body is whole");
    }
}
