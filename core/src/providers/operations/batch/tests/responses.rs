//! Rows that came back.

use super::*;

fn chat_body(text: &str) -> Value {
    json!({"id": "c-1", "object": "chat.completion", "model": "m-1",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}})
}

fn openai_row(status: u16, body: &Value) -> Value {
    json!({"id": "r", "custom_id": "a", "error": null,
        "response": {"status_code": status, "request_id": "req-1", "body": body}})
}

#[test]
fn an_answer_is_what_a_whole_response_is() {
    let row = line("openai", &openai_row(200, &chat_body("four")));
    assert_eq!(
        (&row["id"], &row["outcome"]),
        (&json!("a"), &json!("succeeded"))
    );
    let response = &row["response"];
    assert_eq!(
        (&response["id"], &response["model"]),
        (&json!("c-1"), &json!("m-1"))
    );
    assert_eq!(
        (&response["text"], &response["tool_calls"]),
        (&json!("four"), &json!([]))
    );
    assert_eq!(response["finish_reason"], "stop");
    assert_eq!(response["usage"]["input_tokens"], 3);
    // Some servers write the body as a text.
    let text = json!(chat_body("four").to_string());
    assert_eq!(line("mistral", &openai_row(200, &text)), row);
}

#[test]
fn the_body_shows_which_api_answered() {
    let output = json!([{"type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": "five", "annotations": []}]}]);
    let body = json!({"id": "resp", "object": "response", "status": "completed", "model": "m",
        "output": output});
    let row = line("openai", &openai_row(200, &body));
    assert_eq!(row["response"]["text"], "five", "{row:?}");
    let result = json!({"batch_request_id": "a",
        "batch_result": {"response": {"chat_get_completion": chat_body("six")}}});
    let row = line("xai/responses", &result);
    assert_eq!(row["response"]["text"], "six", "{row:?}");
}

#[test]
fn vectors_are_numbers_with_the_digits_that_they_need() {
    let data = json!([{"index": 1, "embedding": [0.5, 2]}, {"index": 0, "embedding": [0.1, -1]}]);
    let body = json!({"object": "list", "data": data, "model": "e",
        "usage": {"prompt_tokens": 4, "total_tokens": 4}});
    let row = line("openai", &openai_row(200, &body));
    let response = row["response"].as_object().unwrap();
    assert_eq!(response["vectors"].to_string(), "[[0.1,-1.0],[0.5,2.0]]");
    assert_eq!(
        (&response["dimensions"], &response["model"]),
        (&json!(2), &json!("e"))
    );
    assert_eq!(response["usage"]["input_tokens"], 4);
    // Base64 of the same first vector's beginning, which is what is asked for.
    let body = json!({"data": [{"index": 0, "embedding": "AAAAPwAAAEA="}]});
    let row = line("openai", &openai_row(200, &body));
    assert_eq!(row["response"]["vectors"], json!([[0.5, 2.0]]));
    let row = line(
        "gemini",
        &json!({"key": "k", "response": {"embedding": {"values": [1, 2]}}}),
    );
    assert_eq!(
        (&row["id"], &row["response"]["vectors"]),
        (&json!("k"), &json!([[1.0, 2.0]]))
    );
}

#[test]
fn calls_of_tools_are_whole_and_have_ids() {
    let calls = json!([{"type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]);
    let mut body = chat_body("");
    body["choices"][0]["message"]["tool_calls"] = calls;
    body["choices"][0]["finish_reason"] = json!("tool_calls");
    let row = line("openai", &openai_row(200, &body));
    let call = &row["response"]["tool_calls"][0];
    assert_eq!(
        (&call["name"], &call["arguments"]),
        (&json!("f"), &json!("{\"a\":1}"))
    );
    let id = call["id"].as_str().unwrap().to_owned();
    assert!(!id.is_empty());
    assert_eq!(
        line("openai", &openai_row(200, &body))["response"]["tool_calls"][0]["id"],
        id
    );
}

#[test]
fn errors_of_rows_have_kinds() {
    let error = json!({"error": {"message": "slow down", "code": "rate_limit_exceeded"}});
    let row = line("openai", &openai_row(429, &error));
    assert_eq!(row["outcome"], "failed");
    assert_eq!(row.get("response"), None);
    let error = &row["error"];
    assert_eq!(
        (&error["kind"], &error["retryable"]),
        (&json!("RATE_LIMITED"), &json!(true))
    );
    assert_eq!(
        (&error["status"], &error["request_id"]),
        (&json!(429), &json!("req-1"))
    );
    assert_eq!(error["maybe_executed"], false);
    // A body that is no response is not one.
    let row = line("openai", &openai_row(200, &json!({"choices": []})));
    assert_eq!(
        (&row["outcome"], row.get("response")),
        (&json!("failed"), None)
    );
    for (error, outcome) in [
        (
            json!({"code": "batch_expired", "message": "late"}),
            "expired",
        ),
        (
            json!({"code": "batch_cancelled", "message": "stopped"}),
            "cancelled",
        ),
        (json!({"code": "server_error", "message": "odd"}), "failed"),
        (Value::Null, "failed"),
    ] {
        let row = json!({"custom_id": "a", "response": null, "error": error});
        assert_eq!(line("openai", &row)["outcome"], outcome, "{row}");
    }
}

#[test]
fn results_of_anthropic_have_a_type() {
    let message = json!({"id": "m", "type": "message", "role": "assistant", "model": "c",
        "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 2}});
    let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}});
    for (result, outcome, kind) in [
        (
            json!({"type": "succeeded", "message": message}),
            "succeeded",
            None,
        ),
        (
            json!({"type": "errored", "error": error}),
            "failed",
            Some("OVERLOADED"),
        ),
        (json!({"type": "canceled"}), "cancelled", None),
        (json!({"type": "expired"}), "expired", None),
        (json!({"type": "unheard_of"}), "failed", Some("PROVIDER")),
    ] {
        let row = line("anthropic", &json!({"custom_id": "a", "result": result}));
        assert_eq!(row["outcome"], outcome, "{row:?}");
        let found = row
            .get("error")
            .map(|error| error["kind"].as_str().unwrap());
        assert_eq!(found, kind, "{row:?}");
    }
}

#[test]
fn codes_of_grpc_are_kinds() {
    for (code, kind, retryable) in [
        (3, "INVALID_REQUEST", false),
        (7, "PERMISSION", false),
        (8, "RATE_LIMITED", true),
        (13, "PROVIDER", true),
        (16, "AUTHENTICATION", false),
    ] {
        let row = line("gemini", &json!({"error": {"code": code, "message": "no"}}));
        let error = &row["error"];
        assert_eq!(error["kind"], kind, "{code}");
        assert_eq!(error["retryable"], retryable, "{code}");
    }
}

#[test]
fn a_row_that_is_not_json_ends_the_reading() {
    let request = BatchRequest::default();
    let answered = Answered {
        provider: provider("openai"),
        request: &request,
        text: "{\"custom_id\":",
    };
    assert!(codec("openai").line(&answered).is_err());
}
