//! Reranking: what each provider is sent, and every response, good or wrong.

use super::*;
use crate::error::ErrorKind;

const ALL: &[&str] = &[
    "bedrock",
    "cohere",
    "jina",
    "llamacpp",
    "openrouter",
    "tei",
    "together",
    "vllm",
    "voyage",
];

fn cases(group: &str) -> Vec<Value> {
    let cases: Value = serde_json::from_str(include_str!("cases/rerank.json")).unwrap();
    cases[group].as_array().unwrap().clone()
}

#[test]
fn names_are_each_providers_own() {
    let ask = || json!({"model": "m", "query": "q", "documents": ["a", {"text": "b"}], "top_n": 1});
    let cloud = CloudOptions::default();
    for case in cases("names") {
        let target = target(case[1].as_str().unwrap(), &cloud);
        let codec = rerank_of(case[0].as_str().unwrap());
        let encoded = codec.encode(&rerank_request(ask()), &target);
        assert_eq!(written(encoded), case[2], "{case}");
    }
    let mut cohere = ask();
    cohere["model"] = json!("cohere.rerank-v3-5:0");
    let encoded = rerank_of("bedrock").encode(&rerank_request(cohere), &target("", &cloud));
    assert_eq!(written(encoded)[1]["api_version"], 2);
}

#[test]
fn objects_are_texts_yaml_objects_or_refused() {
    let cloud = CloudOptions::default();
    let object = json!({"title": "T", "year": 2024});
    for (provider, base, expected) in [
        ("cohere", "", json!("title: \"T\"\nyear: 2024\n")),
        ("cohere", "/v1", object.clone()),
        ("jina", "/v1", object.clone()),
        ("together", "/v1", object.clone()),
        ("voyage", "/v1", Value::Null),
        ("tei", "", Value::Null),
        ("vllm", "/v1", Value::Null),
    ] {
        let request = rerank_request(json!({"documents": ["a", object]}));
        let form = written(rerank_of(provider).encode(&request, &target(base, &cloud)));
        match expected {
            Value::Null => {
                let message = format!(
                    "{provider}: documents[1] has fields beside text, and only \
                    texts can be sent"
                );
                assert_eq!(form, message);
            }
            expected => assert_eq!(form[1]["documents"][1], expected, "{provider}"),
        }
    }
}

fn encode(provider: &str, base: &str, field: &str, value: &Value, lenient: bool) -> Value {
    let cloud = CloudOptions::default();
    let mut request = json!({"model": "m"});
    request[field] = value.clone();
    let target = Target {
        lenient,
        ..target(base, &cloud)
    };
    written(rerank_of(provider).encode(&rerank_request(request), &target))
}

#[test]
fn what_a_provider_cannot_do_names_the_field() {
    for case in cases("refused") {
        let text = |index: usize| case[index].as_str().unwrap();
        let (provider, base, field) = (text(0), text(1), text(2));
        let form = encode(provider, base, field, &case[3], false);
        let message = format!("{provider}: {field} cannot be sent");
        assert!(form.as_str().unwrap().starts_with(&message), "{form}");
        let form = encode(provider, base, field, &case[3], true);
        let warning = form[2][0].as_str().unwrap();
        assert!(
            warning.starts_with(&format!("{field} was left out")),
            "{form}"
        );
        assert!(form[1].get(field).is_none(), "{form}");
    }
}

#[test]
fn limits_of_documents_go_out_under_the_providers_names() {
    for case in cases("sent") {
        let text = |index: usize| case[index].as_str().unwrap();
        let form = encode(text(0), "", text(1), &case[2], false);
        assert_eq!(form[1][text(3)], case[4], "{case} {form}");
    }
}

#[test]
fn results_are_best_first_and_numbers_before_none() {
    let headers = HeaderMap::new();
    let list = r#"[{"index":2,"relevance_score":0.5},{"index":0,"score":null},
        {"index":1,"relevance_score":0.5},{"index":4,"relevance_score":NaN},
        {"index":3,"relevance_score":0.75},{"index":5,"score":-3.5},{"index":6,"score":"0.6"}]"#;
    let request = |more: Value| {
        let mut request = json!({"documents": ["a", "b", "c", "d", "e", "f", "g"]});
        request.as_object_mut().unwrap().extend(object(more));
        rerank_request(request)
    };
    for provider in ALL {
        for body in [
            list.to_owned(),
            format!("{{\"results\":{list}}}"),
            format!("{{\"object\":\"list\",\"data\":{list},\"usage\":{{\"total_tokens\":3}}}}"),
        ] {
            let whole = response(body.as_bytes(), &headers);
            let got = rerank_of(provider)
                .decode(&request(json!({})), whole)
                .unwrap();
            let order: Vec<_> = got.results.iter().map(|one| one.index).collect();
            assert_eq!(order, [3, 6, 1, 2, 5, 0, 4], "{provider}");
            let scores: Vec<_> = got.results.iter().map(|one| one.score).collect();
            assert_eq!(&scores[..5], [0.75, 0.6, 0.5, 0.5, -3.5]);
            assert!(scores[5..].iter().all(|score| score.is_nan()));
            let few = rerank_of(provider)
                .decode(&request(json!({"top_n": 2})), whole)
                .unwrap();
            assert_eq!(few.results, got.results[..2]);
        }
    }
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let headers = HeaderMap::new();
    let rows = [
        (
            r#"{"results":[{"index":0,"score":1},{"score":1}]}"#,
            "results[1].index is missing",
        ),
        (
            r#"{"results":[{"index":2,"score":1}]}"#,
            "results[0].index is 2, of 2 documents",
        ),
        (
            r#"{"results":[{"index":-1}]}"#,
            "results[0].index is -1, of 2 documents",
        ),
        (
            r#"{"results":[{"index":0.5}]}"#,
            "results[0].index is 0.5, of 2 documents",
        ),
        (
            r#"{"data":[{"index":1},{"index":0},{"index":1}]}"#,
            "data[2].index is 1, which data[0] has too",
        ),
        (r#"[null]"#, "[0].index is missing"),
        (r#"{"ok":true}"#, "the response has no results"),
        (r#"7"#, "the response is not a list"),
        (
            r#"{"results":["#,
            "the response is not JSON (line 1, column 12)",
        ),
        ("", "the response is not JSON (line 1, column 0)"),
    ];
    for (body, message) in rows {
        let whole = response(body.as_bytes(), &headers);
        let error = rerank_of("voyage")
            .decode(&rerank_request(json!({})), whole)
            .unwrap_err();
        assert_eq!(error.message, format!("voyage: {message}"), "{body}");
        assert_eq!(error.kind, ErrorKind::Protocol);
    }
    let body = br#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#;
    let whole = response(body, &headers);
    let error = rerank_of("voyage")
        .decode(&rerank_request(json!({})), whole)
        .unwrap_err();
    assert_eq!(
        (error.kind, error.retryable),
        (ErrorKind::RateLimited, true)
    );
}
