//! Keys, and what keeps them out of every text that leaves the core. Owns the rule of what a key
//! may look like; a key has no Debug, no Display and no Serialize, and is wiped on drop.

mod misplaced;
mod patterns;
mod redactor;
mod search;
mod table;
#[cfg(test)]
mod tests;
mod unescape;
mod url;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::error::{ErrorKind, LlmError};
pub(crate) use misplaced::may_be_key;
pub(crate) use redactor::Redactor;
pub(crate) use search::{is_secret_name, Collector, Secrets};
pub(crate) use url::{has_secret, is_secret_parameter};

const REDACTED: &str = "[REDACTED]";

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
