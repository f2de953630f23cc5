//! Recorded exchanges of all operations: each response decoded, and each request compared with what
//! is written for the same request in our form. The vectors are compared number by number with a
//! plain reading of the same body, and by what the expectation says of them.

mod requests;

use super::*;
use crate::providers::by_name;
use crate::providers::operations::Embedded;
use crate::providers::test_support::recordings::{self, assert_none, Exchange};

/// Requests that we do not send so: exchange, and why.
const NOT_SENT: &[(&str, &str)] = &[
    (
        "ollama-embed-old_endpoint",
        "an API that Ollama replaced by /api/embed",
    ),
    (
        "vllm-rerank-documented-score",
        "rerank goes to /rerank; its response is decoded all the same",
    ),
    (
        "ollama-models-show_llama3_2",
        "the list is of /api/tags; one model has another API",
    ),
];

/// Folders, and the provider of those whose exchanges do not begin with its name.
const EMBEDDINGS: &[(&str, &str)] = &[
    ("azure-openai-embeddings", "azure"),
    ("bedrock-embed", "bedrock"),
    ("cohere-v1-embed", "cohere"),
    ("cohere-v2-embed", "cohere"),
    ("gemini-embed", "gemini"),
    ("jina-embeddings", "jina"),
    ("mistral-embeddings", "mistral"),
    ("ollama-embed", "ollama/native"),
    ("openai-compat-embeddings", ""),
    ("openai-embeddings", "openai"),
    ("tei-embed", "tei"),
    ("vertex-embed", "vertex"),
    ("voyage-embeddings", "voyage"),
];
const RERANKS: &[(&str, &str)] = &[
    ("bedrock-rerank", "bedrock"),
    ("cohere-v1-rerank", "cohere"),
    ("cohere-v2-rerank", "cohere"),
    ("jina-rerank", "jina"),
    ("openai-compat-rerank", ""),
    ("tei-rerank", "tei"),
    ("voyage-rerank", "voyage"),
];
const MODELS: &[(&str, &str)] = &[
    ("anthropic-models", "anthropic"),
    ("cohere-models", "cohere"),
    ("gemini-models", "gemini"),
    ("ollama-models", "ollama/native"),
    ("openai-compat-models", ""),
    ("openai-models", "openai"),
];
const COUNTS: &[(&str, &str)] = &[
    ("anthropic-count", "anthropic"),
    ("bedrock-count", "bedrock"),
    ("cohere-count", "cohere"),
    ("gemini-count", "gemini"),
    ("openai-count", "openai"),
];

/// The exchanges of a kind, each with its provider.
fn exchanges(folders: &'static [(&str, &str)]) -> Vec<(String, Exchange)> {
    let of_folder = |(folder, provider): &(&str, &str)| {
        let exchanges = recordings::exchanges(folder).into_iter();
        let provider = (*provider).to_owned();
        let named = exchanges.map(move |exchange| {
            let first = exchange.name.split('-').next().unwrap_or_default();
            let name = if provider.is_empty() {
                first
            } else {
                &provider
            };
            (name.to_owned(), exchange)
        });
        named.collect::<Vec<_>>()
    };
    folders.iter().flat_map(of_folder).collect()
}

fn headers(exchange: &Exchange) -> HeaderMap {
    let list = exchange.response["headers"].as_array().unwrap().iter();
    let pairs = list.map(|header| {
        let name = header[0].as_str().unwrap().parse::<http::HeaderName>();
        (name.unwrap(), header[1].as_str().unwrap().parse().unwrap())
    });
    pairs.collect()
}

/// An error status, where this build has the provider.
fn error_form(name: &str, exchange: &Exchange) -> Option<String> {
    let name = name.split('/').next().unwrap();
    let provider = by_name(name).ok()?;
    let error = provider.error(exchange.status(), &exchange.body);
    let got = json!([recordings::category(&error), error.retryable]);
    let expected = &exchange.expected["error"];
    let due = json!([expected["category"], expected["retryable"]]);
    (got != due).then(|| format!("{}: {got}, not {due}", exchange.name))
}

/// Compares two forms.
fn compare(exchange: &Exchange, got: &Value, due: &Value) -> Option<String> {
    (got != due).then(|| format!("{}\n  got  {got}\n  want {due}", exchange.name))
}

/// What a response should become, in one form.
fn expected_vectors(expected: &Value) -> Value {
    let rounded = |value: &Value| -> Vec<f32> {
        let list = value.as_array().unwrap().iter();
        list.map(|number| number.as_f64().unwrap() as f32).collect()
    };
    let names = [
        "input_tokens",
        "total_tokens",
        "billed_input_tokens",
        "billable_characters",
    ];
    let truncated = Some(&expected["truncated"]).filter(|list| !list.is_null());
    json!({
        "count": expected["count"],
        "dimensions": expected["dimensions"],
        "usage": names.map(|name| &expected["usage"][name]),
        "first": rounded(&expected["first"]),
        "last": rounded(&expected["last"]),
        "norms": expected["norms"],
        "model": expected["model"],
        "id": expected["response_id"],
        "truncated": truncated.unwrap_or(&json!([])),
        "hash": expected["vectors_sha256"],
    })
}

