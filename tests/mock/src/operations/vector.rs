//! The vector of a text, which is the same in every shape and on every wire: numbers from -0.05 to
//! 0.05 that follow from the CRC of the text. Their decimals are as long as those of real ones.

use base64::prelude::{Engine, BASE64_STANDARD};
use flate2::Crc;

pub struct Vector(Vec<f32>);

impl Vector {
    pub fn of(text: &str, dimensions: usize) -> Self {
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        let mut state = crc.sum() | 1;
        let number = |_| {
            // Marsaglia's xorshift32; its upper 24 bits fit the mantissa of a float.
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            ((state >> 8) as f32 / 16_777_216.0 - 0.5) / 10.0
        };
        Self((0..dimensions).map(number).collect())
    }

    /// As a list of JSON numbers: the shortest decimals that are read as the same floats.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// As little-endian float32 in base64, with its quotes.
    pub fn base64(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().flat_map(|one| one.to_le_bytes()).collect();
        format!("\"{}\"", BASE64_STANDARD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_vector_in_both_forms() {
        let vector = Vector::of("hello", 3);

        let numbers: Vec<f32> = serde_json::from_str(&vector.json()).expect("JSON");
        let base64 = vector.base64();
        let bytes = BASE64_STANDARD.decode(base64.trim_matches('"'));

        let expected: Vec<u8> = numbers.iter().flat_map(|one| one.to_le_bytes()).collect();
        assert_eq!(bytes, Ok(expected));
        assert_eq!(numbers, vector.0);
        assert_ne!(vector.0, Vector::of("world", 3).0);
        assert!(vector.0.iter().all(|one| one.abs() <= 0.05));
    }
}
