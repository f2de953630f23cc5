//! Requests for embeddings: what each provider is sent, and what is refused, by the field's name.

use super::*;

struct Row {
    provider: &'static str,
    base: &'static str,
    request: Value,
    expected: Value,
}

fn row(provider: &'static str, base: &'static str, request: Value, expected: Value) -> Row {
    Row {
        provider,
        base,
        request,
        expected,
    }
}

fn check(rows: Vec<Row>, lenient: bool) {
    let cloud = CloudOptions {
        vertex_project: Some("p".to_owned()),
        vertex_location: Some("europe-west4".to_owned()),
        ..CloudOptions::default()
    };
    for row in rows {
        let request = embed_request(row.request);
        let target = Target {
            lenient,
            ..target(row.base, &cloud)
        };
        let encoded = embeddings(row.provider).encode(&request, 0..request.input.len(), &target);
        assert_eq!(
            written(encoded),
            row.expected,
            "{} {}",
            row.provider,
            row.base
        );
    }
}

#[test]
fn names_are_each_providers_own() {
    let all = || json!({"model": "m", "input": ["a"], "input_type": "query", "dimensions": 8});
    let rows = vec![
        row(
            "openai",
            "/v1",
            all(),
            json!(["/embeddings", {"model": "m", "input": ["a"],
            "dimensions": 8, "encoding_format": "base64"}]),
        ),
        row(
            "openrouter",
            "/api/v1",
            all(),
            json!(["/embeddings", {"model": "m",
            "input": ["a"], "dimensions": 8}]),
        ),
        row(
            "mistral",
            "/v1",
            all(),
            json!(["/embeddings", {"model": "m", "input": ["a"],
            "output_dimension": 8}]),
        ),
        row(
            "voyage",
            "/v1",
            all(),
            json!(["/embeddings", {"model": "m", "input": ["a"],
            "input_type": "query", "output_dimension": 8, "encoding_format": "base64"}]),
        ),
        row(
            "jina",
            "/v1",
            all(),
            json!(["/embeddings", {"model": "m", "input": ["a"],
            "task": "retrieval.query", "dimensions": 8}]),
        ),
        row(
            "nvidia",
            "/v1",
            all(),
            json!(["/embeddings", {"model": "m", "input": ["a"],
            "input_type": "query", "dimensions": 8}]),
        ),
        row(
            "cohere",
            "",
            all(),
            json!(["/v2/embed", {"model": "m", "texts": ["a"],
            "input_type": "search_query", "output_dimension": 8}]),
        ),
        row(
            "cohere",
            "/v1",
            all(),
            json!(["/../v1/embed", {"model": "m", "texts": ["a"],
            "input_type": "search_query", "output_dimension": 8}]),
        ),
        row(
            "ollama/native",
            "",
            all(),
            json!(["/api/embed", {"model": "m", "input": ["a"],
            "dimensions": 8}]),
        ),
        row(
            "ollama/native",
            "/v1",
            all(),
            json!(["/../api/embed", {"model": "m",
            "input": ["a"], "dimensions": 8}]),
        ),
        row(
            "tei",
            "",
            all(),
            json!(["/embed", {"inputs": ["a"], "prompt_name": "query",
            "dimensions": 8}]),
        ),
        row(
            "gemini",
            "",
            all(),
            json!(["/v1beta/models/m:batchEmbedContents", {"requests": [
            {"model": "models/m", "content": {"parts": [{"text": "a"}]},
            "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 8}]}]),
        ),
        row(
            "vertex",
            "",
            all(),
            json!([
            "/v1beta1/projects/p/locations/europe-west4/publishers/google/models/m:predict",
            {"instances": [{"content": "a", "task_type": "RETRIEVAL_QUERY"}],
            "parameters": {"outputDimensionality": 8}}]),
        ),
        row(
            "azure",
            "",
            all(),
            json!([
            "/openai/deployments/m/embeddings?api-version=2024-10-21",
            {"model": "m", "input": ["a"], "dimensions": 8, "encoding_format": "base64"}]),
        ),
        row(
            "azure",
            "/openai/v1",
            all(),
            json!(["/embeddings", {"model": "m", "input": ["a"],
            "dimensions": 8, "encoding_format": "base64"}]),
        ),
    ];
    check(rows, false);
}

#[test]
fn models_of_clouds_have_their_makers_form() {
    let of = |model: &str| json!({"model": model, "input": ["a"], "input_type": "document", "dimensions": 256});
    let rows = vec![
        row(
            "bedrock",
            "",
            of("amazon.titan-embed-text-v2:0"),
            json!([
            "/model/amazon.titan-embed-text-v2%3A0/invoke",
            {"inputText": "a", "dimensions": 256}]),
        ),
        row(
            "bedrock",
            "",
            of("cohere.embed-v4:0"),
            json!([
            "/model/cohere.embed-v4%3A0/invoke",
            {"texts": ["a"], "input_type": "search_document", "output_dimension": 256}]),
        ),
        row(
            "bedrock",
            "",
            of("us.amazon.nova-2-multimodal-embeddings-v1:0"),
            json!([
            "/model/us.amazon.nova-2-multimodal-embeddings-v1%3A0/invoke",
            {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": {
            "embeddingPurpose": "GENERIC_INDEX", "embeddingDimension": 256,
            "text": {"value": "a", "truncationMode": "NONE"}}}]),
        ),
        row(
            "bedrock",
            "",
            of("meta.llama"),
            json!("bedrock: model has no embeddings that are known; Titan, Nova and Cohere do"),
        ),
        row(
            "vertex",
            "/v1",
            of("gemini-embedding-2"),
            json!([
            "/projects/p/locations/europe-west4/publishers/google/models/gemini-embedding-2\
            :embedContent", {"content": {"parts": [{"text": "a"}]}, "embedContentConfig":
            {"taskType": "RETRIEVAL_DOCUMENT", "outputDimensionality": 256}}]),
        ),
    ];
    check(rows, false);
}

#[test]
fn words_for_the_use_are_translated_or_kept() {
    let words = [
        "query",
        "document",
        "classification",
        "clustering",
        "similarity",
        "code_query",
        "own-word",
    ];
    let table = [
        ("openai", "input_type", [""; 7]),
        (
            "voyage",
            "input_type",
            ["query", "document", "", "", "", "", "own-word"],
        ),
        (
            "openrouter",
            "input_type",
            ["", "", "", "", "", "", "own-word"],
        ),
        (
            "nvidia",
            "input_type",
            ["query", "passage", "", "", "", "", "own-word"],
        ),
        (
            "jina",
            "task",
            [
                "retrieval.query",
                "retrieval.passage",
                "classification",
                "separation",
                "text-matching",
                "code.query",
                "own-word",
            ],
        ),
        (
            "tei",
            "prompt_name",
            ["query", "document", "", "", "", "", "own-word"],
        ),
        (
            "cohere",
            "input_type",
            [
                "search_query",
                "search_document",
                "classification",
                "clustering",
                "!",
                "!",
                "own-word",
            ],
        ),
        (
            "gemini",
            "taskType",
            [
                "RETRIEVAL_QUERY",
                "RETRIEVAL_DOCUMENT",
                "CLASSIFICATION",
                "CLUSTERING",
                "SEMANTIC_SIMILARITY",
                "CODE_RETRIEVAL_QUERY",
                "own-word",
            ],
        ),
    ];
    let cloud = CloudOptions::default();
    for (provider, field, theirs) in table {
        for (ours, theirs) in words.iter().zip(theirs) {
            let request = embed_request(json!({"input": ["a"], "input_type": ours}));
            let encoded = embeddings(provider).encode(&request, 0..1, &target("", &cloud));
            let form = written(encoded);
            if theirs == "!" {
                assert!(form.as_str().unwrap().contains("input_type"), "{form}");
                continue;
            }
            let body = match provider {
                "gemini" => &form[1]["requests"][0],
                _ => &form[1],
            };
            assert_eq!(
                body[field].as_str().unwrap_or_default(),
                theirs,
                "{provider} {ours}"
            );
        }
    }
    let request = embed_request(json!({"input": ["a"]}));
    let nova = embed_request(json!({"model": "amazon.nova-2", "input": ["a"]}));
    for (provider, request) in [("cohere", &request), ("bedrock", &nova)] {
        let encoded = embeddings(provider).encode(request, 0..1, &target("", &cloud));
        let message = encoded.unwrap_err().message;
        assert!(message.contains("input_type is missing"), "{message}");
    }
    // Named in the provider's own fields it is not missing.
    let own = embed_request(json!({"input": ["a"], "extra_body": {"input_type": "image"}}));
    let form = written(embeddings("cohere").encode(&own, 0..1, &target("", &cloud)));
    assert_eq!(form[1]["input_type"], "image");
}

#[test]
fn too_long_inputs_are_cut_where_the_provider_can() {
    let refused = Value::Null;
    let table = [
        ("openai", "m", [json!({}), refused.clone(), refused.clone()]),
        (
            "mistral",
            "m",
            [json!({}), refused.clone(), refused.clone()],
        ),
        ("ollama", "m", [refused.clone(), refused.clone(), json!({})]),
        (
            "voyage",
            "m",
            [
                json!({"truncation": false}),
                refused.clone(),
                json!({"truncation": true}),
            ],
        ),
        (
            "jina",
            "m",
            [
                json!({"truncate": false}),
                refused.clone(),
                json!({"truncate": true}),
            ],
        ),
        (
            "cohere",
            "m",
            [
                json!({"truncate": "NONE"}),
                json!({"truncate": "START"}),
                json!({"truncate": "END"}),
            ],
        ),
        (
            "vllm",
            "m",
            [
                json!({}),
                json!({"truncate_prompt_tokens": -1, "truncation_side": "left"}),
                json!({"truncate_prompt_tokens": -1, "truncation_side": "right"}),
            ],
        ),
        (
            "tei",
            "m",
            [
                json!({"truncate": false}),
                json!({"truncate": true, "truncation_direction": "Left"}),
                json!({"truncate": true, "truncation_direction": "Right"}),
            ],
        ),
        (
            "ollama/native",
            "m",
            [
                json!({"truncate": false}),
                refused.clone(),
                json!({"truncate": true}),
            ],
        ),
        ("gemini", "m", [json!({}), refused.clone(), refused.clone()]),
        (
            "vertex",
            "m",
            [
                json!({"parameters": {"autoTruncate": false}}),
                refused.clone(),
                json!({"parameters": {"autoTruncate": true}}),
            ],
        ),
        (
            "bedrock",
            "amazon.titan-embed-text-v2:0",
            [json!({}), refused.clone(), refused],
        ),
    ];
    let cloud = CloudOptions::default();
    for (provider, model, expected) in table {
        let codec = embeddings(provider);
        let base = json!({"model": model, "input": ["a"], "input_type": "document"});
        let encode = |request: &Value, lenient| {
            let request = embed_request(request.clone());
            let target = Target {
                lenient,
                ..target("", &cloud)
            };
            written(codec.encode(&request, 0..1, &target))
        };
        let without = encode(&base, false);
        for (word, due) in ["none", "start", "end"].iter().zip(expected) {
            let mut request = base.clone();
            request["truncate"] = json!(word);
            let form = encode(&request, false);
            if due.is_null() {
                assert!(
                    form.as_str().unwrap().contains("truncate cannot be sent"),
                    "{form}"
                );
                let form = encode(&request, true);
                assert_eq!(form[1], without[1], "{provider} {word}");
                assert!(form[2][0]
                    .as_str()
                    .unwrap()
                    .starts_with("truncate was left out"));
                continue;
            }
            let mut body = object(form[1].clone());
            let more = object(due);
            for (name, value) in &more {
                assert_eq!(
                    body.shift_remove(name).as_ref(),
                    Some(value),
                    "{provider} {word}"
                );
            }
            assert_eq!(Value::Object(body), without[1], "{provider} {word}");
        }
    }
}

#[test]
fn what_a_provider_cannot_do_names_the_field() {
    let refused = |provider, model: &str, more: Value, message: &str| {
        let mut request = json!({"model": model, "input": ["a"], "input_type": "query"});
        request.as_object_mut().unwrap().extend(object(more));
        row(provider, "", request, json!(message))
    };
    let length = json!({"dimensions": 8});
    let fixed = "dimensions cannot be sent: the model has one length of vectors; leave it out, or \
        set lenient";
    let user = json!({"user": "u"});
    let no_user =
        "user cannot be sent: the provider does not take it; leave it out, or set lenient";
    let tokens = json!({"input": ["a", [1, 2]]});
    let parts = json!({"input": [[{"type": "image_url", "image_url": {"url": "https://x/y"}}]]});
    let rows = vec![
        refused(
            "openai",
            "text-embedding-ada-002",
            length.clone(),
            &format!("openai: {fixed}"),
        ),
        refused(
            "mistral",
            "mistral-embed",
            length.clone(),
            &format!("mistral: {fixed}"),
        ),
        refused(
            "llamacpp",
            "m",
            length.clone(),
            &format!("llamacpp: {fixed}"),
        ),
        refused(
            "cohere",
            "embed-english-v3.0",
            length.clone(),
            &format!("cohere: {fixed}"),
        ),
        refused(
            "bedrock",
            "amazon.titan-embed-text-v1",
            length,
            &format!("bedrock: {fixed}"),
        ),
        refused("mistral", "m", user.clone(), &format!("mistral: {no_user}")),
        refused("cohere", "m", user.clone(), &format!("cohere: {no_user}")),
        refused("gemini", "m", user.clone(), &format!("gemini: {no_user}")),
        refused("tei", "m", user, &format!("tei: {no_user}")),
        refused(
            "cohere",
            "m",
            tokens.clone(),
            "cohere: input[1] holds token ids, and only texts can be sent",
        ),
        refused(
            "gemini",
            "m",
            tokens.clone(),
            "gemini: input[1] holds token ids, and only texts can be sent",
        ),
        refused(
            "openai",
            "m",
            tokens,
            "openai: input[0] has no token ids, which others have",
        ),
        refused(
            "openai",
            "m",
            parts.clone(),
            "openai: input[0] holds parts that cannot be sent; write one text",
        ),
        refused(
            "tei",
            "m",
            parts.clone(),
            "tei: input[0] holds parts that cannot be sent; write one text",
        ),
        refused(
            "bedrock",
            "amazon.titan-embed-image-v1",
            parts,
            "bedrock: input[0] has an image by address; send it as a data URL",
        ),
        refused(
            "openai",
            "m",
            json!({"input": []}),
            "openai: input: there is none to embed",
        ),
        refused(
            "bedrock",
            "amazon.titan-embed-text-v2:0",
            json!({"input": ["a", "b"]}),
            "bedrock: input: one per request is possible, got 2",
        ),
    ];
    check(rows, false);
    let left_out = |provider, model: &str, more: Value, expected| {
        let mut request = json!({"model": model, "input": ["a"]});
        request.as_object_mut().unwrap().extend(object(more));
        row(provider, "/v1", request, expected)
    };
    let warning = "dimensions was left out: the model has one length of vectors";
    let rows = vec![
        left_out(
            "mistral",
            "mistral-embed",
            json!({"dimensions": 8, "user": "u"}),
            json!([
            "/embeddings", {"model": "mistral-embed", "input": ["a"]},
            [warning, "user was left out: the provider does not take it"]]),
        ),
        left_out(
            "llamacpp",
            "m",
            json!({"dimensions": 8}),
            json!([
            "/embeddings", {"model": "m", "input": ["a"]}, [warning]]),
        ),
    ];
    check(rows, true);
}

#[test]
fn inputs_of_parts_and_of_tokens_go_out() {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
    let text = json!({"type": "text", "text": "a"});
    let both = json!({"model": "m", "input": [[text, image], "b"], "input_type": "document"});
    let one = json!({"model": "m", "input": [[image]]});
    let content = json!({"content": [text, image]});
    let rows = vec![
        row(
            "openai",
            "/v1",
            json!({"model": "m", "input": [[1, 2], [3]]}),
            json!([
            "/embeddings", {"model": "m", "input": [[1, 2], [3]], "encoding_format": "base64"}]),
        ),
        row(
            "openai",
            "/v1",
            json!({"model": "m", "input": [[{"type": "text", "text": "a"}]]}),
            json!(["/embeddings",
                {"model": "m", "input": ["a"], "encoding_format": "base64"}]),
        ),
        row(
            "openrouter",
            "/api/v1",
            both.clone(),
            json!(["/embeddings", {"model": "m",
            "input": [content, {"content": [{"type": "text", "text": "b"}]}]}]),
        ),
        row(
            "cohere",
            "",
            both.clone(),
            json!(["/v2/embed", {"model": "m", "inputs":
            [content, {"content": [{"type": "text", "text": "b"}]}],
            "input_type": "search_document"}]),
        ),
        row(
            "cohere",
            "/v1",
            both.clone(),
            json!("cohere: input[0] holds parts that cannot be sent; write one text"),
        ),
        row(
            "gemini",
            "",
            both,
            json!(["/v1beta/models/m:batchEmbedContents", {"requests": [
            {"model": "models/m", "content": {"parts": [{"text": "a"},
            {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
            "taskType": "RETRIEVAL_DOCUMENT"},
            {"model": "models/m", "content": {"parts": [{"text": "b"}]},
            "taskType": "RETRIEVAL_DOCUMENT"}]}]),
        ),
        row(
            "jina",
            "/v1",
            json!({"model": "m", "input": [[image], "b"]}),
            json!(["/embeddings",
            {"model": "m", "input": [{"image": "data:image/png;base64,AAAA"}, {"text": "b"}]}]),
        ),
        row(
            "vllm",
            "/v1",
            one,
            json!(["/embeddings", {"model": "m",
            "messages": [{"role": "user", "content": [image]}]}]),
        ),
        row(
            "bedrock",
            "",
            json!({"model": "amazon.titan-embed-image-v1", "dimensions": 256,
            "input": [[text, image]]}),
            json!(["/model/amazon.titan-embed-image-v1/invoke",
            {"inputText": "a", "inputImage": "AAAA",
            "embeddingConfig": {"outputEmbeddingLength": 256}}]),
        ),
    ];
    check(rows, false);
}

#[test]
fn the_callers_own_fields_reach_the_body() {
    let own = || {
        json!({"model": "m", "input": ["a"], "input_type": "query", "priority": 3,
            "encoding_format": "float", "extra_body": {"model": null, "late": true}})
    };
    let rows = vec![
        row(
            "openai",
            "/v1",
            own(),
            json!(["/embeddings", {"input": ["a"], "priority": 3,
            "encoding_format": "float", "late": true}]),
        ),
        row(
            "cohere",
            "/v2",
            own(),
            json!(["/../v2/embed", {"texts": ["a"],
            "input_type": "search_query", "priority": 3, "encoding_format": "float",
            "late": true}]),
        ),
        row(
            "gemini",
            "/v1",
            json!({"model": "tuned/x y", "input": ["a"], "title": "t",
            "extra_body": {"z": 1}}),
            json!(["/tuned/x%20y:batchEmbedContents", {"requests":
            [{"model": "tuned/x y", "content": {"parts": [{"text": "a"}]}, "title": "t"}],
            "z": 1}]),
        ),
    ];
    check(rows, false);
}

#[test]
fn limits_are_the_providers() {
    let cloud = CloudOptions::default();
    let table = [
        ("openai", "m", 2048, Some(300_000)),
        ("azure", "m", 2048, None),
        ("cohere", "m", 96, None),
        ("gemini", "m", 100, None),
        ("vertex", "text-embedding-005", 250, Some(20_000)),
        ("vertex", "gemini-embedding-001", 1, None),
        ("vertex", "gemini-embedding-2", 1, None),
        ("mistral", "m", 32, Some(16_000)),
        ("voyage", "m", 128, Some(120_000)),
        ("jina", "m", 512, None),
        ("perplexity", "m", 512, None),
        ("tei", "m", 32, None),
        ("bedrock", "cohere.embed-v4:0", 96, None),
        ("bedrock", "amazon.titan-embed-text-v2:0", 1, None),
        ("dashscope", "m", 10, None),
    ];
    for (provider, model, inputs_max, tokens_max) in table {
        let request = EmbedRequest::new(model, ["a"]);
        let limits = embeddings(provider).limits(&request, &target("", &cloud));
        assert_eq!(
            (limits.inputs_max, limits.tokens_max),
            (inputs_max, tokens_max),
            "{provider}"
        );
    }
    let parts = embed_request(json!({"input": ["a", [{"type": "image_url", "image_url": "u"}]]}));
    let limits = embeddings("vllm").limits(&parts, &target("", &cloud));
    assert_eq!(limits.inputs_max, 1);
}

#[test]
fn a_location_needs_a_project() {
    let cloud = CloudOptions {
        vertex_location: Some("us-central1".to_owned()),
        ..CloudOptions::default()
    };
    let request = EmbedRequest::new("m", ["a"]);
    let form = written(embeddings("vertex").encode(&request, 0..1, &target("", &cloud)));
    assert_eq!(form, "no vertex_project; set it, or GOOGLE_CLOUD_PROJECT");
    let whole = "/v1/projects/p/locations/l";
    let form = written(embeddings("vertex").encode(&request, 0..1, &target(whole, &cloud)));
    assert_eq!(form[0], "/publishers/google/models/m:predict");
}
