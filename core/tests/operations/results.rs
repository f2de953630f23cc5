//! Rerank, models and counts: one result, then the end.

use std::sync::Arc;

use liter_llm::{
    AnyRequest, Client, ClientOptions, EmbedRequest, ErrorKind, Event, LlmRequest, Message,
    ModelsRequest, Outcome, RerankDocument, RerankRequest,
};
use serde_json::json;

use super::client;
use super::server::{serve, Events};

fn rerank_request(documents: &[&str]) -> RerankRequest {
    let documents = documents.iter().map(|text| (*text).to_owned());
    RerankRequest {
        model: "rerank-v3.5".to_owned(),
        query: "which".to_owned(),
        documents: documents.map(RerankDocument::Text).collect(),
        ..RerankRequest::default()
    }
}

#[tokio::test]
async fn documents_come_back_ranked_with_the_callers_text() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, _| {
        assert!(asked.path.ends_with("/rerank"), "{}", asked.path);
        let results = json!([{"index": 0, "relevance_score": 0.25},
                             {"index": 1, "relevance_score": 0.75}]);
        (200, json!({"id": "r-1", "results": results}))
    });
    let url = url.replace("/v1", "");
    let client = client("cohere", &url);
    let response = client.rerank(rerank_request(&["first", "second"])).await;
    let response = response.unwrap();
    let found: Vec<_> = response.results.iter().collect();
    assert_eq!((found[0].index, found[0].score), (1, Some(0.75)));
    assert_eq!(
        (&found[0].document, &found[1].document),
        (&json!("second"), &json!("first"))
    );
    assert_eq!(
        (response.receipt.requests, response.receipt.attempts),
        (1, 1)
    );
    assert_eq!(response.start.id.as_deref(), Some("r-1"));

    let mut stream = client.start(AnyRequest::Rerank(rerank_request(&["a", "b"])));
    let mut events = Vec::new();
    while stream.next_batch().await.is_some() {
        events.extend(stream.drain());
    }
    let kinds: Vec<_> = events.iter().map(|event| event.kind().name()).collect();
    assert_eq!(kinds, ["START", "RESULT", "END"]);
}

#[tokio::test]
async fn no_documents_have_no_results_and_nothing_is_sent() {
    let client = client("cohere", "http://127.0.0.1:9");
    let mut stream = client.start(AnyRequest::Rerank(rerank_request(&[])));
    stream.next_batch().await.unwrap();
    let events = stream.drain();
    let [Event::Result(result), Event::End(receipt)] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(result["results"], json!([]));
    assert_eq!((receipt.outcome, receipt.attempts), (Outcome::Complete, 0));
    // Who could not do it could not do it with documents either.
    for provider in ["nobody", "anthropic"] {
        let mut request = rerank_request(&[]);
        request.call.provider = Some(provider.to_owned());
        let error = client.rerank(request).await.unwrap_err();
        assert!(error.message.contains(provider), "{error}");
        let mut request = EmbedRequest::new("m", Vec::<String>::new());
        request.call.provider = Some(provider.to_owned());
        let error = client.embed(request).await.unwrap_err();
        assert!(error.message.contains(provider), "{error}");
    }
}

fn model(id: &str) -> serde_json::Value {
    json!({"type": "model", "id": id, "display_name": id, "created_at": "2026-01-01T00:00:00Z"})
}

#[tokio::test]
async fn all_pages_of_a_list_are_one_result() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, events| {
        events.add("page");
        let (model, more) = match asked.path.split_once("after_id=") {
            None => ("a", true),
            Some((_, rest)) if rest.starts_with('a') => ("b", true),
            Some(_) => ("c", false),
        };
        let data = [self::model(model)];
        (
            200,
            json!({"data": data, "has_more": more, "first_id": model, "last_id": model}),
        )
    });
    let response = client("anthropic", &url)
        .models(ModelsRequest::default())
        .await;
    let response = response.unwrap();
    let ids: Vec<_> = response
        .models
        .iter()
        .map(|model| model.id.as_str())
        .collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(response.models[0].raw["display_name"], "a");
    assert_eq!((response.receipt.requests, events.count("page")), (3, 3));
}

#[tokio::test]
async fn pages_that_go_round_are_an_error() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |_, events| {
        events.add("page");
        let data = [model("a")];
        (
            200,
            json!({"data": data, "has_more": true, "first_id": "a", "last_id": "a"}),
        )
    });
    let error = client("anthropic", &url)
        .models(ModelsRequest::default())
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "{error}");
    let message = "anthropic: the list of models names a page twice";
    assert_eq!(
        (error.message.as_str(), error.provider),
        (message, Some("anthropic"))
    );
    assert_eq!(events.count("page"), 2);
}

