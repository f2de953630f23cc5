//! A document of JSON, read from left to right. Owns how lists of numbers and long texts are taken
//! from it without a value for each; everything else is serde_json's. Pure.

use std::borrow::Cow;

use memchr::memchr2;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::number;

/// Why a document cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is no JSON.
    NotJson,
    /// A part of it is not what it should be: where, and how.
    At(String, String),
}

/// What is left of a document.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'t>(&'t [u8]);

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self(text)
    }

    /// The byte that comes next, behind white space; 0 at the end.
    #[inline]
    pub(super) fn peek(&mut self) -> u8 {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.0 {
            self.0 = rest;
        }
        self.0.first().copied().unwrap_or_default()
    }

    /// Takes the byte that comes next, if it is this one.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == byte;
        if let (true, [_, rest @ ..]) = (is_next, self.0) {
            self.0 = rest;
        }
        is_next
    }

    /// Whether a further value of a list comes, up to this closing bracket; `is_first` is for the
    /// first one, which no comma precedes.
    #[inline]
    pub(super) fn next_in(&mut self, close: u8, is_first: &mut bool) -> Result<bool, Fault> {
        if self.take(close) {
            return Ok(false);
        }
        let is_first = std::mem::replace(is_first, false);
        if is_first || (self.take(b',') && self.peek() != close) {
            return Ok(true);
        }
        Err(Fault::NotJson)
    }

    /// The name of a field.
    pub(super) fn name(&mut self) -> Result<Cow<'t, str>, Fault> {
        if self.peek() != b'"' {
            return Err(Fault::NotJson);
        }
        let name = self.text()?;
        match self.take(b':') {
            true => Ok(name),
            false => Err(Fault::NotJson),
        }
    }

    /// A text, which comes next.
    fn text(&mut self) -> Result<Cow<'t, str>, Fault> {
        match self.plain_text() {
            Some(text) => {
                let text = std::str::from_utf8(text).map_err(|_| Fault::NotJson)?;
                Ok(Cow::Borrowed(text))
            }
            None => self.parse::<String>().map(Cow::Owned),
        }
    }

    /// The bytes of a text that comes next. They are base64, whose decoder refuses all that is not
    /// ASCII.
    pub(super) fn packed(&mut self) -> Result<Cow<'t, [u8]>, Fault> {
        match self.plain_text() {
            Some(text) => Ok(Cow::Borrowed(text)),
            None => self.parse::<String>().map(|text| text.into_bytes().into()),
        }
    }

    /// Takes a text without escapes, if one comes next.
    fn plain_text(&mut self) -> Option<&'t [u8]> {
        let [b'"', rest @ ..] = self.0 else {
            return None;
        };
        let (text, rest) = rest.split_at_checked(memchr2(b'"', b'\\', rest)?)?;
        let [b'"', rest @ ..] = rest else {
            return None;
        };
        self.0 = rest;
        Some(text)
    }

    /// Any value, as it is written.
    pub(super) fn value(&mut self) -> Result<&'t RawValue, Fault> {
        self.parse()
    }

    fn parse<T: Deserialize<'t>>(&mut self) -> Result<T, Fault> {
        let mut stream = serde_json::Deserializer::from_slice(self.0).into_iter::<T>();
        let value = stream.next();
        let rest = self.0.get(stream.byte_offset()..).unwrap_or_default();
        self.0 = rest;
        value.and_then(Result::ok).ok_or(Fault::NotJson)
    }

    /// The numbers of a list whose bracket is taken; how many there were before one that is none.
    #[inline]
    pub(super) fn numbers(&mut self, out: &mut Vec<f32>) -> Result<(), NoNumber> {
        let begin = out.len();
        loop {
            self.peek();
            let Some((number, rest)) = number::parse(self.0) else {
                return Err(NoNumber(out.len() - begin));
            };
            out.push(number);
            self.0 = rest;
            match rest {
                [b',', rest @ ..] => self.0 = rest,
                [b']', rest @ ..] => {
                    self.0 = rest;
                    return Ok(());
                }
                _ if self.take(b',') => {}
                _ if self.take(b']') => return Ok(()),
                _ => return Err(NoNumber(out.len() - begin)),
            }
        }
    }

    /// Whether nothing is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek() == 0 && self.0.is_empty()
    }
}

/// The position in a list of something else than a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoNumber(pub(super) usize);
