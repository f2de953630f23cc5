//! Provider `script`: no service, but answers that a test wrote down. Owns the codec of what goes
//! between them: a request as its caller wrote it, and lines of JSON. Which answer there is, is
//! `crate::script`'s.

mod decode;
mod encode;
mod messages;
#[cfg(test)]
mod tests;
mod usage;
mod wire;

use serde_json::Value;

use super::{error_body, Decoder, EncodedRequest, Provider, Target};
use crate::error::{ErrorKind, LlmError};
use crate::event::Start;
use crate::framing::Framing;
use crate::json;
use crate::request::LlmRequest;
use crate::script::{kind_of, PROVIDER};

const NAME: &str = PROVIDER;

/// The codec.
#[derive(Debug)]
pub(crate) struct ScriptCodec;

/// The providers of this wire format.
pub(super) fn providers() -> impl Iterator<Item = &'static dyn Provider> {
    let providers: [&dyn Provider; 1] = [&ScriptCodec];
    providers.into_iter()
}

impl Provider for ScriptCodec {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Nothing is sent there: no name ends in `.invalid` (RFC 6761, section 6.4).
    fn base_url(&self) -> &'static str {
        "https://script.invalid"
    }

    fn key_variables(&self) -> &'static [&'static str] {
        &[]
    }

    fn needs_key(&self) -> bool {
        false
    }

    fn base_url_variable(&self) -> &'static str {
        ""
    }

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        encode::encode_request(request, target)
    }

    fn decoder(&self, start: Start, _: Framing) -> Box<dyn Decoder> {
        Box::new(decode::ScriptDecoder::new(start))
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        let error = error_body::from_status(self, status, body);
        of_kind(error, &String::from_utf8_lossy(body))
    }
}

/// The error with the kind that the script names, whatever its status and its text would mean.
fn of_kind(mut error: LlmError, document: &str) -> LlmError {
    let document = json::parse::<Value>(document, &mut String::new()).unwrap_or_default();
    let name = document.get("error").and_then(|error| error.get("kind"));
    if let Some(kind) = name.and_then(Value::as_str).and_then(kind_of) {
        error.kind = kind;
        error.number = kind.number();
        error.retryable = matches!(
            kind,
            ErrorKind::RateLimited | ErrorKind::Overloaded | ErrorKind::Provider
        );
    }
    error.detail = None;
    error
}
