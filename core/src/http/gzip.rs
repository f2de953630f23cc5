//! A gzip body, slice by slice (RFC 1952). Owns how much comes out at once: a bomb of a gigabyte
//! meets the limits of a response long before it is decompressed, and never keeps a thread to
//! itself.

use std::io::{self, Write};
use std::ops::ControlFlow;

use flate2::write::GzDecoder;

use super::classify::BodyFailure;
use super::read::Sink;

/// What is decompressed in one step; deflate makes at most 1032 bytes of one (RFC 1951).
const STEP_BYTES: usize = 256;
/// What one call hands out at most, but for the last step: a fraction of a millisecond of work.
const SLICE_BYTES: usize = 64 * 1024;

/// The decoder of one body, and what has come and is not yet decompressed.
#[derive(Debug, Default)]
pub(super) struct Gunzip {
    /// Absent before the first member, and between two.
    member: Option<Box<GzDecoder<Vec<u8>>>>,
    members: u64,
    compressed: Vec<u8>,
    /// What of `compressed` was decompressed.
    begun: usize,
}

impl Gunzip {
    /// Takes the next bytes of the body; `decompress` hands out what they hold.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.is_drained() {
            self.compressed.clear();
            self.begun = 0;
        }
        self.compressed.extend_from_slice(bytes);
    }

    /// Everything that came has been decompressed.
    pub(super) fn is_drained(&self) -> bool {
        self.begun == self.compressed.len()
    }

    /// Hands out the next slice. After a break the body must not be read on.
    pub(super) fn decompress(&mut self, sink: Sink<'_>) -> Result<(), BodyFailure> {
        let mut handed_out = 0;
        while handed_out < SLICE_BYTES && !self.is_drained() {
            let Some(member) = &mut self.member else {
                self.begin_member();
                continue;
            };
            let rest = self.compressed.get(self.begun..).unwrap_or_default();
            let step = rest.get(..STEP_BYTES).unwrap_or(rest);
            let used = member.write(step).map_err(|error| not_gzip(&error))?;
            member.flush().map_err(|error| not_gzip(&error))?;
            self.begun += used;
            let plain = member.get_mut();
            handed_out += plain.len();
            let flow = match plain.is_empty() {
                true => ControlFlow::Continue(()),
                false => sink(plain),
            };
            plain.clear();
            if used == 0 {
                // It has all of its bytes; now its checksum is looked at.
                member.try_finish().map_err(|error| not_gzip(&error))?;
                self.member = None;
            }
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The body ended: was it whole?
    pub(super) fn end(&mut self) -> Result<(), BodyFailure> {
        let Some(mut member) = self.member.take() else {
            return Ok(());
        };
        // A member that takes no more bytes has all of them.
        if !matches!(member.write(&[0]), Ok(0)) {
            let reason = "the gzip body ended too early".to_owned();
            return Err(BodyFailure::Cut(reason));
        }
        member.try_finish().map_err(|error| not_gzip(&error))
    }

    /// Zeros behind a member are padding, as gzip itself has it; else another one begins.
    fn begin_member(&mut self) {
        let rest = self.compressed.get(self.begun..).unwrap_or_default();
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        if self.members > 0 && zeros > 0 {
            self.begun += zeros;
            return;
        }
        self.members += 1;
        self.member = Some(Box::new(GzDecoder::new(Vec::new())));
    }
}

fn not_gzip(error: &io::Error) -> BodyFailure {
    BodyFailure::Decode(error.to_string())
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

    /// The slices that come out, and how the body ended.
    fn decompress(pieces: &[&[u8]]) -> Result<Vec<Vec<u8>>, BodyFailure> {
        let mut gunzip = Gunzip::default();
        let mut slices = Vec::new();
        for piece in pieces {
            gunzip.push(piece);
            while !gunzip.is_drained() {
                let mut slice = Vec::new();
                gunzip.decompress(&mut |bytes| {
                    slice.extend_from_slice(bytes);
                    ControlFlow::Continue(())
                })?;
                slices.push(slice);
            }
        }
        gunzip.end().map(|()| slices)
    }

    #[test]
    fn cut_anywhere_it_gives_the_same() {
        let text: Vec<u8> = (0..=255).cycle().take(5000).collect();
        // Two members, and padding between them and behind.
        let compressed = [gzip(&text), vec![0; 3], gzip(b"end"), vec![0; 700]].concat();
        let expected = [text.as_slice(), b"end"].concat();
        for size in [1, 2, 7, 100, compressed.len()] {
            let pieces: Vec<&[u8]> = compressed.chunks(size).collect();
            assert_eq!(decompress(&pieces).unwrap().concat(), expected, "{size}");
        }
    }

    #[test]
    fn a_bomb_comes_in_slices_and_can_be_stopped() {
        let bomb = gzip(&vec![0; 8 << 20]);
        let slices = decompress(&[&bomb]).unwrap();
        assert_eq!(slices.iter().map(Vec::len).sum::<usize>(), 8 << 20);
        let largest = SLICE_BYTES + 1032 * STEP_BYTES + 65536;
        assert!(slices.iter().all(|slice| slice.len() <= largest));
        let mut gunzip = Gunzip::default();
        gunzip.push(&bomb);
        let mut count = 0;
        let stopped = gunzip.decompress(&mut |_| {
            count += 1;
            ControlFlow::Break(())
        });
        assert!(stopped.is_ok() && count == 1);
    }

    #[test]
    fn an_early_end_is_a_cut_and_noise_is_not_gzip() {
        let compressed = gzip(b"some text");
        for cut in 1..compressed.len() {
            let ended = decompress(&[&compressed[..cut]]);
            assert!(matches!(ended, Err(BodyFailure::Cut(_))), "{cut}");
        }
        let noise = decompress(&[b"<html>no gzip</html>"]);
        assert!(matches!(noise, Err(BodyFailure::Decode(_))));
        let garbage = decompress(&[&compressed, b"garbage that is long enough to be looked at"]);
        assert!(matches!(garbage, Err(BodyFailure::Decode(_))));
        assert!(decompress(&[]).is_ok(), "an empty body is whole");
    }

    #[test]
    fn a_wrong_checksum_is_not_gzip_wherever_it_is_seen() {
        let mut compressed = gzip(b"some text");
        let checksum = compressed.len() - 8;
        compressed[checksum] ^= 1;
        assert!(matches!(
            decompress(&[&compressed]),
            Err(BodyFailure::Decode(_))
        ));
        compressed.push(0);
        assert!(matches!(
            decompress(&[&compressed]),
            Err(BodyFailure::Decode(_))
        ));
    }
}
