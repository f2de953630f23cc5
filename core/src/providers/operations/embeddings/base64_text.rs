//! base64, as servers send vectors in it. Owns that a long text is decoded fast: sixteen characters
//! at a time, whose bits tables have in their places already (as in Nick Galbreath's modp_b64).
//! How a text may end is the base64 crate's. Pure.

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::Engine;

/// Servers pad, or do not.
const ANY_END: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What stands for a character that is none of the alphabet's: no three bytes have this bit.
const FOREIGN: u32 = 1 << 31;

/// For each of four characters in a row: its bits as they stand in the three bytes that the four
/// are, the first byte being the lowest.
static BITS: [[u32; 256]; 4] = [bits(18), bits(12), bits(6), bits(0)];

const fn bits(shift: u32) -> [u32; 256] {
    let mut table = [FOREIGN; 256];
    let mut rest: &[u8] = ALPHABET;
    let mut six = 0_u32;
    while let [character, after @ ..] = rest {
        let [_, first, second, third] = (six << shift).to_be_bytes();
        // Constant, so a character outside of the table would be an error of the compiler.
        #[allow(clippy::indexing_slicing)]
        {
            table[*character as usize] = u32::from_le_bytes([first, second, third, 0]);
        }
        rest = after;
        six += 1;
    }
    table
}

/// Appends the bytes that the text stands for; `None` where it is not base64.
pub(super) fn decode(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    // The end, which may have padding, is left out.
    let begin = text.len().saturating_sub(1) / 16 * 16;
    let (begin, end) = text.split_at_checked(begin)?;
    let (groups, _) = begin.as_chunks::<16>();
    let held = out.len();
    out.resize(held + groups.len() * 12, 0);
    let (places, _) = out.get_mut(held..)?.as_chunks_mut::<12>();
    let mut foreign = 0;
    for (group, place) in groups.iter().zip(places) {
        let [a, b, c, d] = words(group);
        foreign |= a | b | c | d;
        let (places, _) = place.as_chunks_mut::<4>();
        let words = [a | b << 24, b >> 8 | c << 16, c >> 16 | d << 8];
        for (place, word) in places.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
    }
    if foreign & FOREIGN != 0 {
        return None;
    }
    ANY_END.decode_vec(end, out).ok()
}

/// The bytes of four times four characters, three in each word.
#[inline]
fn words(group: &[u8; 16]) -> [u32; 4] {
    let (fours, _) = group.as_chunks::<4>();
    let mut words = [0; 4];
    for (word, four) in words.iter_mut().zip(fours) {
        for (table, character) in BITS.iter().zip(four) {
            *word |= table
                .get(usize::from(*character))
                .copied()
                .unwrap_or(FOREIGN);
        }
    }
    words
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use base64::engine::general_purpose::STANDARD as PADDED;
    use proptest::prelude::*;

    use super::*;

    fn check(text: &[u8]) {
        let mut got = b"before".to_vec();
        let decoded = decode(text, &mut got).map(|()| got);
        let expected = ANY_END.decode(text).ok();
        let expected = expected.map(|bytes| [b"before", bytes.as_slice()].concat());
        assert_eq!(decoded, expected, "{}", text.escape_ascii());
    }

    proptest! {
        #[test]
        fn bytes_are_those_of_the_crate(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = PADDED.encode(&bytes);
            check(text.as_bytes());
            check(text.trim_end_matches('=').as_bytes());
        }

        #[test]
        fn a_foreign_character_anywhere_is_an_error(
            bytes in prop::collection::vec(any::<u8>(), 1..100),
            at in any::<prop::sample::Index>(),
            foreign in any::<u8>(),
        ) {
            let mut text = PADDED.encode(&bytes).into_bytes();
            let at = at.index(text.len());
            *text.get_mut(at).unwrap() = foreign;
            check(&text);
            text.extend_from_slice(&text.clone());
            check(&text);
        }

        #[test]
        fn any_text_is_as_the_crate_has_it(text in "[A-Za-z0-9+/=]{0,70}") {
            check(text.as_bytes());
        }
    }
}
