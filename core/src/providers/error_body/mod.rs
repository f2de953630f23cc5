//! What a provider's error means: kind, code, message and whether a retry makes sense, from a
//! status and a body of any shape that compatible servers use, or from an error inside an answer
//! that began well. Owns the table of statuses and of typed marks. Called by codecs.

mod details;
mod document;
mod error_fields;

#[cfg(all(test, feature = "openai"))]
mod tests;

use http::StatusCode;
use serde_json::value::RawValue;
use serde_json::Value;

use super::{json, Provider};
use crate::error::{ErrorKind, LlmError, Phase};
use document::Said;

/// An answer with an error status. The caller adds what headers say.
pub(crate) fn from_status(provider: &dyn Provider, status: u16, body: &[u8]) -> LlmError {
    let text = String::from_utf8_lossy(body);
    let said = Said::read(&text);
    let (kind, retryable) = classify(Some(status), &said.marks);
    let words = said
        .message
        .clone()
        .or_else(|| said.code.clone())
        .unwrap_or_else(|| {
            let reason = StatusCode::from_u16(status)
                .ok()
                .and_then(|status| status.canonical_reason());
            reason.unwrap_or("without a message").to_ascii_lowercase()
        });
    let words = words.strip_prefix(&format!("{status} ")).unwrap_or(&words);
    let mut error = error(
        &said,
        provider,
        kind,
        retryable,
        &format!("{status} {words}"),
    );
    error.status = Some(status);
    match said.is_document {
        true => error,
        false => error.detail(body),
    }
}

/// An error event of a stream, or an error document behind a good status.
pub(crate) fn in_answer(provider: &dyn Provider, text: &str) -> LlmError {
    said_in_answer(provider, &Said::read(text), text)
}

/// The same, for a text that may be something else than an error.
pub(crate) fn find_in_answer(provider: &dyn Provider, text: &str) -> Option<LlmError> {
    let said = Said::read(text);
    let is_known = || said.marks.iter().any(|mark| kind_of_mark(mark).is_some());
    let is_error = said.names_failure || is_known();
    is_error.then(|| said_in_answer(provider, &said, text))
}

fn said_in_answer(provider: &dyn Provider, said: &Said, text: &str) -> LlmError {
    if said.is_broken {
        return protocol_error(provider, "an error in the answer", "is not JSON", text);
    }
    let words = said.message.as_ref().or(said.code.as_ref());
    let without = "error in the answer without a message";
    let (kind, retryable) = classify(said.status, &said.marks);
    let error = error(
        said,
        provider,
        kind,
        retryable,
        words.map_or(without, String::as_str),
    );
    let error = error.phase(Phase::Body);
    match words {
        Some(_) => error,
        None => error.detail(text.as_bytes()),
    }
}

/// An answer that is not what the protocol says.
pub(crate) fn protocol_error(
    provider: &dyn Provider,
    what: &str,
    how: &str,
    text: &str,
) -> LlmError {
    let message = format!("{}: {what} {how}", provider.name());
    let error = LlmError::new(ErrorKind::Protocol, message).phase(Phase::Body);
    LlmError {
        provider: Some(provider.name()),
        ..error.detail(text.as_bytes())
    }
}

/// An event that is no object: an error as a list or in plain words, or nonsense.
pub(crate) fn no_object(provider: &dyn Provider, what: &str, text: &str) -> LlmError {
    let said = text
        .starts_with('[')
        .then(|| find_in_answer(provider, text));
    said.flatten()
        .unwrap_or_else(|| protocol_error(provider, what, "is not a JSON object", text))
}

/// What MiniMax's `base_resp` says, unless it says that this is an answer.
pub(crate) fn refusal(provider: &dyn Provider, base_resp: Option<&RawValue>) -> Option<LlmError> {
    let said = format!("{{\"base_resp\":{}}}", base_resp?);
    let value = json::parse::<Value>(&said, &mut String::new()).ok()?;
    error_fields::is_named(&value).then(|| in_answer(provider, &said))
}

/// A text that does not have the shape of an answer: the error of a gateway, or nonsense.
pub(crate) fn unreadable(
    provider: &dyn Provider,
    what: &str,
    error: &serde_json::Error,
    text: &str,
) -> LlmError {
    let said = error.is_data().then(|| find_in_answer(provider, text));
    said.flatten()
        .unwrap_or_else(|| protocol_error(provider, what, &json::place(error), text))
}

