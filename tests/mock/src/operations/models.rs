//! Lists of models in the shapes of the providers. Those with pages give two models on each, so
//! that a client has to follow them; OpenAI's and Ollama's have none.

use serde_json::{json, Value};

use super::Asked;

const MODELS: [&str; 5] = ["model-a", "model-b", "model-c", "model-d", "model-e"];
const PAGE: usize = 2;
const CREATED: u64 = 1_700_000_000;

pub fn answer(asked: &Asked<'_>) -> Option<(String, Option<usize>)> {
    let document = if asked.ends_with("/api/tags") {
        let row = |name: &&str| {
            json!({"name": name, "model": name, "size": 1,
            "modified_at": "2023-11-14T22:13:20Z", "capabilities": ["completion"]})
        };
        json!({"models": MODELS.iter().map(row).collect::<Vec<_>>()})
    } else if asked.ends_with("/foundation-models") {
        let row = |name: &&str| {
            json!({"modelId": name, "modelName": name,
            "inputModalities": ["TEXT"], "outputModalities": ["TEXT"]})
        };
        json!({"modelSummaries": MODELS.iter().map(row).collect::<Vec<_>>()})
    } else if !asked.ends_with("/models") {
        return None;
    } else if asked.has_header("anthropic-version") {
        anthropic(asked)
    } else if asked.path.contains("/v1beta") || asked.has_header("x-goog-api-key") {
        gemini(asked)
    } else if asked.query("page_size").is_some() || asked.path.contains("/cohere/") {
        cohere(asked)
    } else {
        let row = |name: &&str| {
            json!({"id": name, "object": "model", "created": CREATED,
            "owned_by": "mock"})
        };
        json!({"object": "list", "data": MODELS.iter().map(row).collect::<Vec<_>>()})
    };
    Some((document.to_string(), None))
}

/// The models of a page that begins with this number, and the number of the next.
fn page(begin: usize) -> (Vec<&'static str>, Option<usize>) {
    let models = MODELS.iter().copied().skip(begin).take(PAGE).collect();
    let next = begin + PAGE;
    (models, (next < MODELS.len()).then_some(next))
}

fn number(token: Option<&str>) -> usize {
    token.and_then(|token| token.parse().ok()).unwrap_or(0)
}

fn anthropic(asked: &Asked<'_>) -> Value {
    let after = asked.query("after_id");
    let begin = MODELS.iter().position(|name| Some(*name) == after);
    let (models, next) = page(begin.map_or(0, |index| index + 1));
    let row = |name: &&str| {
        json!({"type": "model", "id": name, "display_name": name,
        "created_at": "2023-11-14T22:13:20Z"})
    };
    json!({"data": models.iter().map(row).collect::<Vec<_>>(), "has_more": next.is_some(),
        "first_id": models.first(), "last_id": models.last()})
}

fn gemini(asked: &Asked<'_>) -> Value {
    let (models, next) = page(number(asked.query("pageToken")));
    let row = |name: &&str| {
        json!({"name": format!("models/{name}"), "displayName": name,
        "inputTokenLimit": 1000, "outputTokenLimit": 100,
        "supportedGenerationMethods": ["generateContent"]})
    };
    let mut document = json!({"models": models.iter().map(row).collect::<Vec<_>>()});
    if let (Some(next), Some(fields)) = (next, document.as_object_mut()) {
        fields.insert("nextPageToken".into(), next.to_string().into());
    }
    document
}

fn cohere(asked: &Asked<'_>) -> Value {
    let (models, next) = page(number(asked.query("page_token")));
    let row = |name: &&str| {
        json!({"name": name, "endpoints": ["chat"], "context_length": 1000,
        "finetuned": false})
    };
    let next = next.map(|next| next.to_string()).unwrap_or_default();
    json!({"models": models.iter().map(row).collect::<Vec<_>>(), "next_page_token": next})
}
