//! Whether the process's environment has changed, without reading one variable of it: a number over
//! all of its bytes. Owns no copy of it.

use crate::platform;

/// An odd number with bits all over (the golden ratio's), which spreads each word over the sum.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The number of the environment as it is now, which must not change meanwhile in another thread.
pub fn fingerprint() -> u64 {
    let mut sum = 0;
    platform::each_variable(|entry| sum = mix(sum, entry));
    sum
}

fn mix(sum: u64, bytes: &[u8]) -> u64 {
    let add = |sum: u64, word: u64| (sum ^ word).wrapping_mul(SPREAD).rotate_left(23);
    let sum = bytes.chunks(8).fold(sum, |sum, chunk| {
        let word = chunk
            .iter()
            .rev()
            .fold(0, |word, byte| (word << 8) | u64::from(*byte));
        add(sum, word)
    });
    // Where one entry ends and the next begins counts too.
    add(sum, bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn of(entries: &[&str]) -> u64 {
        entries
            .iter()
            .fold(0, |sum, entry| mix(sum, entry.as_bytes()))
    }

    #[test]
    fn every_change_is_another_number() {
        let lists: [&[&str]; 9] = [
            &[],
            &["KEY=1"],
            &["KEY=2"],
            &["KEY=12345678"],
            &["KEY=1", "KEY=2"],
            &["KEY=2", "KEY=1"],
            &["KEY=1KEY=2"],
            &["KEY=1", ""],
            &["KEY=1\u{1}"],
        ];
        let mut seen: Vec<u64> = lists.iter().map(|list| of(list)).collect();
        assert_eq!(seen, lists.iter().map(|list| of(list)).collect::<Vec<_>>());
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), lists.len());
    }

    #[test]
    fn the_number_is_that_of_all_variables() {
        let entry = |(name, value): (OsString, OsString)| {
            [name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat()
        };
        let entries = std::env::vars_os().map(entry);
        let expected = entries.fold(0, |sum, entry| mix(sum, &entry));
        assert_eq!(fingerprint(), expected);
        assert_ne!(expected, 0, "cargo sets some");
    }
}
