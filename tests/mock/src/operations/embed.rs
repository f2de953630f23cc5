//! Embeddings in the shapes of the providers (their API references; `/embed` alone is Hugging
//! Face's text-embeddings-inference). Owns which field of which shape holds the inputs.

use serde_json::{json, Value};

use super::vector::Vector;
use super::{tokens_of, Asked};

const DIMENSIONS: u64 = 8;

/// The document, and how many tokens its inputs have.
pub fn answer(asked: &Asked<'_>) -> Option<(String, Option<usize>)> {
    let texts = texts(asked)?;
    let tokens = texts.iter().map(|text| tokens_of(text)).sum();
    let dimensions = usize::try_from(dimensions(asked.body)).unwrap_or(usize::MAX);
    let as_base64 = is_base64(asked);
    let vectors: Vec<String> = texts
        .iter()
        .map(|text| Vector::of(text, dimensions))
        .map(|vector| match as_base64 {
            true => vector.base64(),
            false => vector.json(),
        })
        .collect();
    let document = if asked.ends_with("/embeddings") {
        openai(asked, &vectors, tokens)
    } else if asked.ends_with("/v1/embed") || asked.ends_with("/v2/embed") {
        cohere(asked, &texts, &vectors, tokens)
    } else if asked.ends_with("/api/embed") {
        let rest = json!({"model": asked.model(), "total_duration": 14_143_917,
            "load_duration": 1_019_500, "prompt_eval_count": tokens});
        with(&rest, "embeddings", &list(&vectors))
    } else if asked.ends_with("/invoke") {
        bedrock(asked, &vectors, tokens)
    } else if asked.ends_with("/embed") {
        list(&vectors)
    } else {
        google(asked, &texts, &vectors, tokens)
    };
    Some((document, Some(tokens)))
}

/// The inputs, each as one text; token ids are what JSON makes of them.
fn texts(asked: &Asked<'_>) -> Option<Vec<String>> {
    let body = asked.body;
    let inputs = if asked.ends_with("/embeddings") || asked.ends_with("/api/embed") {
        body.get("input")?
    } else if asked.ends_with("/embed") {
        let names = ["texts", "inputs", "images"];
        names.iter().find_map(|name| body.get(name))?
    } else if asked.ends_with("/invoke") {
        let single = body.pointer("/singleEmbeddingParams/text/value");
        body.get("inputText").or(single).or(body.get("texts"))?
    } else if asked.ends_with(":embedContent") {
        return Some(vec![parts_of(body.get("content")?)]);
    } else if asked.ends_with(":batchEmbedContents") {
        let contents = asked.list("requests")?.iter().map(|one| one.get("content"));
        return contents.map(|content| content.map(parts_of)).collect();
    } else if asked.ends_with(":predict") {
        let instances = asked.list("instances")?.iter();
        return Some(instances.map(|one| text_of(one.get("content"))).collect());
    } else {
        return None;
    };
    Some(match inputs {
        Value::Array(list) if list.first().is_some_and(Value::is_number) => {
            vec![inputs.to_string()]
        }
        Value::Array(list) => list.iter().map(|one| text_of(Some(one))).collect(),
        one => vec![text_of(Some(one))],
    })
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// The texts of a Gemini content, which make one vector.
fn parts_of(content: &Value) -> String {
    let parts = content.get("parts").and_then(Value::as_array);
    let texts = parts.into_iter().flatten().map(|part| part.get("text"));
    texts.map(text_of).collect()
}

fn dimensions(body: &Value) -> u64 {
    let places = [
        "/dimensions",
        "/output_dimension",
        "/outputDimensionality",
        "/embedContentConfig/outputDimensionality",
        "/requests/0/outputDimensionality",
        "/requests/0/embedContentConfig/outputDimensionality",
        "/parameters/outputDimensionality",
        "/singleEmbeddingParams/embeddingDimension",
    ];
    let mut found = places.iter().filter_map(|place| body.pointer(place));
    found.find_map(Value::as_u64).unwrap_or(DIMENSIONS)
}

fn is_base64(asked: &Asked<'_>) -> bool {
    let asks = |name: &str| match asked.body.get(name) {
        Some(Value::Array(list)) => list.iter().any(|one| one == "base64"),
        Some(one) => one == "base64",
        None => false,
    };
    ["encoding_format", "embedding_type", "embedding_types"]
        .iter()
        .any(|name| asks(name))
}

fn list(vectors: &[String]) -> String {
    format!("[{}]", vectors.join(","))
}

/// An object with one more member, whose JSON is at hand as text.
fn with(rest: &Value, name: &str, value: &str) -> String {
    let rest = rest.to_string();
    match rest.strip_prefix('{') {
        None | Some("}") => format!("{{\"{name}\":{value}}}"),
        Some(members) => format!("{{\"{name}\":{value},{members}"),
    }
}

fn openai(asked: &Asked<'_>, vectors: &[String], tokens: usize) -> String {
    let data: Vec<String> = vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| {
            let rest = json!({"object": "embedding", "index": index});
            with(&rest, "embedding", vector)
        })
        .collect();
    let rest = json!({"object": "list", "model": asked.model(),
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens}});
    with(&rest, "data", &list(&data))
}

