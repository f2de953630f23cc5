//! What a provider's error means: kind, code, message and whether a retry makes sense, from a
//! status and a body of any shape that compatible servers use, or from an error inside an answer
//! that began well. Owns the table of statuses and of typed marks. Called by codecs.

use reqwest::StatusCode;
use serde_json::{Map, Value};

use super::{headers, json, Provider};
use crate::error::{ErrorKind, LlmError, Phase};

/// How far errors are nested in errors (a gateway's in a gateway's).
const NESTING_MAX: usize = 4;

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
    let words = words
        .strip_prefix(&status.to_string())
        .unwrap_or(&words)
        .trim_start();
    let mut error = said.error(provider, kind, retryable, &format!("{status} {words}"));
    error.status = Some(status);
    match said.is_document {
        true => error,
        false => error.detail(body),
    }
}

/// An error event of a stream, or an error document behind a good status.
pub(crate) fn in_answer(provider: &dyn Provider, text: &str) -> LlmError {
    find_in_answer(provider, text).unwrap_or_else(|| {
        let message = format!("{}: error in the answer without a message", provider.name());
        let error = LlmError::new(ErrorKind::Provider, message).retryable(true);
        LlmError {
            provider: Some(provider.name()),
            ..error.phase(Phase::Body)
        }
        .detail(text.as_bytes())
    })
}

/// The same, for a text that may be something else than an error.
pub(crate) fn find_in_answer(provider: &dyn Provider, text: &str) -> Option<LlmError> {
    let said = Said::read(text);
    let words = said.message.clone().or_else(|| said.code.clone())?;
    let (kind, retryable) = classify(said.status, &said.marks);
    Some(
        said.error(provider, kind, retryable, &words)
            .phase(Phase::Body),
    )
}

