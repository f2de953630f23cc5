//! What a provider says of one model, under our names. Owns the names of all providers; what is
//! null or empty is absent.

use serde_json::{Map, Value};

use super::capabilities;
use crate::providers::operations::time;
use crate::providers::token_counts::parse_count;

const IDS: &[&str] = &["id", "model", "modelId", "model_id", "name"];
const NAMES: &[&str] = &["display_name", "displayName", "modelName", "name"];
const CREATED: &[&str] = &["created", "created_at", "createTime", "modified_at"];
const OWNERS: &[&str] = &["owned_by", "providerName"];
const INPUTS: &[&str] = &[
    "max_input_tokens",
    "inputTokenLimit",
    "context_length",
    "context_window",
    "max_context_length",
    "max_model_len",
    "max_input_length",
];
const OUTPUTS: &[&str] = &[
    "outputTokenLimit",
    "max_completion_tokens",
    "max_output_tokens",
];
/// When a model goes away: Anthropic's, OpenAI's.
const RETIRES: &[&str] = &["retires_at", "shutdown_date"];
/// What Google puts before a name.
const PREFIXES: &[&str] = &["models/", "publishers/google/models/"];

/// Whether an object is one model.
pub(super) fn has_id(fields: &Map<String, Value>) -> bool {
    id(fields).is_some()
}

fn text<'v>(fields: &'v Map<String, Value>, names: &[&str]) -> Option<&'v str> {
    let texts = names.iter().filter_map(|name| fields.get(*name)?.as_str());
    let mut texts = texts.filter(|text| !text.is_empty());
    texts.next()
}

fn id(fields: &Map<String, Value>) -> Option<&str> {
    let id = text(fields, IDS)?;
    let mut bare = PREFIXES.iter().filter_map(|prefix| id.strip_prefix(prefix));
    // A prefix alone names nothing.
    Some(bare.next().unwrap_or(id)).filter(|id| !id.is_empty())
}

/// An entry of a list; nothing where it names no model.
pub(super) fn of(entry: Value) -> Option<Map<String, Value>> {
    let raw = match entry {
        Value::Object(raw) => raw,
        Value::String(id) => Map::from_iter([("id".to_owned(), id.into())]),
        _ => return None,
    };
    let id = id(&raw)?.to_owned();
    let name = text(&raw, NAMES).filter(|name| {
        let is_id = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        *name != id && !is_id
    });
    let count = |names: &[&str]| {
        let mut counts = names.iter().filter_map(|name| parse_count(raw.get(*name)));
        counts.find(|count| *count > 0)
    };
    let within = |place: &str, name: &str| {
        let place = raw.get(place)?;
        parse_count(place.get(name)).filter(|count| *count > 0)
    };
    let inputs = count(INPUTS).or_else(|| within("details", "context_length"));
    // Anthropic's limit has the name that others have for a field of requests.
    let is_anthropic = raw.contains_key("max_input_tokens");
    let outputs = count(OUTPUTS)
        .or_else(|| within("top_provider", "max_completion_tokens"))
        .or_else(|| count(&["max_tokens"]).filter(|_| is_anthropic));
    let moment = |names: &[&str]| {
        let mut moments = names.iter().filter_map(|name| time::of(raw.get(*name)?));
        moments.find(|moment| *moment != 0)
    };
    let mut model = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            model.insert(name.to_owned(), value);
        }
    };
    put("id", Some(id.as_str().into()));
    put("name", name.map(Value::from));
    put("created", moment(CREATED).map(Value::from));
    put("owner", text(&raw, OWNERS).map(Value::from));
    put("input_tokens_max", inputs.map(Value::from));
    put("output_tokens_max", outputs.map(Value::from));
    put("capabilities", capabilities::of(&raw).map(Value::from));
    put("deprecated", deprecated(&raw).map(Value::from));
    put("retires_at", moment(RETIRES).map(Value::from));
    model.insert("raw".to_owned(), raw.into());
    Some(model)
}

fn deprecated(raw: &Map<String, Value>) -> Option<bool> {
    if let Some(Value::Bool(flag)) = raw.get("is_deprecated") {
        return Some(*flag);
    }
    let is_set = |name: &str| raw.get(name).is_some_and(|value| !value.is_null());
    let lifecycle = text(raw, &["lifecycle"]).or_else(|| {
        let lifecycle = raw.get("modelLifecycle")?;
        lifecycle.get("status")?.as_str()
    });
    let is_old = lifecycle.is_some_and(|state| {
        let state = state.to_ascii_lowercase();
        ["deprecated", "legacy", "retired"].contains(&state.as_str())
    });
    // Anthropic's and Mistral's dates.
    let is_old = is_old || is_set("deprecated_at") || is_set("deprecation");
    is_old.then_some(true)
}
