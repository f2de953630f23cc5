//! Recorded exchanges of all operations: each response decoded, and each request compared with what
//! is written for the same request in our form. The vectors are compared number by number with a
//! plain reading of the same body, and by what the expectation says of them.

use serde_json::{json, Value};

use super::*;
use crate::providers::test_support::recordings::{self, assert_none, Exchange};
use crate::providers::{by_name, token_counts};
use crate::request::ModelsRequest;

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
        let dimensions = asked.iter().find_map(|value| value.as_u64());
        let request = EmbedRequest {
            dimensions,
            ..EmbedRequest::new("m", ["text"])
        };
        let headers = headers(exchange);
        let whole = response(&exchange.body, &headers);
        let got = match embeddings(name).decode(&request, inputs, whole) {
            Ok(got) => got,
            Err(error) => return Some(format!("{}: {}", exchange.name, error.message)),
        };
        let vectors: Vec<_> = got.values.chunks(got.dimensions).collect();
        let norms = vectors.iter().map(|vector| {
            let squares = vector.iter().map(|number| f64::from(*number).powi(2));
            format!("{:.5e}", squares.sum::<f64>().sqrt())
                .parse::<f64>()
                .unwrap()
        });
        let eight = |vector: Option<&&[f32]>| {
            let list = vector.unwrap().iter().take(8);
            list.map(|number| json!(f64::from(*number)))
                .collect::<Vec<_>>()
        };
        let rounded = |value: &Value| {
            let list = value.as_array().unwrap().iter();
            list.map(|number| json!(f64::from(number.as_f64().unwrap() as f32)))
                .collect::<Vec<_>>()
        };
        let usage = got.facts.usage.unwrap_or_default();
        let billable = token_counts::parse_count(
            usage
                .raw
                .get("metadata")
                .map(|it| &it["billableCharacterCount"]),
        );
        let counts = json!([
            usage.input_tokens,
            usage.total_tokens,
            usage.billed_input_tokens,
            billable
        ]);
        let due = &expected["usage"];
        let due = json!([
            due["input_tokens"],
            due["total_tokens"],
            due["billed_input_tokens"],
            due["billable_characters"]
        ]);
        let truncated = match &expected["truncated"] {
            Value::Null => json!([]),
            list => list.clone(),
        };
        let form = json!({
            "count": vectors.len(), "dimensions": got.dimensions, "usage": counts,
            "first": eight(vectors.first()), "last": eight(vectors.last()),
            "norms": norms.collect::<Vec<_>>(), "model": got.facts.model,
            "id": got.facts.id, "truncated": got.truncated, "hash": sha256(&got.values),
        });
        let due = json!({
            "count": expected["count"], "dimensions": expected["dimensions"], "usage": due,
            "first": rounded(&expected["first"]), "last": rounded(&expected["last"]),
            "norms": expected["norms"], "model": expected["model"],
            "id": expected["response_id"], "truncated": truncated,
            "hash": expected["vectors_sha256"],
        });
        compare(exchange, &form, &due)
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

/// What is behind the base URL in a recorded path.
fn path_of(exchange: &Exchange) -> (String, String) {
    let bases = ["/openai/v1", "/api/v1", "/v1beta1", "/v1beta", "/v1"];
    let is_versioned = |name: &str| !["cohere", "anthropic"].contains(&name);
    let path = exchange.path.as_str();
    let name = exchange.name.split('-').next().unwrap_or_default();
    let base = bases
        .iter()
        .find(|base| path.starts_with(&format!("{base}/")));
    let base = base
        .filter(|_| is_versioned(name))
        .copied()
        .unwrap_or_default();
    (base.to_owned(), path[base.len()..].replace("%3A", ":"))
}

/// A recorded body without what says nothing, with one text as a list.
fn plain(body: &Value) -> Value {
    let mut body = body.clone();
    let fields = body.as_object_mut().unwrap();
    fields.retain(|_, value| !value.is_null());
    for name in ["input", "requests"] {
        if let Some(Value::String(text)) = fields.get(name).cloned() {
            fields.insert(name.to_owned(), json!([text]));
        }
    }
    body
}

