//! Operations beside chat that a script answers, and what the test reads of what was asked.

use serde_json::{json, Value};

use super::{call, client, end, events, scripted, texts};

async fn result(client: &liter_llm::Client, request: Value) -> Value {
    let got = events(client, request).await;
    assert_eq!(end(&got)["outcome"], "complete", "{got:?}");
    let result = got.iter().find(|event| event[0] != "START").unwrap();
    result[1].clone()
}

#[tokio::test]
async fn each_operation_has_its_own_answer() {
    let client = scripted(json!([
        {"embeddings": [[1.0, 0.5], [0.0, -2.0]], "usage": {"prompt_tokens": 4}},
        {"scores": [0.25, 0.75]},
        {"models": ["a", {"id": "b", "owned_by": "me"}]},
        {"input_tokens": 12},
    ]));
    let embed = json!({"operation": "embed", "model": "script/e", "input": ["a", "b"]});
    assert_eq!(
        result(&client, embed).await,
        json!([[1.0, 0.5], [0.0, -2.0]])
    );
    let rerank = json!({"operation": "rerank", "model": "script/r", "query": "q",
        "documents": ["a", "b"]});
    let ranked = result(&client, rerank).await;
    let scores: Vec<_> = ranked["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["index"], it["score"]]))
        .collect();
    assert_eq!(json!(scores), json!([[1, 0.75], [0, 0.25]]));
    let models = json!({"operation": "models", "provider": "script"});
    let models = result(&client, models).await;
    assert_eq!(
        json!([models["models"][0]["id"], models["models"][1]["id"]]),
        json!(["a", "b"])
    );
    let count = json!({"operation": "count_tokens", "model": "script/m",
        "messages": [{"role": "user", "content": "x"}]});
    assert_eq!(result(&client, count.clone()).await["input_tokens"], 12);
    let client = super::client(json!({}));
    let got = events(&client, count).await;
    assert_eq!(
        end(&got)["error"]["message"],
        "script: the script has no input_tokens for this request; a count is never guessed"
    );
}

#[tokio::test]
async fn without_a_script_vectors_and_scores_are_made_of_the_texts() {
    let client = client(json!({}));
    let embed = |input: Value, more: Value| {
        let mut request = json!({"operation": "embed", "model": "script/e", "input": input});
        request
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        request
    };
    let one = result(&client, embed(json!(["a", "b"]), json!({}))).await;
    let again = result(&client, embed(json!("a"), json!({}))).await;
    assert_eq!(one[0], again[0]);
    assert_ne!(one[0], one[1]);
    assert_eq!(one[0].as_array().unwrap().len(), 8);
    let long = result(&client, embed(json!("a"), json!({"dimensions": 3}))).await;
    assert_eq!(long[0].as_array().unwrap().len(), 3);
    let many = vec!["x"; 5000];
    assert_eq!(
        result(&client, embed(json!(many), json!({})))
            .await
            .as_array()
            .unwrap()
            .len(),
        5000
    );
    let rerank = json!({"operation": "rerank", "model": "script/r", "query": "red cat",
        "documents": ["a dog", "the red cat", "a cat"]});
    let order: Vec<_> = result(&client, rerank).await["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["index"].as_u64().unwrap())
        .collect();
    assert_eq!(order, [1, 2, 0]);
}

#[tokio::test]
async fn an_answer_that_is_for_something_else_is_an_error() {
    let client = scripted(json!(["text"]));
    let embed = json!({"operation": "embed", "model": "script/e", "input": "a"});
    let got = events(&client, embed).await;
    assert_eq!(
        end(&got)["error"]["message"],
        "script: the next answer of the script has no embeddings, which this request is for"
    );
    let batch = json!({"operation": "batch", "provider": "script", "action": "list"});
    let got = events(&client, batch).await;
    assert_eq!(end(&got)["error"]["kind"], "INVALID_REQUEST");
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_can_be_read() {
    let client = scripted(json!([{"error": 503}, "a", "left"]));
    let mut request = super::chat("hello");
    request["temperature"] = json!(0.5);
    request["own_field"] = json!({"x": 1});
    request["api_key"] = json!("sk-hidden-key-1234567890");
    events(&client, request).await;
    let report = result(&client, json!({"operation": "script"})).await;
    let seen = json!({"operation": "chat", "model": "m",
        "messages": [{"role": "user", "content": "hello"}],
        "temperature": 0.5, "own_field": {"x": 1}});
    let expected = json!({"requests": [seen, seen], "requests_count": 2, "answers_left": 1});
    assert_eq!(report, expected);
    let more = json!({"operation": "script", "reset": true, "answers": ["new"]});
    assert_eq!(result(&client, more).await, expected);
    assert_eq!(texts(&call(&client, "x").await), ["new"]);
    let report = result(&client, json!({"operation": "script"})).await;
    assert_eq!(
        json!([report["requests_count"], report["answers_left"]]),
        json!([1, 0])
    );
    let stats = result(&client, json!({"operation": "stats"})).await;
    assert_eq!(
        stats["providers"]["script"]["requests"], 3,
        "the script counts for none"
    );
    assert_eq!(stats["live"], 0);
}
