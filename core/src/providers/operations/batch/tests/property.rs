//! Whatever stands in place of any value of a response, it is read or refused, and a row that is
//! not one of the outcomes does not exist.

use super::*;

/// What stands in for a value.
fn odd_values() -> [Value; 7] {
    let list = json!([null]);
    [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!("x"),
        list,
        json!({"x": 1}),
    ]
}

/// Every document that differs in one value.
fn odd_documents(document: &Value) -> Vec<Value> {
    let mut places = Vec::new();
    pointers(document, String::new(), &mut places);
    let mut documents = Vec::new();
    for place in places {
        for odd in odd_values() {
            let mut other = document.clone();
            *other.pointer_mut(&place).unwrap() = odd;
            documents.push(other);
        }
    }
    documents
}

fn pointers(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                pointers(value, format!("{place}/{name}"), places);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                pointers(value, format!("{place}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(place);
}

fn check_rows<'r>(rows: impl IntoIterator<Item = &'r Map<String, Value>>, document: &Value) {
    for row in rows {
        let Some(outcome) = row.get("outcome").and_then(Value::as_str) else {
            assert!(row["state"].is_string(), "{row:?} of {document}");
            continue;
        };
        assert!(row["id"].is_string(), "{row:?} of {document}");
        let has = |name: &str| row.contains_key(name);
        let is_right = match outcome {
            "succeeded" => has("response") && !has("error"),
            "failed" => has("error") && !has("response"),
            "cancelled" | "expired" => !has("response"),
            _ => false,
        };
        assert!(is_right, "{row:?} of {document}");
    }
}

#[test]
fn odd_values_of_documents_are_read_or_refused() {
    let page = Step::Page {
        batch: "b".to_owned(),
        token: None,
    };
    let list = Step::List { page: None };
    let chat = json!({"id": "c", "object": "chat.completion", "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "hi"}}],
        "usage": {"prompt_tokens": 1}});
    let openai = json!({"id": "b", "status": "failed", "request_counts": {"total": 1},
        "errors": {"data": [{"message": "m", "line": 1, "code": "c"}]}, "created_at": 1,
        "output_file_id": "o", "metadata": {"liter_batch": "m"}});
    let gemini = json!({"name": "batches/b", "done": true, "error": {"code": 3, "message": "m"},
        "metadata": {"state": "BATCH_STATE_FAILED", "batchStats": {"requestCount": "1"},
            "createTime": "2026-01-01T00:00:00Z", "model": "models/m", "displayName": "d"},
        "response": {"inlinedResponses": {"inlinedResponses": [
            {"metadata": {"key": "k"}, "error": {"code": 8, "message": "m"}}]}}});
    let mistral = json!({"id": "b", "status": "SUCCESS", "total_requests": 1, "outputs": [
        {"custom_id": "a", "response": {"status_code": 200, "body": chat}, "error": null}]});
    let xai = json!({"results": [{"batch_request_id": "a",
        "batch_result": {"response": {"chat_get_completion": chat}}}], "pagination_token": "p"});
    let state = json!({"batch_id": "b", "name": "n", "cancel_time": null,
        "state": {"num_requests": 1, "num_pending": 1, "error": null}});
    let anthropic = json!({"data": [{"id": "b", "processing_status": "ended",
        "request_counts": {"processing": 1, "errored": 2}}], "has_more": true, "last_id": "l"});
    for (name, step, document) in [
        ("openai", status(), &openai),
        ("openai", look(), &openai),
        ("gemini", status(), &gemini),
        ("gemini", look(), &gemini),
        ("mistral", status(), &mistral),
        ("mistral", look(), &mistral),
        ("xai", page, &xai),
        ("xai", status(), &state),
        ("anthropic", list, &anthropic),
    ] {
        for document in odd_documents(document) {
            match decoded(name, &step, &document.to_string()) {
                Ok(answer) => check_rows(&answer.results, &document),
                Err(error) => assert!(!error.message.is_empty()),
            }
        }
    }
}

#[test]
fn odd_values_of_rows_are_read_or_refused() {
    let openai = json!({"custom_id": "a", "response": {"status_code": 200, "request_id": "r",
        "body": {"object": "list", "data": [{"index": 0, "embedding": [1]}]}},
        "error": {"code": "batch_expired", "message": "m"}});
    let content = json!([{"type": "text", "text": "hi"}]);
    let message = json!({"id": "m", "content": content, "stop_reason": "end_turn",
        "usage": {"input_tokens": 1}});
    let error = json!({"type": "error", "error": {"type": "api_error", "message": "m"}});
    let result = json!({"type": "succeeded", "message": message, "error": error});
    let anthropic = json!({"custom_id": "a", "result": result});
    let gemini = json!({"key": "k", "response": {"candidates": [{"finishReason": "STOP",
        "content": {"parts": [{"text": "hi"}]}}]}});
    for (name, row) in [
        ("openai", openai),
        ("anthropic", anthropic),
        ("gemini", gemini),
    ] {
        for row in odd_documents(&row) {
            let request = BatchRequest::default();
            let text = row.to_string();
            let answered = Answered {
                provider: provider(name),
                request: &request,
                text: &text,
            };
            match codec(name).line(&answered) {
                Ok(found) => check_rows([&found], &row),
                Err(error) => assert!(!error.message.is_empty()),
            }
        }
    }
}
