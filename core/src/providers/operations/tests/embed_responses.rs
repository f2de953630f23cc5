//! Responses with vectors: every shape, and whatever is wrong about one, by its place.

use base64::engine::general_purpose::STANDARD;
use base64::Engine;

use super::*;
use crate::error::ErrorKind;
use crate::providers::operations::Embedded;

fn decode(provider: &str, inputs: usize, body: &str) -> Result<Embedded, LlmError> {
    let request = EmbedRequest::new("m", ["text"]);
    let headers = HeaderMap::new();
    embeddings(provider).decode(&request, inputs, response(body.as_bytes(), &headers))
}

fn packed(numbers: &[f32]) -> String {
    let bytes: Vec<u8> = numbers.iter().flat_map(|it| it.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

#[test]
fn every_shape_is_decoded() {
    let (one, two) = (packed(&[1.0, 2.0]), packed(&[3.0, 4.0]));
    let bodies = [
        r#"{"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[3,4]}]}"#.to_owned(),
        r#"{"data":[{"embedding":[1.0,2e0],"index":"0"},{"embedding":[3,4],"index":null}]}"#.into(),
        r#"{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1,2]}]}"#.into(),
        r#" { "data" : [ { "embedding" : [ 1 , 2 ] } , { "embedding" : [ 3 , 4 ] } ] } "#.into(),
        format!(r#"{{"data":[{{"embedding":"{one}"}},{{"embedding":"{two}"}}]}}"#),
        format!(
            r#"{{"data":[{{"embedding":"{}"}},[3,4]]}}"#,
            one.replace('/', "\\/")
        ),
        r#"{"embeddings":[[1,2],[3,4]],"texts":["a","b"]}"#.into(),
        r#"{"embeddings":{"float":[[1,2],[3,4]]},"response_type":"embeddings_by_type"}"#.into(),
        r#"{"embeddings":{"int8":[[9],[9]],"float":[[1,2],[3,4]],"uint8":[[7],[7]]}}"#.into(),
        r#"{"embeddings":{"int8":[[1,2],[3,4]]}}"#.into(),
        format!(r#"{{"embeddings":{{"base64":["{one}","{two}"]}}}}"#),
        r#"{"embeddings":[{"values":[1,2]},{"values":[3,4]}]}"#.into(),
        r#"{"embeddings":[{"embedding":[1,2],"embeddingType":"TEXT"},{"embedding":[3,4]}]}"#.into(),
        r#"{"predictions":[{"embeddings":{"values":[1,2]}},{"embeddings":{"values":[3,4]}}]}"#
            .into(),
        "[[1,2],[3,4]]".into(),
        "[{\"index\":1,\"embedding\":[3,4]},{\"index\":0,\"embedding\":[1,2]}]".into(),
        // Numbers that are none where they do not matter.
        r#"{"usage":{"cost":NaN},"data":[{"embedding":[1,2]},{"embedding":[3,4]}]}"#.into(),
        r#"{"error":null,"data":[{"embedding":[1,2],"x":"\ud800"},{"embedding":[3,4]}]}"#.into(),
    ];
    for body in bodies {
        let got = decode("openai", 2, &body);
        let got = got.unwrap_or_else(|error| panic!("{body}: {}", error.message));
        assert_eq!(got.values, [1.0, 2.0, 3.0, 4.0], "{body}");
        assert_eq!(got.dimensions, 2, "{body}");
    }
    for body in [
        r#"{"embedding":[1,2],"embeddingsByType":{"float":[1,2]},"inputTextTokenCount":4}"#,
        r#"{"embeddingsByType":{"float":[1,2]},"inputTextTokenCount":4}"#,
        r#"{"embedding":{"values":[1,2]},"usageMetadata":{"promptTokenCount":4}}"#,
        r#"{"embeddings":{"float":[1,2]},"inputTokenCount":4}"#,
        r#"{"embeddings":[[1,2]],"prompt_eval_count":4}"#,
    ] {
        let got = decode("bedrock", 1, body).unwrap();
        assert_eq!((got.values, got.dimensions), (vec![1.0, 2.0], 2), "{body}");
        assert_eq!(got.facts.usage.unwrap().input_tokens, Some(4), "{body}");
    }
    let cut = r#"{"predictions":[
        {"embeddings":{"statistics":{"truncated":false,"token_count":3},"values":[1]}},
        {"embeddings":{"values":[2],"statistics":{"truncated":true,"token_count":4}}}],
        "metadata":{"billableCharacterCount":20}}"#;
    let got = decode("vertex", 2, cut).unwrap();
    assert_eq!(got.truncated, [1]);
    let usage = got.facts.usage.unwrap();
    assert_eq!(usage.input_tokens, Some(7));
    assert_eq!(usage.raw["metadata"]["billableCharacterCount"], 20);
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let cases: Value = serde_json::from_str(include_str!("cases/embed_wrong.json")).unwrap();
    for case in cases["cases"].as_array().unwrap() {
        let (body, message) = (case[0].as_str().unwrap(), case[1].as_str().unwrap());
        let error = decode("openai", 2, body).unwrap_err();
        assert_eq!(error.message, format!("openai: {message}"), "{body}");
        assert_eq!(error.kind, ErrorKind::Protocol, "{body}");
        // What came is shown, or what it was mended to.
        let detail = error.detail.unwrap_or_default();
        assert!(body == detail || body.contains("NaN"), "{body}: {detail}");
    }
}

#[test]
fn the_length_that_was_asked_for_is_due() {
    let request = embed_request(json!({"input": ["a"], "dimensions": 3}));
    let headers = HeaderMap::new();
    let body = br#"{"data":[{"embedding":[1,2]}]}"#;
    let decode = |provider: &str, request: &EmbedRequest| {
        let decoded = embeddings(provider).decode(request, 1, response(body, &headers));
        decoded.map_err(|error| error.message)
    };
    let message = "openai: data[0].embedding has 2 numbers, not the 3 of dimensions";
    assert_eq!(decode("openai", &request).unwrap_err(), message);
    // Where the provider has one length, a lenient request left the field out.
    assert!(decode("llamacpp", &request).is_ok());
    let packed_bits = embed_request(json!({"input": ["a"], "dimensions": 16,
        "output_dtype": "binary"}));
    assert!(decode("voyage", &packed_bits).is_ok());
}

#[test]
fn an_error_behind_a_good_status_is_the_providers() {
    for body in [
        r#"{"error":{"message":"no such model","code":"model_not_found"}}"#,
        r#"{"error":{"message":"no such model","code":"model_not_found"},"data":[]}"#,
        r#"{"data":[[1]],"error":{"message":"no such model","code":"model_not_found"}}"#,
    ] {
        let error = decode("voyage", 1, body).unwrap_err();
        assert_eq!(error.message, "voyage: no such model", "{body}");
        assert_eq!(error.kind, ErrorKind::NotFound, "{body}");
    }
}

#[test]
fn headers_count_where_the_body_does_not() {
    let request = EmbedRequest::new("m", ["text"]);
    for (name, provider) in [
        ("num_tokens", "cohere"),
        ("num-tokens", "azure"),
        ("x-amzn-bedrock-input-token-count", "bedrock"),
        ("x-compute-tokens", "tei"),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(name, "12".parse().unwrap());
        let whole = response(br#"{"embeddings":[[1]],"id":"i","model":"n"}"#, &headers);
        let facts = embeddings(provider)
            .decode(&request, 1, whole)
            .unwrap()
            .facts;
        assert_eq!(facts.usage.unwrap().input_tokens, Some(12), "{name}");
        assert_eq!(facts.id.as_deref(), Some("i"));
        assert_eq!(facts.model.as_deref(), Some("n"));
    }
}
