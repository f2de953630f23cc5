//! Text with percent, JSON and HTML escapes undone, with the place in the original of each byte.
//! Any mix and any case of escapes is undone, so that the spellings of a key need not be listed.

use memchr::memchr3;

/// A byte that may be the meaning of an escape, and where that stands in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) byte: u8,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Longest escape, as in `&#x0000002F;`.
const ESCAPE_BYTES_MAX: usize = 12;

/// A text without its outermost escapes; `None` if it has none, which costs no allocation.
pub(super) fn text(text: &str) -> Option<Vec<Unit>> {
    memchr3(b'%', b'\\', b'&', text.as_bytes())?;
    let units: Vec<_> = text
        .bytes()
        .enumerate()
        .map(|(start, byte)| Unit {
            byte,
            start,
            end: start + 1,
        })
        .collect();
    again(&units)
}

/// The next layer: an escape inside of an escape.
pub(super) fn again(units: &[Unit]) -> Option<Vec<Unit>> {
    let mut plain = Vec::with_capacity(units.len());
    let mut rest = units;
    while let Some(first) = rest.first() {
        let (byte, length) = match first.byte {
            b'%' | b'\\' | b'&' => escape(rest).unwrap_or((first.byte, 1)),
            byte => (byte, 1),
        };
        let (taken, after) = rest.split_at_checked(length)?;
        plain.push(Unit {
            byte,
            start: first.start,
            end: taken.last()?.end,
        });
        rest = after;
    }
    (plain.len() < units.len()).then_some(plain)
}

/// A secret itself, as it reads once all of its accidental escapes are undone.
pub(super) fn fully(secret: &str) -> Option<String> {
    let mut units = text(secret)?;
    while let Some(plainer) = again(&units) {
        units = plainer;
    }
    String::from_utf8(units.iter().map(|unit| unit.byte).collect()).ok()
}

/// The byte that the escape at the beginning stands for, and how long it is.
fn escape(units: &[Unit]) -> Option<(u8, usize)> {
    let mut bytes = [0; ESCAPE_BYTES_MAX];
    let mut length = 0;
    for (place, unit) in bytes.iter_mut().zip(units) {
        *place = unit.byte;
        length += 1;
    }
    let bytes = bytes.get(..length)?;
    match bytes {
        [b'%', digits @ ..] => Some((number(digits.get(..2)?, 16)?, 3)),
        [b'\\', b'u', digits @ ..] => Some((character(digits.get(..4)?, 16)?, 6)),
        [b'\\', same @ (b'"' | b'\\' | b'/'), ..] => Some((*same, 2)),
        [b'&', name @ ..] => {
            let length = name.iter().position(|byte| *byte == b';')?;
            Some((entity(name.get(..length)?)?, length + 2))
        }
        _ => None,
    }
}

fn entity(name: &[u8]) -> Option<u8> {
    match name {
        b"amp" => Some(b'&'),
        b"lt" => Some(b'<'),
        b"gt" => Some(b'>'),
        b"quot" => Some(b'"'),
        b"apos" => Some(b'\''),
        [b'#', b'x' | b'X', digits @ ..] => character(digits, 16),
        [b'#', digits @ ..] => character(digits, 10),
        _ => None,
    }
}

/// An ASCII character by its number; others are more than one byte.
fn character(digits: &[u8], radix: u32) -> Option<u8> {
    number(digits, radix).filter(u8::is_ascii)
}

fn number(digits: &[u8], radix: u32) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    // from_str_radix would also take a sign.
    if !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u8::from_str_radix(text, radix).ok()
}