fn error(
    said: &Said,
    provider: &dyn Provider,
    kind: ErrorKind,
    retryable: bool,
    words: &str,
) -> LlmError {
    let advice = match (kind, provider.key_variables().first()) {
        (ErrorKind::Authentication, Some(variable)) => format!("; set {variable} or api_key"),
        _ => String::new(),
    };
    let message = format!("{}: {words}{advice}", provider.name());
    let mut error = LlmError::from_outside(kind, &message).retryable(retryable);
    error.provider = Some(provider.name());
    error.code.clone_from(&said.code);
    error.request_id.clone_from(&said.request_id);
    error.retry_after_ms = said.retry_after_ms.filter(|_| retryable);
    match &said.rest {
        Some(rest) => error.detail(rest.as_bytes()),
        None => error,
    }
}

fn classify(status: Option<u16>, marks: &[String]) -> (ErrorKind, bool) {
    let mut kinds = marks.iter().filter_map(|mark| kind_of_mark(mark));
    // Whichever status says it: waiting does not fill an account.
    if kinds.clone().any(|kind| kind == ErrorKind::QuotaExceeded) {
        return (ErrorKind::QuotaExceeded, false);
    }
    let (kind, retryable) = match status {
        Some(status) => {
            let (kind, retryable) = kind_of_status(status);
            match kinds.find(|kind| outweighs(*kind, status)) {
                Some(kind) => (kind, false),
                None => (kind, retryable),
            }
        }
        None => kinds
            .next()
            .map_or((ErrorKind::Provider, true), |kind| (kind, false)),
    };
    (
        kind,
        retryable || matches!(kind, ErrorKind::RateLimited | ErrorKind::Overloaded),
    )
}

fn kind_of_status(status: u16) -> (ErrorKind, bool) {
    match status {
        401 => (ErrorKind::Authentication, false),
        402 => (ErrorKind::QuotaExceeded, false),
        403 => (ErrorKind::Permission, false),
        404 | 410 => (ErrorKind::NotFound, false),
        // 409 is lock contention at these providers; 424 is Bedrock's failing model.
        408 | 409 | 424 => (ErrorKind::Provider, true),
        413 => (ErrorKind::TooLarge, false),
        429 => (ErrorKind::RateLimited, true),
        // 498 is Groq's word for "out of capacity", 529 Anthropic's.
        498 | 529 => (ErrorKind::Overloaded, true),
        // 499: somebody on the way says that the client went away.
        499 | 501 | 505 => (ErrorKind::Provider, false),
        400..=499 => (ErrorKind::InvalidRequest, false),
        500.. => (ErrorKind::Provider, true),
        ..=399 => (ErrorKind::Protocol, false),
    }
}

/// Where a typed mark says more than the status. A 400 is used for wrong keys (Gemini, xAI); a 5xx
/// stays one, whatever else a gateway wrote into it.
fn outweighs(kind: ErrorKind, status: u16) -> bool {
    use ErrorKind::{Authentication, NotFound, Overloaded};
    match status {
        400 => matches!(kind, Authentication | NotFound),
        403 => kind == Authentication,
        429 | 500.. => kind == Overloaded,
        _ => false,
    }
}

/// Marks as `said` normalises them.
fn kind_of_mark(mark: &str) -> Option<ErrorKind> {
    Some(match mark {
        "apikeyinvalid"
        | "authentication"
        | "incorrectapikey"
        | "invalidapikey"
        | "invalidauthentication"
        | "unauthenticated"
        | "unauthorized" => ErrorKind::Authentication,
        "accessdenied" | "forbidden" | "permission" | "permissiondenied" => ErrorKind::Permission,
        "deploymentnotfound" | "modelnotfound" | "notfound" => ErrorKind::NotFound,
        "arrearage"
        | "billing"
        | "billinghardlimitreached"
        | "billingnotactive"
        | "accountoverdue"
        | "creditsexhausted"
        | "exceededcurrentquota"
        | "insufficientbalance"
        | "insufficientcredits"
        | "insufficientfunds"
        | "insufficientquota"
        | "insufficientuserquota"
        | "notenoughbalance"
        | "notenoughcredits"
        | "outofcredits"
        | "paymentrequired"
        | "quotaexceeded" => ErrorKind::QuotaExceeded,
        "ratelimit" | "ratelimited" | "ratelimitexceeded" | "ratelimitreached"
        | "resourceexhausted" | "throttling" | "toomanyrequests" => ErrorKind::RateLimited,
        "engineoverloaded" | "modelnotready" | "modeloverloaded" | "overloaded"
        | "serveroverloaded" | "unavailable" => ErrorKind::Overloaded,
        "requesttoolarge" => ErrorKind::TooLarge,
        "badrequest"
        | "contentfilter"
        | "contextlengthexceeded"
        | "invalidargument"
        | "invalidrequest"
        | "toolusefailed"
        | "toomanytokens"
        | "unsupportedparameter"
        | "unsupportedvalue"
        | "validation" => ErrorKind::InvalidRequest,
        _ => return None,
    })
}
