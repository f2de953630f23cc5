//! The names under which servers report an error in JSON, and by them whether an object is one.
//! What stands under the names is parsed in `document`.

use serde_json::{Map, Value};

/// Fields that hold an error, or a list of them.
pub(super) const NESTS: &[&str] = &["error", "errors", "err", "fault", "exception", "base_resp"];

/// Fields that hold its message, best first.
pub(super) const WORDS: &[&str] = &[
    "message",
    "detail",
    "error_message",
    "errorMessage",
    "error_msg",
    "err_msg",
    "errmsg",
    "error_description",
    "status_msg",
    "faultstring",
    "Message",
    "title",
];

/// Fields that hold a code, a type or a status, as a word or as a number.
pub(super) const CODES: &[&str] = &[
    "code",
    "type",
    "status",
    "error_type",
    "reason",
    "error_code",
    "errorCode",
    "errcode",
    "status_code",
    "statusCode",
    "raw_status_code",
    "http_status",
    "http_code",
];

/// Fields that name the kind of an object.
const KINDS: &[&str] = &["type", "object", "status", "event", "event_type", "level"];

/// Whether this is an error, whatever else it may be.
pub(super) fn is_error(value: &Value) -> bool {
    match value {
        Value::Object(fields) => {
            holds_error(fields)
                || has_status(fields)
                || KINDS.iter().any(|name| names_failure(text(fields, name)))
                || ["success", "ok"]
                    .iter()
                    .any(|name| fields.get(*name) == Some(&Value::Bool(false)))
                || has_message(fields)
        }
        Value::Array(list) => list
            .iter()
            .any(|value| value.is_object() && is_error(value)),
        _ => false,
    }
}

fn holds_error(fields: &Map<String, Value>) -> bool {
    NESTS.iter().any(|name| match fields.get(*name) {
        // MiniMax has this in every response; 0 is success.
        Some(Value::Object(inner)) if *name == "base_resp" => {
            let code = inner.get("status_code");
            code.is_some_and(|code| *code != 0 && *code != "0")
        }
        Some(Value::Null | Value::Bool(false)) | None => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(inner)) => !inner.is_empty(),
        Some(_) => true,
    })
}

/// A number that is the status of a failure.
fn has_status(fields: &Map<String, Value>) -> bool {
    let status = |value: &Value| {
        let number = value.as_str().and_then(|text| text.parse::<u64>().ok());
        value.as_u64().or(number)
    };
    CODES
        .iter()
        .filter_map(|name| fields.get(*name).and_then(status))
        .any(|status| (400..600).contains(&status))
}

/// A message, with a code or without a sign that it is another kind of message.
fn has_message(fields: &Map<String, Value>) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| !text(fields, name).is_empty());
    let is_kind = has(&["type", "status", "event", "event_type", "level"]);
    // A title alone may be that of a conversation.
    let mut words = WORDS.iter().filter(|name| **name != "title");
    let has_detail = match fields.get("detail") {
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(inner)) => !inner.is_empty(),
        _ => false,
    };
    let has_words = words.any(|name| has(&[name])) || has(&["msg"]) || has_detail;
    let has_code = has(&["code", "error_type", "error_code", "errorCode", "errcode"]);
    has_words && (has_code || !is_kind)
}

fn names_failure(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    ["error", "exception", "fail"]
        .iter()
        .any(|word| kind.contains(word))
}

fn text<'f>(fields: &'f Map<String, Value>, name: &str) -> &'f str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}
