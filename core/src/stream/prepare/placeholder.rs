//! What stands in for a key where a tape answers and nothing is sent. Owns that a tape which has
//! the answer needs neither the key of a provider nor the account of a cloud.

use super::authentication::{Authentication, Key};
use crate::error::LlmError;
use crate::http::TapeMode;
use crate::request::{Auth, CloudOptions};
use crate::secret::Secret;

/// Opens nothing, and says so where somebody finds it.
const KEY: &str = "no-key-the-tape-answers";
/// A region is a part of the host, which counts for nothing when a tape is played.
const REGION: &str = "us-east-1";

/// What was found or stands in for it, and why the request could not be sent.
type Found<T> = Result<(T, Option<Box<LlmError>>), LlmError>;

/// Who sends a request. `read` looks for keys where it is told to: not at all where only the tape
/// answers, and where the tape may answer, what is wrong with them counts only if it does not.
pub(super) fn sender(
    tape: Option<TapeMode>,
    read: impl Fn(bool) -> Result<Authentication, LlmError>,
) -> Found<Authentication> {
    let why = match tape {
        Some(TapeMode::Replay) => None,
        Some(TapeMode::Auto) => match read(true) {
            Ok(found) => return Ok((found, None)),
            Err(error) => Some(Box::new(error)),
        },
        Some(TapeMode::Record) | None => return Ok((read(true)?, None)),
    };
    let mut authentication = read(false)?;
    set_key(&mut authentication)?;
    set_region(&mut authentication);
    Ok((authentication, why))
}

/// Where a request goes, by the account of a cloud; a region that is missing counts only where the
/// tape does not answer.
pub(super) fn address<A>(
    authentication: &mut Authentication,
    tape: Option<TapeMode>,
    of: impl Fn(&CloudOptions) -> Result<A, LlmError>,
) -> Found<A> {
    match of(&authentication.cloud) {
        Ok(address) => Ok((address, None)),
        Err(error) if tape == Some(TapeMode::Auto) && set_region(authentication) => {
            Ok((of(&authentication.cloud)?, Some(Box::new(error))))
        }
        Err(error) => Err(error),
    }
}

/// Where a key is missing that a provider requires: the error, unless the tape may have the answer,
/// which then fails with it if it has not.
pub(super) fn stand_in(
    authentication: &mut Authentication,
    lacks_key: bool,
    tape: Option<TapeMode>,
    no_key: impl FnOnce() -> LlmError,
) -> Result<Option<Box<LlmError>>, LlmError> {
    match (lacks_key, tape) {
        (false, _) => Ok(None),
        (true, Some(TapeMode::Auto)) => {
            set_key(authentication)?;
            Ok(Some(Box::new(no_key())))
        }
        (true, _) => Err(no_key()),
    }
}

fn set_key(authentication: &mut Authentication) -> Result<(), LlmError> {
    if authentication.auth != Auth::None {
        authentication.key = Key::Text(Secret::new(KEY.to_owned())?);
    }
    Ok(())
}

/// Whether there was none, and the provider has regions.
fn set_region(authentication: &mut Authentication) -> bool {
    let region = &mut authentication.cloud.aws_region;
    let is_missing = authentication.provider.uses_aws_credentials() && region.is_none();
    if is_missing {
        *region = Some(REGION.to_owned());
    }
    is_missing
}

#[cfg(test)]
#[cfg(all(feature = "openai", feature = "bedrock"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{json, Value};

    use crate::client::environment::Environment;
    use crate::client::options::ClientOptions;
    use crate::request::{LlmRequest, Message};
    use crate::stream::prepare::resolve;
    use crate::stream::task::Task;

    /// What the request comes to with these options: its host, and why it cannot be sent; or the
    /// error.
    fn resolved(model: &str, options: Value, mode: &str) -> Result<(String, String), String> {
        let mut options = options;
        if !mode.is_empty() {
            options["tape"] = json!({"file": "f.jsonl", "mode": mode});
        }
        let options = ClientOptions::from_json(&options.to_string()).unwrap();
        let environment = Environment::of(|name| {
            let found = [("OPENAI_API_KEY", "a key\n"), ("HOME", "/nowhere")];
            let found = found.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        let mut task = Task::Chat(Box::new(LlmRequest::new(model, vec![Message::user("hi")])));
        let prepared = resolve(&options, &environment, |_| None, &mut task);
        let prepared = prepared.map_err(|error| error.message)?;
        let host = prepared.http.url.host_str().unwrap_or_default().to_owned();
        let no_key = prepared.no_key.map(|error| error.message);
        Ok((host, no_key.unwrap_or_default()))
    }

    #[test]
    fn a_tape_that_has_the_answer_needs_neither_keys_nor_a_region() {
        let (openai, bedrock) = ("openai/m", "bedrock/m");
        let keys = json!({"aws_access_key_id": "AKIA0", "aws_secret_access_key": "s"});
        for (model, options, missing) in [
            (openai, json!({}), "OPENAI_API_KEY has "),
            (
                bedrock,
                json!({"aws_profile": "gone"}),
                "AWS profile \"gone\"",
            ),
            (bedrock, json!({}), "aws_region"),
            (bedrock, keys, "aws_region"),
        ] {
            for mode in ["", "record"] {
                let error = resolved(model, options.clone(), mode).unwrap_err();
                assert!(error.contains(missing), "{mode}: {error}");
            }
            let (host, no_key) = resolved(model, options.clone(), "replay").unwrap();
            assert_eq!(no_key, "");
            let (same, no_key) = resolved(model, options, "auto").unwrap();
            assert!(no_key.contains(missing), "{no_key}");
            assert_eq!(same, host);
        }
    }
}
