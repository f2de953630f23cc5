//! Batches over sockets: steps in their order, results as they come, what is said of a submission
//! whose answer is lost.

use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use liter_llm::{AnyRequest, Client, ErrorKind, Event, LlmError, Outcome, Receipt};
use serde_json::{json, Map, Value};

use super::{client, http_request};

/// What was asked, and what the server says to it: bytes as they are, then the end of the
/// connection.
type Script = dyn Fn(&str, &[u8]) -> Vec<u8> + Send + Sync;

/// A server of raw responses; its base URL and the first lines that it got.
fn serve(reply: Box<Script>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, reply) = (Arc::clone(&asked), Arc::new(reply));
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (seen, reply) = (Arc::clone(&seen), Arc::clone(&reply));
            std::thread::spawn(move || {
                let _ = serve_one(connection.unwrap(), &seen, &**reply);
            });
        }
    });
    (format!("http://{address}/v1"), asked)
}

fn serve_one(
    mut writer: std::net::TcpStream,
    seen: &Mutex<Vec<String>>,
    reply: &Script,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(writer.try_clone()?);
    let Some(asked) = http_request::read(&mut reader)? else {
        return Ok(());
    };
    seen.lock().unwrap().push(asked.target.clone());
    writer.write_all(&reply(&asked.target, &asked.body))
}

fn response(status: u16, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-type: {kind}\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn document(body: &Value) -> Vec<u8> {
    response(200, "application/json", &body.to_string())
}

fn request(fields: Value) -> AnyRequest {
    let mut request = json!({"operation": "batch"});
    for (name, value) in fields.as_object().unwrap() {
        request[name] = value.clone();
    }
    AnyRequest::from_json(&request.to_string()).unwrap()
}

fn row(id: &str) -> Value {
    json!({"id": id, "request": {"model": "m", "messages": [{"role": "user", "content": id}]}})
}

/// Everything of one call.
async fn play(client: &Client, fields: Value) -> (Vec<Map<String, Value>>, Receipt, Vec<String>) {
    let mut stream = client.start(request(fields));
    let mut events = Vec::new();
    while stream.next_batch().await.is_some() {
        events.extend(stream.drain());
    }
    let kinds = events
        .iter()
        .map(|event| event.kind().name().to_owned())
        .collect();
    let Some(Event::End(receipt)) = events.pop() else {
        panic!("{events:?}");
    };
    let results = events.into_iter().filter_map(|event| match event {
        Event::Result(result) => Some(result),
        _ => None,
    });
    (results.collect(), *receipt, kinds)
}

fn error(receipt: Receipt) -> LlmError {
    assert_eq!(receipt.outcome, Outcome::Failed);
    receipt.error.unwrap()
}

fn answer(id: &str, text: &str) -> String {
    let body = json!({"id": "c", "object": "chat.completion", "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": text}}]});
    let response = json!({"status_code": 200, "body": body});
    json!({"custom_id": id, "response": response, "error": null}).to_string()
}