/// The same request in our form: the names are taken back, whatever the provider.
fn ours(body: &Value) -> Value {
    let mut ours = body.clone();
    let fields = ours.as_object_mut().unwrap();
    let texts = ["texts", "inputs", "inputText"];
    for name in texts {
        if let Some(input) = fields.shift_remove(name) {
            let input = if input.is_string() {
                json!([input])
            } else {
                input
            };
            fields.insert("input".to_owned(), input);
        }
    }
    if let Some(instances) = fields.shift_remove("instances") {
        let list = instances.as_array().unwrap().iter();
        let texts: Vec<_> = list.map(|one| one["content"].clone()).collect();
        fields.insert("input".to_owned(), json!(texts));
        if let Some(task) = instances[0]["task_type"].as_str() {
            fields.insert("input_type".to_owned(), task.into());
        }
    }
    if let Some(content) = fields.shift_remove("content") {
        fields.insert("input".to_owned(), json!([content["parts"]]));
    }
    if let Some(Value::Array(requests)) = fields.shift_remove("requests") {
        let list = requests.iter().map(|one| one["content"]["parts"].clone());
        fields.insert("input".to_owned(), list.collect());
        let one = &requests[0];
        for (name, ours) in [
            ("taskType", "input_type"),
            ("outputDimensionality", "dimensions"),
        ] {
            if !one[name].is_null() {
                fields.insert(ours.to_owned(), one[name].clone());
            }
        }
    }
    if let Some(nova) = fields.shift_remove("singleEmbeddingParams") {
        fields.insert("input".to_owned(), json!([nova["text"]["value"]]));
        fields.insert("input_type".to_owned(), nova["embeddingPurpose"].clone());
        fields.insert("dimensions".to_owned(), nova["embeddingDimension"].clone());
    }
    for name in ["truncate", "task"] {
        let word = match fields.shift_remove(name) {
            Some(Value::String(word)) => word.to_ascii_lowercase(),
            Some(Value::Bool(cut)) => if cut { "end" } else { "none" }.to_owned(),
            _ => continue,
        };
        let ours = if name == "task" { "input_type" } else { name };
        fields.insert(ours.to_owned(), word.into());
    }
    ours
}

#[test]
fn embedding_requests_are_written_as_recorded() {
    let cloud = CloudOptions {
        vertex_project: Some("test-project".to_owned()),
        ..CloudOptions::default()
    };
    let check = |(name, exchange): &(String, Exchange)| {
        let is_not_sent = NOT_SENT
            .iter()
            .any(|(not_sent, _)| exchange.name == *not_sent);
        if exchange.request.is_null() || is_not_sent {
            return None;
        }
        let recorded = plain(&exchange.request);
        let mut request = embed_request(ours(&recorded));
        let mut cloud = cloud.clone();
        let parts: Vec<_> = exchange.path.split('/').collect();
        let after = |word: &str| {
            let at = parts.iter().position(|part| *part == word)?;
            parts.get(at + 1).map(|part| part.to_string())
        };
        cloud.vertex_location = after("locations");
        cloud.vertex_project = cloud.vertex_project.filter(|_| after("projects").is_some());
        let model = after("models")
            .or_else(|| after("model"))
            .or_else(|| after("deployments"));
        if let Some(model) = model {
            let model = model.replace("%3A", ":");
            request.model = model.split(":predict").next().unwrap().to_owned();
            for method in [":batchEmbedContents", ":embedContent"] {
                request.model = request.model.replace(method, "");
            }
        }
        let (base, path) = path_of(exchange);
        let target = target(&base, &cloud);
        let target = Target {
            base_path: base_of(exchange, &base),
            ..target
        };
        let encoded = embeddings(name).encode(&request, 0..request.input.len(), &target);
        let form = written(encoded);
        let mut form_body = form[1].clone();
        let mut recorded = recorded;
        // Texts of one part are the same request, and so are names in either case.
        for body in [&mut form_body, &mut recorded] {
            for field in ["encoding_format", "model"] {
                body.as_object_mut()?.shift_remove(field);
            }
        }
        let text = |value: &Value| {
            value
                .to_string()
                .replace("inlineData", "inline_data")
                .replace("mimeType", "mime_type")
        };
        let (got, due) = (sorted(&form_body), sorted(&recorded));
        let got_path = form[0].as_str()?.replace("%3A", ":").replace("/..", "");
        let is_same = text(&got) == text(&due)
            && path
                .split('?')
                .next()?
                .ends_with(got_path.split('?').next()?);
        let shown = |text: String| text.chars().take(600).collect::<String>();
        let due = || shown(due.to_string());
        (!is_same).then(|| {
            format!(
                "{}\n  got  {got_path} {}\n  want {path} {}",
                exchange.name,
                shown(got.to_string()),
                due()
            )
        })
    };
    let wrong: Vec<_> = exchanges(EMBEDDINGS).iter().filter_map(check).collect();
    assert_none(wrong);
}

