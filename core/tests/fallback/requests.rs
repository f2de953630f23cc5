//! Which requests may have fallbacks, what stands in one, and what is refused.

use futures_util::StreamExt;
use liter_llm::{
    AnyRequest, Client, ClientOptions, ErrorKind, Event, Fallback, Fallbacks, LlmRequest, Message,
};
use serde_json::{json, Value};

use super::support::{client, Mock};
use super::{ask, fields, message, KEY};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_has_fallbacks_for_its_chats_and_a_call_may_have_none() {
    let mock = Mock::start(&[]);
    let client = client(json!({"fallbacks": ["second"]}));
    let steps = json!([{"status": 500}, {"answer": {"text": "second"}}]);
    mock.plan("client", steps.clone());
    let response = ask(&client, &fields(&mock, "client", json!({}))).await;
    assert_eq!(response.text, "second");
    mock.plan("client", steps);
    let response = ask(&client, &fields(&mock, "client", json!({"fallbacks": []}))).await;
    assert_eq!(response.receipt.attempts, 1);
    assert!(response.receipt.tried.is_empty(), "there was nothing else");
    // They are no models of embeddings.
    mock.plan("embed", json!([{"status": 500}]));
    let embed = json!({"operation": "embed", "model": "e", "input": "a", "retries_max": 0,
        "base_url": mock.base_url("embed")});
    let AnyRequest::Embed(request) = AnyRequest::from_json(&embed.to_string()).unwrap() else {
        panic!("it is one");
    };
    let error = client.embed(request).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Provider, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ranking_falls_back_and_other_operations_refuse_to() {
    let mock = Mock::start(&[]);
    mock.plan("rank", json!([{"status": 500}, {"answer": {"text": ""}}]));
    let any = |fields: Value| {
        let mut fields = fields;
        fields["base_url"] = json!(mock.base_url("rank"));
        fields["fallbacks"] = json!(["second"]);
        fields["api_key"] = json!(KEY);
        fields["retries_max"] = json!(0);
        AnyRequest::from_json(&fields.to_string()).unwrap()
    };
    let client = Client::new(ClientOptions::default()).unwrap();
    let rank = any(
        json!({"operation": "rerank", "model": "cohere/m", "query": "q",
        "documents": ["a", "b"]}),
    );
    let AnyRequest::Rerank(request) = rank else {
        panic!("it is one");
    };
    let response = client.rerank(request).await.unwrap();
    assert_eq!(response.receipt.tried.len(), 2, "{:?}", response.receipt);
    assert_eq!(response.results.len(), 2);
    for (operation, fields) in [
        (
            "embed",
            json!({"operation": "embed", "model": "openai/e", "input": "a"}),
        ),
        (
            "models",
            json!({"operation": "models", "provider": "openai"}),
        ),
        (
            "count_tokens",
            json!({"operation": "count_tokens", "model": "anthropic/m",
                "messages": [{"role": "user", "content": "hi"}]}),
        ),
    ] {
        let mut events = client.start(any(fields));
        let Some(Event::End(end)) = events.next().await else {
            panic!("it ends");
        };
        let error = end.error.unwrap();
        assert_eq!(error.kind, ErrorKind::InvalidRequest, "{error}");
        let text = format!("fallbacks: {operation} has none");
        assert!(error.message.contains(&text), "{error}");
    }
    assert_eq!(mock.seen("rank")["requests_count"], 2);
}

/// A fallback that is none, and how the message begins.
fn refused(mock: &Mock) -> Vec<(Value, &'static str)> {
    vec![
        (
            json!(5),
            "fallbacks[1]: expected a model or an object, got a number",
        ),
        (json!(""), "fallbacks[1]: a model is missing"),
        (
            json!("groq"),
            "fallbacks[1]: groq is a provider; write groq/ and its model",
        ),
        (
            json!({"model": 5}),
            "fallbacks[1].model: expected text, got a number",
        ),
        (json!({"model": null}), "fallbacks[1].model is missing"),
        (json!({}), "fallbacks[1].model is missing"),
        (
            json!({"model": "m", "temperature": "hot"}),
            "fallbacks[1].temperature: expected",
        ),
        (
            json!({"model": "m", "api_key": "a\nb"}),
            "fallbacks[1].api_key",
        ),
        (
            json!({"api_key": {"ask": true}}),
            "fallbacks[1].api_key: a function gives",
        ),
        (
            json!({"fallbacks": ["a"]}),
            "fallbacks[1].fallbacks: a fallback has none",
        ),
        (
            json!({"total_timeout_ms": 5}),
            "fallbacks[1].total_timeout_ms: it runs over",
        ),
        (
            json!({"retry_budget": 5}),
            "fallbacks[1]: \"retry_budget\" is an option of the client",
        ),
        (json!({"provider": "nobody"}), "fallbacks[1].provider"),
        (
            json!({"base_url": "ftp://x"}),
            "fallbacks[1].base_url must begin",
        ),
        (
            json!({"provider": "anthropic", "seed": 5, "base_url": mock.base_url("a")}),
            "fallbacks[1]",
        ),
        (json!("groq/"), "fallbacks[1].model is missing"),
        (
            json!("cerebras/m"),
            "fallbacks[1]: no key; set CEREBRAS_API_KEY or api_key",
        ),
    ]
}

/// Before anything is sent, also where the first request would have been answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fallback_that_cannot_be_sent_is_refused_at_once() {
    let mock = Mock::start(&[]);
    mock.plan("good", json!([{"answer": {"text": "ok"}}]));
    let client = client(json!({}));
    for (fallback, text) in refused(&mock) {
        let more = json!({"fallbacks": ["fine", fallback]});
        let response = ask(&client, &fields(&mock, "good", more)).await;
        assert!(
            message(&response).starts_with(text),
            "{fallback}: {}",
            message(&response)
        );
    }
    let response = ask(&client, &fields(&mock, "good", json!({"fallbacks": "m"}))).await;
    assert_eq!(
        message(&response),
        "fallbacks: expected a list of models or objects, got text"
    );
    assert_eq!(mock.seen("good")["requests_count"], 0);
    let error = ClientOptions::from_json(r#"{"fallbacks":["a",{"seed":"x"}]}"#).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(
        error.message.starts_with("option fallbacks[1].seed: "),
        "{error}"
    );
}

