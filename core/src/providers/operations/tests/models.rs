//! Lists of models: where they are, and entries of every kind.

use super::*;
use crate::error::ErrorKind;
use crate::request::ModelsRequest;

fn asked(provider: &str, base: &str, extra: Value, page: Option<&str>) -> String {
    let cloud = CloudOptions::default();
    let request = ModelsRequest {
        extra: object(extra),
        ..ModelsRequest::default()
    };
    let encoded = models_of(provider).encode(&request, page, &target(base, &cloud));
    let encoded = encoded.unwrap();
    assert_eq!((encoded.method, encoded.body.len()), (http::Method::GET, 0));
    encoded.path
}

#[test]
fn lists_are_where_the_provider_has_them() {
    let none = || json!({});
    let rows = [
        (asked("openai", "/v1", none(), None), "/models"),
        (
            asked("openai", "/v1", none(), Some("a b")),
            "/models?after=a%20b",
        ),
        (
            asked("openai", "/v1/chat/completions", none(), None),
            "/../../models",
        ),
        (
            asked(
                "groq",
                "/openai/v1",
                json!({"active": true, "x": null}),
                None,
            ),
            "/models?active=true",
        ),
        (
            asked("anthropic", "", none(), None),
            "/v1/models?limit=1000",
        ),
        (
            asked("anthropic", "/v1", json!({"limit": 5}), Some("id")),
            "/../v1/models?limit=5&after_id=id",
        ),
        (
            asked("cohere", "/v2", json!({"endpoint": "embed"}), Some("t=")),
            "/../v1/models?endpoint=embed&page_size=1000&page_token=t%3D",
        ),
        (
            asked("gemini", "", none(), None),
            "/v1beta/models?pageSize=1000",
        ),
        (
            asked("gemini", "/v1", json!({"pageToken": "old"}), Some("new")),
            "/models?pageSize=1000&pageToken=new",
        ),
        (
            asked("vertex", "", none(), None),
            "/v1beta1/publishers/google/models",
        ),
        (
            asked("bedrock", "", json!({"byProvider": "Amazon"}), None),
            "/foundation-models?byProvider=Amazon",
        ),
        (asked("azure", "/openai/v1", none(), None), "/models"),
        (
            asked("azure", "", json!({"x": 1}), None),
            "/openai/models?api-version=2024-10-21&x=1",
        ),
        (
            asked("azure", "/openai/deployments/d", none(), None),
            "/../../models?api-version=2024-10-21",
        ),
        (asked("ollama", "/v1", none(), None), "/models"),
        (asked("ollama/native", "", none(), None), "/api/tags"),
        (asked("ollama/native", "/v1", none(), None), "/../api/tags"),
        (asked("ollama/native", "/api", none(), None), "/tags"),
        (asked("tei", "", none(), None), "/info"),
        (asked("perplexity", "", none(), None), "/v1/models"),
    ];
    for (got, expected) in rows {
        assert_eq!(got, expected);
    }
}

#[test]
fn bedrock_has_its_list_on_another_host() {
    let rows = [
        (
            "bedrock-runtime.us-east-1.amazonaws.com",
            Some("bedrock.us-east-1.amazonaws.com"),
        ),
        (
            "bedrock-runtime-fips.us-east-1.amazonaws.com",
            Some("bedrock-fips.us-east-1.amazonaws.com"),
        ),
        ("localhost", None),
        ("bedrock-runtimes.x", None),
    ];
    for (host, expected) in rows {
        assert_eq!(models_of("bedrock").host_of(host).as_deref(), expected);
        assert_eq!(models_of("openai").host_of(host), None);
    }
}

fn decode(provider: &str, body: &str) -> Result<(Value, Option<String>), LlmError> {
    let headers = HeaderMap::new();
    let page = models_of(provider).decode(response(body.as_bytes(), &headers))?;
    let models = page.models.into_iter().map(|mut model| {
        assert!(model.shift_remove("raw").unwrap().is_object());
        Value::Object(model)
    });
    Ok((models.collect(), page.next))
}

