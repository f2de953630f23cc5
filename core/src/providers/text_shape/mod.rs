//! Chunks of one stream mostly differ in nothing but their text. Where all around it is as in the
//! chunk before, which was parsed whole and was nothing but text, only the text is read. Owns what
//! "as before" means; which chunks are nothing but text, the wires say.

#[cfg(test)]
mod tests;

use std::ops::Range;

use memchr::{memchr2, memmem};

use crate::prefetch::{self, Prefetch};

/// The most bytes around a text that are remembered.
const AROUND_BYTES_MAX: usize = 1024;
/// Chunks that were remembered for nothing, after which no more are: this server's always differ.
const MISSES_MAX: u32 = 32;
/// Up to here a text's end is looked for byte by byte, which is the fastest for a word.
const SHORT_BYTES: usize = 16;
/// Longest number that is passed over.
const DIGITS_MAX: usize = 15;

/// What stands between two literal pieces of a chunk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hole {
    Text,
    /// The value of a field that nobody reads, which is a text without escapes.
    Padding,
    /// The same, a whole number.
    Number,
}

/// The last chunk that was nothing but text, without what may differ.
#[derive(Default)]
pub(crate) struct TextShape {
    /// The name of its event.
    name: String,
    literals: Vec<u8>,
    /// Where each literal ends, and the hole behind it; the rest is the last literal. Empty where
    /// no chunk is remembered.
    holes: Vec<(usize, Hole)>,
    misses: u32,
    unescaped: String,
}

impl TextShape {
    pub(crate) fn prefetch(&self, load: Prefetch) {
        prefetch::whole(self.name.as_bytes(), load);
        prefetch::whole(self.literals.as_slice(), load);
        prefetch::whole(self.holes.as_slice(), load);
    }

    /// The text of a chunk that differs from the last one in nothing that counts, and is not empty;
    /// and what follows the chunk.
    #[inline]
    pub(crate) fn text<'d>(
        &'d mut self,
        name: &[u8],
        bytes: &'d [u8],
    ) -> Option<(&'d str, &'d [u8])> {
        if self.holes.is_empty() || !is_same_name(self.name.as_bytes(), name) {
            return None;
        }
        let (mut rest, mut begin, mut raw) = (bytes, 0, &[][..]);
        let mut is_escaped = false;
        for (end, hole) in &self.holes {
            rest = rest.strip_prefix(self.literals.get(begin..*end)?)?;
            begin = *end;
            let length = match hole {
                Hole::Text => {
                    let length;
                    (length, is_escaped) = text_length(rest)?;
                    raw = rest.get(..length)?;
                    length
                }
                Hole::Padding => {
                    let length = plain_length(rest)?;
                    str::from_utf8(rest.get(..length)?).ok()?;
                    length
                }
                Hole::Number => number_length(rest)?,
            };
            rest = rest.get(length..)?;
        }
        let rest = rest.strip_prefix(self.literals.get(begin..)?)?;
        if raw.is_empty() {
            return None;
        }
        self.misses = 0;
        #[cfg(test)]
        tests::COUNT.set(tests::COUNT.get() + 1);
        if !is_escaped {
            return Some((str::from_utf8(raw).ok()?, rest));
        }
        let start = raw.as_ptr() as usize - bytes.as_ptr() as usize;
        let quoted = bytes.get(start - 1..=start + raw.len())?;
        self.unescaped = serde_json::from_slice(quoted).ok()?;
        (!self.unescaped.is_empty()).then_some((&self.unescaped, rest))
    }

    /// Remembers a chunk that was nothing but this text, which is a part of it. What stands behind
    /// the names of `ignored` may differ.
    pub(crate) fn remember(&mut self, name: &str, data: &str, text: &str, ignored: &[&str]) {
        self.forget();
        let Some(text) = range_of(data, text) else {
            return;
        };
        // A frame that is repeated ends with its line.
        if data.contains(['\n', '\r']) {
            return;
        }
        if self.misses >= MISSES_MAX || data.len() - text.len() > AROUND_BYTES_MAX {
            return;
        }
        self.misses += 1;
        name.clone_into(&mut self.name);
        let mut holes = vec![(text.clone(), Hole::Text)];
        holes.extend(ignored.iter().filter_map(|name| hole_behind(data, name)));
        holes.sort_by_key(|(range, _)| range.start);
        let mut begin = 0;
        for (range, hole) in holes {
            let Some(literal) = data.get(begin..range.start) else {
                return self.forget();
            };
            self.literals.extend_from_slice(literal.as_bytes());
            self.holes.push((self.literals.len(), hole));
            begin = range.end;
        }
        let last = data.get(begin..).unwrap_or_default();
        self.literals.extend_from_slice(last.as_bytes());
    }

    /// The next chunk is parsed whole.
    pub(crate) fn forget(&mut self) {
        self.literals.clear();
        self.holes.clear();
    }
}

