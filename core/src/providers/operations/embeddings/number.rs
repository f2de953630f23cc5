//! Numbers of JSON, straight into float32. Owns one rule: the result is that of parsing a double
//! and rounding it, to the bit, at a fraction of the cost. Pure.

/// The powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
/// By what a number grows with so many digits more.
const TENS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
/// As many digits fit an u64.
const DIGITS_MAX: usize = 19;
/// The bits of a double that a float32 has not.
const LOST_BITS: u64 = (1 << 29) - 1;
/// Half of the last bit that is kept: here a float32 is rounded up or down.
const TIE: u64 = 1 << 28;
/// How far, in its last bits, a double may be from the true value: the digits and the power cost
/// half a bit each, and twice that where a power of two lies between.
const ERROR_MAX: u64 = 4;

/// Parses the number that the text begins with; the rest is what follows it.
#[inline]
pub(super) fn parse(text: &[u8]) -> Option<(f32, &[u8])> {
    // Without a branch: half of all numbers have a sign, and no processor can guess which.
    let is_negative = text.first() == Some(&b'-');
    let unsigned = text.get(usize::from(is_negative)..)?;
    let (mut mantissa, mut rest) = last_digits(0, unsigned);
    let (whole, mut fraction) = (unsigned.len() - rest.len(), 0);
    if let [b'.', after @ ..] = rest {
        (mantissa, rest) = digits(mantissa, after);
        fraction = after.len() - rest.len();
        if fraction == 0 {
            return None;
        }
    }
    // JSON has no number without digits, or with a zero before others.
    if whole == 0 || (whole > 1 && unsigned.first() == Some(&b'0')) {
        return None;
    }
    let mut exponent = -i64::try_from(fraction).ok()?;
    if let [b'e' | b'E', after @ ..] = rest {
        let (written, after) = parse_exponent(after)?;
        exponent = exponent.saturating_add(written);
        rest = after;
    }
    let length = whole + fraction;
    let is_short =
        length <= DIGITS_MAX || length.saturating_sub(leading_zeros(unsigned)) <= DIGITS_MAX;
    let value = match is_short.then(|| scale(mantissa, exponent)).flatten() {
        Some(value) => value,
        None => exactly(unsigned, rest)?,
    };
    let sign = u32::from(is_negative) << 31;
    Some((f32::from_bits(value.to_bits() | sign), rest))
}

/// Continues a number with the digits that the text begins with, eight at once. It wraps around
/// where there are too many.
#[inline]
fn digits(mut number: u64, mut text: &[u8]) -> (u64, &[u8]) {
    while let Some((eight, rest)) = text.split_first_chunk::<8>() {
        let digits = u64::from_le_bytes(*eight) ^ 0x3030_3030_3030_3030;
        let above_nine = digits.wrapping_add(0x7676_7676_7676_7676) | digits;
        let others = above_nine & 0x8080_8080_8080_8080;
        if others == 0 {
            let high = number.wrapping_mul(100_000_000);
            (number, text) = (high.wrapping_add(eight_digits(digits)), rest);
            continue;
        }
        let count = others.trailing_zeros() as usize / 8;
        // Zeros in front of the digits, in place of what follows them. In two steps, since it may
        // be all of it.
        let digits = digits << (32 - 4 * count) << (32 - 4 * count);
        let high = number.wrapping_mul(TENS.get(count).copied().unwrap_or_default());
        let rest = text.get(count..).unwrap_or_default();
        return (high.wrapping_add(eight_digits(digits)), rest);
    }
    last_digits(number, text)
}

/// The same, one by one.
#[inline]
fn last_digits(mut number: u64, mut text: &[u8]) -> (u64, &[u8]) {
    while let [digit @ b'0'..=b'9', rest @ ..] = text {
        let high = number.wrapping_mul(10);
        (number, text) = (high.wrapping_add(u64::from(digit - b'0')), rest);
    }
    (number, text)
}

/// The number whose digits are the bytes of a word (as in fast_float and simdjson).
#[inline]
fn eight_digits(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let high = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let low = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    high.wrapping_add(low) >> 32
}

fn parse_exponent(text: &[u8]) -> Option<(i64, &[u8])> {
    let (is_negative, begin) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (mut number, mut rest) = (0_i64, begin);
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        // Far beyond what a double can be, and it cannot overflow.
        number = (number * 10 + i64::from(digit - b'0')).min(1_000_000);
        rest = after;
    }
    let has_digits = rest.len() < begin.len();
    has_digits.then_some((if is_negative { -number } else { number }, rest))
}