#[test]
fn entries_come_under_one_set_of_names() {
    let entry = |provider: &str, entry: Value| {
        let body = json!({ "data": [entry] }).to_string();
        decode(provider, &body).unwrap().0[0].clone()
    };
    let rows = [
        (
            json!({"id": "m", "created": 0, "owned_by": ""}),
            json!({"id": "m"}),
        ),
        (
            json!({"id": "m", "created": 5, "owned_by": "o", "shutdown_date": "2026-01-01"}),
            json!({"id": "m", "created": 5, "owner": "o", "retires_at": 1_767_225_600}),
        ),
        (
            json!({"id": "a/m", "name": "A: M", "context_length": 10,
            "top_provider": {"max_completion_tokens": 4}}),
            json!({"id": "a/m", "name": "A: M", "input_tokens_max": 10, "output_tokens_max": 4}),
        ),
        (
            json!({"id": "m", "context_window": 9, "max_completion_tokens": 3, "active": true}),
            json!({"id": "m", "input_tokens_max": 9, "output_tokens_max": 3}),
        ),
        (
            json!({"id": "m", "max_model_len": 8, "max_tokens": 7}),
            json!({"id": "m", "input_tokens_max": 8}),
        ),
        (
            json!({"id": "m", "max_input_tokens": 8, "max_tokens": 7}),
            json!({"id": "m", "input_tokens_max": 8, "output_tokens_max": 7}),
        ),
        (
            json!({"id": "m", "name": "m", "max_context_length": 6, "deprecation": "2025-01-01"}),
            json!({"id": "m", "input_tokens_max": 6, "deprecated": true}),
        ),
        (
            json!({"modelId": "m", "modelName": "M", "providerName": "P",
            "modelLifecycle": {"status": "LEGACY"}}),
            json!({"id": "m", "name": "M", "owner": "P", "deprecated": true}),
        ),
        (
            json!({"name": "publishers/google/models/m", "launchStage": "GA"}),
            json!({"id": "m"}),
        ),
        (
            json!({"model_id": "m", "max_input_length": 512, "model_type": {"embedding": {}}}),
            json!({"id": "m", "input_tokens_max": 512}),
        ),
        (json!("m"), json!({"id": "m"})),
    ];
    for (raw, expected) in rows {
        assert_eq!(entry("openai", raw.clone()), expected, "{raw}");
    }
}

#[test]
fn lists_and_pages_have_many_shapes() {
    let two = json!([{"id": "a"}, {"id": "b"}]);
    let rows = [
        ("together", two.to_string(), None),
        (
            "openai",
            json!({"data": two, "has_more": true}).to_string(),
            Some("b"),
        ),
        (
            "openai",
            json!({"data": two, "has_more": false, "last_id": "b"}).to_string(),
            None,
        ),
        (
            "anthropic",
            json!({"data": two, "has_more": true, "last_id": "x"}).to_string(),
            Some("x"),
        ),
        (
            "cohere",
            json!({"models": two, "next_page_token": "t"}).to_string(),
            Some("t"),
        ),
        (
            "cohere",
            json!({"models": two, "next_page_token": ""}).to_string(),
            None,
        ),
        (
            "gemini",
            json!({"models": two, "nextPageToken": "t"}).to_string(),
            Some("t"),
        ),
        (
            "vertex",
            json!({"publisherModels": two, "nextPageToken": "t"}).to_string(),
            Some("t"),
        ),
        (
            "bedrock",
            json!({"modelSummaries": two, "nextToken": "t"}).to_string(),
            None,
        ),
        (
            "openai",
            json!({"data": [{"id": "a"}, 7, {"x": 1}, null, "b"]}).to_string(),
            None,
        ),
    ];
    for (provider, body, next) in rows {
        let (models, page) = decode(provider, &body).unwrap();
        assert_eq!((models, page.as_deref()), (two.clone(), next), "{body}");
    }
    assert_eq!(
        decode("openai", "{\"data\":null}").unwrap(),
        (json!([]), None)
    );
    assert_eq!(
        decode("tei", "{\"model_id\":\"m\"}").unwrap().0,
        json!([{"id": "m"}])
    );
}

#[test]
fn what_is_no_list_is_an_error() {
    for (body, message) in [
        ("{\"ok\":true}", "the response has no list"),
        ("7", "the response is not a list"),
        ("", "the response is not JSON (line 1, column 0)"),
    ] {
        let error = decode("tei", body).map(drop);
        let error = error.unwrap_err();
        assert_eq!(error.message, format!("tei: {message}"), "{body}");
        assert_eq!(error.kind, ErrorKind::Protocol);
    }
    let error = decode(
        "tei",
        r#"{"error":"Model is overloaded","error_type":"Overloaded"}"#,
    );
    assert_eq!(error.unwrap_err().kind, ErrorKind::Overloaded);
}

#[test]
fn what_names_no_model_is_no_entry() {
    let nameless = [
        json!({"name": "models/", "inputTokenLimit": 5}),
        json!({"name": "publishers/google/models/"}),
        json!({"id": "", "name": ""}),
        json!(""),
        json!(5),
    ];
    for provider in ["gemini", "vertex", "openai"] {
        for entry in &nameless {
            let body = json!({"data": [entry, {"id": "m"}]}).to_string();
            assert_eq!(
                decode(provider, &body).unwrap().0,
                json!([{"id": "m"}]),
                "{body}"
            );
        }
    }
}