/// What it became, in the same.
fn decoded_vectors(got: &Embedded) -> Value {
    let vectors: Vec<_> = got.values.chunks(got.dimensions).collect();
    let eight = |vector: Option<&&[f32]>| -> Vec<f32> {
        let vector = vector.unwrap().iter();
        vector.take(8).copied().collect()
    };
    // Six digits, as the expectations have them.
    let norms = vectors.iter().map(|vector| {
        let squares = vector.iter().map(|number| f64::from(*number).powi(2));
        let norm = squares.sum::<f64>().sqrt();
        format!("{norm:.5e}").parse::<f64>().unwrap()
    });
    let usage = got.facts.usage.clone().unwrap_or_default();
    let metadata = usage.raw.get("metadata").cloned().unwrap_or_default();
    json!({
        "count": vectors.len(),
        "dimensions": got.dimensions,
        "usage": [
            json!(usage.input_tokens),
            json!(usage.total_tokens),
            json!(usage.billed_input_tokens),
            metadata["billableCharacterCount"],
        ],
        "first": eight(vectors.first()),
        "last": eight(vectors.last()),
        "norms": norms.collect::<Vec<_>>(),
        "model": got.facts.model,
        "id": got.facts.id,
        "truncated": got.truncated,
        "hash": sha256(&got.values),
    })
}

#[test]
fn vectors_come_out_as_expected() {
    let check = |(name, exchange): &(String, Exchange)| {
        let expected = &exchange.expected;
        if exchange.status() != 200 {
            return error_form(name, exchange);
        }
        let inputs = usize::try_from(expected["inputs"].as_u64().unwrap()).unwrap();
        let asked = [
            &exchange.request["dimensions"],
            &exchange.request["requests"][0]["outputDimensionality"],
        ];
        let request = EmbedRequest {
            dimensions: asked.iter().find_map(|value| value.as_u64()),
            ..EmbedRequest::new("m", ["text"])
        };
        let headers = headers(exchange);
        let whole = response(&exchange.body, &headers);
        match embeddings(name).decode(&request, inputs, whole) {
            Ok(got) => compare(
                exchange,
                &decoded_vectors(&got),
                &expected_vectors(expected),
            ),
            Err(error) => Some(format!("{}: {}", exchange.name, error.message)),
        }
    };
    assert_none(exchanges(EMBEDDINGS).iter().filter_map(check));
}

fn sha256(values: &[f32]) -> String {
    let bytes: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    let hex = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    hex.collect()
}

#[test]
fn ranks_come_out_as_expected() {
    let check = |(name, exchange): &(String, Exchange)| {
        let (expected, body) = (&exchange.expected, &exchange.request);
        if exchange.status() != 200 {
            return error_form(name, exchange);
        }
        let lists = [&body["documents"], &body["texts"], &body["text_2"]];
        let documents = lists.iter().find_map(|list| list.as_array()).unwrap().len();
        let request = rerank_request(json!({"documents": vec!["d"; documents]}));
        let headers = headers(exchange);
        let got = rerank_of(name).decode(&request, response(&exchange.body, &headers));
        let got = match got {
            Ok(got) => got,
            Err(error) => return Some(format!("{}: {}", exchange.name, error.message)),
        };
        let results = got.results.iter();
        let results = results.map(|one| json!({"index": one.index, "score": one.score}));
        let usage = got.facts.usage.unwrap_or_default();
        let units = usage.raw.get("billed_units").map(|it| &it["search_units"]);
        let form = json!([
            results.collect::<Vec<_>>(),
            got.facts.model,
            got.facts.id,
            usage.input_tokens,
            usage.total_tokens,
            units
        ]);
        let due = &expected["usage"];
        let due = json!([
            expected["results"],
            expected["model"],
            expected["response_id"],
            due["input_tokens"],
            due["total_tokens"],
            due["search_units"]
        ]);
        compare(exchange, &form, &due)
    };
    assert_none(exchanges(RERANKS).iter().filter_map(check));
}

#[test]
fn models_come_out_as_expected() {
    let check = |(name, exchange): &(String, Exchange)| {
        if NOT_SENT
            .iter()
            .any(|(not_sent, _)| exchange.name == *not_sent)
        {
            return None;
        }
        let headers = headers(exchange);
        let page = models_of(name).decode(response(&exchange.body, &headers));
        let page = match page {
            Ok(page) => page,
            Err(error) => return Some(format!("{}: {}", exchange.name, error.message)),
        };
        let models = page.models.into_iter().map(|mut model| {
            assert!(model.shift_remove("raw").is_some_and(|raw| raw.is_object()));
            Value::Object(model)
        });
        let form = json!([models.collect::<Vec<_>>(), page.next]);
        let next = exchange.expected["next"].as_object();
        let next = next.map(|next| next.values().next().unwrap());
        compare(exchange, &form, &json!([exchange.expected["models"], next]))
    };
    assert_none(exchanges(MODELS).iter().filter_map(check));
}

#[test]
fn counts_come_out_as_expected() {
    let check = |(name, exchange): &(String, Exchange)| {
        if exchange.status() != 200 {
            return error_form(name, exchange);
        }
        let headers = headers(exchange);
        // A codec may need another one that this build has not; the form is the same for all.
        let codec = counting(name).or_else(|| counting("tei")).unwrap();
        let count = match codec.decode(response(&exchange.body, &headers)) {
            Ok(count) => count,
            Err(error) => return Some(format!("{}: {}", exchange.name, error.message)),
        };
        let mut form = count.more;
        form.insert("input_tokens".to_owned(), count.input_tokens.into());
        let names = [
            "input_tokens",
            "token_ids",
            "details",
            "billable_characters",
        ];
        let mut due = exchange.expected.as_object().cloned().unwrap();
        due.retain(|name, _| names.contains(&name.as_str()));
        compare(exchange, &json!(form), &json!(due))
    };
    assert_none(exchanges(COUNTS).iter().filter_map(check));
}
