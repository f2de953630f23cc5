//! The file of a tape: read whole, written line by line behind what is there, and put in order when
//! it is closed. Owns who may write it, and that a crash leaves whole lines. Blocks, so it runs on
//! threads that may.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::exchange::TapedExchange;
use super::fields::insert_sorted;
use super::request::Key;
use crate::error::{config, ErrorKind, LlmError};
use crate::platform;

/// What becomes of the lines that a file has when it is opened to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// They go with the first line of a new recording.
    Goes,
    /// Those of a request go when it is recorded again: the recording is of this process.
    IsReplaced,
    Stays,
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct TapeFile {
    path: PathBuf,
    /// Absent once it is closed.
    file: Option<File>,
    /// What of it stays: nothing of a recording before, all whole lines where it grows.
    kept_bytes: u64,
    /// Lines with smaller numbers go when their request is recorded again.
    replaced_below: u64,
    /// It was cut to that.
    is_begun: bool,
    /// In order: by request, then as they were sent.
    lines: Vec<((Key, u64), String)>,
    /// The file has them in that order.
    is_in_order: bool,
}

impl TapeFile {
    /// Opens a file to write it, with what is on it already where that stays.
    pub(super) fn open(
        path: &Path,
        before: Before,
        bytes_max: usize,
    ) -> Result<(Self, Vec<TapedExchange>), LlmError> {
        let cannot = |error: &io::Error| config(cannot("write", path, error));
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let opened = platform::open_alone(options, path).map_err(|error| cannot(&error))?;
        let mut file = opened.ok_or_else(|| in_use(path))?;
        let mut opened = Self {
            path: path.to_owned(),
            file: None,
            kept_bytes: 0,
            replaced_below: 0,
            is_begun: false,
            lines: Vec::new(),
            is_in_order: true,
        };
        let mut exchanges = Vec::new();
        if before != Before::Goes {
            let text = read_bounded(&mut file, path, bytes_max)?;
            exchanges = parse(&text, path)?;
            opened.kept_bytes = text.len() as u64;
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            for (number, (line, exchange)) in lines.zip(&exchanges).enumerate() {
                opened.insert(exchange, number as u64, line.to_owned());
            }
            if before == Before::IsReplaced {
                opened.replaced_below = exchanges.len() as u64;
            }
        }
        opened.file = Some(file);
        Ok((opened, exchanges))
    }

    /// Adds a line, in whose place what is replaced goes.
    pub(super) fn append(&mut self, exchange: &TapedExchange, number: u64) -> io::Result<usize> {
        let Some(file) = &mut self.file else {
            return Err(io::Error::other("it is closed"));
        };
        if !self.is_begun {
            file.set_len(self.kept_bytes)?;
            file.seek(SeekFrom::End(0))?;
            self.is_begun = true;
        }
        let text = exchange.to_line();
        // At once, so that a crash leaves whole lines, but for the last.
        file.write_all(format!("{text}\n").as_bytes())?;
        let bytes = text.len() + 1;
        self.take_replaced(&exchange.request.key());
        self.insert(exchange, number, text);
        Ok(bytes)
    }

    fn take_replaced(&mut self, key: &Key) {
        let first = self.lines.partition_point(|((other, _), _)| other < key);
        let replaced = |((other, number), _): &&((Key, u64), String)| {
            other == key && *number < self.replaced_below
        };
        let count = self.lines.iter().skip(first).take_while(replaced).count();
        self.lines.drain(first..first + count);
        self.is_in_order &= count == 0;
    }

    fn insert(&mut self, exchange: &TapedExchange, number: u64, text: String) {
        let place = (exchange.request.key(), number);
        let last = self.lines.last();
        self.is_in_order &= last.is_none_or(|(last, _)| *last <= place);
        insert_sorted(&mut self.lines, place, text);
    }

    /// Puts the lines in order, whatever order exchanges ended in, and lets others write.
    pub(super) fn close(&mut self) -> io::Result<()> {
        let file = self.file.take();
        if !self.is_begun || self.is_in_order {
            return Ok(());
        }
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let sorted = PathBuf::from(name);
        let mut text = String::new();
        for (_, line) in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        fs::write(&sorted, text)?;
        platform::replace(file, &sorted, &self.path)
    }
}

/// Reads a file to play it.
pub(super) fn read(path: &Path, bytes_max: usize) -> Result<Vec<TapedExchange>, LlmError> {
    let file = File::open(path);
    let mut file = file.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => config(format!(
            "tape: {} does not exist; record it first, with mode \"record\" or \"auto\"",
            path.display()
        )),
        _ => config(cannot("read", path, &error)),
    })?;
    let text = read_bounded(&mut file, path, bytes_max)?;
    parse(&text, path)
}

/// What went wrong with a file.
pub(super) fn cannot(what: &str, path: &Path, error: &io::Error) -> String {
    format!("tape: cannot {what} {}: {error}", path.display())
}

/// Its whole lines; a last one without an end was cut by a crash.
fn read_bounded(file: &mut File, path: &Path, bytes_max: usize) -> Result<String, LlmError> {
    let mut bytes = Vec::new();
    let limit = (bytes_max as u64).saturating_add(1);
    let read = file.take(limit).read_to_end(&mut bytes);
    read.map_err(|error| config(cannot("read", path, &error)))?;
    if bytes.len() > bytes_max {
        let message = format!(
            "tape: {} is larger than file_bytes_max ({bytes_max})",
            path.display()
        );
        return Err(LlmError::new(ErrorKind::TooLarge, message));
    }
    // The last line may have been cut inside a character.
    let whole = bytes.iter().rposition(|byte| *byte == b'\n');
    bytes.truncate(whole.map_or(0, |at| at + 1));
    String::from_utf8(bytes).map_err(|_| {
        config(format!(
            "tape: {} is not a tape: it is not UTF-8",
            path.display()
        ))
    })
}

fn parse(text: &str, path: &Path) -> Result<Vec<TapedExchange>, LlmError> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let parsed = lines.map(|(index, line)| {
        TapedExchange::parse(line).map_err(|why| {
            let number = index + 1;
            config(format!("tape: {}, line {number}: {why}", path.display()))
        })
    });
    parsed.collect()
}

/// The error of a second one that would write the file.
pub(super) fn in_use(path: &Path) -> LlmError {
    config(format!(
        "tape: {} is being recorded by another client; give each its own file, or use mode \
         \"replay\"",
        path.display()
    ))
}
