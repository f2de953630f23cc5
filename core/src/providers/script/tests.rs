//! The codec by itself: lines in, events out, and the request as its caller wrote it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{json, Value};

use super::ScriptCodec;
use crate::error::ErrorKind;
use crate::event::{EventBatch, Start};
use crate::framing::{Frame, Framing};
use crate::providers::{Progress, Provider, Target};
use crate::request::{CloudOptions, LlmRequest};

fn decode(lines: &[Value]) -> (Vec<String>, Progress, Option<ErrorKind>) {
    let mut decoder = ScriptCodec.decoder(Start::default(), Framing::Ndjson);
    let mut out = EventBatch::default();
    let mut failed = None;
    for line in lines {
        let data = line.to_string();
        let frame = Frame {
            name: "",
            data: &data,
        };
        if let Err(error) = decoder.decode_frame(frame, &mut out) {
            failed = Some(error.kind);
        }
    }
    let progress = decoder.progress();
    let names = out.drain().into_iter();
    let names = names.map(|event| event.kind().name().to_owned());
    (names.collect(), progress, failed)
}

#[test]
fn only_the_last_line_ends_a_response() {
    let text = json!({"text": "a", "id": "r1"});
    let end = json!({"end": {"finish_reason": "stop"}});
    let (names, progress, _) = decode(&[text.clone(), json!({"new": 1})]);
    assert_eq!((names.len(), progress), (2, Progress::Open));
    let (names, progress, _) = decode(&[text, end, json!({"text": "late"})]);
    assert_eq!((names.len(), progress), (2, Progress::Done));
}

#[test]
fn an_error_has_the_kind_that_the_script_names() {
    let error = json!({"error": {"message": "rate limit", "kind": "QUOTA_EXCEEDED"}});
    let decoded = decode(std::slice::from_ref(&error));
    assert_eq!(decoded.2, Some(ErrorKind::QuotaExceeded));
    let status = ScriptCodec.error(503, error.to_string().as_bytes());
    assert_eq!(
        (status.kind, status.retryable),
        (ErrorKind::QuotaExceeded, false)
    );
    let plain = ScriptCodec.error(503, br#"{"error":{"message":"busy"}}"#);
    assert_eq!((plain.kind, plain.retryable), (ErrorKind::Provider, true));
}

#[test]
fn a_request_goes_out_as_it_was_written() {
    let written = json!({"model": "m", "messages": [{"role": "user", "content": "x"}],
        "temperature": 0.5, "stop": ["a"], "own": {"b": 1}, "stream": true, "seed": 7,
        "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto",
        "response_format": {"type": "json_object"}, "user": "u", "metadata": {"k": "v"},
        "max_tokens": 5, "top_p": 0.5, "reasoning_effort": "low"});
    let request = LlmRequest::from_json(&written.to_string()).unwrap();
    let target = Target {
        cloud: &CloudOptions::default(),
        own_endpoint: true,
        host: "script.invalid",
        base_path: "",
        query: "",
        stream: true,
        lenient: false,
    };
    let encoded = ScriptCodec.request(&request, &target).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(body, written);
}
