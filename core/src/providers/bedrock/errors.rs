//! What AWS's errors mean: the name of the exception decides, which stands in a header, in the body
//! or in a frame of the stream; where it is missing, the message. Owns both tables (botocore,
//! bedrock-runtime's `service-2.json`), and what of an error's text must not leave the core.

use http::HeaderMap;
use serde_json::Value;

use super::{Bedrock, NAME};
use crate::error::{ErrorKind, LlmError, Phase};
use crate::providers::error_body;
use crate::providers::response_headers::ERROR_TYPE;

/// Where the service writes out what it computed from the request: the canonical form holds the
/// session token, and the texts to sign are as good as a signature.
const ECHOES: &[&str] = &[
    "The Canonical String for this request should have been",
    "The String-to-Sign should have been",
    "Credential=",
    "Signature=",
];

const WRONG_CLOCK: &str =
    "the clock of this machine differs from AWS's; set it, or check that the response has a date";
const WRONG_KEYS: &str = "check the AWS credentials: keys, session token, region and profile";

/// A response with an error status.
pub(super) fn from_status(status: u16, headers: &HeaderMap, body: &[u8]) -> LlmError {
    let text = String::from_utf8_lossy(body);
    let text = without_echoes(&text);
    let fields: Option<Value> = serde_json::from_str(&text).ok();
    let field = |name: &str| fields.as_ref()?.get(name)?.as_str();
    let header = headers
        .get(ERROR_TYPE)
        .and_then(|value| value.to_str().ok());
    let name = header.or_else(|| field("__type")).map(exception_name);
    let message = field("message")
        .or_else(|| field("Message"))
        .unwrap_or(&text);
    let error = error_body::from_status(&Bedrock, status, text.as_bytes());
    let is_aws = fields.is_some() && field("message").or(field("Message")).is_some();
    match kind_of(Some(status).filter(|_| is_aws), name, message) {
        Some(kind) => classified(error, kind, name, message),
        None => LlmError {
            code: name.map(str::to_owned).or(error.code),
            ..error
        },
    }
}

/// An exception or an error of the stream. What is in no table passes, as most do there.
pub(super) fn in_stream(name: &str, data: &str) -> LlmError {
    let data = without_echoes(data);
    let fields: Option<Value> = serde_json::from_str(&data).ok();
    let field = |name: &str| fields.as_ref()?.get(name)?.as_str();
    let message = field("message").or_else(|| field("Message"));
    let message = message.unwrap_or(if fields.is_some() { "" } else { &data });
    let mut shown = match message {
        "" => name.to_owned(),
        text => text.trim_end_matches('.').to_owned(),
    };
    if let Some(original) = field("originalMessage").filter(|text| !shown.contains(text)) {
        shown = format!("{shown}; {original}");
    }
    let error = LlmError::from_outside(ErrorKind::Provider, &format!("{NAME}: {shown}"));
    let error = LlmError {
        provider: Some(NAME),
        ..error.phase(Phase::Body)
    };
    let name = exception_name(name);
    let kind = kind_of(None, Some(name), message);
    let error = classified(error, kind.unwrap_or(Kind::Fails), Some(name), message);
    let rest = fields.filter(|fields| fields.get("originalStatusCode").is_some());
    match rest {
        Some(fields) => error.detail(fields.to_string().as_bytes()),
        None => error,
    }
}

/// `Name:http://internal...`, `com.amazon.coral#Name`.
fn exception_name(text: &str) -> &str {
    let name = text.split(':').next().unwrap_or_default();
    name.rsplit('#').next().unwrap_or_default().trim()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Keys,
    Clock,
    Permission,
    NotFound,
    Invalid,
    Throttled,
    Quota,
    Overloaded,
    /// The service or the model failed; the next attempt may succeed.
    Fails,
}

fn classified(error: LlmError, kind: Kind, name: Option<&str>, message: &str) -> LlmError {
    let (kind, retryable, advice) = match kind {
        Kind::Keys => {
            let is_token = message.contains("API Key") || message.contains("Bearer");
            let advice = match is_token {
                true => "set AWS_BEARER_TOKEN_BEDROCK or api_key",
                false => WRONG_KEYS,
            };
            (ErrorKind::Authentication, false, advice)
        }
        Kind::Clock => (ErrorKind::Authentication, false, WRONG_CLOCK),
        Kind::Permission => (ErrorKind::Permission, false, ""),
        Kind::NotFound => (ErrorKind::NotFound, false, ""),
        Kind::Invalid => (ErrorKind::InvalidRequest, false, ""),
        Kind::Throttled => (ErrorKind::RateLimited, true, ""),
        Kind::Quota => (ErrorKind::QuotaExceeded, false, ""),
        Kind::Overloaded => (ErrorKind::Overloaded, true, ""),
        Kind::Fails => (ErrorKind::Provider, true, ""),
    };
    let message = match advice {
        "" => error.message.clone(),
        advice => format!("{}; {advice}", error.message),
    };
    LlmError {
        kind,
        number: kind.number(),
        retryable,
        message,
        code: name
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .or(error.code),
        ..error
    }
}

