//! The vectors of `tests/vectors` that one answer decides, at the level of the codec.

use std::path::Path;

use super::*;
use crate::event::FinishReason;
use crate::framing::sse::SseFramer;
use crate::providers::Target;
use crate::request::LlmRequest;
use crate::secret::Secret;

/// Of OpenAI's own vectors, which are about transport too, those that are about messages alone.
const OPENAI: &[&str] = &[
    "openai_document_lenient",
    "openai_document_refused",
    "openai_foreign_parts_left_out",
];

#[test]
fn vectors_hold_for_every_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let vector: Value = serde_json::from_str(&text).unwrap();
        let provider = vector["provider"].as_str().unwrap();
        let is_ours = CODECS.iter().any(|codec| codec.name() == provider);
        let is_here = provider != "openai" || OPENAI.contains(&vector["name"].as_str().unwrap());
        if is_ours && is_here {
            count += 1;
            check(codec(provider), &vector);
        }
    }
    assert!(count >= 15, "{count}");
}

fn check(codec: OpenAi, vector: &Value) {
    let name = &vector["name"];
    let request = LlmRequest::from_json(&vector["request"].to_string()).unwrap();
    let key = Secret::new("test-key".to_owned()).unwrap();
    let base = vector["base_path"].as_str().unwrap_or("/v1");
    let (base_path, query) = base.split_once('?').unwrap_or((base, ""));
    let target = Target {
        key: Some(&key),
        authorization: None,
        own_endpoint: false,
        host: "",
        query,
        base_path: base_path.trim_end_matches('/'),
        stream: request.stream.unwrap_or(true),
        lenient: request.lenient.unwrap_or(false),
    };
    let events = vector["expected"]["events"].as_array().unwrap();
    let end = &events.last().unwrap()[1];
    let encoded = match codec.request(&request, &target) {
        Ok(encoded) => encoded,
        Err(error) => return assert_eq!(end["error"]["message"], error.message, "{name}"),
    };
    let sent = &vector["sent"];
    if sent["body"].is_object() {
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        assert_eq!(body, sent["body"], "{name}");
    }
    if sent["headers"].is_object() {
        let headers = encoded.headers.into_iter();
        let headers: Value = headers
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        assert_eq!(
            (&headers, &json!(encoded.path)),
            (&sent["headers"], &sent["path"]),
            "{name}"
        );
    }
    let response = &vector["responses"][0];
    let body = response["body"].as_str().unwrap();
    if response["status"] != 200 {
        let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
        let error = codec.error(status, body.as_bytes());
        let said = (error.kind.name(), error.provider, error.code.as_deref());
        let want = &end["error"];
        assert_eq!(
            json!(said),
            json!([want["kind"], want["provider"], want["code"]]),
            "{name}"
        );
        return;
    }
    let (heard, finish) = read(codec, body, encoded.warnings);
    assert_eq!(heard.as_slice(), events.split_last().unwrap().1, "{name}");
    let counts = end["usage"].as_object();
    for (count, value) in counts.into_iter().flatten() {
        assert_eq!(&finish[1][count], value, "{name}");
    }
    assert_eq!(finish[0], end["finish_reason"], "{name}");
}

/// The events of an answer and how it ended.
fn read(codec: OpenAi, body: &str, warnings: Vec<String>) -> (Vec<Value>, Value) {
    let start = Start {
        model: "asked".to_owned(),
        provider: codec.name(),
        warnings,
        ..Start::default()
    };
    let mut decoder = codec.decoder(start, Framing::Sse);
    let mut batch = EventBatch::default();
    let mut framer = SseFramer::new(1 << 20);
    let mut each = |frame: Frame<'_>| decoder.frame(frame, &mut batch);
    framer.feed(body.as_bytes(), &mut each).unwrap();
    decoder.close(&mut batch);
    let events = batch.drain();
    let heard = events.iter().map(|event| match event {
        Event::Start(start) => json!(["START", start]),
        other => self::event(other).unwrap(),
    });
    let finish = decoder.finish();
    let reason: Option<FinishReason> = finish.reason;
    (heard.collect(), json!([reason, finish.usage]))
}