/// Azure's deployment is in its path, and Cohere's base URL chooses the version.
fn base_of<'b>(exchange: &Exchange, base: &'b str) -> &'b str {
    match exchange.path.as_str() {
        path if path.contains("/deployments/") => "",
        "/v1/embed" => "/v1",
        _ => base,
    }
}

/// Fields in one order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            fields.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[test]
fn rerank_requests_are_written_as_recorded() {
    let cloud = CloudOptions::default();
    let check = |(name, exchange): &(String, Exchange)| {
        let is_not_sent = NOT_SENT
            .iter()
            .any(|(not_sent, _)| exchange.name == *not_sent);
        if is_not_sent {
            return None;
        }
        let mut recorded = plain(&exchange.request);
        let mut ours = recorded.clone();
        let fields = ours.as_object_mut().unwrap();
        // All results, in vLLM's words; the others' names.
        fields.retain(|name, value| !(name == "top_n" && *value == 0));
        for (theirs, name) in [("texts", "documents"), ("top_k", "top_n")] {
            if let Some(value) = fields.shift_remove(theirs) {
                fields.insert(name.to_owned(), value);
            }
        }
        let mut request = rerank_request(ours);
        let parts: Vec<_> = exchange.path.split('/').collect();
        if let Some(at) = parts.iter().position(|part| *part == "model") {
            request.model = parts[at + 1].replace("%3A", ":");
        }
        let is_v1 = exchange.path.starts_with("/v1") && name == "cohere";
        let (base, path) = path_of(exchange);
        let base = if is_v1 { "/v1" } else { &base };
        let form = written(rerank_of(name).encode(&request, &target(base, &cloud)));
        let mut body = form[1].clone();
        recorded
            .as_object_mut()?
            .retain(|name, value| !(name == "top_n" && *value == 0));
        // We have the documents.
        body.as_object_mut()?.shift_remove("return_documents");
        recorded.as_object_mut()?.shift_remove("return_documents");
        // One source kept none.
        if recorded.get("model").is_none() {
            body.as_object_mut()?.shift_remove("model");
        }
        let documents = |body: &mut Value| {
            let list = body.get_mut("documents").and_then(Value::as_array_mut);
            list.into_iter().flatten().for_each(|one| {
                if let Some(text) = one["text"].as_str().map(str::to_owned) {
                    *one = text.into();
                }
            });
        };
        documents(&mut recorded);
        let (got, due) = (sorted(&body), sorted(&recorded));
        let got_path = form[0].as_str()?.replace("%3A", ":").replace("/..", "");
        let path = path.replace("%3A", ":");
        let is_same = got == due && path.ends_with(&got_path);
        (!is_same).then(|| format!("{}\n  got  {form}\n  want {path} {due}", exchange.name))
    };
    assert_none(exchanges(RERANKS).iter().filter_map(check));
}

#[test]
fn pages_are_asked_for_as_recorded() {
    let cloud = CloudOptions::default();
    let check = |(name, exchange): &(String, Exchange)| {
        let is_not_sent = NOT_SENT
            .iter()
            .any(|(not_sent, _)| exchange.name == *not_sent);
        if is_not_sent || exchange.expected["single"] == true {
            return None;
        }
        let mut asked = object(exchange.expected["asked"].clone());
        let page = ["after_id", "page_token", "pageToken"].iter();
        let page = page.filter_map(|name| asked.shift_remove(*name)).next();
        let mut request = ModelsRequest::default();
        for (name, value) in asked {
            request.extra.insert(name, value);
        }
        // The longest page is ours to choose, where the caller does not.
        for name in ["limit", "page_size", "pageSize"] {
            request.extra.entry(name).or_insert(Value::Null);
        }
        let (base, path) = path_of(exchange);
        let page = page.as_ref().and_then(Value::as_str);
        let encoded = models_of(name).encode(&request, page, &target(&base, &cloud));
        let got = encoded.unwrap();
        assert_eq!(got.method, http::Method::GET);
        let is_same = path == got.path;
        (!is_same).then(|| format!("{}: {}, not {path}", exchange.name, got.path))
    };
    assert_none(exchanges(MODELS).iter().filter_map(check));
}
