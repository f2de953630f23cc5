//! A count of tokens in any of the shapes that providers have. Owns their names.

use serde_json::{Map, Value};

use super::no_count;
use crate::error::LlmError;
use crate::json;
use crate::providers::operations::{TokenCount, WholeResponse};
use crate::providers::token_counts::parse_count;
use crate::providers::{by_name, error_body};

/// Anthropic's and OpenAI's name, Gemini's, Bedrock's, vLLM's.
const COUNTS: &[&str] = &["input_tokens", "totalTokens", "inputTokens", "count"];

pub(super) fn decode(
    provider: &'static str,
    response: WholeResponse<'_>,
) -> Result<TokenCount, LlmError> {
    let text = String::from_utf8_lossy(response.body);
    let document = json::parse::<Value>(&text, &mut String::new());
    let document =
        document.map_err(|error| no_count(provider, &json::error_place(&error), &text))?;
    let count = match &document {
        Value::Object(fields) => of_fields(fields),
        Value::Array(list) => of_list(list),
        _ => None,
    };
    count.ok_or_else(|| {
        let codec = by_name(provider).ok();
        let error = codec.and_then(|codec| error_body::find_in_response(codec, &text));
        error.unwrap_or_else(|| no_count(provider, "is missing", &text))
    })
}

fn of_fields(fields: &Map<String, Value>) -> Option<TokenCount> {
    let ids = fields.get("tokens").and_then(Value::as_array);
    let count = COUNTS
        .iter()
        .find_map(|name| parse_count(fields.get(*name)));
    let count = count.or_else(|| ids.map(|ids| ids.len() as u64))?;
    let mut more = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            more.insert(name.to_owned(), value);
        }
    };
    let counted = |name: &str| parse_count(fields.get(name)).map(Value::from);
    put("cached_input_tokens", counted("cachedContentTokenCount"));
    put("token_ids", ids.cloned().map(Value::from));
    put("details", details(fields));
    put("billable_characters", counted("totalBillableCharacters"));
    Some(TokenCount {
        input_tokens: count,
        more,
    })
}

/// Gemini's counts by modality.
fn details(fields: &Map<String, Value>) -> Option<Value> {
    let list = fields.get("promptTokensDetails")?.as_array()?;
    let counts = list.iter().filter_map(|entry| {
        let modality = entry.get("modality")?.as_str()?.to_ascii_lowercase();
        let count = parse_count(entry.get("tokenCount"))?;
        Some((modality, Value::from(count)))
    });
    let counts: Map<_, _> = counts.collect();
    (!counts.is_empty()).then(|| counts.into())
}

/// The tokens of one text, in a list of texts (Text Embeddings Inference).
fn of_list(list: &[Value]) -> Option<TokenCount> {
    let [Value::Array(tokens)] = list else {
        return None;
    };
    let ids = tokens.iter().filter_map(|token| token.get("id"));
    let ids: Vec<Value> = ids.cloned().collect();
    let mut more = Map::new();
    if ids.len() == tokens.len() {
        more.insert("token_ids".to_owned(), ids.into());
    }
    Some(TokenCount {
        input_tokens: tokens.len() as u64,
        more,
    })
}
