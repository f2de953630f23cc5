//! Finds secrets in text, in whole and in pieces. Owns what is searched for: every eight bytes in a
//! row of a key, plain or in base64, and each word of a header's value.

use std::ops::Range;

use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use base64::Engine;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::table::{runs, Table};
use super::unescape::{self, Unit};
use super::REDACTED;

/// A piece of a key that must not be seen has this many bytes.
const PIECE_BYTES: usize = 8;
/// A shorter key is not searched for: it would match by chance.
const KEY_BYTES_MIN: usize = 6;
/// How many escapes inside of escapes are looked into.
const LAYERS_MAX: usize = 3;
/// A header is secret in pieces if a word of its name ends with one of these.
const SECRET_MARKS: [&str; 11] = [
    "auth",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "key",
    "passwd",
    "password",
    "secret",
    "signature",
    "token",
];

/// Whether a header of this name carries a secret. An idempotency key opens nothing.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(['-', '_']);
    name != "idempotency-key"
        && words.any(|word| SECRET_MARKS.iter().any(|mark| word.ends_with(mark)))
}

/// Secrets on their way into [`Secrets`].
#[derive(Default)]
pub(crate) struct Collector {
    /// To be found in pieces.
    spellings: Vec<Zeroizing<String>>,
    /// To be found as they are.
    wholes: Vec<SecretString>,
}

impl Collector {
    /// A key, or what is as good as one.
    pub(crate) fn key(&mut self, key: &str) {
        if key.len() < PIECE_BYTES {
            self.whole(key, KEY_BYTES_MIN);
            return;
        }
        self.spelling(key.to_owned());
        unescape::fully(key)
            .into_iter()
            .for_each(|plain| self.spelling(plain));
        for offset in 0..3 {
            let code = base64_inside(key, offset);
            if code.contains(['+', '/']) {
                self.spelling(code.replace('+', "-").replace('/', "_"));
            }
            self.spelling(code);
        }
    }

    /// A header that the caller set. Its value is a secret, and each of its words is; in pieces
    /// where the name shows it.
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        self.word(value);
        let lower = name.to_ascii_lowercase();
        if !is_secret_name(&lower) {
            let words = value.split([' ', ',', ';', '=', '"']);
            return words.for_each(|word| self.word(word));
        }
        let (scheme, credentials) = match value.split_once(' ') {
            Some((scheme, rest)) if lower.ends_with("authorization") => (scheme, rest),
            _ => ("", value),
        };
        credentials.split(' ').for_each(|word| self.key(word));
        if scheme.eq_ignore_ascii_case("basic") {
            let plain = STANDARD.decode(credentials.trim()).ok();
            let plain = plain.and_then(|plain| String::from_utf8(plain).ok());
            plain.into_iter().for_each(|plain| self.pair(&plain));
        }
    }

    /// `user:password`, perhaps as it stands in a URL.
    pub(crate) fn pair(&mut self, pair: &str) {
        let plain = unescape::fully(pair);
        for pair in std::iter::once(pair).chain(plain.as_deref()) {
            self.key(pair);
            if let Some((_, password)) = pair.split_once(':') {
                self.whole(password, KEY_BYTES_MIN);
            }
        }
    }

    pub(crate) fn finish(self) -> Secrets {
        let spellings = self.spellings.iter().map(|text| text.as_bytes());
        let heads = self
            .wholes
            .iter()
            .filter_map(|whole| whole.expose_secret().as_bytes().get(..KEY_BYTES_MIN));
        Secrets {
            pieces: Table::of_runs(spellings, PIECE_BYTES),
            heads: Table::of_runs(heads, KEY_BYTES_MIN),
            wholes: self.wholes,
        }
    }

    /// As a whole, plain or in base64.
    fn word(&mut self, word: &str) {
        if word.len() < PIECE_BYTES {
            return;
        }
        self.whole(word, PIECE_BYTES);
        for offset in 0..3 {
            let code = base64_inside(word, offset);
            // What follows decides about the last character, unless it begins at one of its own.
            let end = code.len() - usize::from(!(offset + word.len()).is_multiple_of(3));
            let code = code.get(..end).unwrap_or_default();
            if code.contains(['+', '/']) {
                self.whole(&code.replace('+', "-").replace('/', "_"), PIECE_BYTES);
            }
            self.whole(code, PIECE_BYTES);
        }
    }

    fn spelling(&mut self, text: String) {
        self.spellings.push(Zeroizing::new(text));
    }

    fn whole(&mut self, text: &str, bytes_min: usize) {
        if text.len() >= bytes_min {
            self.wholes.push(SecretString::from(text.to_owned()));
        }
    }
}

