//! What a model can do, in our words, as far as the provider says. Owns the words of each provider;
//! words without one of ours stay in the raw object.

use serde_json::{Map, Value};

/// Gemini's methods, Cohere's endpoints and features, Ollama's and Anthropic's capabilities.
fn word(theirs: &str) -> Option<&'static str> {
    Some(match theirs {
        "generateContent" | "chat" | "completion" => "chat",
        "embedContent" | "embed" | "embedding" => "embed",
        "batchGenerateContent" | "batch" => "batch",
        "rerank" => "rerank",
        "tools" => "tools",
        "vision" | "image_input" => "image_input",
        "json_schema" | "structured_outputs" => "structured_output",
        "thinking" | "reasoning" => "reasoning",
        _ => return None,
    })
}

/// The capabilities in order of their names; nothing where the provider does not say.
pub(super) fn of(raw: &Map<String, Value>) -> Option<Vec<&'static str>> {
    const LISTS: &[&str] = &[
        "supportedGenerationMethods",
        "endpoints",
        "features",
        "capabilities",
    ];
    let mut theirs: Vec<&str> = Vec::new();
    for name in LISTS {
        match raw.get(*name) {
            Some(Value::Array(list)) => theirs.extend(list.iter().filter_map(Value::as_str)),
            Some(Value::Object(flags)) => {
                let is_on = |value: &Value| value.get("supported") == Some(&Value::Bool(true));
                let flags = flags.iter().filter(|(_, value)| is_on(value));
                theirs.extend(flags.map(|(name, _)| name.as_str()));
            }
            _ => {}
        }
    }
    if raw.get("thinking") == Some(&Value::Bool(true)) {
        theirs.push("thinking");
    }
    let mut words = Vec::new();
    for word in theirs.into_iter().filter_map(word) {
        if let Err(place) = words.binary_search(&word) {
            words.insert(place, word);
        }
    }
    (!words.is_empty()).then_some(words)
}
