//! The body of an error, parsed out of all the shapes that compatible servers use: message, code,
//! typed marks, a status inside. Owns the shapes; what they mean is in `classify`.

use serde_json::{Map, Value};

use super::{details, error_fields, retry_hint};
use crate::json;
use crate::providers::response_headers;

/// How far errors are nested in errors (a gateway's in a gateway's).
const NESTING_MAX: usize = 6;

/// How much a delay in whole seconds may lack.
const CUT_MS: u64 = 1000;
/// After the quota of a day a retry makes sense within this time, if the server says so.
const SOON_MS: u64 = 60_000;

/// An error's body, whatever its shape.
#[derive(Debug, Default)]
pub(super) struct ErrorDocument {
    /// It was JSON, or plain text short enough to be the message.
    pub(super) is_document: bool,
    /// It begins like JSON and cannot be parsed.
    pub(super) is_broken: bool,
    /// It is an object that calls itself an error, in one of the usual spellings.
    pub(super) is_error: bool,
    pub(super) message: Option<String>,
    pub(super) code: Option<String>,
    pub(super) marks: Vec<String>,
    /// The status that the body names, where the response's own was 200.
    pub(super) status: Option<u16>,
    pub(super) retry_after_ms: Option<u64>,
    pub(super) request_id: Option<String>,
    /// The fields of the document that stand beside all this, as JSON.
    pub(super) rest: Option<String>,
}

/// MiniMax's own codes, in `base_resp`, as marks: platform.minimax.io, "error codes".
const BASE_RESP: &[(u64, &str)] = &[
    (1002, "ratelimited"),
    (1004, "invalidapikey"),
    (1008, "insufficientbalance"),
    (1026, "contentfilter"),
    (1027, "contentfilter"),
    (1039, "ratelimited"),
    (1041, "ratelimited"),
    (1042, "invalidrequest"),
    (2013, "invalidrequest"),
    (2045, "ratelimited"),
    (2049, "invalidapikey"),
    (2056, "quotaexceeded"),
];

/// Phrases that mean a wrong key, where no code does (xAI).
const WRONG_KEY: &[&str] = &["incorrect api key", "invalid api key", "api key not valid"];

/// Phrases that mean an empty account, of providers and gateways that have no code for it, or one
/// for more than that.
const NO_CREDIT: &[&str] = &[
    "account is not active, please check your billing",
    "account is in good standing",
    "any credits",
    // Cohere's trial keys: by the minute it is a rate, by the month the end.
    "api calls / month",
    "arrears",
    "balance insufficient",
    "balance is insufficient",
    "balance is not enough",
    "balance is too low",
    "billing hard limit",
    "credit balance is too low",
    "credit limit exceeded",
    "credits are depleted",
    "credits exhausted",
    "insufficient account balance",
    "insufficient balance",
    "insufficient credit",
    "insufficient fund",
    "insufficient quota",
    "insufficient_quota",
    "insufficient_user_quota",
    "monthly included credits",
    "monthly spending limit",
    "negative balance",
    "no credits",
    "not enough balance",
    "not enough credit",
    "out of credit",
    "overdue balance",
    "overdue payment",
    "please recharge",
    "please top up",
    "reached your specified api usage limits",
    "requires more credits",
    "run out of credit",
    "used all available credits",
    "\u{4f59}\u{989d}\u{4e0d}\u{8db3}",
    "\u{989d}\u{5ea6}\u{4e0d}\u{8db3}",
    "\u{6b20}\u{8d39}",
];

impl ErrorDocument {
    pub(super) fn parse(text: &str) -> Self {
        let mut document = Self {
            is_document: true,
            ..Self::default()
        };
        let mut repaired = String::new();
        let text = text.trim_start_matches('\u{feff}').trim();
        let data = event_data(text);
        let text = data.as_deref().unwrap_or(text);
        let mut hint = None;
        match json::parse::<Value>(text, &mut repaired) {
            Ok(value) => {
                document.is_error = error_fields::is_error(&value);
                document.add_value(&value, NESTING_MAX);
                let rest =
                    details::remaining(&value, document.message.as_deref().unwrap_or_default());
                document.rest = rest.map(|rest| rest.to_string());
                hint = retry_hint::find(&value, document.message.as_deref().unwrap_or_default());
            }
            Err(_) if text.starts_with('<') => {
                document.is_document = false;
                document.message = Some(title(text).unwrap_or("an HTML page").to_owned());
            }
            Err(_) => {
                document.is_broken = text.starts_with(['{', '[']);
                document.add_text(text);
            }
        }
        document.add_marks_of_message();
        document.retry_after_ms = document.retry_after_ms.or(hint);
        document
    }

