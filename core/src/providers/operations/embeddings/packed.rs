//! Vectors that come as base64. Owns which numbers the bytes are: float32, unless the length that
//! the vector should have, or the provider, says something else. Pure.

use super::base64_text;

/// What the bytes of a provider are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packed {
    /// Little-endian float32.
    Float32,
    /// One signed byte for each number.
    Int8,
}

/// Decodes vectors one after the other.
#[derive(Debug)]
pub(super) struct Unpacker {
    packed: Packed,
    /// The length that each vector should have.
    dimensions: Option<usize>,
    /// Older versions of vLLM send doubles; all vectors of a response have the same numbers.
    is_double: Option<bool>,
    bytes: Vec<u8>,
}

impl Unpacker {
    pub(super) fn new(packed: Packed, dimensions: Option<usize>) -> Self {
        Self {
            packed,
            dimensions,
            is_double: None,
            bytes: Vec::new(),
        }
    }

    /// Appends the numbers, or says what the text is.
    pub(super) fn unpack(&mut self, text: &[u8], out: &mut Vec<f32>) -> Result<(), &'static str> {
        self.bytes.clear();
        base64_text::decode(text, &mut self.bytes).ok_or("is not base64")?;
        let length = self.bytes.len();
        let is_int8 = match self.dimensions {
            Some(dimensions) if length == dimensions => true,
            Some(dimensions) if length == 4 * dimensions => false,
            _ => self.packed == Packed::Int8,
        };
        if is_int8 {
            // `as`: the byte is a signed one.
            out.extend(self.bytes.iter().map(|byte| f32::from(*byte as i8)));
        } else if self.is_double() {
            out.extend(doubles(&self.bytes).map(|double| double as f32));
        } else if length.is_multiple_of(4) {
            out.extend(floats(&self.bytes));
        } else {
            return Err("is base64 of something else than float32");
        }
        Ok(())
    }

    fn is_double(&mut self) -> bool {
        let length = self.bytes.len();
        if !length.is_multiple_of(8) || length == 0 {
            return false;
        }
        match self.dimensions {
            Some(dimensions) if length == 4 * dimensions => return false,
            Some(dimensions) if length == 8 * dimensions => return true,
            _ => {}
        }
        // As doubles, float32 numbers are nearly nothing; as float32, doubles are anything. So only
        // doubles are a vector of length 1 in the one reading and not in the other.
        let bytes = &self.bytes;
        let is_double = || !is_unit(floats(bytes).map(f64::from)) && is_unit(doubles(bytes));
        *self.is_double.get_or_insert_with(is_double)
    }
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    let (chunks, _) = bytes.as_chunks::<4>();
    chunks.iter().map(|chunk| f32::from_le_bytes(*chunk))
}

fn doubles(bytes: &[u8]) -> impl Iterator<Item = f64> + '_ {
    let (chunks, _) = bytes.as_chunks::<8>();
    chunks.iter().map(|chunk| f64::from_le_bytes(*chunk))
}

fn is_unit(numbers: impl Iterator<Item = f64>) -> bool {
    let norm = numbers.map(|number| number * number).sum::<f64>().sqrt();
    (norm - 1.0).abs() < 1e-2
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    use base64::Engine;

    use super::*;

    fn unpack(unpacker: &mut Unpacker, bytes: &[u8]) -> Result<Vec<f32>, &'static str> {
        let mut out = Vec::new();
        unpacker.unpack(STANDARD.encode(bytes).as_bytes(), &mut out)?;
        let mut again = Vec::new();
        unpacker.unpack(STANDARD_NO_PAD.encode(bytes).as_bytes(), &mut again)?;
        assert_eq!(out, again);
        Ok(out)
    }

    fn bytes32(numbers: &[f32]) -> Vec<u8> {
        numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect()
    }

    fn bytes64(numbers: &[f32]) -> Vec<u8> {
        let doubles = numbers.iter().map(|number| f64::from(*number));
        doubles.flat_map(f64::to_le_bytes).collect()
    }

    #[test]
    fn the_length_says_what_the_bytes_are() {
        let unit = [0.5, -0.5, 0.5, 0.5];
        let long = [3.0, -7.25, 1e-3, 900.0];
        let of = |packed, dimensions| Unpacker::new(packed, dimensions);
        for numbers in [unit, long] {
            for dimensions in [None, Some(4)] {
                let got = unpack(&mut of(Packed::Float32, dimensions), &bytes32(&numbers));
                assert_eq!(got.unwrap(), numbers);
            }
            let got = unpack(&mut of(Packed::Float32, Some(4)), &bytes64(&numbers));
            assert_eq!(got.unwrap(), numbers);
        }
        // Without a length only a vector of length 1 shows it, and the next one need not.
        let mut unpacker = of(Packed::Float32, None);
        assert_eq!(unpack(&mut unpacker, &bytes64(&unit)).unwrap(), unit);
        assert_eq!(unpack(&mut unpacker, &bytes64(&long)).unwrap(), long);
        let mut unpacker = of(Packed::Float32, None);
        assert_eq!(unpack(&mut unpacker, &bytes64(&long)).unwrap().len(), 8);
        let bytes = [1, 255, 128, 127];
        let numbers = [1.0, -1.0, -128.0, 127.0];
        assert_eq!(
            unpack(&mut of(Packed::Int8, None), &bytes).unwrap(),
            numbers
        );
        assert_eq!(
            unpack(&mut of(Packed::Float32, Some(4)), &bytes).unwrap(),
            numbers
        );
        let floats = unpack(&mut of(Packed::Int8, Some(1)), &bytes32(&[2.5]));
        assert_eq!(floats.unwrap(), [2.5]);
    }

    #[test]
    fn what_is_no_vector_is_an_error() {
        let mut unpacker = Unpacker::new(Packed::Float32, None);
        let mut out = Vec::new();
        assert_eq!(
            unpacker.unpack(b"not base64!", &mut out),
            Err("is not base64")
        );
        let odd = "is base64 of something else than float32";
        assert_eq!(unpacker.unpack(b"AAAAAAA", &mut out), Err(odd));
        assert_eq!(unpacker.unpack(b"", &mut out), Ok(()));
        assert!(out.is_empty());
    }
}
