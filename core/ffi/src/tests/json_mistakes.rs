//! The likely mistakes in requests and options, `tests/mistakes.json`, through the exports: kind
//! and message reach the caller whole, in llm_last_error and in END.

use std::ffi::{CStr, CString};
use std::path::Path;

use serde_json::Value;

use crate::tests::time_limit::TimeLimit;
use crate::*;

fn mistakes(list: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/mistakes.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut table: Value = serde_json::from_str(&text).unwrap();
    let Value::Array(rows) = table[list].take() else {
        panic!("{list} is no list");
    };
    assert!(rows.len() >= 10);
    rows
}

/// The error of a mistake is what its row expects.
fn check(row: &Value, error: LlmError, error_json: &Value) {
    let name = &row["name"];
    // SAFETY: never NULL, and it lives for ever.
    let kind = unsafe { CStr::from_ptr(llm_error_name(error)) };
    assert_eq!(kind.to_str().unwrap(), row["kind"], "{name}: {error_json}");
    assert_eq!(error_json["kind"], row["kind"], "{name}");
    assert_eq!(error_json["message"], row["message"], "{name}");
}

fn new_client(options: &Value) -> (LlmError, *mut LlmClient) {
    let options = CString::new(options.to_string()).unwrap();
    let (mut client, none) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: a text with its NUL, no callback, a place for one pointer.
    let error = unsafe { llm_client_new(options.as_ptr(), None, none, &mut client) };
    (error, client)
}

#[test]
fn mistakes_in_options_are_the_last_error() {
    for row in mistakes("options") {
        let (error, client) = new_client(&row["options"]);
        assert!(client.is_null());
        // SAFETY: never NULL, and this thread makes no call meanwhile.
        let error_json = unsafe { CStr::from_ptr(llm_last_error()) };
        check(
            &row,
            error,
            &serde_json::from_slice(error_json.to_bytes()).unwrap(),
        );
    }
}

#[test]
fn mistakes_in_requests_are_in_their_end() {
    let _limit = TimeLimit::begin();
    let (error, client) = new_client(&serde_json::json!({"provider": "openai", "api_key": "k"}));
    assert_eq!(error, LLM_ERROR_OK);
    for row in mistakes("requests") {
        let request = CString::new(row["request"].to_string()).unwrap();
        let mut events = std::ptr::null();
        // SAFETY: texts with their NUL.
        let error = unsafe { llm_client_start(client, 1, c"".as_ptr(), request.as_ptr()) };
        assert_eq!(error, LLM_ERROR_OK, "{}", row["name"]);
        // SAFETY: a place for one pointer.
        assert_eq!(unsafe { llm_client_poll(client, -1, &mut events) }, 1);
        // SAFETY: poll gave one event, which lives until the next poll, in this thread.
        let end = unsafe { &*events };
        assert_eq!(end.kind, LLM_EVENT_END);
        // SAFETY: as above; its data has so many bytes.
        let data = unsafe { std::slice::from_raw_parts(end.data.cast(), end.length) };
        let receipt: Value = serde_json::from_slice(data).unwrap();
        check(&row, end.error, &receipt["error"]);
    }
    // SAFETY: the handle of a client.
    unsafe { llm_client_free(client) };
}