    fn add_value(&mut self, value: &Value, nesting: usize) {
        match value {
            // A gateway's message may be the whole document that it was given.
            Value::String(text) if nesting > 0 && text.trim_start().starts_with('{') => {
                if let Ok(document) = serde_json::from_str::<Value>(text) {
                    self.add_value(&document, nesting - 1);
                }
                if self.message.is_none() {
                    self.add_text(text);
                }
            }
            Value::String(text) => self.add_text(text),
            Value::Array(values) if nesting > 0 => {
                values
                    .iter()
                    .for_each(|value| self.add_value(value, nesting - 1));
            }
            Value::Object(fields) if nesting > 0 => self.add_fields(fields, nesting - 1),
            _ => {}
        }
    }

    /// The first text is the message; that of an upstream is put behind it.
    fn add_text(&mut self, text: &str) {
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

    fn add_fields(&mut self, fields: &Map<String, Value>, nesting: usize) {
        // RFC 9457: a problem has a title and a detail, and the errors in it are its details.
        if fields.contains_key("title") {
            self.add_own_message(fields, nesting);
        }
        for name in error_fields::NESTS {
            fields
                .get(*name)
                .into_iter()
                .for_each(|value| self.add_value(value, nesting));
        }
        self.add_own_message(fields, nesting);
        self.add_base_resp(fields.get("base_resp"));
        for name in error_fields::CODES {
            match fields.get(*name) {
                Some(Value::String(word)) => self.add_word(word),
                Some(number) => self.add_number(number),
                None => {}
            }
        }
        if let Some(Value::Object(inner)) = fields.get("innererror") {
            inner
                .get("code")
                .and_then(Value::as_str)
                .into_iter()
                .for_each(|word| self.add_word(word));
        }
        if let Some(Value::String(id)) = fields.get("request_id") {
            self.request_id.get_or_insert_with(|| id.clone());
        }
        self.add_google_details(fields.get("details"));
        if let Some(raw) = fields
            .get("metadata")
            .and_then(|metadata| metadata.get("raw"))
        {
            self.add_upstream(raw, nesting);
        }
    }

    fn add_own_message(&mut self, fields: &Map<String, Value>, nesting: usize) {
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
            return self.add_text(&format!("{}{separator}{text}", path.join(".")));
        }
        for name in error_fields::WORDS {
            if let (None, Some(value)) = (&self.message, fields.get(*name)) {
                self.add_value(value, nesting);
            }
        }
    }

