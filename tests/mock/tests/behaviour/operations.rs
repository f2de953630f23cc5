//! Embeddings, rerank, models and counts in the shapes of the providers.

use serde_json::{json, Value};

use crate::client::{post, request};
use crate::program::Mock;

/// The answer to a POST of this document.
fn ask(mock: &Mock, path: &str, body: &Value) -> Value {
    let response = post(&mock.http(), &format!("/new{path}"), &body.to_string());
    assert_eq!(response.status, 200, "{path}");
    response.json()
}

#[test]
fn a_text_has_the_same_vector_in_every_shape() {
    let mock = Mock::start(&[]);
    let body = json!({"input": ["a", "b c"], "dimensions": 3});

    let openai = ask(&mock, "/v1/embeddings", &body);

    let vector = &openai["data"][1]["embedding"];
    assert_eq!(vector.as_array().map(Vec::len), Some(3));
    assert_ne!(&openai["data"][0]["embedding"], vector);
    assert_eq!(
        openai["usage"],
        json!({"prompt_tokens": 3, "total_tokens": 3})
    );
    let parts = json!({"parts": [{"text": "b c"}]});
    let content = json!({"content": parts, "outputDimensionality": 3});
    for (path, body, pointer) in [
        (
            "/v2/embed",
            json!({"texts": ["b c"], "output_dimension": 3}),
            "/embeddings/float/0",
        ),
        (
            "/v1/embed",
            json!({"texts": ["b c"], "output_dimension": 3}),
            "/embeddings/0",
        ),
        (
            "/api/embed",
            json!({"input": "b c", "dimensions": 3}),
            "/embeddings/0",
        ),
        ("/embed", json!({"inputs": ["b c"], "dimensions": 3}), "/0"),
        (
            "/v1beta/models/m:embedContent",
            content.clone(),
            "/embedding/values",
        ),
        (
            "/v1beta/models/m:batchEmbedContents",
            json!({"requests": [content]}),
            "/embeddings/0/values",
        ),
        (
            "/v1/models/m:predict",
            json!({"instances": [{"content": "b c"}],
            "parameters": {"outputDimensionality": 3}}),
            "/predictions/0/embeddings/values",
        ),
        (
            "/model/amazon.titan-embed-text-v2%3A0/invoke",
            json!({"inputText": "b c", "dimensions": 3}),
            "/embedding",
        ),
        (
            "/model/cohere.embed-v4%3A0/invoke",
            json!({"texts": ["b c"],
            "embedding_types": ["float"], "output_dimension": 3}),
            "/embeddings/float/0",
        ),
    ] {
        assert_eq!(
            ask(&mock, path, &body).pointer(pointer),
            Some(vector),
            "{path}"
        );
    }
}

#[test]
fn vectors_come_as_base64_where_that_is_asked() {
    let mock = Mock::start(&[]);
    let body = json!({"input": [1, 2], "encoding_format": "base64", "dimensions": 2});

    let data = &ask(&mock, "/v1/embeddings", &body)["data"];

    // Eight bytes, and token ids are one input.
    assert_eq!(data.as_array().map(Vec::len), Some(1));
    assert_eq!(data[0]["embedding"].as_str().map(str::len), Some(12));
}

#[test]
fn a_document_that_shares_words_with_the_query_stands_first() {
    let mock = Mock::start(&[]);
    let body = json!({"query": "red fox", "documents": ["a dog", {"text": "red fox"}, "red"],
        "top_n": 2});
    let of_tei = json!({"query": "red fox", "texts": ["a dog", "red fox"]});
    let indexes = |rows: &Value| -> Vec<u64> {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["index"].as_u64().unwrap()).collect()
    };

    let cohere = ask(&mock, "/v2/rerank", &body);
    let voyage = ask(&mock, "/voyage/v1/rerank", &body);
    let tei = ask(&mock, "/rerank", &of_tei);

    assert_eq!(indexes(&cohere["results"]), [1, 2]);
    assert_eq!(indexes(&voyage["data"]), [1, 2]);
    assert_eq!(indexes(&tei), [1, 0]);
    assert!(tei[0]["score"].as_f64() > tei[1]["score"].as_f64());
}

#[test]
fn lists_of_models_have_pages_where_the_provider_has() {
    let mock = Mock::start(&[]);
    let get = |path: &str| request(&mock.http(), "GET", &format!("/new{path}"), "").json();

    let openai = get("/v1/models");
    let first = get("/v1beta/models?pageSize=2");
    let last = get("/v1beta/models?pageSize=2&pageToken=4");

    assert_eq!(openai["data"].as_array().map(Vec::len), Some(5));
    assert_eq!(first["nextPageToken"], "2");
    assert_eq!(first["models"][1]["name"], "models/model-b");
    assert_eq!(
        (
            last["models"].as_array().map(Vec::len),
            &last["nextPageToken"]
        ),
        (Some(1), &Value::Null)
    );
    assert_eq!(get("/v1/models?page_size=2")["next_page_token"], "2");
    assert_eq!(get("/api/tags")["models"][0]["name"], "model-a");
}

#[test]
fn every_word_is_a_token() {
    let mock = Mock::start(&[]);
    let messages = json!([{"role": "user", "content": "one two three"}]);

    let anthropic = ask(
        &mock,
        "/v1/messages/count_tokens",
        &json!({"messages": messages}),
    );
    let openai = ask(
        &mock,
        "/v1/responses/input_tokens",
        &json!({"input": messages}),
    );
    let cohere = ask(
        &mock,
        "/v1/tokenize",
        &json!({"text": "one two", "model": "m"}),
    );

    assert_eq!(anthropic, json!({"input_tokens": 3}));
    assert_eq!(openai["input_tokens"], 3);
    assert_eq!(cohere["token_strings"], json!(["one", "two"]));
}

#[test]
fn an_operation_can_fail_like_any_request() {
    let mock = Mock::start(&[]);
    let error = json!({"message": "slow", "type": "requests"});
    mock.plan(
        "k",
        json!([{"status": 429, "error": error}, {"answer": {"text": ""}}]),
    );
    let ask = || post(&mock.http(), "/k/v1/embeddings", r#"{"input":"a"}"#);

    let (refused, good) = (ask(), ask());

    assert_eq!(refused.status, 429);
    assert_eq!(good.json()["data"][0]["index"], 0);
}