fn classify(status: Option<u16>, marks: &[String]) -> (ErrorKind, bool) {
    let mut kinds = marks.iter().filter_map(|mark| kind_of_mark(mark));
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

/// Where a typed mark says more than the status. A 400 is used for wrong keys (Gemini, xAI), a 429
/// for an empty account (OpenAI); a 5xx stays one, whatever a gateway wrote into it.
fn outweighs(kind: ErrorKind, status: u16) -> bool {
    use ErrorKind::{Authentication, NotFound, Overloaded, QuotaExceeded};
    match status {
        400 => matches!(kind, Authentication | NotFound | QuotaExceeded),
        403 => matches!(kind, Authentication | QuotaExceeded),
        429 => matches!(kind, QuotaExceeded | Overloaded),
        500.. => kind == Overloaded,
        _ => false,
    }
}

/// Marks are compared without case, blanks, dashes, underscores and a final "error".
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
        | "exceededcurrentquota"
        | "insufficientbalance"
        | "insufficientcredits"
        | "insufficientquota"
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

fn mark_of(word: &str) -> String {
    let word = word.chars().filter(char::is_ascii_alphanumeric);
    let mark = word.map(|c| c.to_ascii_lowercase()).collect::<String>();
    let mark = mark
        .strip_suffix("error")
        .or(mark.strip_suffix("exception"))
        .unwrap_or(&mark);
    mark.to_owned()
}

/// What an error's body says, whatever its shape.
#[derive(Debug, Default)]
struct Said {
    /// It was JSON, or plain text short enough to be the message.
    is_document: bool,
    message: Option<String>,
    code: Option<String>,
    marks: Vec<String>,
    /// The status that the body names, where the answer's own was 200.
    status: Option<u16>,
    retry_after_ms: Option<u64>,
}

impl Said {
    fn read(text: &str) -> Self {
        let mut said = Self {
            is_document: true,
            ..Self::default()
        };
        let mut repaired = String::new();
        let text = text.trim();
        match json::parse::<Value>(text, &mut repaired) {
            Ok(value) => said.value(&value, NESTING_MAX),
            Err(_) if text.starts_with('<') => {
                said.is_document = false;
                said.message = Some(title(text).unwrap_or("an HTML page").to_owned());
            }
            Err(_) => said.text(text),
        }
        said.marks_of_message();
        said
    }

    fn value(&mut self, value: &Value, nesting: usize) {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(values) if nesting > 0 => {
                values
                    .iter()
                    .for_each(|value| self.value(value, nesting - 1));
            }
            Value::Object(fields) if nesting > 0 => self.fields(fields, nesting - 1),
            _ => {}
        }
    }

    /// The first text is the message; what an upstream said is put behind it.
    fn text(&mut self, text: &str) {
        let text = text.trim().trim_end_matches('.');
        match &mut self.message {
            _ if text.is_empty() => {}
            None => self.message = Some(text.to_owned()),
            Some(message) if message.contains(text) => {}
            Some(message) => {
                message.push_str("; ");
                message.push_str(text);
            }
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>, nesting: usize) {
        for name in ["error", "errors"] {
            fields
                .get(name)
                .into_iter()
                .for_each(|value| self.value(value, nesting));
        }
        self.own_message(fields, nesting);
        for name in ["code", "type", "status", "error_type", "reason"] {
            match fields.get(name) {
                Some(Value::String(word)) => self.word(word),
                Some(number) => self.number(number),
                None => {}
            }
        }
        for name in ["status_code", "raw_status_code"] {
            fields
                .get(name)
                .into_iter()
                .for_each(|number| self.number(number));
        }
        if let Some(Value::Object(inner)) = fields.get("innererror") {
            inner
                .get("code")
                .and_then(Value::as_str)
                .into_iter()
                .for_each(|word| self.word(word));
        }
        self.google_details(fields.get("details"));
        if let Some(raw) = fields
            .get("metadata")
            .and_then(|metadata| metadata.get("raw"))
        {
            self.upstream(raw, nesting);
        }
    }

    fn own_message(&mut self, fields: &Map<String, Value>, nesting: usize) {
        // FastAPI: one entry per wrong field.
        if let Some(Value::String(text)) = fields.get("msg") {
            let path: Vec<_> = fields
                .get("loc")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|word| {
                    word.as_str()
                        .map_or_else(|| word.to_string(), str::to_owned)
                })
                .collect();
            let separator = if path.is_empty() { "" } else { ": " };
            return self.text(&format!("{}{separator}{text}", path.join(".")));
        }
        for name in ["message", "detail"] {
            if let (None, Some(value)) = (&self.message, fields.get(name)) {
                self.value(value, nesting);
            }
        }
    }

    /// A code or type. The first word that is not a number becomes the error's code.
    fn word(&mut self, word: &str) {
        if let Ok(number) = word.parse::<u64>() {
            return self.number(&Value::from(number));
        }
        // "None" is what LiteLLM makes of a code that an upstream did not give.
        if matches!(word, "" | "error" | "None") {
            return;
        }
        self.marks.push(mark_of(word));
        if self
            .code
            .as_ref()
            .is_none_or(|code| code.parse::<u64>().is_ok())
        {
            self.code = Some(word.to_owned());
        }
    }

    fn number(&mut self, number: &Value) {
        let Some(number) = number.as_u64() else {
            return;
        };
        self.code.get_or_insert_with(|| number.to_string());
        let status = u16::try_from(number)
            .ok()
            .filter(|status| (400..600).contains(status));
        self.status = self.status.or(status);
    }

    /// google.rpc: ErrorInfo has a reason, RetryInfo a delay such as "34.4s".
    fn google_details(&mut self, details: Option<&Value>) {
        for detail in details.and_then(Value::as_array).into_iter().flatten() {
            detail
                .get("reason")
                .and_then(Value::as_str)
                .into_iter()
                .for_each(|r| self.word(r));
            let delay = detail.get("retryDelay").and_then(Value::as_str);
            if let Some(seconds) = delay.and_then(|delay| delay.strip_suffix('s')) {
                self.retry_after_ms = headers::seconds_to_ms(seconds).or(self.retry_after_ms);
            }
        }
    }

    /// OpenRouter: what the model's own provider said, as text or as JSON inside text.
    fn upstream(&mut self, raw: &Value, nesting: usize) {
        let Value::String(text) = raw else {
            return self.value(raw, nesting);
        };
        let mut upstream = Self::default();
        match serde_json::from_str::<Value>(text) {
            Ok(value) => upstream.value(&value, nesting),
            Err(_) => upstream.text(text),
        }
        self.marks.append(&mut upstream.marks);
        upstream
            .message
            .into_iter()
            .for_each(|message| self.text(&message));
    }

    /// Some say only in words that the key is wrong (xAI) or the account empty (Z.ai).
    fn marks_of_message(&mut self) {
        let message = self
            .message
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
        if says(&["incorrect api key", "invalid api key", "api key not valid"]) {
            self.marks.push("invalidapikey".to_owned());
        }
        if says(&["insufficient balance"]) {
            self.marks.push("insufficientbalance".to_owned());
        }
    }

    fn error(
        &self,
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
        let mut error = LlmError::new(kind, message).retryable(retryable);
        error.provider = Some(provider.name());
        error.code.clone_from(&self.code);
        error.retry_after_ms = self.retry_after_ms.filter(|_| retryable);
        error
    }
}

fn title(html: &str) -> Option<&str> {
    let (_, after) = html.split_once("<title>")?;
    let (title, _) = after.split_once("</title>")?;
    Some(title.trim()).filter(|title| !title.is_empty())
}

#[cfg(test)]
#[path = "error_body_tests.rs"]
mod tests;
