//! Recorded requests, compared with what is written for the same request in our form.

use super::*;
use crate::request::ModelsRequest;

/// What is behind the base URL in a recorded path.
fn path_of(exchange: &Exchange) -> (String, String) {
    let bases = ["/openai/v1", "/api/v1", "/v1beta1", "/v1beta", "/v1"];
    let is_versioned = |name: &str| !["cohere", "anthropic", "perplexity"].contains(&name);
    let path = exchange.path.as_str();
    let name = exchange.name.split('-').next().unwrap_or_default();
    let base = bases
        .iter()
        .find(|base| path.starts_with(&format!("{base}/")));
    let base = base
        .filter(|_| is_versioned(name))
        .copied()
        .unwrap_or_default();
    let rest = path.strip_prefix(base).unwrap();
    (base.to_owned(), rest.replace("%3A", ":"))
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

/// Where a recorded request went on a cloud, and the model in its path.
fn cloud_of(exchange: &Exchange) -> (CloudOptions, Option<String>) {
    let parts: Vec<_> = exchange.path.split('/').collect();
    let after = |word: &str| {
        let at = parts.iter().position(|part| *part == word)?;
        parts.get(at + 1).map(|part| part.replace("%3A", ":"))
    };
    let cloud = CloudOptions {
        vertex_project: after("projects"),
        vertex_location: after("locations"),
        ..CloudOptions::default()
    };
    let mut models = ["models", "model", "deployments"]
        .into_iter()
        .filter_map(after);
    let model = models.next().map(|mut model| {
        for method in [":predict", ":batchEmbedContents", ":embedContent"] {
            model = model.replace(method, "");
        }
        model
    });
    (cloud, model)
}

/// Compares what is written with what was recorded.
fn compare_request(
    exchange: &Exchange,
    form: &Value,
    path: &str,
    recorded: &Value,
    ignored: &[&str],
) -> Option<String> {
    let failed = || Some(format!("{}: {form}", exchange.name));
    let (Some(got_path), Some(body)) = (form[0].as_str(), form[1].as_object()) else {
        return failed();
    };
    let text = |body: &Map<String, Value>| {
        let mut body = body.clone();
        body.retain(|name, _| !ignored.contains(&name.as_str()));
        // Google takes names in either case.
        let text = sorted(&Value::Object(body)).to_string();
        let text = text.replace("inlineData", "inline_data");
        text.replace("mimeType", "mime_type")
    };
    let bare = |path: &str| {
        let path = path.replace("%3A", ":").replace("/..", "");
        path.split('?').next().unwrap_or_default().to_owned()
    };
    let (got, due) = (text(body), text(recorded.as_object().unwrap()));
    if got == due && bare(path).ends_with(&bare(got_path)) {
        return None;
    }
    let shown = |text: String| text.chars().take(600).collect::<String>();
    let (name, got, due) = (&exchange.name, shown(got), shown(due));
    Some(format!(
        "{name}\n  got  {got_path} {got}\n  want {path} {due}"
    ))
}

fn is_sent(exchange: &Exchange) -> bool {
    let mut not_sent = NOT_SENT.iter();
    not_sent.all(|(name, _)| exchange.name != *name)
}

#[test]
fn embedding_requests_are_written_as_recorded() {
    let check = |(name, exchange): &(String, Exchange)| {
        if exchange.request.is_null() || !is_sent(exchange) {
            return None;
        }
        let recorded = plain(&exchange.request);
        let mut request = embed_request(ours(&recorded));
        let (cloud, model) = cloud_of(exchange);
        request.model = model.unwrap_or(request.model);
        let (base, path) = path_of(exchange);
        let target = target(base_of(exchange, &base), &cloud);
        let encoded = embeddings(name).encode(&request, 0..request.input.len(), &target);
        // Ours to choose, and the name of a deployment.
        let ignored = ["encoding_format", "model"];
        compare_request(exchange, &written(encoded), &path, &recorded, &ignored)
    };
    assert_none(exchanges(EMBEDDINGS).iter().filter_map(check));
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

/// The recorded documents as texts, where they are nothing else.
fn with_texts(body: &mut Value) {
    let list = body.get_mut("documents").and_then(Value::as_array_mut);
    for one in list.into_iter().flatten() {
        if let Some(text) = one["text"].as_str().map(str::to_owned) {
            *one = text.into();
        }
    }
}

#[test]
fn rerank_requests_are_written_as_recorded() {
    let check = |(name, exchange): &(String, Exchange)| {
        if !is_sent(exchange) {
            return None;
        }
        let mut recorded = plain(&exchange.request);
        let fields = recorded.as_object_mut().unwrap();
        // All results, in vLLM's words.
        fields.retain(|name, value| !(name == "top_n" && *value == 0));
        let mut ours = recorded.clone();
        let fields = ours.as_object_mut().unwrap();
        for (theirs, name) in [("texts", "documents"), ("top_k", "top_n")] {
            if let Some(value) = fields.shift_remove(theirs) {
                fields.insert(name.to_owned(), value);
            }
        }
        let mut request = rerank_request(ours);
        let (cloud, model) = cloud_of(exchange);
        request.model = model.unwrap_or(request.model);
        let (base, path) = path_of(exchange);
        let is_v1 = exchange.path.starts_with("/v1") && name == "cohere";
        let base = if is_v1 { "/v1" } else { &base };
        let encoded = rerank_of(name).encode(&request, &target(base, &cloud));
        with_texts(&mut recorded);
        // We have the documents; and one source kept no model.
        let ignored = match recorded.get("model") {
            Some(_) => &["return_documents"][..],
            None => &["return_documents", "model"],
        };
        compare_request(exchange, &written(encoded), &path, &recorded, ignored)
    };
    assert_none(exchanges(RERANKS).iter().filter_map(check));
}

#[test]
fn pages_are_asked_for_as_recorded() {
    let cloud = CloudOptions::default();
    let check = |(name, exchange): &(String, Exchange)| {
        if !is_sent(exchange) || exchange.expected["single"] == true {
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