/// Events of most wires have no name. To compare nothing is no matter of course: the C library's
/// comparison reads with masks, and the processor takes a hundred cycles to see that none of the
/// address it was given, which stands for an empty text, was to be read.
#[inline]
fn is_same_name(one: &[u8], other: &[u8]) -> bool {
    match (one.is_empty(), other.is_empty()) {
        (false, false) => one == other,
        (one, other) => one && other,
    }
}

/// Not a part of what was received: a decoder is the same with it and without.
impl std::fmt::Debug for TextShape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TextShape")
    }
}

/// Where a text stands that is a part of the data, between quotes.
fn range_of(data: &str, text: &str) -> Option<Range<usize>> {
    let start = (text.as_ptr() as usize).checked_sub(data.as_ptr() as usize)?;
    let end = start.checked_add(text.len())?;
    let is_quote = |at: usize| data.as_bytes().get(at) == Some(&b'"');
    let is_there = !text.is_empty() && is_quote(start.checked_sub(1)?) && is_quote(end);
    (is_there && data.get(start..end) == Some(text)).then_some(start..end)
}

/// The value behind a name, which is written `"name":`. Quotes inside of a text are escaped, so
/// that no text can hold one.
fn hole_behind(data: &str, name: &str) -> Option<(Range<usize>, Hole)> {
    let start = memmem::find(data.as_bytes(), name.as_bytes())? + name.len();
    let value = data.as_bytes().get(start..)?;
    match value.first()? {
        b'"' => {
            let length = plain_length(value.get(1..)?)?;
            Some((start + 1..start + 1 + length, Hole::Padding))
        }
        _ => Some((start..start + number_length(value)?, Hole::Number)),
    }
}

/// The length of a JSON text up to its closing quote, and whether it has escapes; `None` where it
/// is not one.
#[inline]
fn text_length(bytes: &[u8]) -> Option<(usize, bool)> {
    for (at, byte) in bytes.iter().take(SHORT_BYTES).enumerate() {
        match byte {
            b'"' => return Some((at, false)),
            b'\\' => break,
            ..b' ' => return None,
            _ => {}
        }
    }
    let (mut at, mut is_escaped) = (0, false);
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            let text = bytes.get(..at)?;
            let is_text = text.iter().all(|byte| *byte >= b' ');
            return is_text.then_some((at, is_escaped));
        }
        is_escaped = true;
        at += 2;
    }
}

/// The same of a text without escapes.
fn plain_length(bytes: &[u8]) -> Option<usize> {
    let (length, is_escaped) = text_length(bytes)?;
    (!is_escaped).then_some(length)
}

/// The length of a whole number as JSON writes it.
fn number_length(bytes: &[u8]) -> Option<usize> {
    let length = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let is_number = bytes.first() != Some(&b'0') || length == 1;
    let ends = matches!(bytes.get(length), Some(b',' | b'}'));
    (ends && is_number && (1..=DIGITS_MAX).contains(&length)).then_some(length)
}
