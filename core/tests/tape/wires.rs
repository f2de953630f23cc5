//! Every vector of every wire, recorded from the mock and played again.

use std::path::Path;

use futures_util::{stream, StreamExt};
use serde_json::{json, Value};

use super::support::Mock;
use super::{assert_no_key, client, events, player, recorder, steady, Folder, KEY};

/// A region that is refused, which a replay does not need; and a response whose padding has letters
/// of the vector's own key, so that it is not written.
const LEFT_OUT: [&str; 2] = ["bedrock_bad_region", "bedrock_signed"];

fn vectors() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    files.sort();
    let text = |file: &std::path::PathBuf| std::fs::read_to_string(file).unwrap();
    let vectors = files
        .iter()
        .map(|file| serde_json::from_str(&text(file)).unwrap());
    vectors
        .filter(|vector: &Value| !LEFT_OUT.contains(&vector["name"].as_str().unwrap()))
        .collect()
}

/// The request of a vector to a server, whose answers are cut in pieces of 7 bytes.
fn request(vector: &Value, root: &str, run: &str) -> Value {
    let mut request = vector["request"].clone();
    let base_path = vector["base_path"].as_str().unwrap_or("/v1");
    let name = vector["name"].as_str().unwrap();
    request["base_url"] = json!(format!("{root}/vector~{name}~7~{run}{base_path}"));
    request["provider"] = vector["provider"].clone();
    request
}

async fn play_all(client: &liter_llm::Client, root: &str, run: &str) -> Vec<(String, Vec<Value>)> {
    let vectors = vectors();
    let plays = vectors.iter().map(|vector| async {
        let name = vector["name"].as_str().unwrap().to_owned();
        (name, events(client, &request(vector, root, run)).await)
    });
    stream::iter(plays).buffered(16).collect().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_of_every_vector_plays_the_same_events() {
    let folder = Folder::new("wires");
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mock = Mock::start(&["--vectors", vectors.to_str().unwrap()]);
    let root = mock.ready["http"].as_str().unwrap().to_owned();
    let (first, second) = (folder.file("first.jsonl"), folder.file("second.jsonl"));
    let recording = recorder(&first);
    let recorded = play_all(&recording, &root, "run1").await;
    drop(recording);
    let recording = recorder(&second);
    play_all(&recording, &root, "run2").await;
    drop(recording);
    // A second recording differs in times alone.
    let renamed = std::fs::read_to_string(&second)
        .unwrap()
        .replace("~run2/", "~run1/");
    std::fs::write(&second, renamed).unwrap();
    let (one, other) = (steady(&first), steady(&second));
    for (one, other) in one.iter().zip(&other) {
        // How much is read behind the last mark, or behind an error, depends on the reads.
        let text = |line: &Value| {
            line["response"]["text"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let (texts, mut same) = ((text(one), text(other)), other.clone());
        let is_prefix = texts.0.starts_with(&texts.1) || texts.1.starts_with(&texts.0);
        if texts.0 != texts.1 && is_prefix {
            same["response"]["text"] = one["response"]["text"].clone();
            same["response"]["end"] = one["response"]["end"].clone();
        }
        assert_eq!(one, &same);
    }
    assert_eq!(one.len(), other.len());
    assert!(one.len() > 600, "{}", one.len());
    for file in [&first, &second] {
        assert_no_key(file, &[KEY]);
    }
    // Nothing listens there, and there is no key.
    drop(mock);
    let played = play_all(&player(&first), "http://127.0.0.1:9", "run1").await;
    let mut wrong = Vec::new();
    for ((name, recorded), (_, played)) in recorded.iter().zip(&played) {
        if recorded != played {
            wrong.push(format!(
                "{name}\n recorded {}\n played   {}",
                json!(recorded),
                json!(played)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        played.len(),
        wrong.join("\n")
    );
    assert!(played.len() > 600, "{}", played.len());
}

/// A signature and its time are new in each attempt, and in no file.
#[tokio::test]
async fn a_signed_request_is_played_without_an_account() {
    let folder = Folder::new("signed");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    let message = json!({"role": "assistant", "content": [{"text": "hello"}]});
    let body = json!({"output": {"message": message}, "stopReason": "end_turn"}).to_string();
    mock.plan(
        "k",
        json!([{"status": 200, "headers": [["content-type", "application/json"]],
        "body": body}]),
    );
    let mut request = json!({"model": "bedrock/amazon.nova-lite-v1:0", "stream": false,
        "messages": [{"role": "user", "content": "hi"}], "base_url": mock.base_url("k")});
    let secret = "File-Secret+7f3a9c/e41b88d2zz";
    let signing = client(
        json!({"aws_region": "eu-central-1", "aws_access_key_id": "AKIDTEST",
        "aws_secret_access_key": secret, "aws_session_token": "Session-Token~5d0c77e1",
        "tape": {"file": file, "mode": "record"}}),
    );
    let recorded = events(&signing, &request).await;
    drop(signing);
    assert_no_key(
        &file,
        &[
            secret,
            "AKIDTEST",
            "Session-Token",
            "x-amz-date",
            "Signature",
        ],
    );
    request.as_object_mut().unwrap().remove("base_url");
    // At Bedrock's own address, of which the tape knows nothing.
    let other = events(&player(&file), &request).await;
    assert_eq!(other[0][1]["error"]["kind"], "CONFIG", "{other:?}");
    let key = mock.base_url("k");
    drop(mock);
    request["base_url"] = json!(key);
    assert_eq!(events(&player(&file), &request).await, recorded);
}