/// By the exception's name, else by status and message; `None` where neither says more than the
/// status does on every wire.
fn kind_of(status: Option<u16>, name: Option<&str>, message: &str) -> Option<Kind> {
    let message = message.to_ascii_lowercase();
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
    let is_clock = has(&["signature expired", "signature not yet current"]);
    let is_by_day = has(&["per day", "daily"]);
    let name = name.unwrap_or_default().to_ascii_lowercase();
    let name = name.strip_suffix("exception").unwrap_or(&name);
    Some(match name {
        "requesttimetooskewed" | "requestexpired" | "requestinthefuture" => Kind::Clock,
        "invalidsignature" | "signaturedoesnotmatch" | "authfailure" if is_clock => Kind::Clock,
        "authfailure"
        | "expiredtoken"
        | "incompletesignature"
        | "invalidclienttokenid"
        | "invalidsignature"
        | "missingauthenticationtoken"
        | "signaturedoesnotmatch"
        | "unauthorized"
        | "unrecognizedclient" => Kind::Keys,
        "accessdenied" | "notauthorized" | "optinrequired" => match is_wrong_token(&message) {
            true => Kind::Keys,
            false => Kind::Permission,
        },
        "validation" => kind_of_validation(&message),
        "resourcenotfound" | "unknownoperation" => Kind::NotFound,
        "servicequotaexceeded" => Kind::Quota,
        "modelnotready" | "serviceunavailable" => Kind::Overloaded,
        "internalfailure"
        | "internalserver"
        | "internalservererror"
        | "modelerror"
        | "modelstreamerror"
        | "modeltimeout"
        | "requesttimeout"
        | "conflict" => Kind::Fails,
        "bandwidthlimitexceeded"
        | "limitexceeded"
        | "provisionedthroughputexceeded"
        | "requestlimitexceeded"
        | "requestthrottled"
        | "slowdown"
        | "throttling"
        | "throttlingerror"
        | "throttled"
        | "toomanyrequests" => match is_by_day {
            true => Kind::Quota,
            false => Kind::Throttled,
        },
        _ => match status? {
            403 | 400 if is_clock => Kind::Clock,
            401 | 403 if is_wrong_token(&message) => Kind::Keys,
            403 if has(&[
                "security token included in the request is",
                "signature we calculated does not match",
                "missing authentication token",
                "signature",
            ]) =>
            {
                Kind::Keys
            }
            400 if has(&["service quota"]) => Kind::Quota,
            400 => kind_of_validation(&message),
            429 if is_by_day => Kind::Quota,
            429 if has(&["not ready"]) => Kind::Overloaded,
            503 => Kind::Overloaded,
            _ => return None,
        },
    })
}

/// A wrong model is a validation error here, not a 404.
fn kind_of_validation(message: &str) -> Kind {
    let is_unknown = message.contains("model identifier is invalid")
        || message.contains("model identifier provided is invalid");
    if is_unknown {
        Kind::NotFound
    } else {
        Kind::Invalid
    }
}

fn is_wrong_token(message: &str) -> bool {
    [
        "api key is valid",
        "api key is invalid",
        "invalid api key",
        "bearer token",
    ]
    .iter()
    .any(|phrase| message.contains(phrase))
}

/// A text up to what the service quotes of the signature. JSON stays JSON: the rest of its string
/// goes.
fn without_echoes(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let next = |rest: &str| {
        let places = ECHOES.iter().filter_map(|echo| rest.find(echo));
        places.min()
    };
    while let Some((before, echo)) = next(rest).and_then(|at| rest.split_at_checked(at)) {
        clean.push_str(before.trim_end_matches(['\n', ' ']));
        clean.push_str(" [REDACTED]");
        rest = echo.get(end_of_string(echo)..).unwrap_or_default();
    }
    clean.push_str(rest);
    clean
}

/// Where the string of JSON ends in which this stands; the end where it is not JSON.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at,
            _ => {}
        }
    }
    text.len()
}