/// What a key looks like inside of a longer text in base64, which puts it at one of three offsets;
/// without the characters that what stands before it decides about.
fn base64_inside(key: &str, offset: usize) -> String {
    let mut bytes = Zeroizing::new(vec![0; offset]);
    bytes.extend_from_slice(key.as_bytes());
    let code = Zeroizing::new(STANDARD_NO_PAD.encode(&*bytes));
    let begin = (offset * 8).div_ceil(6);
    code.get(begin..).unwrap_or_default().to_owned()
}

/// What is searched for.
pub(crate) struct Secrets {
    pieces: Table,
    /// How the wholes begin.
    heads: Table,
    wholes: Vec<SecretString>,
}

impl Secrets {
    /// Whether there is nothing to search for.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.wholes.is_empty()
    }

    /// The text without secrets; `None` if it holds none, which costs no allocation unless it has
    /// escapes.
    pub(super) fn clean(&self, text: &str) -> Option<String> {
        let mut found = Vec::new();
        self.find(text.as_bytes(), |first, last| found.push(first..last + 1));
        let mut layer = unescape::text(text);
        for _ in 0..LAYERS_MAX {
            let Some(units) = &layer else { break };
            let place = |at: usize| units.get(at).copied();
            self.find(units, |first, last| {
                if let (Some(first), Some(last)) = (place(first), place(last)) {
                    found.push(first.start..last.end);
                }
            });
            layer = unescape::again(units);
        }
        (!found.is_empty()).then(|| replace(text, found))
    }

    /// Returns where secrets stand: the first and the last letter of each.
    fn find<L: Letter>(&self, letters: &[L], mut found: impl FnMut(usize, usize)) {
        let bytes = || letters.iter().map(Letter::byte);
        if !self.pieces.is_empty() {
            runs(bytes(), PIECE_BYTES, |at, piece| {
                if self.pieces.contains(piece) {
                    found(at, at + PIECE_BYTES - 1);
                }
            });
        }
        if !self.heads.is_empty() {
            runs(bytes(), KEY_BYTES_MIN, |at, head| {
                if self.heads.contains(head) {
                    self.find_wholes(letters, at, &mut found);
                }
            });
        }
    }

    fn find_wholes<L: Letter>(
        &self,
        letters: &[L],
        at: usize,
        found: &mut impl FnMut(usize, usize),
    ) {
        let rest = letters.get(at..).unwrap_or_default();
        for whole in &self.wholes {
            let whole = whole.expose_secret().as_bytes();
            let pairs = rest.iter().zip(whole);
            let same = pairs
                .take_while(|(letter, byte)| letter.byte().eq_ignore_ascii_case(byte))
                .count();
            // A text that was cut inside of a secret ends with the beginning of it.
            let cut = same == rest.len() && same >= PIECE_BYTES;
            if same == whole.len() || cut {
                found(at, at + same - 1);
            }
        }
    }
}

/// A byte of a text, escaped or not.
trait Letter {
    fn byte(&self) -> u8;
}

impl Letter for u8 {
    fn byte(&self) -> u8 {
        *self
    }
}

impl Letter for Unit {
    fn byte(&self) -> u8 {
        self.byte
    }
}

fn replace(text: &str, mut found: Vec<Range<usize>>) -> String {
    found.sort_unstable_by_key(|range| (range.start, range.end));
    let mut clean = String::with_capacity(text.len());
    let mut copied = 0;
    let mut ranges = found.into_iter().peekable();
    while let Some(mut range) = ranges.next() {
        while let Some(next) = ranges.next_if(|next| next.start <= range.end) {
            range.end = range.end.max(next.end);
        }
        while !text.is_char_boundary(range.start) {
            range.start -= 1;
        }
        while !text.is_char_boundary(range.end) {
            range.end += 1;
        }
        clean.push_str(text.get(copied..range.start).unwrap_or_default());
        clean.push_str(REDACTED);
        copied = range.end;
    }
    clean.push_str(text.get(copied..).unwrap_or_default());
    clean
}