#[tokio::test]
async fn pages_without_end_are_an_error() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |_, events| {
        events.add("page");
        let id = format!("m{}", events.count("page"));
        let data = [model(&id)];
        (
            200,
            json!({"data": data, "has_more": true, "first_id": id, "last_id": id}),
        )
    });
    let error = client("anthropic", &url)
        .models(ModelsRequest::default())
        .await;
    let error = error.unwrap_err();
    assert!(error.message.contains("100 pages"), "{error}");
    assert_eq!((events.count("page"), error.attempts), (100, 100));
}

/// All pages together have the bound of one body.
#[tokio::test]
async fn pages_that_are_too_large_together_are_an_error() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |_, events| {
        events.add("page");
        let id = format!("m{}", events.count("page"));
        let data = [model(&format!("{id}{}", "x".repeat(1_000)))];
        (
            200,
            json!({"data": data, "has_more": true, "first_id": id, "last_id": id}),
        )
    });
    let options = json!({"provider": "anthropic", "base_url": url, "api_key": "key-of-the-test",
        "body_bytes_max": 10_000});
    let options = ClientOptions::from_json(&options.to_string()).unwrap();
    let client = Client::new(options).unwrap();
    let error = client.models(ModelsRequest::default()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge, "{error}");
    assert!(error.message.contains("body_bytes_max"), "{error}");
    assert_eq!(error.provider, Some("anthropic"));
    assert!(events.count("page") < 10);
}

#[tokio::test]
async fn the_provider_counts_tokens() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, _| {
        assert!(asked.path.ends_with("/count_tokens"), "{}", asked.path);
        (200, json!({"input_tokens": 14}))
    });
    let request = LlmRequest::new("claude-haiku-4-5", vec![Message::user("hi")]);
    let response = client("anthropic", &url)
        .count_tokens(request)
        .await
        .unwrap();
    assert_eq!(response.tokens.input_tokens, 14);
    assert_eq!(response.receipt.outcome, Outcome::Complete);
}

/// A provider may repeat the key; the documents of a ranking are the caller's own.
#[tokio::test]
async fn no_result_has_the_key() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, _| {
        let details = json!([{"modality": "key-of-the-test", "tokenCount": 3}]);
        let results = json!([{"index": 0, "relevance_score": 0.5}]);
        let body = match &asked.path {
            path if path.ends_with(":countTokens") => {
                json!({"totalTokens": 3, "promptTokensDetails": details})
            }
            path if path.ends_with("/rerank") => json!({"id": "r", "results": results}),
            _ => json!({"data": [model("key-of-the-test")], "has_more": false}),
        };
        (200, body)
    });
    let request = LlmRequest::new("gemini-2.5-flash", vec![Message::user("hi")]);
    let counted = client("gemini", &url).count_tokens(request).await.unwrap();
    let details = counted.tokens.details;
    assert_eq!(details, Some(json!({"[REDACTED]": 3})));

    let anthropic = client("anthropic", &url);
    let models = anthropic
        .models(ModelsRequest::default())
        .await
        .unwrap()
        .models;
    assert_eq!(models[0].id, "[REDACTED]");
    assert_eq!(models[0].raw["display_name"], "[REDACTED]");

    let url = url.replace("/v1", "");
    let request = rerank_request(&["has key-of-the-test"]);
    let results = client("cohere", &url)
        .rerank(request)
        .await
        .unwrap()
        .results;
    assert_eq!(results[0].document, "has key-of-the-test");
}

#[tokio::test]
async fn an_operation_that_a_provider_does_not_have_is_refused_and_names_those_that_do() {
    let request = rerank_request(&["a"]);
    let error = client("openai", "http://127.0.0.1:9/v1")
        .rerank(request)
        .await;
    let error = error.unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::InvalidRequest, 0));
    let begin = "openai does not have the operation rerank; these do: ";
    assert!(
        error.message.contains(begin) && error.message.contains("cohere"),
        "{error}"
    );
}

#[tokio::test]
async fn an_error_status_is_an_error_of_its_kind_without_a_result() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |_, _| {
        let error = json!({"type": "authentication_error", "message": "no key-of-the-test"});
        (401, json!({"type": "error", "error": error}))
    });
    let error = client("anthropic", &url)
        .models(ModelsRequest::default())
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Authentication);
    assert!(!error.message.contains("key-of-the-test"), "{error}");
}
