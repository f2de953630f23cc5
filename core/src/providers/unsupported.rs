//! What a provider cannot do: an error that names the field, or a warning where the caller
//! is lenient. One rule for all wires.

use super::errors::invalid_request;
use super::Target;
use crate::error::LlmError;

/// Refuses or leaves out the fields of one request that its provider does not support.
#[derive(Debug)]
pub(crate) struct Unsupported<'a> {
    pub(crate) provider: &'static str,
    pub(crate) lenient: bool,
    pub(crate) warnings: &'a mut Vec<String>,
}

impl<'a> Unsupported<'a> {
    pub(crate) fn new(
        provider: &'static str,
        target: &Target<'_>,
        warnings: &'a mut Vec<String>,
    ) -> Self {
        Self {
            provider,
            lenient: target.lenient,
            warnings,
        }
    }

    /// What another provider's reply had stays behind, since a conversation may go on here.
    pub(crate) fn leave(&mut self, place: &str, kind: &str) {
        let provider = self.provider;
        let warning = format!("{place} was left out: {provider} takes no \"{kind}\"");
        self.warnings.push(warning);
    }

    /// The field cannot go to this provider. Ok: it is left out, with a warning.
    pub(crate) fn refuse(&mut self, field: &str, why: &str) -> Result<(), LlmError> {
        if self.lenient {
            self.warnings.push(format!("{field} was left out: {why}"));
            return Ok(());
        }
        let what = format!("{field} cannot be sent: {why}; leave it out, or set lenient");
        Err(invalid_request(self.provider, &what))
    }
}
