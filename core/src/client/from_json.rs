//! Requests and options as JSON text, as every language but Rust writes them. Owns which names
//! belong where: an option that is unknown, or stands in the wrong place, is an error that names
//! what was meant. Unknown fields of a request are the provider's.

use serde_json::{Map, Value};

use super::check::check_options;
use super::options::ClientOptions;
use crate::error::{config, invalid_request, ErrorKind, LlmError};
use crate::json;
use crate::parse::{names_of, nearest, type_name};
use crate::request::LlmRequest;

impl ClientOptions {
    /// Parses options, a JSON object; an unknown name is an error, so that a slip is found.
    ///
    /// # Errors
    /// `CONFIG`, naming the option; `INVALID_ARGUMENT` for a key that cannot be one.
    pub fn from_json(json: &str) -> Result<Self, LlmError> {
        let mut fields = match parse(json) {
            Ok(Value::Object(fields)) => fields,
            Ok(other) => {
                let found = type_name(&other);
                return Err(config(format!(
                    "options must be a JSON object, not {found}"
                )));
            }
            Err(reason) => return Err(config(format!("options are not JSON: {reason}"))),
        };
        let options = Self::take(&mut fields).map_err(of_options)?;
        match fields.keys().next() {
            Some(name) => Err(config(unknown_option(name))),
            None => check_options(&options).map(|()| options),
        }
    }
}

impl LlmRequest {
    /// Parses a request, a JSON object. The error names the field that is wrong.
    ///
    /// # Errors
    /// `INVALID_REQUEST` when the text is no JSON object, a field has the wrong type, `model` or
    /// `messages` is missing, or an option of the client stands in it; `INVALID_ARGUMENT` when a
    /// key or a header cannot be one.
    pub fn from_json(json: &str) -> Result<Self, LlmError> {
        match parse(json) {
            Ok(Value::Object(fields)) => from_fields(fields),
            Ok(other) => {
                let found = type_name(&other);
                let message = format!("request must be a JSON object, not {found}");
                Err(invalid_request(message))
            }
            Err(reason) => Err(invalid_request(format!("request is not JSON: {reason}"))),
        }
    }
}

fn from_fields(mut fields: Map<String, Value>) -> Result<LlmRequest, LlmError> {
    // Wrappers hand over every parameter that they know: a null is the same as none.
    fields.retain(|_, value| !value.is_null());
    let mut request = LlmRequest::take(&mut fields)?;
    let mut names = fields.keys();
    if let Some(name) = names.find(|name| is_option_only(name)) {
        let message = format!("\"{name}\" is an option of the client, not of a call");
        return Err(invalid_request(message));
    }
    request.extra = fields;
    request.check()?;
    Ok(request)
}

/// Text that was cut inside a character, as JavaScript and Windows cut it, does not stop a request:
/// half a surrogate pair becomes U+FFFD, as when such a text is written as UTF-8.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    json::parse(text, &mut String::new()).map_err(|error| {
        let reason = error.to_string();
        match reason.starts_with("recursion limit exceeded") {
            true => format!("it is nested deeper than {} levels", json::LEVELS_MAX),
            false => reason,
        }
    })
}

/// Fields of options are named as those of requests are.
fn of_options(mut error: LlmError) -> LlmError {
    if error.kind == ErrorKind::InvalidRequest {
        error.kind = ErrorKind::Config;
        error.number = ErrorKind::Config.number();
        error.message = format!("option {}", error.message);
    }
    error
}

fn is_option_only(name: &str) -> bool {
    ClientOptions::has(name) && !LlmRequest::has(name)
}

fn unknown_option(name: &str) -> String {
    if LlmRequest::has(name) {
        return format!("\"{name}\" is a field of a request, not an option of a client");
    }
    let declared = ClientOptions::declared();
    let known: Vec<_> = declared.iter().map(|field| field.name).collect();
    let meant = nearest(name, &known).into_iter();
    let meant: Vec<_> = meant.map(|name| format!("\"{name}\"")).collect();
    let meant: Vec<_> = meant.iter().map(String::as_str).collect();
    match meant.as_slice() {
        [] => format!("option \"{name}\" is unknown"),
        meant => {
            let meant = names_of(meant, "or");
            format!("option \"{name}\" is unknown; did you mean {meant}?")
        }
    }
}
