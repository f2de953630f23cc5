//! The arguments of one call, put together from pieces. Owns how far they have come, which is known
//! at each piece without parsing the earlier ones again, and what holds where a server sends them
//! more than once: only what is not JSON is repaired, and only when nothing can follow.

use serde_json::Value;

use crate::json;

/// Pieces of JSON, and what they have come to.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    text: String,
    /// Where each piece ends.
    ends: Vec<usize>,
    level: usize,
    in_text: bool,
    after_backslash: bool,
}

/// How far arguments have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Empty,
    /// `{}` or `null`: no arguments, or a placeholder for those that come later.
    Nothing,
    /// Inside a list, an object or a text.
    Open,
    /// A number or a word, which may be all.
    Scalar,
    /// One value, closed.
    Closed,
}

impl Arguments {
    pub(crate) fn push(&mut self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        self.text.push_str(piece);
        self.ends.push(self.text.len());
        for byte in piece.bytes() {
            let is_escaped = std::mem::take(&mut self.after_backslash);
            match (self.in_text, byte) {
                (true, b'"') => self.in_text = is_escaped,
                (true, b'\\') => self.after_backslash = !is_escaped,
                (true, _) => {}
                (false, b'"') => self.in_text = true,
                (false, b'[' | b'{') => self.level += 1,
                (false, b']' | b'}') => self.level = self.level.saturating_sub(1),
                (false, _) => {}
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn state(&self) -> State {
        let text = self.text.trim_start();
        match text.bytes().next() {
            None => State::Empty,
            Some(_) if self.in_text || self.level > 0 => State::Open,
            Some(_) if is_nothing(text) => State::Nothing,
            Some(b'[' | b'{' | b'"') => State::Closed,
            Some(_) => State::Scalar,
        }
    }

    /// Whether a piece is all arguments so far once more, and nothing else.
    pub(crate) fn are_repeated_by(&self, piece: &str) -> bool {
        let value = |text: &str| serde_json::from_str::<Value>(text).ok();
        self.text == piece || value(piece).is_some_and(|piece| value(&self.text) == Some(piece))
    }

    /// Whether they are JSON that nothing can follow.
    pub(crate) fn are_whole(&self) -> bool {
        json::is_closed(&self.text) || self.repaired().is_some()
    }

    /// Whether they are JSON, perhaps only once they are repaired.
    pub(crate) fn are_json(&self) -> bool {
        json::is_json(&self.text) || self.repaired().is_some()
    }

    /// All pieces as they came.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// The text of the whole arguments. A tool without parameters is called with nothing.
    pub(crate) fn finish(self) -> String {
        if self.text.trim().is_empty() || is_nothing(&self.text) {
            return "{}".to_owned();
        }
        if json::is_json(&self.text) {
            return self.text;
        }
        let repaired = self.repaired().map(str::to_owned);
        repaired.unwrap_or(self.text)
    }

    fn repaired(&self) -> Option<&str> {
        let text = self.text.trim();
        if !text.starts_with(['{', '[', '"', 'n']) {
            return None;
        }
        one_of_many(text).or_else(|| self.last_repetition())
    }

    /// The last piece, where it repeats all that came before, and has the rest: each piece was
    /// the whole so far, or a server sends the whole behind its pieces.
    fn last_repetition(&self) -> Option<&str> {
        let (_, before) = self.ends.split_last()?;
        let start = *before.last()?;
        let (earlier, last) = self.text.split_at_checked(start)?;
        if !last.starts_with('{') || !json::is_json(last) {
            return None;
        }
        let mut from = 0;
        let mut pieces = before.iter().map(|end| {
            let piece = self.text.get(from..*end).unwrap_or_default();
            from = *end;
            piece
        });
        (last.starts_with(earlier) || pieces.all(|piece| last.starts_with(piece))).then_some(last)
    }
}

/// Of several values one after another the one that all are. `{}` before or behind it is nothing;
/// one that goes on where the one before ended replaces it; the last may be cut.
fn one_of_many(text: &str) -> Option<&str> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut found: Option<(Value, &str)> = None;
    let mut nothing = None;
    let mut start = 0;
    while let Some(value) = values.next() {
        let Ok(value) = value else {
            let rest = text.get(start..)?.trim_start();
            return found
                .map(|(_, text)| text)
                .filter(|text| text.starts_with(rest));
        };
        let one = text.get(start..values.byte_offset())?.trim();
        start = values.byte_offset();
        match &found {
            _ if is_nothing(one) => nothing = Some("{}"),
            Some((known, _)) if *known == value => {}
            Some((known, _)) if !grows(known, &value) => return None,
            Some(_) | None => found = Some((value, one)),
        }
    }
    found.map(|(_, text)| text).or(nothing)
}

/// Whether a later value is an earlier one that went on.
fn grows(earlier: &Value, later: &Value) -> bool {
    match (earlier, later) {
        (Value::Object(earlier), Value::Object(later)) => earlier
            .iter()
            .all(|(name, value)| later.get(name).is_some_and(|later| grows(value, later))),
        (Value::String(earlier), Value::String(later)) => later.starts_with(earlier.as_str()),
        (earlier, later) => earlier == later,
    }
}

/// Whether this is how servers write no arguments.
pub(super) fn is_nothing(text: &str) -> bool {
    let mut signs = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let signs = [(); 5].map(|()| signs.next().unwrap_or_default());
    matches!(&signs, b"{}\0\0\0" | b"null\0" | b"\"\"\0\0\0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(pieces: &[&str]) -> Arguments {
        let mut arguments = Arguments::default();
        pieces.iter().for_each(|piece| arguments.push(piece));
        arguments
    }

    #[test]
    fn the_state_is_known_at_each_piece() {
        let rows: [(&[&str], State); 12] = [
            (&[], State::Empty),
            (&["  "], State::Empty),
            (&["{", "}"], State::Nothing),
            (&[" { } "], State::Nothing),
            (&["null"], State::Nothing),
            (&["{\"a\":"], State::Open),
            (&["{\"a\":\"}"], State::Open),
            (&["{\"a\":\"\\", "\"}"], State::Open),
            (&["{\"a\":\"\\\\", "\"}"], State::Closed),
            (&["{\"a\":[", "{}]}"], State::Closed),
            (&["\"text\""], State::Closed),
            (&["12"], State::Scalar),
        ];
        for (pieces, state) in rows {
            assert_eq!(arguments(pieces).state(), state, "{pieces:?}");
        }
    }

    #[test]
    fn what_is_sent_more_than_once_holds_once() {
        let rows: [(&[&str], &str); 20] = [
            (&[], "{}"),
            (&[" \n"], "{}"),
            (&["null"], "{}"),
            (&["{}"], "{}"),
            (&["{\"a\"", ":1}"], r#"{"a":1}"#),
            // A placeholder first, or last.
            (&["{}", "{\"a\":", "1}"], r#"{"a":1}"#),
            (&["null", "{\"a\":1}"], r#"{"a":1}"#),
            (&["{\"a\":1}", "{}"], r#"{"a":1}"#),
            (&["{}", "{}"], "{}"),
            // All of it once more, in one piece, in pieces, written otherwise, cut.
            (&["{\"a\":1}", "{\"a\":1}"], r#"{"a":1}"#),
            (&["{\"a\"", ":1}", "{\"a\"", ":1}"], r#"{"a":1}"#),
            (&["{\"a\":1}", "{ \"a\": 1 }"], r#"{"a":1}"#),
            (&["{\"a\":1}", "{\"a\":1}", "{\"a\":1}"], r#"{"a":1}"#),
            (&["{\"a\":1}", "{\"a\""], r#"{"a":1}"#),
            (&["{\"a\":", "{\"a\":1}"], r#"{"a":1}"#),
            // Each piece is the whole so far.
            (&["{", "{\"a\":", "{\"a\":1}"], r#"{"a":1}"#),
            (
                &["{\"a\":\"x\"}", "{\"a\":\"xy\",\"b\":2}"],
                r#"{"a":"xy","b":2}"#,
            ),
            // What is JSON stays as it is, and so does what cannot be repaired.
            (&["{\"a\":{}", "}"], r#"{"a":{}}"#),
            (&["{\"a\":1}", "{\"a\":2}"], r#"{"a":1}{"a":2}"#),
            (&["{\"a\":", "oops"], r#"{"a":oops"#),
        ];
        for (pieces, expected) in rows {
            assert_eq!(arguments(pieces).finish(), expected, "{pieces:?}");
        }
    }

    #[test]
    fn a_repeat_differs_from_something_else() {
        let whole = arguments(&["{\"a\":", "1}"]);
        assert!(whole.are_repeated_by("{\"a\":1}") && whole.are_repeated_by("{\"a\": 1}"));
        assert!(
            !whole.are_repeated_by("{\"a\":2}")
                && !whole.are_repeated_by("")
                && !whole.are_repeated_by("{")
        );
        assert!(whole.are_whole() && whole.are_json());
        let open = arguments(&["{\"a\":"]);
        assert!(!open.are_whole() && !open.are_json());
        let number = arguments(&["12"]);
        assert!(!number.are_whole() && number.are_json());
    }
}
