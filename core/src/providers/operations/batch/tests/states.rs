//! States, lists and where results are.

use super::*;

fn state(name: &str, document: &Value) -> Map<String, Value> {
    let answer = decoded(name, &status(), &document.to_string()).unwrap();
    answer.results.into_iter().next().unwrap()
}

#[test]
fn states_have_one_vocabulary() {
    let openai = |word: &str| json!({"id": "b", "status": word});
    let anthropic = |word: &str| json!({"id": "b", "processing_status": word});
    let gemini = |word: &str| json!({"name": "batches/b", "metadata": {"state": word}});
    let mistral = |word: &str| json!({"id": "b", "status": word});
    let xai = |total: u64, pending: u64| {
        let state = json!({"num_requests": total, "num_pending": pending});
        json!({"batch_id": "b", "state": state})
    };
    for (name, document, expected) in [
        ("openai", openai("validating"), "validating"),
        ("openai", openai("finalizing"), "running"),
        ("openai", openai("cancelling"), "cancelling"),
        ("openai", openai("expired"), "ended"),
        ("openai", openai("failed"), "failed"),
        ("openai", openai("something new"), "running"),
        ("anthropic", anthropic("canceling"), "cancelling"),
        ("anthropic", anthropic("ended"), "ended"),
        ("gemini", gemini("BATCH_STATE_PENDING"), "validating"),
        ("gemini", gemini("JOB_STATE_SUCCEEDED"), "ended"),
        ("gemini", gemini("BATCH_STATE_EXPIRED"), "ended"),
        (
            "gemini",
            json!({"name": "batches/b", "done": true}),
            "ended",
        ),
        ("mistral", mistral("QUEUED"), "validating"),
        ("mistral", mistral("TIMEOUT_EXCEEDED"), "ended"),
        ("mistral", mistral("CANCELLATION_REQUESTED"), "cancelling"),
        ("xai", xai(0, 0), "validating"),
        ("xai", xai(2, 1), "running"),
        ("xai", xai(2, 0), "ended"),
    ] {
        let state = state(name, &document);
        assert_eq!(state["state"], expected, "{name} {document}");
        assert_eq!(state["raw"], document);
    }
}

#[test]
fn a_batch_that_failed_says_why() {
    let errors = json!({"data": [{"code": "bad_line", "message": "no JSON", "line": 2},
                                 {"code": "other", "message": "no model"}]});
    let document = json!({"id": "b", "status": "failed", "errors": errors, "failed_at": 9});
    let found = state("openai", &document);
    let error = &found["error"];
    assert_eq!(
        error["message"],
        "openai: the batch failed: line 2: no JSON; no model"
    );
    assert_eq!(
        (&error["code"], &found["ended_at"]),
        (&json!("bad_line"), &json!(9))
    );
    let error = decoded("openai", &look(), &document.to_string()).unwrap_err();
    assert!(error.message.contains("line 2: no JSON"), "{error}");
}

#[test]
fn results_are_in_both_files_once_there_are_any() {
    let batch = |status: &str, files: Value| {
        let mut batch = json!({"id": "b", "status": status});
        batch
            .as_object_mut()
            .unwrap()
            .extend(files.as_object().cloned().unwrap());
        decoded("openai", &look(), &batch.to_string())
    };
    let lines = |file: &str| Step::Lines {
        file: file.to_owned(),
    };
    let both = json!({"output_file_id": "o", "error_file_id": "e"});
    assert_eq!(
        batch("completed", both.clone()).unwrap().steps,
        [lines("o"), lines("e")]
    );
    assert_eq!(
        batch("cancelled", both).unwrap().steps,
        [lines("o"), lines("e")]
    );
    let failed = json!({"output_file_id": null, "error_file_id": "e"});
    assert_eq!(batch("completed", failed).unwrap().steps, [lines("e")]);
    assert_eq!(batch("expired", json!({})).unwrap().steps, []);
    let error = batch("in_progress", json!({})).unwrap_err();
    assert_eq!(
        error.message,
        "openai: the batch is running; its results are there once it has ended"
    );
    let file = r#"{"name":"batches/b","done":true,"response":{"responsesFile":"files/r"}}"#;
    assert_eq!(
        decoded("gemini", &look(), file).unwrap().steps,
        [lines("files/r")]
    );
    let files = r#"{"id":"b","status":"SUCCESS","output_file":"o","outputs":null}"#;
    assert_eq!(
        decoded("mistral", &look(), files).unwrap().steps,
        [lines("o")]
    );
}

