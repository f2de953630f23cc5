//! The entry in `core/schema/schema.json` of a field, an option or the member of an enum. Owns the
//! kinds of values; holds no list.

use serde::Serialize;
use serde_json::Value;

/// What a field or an option holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A key, or a function that gives it.
    Key,
    /// The name of a provider. In a request an object of this name is the provider's own field.
    ProviderName,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A whole number of things.
    Count,
    /// A number.
    Number,
    /// A whole number of milliseconds.
    Milliseconds,
    /// Milliseconds and their fractions.
    FractionalMilliseconds,
    /// A whole number of bytes.
    Bytes,
    /// An object of text to text.
    Headers,
    /// An object.
    Object,
    /// A list of texts.
    ListOfText,
    /// A list of objects.
    ListOfObjects,
    /// A list of whole numbers.
    ListOfIntegers,
    /// A list of pairs of whole numbers: the first, and the one behind the last.
    ListOfRanges,
    /// A list whose entries are models, or objects with fields of a request.
    Fallbacks,
    /// One of the levels of a log.
    LogLevel,
    /// Any JSON.
    Any,
}

impl Kind {
    /// The `type` of an entry.
    #[must_use]
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Text | Self::ProviderName => "text",
            Self::Key => "key",
            Self::Boolean => "boolean",
            Self::Integer | Self::Count => "integer",
            Self::Number | Self::FractionalMilliseconds => "number",
            Self::Milliseconds => "milliseconds",
            Self::Bytes => "bytes",
            Self::Headers => "headers",
            Self::Object => "object",
            Self::ListOfText => "list of text",
            Self::ListOfObjects => "list of objects",
            Self::ListOfIntegers => "list of integers",
            Self::ListOfRanges => "list of ranges",
            Self::Fallbacks => "list of models or objects",
            Self::LogLevel => "log level",
            Self::Any => "any",
        }
    }

    /// The `unit` of an entry.
    #[must_use]
    pub const fn unit(self) -> Option<&'static str> {
        match self {
            Self::Count => Some("count"),
            Self::Milliseconds | Self::FractionalMilliseconds => Some("milliseconds"),
            Self::Bytes => Some("bytes"),
            Self::Text
            | Self::Key
            | Self::ProviderName
            | Self::Boolean
            | Self::Integer
            | Self::Number
            | Self::Headers
            | Self::Object
            | Self::ListOfText
            | Self::ListOfObjects
            | Self::ListOfIntegers
            | Self::ListOfRanges
            | Self::Fallbacks
            | Self::LogLevel
            | Self::Any => None,
        }
    }
}

/// A field of a struct, or an option.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name in every language.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The default; null where there is none.
    pub default: Value,
    /// One sentence.
    pub description: String,
}

/// A member of an enum.
#[derive(Debug, Clone)]
pub struct Name {
    /// Its name in every language.
    pub name: &'static str,
    /// Its number in the C header, where it has one.
    pub number: Option<i32>,
    /// What else its declaration holds, such as whether an error is retried.
    pub note: Option<&'static str>,
    /// One sentence.
    pub description: String,
}

/// The first paragraph of a documentation comment on one line: what other languages see of it.
pub(crate) fn first_paragraph(doc: &str) -> String {
    let lines = doc.lines().map(str::trim);
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// A default as JSON.
pub(crate) fn default_value(default: impl Serialize) -> Value {
    serde_json::to_value(default).unwrap_or_default()
}
