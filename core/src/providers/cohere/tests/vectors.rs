//! The vectors of `tests/vectors` at the level of the codec: what is sent, and what comes of the
//! last response, in its own cuts. What attempts add is proved where they are made.

use std::path::Path;

use super::*;
use crate::framing::Framer;
use crate::secret::Secret;

#[test]
fn vectors_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let vector: Value = serde_json::from_str(&text).unwrap();
        // How answers end is decided above the codec; those are played in core/tests/vectors.rs.
        let name = vector["name"].as_str().unwrap();
        let is_end = name.starts_with("cohere_end_") || name.starts_with("cohere_v1_end_");
        if vector["provider"] == "cohere" && !is_end {
            count += 1;
            check(&vector);
        }
    }
    assert!(count >= 36, "{count}");
}

fn check(vector: &Value) {
    let name = vector["name"].as_str().unwrap();
    let (end, events) = vector["expected"]["events"]
        .as_array()
        .unwrap()
        .split_last()
        .unwrap();
    let end = &end[1];
    let request = LlmRequest::from_json(&vector["request"].to_string()).unwrap();
    let key = Secret::new("test-key".to_owned()).unwrap();
    let target = Target {
        key: Some(&key),
        stream: request.stream.unwrap_or(true),
        lenient: request.lenient.unwrap_or(false),
        ..target(vector["base_path"].as_str().unwrap_or("/v1"))
    };
    let encoded = match Cohere.request(&request, &target) {
        Ok(encoded) => encoded,
        Err(error) => return assert_eq!(contains(&json!(error), &end["error"]), Ok(()), "{name}"),
    };
    let headers = encoded
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)));
    let headers: Value = headers.collect();
    let sent = json!({"path": encoded.path, "headers": headers, "body": body(&encoded)});
    for (part, expected) in vector["sent"].as_object().into_iter().flatten() {
        assert_eq!(&sent[part], expected, "{name}");
    }
    let response = vector["responses"].as_array().unwrap().last().unwrap();
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    let bytes = response["body"].as_str().unwrap().as_bytes();
    if status != 200 {
        let error = json!(Cohere.error(status, bytes));
        return assert_eq!(contains(&error, &end["error"]), Ok(()), "{name}");
    }
    let (mut heard, receipt) = read(bytes, response, &encoded, target.stream);
    // A call that wants no id has one that was made here.
    for (heard, wanted) in heard.iter_mut().zip(events) {
        if wanted[0] == "TOOL_CALL" && wanted[1]["id"].is_null() {
            let id = heard[1]["id"].take();
            assert!(id.as_str().unwrap().starts_with("call_"), "{name}: {id}");
        }
    }
    assert_eq!(heard, events, "{name}");
    assert_eq!(contains(&receipt, end), Ok(()), "{name}");
}

/// The events of an answer, and what the codec knows of its END.
fn read(
    body: &[u8],
    response: &Value,
    encoded: &EncodedRequest,
    is_stream: bool,
) -> (Vec<Value>, Value) {
    let start = Start {
        model: "test-model".to_owned(),
        provider: "cohere",
        warnings: encoded.warnings.clone(),
        ..Start::default()
    };
    let mut decoder = Cohere.decoder(start, encoded.framing);
    let mut batch = EventBatch::default();
    let read = if is_stream {
        let mut framer = Framer::new(encoded.framing, 1 << 20);
        let mut each = |frame: Frame<'_>| decoder.frame(frame, &mut batch);
        let fed = pieces(body, response).try_for_each(|piece| framer.feed(piece, &mut each));
        fed.and_then(|()| framer.end(&mut each))
    } else {
        decoder.whole(body, &mut batch)
    };
    let mut receipt = match (read, decoder.progress()) {
        (Err(error), _) => json!({"outcome": "failed", "error": error}),
        (Ok(()), Progress::Done) => json!({"outcome": "complete"}),
        // Made where the body's end is seen.
        (Ok(()), _) => json!({"outcome": "truncated", "error":
            {"kind": "TRUNCATED", "provider": "cohere", "phase": "body"}}),
    };
    if receipt["outcome"] == "complete" {
        decoder.close(&mut batch);
    }
    let finish = decoder.finish();
    receipt["finish_reason"] = json!(finish.reason);
    receipt["finish_reason_raw"] = json!(finish.reason_raw);
    receipt["usage"] = json!(finish.usage);
    receipt["unknown_events"] = json!(finish.unknown_events);
    let heard = batch.drain();
    let heard = heard.iter().map(|event| match event {
        Event::Start(start) => json!(["START", start]),
        other => self::event(other).unwrap(),
    });
    (heard.collect(), receipt)
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
