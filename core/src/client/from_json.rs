//! Requests and options as JSON text, as every language but Rust writes them. Owns which names
//! belong where: an option that is unknown, or stands in the wrong place, is an error that names
//! what was meant. Unknown fields of a request are the provider's.

use serde_json::{Map, Value};

use super::check::check_options;
use super::options::ClientOptions;
use crate::declare::Patch;
use crate::error::{config, invalid_request, ErrorKind, LlmError};
use crate::json;
use crate::parse::{names_of, nearest, shown, type_name, Mismatch};
use crate::request::{
    within, AnyRequest, BatchRequest, CallOptions, EmbedRequest, Fallbacks, LlmRequest,
    ModelsRequest, Operation, RerankRequest, ScriptRequest, StatsRequest,
};

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
        check_fallbacks::<LlmRequest>(options.fallbacks.as_ref()).map_err(of_options)?;
        match fields.keys().next() {
            Some(name) => Err(config(unknown_option(name))),
            None => check_options(&options).map(|()| options),
        }
    }
}

impl AnyRequest {
    /// Parses a request, a JSON object, for the operation that its field `operation` names; without
    /// that it is a chat. The error names the field that is wrong.
    ///
    /// # Errors
    /// `INVALID_REQUEST` when the text is no JSON object, the operation is unknown, a field has the
    /// wrong type, is missing or belongs to another operation, or an option of the client stands in
    /// it; `INVALID_ARGUMENT` when a key or a header cannot be one.
    pub fn from_json(json: &str) -> Result<Self, LlmError> {
        let mut fields = request_fields(json)?;
        let operation = take_operation(&mut fields)?;
        if let Some(name) = fields.keys().find(|name| is_foreign(name, operation)) {
            return Err(invalid_request(foreign(name, operation)));
        }
        match operation {
            Operation::Chat => chat(fields).map(Self::Chat),
            Operation::CountTokens => chat(fields).map(Self::CountTokens),
            Operation::Embed => {
                require(&fields, "input", "give a text or a list of texts")?;
                let mut request = EmbedRequest::take(&mut fields)?;
                request.extra = others(fields)?;
                request.check()?;
                Ok(Self::Embed(request))
            }
            Operation::Rerank => {
                require(&fields, "documents", "give a list of texts")?;
                let mut request = RerankRequest::take(&mut fields)?;
                request.extra = others(fields)?;
                request.check()?;
                check_fallbacks::<RerankRequest>(request.call.fallbacks.as_ref())?;
                Ok(Self::Rerank(request))
            }
            Operation::Models => {
                let mut request = ModelsRequest::take(&mut fields)?;
                request.extra = others(fields)?;
                Ok(Self::Models(request))
            }
            Operation::Stats => {
                let request = StatsRequest::take(&mut fields)?;
                match others(fields)?.keys().next() {
                    Some(name) => Err(invalid_request(foreign(name, operation))),
                    None => Ok(Self::Stats(request)),
                }
            }
            Operation::Script => {
                let request = ScriptRequest::take(&mut fields)?;
                match others(fields)?.keys().next() {
                    Some(name) => Err(invalid_request(foreign(name, operation))),
                    None => Ok(Self::Script(request)),
                }
            }
            Operation::Batch => {
                let advice = "give submit, status, results, cancel or list";
                require(&fields, "action", advice)?;
                let mut request = BatchRequest::take(&mut fields)?;
                request.extra = others(fields)?;
                request.check()?;
                Ok(Self::Batch(request))
            }
        }
    }
}

impl LlmRequest {
    /// Parses a request for a chat, a JSON object. The error names the field that is wrong.
    ///
    /// # Errors
    /// `INVALID_REQUEST` when the text is no JSON object, a field has the wrong type, `model` or
    /// `messages` is missing, it is for another operation, or an option of the client stands in it;
    /// `INVALID_ARGUMENT` when a key or a header cannot be one.
    pub fn from_json(json: &str) -> Result<Self, LlmError> {
        let mut fields = request_fields(json)?;
        match take_operation(&mut fields)? {
            Operation::Chat => chat(fields),
            other => {
                let name = other.name();
                let message = format!("operation: expected \"chat\", got \"{name}\"");
                Err(invalid_request(message))
            }
        }
    }
}