fn cohere(asked: &Asked<'_>, texts: &[String], vectors: &[String], tokens: usize) -> String {
    let (kind, embeddings) = by_type(asked, vectors);
    let rest = json!({"id": "embed-1", "texts": texts, "response_type": kind,
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": tokens}}});
    with(&rest, "embeddings", &embeddings)
}

/// Without `embedding_types` the first version of the API gives a bare list.
fn by_type(asked: &Asked<'_>, vectors: &[String]) -> (&'static str, String) {
    let types = asked.list("embedding_types");
    if types.is_none() && !asked.ends_with("/v2/embed") {
        return ("embeddings_floats", list(vectors));
    }
    let word = if is_base64(asked) { "base64" } else { "float" };
    let embeddings = with(&json!({}), word, &list(vectors));
    ("embeddings_by_type", embeddings)
}

fn bedrock(asked: &Asked<'_>, vectors: &[String], tokens: usize) -> String {
    let first = vectors.first().map(String::as_str).unwrap_or("[]");
    if asked.body.get("singleEmbeddingParams").is_some() {
        let one = with(&json!({"embeddingType": "TEXT"}), "embedding", first);
        return with(&json!({}), "embeddings", &format!("[{one}]"));
    }
    if asked.body.get("texts").is_some() {
        let (kind, embeddings) = by_type(asked, vectors);
        let rest = json!({"id": "embed-1", "response_type": kind});
        return with(&rest, "embeddings", &embeddings);
    }
    let rest = json!({"inputTextTokenCount": tokens});
    with(&rest, "embedding", first)
}

fn google(asked: &Asked<'_>, texts: &[String], vectors: &[String], tokens: usize) -> String {
    if asked.ends_with(":predict") {
        let prediction = |(text, vector): (&String, &String)| {
            let counted = json!({"token_count": tokens_of(text), "truncated": false});
            let embeddings = with(&json!({"statistics": counted}), "values", vector);
            with(&json!({}), "embeddings", &embeddings)
        };
        let predictions: Vec<String> = texts.iter().zip(vectors).map(prediction).collect();
        let characters: usize = texts.iter().map(|text| text.chars().count()).sum();
        let rest = json!({"metadata": {"billableCharacterCount": characters}});
        return with(&rest, "predictions", &list(&predictions));
    }
    let values = |vector: &String| with(&json!({}), "values", vector);
    let embeddings: Vec<String> = vectors.iter().map(values).collect();
    let rest = json!({"usageMetadata": {"promptTokenCount": tokens}});
    match embeddings.as_slice() {
        [one] if asked.ends_with(":embedContent") => with(&rest, "embedding", one),
        all => with(&rest, "embeddings", &list(all)),
    }
}
