//! A set of short runs of bytes, each kept as one number, so that a text costs one look per byte.
//!

use secrecy::zeroize::Zeroizing;

/// A hash table with open addressing, at most half full; 0 is an empty place.
pub(super) struct Table(Zeroizing<Vec<u64>>);

impl Table {
    /// The runs of this length, at most eight, of all texts.
    pub(super) fn of_runs<'t>(
        texts: impl Iterator<Item = &'t [u8]> + Clone,
        length: usize,
    ) -> Self {
        let count: usize = texts
            .clone()
            .map(|text| (text.len() + 1).saturating_sub(length))
            .sum();
        let size = match count {
            0 => 0,
            count => (2 * count).next_power_of_two(),
        };
        let mut table = Self(Zeroizing::new(vec![0; size]));
        texts.for_each(|text| {
            runs(text.iter().copied(), length, |_, number| {
                table.insert(number)
            });
        });
        table
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn insert(&mut self, number: u64) {
        let mask = self.0.len().wrapping_sub(1);
        let mut at = hash(number) & mask;
        while let Some(place) = self.0.get_mut(at) {
            if *place == 0 || *place == number {
                *place = number;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        let mask = self.0.len().wrapping_sub(1);
        let mut at = hash(number) & mask;
        // Half of the places are empty.
        loop {
            match self.0.get(at) {
                None | Some(0) => return false,
                Some(place) if *place == number => return true,
                Some(_) => at = (at + 1) & mask,
            }
        }
    }
}

/// Multiplicative hashing: the upper bits depend on all of the number.
fn hash(number: u64) -> usize {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

/// Every `length` bytes in a row, at most eight, as a number, with the place of the first. Small
/// letters: host and header names lose their case. The number is never 0 for a run without NUL,
/// which no key has.
pub(super) fn runs(
    bytes: impl Iterator<Item = u8>,
    length: usize,
    mut take: impl FnMut(usize, u64),
) {
    let mask = u64::MAX >> (64 - 8 * length);
    let mut number = 0;
    for (at, byte) in bytes.enumerate() {
        number = ((number << 8) | u64::from(byte.to_ascii_lowercase())) & mask;
        if let Some(first) = (at + 1).checked_sub(length) {
            take(first, number);
        }
    }
}