/// In Rust they are values.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patch_replaces_fields_and_null_takes_them_out() {
    let mock = Mock::start(&[]);
    mock.plan(
        "patch",
        json!([{"status": 500}, {"answer": {"text": "ok"}}]),
    );
    let mut request = LlmRequest::new("first", vec![Message::user("hello")]);
    request.call.base_url = Some(mock.base_url("patch"));
    request.call.limits.retries_max = Some(0);
    request.temperature = Some(0.5);
    request.seed = Some(7);
    request.extra = json!({"max_completion_tokens": 9, "own": 1, "kept": 2})
        .as_object()
        .unwrap()
        .clone();
    let patch = json!({"temperature": null, "max_tokens": 3, "own": null, "new": true});
    let patch = Fallback::patch(patch.as_object().unwrap().clone()).unwrap();
    request.call.fallbacks = Some(Fallbacks::new([patch]));
    let response = client(json!({})).complete(request).await.unwrap();
    assert_eq!(response.receipt.attempts, 2);
    let seen = mock.seen("patch");
    let body = &seen["requests"][1]["body"];
    let fields = ["model", "temperature", "seed", "own", "kept", "new"];
    let found: Vec<_> = fields.iter().map(|name| body[*name].clone()).collect();
    assert_eq!(
        json!(found),
        json!(["first", null, 7, null, 2, true]),
        "{body}"
    );
    assert!(body.to_string().contains("tokens\":3") && !body.to_string().contains("tokens\":9"));
}
