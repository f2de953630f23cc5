//! A response with vectors, in any of the shapes that providers have. Owns where in a document the
//! vectors are; one reader serves all, since the shapes do not contradict each other:
//!
//! - `data`, `embeddings` or `predictions`: a list of vectors, or of objects with `embedding`,
//!   `values` or `embeddings`, and perhaps `index`; or an object of such lists by type of number;
//! - `embedding`: one vector, or an object with `values`;
//! - a bare list of vectors.

use std::borrow::Cow;

use serde_json::value::RawValue;
use serde_json::Value;

use super::scanner::{Fault, Scanner};
use super::vectors::{Expected, Place, Vectors};
use crate::json;
use crate::providers::token_counts::parse_count;

/// Objects in objects, down to a vector.
const LEVELS_MAX: usize = 3;
/// Names of a list by the type of its numbers, as Cohere and Titan have them.
const TYPES: &[&str] = &["float", "base64", "int8", "uint8", "binary", "ubinary"];

/// What a document holds.
#[derive(Debug)]
pub(super) struct Document<'t> {
    pub(super) values: Vec<f32>,
    pub(super) dimensions: usize,
    /// The fields beside the vectors.
    pub(super) fields: Vec<(Cow<'t, str>, &'t RawValue)>,
    /// Inputs that the provider cut.
    pub(super) truncated: Vec<usize>,
    /// The tokens of each input, where they are counted apart (Vertex AI's `statistics`).
    pub(super) statistics: Vec<Value>,
}

impl<'t> Document<'t> {
    pub(super) fn parse(text: &'t [u8], expected: Expected) -> Result<Self, Fault> {
        let mut reader = Reader {
            scanner: Scanner::new(text),
            vectors: Vectors::new(expected),
            fields: Vec::new(),
            list: String::new(),
            truncated: Vec::new(),
            statistics: Vec::new(),
        };
        reader.document()?;
        if !reader.scanner.is_at_end() {
            return Err(Fault::NotJson);
        }
        let list = match reader.list.as_str() {
            "" => "the response",
            list => list,
        };
        let (values, dimensions) = reader.vectors.finish(list)?;
        Ok(Self {
            values,
            dimensions,
            fields: reader.fields,
            truncated: reader.truncated,
            statistics: reader.statistics,
        })
    }
}

struct Reader<'t> {
    scanner: Scanner<'t>,
    vectors: Vectors,
    fields: Vec<(Cow<'t, str>, &'t RawValue)>,
    /// The field that holds the vectors.
    list: String,
    truncated: Vec<usize>,
    statistics: Vec<Value>,
}

/// What an object says of its vector.
#[derive(Debug, Default)]
struct Item {
    index: Option<u64>,
    has_vector: bool,
    is_truncated: bool,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<(), Fault> {
        if self.scanner.take(b'[') {
            return self.items();
        }
        if !self.scanner.take(b'{') {
            return Err(Fault::NotJson);
        }
        let mut is_first = true;
        while self.scanner.next_in(b'}', &mut is_first)? {
            let name = self.scanner.name()?;
            let is_list = matches!(&*name, "data" | "embeddings" | "predictions" | "embedding");
            // Titan has it beside `embedding`, or instead.
            let by_type = name == "embeddingsByType" && self.vectors.is_empty();
            if (is_list || by_type) && self.vectors.is_empty() {
                self.list = name.into_owned();
                self.list()?;
            } else if name == "truncated" && self.is_true()? {
                self.truncated.push(0);
            } else if name != "truncated" {
                let value = self.scanner.value()?;
                self.fields.push((name, value));
            }
        }
        Ok(())
    }

    /// The value of the field that holds the vectors.
    fn list(&mut self) -> Result<(), Fault> {
        match self.scanner.peek() {
            b'[' => {
                let mut ahead = self.scanner.clone();
                ahead.take(b'[');
                if is_number(ahead.peek()) {
                    return self.single();
                }
                self.scanner.take(b'[');
                self.items()
            }
            b'"' => self.single(),
            b'{' => {
                let mut ahead = self.scanner.clone();
                ahead.take(b'{');
                let is_by_type = ahead.name().is_ok_and(|name| TYPES.contains(&&*name));
                match is_by_type {
                    true => self.types(),
                    false => self.single(),
                }
            }
            // Null, or nonsense: the document has no vectors here.
            _ => self.scanner.value().map(drop),
        }
    }

