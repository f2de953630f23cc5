//! What looks like a secret although it is not a configured one: bearer tokens, keys of the `sk-`
//! family, the user and the query of a URL.

use std::borrow::Cow;

use super::REDACTED;

/// A token after "Bearer " has at least this many characters.
const BEARER_CHARACTERS_MIN: usize = 8;
/// A key has at least this many after "sk-".
const KEY_CHARACTERS_MIN: usize = 16;

/// The text without them. A text without their marks costs no allocation.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    // One look instead of four: most texts have nothing of it.
    let mut ends = text.as_bytes().windows(3);
    if !ends.any(|end| matches!(end, b"er " | b"sk-" | b"://")) {
        return clean;
    }
    for mark in ["Bearer ", "bearer "] {
        if clean.contains(mark) {
            clean = Cow::Owned(blank_tokens(&clean, mark, BEARER_CHARACTERS_MIN, mark));
        }
    }
    if clean.contains("sk-") {
        clean = Cow::Owned(blank_tokens(&clean, "sk-", KEY_CHARACTERS_MIN, ""));
    }
    if clean.contains("://") {
        clean = Cow::Owned(blank_urls(&clean));
    }
    clean
}

fn is_token_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.~+/=*".contains(character)
}

/// Blanks each token that follows a mark at the beginning of a word, and puts `keep` before it.
fn blank_tokens(text: &str, mark: &str, characters_min: usize, keep: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(mark) {
        let token = after
            .find(|c| !is_token_character(c))
            .unwrap_or(after.len());
        let previous = before
            .chars()
            .next_back()
            .or_else(|| clean.chars().next_back());
        let inside_word = previous.is_some_and(char::is_alphanumeric);
        clean.push_str(before);
        rest = after;
        if token >= characters_min && !inside_word {
            clean.push_str(keep);
            clean.push_str(REDACTED);
            rest = after.get(token..).unwrap_or_default();
        } else {
            clean.push_str(mark);
        }
    }
    clean.push_str(rest);
    clean
}

/// `https://user:password@host/path?query` becomes `https://[REDACTED]@host/path?[REDACTED]`.
fn blank_urls(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let is_end = |c: char| c.is_whitespace() || c.is_control() || "\"'<>`".contains(c);
        let (url, tail) = split_at(after, after.find(is_end));
        let (place, query) = split_at(url, url.find('?'));
        let (authority, path) = split_at(place, place.find(['/', '#', '\\']));
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                clean.push_str(REDACTED);
                clean.push('@');
                clean.push_str(host);
            }
            None => clean.push_str(authority),
        }
        clean.push_str(path);
        if query.len() > 1 {
            clean.push('?');
            clean.push_str(REDACTED);
        } else {
            clean.push_str(query);
        }
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

fn split_at(text: &str, at: Option<usize>) -> (&str, &str) {
    at.and_then(|at| text.split_at_checked(at))
        .unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_replaced() {
        let rows = [
            ("Bearer abcdefgh12", "Bearer [REDACTED]"),
            ("a bearer abcdefgh12.", "a bearer [REDACTED]"),
            ("key sk-proj-0123456789abcdef!", "key [REDACTED]!"),
            (
                "a task-oriented-approach-here",
                "a task-oriented-approach-here",
            ),
            (
                "http://me:pw@proxy:1/x and http://you@h",
                "http://[REDACTED]@proxy:1/x and http://[REDACTED]@h",
            ),
            (
                "see 'https://h/docs?key=hidden' or <https://h/?a=b@c>",
                "see 'https://h/docs?[REDACTED]' or <https://h/?[REDACTED]>",
            ),
            ("https://h/what?", "https://h/what?"),
            ("https://h/@user/é?", "https://h/@user/é?"),
        ];
        for (text, expected) in rows {
            assert_eq!(clean(text), expected);
            assert_eq!(clean(&clean(text)), expected, "twice is the same");
        }
    }

    #[test]
    fn a_text_without_marks_is_not_copied() {
        let text = "chatcmpl-9aB3 gpt-4o-mini 6m0s";
        assert!(matches!(clean(text), Cow::Borrowed(_)));
    }
}
