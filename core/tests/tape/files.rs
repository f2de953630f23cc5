//! The file: its order, its version, who may write it, and what a crash leaves.

use futures_util::StreamExt;
use liter_llm::AnyRequest;
use serde_json::{json, Value};

use super::modes::{answer, error, text};
use super::support::Mock;
use super::{chat, client, events, player, recorder, steady, Folder, KEY};

fn lines(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_is_that_of_the_requests_whatever_ends_first() {
    let folder = Folder::new("order");
    let mock = Mock::start(&[]);
    let mut files = Vec::new();
    for run in ["a", "b"] {
        let file = folder.file(run);
        let recording = recorder(&file);
        let mut numbers: Vec<_> = (0..40).collect();
        if run == "b" {
            numbers.reverse();
        }
        let calls = numbers.iter().map(|number| {
            let key = format!("k{number}");
            mock.plan(&key, json!([answer(&key)]));
            let request = chat(&mock.base_url(&key), "x");
            let recording = &recording;
            async move { events(recording, &request).await }
        });
        let calls: Vec<_> = calls.collect();
        futures_util::future::join_all(calls).await;
        drop(recording);
        files.push(steady(&file));
    }
    assert_eq!(files[0], files[1]);
    assert_eq!(files[0].len(), 40);
}

#[tokio::test]
async fn a_second_program_cannot_record_the_same_file() {
    let folder = Folder::new("lock");
    let file = folder.file("tape.jsonl");
    let holder = std::fs::File::create(&file).unwrap();
    holder.lock().unwrap();
    let llm = recorder(&file);
    let (kind, message) = error(&events(&llm, &chat("http://127.0.0.1:9/v1", "x")).await);
    assert_eq!(kind, "CONFIG");
    assert_eq!(
        message,
        format!(
            "openai: tape: {file} is being recorded by another client; give each its own file, or \
             use mode \"replay\""
        )
    );
}

#[tokio::test]
async fn clients_of_one_program_share_a_recording() {
    let folder = Folder::new("shared");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    mock.plan("k", json!([answer("one"), answer("two")]));
    let base_url = mock.base_url("k");
    let (one, other) = (recorder(&file), recorder(&file));
    assert_eq!(text(&events(&one, &chat(&base_url, "1")).await), "one");
    assert_eq!(text(&events(&other, &chat(&base_url, "2")).await), "two");
    let auto = client(json!({"api_key": KEY, "tape": file}));
    let (kind, _) = error(&events(&auto, &chat(&base_url, "3")).await);
    assert_eq!(kind, "CONFIG", "it would be two things at once");
    drop((one, other));
    assert_eq!(lines(&file).len(), 2);
}

/// Records one request, of a client of its own.
async fn record(file: &str, base_url: &str, words: &str) {
    let recording = recorder(file);
    events(&recording, &chat(base_url, words)).await;
}

#[tokio::test]
async fn a_recording_replaces_the_file_once_it_has_something() {
    let folder = Folder::new("replace");
    let (file, other) = (folder.file("tape.jsonl"), folder.file("other.jsonl"));
    let mock = Mock::start(&[]);
    mock.plan("k", json!([answer("one"), answer("two")]));
    let base_url = mock.base_url("k");
    record(&other, &base_url, "1").await;
    // As another process left it.
    std::fs::copy(&other, &file).unwrap();
    let before = lines(&file);
    drop(recorder(&file));
    assert_eq!(lines(&file), before);
    record(&file, &base_url, "2").await;
    let after = lines(&file);
    assert_eq!((after.len(), after[0] != before[0]), (1, true));
}

#[tokio::test]
async fn a_recording_has_the_requests_of_all_clients_of_its_process() {
    let folder = Folder::new("clients");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    mock.plan("k", json!(["one", "two", "three", "four"].map(answer)));
    let base_url = mock.base_url("k");
    for words in ["1", "2", "3", "1"] {
        record(&file, &base_url, words).await;
    }
    // What is recorded again replaces what was.
    assert_eq!(lines(&file).len(), 3);
    let mut played = Vec::new();
    for words in ["1", "2", "3"] {
        played.push(text(&events(&player(&file), &chat(&base_url, words)).await));
    }
    assert_eq!(played, ["four", "two", "three"]);
    mock.plan("k", json!([answer("five"), answer("six")]));
    // One client that makes a request twice has both.
    let recording = recorder(&file);
    for _ in 0..2 {
        events(&recording, &chat(&base_url, "2")).await;
    }
    drop(recording);
    let playing = player(&file);
    let mut played = Vec::new();
    for _ in 0..2 {
        played.push(text(&events(&playing, &chat(&base_url, "2")).await));
    }
    assert_eq!(
        (played, lines(&file).len()),
        (vec!["five".into(), "six".into()], 4)
    );
}

#[tokio::test]
async fn a_torn_line_is_passed_over_and_a_broken_one_is_named() {
    let folder = Folder::new("torn");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    mock.plan("k", json!([answer("one"), answer("two")]));
    let base_url = mock.base_url("k");
    let recording = recorder(&file);
    events(&recording, &chat(&base_url, "1")).await;
    drop(recording);
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{whole}{{\"tape\":1,\"requ")).unwrap();
    assert_eq!(
        text(&events(&player(&file), &chat(&base_url, "1")).await),
        "one"
    );
    // What is recorded behind it begins a line of its own.
    let auto = client(json!({"api_key": KEY, "tape": file}));
    events(&auto, &chat(&base_url, "2")).await;
    drop(auto);
    assert_eq!(
        text(&events(&player(&file), &chat(&base_url, "2")).await),
        "two"
    );
    let wrong = [
        ("{}", "it is not a line of a tape"),
        ("hello", "it is not a line of a tape"),
        (r#"{"tape":1}"#, "it has no request that can be used"),
        (
            r#"{"tape":2,"new":"form"}"#,
            "it has version 2, and this library reads up to 1; use a newer one",
        ),
        (
            r#"{"tape":1,"request":{"provider":"p","method":"GET","url":"u"}}"#,
            "it has no response that can be played",
        ),
    ];
    for (line, why) in wrong {
        std::fs::write(&file, format!("{whole}{line}\n")).unwrap();
        let (kind, message) = error(&events(&player(&file), &chat(&base_url, "1")).await);
        assert_eq!(kind, "CONFIG");
        assert_eq!(message, format!("openai: tape: {file}, line 2: {why}"));
    }
}

#[tokio::test]
async fn a_line_of_this_version_can_be_read_for_ever() {
    let folder = Folder::new("version");
    let file = folder.file("tape.jsonl");
    // Written by hand, as the first version wrote it, with fields that a later one may add.
    let line = json!({"tape": 1, "later": true,
        "request": {"provider": "openai", "method": "POST", "later": {},
            "url": "https://api.openai.com/v1/chat/completions",
            "json": {"messages": [{"content": "x", "role": "user"}], "model": "m",
                "stream": true, "stream_options": {"include_usage": true}}},
        "response": {"status": 200, "headers": {"content-type": "text/event-stream"},
            "text": "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n\
                     data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
            "end": "complete", "later": 1}});
    std::fs::write(&file, format!("{line}\n\n")).unwrap();
    // At the provider's own address, without a key.
    let request = json!({"model": "openai/m", "messages": [{"role": "user", "content": "x"}]});
    assert_eq!(text(&events(&player(&file), &request).await), "a");
}

#[tokio::test]
async fn a_file_that_is_missing_or_too_large_is_named() {
    let folder = Folder::new("missing");
    let file = folder.file("tape.jsonl");
    let request = chat("http://127.0.0.1:9/v1", "x");
    let (kind, message) = error(&events(&player(&file), &request).await);
    assert_eq!(kind, "CONFIG");
    assert_eq!(
        message,
        format!(
            "openai: tape: {file} does not exist; record it first, with mode \"record\" or \"auto\""
        )
    );
    let (kind, message) = error(&events(&recorder(&format!("{file}/x")), &request).await);
    assert_eq!(kind, "CONFIG");
    assert!(
        message.starts_with(&format!("openai: tape: cannot write {file}/x: ")),
        "{message}"
    );
    std::fs::write(&file, "x".repeat(100)).unwrap();
    let small = json!({"tape": {"file": file, "mode": "replay", "file_bytes_max": 99}});
    let (kind, message) = error(&events(&client(small), &request).await);
    assert_eq!(kind, "TOO_LARGE");
    let expected = format!("openai: tape: {file} is larger than file_bytes_max (99)");
    assert_eq!(message, expected);
}

#[tokio::test]
async fn a_recording_ends_at_its_limit_with_an_error() {
    let folder = Folder::new("limit");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    mock.plan(
        "k",
        json!([answer("one"), answer(&"x".repeat(2000)), answer("three")]),
    );
    let base_url = mock.base_url("k");
    let tape = json!({"file": file, "mode": "record", "file_bytes_max": 1500});
    let llm = client(json!({"api_key": KEY, "retries_max": 0, "tape": tape}));
    assert_eq!(text(&events(&llm, &chat(&base_url, "1")).await), "one");
    let large = events(&llm, &chat(&base_url, "2")).await;
    assert_eq!(text(&large).len(), 2000, "the caller has it");
    let (kind, message) = error(&events(&llm, &chat(&base_url, "3")).await);
    assert_eq!(kind, "TOO_LARGE");
    assert_eq!(
        message,
        format!("openai: tape: {file} would be larger than file_bytes_max (1500)")
    );
    drop(llm);
    assert_eq!(lines(&file).len(), 1);
}

#[tokio::test]
async fn a_stream_that_its_caller_leaves_is_recorded_as_far_as_it_came() {
    let folder = Folder::new("left");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    let head = json!({"head": {"status": 200, "chunked": true,
        "headers": [["content-type", "text/event-stream"]]}});
    let event = json!({"sse": {"choices": [{"delta": {"content": "begun"}}]}});
    mock.plan("k", json!([{"raw": [head, event, {"hang": true}]}]));
    let request = chat(&mock.base_url("k"), "x");
    let recording = recorder(&file);
    let parsed = AnyRequest::from_json(&request.to_string()).unwrap();
    let mut stream = recording.start(parsed);
    while let Some(event) = stream.next().await {
        if matches!(event, liter_llm::Event::Text(_)) {
            break;
        }
    }
    drop((stream, recording));
    let played = events(&player(&file), &request).await;
    assert_eq!(text(&played), "begun");
    let end = &played.last().unwrap()[1];
    assert_eq!(end["outcome"], "truncated");
    let message = end["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("where its client stopped reading"),
        "{message}"
    );
    let line: Value = serde_json::from_str(&lines(&file)[0]).unwrap();
    assert_eq!(line["response"]["end"], "left");
}
