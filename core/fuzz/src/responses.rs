//! HTTP/1.1 responses that a fuzzer's bytes choose: valid for the most part, so that a change
//! leads deep into the reading, and some that are wrong in the ways servers are wrong.

use crate::choices::Choices;
use crate::words;

/// More than this is cut off: hyper reads up to 8 KiB at once, and heads are to come at once.
const RESPONSE_BYTES_MAX: usize = 8000;

/// A response, and whether the connection is closed behind it.
pub(crate) fn response(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut choices = Choices::new(bytes);
    let kind = choices.byte();
    let closed = kind & 1 == 1;
    // One in eight is what the fuzzer says, byte by byte.
    if kind & 14 == 14 {
        let raw = choices.rest();
        return (raw[..raw.len().min(RESPONSE_BYTES_MAX)].to_vec(), closed);
    }
    let mut writer = Writer {
        response: Vec::new(),
        choices,
    };
    while writer.has_room() && writer.choices.rarely(8) {
        writer.interim();
    }
    writer.final_response();
    if writer.choices.rarely(4) {
        writer.one_of(&words::AFTER);
    }
    while writer.choices.rarely(6) {
        writer.mutate();
    }
    let mut response = writer.response;
    response.truncate(RESPONSE_BYTES_MAX);
    (response, closed)
}

struct Writer<'b> {
    response: Vec<u8>,
    choices: Choices<'b>,
}

impl Writer<'_> {
    fn interim(&mut self) {
        self.version();
        self.one_of(&words::INTERIM);
        self.line_end();
        self.lines();
        self.line_end();
    }

    fn final_response(&mut self) {
        self.version();
        self.mostly(24, &words::STATUSES, &words::ODD_STATUSES);
        self.line_end();
        self.lines();
        let length = self.choices.below(words::DATA.len());
        let framing = self.choices.below(12);
        if framing < 7 {
            self.one_of(&["Transfer-Encoding: chunked", "transfer-encoding:CHUNKED "]);
            self.line_end();
        }
        if (6..11).contains(&framing) {
            // Mostly as long as it says.
            let said = length + self.choices.one_of(&[0, 0, 0, 0, 0, 1, 7]);
            self.text(&format!("content-length: {said}"));
            self.line_end();
        }
        self.lines();
        self.line_end();
        if framing < 7 {
            self.chunks();
        } else {
            self.response.extend_from_slice(&words::DATA[..length]);
        }
    }

    fn version(&mut self) {
        let version = if self.choices.rarely(6) {
            "HTTP/1.0 "
        } else {
            "HTTP/1.1 "
        };
        self.mostly(32, &[version], &words::VERSIONS);
    }

    fn lines(&mut self) {
        while self.has_room() && self.choices.rarely(3) {
            let odd = self.choices.rarely(8);
            let list: &[&str] = if odd {
                &words::ODD_LINES
            } else {
                &words::LINES
            };
            let line = self.choices.one_of(list);
            for _ in 0..self.choices.one_of(&[1, 1, 1, 1, 1, 1, 2, 3, 90]) {
                self.text(line);
                self.line_end();
            }
        }
    }

    fn line_end(&mut self) {
        self.mostly(48, &["\r\n"], &words::ODD_LINE_ENDS);
    }

    fn chunks(&mut self) {
        while self.has_room() && !self.choices.rarely(4) {
            let length = 1 + self.choices.below(words::DATA.len() - 1);
            self.size(length);
            self.response.extend_from_slice(&words::DATA[..length]);
            self.chunk_end();
            if self.choices.byte() == 0 {
                break;
            }
        }
        self.size(0);
        while self.has_room() && self.choices.rarely(4) {
            let odd = self.choices.rarely(4);
            let list: &[&str] = if odd {
                &words::ODD_TRAILERS
            } else {
                &words::TRAILERS
            };
            let trailer = self.choices.one_of(list);
            for _ in 0..self.choices.one_of(&[1, 1, 1, 1, 1, 2, 100, 255]) {
                self.text(trailer);
                self.chunk_end();
            }
        }
        self.chunk_end();
    }

    fn size(&mut self, length: usize) {
        if self.choices.rarely(6) {
            self.one_of(&words::ODD_SIZES);
            self.text(&format!("{length:X}"));
            self.one_of(&words::AFTER_SIZES);
        } else {
            self.text(&format!("{length:x}"));
        }
        self.chunk_end();
    }

    fn chunk_end(&mut self) {
        self.mostly(64, &["\r\n"], &words::ODD_CHUNK_ENDS);
    }

    /// A byte is lost, changed or doubled, the end is cut off, or a part comes twice.
    fn mutate(&mut self) {
        let at = usize::from(self.choices.byte()) * 256 + usize::from(self.choices.byte());
        let at = at % self.response.len().max(1);
        let kind = self.choices.below(5);
        let byte = self.choices.byte();
        match kind {
            0 => self.response.truncate(at),
            1 => drop(self.response.drain(at..(at + 1).min(self.response.len()))),
            2 => self.response.insert(at, byte),
            3 => self
                .response
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|old| *old = byte),
            _ => {
                let end = (at + usize::from(byte) % 40).min(self.response.len());
                let part = self.response[at..end].to_vec();
                self.response.splice(at..at, part);
            }
        }
    }

    fn mostly(&mut self, times: usize, usual: &[&str], odd: &[&str]) {
        let list = if self.choices.rarely(times) {
            odd
        } else {
            usual
        };
        self.one_of(list);
    }

    fn one_of(&mut self, list: &[&str]) {
        let text = if list.len() == 1 {
            list[0]
        } else {
            self.choices.one_of(list)
        };
        self.text(text);
    }

    fn text(&mut self, text: &str) {
        self.response.extend_from_slice(text.as_bytes());
    }

    fn has_room(&self) -> bool {
        self.response.len() < RESPONSE_BYTES_MAX
    }
}