    /// A code or type. The first word that is not a number becomes the error's code.
    fn add_word(&mut self, word: &str) {
        if let Ok(number) = word.parse::<u64>() {
            return self.add_number(&Value::from(number));
        }
        let Some(word) = type_name(word) else {
            return;
        };
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

    fn add_number(&mut self, number: &Value) {
        let Some(number) = number.as_u64() else {
            return;
        };
        self.code.get_or_insert_with(|| number.to_string());
        let status = u16::try_from(number)
            .ok()
            .filter(|status| (400..600).contains(status));
        self.status = self.status.or(status);
    }

    /// google.rpc: ErrorInfo has a reason, RetryInfo a delay such as "34.4s", QuotaFailure names of
    /// quotas.
    fn add_google_details(&mut self, details: Option<&Value>) {
        let mut is_of_a_day = false;
        for detail in details.and_then(Value::as_array).into_iter().flatten() {
            detail
                .get("reason")
                .and_then(Value::as_str)
                .into_iter()
                .for_each(|r| self.add_word(r));
            let delay = detail.get("retryDelay").and_then(Value::as_str);
            if let Some(seconds) = delay.and_then(|delay| delay.strip_suffix('s')) {
                // "Please retry in 48.9s" is "48s" here: whole seconds are cut.
                let cut = if seconds.contains('.') { 0 } else { CUT_MS };
                let delay = response_headers::seconds_to_ms(seconds);
                let delay = delay.map(|delay| delay.saturating_add(cut));
                self.retry_after_ms = delay.or(self.retry_after_ms);
            }
            let violations = detail.get("violations").and_then(Value::as_array);
            is_of_a_day |= violations.into_iter().flatten().any(|violation| {
                let quota = violation.get("quotaId").and_then(Value::as_str);
                quota.is_some_and(|quota| quota.contains("PerDay"))
            });
        }
        let is_soon = self.retry_after_ms.is_some_and(|wait| wait <= SOON_MS);
        if is_of_a_day && !is_soon {
            self.marks.push("quotaexceeded".to_owned());
        }
    }

    /// OpenRouter: the error of the model's own provider, as text or as JSON inside text.
    fn add_upstream(&mut self, raw: &Value, nesting: usize) {
        let Value::String(text) = raw else {
            return self.add_value(raw, nesting);
        };
        let mut upstream = Self::default();
        match serde_json::from_str::<Value>(text) {
            Ok(value) => upstream.add_value(&value, nesting),
            Err(_) => upstream.add_text(text),
        }
        self.marks.append(&mut upstream.marks);
        upstream
            .message
            .into_iter()
            .for_each(|message| self.add_text(&message));
    }

    fn add_base_resp(&mut self, base_resp: Option<&Value>) {
        let code = base_resp.and_then(|base_resp| base_resp.get("status_code"));
        let word = code
            .and_then(Value::as_str)
            .and_then(|word| word.parse().ok());
        let Some(number) = code.and_then(Value::as_u64).or(word) else {
            return;
        };
        let marks = BASE_RESP.iter().filter(|(code, _)| *code == number);
        self.marks.extend(marks.map(|(_, mark)| (*mark).to_owned()));
    }

    /// Some report a wrong key or an empty account only in the message.
    fn add_marks_of_message(&mut self) {
        let message = self.message.as_deref().unwrap_or_default();
        let message = message.to_ascii_lowercase();
        let has = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
        if has(WRONG_KEY) {
            self.marks.push("invalidapikey".to_owned());
        }
        // Gemini has the same text for the quota of a minute, beside a mark of its own.
        let is_of_a_minute = || {
            let mut marks = self.marks.iter();
            self.retry_after_ms.is_some() || marks.any(|mark| mark == "resourceexhausted")
        };
        let is_empty = has(NO_CREDIT)
            || (message.contains("exceeded your current quota") && !is_of_a_minute());
        if is_empty {
            self.marks.push("insufficientbalance".to_owned());
        }
    }
}

/// The type of a problem is a URI, of which the end is the name; the blank one, and those that only
/// cite the standard, are none.
fn type_name(word: &str) -> Option<&str> {
    let is_uri = word.contains("://") || word.starts_with("urn:") || word.starts_with("about:");
    if !is_uri {
        return Some(word);
    }
    let end = word.trim_end_matches('/').rsplit(['/', ':', '#']).next();
    end.filter(|end| !end.is_empty() && !word.contains("rfc") && !word.starts_with("about:"))
}

/// The data of an event, as some servers write the body of an error status too.
fn event_data(text: &str) -> Option<String> {
    let is_event = ["data:", "event:"]
        .iter()
        .any(|field| text.starts_with(field));
    let lines = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let data: Vec<&str> = lines
        .map(str::trim)
        .filter(|data| *data != "[DONE]")
        .collect();
    (is_event && !data.is_empty()).then(|| data.join("\n"))
}

fn title(html: &str) -> Option<&str> {
    let (_, after) = html.split_once("<title>")?;
    let (title, _) = after.split_once("</title>")?;
    Some(title.trim()).filter(|title| !title.is_empty())
}

/// Marks are compared without case, blanks, dashes, underscores and a final "error".
fn mark_of(word: &str) -> String {
    let word = word.chars().filter(char::is_ascii_alphanumeric);
    let mark = word.map(|c| c.to_ascii_lowercase()).collect::<String>();
    let mark = mark
        .strip_suffix("error")
        .or(mark.strip_suffix("exception"))
        .unwrap_or(&mark);
    mark.to_owned()
}
