//! What is played, what is recorded, and the errors that say why not.

use std::time::Duration;

use serde_json::{json, Value};
use tokio::time::Instant;

use super::support::Mock;
use super::{chat, client, events, player, recorder, Folder, KEY};

pub fn answer(text: &str) -> Value {
    let choice = json!({"index": 0, "message": {"role": "assistant", "content": text},
        "finish_reason": "stop"});
    let body = json!({"id": "r1", "model": "m", "choices": [choice]}).to_string();
    json!({"status": 200, "headers": [["content-type", "application/json"],
        ["x-request-id", "q1"], ["set-cookie", "session=1"]], "body": body})
}

pub fn text(events: &[Value]) -> String {
    let texts = events.iter().filter(|event| event[0] == "TEXT");
    texts.map(|event| event[1].as_str().unwrap()).collect()
}

pub fn error(events: &[Value]) -> (String, String) {
    let error = &events.last().unwrap()[1]["error"];
    let of = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (of("kind"), of("message"))
}

/// A client with a key that does both.
fn both(file: &str) -> liter_llm::Client {
    client(json!({"api_key": KEY, "tape": file}))
}

#[tokio::test]
async fn auto_plays_what_is_there_and_records_what_is_not() {
    let folder = Folder::new("auto");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    mock.plan("k", json!([answer("one"), answer("two")]));
    let base_url = mock.base_url("k");
    let llm = both(&file);
    assert_eq!(text(&events(&llm, &chat(&base_url, "1")).await), "one");
    drop(llm);
    let llm = both(&file);
    assert_eq!(text(&events(&llm, &chat(&base_url, "1")).await), "one");
    assert_eq!(text(&events(&llm, &chat(&base_url, "2")).await), "two");
    drop(llm);
    assert_eq!(mock.seen("k")["requests"].as_array().unwrap().len(), 2);
    drop(mock);
    // Whatever needs no network needs no key.
    let llm = client(json!({"tape": {"file": file}}));
    assert_eq!(text(&events(&llm, &chat(&base_url, "2")).await), "two");
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);
}

#[tokio::test]
async fn auto_without_a_key_says_what_is_missing() {
    let folder = Folder::new("no-key");
    let file = folder.file("tape.jsonl");
    let llm = client(json!({"tape": file}));
    let request = json!({"model": "xai/m", "messages": [{"role": "user", "content": "x"}]});
    let (kind, message) = error(&events(&llm, &request).await);
    assert_eq!(kind, "CONFIG");
    assert_eq!(
        message,
        format!(
            "xai: tape: {file} has no xai POST /v1/chat/completions; it is empty; it cannot be \
                 recorded: no key; set XAI_API_KEY or api_key"
        )
    );
}

#[tokio::test]
async fn attempts_are_recorded_as_they_were_and_played_in_order() {
    let folder = Folder::new("attempts");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    let slow = json!({"status": 429, "headers": [["retry-after-ms", "7"]], "body": "{}"});
    mock.plan("k", json!([slow, answer("after"), answer("again")]));
    let request = chat(&mock.base_url("k"), "x");
    let recording = recorder(&file);
    let recorded = [
        events(&recording, &request).await,
        events(&recording, &request).await,
    ];
    drop((recording, mock));
    let playing = player(&file);
    for recorded in &recorded {
        let played = events(&playing, &request).await;
        assert_eq!(&played, recorded);
    }
    assert_eq!(recorded[0].last().unwrap()[1]["attempts"], 2);
    let (kind, message) = error(&events(&playing, &request).await);
    assert_eq!(kind, "CONFIG");
    assert_eq!(
        message,
        format!("openai: tape: {file} has this request 3 times, and played all of them")
    );
}

