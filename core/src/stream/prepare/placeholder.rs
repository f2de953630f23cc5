//! What stands in for a key where a tape answers and nothing is sent. Owns that a replay needs
//! neither the key of a provider nor the account of a cloud.

use super::authentication::{Authentication, Key};
use crate::error::LlmError;
use crate::http::TapeMode;
use crate::request::Auth;
use crate::secret::Secret;

/// Opens nothing, and says so where somebody finds it.
const KEY: &str = "no-key-the-tape-answers";
/// A region is a part of the host, which counts for nothing when a tape is played.
const REGION: &str = "us-east-1";

/// Where a key is missing that a provider requires: the error, unless the tape may have the answer,
/// which then fails with it if it has not.
pub(super) fn stand_in(
    authentication: &mut Authentication,
    lacks_key: bool,
    tape: Option<TapeMode>,
    no_key: impl FnOnce() -> LlmError,
) -> Result<Option<Box<LlmError>>, LlmError> {
    if !lacks_key {
        return Ok(None);
    }
    match tape {
        Some(TapeMode::Auto | TapeMode::Replay) => {
            set_key(authentication)?;
            Ok(Some(Box::new(no_key())))
        }
        Some(TapeMode::Record) | None => Err(no_key()),
    }
}

/// Puts it in the place of a key, known, missing or to be asked for.
pub(super) fn set_key(authentication: &mut Authentication) -> Result<(), LlmError> {
    if authentication.auth != Auth::None {
        authentication.key = Key::Text(Secret::new(KEY.to_owned())?);
    }
    if authentication.provider.uses_aws_credentials() {
        let region = &mut authentication.cloud.aws_region;
        region.get_or_insert_with(|| REGION.to_owned());
    }
    Ok(())
}
