//! Keys of every origin, sent in every way and repeated by the provider: none is in a tape.

use serde_json::json;

use super::modes::{answer, text};
use super::support::Mock;
use super::{assert_no_key, client, events, player, Folder, KEY};

#[tokio::test]
async fn what_a_provider_repeats_is_redacted() {
    let folder = Folder::new("echo");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    let refused = json!({"status": 401, "headers": [["x-request-id", KEY], ["set-cookie", KEY]],
        "body": json!({"error": {"message": format!("wrong key {KEY}")}}).to_string()});
    mock.plan("k", json!([refused, answer(&format!("your key is {KEY}"))]));
    let header = "Header-Value~5d0c.77e1";
    let options = json!({"api_key": KEY, "retries_max": 0, "report_headers": ["x-own"],
        "headers": {"cookie": header, "x-secret-token": header},
        "tape": {"file": file, "mode": "record"}});
    let llm = client(options);
    let mut request = super::chat(&mock.base_url("k"), &format!("my key is {KEY}"));
    request["user"] = json!(header);
    for _ in 0..2 {
        events(&llm, &request).await;
    }
    drop(llm);
    assert_no_key(&file, &[KEY, header, "session=1"]);
    // It is played to a client that has the key, since the request is the same then.
    let llm = client(
        json!({"api_key": KEY, "retries_max": 0, "headers": {"cookie": header},
        "tape": {"file": file, "mode": "replay"}}),
    );
    events(&llm, &request).await;
    let played = events(&llm, &request).await;
    assert_eq!(text(&played), "your key is [REDACTED]", "{played:?}");
}

#[tokio::test]
async fn keys_of_a_query_are_left_out_of_the_address() {
    let folder = Folder::new("query");
    let file = folder.file("tape.jsonl");
    let mock = Mock::start(&[]);
    mock.plan("k", json!([answer("a")]));
    let secret = "query-Key_7f3a9c.e41b88d2zz";
    let base_url = format!("{}?key={secret}&api-version=7", mock.base_url("k"));
    let llm = client(json!({"api_key": KEY, "tape": {"file": file, "mode": "record"}}));
    let recorded = events(&llm, &super::chat(&base_url, "x")).await;
    assert_eq!(text(&recorded), "a", "{recorded:?}");
    drop(llm);
    assert_no_key(&file, &[KEY, secret]);
    let base_url = base_url.replace(secret, "another-key-0123456");
    let played = events(&player(&file), &super::chat(&base_url, "x")).await;
    assert_eq!(text(&played), "a");
}
