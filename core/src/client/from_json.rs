//! Requests and options as JSON text, as every language but Rust writes them. Owns which names
//! belong where: an option that is unknown, or stands in the wrong place, is an error that names
//! what was meant. Unknown fields of a request are the provider's.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::check::check_options;
use super::options::ClientOptions;
#[cfg(all(any(test, fuzzing), debug_assertions))]
use crate::declare::entry::Kind;
use crate::declare::Patch;
use crate::error::{config, invalid_request, ErrorKind, LlmError};
use crate::json;
#[cfg(all(any(test, fuzzing), debug_assertions))]
use crate::parse::take;
use crate::parse::{names_of, nearest, shown, type_name, Fields, Mismatch};
use crate::request::{
    within, AnyRequest, BatchRequest, CallOptions, EmbedRequest, Fallbacks, LlmRequest, Message,
    ModelsRequest, Operation, RerankRequest, ScriptRequest, StatsRequest,
};

impl ClientOptions {
    /// Parses options, a JSON object; an unknown name is an error, so that a slip is found.
    ///
    /// # Errors
    /// `CONFIG`, naming the option; `INVALID_ARGUMENT` for a key that cannot be one.
    pub fn from_json(json: &str) -> Result<Self, LlmError> {
        let mut fields = match parse(json) {
            Ok(Value::Object(fields)) => Fields::from(fields),
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
        if let Some(name) = fields.keys().next() {
            return Err(config(unknown_option(name)));
        }
        check_options(&options).map(|()| options)
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
        let RequestText {
            mut fields,
            messages,
        } = request_text(json)?;
        let operation = take_operation(&mut fields)?;
        if messages.is_some() && is_foreign("messages", operation) {
            // In order with the others: the first that is wrong is named.
            fields = request_values(json)?.fields;
        }
        if let Some(name) = fields.keys().find(|name| is_foreign(name, operation)) {
            return Err(invalid_request(foreign(name, operation)));
        }
        match operation {
            Operation::Chat => chat(fields, messages).map(Self::Chat),
            Operation::CountTokens => chat(fields, messages).map(Self::CountTokens),
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
        let RequestText {
            mut fields,
            messages,
        } = request_text(json)?;
        match take_operation(&mut fields)? {
            Operation::Chat => chat(fields, messages),
            other => {
                let name = other.name();
                let message = format!("operation: expected \"chat\", got \"{name}\"");
                Err(invalid_request(message))
            }
        }
    }
}

/// The fields of a request, and apart from them its messages, if they are right. They are most of
/// a request, and become what they are without standing in a map before.
#[derive(Default)]
struct RequestText {
    fields: Fields,
    messages: Option<Vec<Message>>,
}

impl<'de> Deserialize<'de> for RequestText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RequestVisitor)
    }
}

struct RequestVisitor;

impl<'de> Visitor<'de> for RequestVisitor {
    type Value = RequestText;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<RequestText, A::Error> {
        let mut request = RequestText::default();
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "messages" => request.messages = fields.next_value()?,
                _ => request.fields.push(name, fields.next_value()?),
            }
        }
        request.fields.settle();
        Ok(request)
    }
}

/// A request in its parts. What is wrong is found once more in values of any type, where it has a
/// place and a name; half a surrogate pair is mended there too.
fn request_text(json: &str) -> Result<RequestText, LlmError> {
    if let Ok(request) = serde_json::from_str(json) {
        #[cfg(all(any(test, fuzzing), debug_assertions))]
        check_same(&request, json);
        return Ok(request);
    }
    request_values(json)
}

/// A request whose messages are among its other fields.
fn request_values(json: &str) -> Result<RequestText, LlmError> {
    match parse(json) {
        Ok(Value::Object(fields)) => {
            let mut fields = Fields::from(fields);
            fields.settle();
            let messages = None;
            Ok(RequestText { fields, messages })
        }
        Ok(other) => {
            let found = type_name(&other);
            let message = format!("request must be a JSON object, not {found}");
            Err(invalid_request(message))
        }
        Err(reason) => Err(invalid_request(format!("request is not JSON: {reason}"))),
    }
}

/// Whatever is parsed at once is the same by way of values.
#[cfg(all(any(test, fuzzing), debug_assertions))]
#[allow(clippy::unwrap_used)]
fn check_same(request: &RequestText, json: &str) {
    let mut values = request_values(json).unwrap();
    let messages = take(&mut values.fields, "messages", Kind::ListOfObjects).unwrap();
    assert_eq!(request.messages, messages);
    assert_eq!(request.fields, values.fields);
}

fn chat(mut fields: Fields, messages: Option<Vec<Message>>) -> Result<LlmRequest, LlmError> {
    let mut request = LlmRequest::take(&mut fields)?;
    if let Some(messages) = messages {
        request.messages = messages;
    }
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
        let names = fallback.fields.keys().map(String::as_str);
        refuse_options(names).map_err(|error| within(index, error))?;
    }
    fallbacks.check::<T>()
}

/// What is left of a request: fields of the provider, and no option of a client.
fn others(fields: Fields) -> Result<Map<String, Value>, LlmError> {
    refuse_options(fields.keys()).map(|()| fields.into())
}

fn refuse_options<'n>(mut names: impl Iterator<Item = &'n str>) -> Result<(), LlmError> {
    match names.find(|name| is_option_only(name)) {
        Some(name) => {
            let message = format!("\"{name}\" is an option of the client, not of a call");
            Err(invalid_request(message))
        }
        None => Ok(()),
    }
}

fn take_operation(fields: &mut Fields) -> Result<Operation, LlmError> {
    let Some(value) = fields.remove("operation") else {
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

fn require(fields: &Fields, name: &str, advice: &str) -> Result<(), LlmError> {
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
