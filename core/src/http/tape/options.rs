//! The option `tape`: which file, and whether it is written or played. Opens nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::declare::entry::Kind;
use crate::declare::{declare_names, declare_options};
use crate::parse::{one_of, refuse_others, Fields, FromJson, Mismatch};

declare_options! {
    /// A file of exchanges with providers, and what a client does with it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[non_exhaustive]
    pub struct TapeOptions {
        /// The file; its folder must exist.
        pub file: String as Text,
        /// `record` writes the file anew, `replay` plays it without network and key, `auto` plays
        /// what is on it and records what is not.
        pub mode: TapeMode as Text = TapeMode::Auto,
        /// How a recording is played: `full` speed, or in the time that it took when it was
        /// `recorded`.
        pub pace: TapePace as Text = TapePace::Full,
        /// Longest file; it is in memory while it is used.
        pub file_bytes_max: usize as Bytes = 256 * 1024 * 1024,
    }
}

declare_names! {
    /// What a client does with its tape.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
    pub enum TapeMode {
        /// Plays what is on it, and records what is not.
        #[default]
        Auto => "auto",
        /// Sends every request, and writes the file anew.
        Record => "record",
        /// Plays, and sends nothing.
        Replay => "replay",
    }
}

declare_names! {
    /// How fast a tape is played.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
    pub enum TapePace {
        /// As fast as it is read.
        #[default]
        Full => "full",
        /// In the time that the provider took.
        Recorded => "recorded",
    }
}

impl TapeOptions {
    /// This file, played where it has the request and recorded where it has not.
    pub fn new(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            ..Self::default()
        }
    }
}

impl FromJson for TapeOptions {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let mut fields = Fields::from(match value {
            Value::String(file) => Map::from_iter([("file".to_owned(), file.into())]),
            Value::Object(_) => Map::from_json(value, kind)?,
            other => return Err(Mismatch::expected("a file or an object", &other)),
        });
        let options = Self::take(&mut fields).map_err(Mismatch::within)?;
        refuse_others(&fields, &Self::declared())?;
        match options.file.is_empty() {
            true => Err(Mismatch::missing("file")),
            false => Ok(options),
        }
    }
}

impl FromJson for TapeMode {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        one_of(value, Self::NAMES)
    }
}

impl FromJson for TapePace {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        one_of(value, Self::NAMES)
    }
}