#[tokio::test]
async fn a_request_that_is_not_there_is_shown_beside_the_nearest() {
    let folder = Folder::new("nearest");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    mock.plan("k", json!([answer("a"), answer("b")]));
    let base_url = mock.base_url("k");
    let recording = recorder(&file);
    let mut one = chat(&base_url, "a long prompt that nobody else may read");
    one["temperature"] = json!(0.5);
    events(&recording, &one).await;
    events(
        &recording,
        &chat(&base_url, "something else, as long as that"),
    )
    .await;
    drop(recording);
    let mut other = chat(&base_url, "a long prompt that nobody else may read!");
    other["temperature"] = json!(0.75);
    other["user"] = json!("me");
    let playing = player(&file);
    let (kind, message) = error(&events(&playing, &other).await);
    assert_eq!(kind, "CONFIG");
    assert_eq!(
        message,
        format!(
            "openai: tape: {file} does not have this request; the nearest one differs in \
             body.messages[0].content (recorded text of 39 characters, asked text of 40 \
             characters), body.temperature (recorded 0.5, asked 0.75), body.user (not recorded)"
        )
    );
    let embed = json!({"operation": "embed", "model": "openai/e", "input": "a",
        "base_url": base_url});
    let (_, message) = error(&events(&playing, &embed).await);
    let place = "/k/v1/chat/completions";
    assert_eq!(
        message,
        format!(
            "openai: tape: {file} has no openai POST /k/v1/embeddings; it has openai POST {place}"
        )
    );
    assert_eq!(
        mock.seen("k")["requests"].as_array().unwrap().len(),
        2,
        "nothing was sent"
    );
}

#[tokio::test]
async fn failures_of_the_network_and_cuts_are_played_as_they_were() {
    let folder = Folder::new("failures");
    let file = folder.file("tape.jsonl");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let recording = recorder(&file);
    let recorded = events(&recording, &chat(&nowhere, "x")).await;
    drop(recording);
    assert_eq!(error(&recorded).0, "NETWORK");
    // Where others are sent, it says that this one was not.
    let auto = client(json!({"api_key": KEY, "retries_max": 1, "tape": file}));
    let (_, message) = error(&events(&auto, &chat(&nowhere, "x")).await);
    drop(auto);
    let (_, before) = error(&recorded);
    assert_eq!(
        message,
        format!("{before}; so it is on the tape {file}, which plays it")
    );
    let played = events(&player(&file), &chat(&nowhere, "x")).await;
    assert_eq!(played, recorded);
}

#[tokio::test]
async fn the_recorded_pace_is_that_of_the_provider() {
    let folder = Folder::new("pace");
    let file = folder.file("tape.jsonl");
    let request = chat("http://127.0.0.1:9/v1", "x");
    // As if a provider had taken its time.
    let line = json!({"tape": 1,
        "request": {"provider": "openai", "method": "POST",
            "url": "https://host/v1/chat/completions",
            "json": {"model": "m", "stream": true, "stream_options": {"include_usage": true},
                "messages": [{"role": "user", "content": "x"}]}},
        "response": {"status": 200, "headers": {"content-type": "text/event-stream"},
            "text": "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n\
                     data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
            "end": "complete", "ms": 1000, "pieces": [[3000, 47], [8000, 60]]}});
    std::fs::write(&file, format!("{line}\n")).unwrap();
    let full = client(json!({"tape": {"file": file, "mode": "replay"}}));
    let played = events(&full, &request).await;
    assert_eq!(text(&played), "a", "{played:?}");
    tokio::time::pause();
    for (options, expected) in [
        (json!({}), 8000),
        (json!({"headers_timeout_ms": 500, "retries_max": 0}), 500),
        (json!({"idle_timeout_ms": 3000, "retries_max": 0}), 6000),
    ] {
        let mut options = options;
        options["tape"] = json!({"file": file, "mode": "replay", "pace": "recorded"});
        let began = Instant::now();
        events(&client(options), &request).await;
        let took = began.elapsed();
        let late = took.saturating_sub(Duration::from_millis(expected));
        assert!(
            late < Duration::from_millis(50) && took.as_millis() >= u128::from(expected),
            "{took:?}"
        );
    }
}