/// How many digits of a number are zeros in front of the others.
#[cold]
fn leading_zeros(text: &[u8]) -> usize {
    let zeros = text.iter().take_while(|byte| matches!(byte, b'0' | b'.'));
    // The point is not a digit; it follows the first zero.
    zeros.count().saturating_sub(1)
}

/// Mantissa times a power of ten; nothing where a double would not decide how it is rounded.
#[inline]
fn scale(mantissa: u64, exponent: i64) -> Option<f32> {
    let power = |exponent: i64| POWERS.get(usize::try_from(exponent).ok()?);
    let double = match exponent {
        ..0 => mantissa as f64 / power(-exponent)?,
        0.. => mantissa as f64 * power(exponent)?,
    };
    let lost = double.to_bits() & LOST_BITS;
    (lost.abs_diff(TIE) > ERROR_MAX).then_some(double as f32)
}

/// The number between the two texts, by the standard library.
#[cold]
fn exactly(text: &[u8], rest: &[u8]) -> Option<f32> {
    let number = text.get(..text.len() - rest.len())?;
    let number = std::str::from_utf8(number).ok()?;
    number.parse::<f64>().ok().map(|double| double as f32)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str) {
        let expected = serde_json::from_str::<f64>(text);
        let followed = format!("{text},1");
        let got = parse(followed.as_bytes());
        match expected {
            Ok(double) => {
                let (value, rest) = got.unwrap();
                // serde_json reads a double to the last bit only on request; std always does.
                let double = text.parse::<f64>().unwrap_or(double);
                assert_eq!(value.to_bits(), (double as f32).to_bits(), "{text}");
                assert_eq!(rest, b",1", "{text}");
            }
            // A number that is too large for a double: not finite, which the caller refuses.
            Err(_) => assert!(
                got.is_none_or(|(value, rest)| !value.is_finite() || rest != b",1"),
                "{text}"
            ),
        }
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for text in [
            "0",
            "-0",
            "0.0",
            "1",
            "-1",
            "12",
            "1.5",
            "-0.016448808833956718",
            "1e5",
            "1E+5",
            "1e-5",
            "1.5e-07",
            "0.1",
            "123456789012345678",
            "1234567890123456789",
            "12345678901234567890",
            "0.00000000000000000000000000000012345",
            "0.0001234567890123456789",
            "0.00012345678901234567891",
            "0.00000000000000000000",
            "0.00000000000000000000.0000",
            "1e22",
            "1e23",
            "1e-22",
            "1e-46",
            "1e38",
            "3.4028236e38",
            "1e309",
            "-1e400",
            "0e99999999999999999999",
            // Ties of float32, and their neighbours.
            "16777217",
            "16777217.0000000001",
            "16777216.999999999",
            "1.00000005960464477539",
            "1.000000059604644775390625",
            "1.0000000596046447753906250001",
            "8388608.5",
            // What is no number of JSON.
            "01",
            "-01",
            "1.",
            ".5",
            "1.e5",
            "+1",
            "-",
            "1e",
            "1e+",
            "--1",
            "NaN",
            "Infinity",
            "null",
            "",
            "-Infinity",
            "0x10",
            "1_0",
        ] {
            check(text);
        }
    }

    #[test]
    fn nearly_ties_are_rounded_as_doubles_are() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            let float = f32::from_bits(rng.u32(0x3000_0000..0x4b00_0000));
            let next = f32::from_bits(float.to_bits() + 1);
            let tie = (f64::from(float) + f64::from(next)) / 2.0;
            for bits in [tie.to_bits() - 1, tie.to_bits(), tie.to_bits() + 1] {
                let double = f64::from_bits(bits);
                check(&format!("{double}"));
                check(&format!("{double:e}"));
                check(&format!("{double:.18}"));
            }
        }
    }

    proptest! {
        #[test]
        fn any_double_is_rounded(bits in any::<u64>(), digits in 0_usize..25) {
            let double = f64::from_bits(bits);
            if double.is_finite() {
                check(&format!("{double:e}"));
                check(&format!("{double:.digits$e}"));
            }
        }

        #[test]
        fn usual_numbers_are_rounded(number in -2.0_f64..2.0, digits in 0_usize..25) {
            check(&format!("{number}"));
            check(&format!("{number:.digits$}"));
            check(&format!("{}", number as f32));
        }

        #[test]
        fn any_text_is_a_number_or_none(text in "[-+0-9.eE]{0,24}") {
            check(&text);
        }
    }
}