/// The fields of a request.
fn request_fields(json: &str) -> Result<Map<String, Value>, LlmError> {
    match parse(json) {
        Ok(Value::Object(mut fields)) => {
            // Wrappers hand over every parameter that they know: a null is the same as none.
            fields.retain(|_, value| !value.is_null());
            Ok(fields)
        }
        Ok(other) => {
            let found = type_name(&other);
            let message = format!("request must be a JSON object, not {found}");
            Err(invalid_request(message))
        }
        Err(reason) => Err(invalid_request(format!("request is not JSON: {reason}"))),
    }
}

fn chat(mut fields: Map<String, Value>) -> Result<LlmRequest, LlmError> {
    let mut request = LlmRequest::take(&mut fields)?;
    request.extra = others(fields)?;
    request.check()?;
    check_fallbacks::<LlmRequest>(request.call.fallbacks.as_ref())?;
    Ok(request)
}

/// Fallbacks are requests too: their fields have types, and no option of a client is among them.
fn check_fallbacks<T: Patch>(fallbacks: Option<&Fallbacks>) -> Result<(), LlmError> {
    let Some(fallbacks) = fallbacks else {
        return Ok(());
    };
    for (index, fallback) in fallbacks.list().iter().enumerate() {
        others(fallback.fields.clone()).map_err(|error| within(index, error))?;
    }
    fallbacks.check::<T>()
}

/// What is left of a request: fields of the provider, and no option of a client.
fn others(fields: Map<String, Value>) -> Result<Map<String, Value>, LlmError> {
    let mut names = fields.keys();
    match names.find(|name| is_option_only(name)) {
        Some(name) => {
            let message = format!("\"{name}\" is an option of the client, not of a call");
            Err(invalid_request(message))
        }
        None => Ok(fields),
    }
}

fn take_operation(fields: &mut Map<String, Value>) -> Result<Operation, LlmError> {
    let Some(value) = fields.shift_remove("operation") else {
        return Ok(Operation::Chat);
    };
    let Value::String(name) = &value else {
        return Err(Mismatch::expected("text", &value).into_error("operation"));
    };
    let known = Operation::ALL.iter();
    if let Some(operation) = known.clone().find(|operation| operation.name() == name) {
        return Ok(*operation);
    }
    let shown = shown(&value).unwrap_or_else(|| "this one".to_owned());
    // People write `embedding` and `reranking`.
    let longer = Operation::NAMES
        .iter()
        .find(|known| name.starts_with(**known));
    let meant = match nearest(name, Operation::NAMES).first().or(longer) {
        Some(meant) => format!("did you mean \"{meant}\"? "),
        None => String::new(),
    };
    let known = names_of(Operation::NAMES, "and");
    let message = format!("operation: {shown} is unknown; {meant}known are {known}");
    Err(invalid_request(message))
}

/// Fields that only a request for another operation has, and no provider's own.
fn is_foreign(name: &str, operation: Operation) -> bool {
    let foreign: &[&str] = match operation {
        Operation::Chat => &[],
        Operation::CountTokens => &["input", "query"],
        Operation::Embed => &["messages", "query", "documents"],
        Operation::Rerank => &["messages", "input"],
        Operation::Models | Operation::Stats | Operation::Script => &[
            "model",
            "messages",
            "input",
            "query",
            "documents",
            "extra_body",
        ],
        Operation::Batch => &["model", "messages", "input", "query", "documents"],
    };
    foreign.contains(&name)
}

fn foreign(name: &str, operation: Operation) -> String {
    let operation = operation.name();
    if operation == "batch" && ["model", "messages", "input"].contains(&name) {
        return format!("\"{name}\" is a field of each request of a batch: requests[].request");
    }
    let owner = match name {
        "messages" => "chat and count_tokens",
        "input" => "embed",
        "query" | "documents" => "rerank",
        _ => return format!("\"{name}\" is no field of {operation}"),
    };
    format!("\"{name}\" is a field of {owner}, not of {operation}")
}

fn require(fields: &Map<String, Value>, name: &str, advice: &str) -> Result<(), LlmError> {
    match fields.contains_key(name) {
        true => Ok(()),
        false => Err(invalid_request(format!("{name} is missing; {advice}"))),
    }
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
    ClientOptions::has(name) && !CallOptions::has(name)
}

fn unknown_option(name: &str) -> String {
    if LlmRequest::has(name) || EmbedRequest::has(name) || RerankRequest::has(name) {
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
