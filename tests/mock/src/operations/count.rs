//! Counts of tokens in the shapes of the providers: every word of the request's texts is one.

use serde_json::{json, Value};

use super::{tokens_of, Asked};

pub fn answer(asked: &Asked<'_>) -> Option<(String, Option<usize>)> {
    let tokens = words_of(asked.body, false);
    let ids: Vec<usize> = (0..tokens).collect();
    let document = if asked.ends_with("/messages/count_tokens") {
        json!({ "input_tokens": tokens })
    } else if asked.ends_with("/responses/input_tokens") {
        json!({"object": "response.input_tokens", "input_tokens": tokens})
    } else if asked.ends_with(":countTokens") {
        let details = json!([{"modality": "TEXT", "tokenCount": tokens}]);
        json!({"totalTokens": tokens, "promptTokensDetails": details})
    } else if asked.ends_with("/count-tokens") {
        json!({ "inputTokens": tokens })
    } else if !asked.ends_with("/tokenize") {
        return None;
    } else if asked.body.get("text").is_some() {
        let words: Vec<&str> = asked.text("text").split_whitespace().collect();
        json!({"tokens": ids, "token_strings": words})
    } else if asked.body.get("content").is_some() {
        json!({ "tokens": ids })
    } else {
        json!({"count": tokens, "max_model_len": 1000, "tokens": ids})
    };
    Some((document.to_string(), None))
}

/// The words of all texts of a request; names, roles and types are none.
fn words_of(value: &Value, is_text: bool) -> usize {
    const TEXTS: [&str; 6] = [
        "text",
        "content",
        "prompt",
        "input",
        "instructions",
        "system",
    ];
    match value {
        Value::String(text) if is_text => tokens_of(text),
        Value::Array(list) => list.iter().map(|one| words_of(one, is_text)).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, inner)| words_of(inner, TEXTS.contains(&name.as_str())))
            .sum(),
        _ => 0,
    }
}