    /// Lists by type of number: floats where there are some, else what comes first.
    fn types(&mut self) -> Result<(), Fault> {
        self.scanner.take(b'{');
        let list = self.list.clone();
        let mut is_first = true;
        while self.scanner.next_in(b'}', &mut is_first)? {
            let name = self.scanner.name()?;
            let is_float = name == "float";
            if is_float {
                self.vectors.clear();
            }
            let is_known = TYPES.contains(&&*name) && self.vectors.is_empty();
            if (is_known || is_float) && matches!(self.scanner.peek(), b'[' | b'"') {
                self.list = format!("{list}.{name}");
                self.list()?;
            } else {
                self.scanner.value()?;
            }
        }
        Ok(())
    }

    /// One vector for one input.
    fn single(&mut self) -> Result<(), Fault> {
        self.item(0)
    }

    /// A list whose bracket is taken.
    fn items(&mut self) -> Result<(), Fault> {
        let (mut is_first, mut position) = (true, 0);
        while self.scanner.next_in(b']', &mut is_first)? {
            self.item(position)?;
            position += 1;
        }
        Ok(())
    }

    fn item(&mut self, position: usize) -> Result<(), Fault> {
        let mut item = Item::default();
        self.vector(position, "", &mut item, 0)?;
        let list = std::mem::take(&mut self.list);
        let place = Place {
            list: &list,
            position,
        };
        let placed = match item.has_vector {
            true => self.vectors.place(item.index, place),
            false => Err(place.fault("", "has no embedding")),
        };
        if item.is_truncated {
            let input = item.index.unwrap_or(position as u64);
            self.truncated.extend(usize::try_from(input));
        }
        self.list = list;
        placed
    }

    /// A vector, or an object that has one.
    fn vector(
        &mut self,
        position: usize,
        field: &str,
        item: &mut Item,
        level: usize,
    ) -> Result<(), Fault> {
        let place = Place {
            list: &self.list,
            position,
        };
        match self.scanner.peek() {
            _ if item.has_vector || level > LEVELS_MAX => self.scanner.value().map(drop),
            b'[' | b'"' => {
                item.has_vector = true;
                self.vectors.take(&mut self.scanner, place, field)
            }
            b'{' => self.object(position, field, item, level),
            _ => self.scanner.value().map(drop),
        }
    }

    fn object(
        &mut self,
        position: usize,
        field: &str,
        item: &mut Item,
        level: usize,
    ) -> Result<(), Fault> {
        self.scanner.take(b'{');
        let mut is_first = true;
        while self.scanner.next_in(b'}', &mut is_first)? {
            let name = self.scanner.name()?;
            match &*name {
                "embedding" | "values" | "embeddings" | "float" => {
                    let field = format!("{field}.{name}");
                    self.vector(position, &field, item, level + 1)?;
                }
                "index" if level == 0 => item.index = self.index(position)?,
                "truncated" => item.is_truncated |= self.is_true()?,
                "statistics" => {
                    let statistics = self.scanner.value()?;
                    let statistics = json::parse::<Value>(statistics.get(), &mut String::new());
                    let statistics = statistics.unwrap_or_default();
                    item.is_truncated |= statistics.get("truncated") == Some(&Value::Bool(true));
                    self.statistics.push(statistics);
                }
                _ => drop(self.scanner.value()?),
            }
        }
        Ok(())
    }

    fn index(&mut self, position: usize) -> Result<Option<u64>, Fault> {
        let raw = self.scanner.value()?;
        let value = json::parse::<Value>(raw.get(), &mut String::new()).unwrap_or_default();
        let index = parse_count(Some(&value)).filter(|_| value.as_f64().is_none_or(is_whole));
        if index.is_none() && !value.is_null() {
            let place = Place {
                list: &self.list,
                position,
            };
            let how = "is not the position of an input";
            return Err(place.fault(".index", how));
        }
        Ok(index)
    }

    fn is_true(&mut self) -> Result<bool, Fault> {
        Ok(self.scanner.value()?.get() == "true")
    }
}

fn is_number(byte: u8) -> bool {
    byte == b'-' || byte.is_ascii_digit()
}

fn is_whole(number: f64) -> bool {
    number.fract() == 0.0
}