#[test]
fn results_in_the_batch_keep_their_order() {
    let text = |text: &str| {
        json!({"response": {"candidates": [{"finishReason": "STOP",
            "content": {"role": "model", "parts": [{"text": text}]}}]}})
    };
    let rows = json!([text("one"), text("two")]);
    let document = json!({"name": "batches/b",
        "metadata": {"output": {"inlinedResponses": {"inlinedResponses": rows}}}});
    let results = decoded("gemini", &look(), &document.to_string())
        .unwrap()
        .results;
    let found: Vec<_> = results
        .iter()
        .map(|row| (&row["id"], &row["response"]["text"]))
        .collect();
    assert_eq!(
        found,
        [(&json!("0"), &json!("one")), (&json!("1"), &json!("two"))]
    );
    // They are no business of the state.
    let state = state("gemini", &document);
    assert_eq!(state["raw"], json!({"name": "batches/b", "metadata": {}}));
}

#[test]
fn lists_have_pages() {
    let list = |page: Option<&str>| Step::List {
        page: page.map(str::to_owned),
    };
    for (name, document, count, next) in [
        (
            "openai",
            json!({"data": [{"id": "a"}, {"id": "b"}], "has_more": true}),
            2,
            Some("b"),
        ),
        (
            "openai",
            json!({"data": [{"id": "a"}], "has_more": false, "last_id": "a"}),
            1,
            None,
        ),
        (
            "anthropic",
            json!({"data": [], "has_more": true, "last_id": "z"}),
            0,
            Some("z"),
        ),
        (
            "gemini",
            json!({"operations": [{"name": "batches/a"}], "nextPageToken": "t"}),
            1,
            Some("t"),
        ),
        ("gemini", json!({}), 0, None),
        ("openai", json!({"data": null}), 0, None),
        (
            "mistral",
            json!({"data": [{"id": "a"}], "total": 1}),
            1,
            None,
        ),
        (
            "xai",
            json!({"batches": [{"batch_id": "a"}], "pagination_token": "p"}),
            1,
            Some("p"),
        ),
    ] {
        let answer = decoded(name, &list(None), &document.to_string()).unwrap();
        assert_eq!(answer.results.len(), count, "{name}");
        let steps: Vec<_> = next.map(|next| list(Some(next))).into_iter().collect();
        assert_eq!(answer.steps, steps, "{name}");
    }
    let full: Vec<_> = (0..100).map(|id| json!({"id": id.to_string()})).collect();
    let document = json!({ "data": full }).to_string();
    let answer = decoded("mistral", &list(Some("1")), &document).unwrap();
    assert_eq!(answer.steps, [list(Some("2"))]);
}

#[test]
fn marks_are_where_a_provider_has_labels() {
    let gemini = json!({"name": "batches/b", "metadata": {"displayName": "liter-batch-m1"}});
    let xai = json!({"batch_id": "b", "name": "liter-batch-m1"});
    let openai = json!({"id": "b", "metadata": {"liter_batch": "m1"}});
    for (name, document) in [("gemini", gemini), ("xai", xai), ("openai", openai)] {
        assert_eq!(
            state(name, &document)["metadata"],
            json!({"liter_batch": "m1"}),
            "{name}"
        );
    }
}

#[test]
fn an_error_behind_a_good_status_is_one() {
    let error = r#"{"error":{"message":"no such batch","type":"invalid_request_error"}}"#;
    let error = decoded("openai", &status(), error).unwrap_err();
    assert!(error.message.contains("no such batch"), "{error}");
    assert!(decoded("openai", &status(), "[]").is_err());
    assert!(decoded(
        "xai",
        &Step::Page {
            batch: "b".to_owned(),
            token: None
        },
        "{}"
    )
    .is_err());
}

#[test]
fn a_handle_has_no_secret_and_leads_nowhere_else() {
    use crate::providers::operations::batch::handle::{without_secret, Handle};
    let handle = Handle {
        provider: "openai".to_owned(),
        id: "batch_1".to_owned(),
        kind: Some("chat".to_owned()),
        base_url: without_secret("https://example.org/v1"),
    };
    let text = handle.to_text();
    assert_eq!(
        text,
        r#"{"provider":"openai","id":"batch_1","kind":"chat","base_url":"https://example.org/v1"}"#
    );
    assert_eq!(Handle::parse(&text).unwrap(), handle);
    assert_eq!(without_secret("https://u:p@example.org/v1"), None);
    assert_eq!(without_secret("https://example.org/v1?key=abc"), None);
    for id in ["../files", "a/../b", "", "a b", "."] {
        let text = json!({"provider": "openai", "id": id}).to_string();
        assert!(Handle::parse(&text).is_err(), "{id}");
    }
    assert!(Handle::parse("batch_1").is_err());
}
