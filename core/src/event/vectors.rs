//! Vectors as they leave the core: a part of one allocation that its parts share, so that nothing
//! is copied on the way. Depends on no provider.

use std::ops::Range;
use std::sync::Arc;

/// Vectors of one length. Cheap to clone.
#[derive(Clone, PartialEq, Default)]
pub struct Vectors {
    shared: Arc<Vec<f32>>,
    /// The numbers of `shared` that these vectors are.
    range: Range<usize>,
    dimensions: usize,
}

impl Vectors {
    /// Vectors that stand one behind the other; numbers that are no whole vector are left out.
    #[must_use]
    pub fn new(values: Vec<f32>, dimensions: usize) -> Self {
        let dimensions = dimensions.max(1);
        let end = values.len() - values.len() % dimensions;
        Self {
            shared: Arc::new(values),
            range: 0..end,
            dimensions,
        }
    }

    /// All numbers, vector behind vector.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        self.shared.get(self.range.clone()).unwrap_or_default()
    }

    /// Numbers in each vector.
    #[must_use]
    pub const fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// How many vectors there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.range.len() / self.dimensions.max(1)
    }

    /// Each vector.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values().chunks_exact(self.dimensions.max(1))
    }

    /// All numbers; moved where nothing else holds them.
    #[must_use]
    pub fn into_values(self) -> Vec<f32> {
        if self.range != (0..self.shared.len()) {
            return self.values().to_vec();
        }
        Arc::try_unwrap(self.shared).unwrap_or_else(|shared| shared.to_vec())
    }

    /// Takes the first vectors off: as many as have at most so many bytes, and four at least. A
    /// multiple of four vectors has a multiple of 16 bytes, so what is left keeps its alignment.
    pub(crate) fn take(&mut self, bytes_max: usize) -> Self {
        let bytes = self.dimensions.max(1) * size_of::<f32>();
        let vectors = (bytes_max / bytes / 4 * 4).max(4);
        let length = vectors
            .saturating_mul(self.dimensions)
            .min(self.range.len());
        let end = self.range.start + length;
        let taken = Self {
            range: self.range.start..end,
            ..self.clone()
        };
        self.range.start = end;
        taken
    }
}

/// Whether none of the numbers is infinite or no number at all. Without a branch for each, so that
/// the compiler makes vector instructions of it.
pub(crate) fn are_finite(numbers: &[f32]) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    let is_not = |number: &f32| number.to_bits() & EXPONENT == EXPONENT;
    !numbers
        .iter()
        .fold(false, |found, number| found | is_not(number))
}

impl std::fmt::Debug for Vectors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Vectors")
            .field("count", &self.count())
            .field("dimensions", &self.dimensions)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(count: usize, dimensions: usize) -> Vectors {
        let values = (0_u16..).map(f32::from).take(count * dimensions);
        Vectors::new(values.collect(), dimensions)
    }

    #[test]
    fn one_number_that_is_not_finite_is_found_anywhere() {
        let numbers = [0.0, -0.0, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e-45, 1.0];
        let numbers = numbers.repeat(5);
        assert!(are_finite(&numbers) && are_finite(&[]));
        for other in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for at in 0..numbers.len() {
                let mut numbers = numbers.clone();
                numbers[at] = other;
                assert!(!are_finite(&numbers), "{other} at {at}");
            }
        }
    }

    #[test]
    fn parts_are_whole_vectors_in_order_and_begin_at_multiples_of_16_bytes() {
        for (count, dimensions, bytes_max) in [(11, 3, 100), (9, 5, 1), (8, 4, 1000), (0, 3, 9)] {
            let whole = vectors(count, dimensions);
            let mut rest = whole.clone();
            let mut all = Vec::new();
            while rest.count() > 0 {
                assert_eq!(rest.range.start * 4 % 16, 0);
                let part = rest.take(bytes_max);
                let bytes = part.values().len() * 4;
                assert!(bytes <= bytes_max || part.count() <= 4, "{bytes}");
                assert_eq!(part.values().len() % dimensions, 0);
                all.extend_from_slice(part.values());
            }
            assert_eq!(all, whole.values());
        }
    }

    #[test]
    fn all_numbers_are_moved_out_where_nobody_shares_them() {
        let whole = vectors(4, 3);
        let at = whole.values().as_ptr();
        let values = whole.into_values();
        assert!(std::ptr::eq(at, values.as_ptr()));
        let mut shared = Vectors::new(values, 3);
        let first = shared.take(1);
        assert_eq!((first.count(), shared.count()), (4, 0));
        assert_eq!(first.into_values().len(), 12);
        assert_eq!(Vectors::new(vec![1.0; 7], 3).count(), 2);
        assert_eq!(Vectors::default().count(), 0);
    }
}