#[tokio::test]
async fn a_batch_is_submitted_found_again_and_read() {
    let (url, asked) = serve(Box::new(|first, body| match first {
        "POST /v1/files" => {
            let text = String::from_utf8_lossy(body);
            assert!(text.contains("\"custom_id\":\"b\""), "{text}");
            document(&json!({"id": "file-1"}))
        }
        "POST /v1/batches" => {
            let body: Value = serde_json::from_slice(body).unwrap();
            assert_eq!(body["input_file_id"], "file-1");
            assert_eq!(body["metadata"]["liter_batch"].as_str().unwrap().len(), 32);
            document(&json!({"id": "batch-1", "status": "validating"}))
        }
        "GET /v1/batches/batch-1" => document(&json!({"id": "batch-1", "status": "completed",
            "output_file_id": "out", "error_file_id": "err",
            "request_counts": {"total": 3, "completed": 2, "failed": 1}})),
        "GET /v1/files/out/content" => {
            let lines = format!("{}\n{}\n", answer("b", "two"), answer("a", "one"));
            response(200, "application/octet-stream", &lines)
        }
        "GET /v1/files/err/content" => {
            let text = "no: key-of-the-test is wrong";
            let body = json!({"error": {"message": text, "type": "invalid_request_error"}});
            let row = json!({"custom_id": "c", "response": {"status_code": 400, "body": body}});
            // Without a line break at its end, and one document.
            response(200, "application/json", &row.to_string())
        }
        other => panic!("{other}"),
    }));
    let client = client("openai", &url);
    let rows = json!([row("a"), row("b"), row("c")]);
    let (results, receipt, kinds) =
        play(&client, json!({"action": "submit", "requests": rows})).await;
    assert_eq!(kinds, ["START", "RESULT", "END"]);
    assert_eq!((receipt.outcome, receipt.requests), (Outcome::Complete, 2));
    let handle = results[0]["batch"].as_str().unwrap().to_owned();
    assert!(!handle.contains("key-of-the-test"), "{handle}");
    let expected = json!({"provider": "openai", "id": "batch-1", "kind": "chat", "base_url": url});
    assert_eq!(serde_json::from_str::<Value>(&handle).unwrap(), expected);

    // Another client, which knows the key alone.
    let options = json!({"api_key": "key-of-the-test"}).to_string();
    let options = liter_llm::ClientOptions::from_json(&options).unwrap();
    let other = Client::new(options).unwrap();
    let (results, _, _) = play(&other, json!({"action": "status", "batch": handle})).await;
    assert_eq!(
        (&results[0]["state"], &results[0]["counts"]["failed"]),
        (&json!("ended"), &json!(1))
    );
    assert_eq!(results[0]["batch"], json!(handle));
    let (results, receipt, kinds) =
        play(&other, json!({"action": "results", "batch": handle})).await;
    assert_eq!(kinds, ["START", "RESULT", "RESULT", "RESULT", "END"]);
    assert_eq!((receipt.outcome, receipt.requests), (Outcome::Complete, 3));
    let texts = results
        .iter()
        .map(|row| (&row["id"], row["response"]["text"].clone()));
    let texts: Vec<_> = texts.take(2).collect();
    assert_eq!(texts[0], (&json!("b"), json!("two")));
    assert_eq!(texts[1], (&json!("a"), json!("one")));
    assert_eq!(
        (&results[2]["outcome"], &results[2]["error"]["kind"]),
        (&json!("failed"), &json!("INVALID_REQUEST"))
    );
    assert_eq!(
        results[2]["error"]["message"],
        "openai: 400 no: [REDACTED] is wrong"
    );
    assert_eq!(asked.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn a_wrong_row_sends_nothing() {
    let (url, asked) = serve(Box::new(|first, _| panic!("{first}")));
    let mut wrong = row("b");
    wrong["request"]["messages"] = json!([{"role": "tool", "content": "x"}]);
    let fields = json!({"action": "submit", "requests": [row("a"), wrong]});
    let (_, receipt, kinds) = play(&client("anthropic", &url), fields).await;
    assert_eq!(kinds, ["END"]);
    let error = error(receipt);
    assert_eq!((error.kind, error.attempts), (ErrorKind::InvalidRequest, 0));
    assert!(
        error.message.contains("requests[1].request.messages"),
        "{error}"
    );
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_not_tried_again_and_says_how_to_find_the_batch() {
    for (name, lost) in [
        ("nothing", Vec::new()),
        ("a gateway", response(502, "text/plain", "oh")),
    ] {
        let (url, asked) = serve(Box::new(move |first, _| match first {
            "POST /v1/files" => document(&json!({"id": "file-1"})),
            _ => lost.clone(),
        }));
        let fields = json!({"action": "submit", "requests": [row("a")], "retries_max": 3,
            "metadata": {"liter_batch": "mine"}});
        let (_, receipt, _) = play(&client("openai", &url), fields).await;
        let error = error(receipt);
        assert!(
            error.maybe_executed && !error.retryable,
            "{name}: {error:?}"
        );
        assert!(error.message.contains("liter_batch mine"), "{error}");
        assert_eq!(
            *asked.lock().unwrap(),
            ["POST /v1/files", "POST /v1/batches"],
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_refused_submission_is_none() {
    let (url, _) = serve(Box::new(|first, _| match first {
        "POST /v1/files" => document(&json!({"id": "file-1"})),
        _ => response(
            400,
            "application/json",
            r#"{"error":{"message":"no such endpoint"}}"#,
        ),
    }));
    let fields = json!({"action": "submit", "requests": [row("a")]});
    let (_, receipt, _) = play(&client("openai", &url), fields).await;
    let error = error(receipt);
    assert!(!error.maybe_executed, "{error:?}");
    assert!(!error.message.contains("liter_batch"), "{error}");
}

#[tokio::test]
async fn results_that_are_cut_are_no_success_and_what_came_is_there() {
    let (url, _) = serve(Box::new(|_, _| {
        let row = |id: &str| json!({"custom_id": id, "result": {"type": "expired"}}).to_string();
        let body = format!("{}\n{}\n", row("a"), row("b"));
        let head = "HTTP/1.1 200 x\r\ncontent-type: application/x-jsonl\r\ncontent-length: 9999";
        format!("{head}\r\n\r\n{body}").into_bytes()
    }));
    let handle = json!({"provider": "anthropic", "id": "m-1"}).to_string();
    let fields = json!({"action": "results", "batch": handle});
    let (results, receipt, _) = play(&client("anthropic", &url), fields).await;
    assert_eq!(results.len(), 2);
    assert_eq!(receipt.outcome, Outcome::Truncated);
}

#[tokio::test]
async fn a_row_has_a_bound_and_a_file_has_none() {
    let (url, _) = serve(Box::new(|first, _| {
        let size = if first.contains("small") { 100 } else { 3_000 };
        let text = "x".repeat(size);
        let message = json!({"id": "m", "type": "message", "role": "assistant", "model": "c",
            "content": [{"type": "text", "text": text}], "stop_reason": "end_turn"});
        let result = json!({"type": "succeeded", "message": message});
        let rows = (0..50).map(|id| json!({"custom_id": id.to_string(), "result": result}));
        let lines: Vec<_> = rows.map(|row| row.to_string()).collect();
        response(200, "application/x-jsonl", &lines.join("\n"))
    }));
    let options = json!({"provider": "anthropic", "base_url": url, "api_key": "k",
        "event_bytes_max": 1000, "body_bytes_max": 1000, "retries_max": 0});
    let options = liter_llm::ClientOptions::from_json(&options.to_string()).unwrap();
    let client = Client::new(options).unwrap();
    let handle = |id: &str| json!({"provider": "anthropic", "id": id}).to_string();
    let fields = json!({"action": "results", "batch": handle("small")});
    let (results, receipt, _) = play(&client, fields).await;
    assert_eq!((results.len(), receipt.outcome), (50, Outcome::Complete));
    let fields = json!({"action": "results", "batch": handle("large")});
    let (_, receipt, _) = play(&client, fields).await;
    assert_eq!(error(receipt).kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn pages_of_results_and_lists_are_followed() {
    let (url, asked) = serve(Box::new(|first, _| {
        let row = |id: &str| {
            let message = json!({"role": "assistant", "content": "a key-of-the-test is data"});
            let choice = json!({"index": 0, "finish_reason": "stop", "message": message});
            let body = json!({"id": "c", "object": "chat.completion", "choices": [choice]});
            let result = json!({"response": {"chat_get_completion": body}});
            json!({"batch_request_id": id, "batch_result": result})
        };
        match first {
            "GET /v1/batches/x/results?limit=100" => {
                document(&json!({"results": [row("a")], "pagination_token": "p"}))
            }
            "GET /v1/batches/x/results?limit=100&pagination_token=p" => {
                document(&json!({"results": [row("b")], "pagination_token": null}))
            }
            "GET /v1/batches?limit=2" => {
                document(&json!({"batches": [{"batch_id": "1"}], "pagination_token": "q"}))
            }
            "GET /v1/batches?limit=2&pagination_token=q" => document(&json!({
                "batches": [{"batch_id": "2"}, {"batch_id": "3"}], "pagination_token": "r"})),
            _ => document(&json!({"results": [], "batches": [], "pagination_token": "same"})),
        }
    }));
    let client = client("xai", &url);
    let handle = |id: &str| json!({"provider": "xai", "id": id}).to_string();
    let (results, receipt, _) =
        play(&client, json!({"action": "results", "batch": handle("x")})).await;
    assert_eq!(receipt.outcome, Outcome::Complete);
    let ids: Vec<_> = results
        .iter()
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["a", "b"]);
    // What a model wrote is not touched.
    assert_eq!(results[0]["response"]["text"], "a key-of-the-test is data");
    let (results, _, kinds) = play(&client, json!({"action": "list", "limit": 2})).await;
    assert_eq!(kinds, ["START", "RESULT", "END"]);
    let batches = results[0]["batches"].as_array().unwrap();
    let ids: Vec<_> = batches
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["1", "2"]);
    assert!(batches[0]["batch"]
        .as_str()
        .unwrap()
        .contains("\"id\":\"1\""));
    assert_eq!(asked.lock().unwrap().len(), 4);
    let (_, receipt, _) = play(&client, json!({"action": "results", "batch": handle("y")})).await;
    assert!(error(receipt).message.contains("names a page twice"));
}

#[tokio::test]
async fn rows_that_could_not_be_added_are_not_sent_twice_and_the_batch_is_named() {
    let (url, asked) = serve(Box::new(|first, _| match first {
        "POST /v1/batches" => document(&json!({"batch_id": "b-7"})),
        _ => response(500, "application/json", "{}"),
    }));
    let fields = json!({"action": "submit", "requests": [row("a")], "retries_max": 3});
    let (_, receipt, _) = play(&client("xai", &url), fields).await;
    let error = error(receipt);
    assert!(
        error
            .message
            .contains("the batch b-7 was made without all of its rows"),
        "{error}"
    );
    assert!(error.maybe_executed && !error.retryable);
    assert_eq!(
        *asked.lock().unwrap(),
        ["POST /v1/batches", "POST /v1/batches/b-7/requests"]
    );
}

#[tokio::test]
async fn a_batch_with_all_of_its_rows_is_not_to_be_cancelled() {
    let (url, _) = serve(Box::new(|first, _| match first {
        "POST /v1/batches" => document(&json!({"batch_id": "b-7"})),
        "POST /v1/batches/b-7/requests" => response(200, "application/json", "null"),
        _ => response(403, "application/json", "{}"),
    }));
    let fields = json!({"action": "submit", "requests": [row("a")]});
    let (_, receipt, _) = play(&client("xai", &url), fields).await;
    let error = error(receipt);
    assert!(
        error.message.contains("the batch b-7 was submitted"),
        "{error}"
    );
    assert!(error.maybe_executed && !error.retryable);
}

#[tokio::test]
async fn reading_is_tried_again() {
    let (url, asked) = serve(Box::new({
        let count = std::sync::atomic::AtomicUsize::new(0);
        move |_, _| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => response(503, "application/json", "{}"),
            _ => document(&json!({"id": "b", "status": "in_progress"})),
        }
    }));
    let handle = json!({"provider": "openai", "id": "b"}).to_string();
    let fields = json!({"action": "cancel", "batch": handle, "retries_max": 2});
    let (results, receipt, _) = play(&client("openai", &url), fields).await;
    assert_eq!(
        (results[0]["state"].clone(), receipt.attempts),
        (json!("running"), 2)
    );
    assert_eq!(asked.lock().unwrap()[1], "POST /v1/batches/b/cancel");
}

#[tokio::test]
async fn a_handle_of_another_provider_gets_no_key() {
    let (url, asked) = serve(Box::new(|first, _| panic!("{first}")));
    let handle = json!({"provider": "openai", "id": "b", "base_url": url}).to_string();
    for (batch, expected) in [
        (
            handle.as_str(),
            "the handle is of a batch of openai, but provider is anthropic",
        ),
        ("batch_1", "expected the handle that submit returned"),
    ] {
        let fields = json!({"action": "status", "batch": batch});
        let (_, receipt, _) = play(&client("anthropic", &url), fields).await;
        let error = error(receipt);
        assert!(error.message.contains(expected), "{error}");
    }
    assert!(asked.lock().unwrap().is_empty());
}

/// The file runs nothing, so it is sent again where it was refused; the batch is made once.
#[tokio::test]
async fn many_rows_of_gemini_go_up_as_a_file_first() {
    let refused = std::sync::atomic::AtomicBool::new(true);
    let (url, asked) = serve(Box::new(move |first, body| match first {
        "POST /upload/v1beta/files" if refused.swap(false, std::sync::atomic::Ordering::SeqCst) => {
            response(503, "application/json", "{}")
        }
        "POST /upload/v1beta/files" => {
            assert!(body.len() > 16_000_000);
            document(&json!({"file": {"name": "files/f-1"}}))
        }
        "POST /v1beta/models/m:batchGenerateContent" => {
            let body: Value = serde_json::from_slice(body).unwrap();
            let batch = &body["batch"];
            assert_eq!(batch["inputConfig"], json!({"fileName": "files/f-1"}));
            assert_eq!(batch["displayName"], "liter-batch-mine");
            document(&json!({"name": "batches/b-1", "metadata": {"state": "BATCH_STATE_PENDING"}}))
        }
        other => panic!("{other}"),
    }));
    let mut large = row("a");
    large["request"]["messages"][0]["content"] = json!("x".repeat(17_000_000));
    let fields = json!({"action": "submit", "requests": [large, row("b")], "retries_max": 1,
        "metadata": {"liter_batch": "mine"}});
    let url = url.replace("/v1", "/v1beta");
    let (results, receipt, _) = play(&client("gemini", &url), fields).await;
    assert_eq!(receipt.outcome, Outcome::Complete, "{:?}", receipt.error);
    assert_eq!(results[0]["id"], "batches/b-1");
    assert_eq!(asked.lock().unwrap().len(), 3);
}
