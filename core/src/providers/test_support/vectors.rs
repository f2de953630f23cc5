//! The vectors of `tests/vectors` at the level of a codec: what is sent, and what comes of the last
//! response, in its own cuts. What attempts add is proved where they are made, in core/tests.

use std::path::Path;

use base64::prelude::{Engine, BASE64_STANDARD};
use http::HeaderMap;
use serde_json::{json, Value};

use super::{body, target, Decoded, Wire};
use crate::event::Start;
use crate::providers::{EncodedRequest, Progress, Target};
use crate::request::LlmRequest;

/// Plays the vectors that are selected by provider and name, and returns their number.
pub(crate) fn check_all(is_selected: impl Fn(&str, &str) -> bool) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let vector: Value = serde_json::from_str(&text).unwrap();
        let text = |field: &str| vector[field].as_str().unwrap();
        if is_selected(text("provider"), text("name")) {
            count += 1;
            check(Box::leak(text("provider").into()), text("name"), &vector);
        }
    }
    count
}

fn check(provider: &'static str, name: &str, vector: &Value) {
    let events = vector["expected"]["events"].as_array().unwrap();
    let (end, events) = events.split_last().unwrap();
    let mut end = end[1].clone();
    // The stream adds these.
    if let Some(error) = end["error"].as_object_mut() {
        error.retain(|name, _| !["phase", "status", "maybe_executed"].contains(&name.as_str()));
    }
    let request = LlmRequest::from_json(&vector["request"].to_string()).unwrap();
    let base = vector["base_path"].as_str().unwrap_or("/v1");
    let (base_path, query) = base.split_once('?').unwrap_or((base, ""));
    let target = Target {
        own_endpoint: false,
        query,
        base_path: base_path.trim_end_matches('/'),
        stream: request.stream.unwrap_or(true),
        lenient: request.call.lenient.unwrap_or(false),
        cloud: &request.call.cloud,
        ..target()
    };
    let api = vector["request"]["api"].as_str().unwrap_or_default();
    let wire = Wire::sse(provider).api(leaked(api));
    let encoded = match wire.provider().request(&request, &target) {
        Ok(encoded) => encoded,
        Err(error) => return assert_eq!(contains(&json!(error), &end["error"]), Ok(()), "{name}"),
    };
    let headers = encoded.headers.iter().cloned();
    let headers: Value = headers
        .chain(wire.key_headers(vector["request"]["api_key"].as_str().unwrap_or("test-key")))
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    let sent = json!({"path": encoded.path, "headers": headers, "body": body(&encoded)});
    for (part, expected) in vector["sent"].as_object().into_iter().flatten() {
        assert_eq!(&sent[part], expected, "{name}");
    }
    let response = vector["responses"].as_array().unwrap().last().unwrap();
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    let encoded_body = response["body_base64"].as_str();
    let bytes = match encoded_body {
        Some(text) => BASE64_STANDARD.decode(text).unwrap(),
        None => response["body"].as_str().unwrap().as_bytes().to_vec(),
    };
    if status != 200 {
        let error = json!(wire.error_with_headers(status, &headers_of(response), &bytes));
        return assert_eq!(contains(&error, &end["error"]), Ok(()), "{name}");
    }
    // A server that cannot stream sends the whole response; the response reader sees which it is.
    let is_stream = target.stream && !bytes.starts_with(b"{\"output\"");
    let decoded = decode(wire, &request.model, &bytes, response, encoded, is_stream);
    assert_eq!(
        contains(&receipt(provider, &decoded), &end),
        Ok(()),
        "{name}"
    );
    let mut got = decoded.whole_events;
    // A call that has no id in the vector has one that was made here.
    for (got, expected) in got.iter_mut().zip(events) {
        if expected[0] == "TOOL_CALL" && expected[1]["id"].is_null() {
            let id = got[1]["id"].take();
            assert!(id.as_str().unwrap().starts_with("call_"), "{name}: {id}");
        }
    }
    assert_eq!(got, events, "{name}");
}

fn decode(
    wire: Wire,
    model: &str,
    body: &[u8],
    response: &Value,
    encoded: EncodedRequest,
    is_stream: bool,
) -> Decoded {
    let framing = encoded.framing;
    let wire = Wire { framing, ..wire };
    let start = Start {
        model: model.to_owned(),
        warnings: encoded.warnings,
        ..wire.start()
    };
    if is_stream {
        wire.pieces_from(pieces(body, response), start)
    } else {
        wire.whole_from(body, start)
    }
}

fn headers_of(response: &Value) -> HeaderMap {
    let headers = response["headers"].as_array().into_iter().flatten();
    let headers = headers.map(|header| {
        let text = |at: usize| header[at].as_str().unwrap();
        let name = text(0).parse::<http::HeaderName>().unwrap();
        (name, text(1).parse().unwrap())
    });
    headers.collect()
}

/// The names of APIs are few.
fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// The part of END that a codec decides.
fn receipt(provider: &str, decoded: &Decoded) -> Value {
    let mut receipt = match (&decoded.error, decoded.progress) {
        (Some(error), _) => json!({"outcome": "failed", "error": error}),
        (None, Progress::Finished | Progress::Done) => json!({"outcome": "complete"}),
        // Made where the body's end is seen.
        (None, _) => json!({"outcome": "truncated", "error":
            {"kind": "TRUNCATED", "provider": provider}}),
    };
    receipt["finish_reason"] = decoded.finish[0].clone();
    receipt["finish_reason_raw"] = decoded.finish[1].clone();
    receipt["usage"] = decoded.finish[2].clone();
    receipt["usage"]["raw"] = json!(decoded.usage_raw);
    receipt["unknown_events"] = json!(decoded.unknown_events);
    receipt
}

/// The body in the response's cuts.
fn pieces<'b>(body: &'b [u8], response: &Value) -> impl Iterator<Item = &'b [u8]> {
    let cuts = response["cuts"].as_array().into_iter().flatten();
    let cuts = cuts.map(|cut| usize::try_from(cut.as_u64().unwrap()).unwrap());
    let ends: Vec<usize> = cuts.chain([body.len()]).collect();
    let mut begin = 0;
    ends.into_iter()
        .map(move |end| &body[std::mem::replace(&mut begin, end)..end])
}

/// Every field that is given is there and equal; else the place of one that is not.
fn contains(value: &Value, expected: &Value) -> Result<(), String> {
    let Some(fields) = expected.as_object() else {
        let is_equal = value == expected;
        return is_equal
            .then_some(())
            .ok_or(format!("is {value}, not {expected}"));
    };
    let mut fields = fields.iter();
    fields.try_for_each(|(name, expected)| {
        contains(&value[name], expected).map_err(|place| format!("{name} {place}"))
    })
}
