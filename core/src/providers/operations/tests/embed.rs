//! Requests for embeddings: what each provider is sent, and what is refused, by the field's name.
//! The cases are in `cases/embed.json`.

use super::*;

fn cases(group: &str) -> Value {
    let cases = include_str!("cases/embed.json");
    let cases: Value = serde_json::from_str(cases).unwrap();
    cases[group].clone()
}

fn text<'v>(case: &'v Value, name: &str) -> &'v str {
    case[name].as_str().unwrap()
}

/// Writes each request of a group.
fn check(group: &str, lenient: bool) {
    let cloud = CloudOptions {
        vertex_project: Some("p".to_owned()),
        vertex_location: Some("europe-west4".to_owned()),
        ..CloudOptions::default()
    };
    for case in cases(group).as_array().unwrap() {
        let request = embed_request(case["request"].clone());
        let target = Target {
            lenient,
            ..target(text(case, "base"), &cloud)
        };
        let codec = embeddings(text(case, "provider"));
        let encoded = codec.encode(&request, 0..request.input.len(), &target);
        assert_eq!(written(encoded), case["expected"], "{case}");
    }
}

#[test]
fn names_are_each_providers_own() {
    check("names", false);
}

#[test]
fn models_of_clouds_have_their_makers_form() {
    check("makers", false);
}

#[test]
fn what_a_provider_cannot_do_names_the_field() {
    check("refused", false);
}

#[test]
fn lenient_requests_leave_out_what_a_provider_cannot_do() {
    check("left_out", true);
}

#[test]
fn inputs_of_parts_and_of_tokens_go_out() {
    check("inputs", false);
}

#[test]
fn the_callers_own_fields_reach_the_body() {
    check("own", false);
}

#[test]
fn words_for_the_use_are_translated_or_kept() {
    let cloud = CloudOptions::default();
    for (provider, case) in cases("words").as_object().unwrap() {
        for (ours, theirs) in case["words"].as_object().unwrap() {
            let fields = json!({"model": case["model"], "input": ["a"], "input_type": ours});
            let request = embed_request(fields);
            let encoded = embeddings(provider).encode(&request, 0..1, &target("", &cloud));
            let form = written(encoded);
            if *theirs == false {
                let message = format!(
                    "{provider}: input_type \"{ours}\" is none of the model's; write one of query, \
                     document, classification, clustering"
                );
                assert_eq!(form, json!(message));
                continue;
            }
            let body = match provider.as_str() {
                "gemini" => &form[1]["requests"][0],
                "bedrock" => &form[1]["singleEmbeddingParams"],
                _ => &form[1],
            };
            assert_eq!(body[text(case, "field")], *theirs, "{provider} {ours}");
        }
    }
}

#[test]
fn some_models_need_to_know_the_use() {
    let cloud = CloudOptions::default();
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
    let cloud = CloudOptions::default();
    for case in cases("truncate").as_array().unwrap() {
        let codec = embeddings(text(case, "provider"));
        let base = json!({"model": case["model"], "input": ["a"], "input_type": "document"});
        let encode = |word: Option<&str>, lenient| {
            let mut request = base.clone();
            request["truncate"] = json!(word);
            let request = embed_request(request);
            let target = Target {
                lenient,
                ..target("", &cloud)
            };
            written(codec.encode(&request, 0..1, &target))
        };
        let without = encode(None, false);
        for word in ["none", "start", "end"] {
            let form = encode(Some(word), false);
            if case[word].is_null() {
                let message = form.as_str().unwrap();
                assert!(message.contains("truncate cannot be sent"), "{form}");
                let form = encode(Some(word), true);
                assert_eq!(form[1], without[1], "{case} {word}");
                let warning = form[2][0].as_str().unwrap();
                assert!(warning.starts_with("truncate was left out"), "{form}");
                continue;
            }
            let mut due = object(without[1].clone());
            due.extend(object(case[word].clone()));
            assert_eq!(form[1], Value::Object(due), "{case} {word}");
        }
    }
}

#[test]
fn limits_are_the_providers() {
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
        let limits = embeddings(provider).limits(&request);
        assert_eq!(limits.inputs_max, inputs_max, "{provider}");
        assert_eq!(limits.tokens_max, tokens_max, "{provider}");
    }
    let parts = embed_request(json!({"input": ["a", [{"type": "image_url", "image_url": "u"}]]}));
    let limits = embeddings("vllm").limits(&parts);
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
