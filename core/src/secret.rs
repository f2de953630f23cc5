//! Keys, and the redactor that keeps them out of every text that leaves the core. Owns the rule of
//! what a key may look like; a key has no Debug, no Display and no Serialize, and is wiped on drop.

use std::fmt;

use base64::Engine;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{ErrorKind, LlmError};

const REDACTED: &str = "[REDACTED]";
/// Shorter secrets are not searched for: they would match by chance.
const SECRET_BYTES_MIN: usize = 6;

/// A key. Compares to nothing, prints as `[REDACTED]`.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a key, if it can be one: visible ASCII, as a header field needs it (RFC 9110).
    ///
    /// # Errors
    /// `CONFIG` for an empty key, `INVALID_ARGUMENT` for one with blanks or control characters.
    pub fn new(key: String) -> Result<Self, LlmError> {
        if key.is_empty() {
            return Err(LlmError::new(ErrorKind::Config, "api_key is empty"));
        }
        if !key.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
            let message = "api_key has a blank, a line break or another character that no key has";
            return Err(LlmError::new(ErrorKind::InvalidArgument, message));
        }
        Ok(Self(SecretString::from(key)))
    }

    /// The key itself, for the one header that carries it.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REDACTED)
    }
}

/// Takes secrets out of text: the given ones, in the spellings in which they get echoed, and
/// whatever looks like a key, a bearer token or the user part of a URL.
pub(crate) struct Redactor {
    needles: Vec<SecretString>,
}

impl Redactor {
    /// A redactor for these secrets.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needles = Vec::new();
        for secret in secrets
            .into_iter()
            .filter(|secret| secret.len() >= SECRET_BYTES_MIN)
        {
            let encoded = base64::engine::general_purpose::STANDARD.encode(secret);
            let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            for needle in [
                secret.to_owned(),
                encoded.trim_end_matches('=').to_owned(),
                percent,
            ] {
                needles.push(SecretString::from(needle));
            }
        }
        Self { needles }
    }

    /// The text without secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for needle in &self.needles {
            if clean.contains(needle.expose_secret()) {
                clean = clean.replace(needle.expose_secret(), REDACTED);
            }
        }
        clean = blank_after(&clean, "Bearer ", 8);
        clean = blank_after(&clean, "bearer ", 8);
        clean = blank_from(&clean, "sk-", 16);
        blank_userinfo(&clean)
    }

    /// Cleans every text of an error that may come from outside.
    pub(crate) fn clean_error(&self, error: &mut LlmError) {
        error.message = self.clean(&error.message);
        error.code = error.code.take().map(|code| self.clean(&code));
        error.detail = error.detail.take().map(|detail| self.clean(&detail));
    }
}

fn is_token_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.~+/=*".contains(character)
}

/// Blanks the token that follows a mark, if it has at least `characters_min` characters.
fn blank_after(text: &str, mark: &str, characters_min: usize) -> String {
    replace_tokens(text, mark, characters_min, mark)
}

/// Blanks a token that begins with a mark at the beginning of a word.
fn blank_from(text: &str, mark: &str, characters_min: usize) -> String {
    replace_tokens(text, mark, characters_min, "")
}

fn replace_tokens(text: &str, mark: &str, characters_min: usize, keep: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(mark) {
        let token: usize = after
            .chars()
            .take_while(|c| is_token_character(*c))
            .map(char::len_utf8)
            .sum();
        let inside_word = clean
            .chars()
            .chain(before.chars())
            .last()
            .is_some_and(char::is_alphanumeric);
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

/// `https://user:password@host` becomes `https://[REDACTED]@host`.
fn blank_userinfo(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let authority = after
            .find(|c: char| c.is_whitespace() || "/?#\"'".contains(c))
            .unwrap_or(after.len());
        let (host, tail) = after.split_at_checked(authority).unwrap_or((after, ""));
        match host.rsplit_once('@') {
            Some((_, host)) => {
                clean.push_str(REDACTED);
                clean.push('@');
                clean.push_str(host);
            }
            None => clean.push_str(host),
        }
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_ascii() {
        for bad in ["a b", "a\nb", "a\0b", "é"] {
            let error = Secret::new(bad.to_owned()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::InvalidArgument);
        }
        assert_eq!(
            Secret::new(String::new()).unwrap_err().kind,
            ErrorKind::Config
        );
        assert_eq!(
            format!("{:?}", Secret::new("sk-1".to_owned()).unwrap()),
            REDACTED
        );
    }

    #[test]
    fn every_spelling_of_a_secret_is_replaced() {
        let redactor = Redactor::new(["hunter+2/key"]);
        let encoded = base64::engine::general_purpose::STANDARD.encode("hunter+2/key");
        for echo in ["hunter+2/key", &encoded, "hunter%2B2%2Fkey"] {
            let clean = redactor.clean(&format!("wrong key '{echo}'."));
            assert_eq!(clean, "wrong key '[REDACTED]'.".to_owned(), "{echo}");
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_replaced() {
        let redactor = Redactor::new([]);
        assert_eq!(redactor.clean("Bearer abcdefgh12"), "Bearer [REDACTED]");
        assert_eq!(
            redactor.clean("key sk-proj-0123456789abcdef!"),
            "key [REDACTED]!"
        );
        assert_eq!(
            redactor.clean("a task-oriented-approach-here"),
            "a task-oriented-approach-here"
        );
        assert_eq!(
            redactor.clean("http://me:pw@proxy:1/x"),
            "http://[REDACTED]@proxy:1/x"
        );
    }
}
