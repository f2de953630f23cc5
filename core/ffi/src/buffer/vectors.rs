//! Vectors in a buffer: the core's own memory, held until the events are forgotten, so that nothing
//! is copied. Owns their alignment.

use liter_llm_core::Vectors;

// The header promises little-endian floats.
const _: () = assert!(cfg!(target_endian = "little"), "floats are little-endian");

/// What the header promises of an event's address.
const ALIGNMENT: usize = 16;

/// Sixteen bytes at an address that is a multiple of 16.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(16))]
pub(super) struct Block([f32; 4]);

/// The numbers of one event.
#[derive(Debug)]
pub(super) enum VectorData {
    /// As the core has them.
    Shared(Vectors),
    /// Copied, since they began elsewhere; and how many numbers there are.
    Aligned(Box<[Block]>, usize),
}

impl VectorData {
    /// Holds vectors; `None` where a copy is needed and there is no memory for it. Allocators give
    /// large memory at such addresses, so a copy is rare.
    pub fn new(vectors: Vectors) -> Option<Self> {
        let values = vectors.values();
        if values.as_ptr().addr().is_multiple_of(ALIGNMENT) {
            return Some(Self::Shared(vectors));
        }
        Self::copied(values)
    }

    fn copied(values: &[f32]) -> Option<Self> {
        let mut blocks = Vec::new();
        let count = values.len().div_ceil(4);
        blocks.try_reserve_exact(count).ok()?;
        blocks.extend(values.chunks(4).map(|chunk| {
            let mut block = Block::default();
            block
                .0
                .iter_mut()
                .zip(chunk)
                .for_each(|(to, from)| *to = *from);
            block
        }));
        Some(Self::Aligned(blocks.into_boxed_slice(), values.len()))
    }

    /// The numbers as bytes.
    pub fn bytes(&self) -> &[u8] {
        let (start, length) = match self {
            Self::Shared(vectors) => (vectors.values().as_ptr(), vectors.values().len()),
            Self::Aligned(blocks, length) => (blocks.as_ptr().cast(), *length),
        };
        // SAFETY: so many floats stand there, blocks having no padding and being at least as many;
        // every byte of a float may be read; they live and do not change as long as `self` is
        // borrowed.
        unsafe { std::slice::from_raw_parts(start.cast(), length * size_of::<f32>()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn numbers(bytes: &[u8]) -> Vec<f32> {
        let chunks = bytes.chunks_exact(4);
        chunks
            .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
            .collect()
    }

    #[test]
    fn vectors_are_held_where_they_are() {
        let values: Vec<f32> = (0_u8..96).map(f32::from).collect();
        let vectors = Vectors::new(values.clone(), 3);
        let at = vectors.values().as_ptr();
        assert_eq!(
            at.addr() % ALIGNMENT,
            0,
            "this allocator gives such addresses"
        );
        let data = VectorData::new(vectors).unwrap();
        assert!(std::ptr::eq(data.bytes().as_ptr(), at.cast()));
        assert_eq!(numbers(data.bytes()), values);
    }

    #[test]
    fn vectors_at_another_address_are_copied_to_such_a_one() {
        let values: Vec<f32> = (0_u8..97).map(f32::from).collect();
        for count in [0, 1, 4, 95, 96] {
            let values = &values[1..=count];
            assert_ne!(values.as_ptr().addr() % ALIGNMENT, 0);
            let data = VectorData::copied(values).unwrap();
            assert_eq!(data.bytes().as_ptr().addr() % ALIGNMENT, 0);
            assert_eq!(numbers(data.bytes()), values);
        }
    }
}
