//! Counts of tokens: what is sent of a chat, and every response.

use super::*;
use crate::error::ErrorKind;
use crate::request::LlmRequest;

fn encode(provider: &str, base: &str, request: Value) -> Option<Value> {
    let cloud = CloudOptions::default();
    let request = LlmRequest::from_json(&request.to_string()).unwrap();
    let streamed = Target {
        stream: true,
        ..target(base, &cloud)
    };
    Some(written(counting(provider)?.encode(&request, &streamed)))
}

fn chat() -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5,
        "temperature": 0.5, "stop": ["x"],
        "tools": [{"type": "function", "function": {"name": "f"}}]})
}

#[test]
#[cfg(feature = "anthropic")]
fn anthropic_counts_the_chat_without_what_it_refuses() {
    let form = encode("anthropic", "", chat()).unwrap();
    assert_eq!(form[0], "/v1/messages/count_tokens");
    let names: Vec<_> = form[1].as_object().unwrap().keys().collect();
    assert_eq!(names, ["model", "messages", "tools"]);
    let mut own = chat();
    own["extra_body"] = json!({"top_k": 3});
    assert_eq!(encode("anthropic", "/v1", own).unwrap()[1]["top_k"], 3);
    assert_eq!(
        encode("anthropic", "/v1", chat()).unwrap()[0],
        "/messages/count_tokens"
    );
    assert_eq!(
        encode("llamacpp", "/v1", chat()).unwrap()[0],
        "/messages/count_tokens"
    );
}

#[test]
#[cfg(feature = "openai")]
fn vllm_counts_messages_and_tools() {
    let form = encode("vllm", "/v1", chat()).unwrap();
    assert_eq!(form[0], "/../tokenize");
    let names: Vec<_> = form[1].as_object().unwrap().keys().collect();
    assert_eq!(names, ["model", "messages", "tools"]);
}

#[test]
fn one_text_is_all_that_some_count() {
    let text = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    let warning = "the count is that of the text, without the tokens that a chat adds to it";
    let form = encode("tei", "/v1", text.clone()).unwrap();
    assert_eq!(form, json!(["/../tokenize", {"inputs": "hi"}, [warning]]));
    #[cfg(feature = "cohere")]
    for (base, path) in [("", "/v1/tokenize"), ("/v2", "/../v1/tokenize")] {
        let form = encode("cohere", base, text.clone()).unwrap();
        assert_eq!(form, json!([path, {"model": "m", "text": "hi"}, [warning]]));
    }
    let message = |role: &str, content: Value| json!({"role": role, "content": content});
    let user = || message("user", json!("hi"));
    let rows = [
        (
            json!([user(), user()]),
            json!([]),
            "messages: has 2 entries",
        ),
        (
            json!([message("system", json!("hi"))]),
            json!([]),
            "messages[0].role: is not \"user\"",
        ),
        (
            json!([message("user", json!([{"type": "text", "text": "hi"}]))]),
            json!([]),
            "messages[0].content: is no text",
        ),
        (
            json!([user()]),
            json!([{"type": "function", "function": {"name": "f"}}]),
            "tools: cannot be counted",
        ),
    ];
    for (messages, tools, what) in rows {
        let request = json!({"model": "m", "messages": messages, "tools": tools});
        let form = encode("tei", "", request).unwrap();
        let due = format!("tei: {what}; it counts the tokens of one text only");
        assert_eq!(form, due);
    }
}

#[test]
fn a_provider_without_a_count_has_none() {
    for name in ["mistral", "ollama", "voyage", "jina", "groq", "unknown"] {
        assert!(counting(name).is_none(), "{name}");
    }
}

#[test]
fn responses_are_counts_or_errors() {
    let headers = HeaderMap::new();
    let decode = |body: &str| {
        counting("tei")
            .unwrap()
            .decode(response(body.as_bytes(), &headers))
    };
    let rows = [
        (r#"{"input_tokens":12}"#, 12, json!({})),
        (r#"{"inputTokens":12}"#, 12, json!({})),
        (
            r#"{"object":"response.input_tokens","input_tokens":"12"}"#,
            12,
            json!({}),
        ),
        (
            r#"{"totalTokens":61,"cachedContentTokenCount":5,"promptTokensDetails":
            [{"modality":"TEXT","tokenCount":50},{"modality":"IMAGE","tokenCount":11}, 7]}"#,
            61,
            json!({"cached_input_tokens": 5, "details": {"text": 50, "image": 11}}),
        ),
        (
            r#"{"totalTokens":3,"totalBillableCharacters":9}"#,
            3,
            json!({"billable_characters": 9}),
        ),
        (
            r#"{"tokens":[5,6],"token_strings":["a","b"]}"#,
            2,
            json!({"token_ids": [5, 6]}),
        ),
        (
            r#"{"count":2,"max_model_len":9,"tokens":[5,6]}"#,
            2,
            json!({"token_ids": [5, 6]}),
        ),
        (
            r#"[[{"id":5,"text":"a"},{"id":6}]]"#,
            2,
            json!({"token_ids": [5, 6]}),
        ),
        (r#"[[{"text":"a"}]]"#, 1, json!({})),
        (r#"{"input_tokens":0}"#, 0, json!({})),
    ];
    for (body, count, more) in rows {
        let got = decode(body).unwrap();
        assert_eq!((got.input_tokens, json!(got.more)), (count, more), "{body}");
    }
    for (body, how) in [
        ("{}", "is missing"),
        ("[]", "is missing"),
        ("[[1],[2]]", "is missing"),
        (r#"{"input_tokens":-1}"#, "is missing"),
        (r#"{"input_tokens":null}"#, "is missing"),
        ("12", "is missing"),
        ("", "is not JSON (line 1, column 0)"),
    ] {
        let error = decode(body).unwrap_err();
        assert_eq!(
            error.message,
            format!("tei: the count of tokens {how}"),
            "{body}"
        );
        assert_eq!(error.kind, ErrorKind::Protocol);
    }
    let error = decode(r#"{"error":{"message":"no","code":"model_not_found"}}"#).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}
