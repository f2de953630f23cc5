//! What is sent.

use super::*;

const CREATE: Step = Step::Create { file: None };

#[test]
fn a_file_has_one_row_in_each_line_and_the_batch_is_made_of_it() {
    let request = request(json!({"action": "submit", "requests": rows(&["a", "b"]),
        "metadata": {"team": "x"}, "expires_after_s": 3600}));
    let step = codec("openai").submit(&request);
    let (first, headers, body) = encoded("openai", &step, &request).unwrap();
    assert_eq!(first, "POST /files");
    let boundary = headers
        .strip_prefix("content-type: multipart/form-data; boundary=")
        .unwrap();
    let text = String::from_utf8(body).unwrap();
    let parts: Vec<_> = text.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 6, "{text}");
    assert!(
        parts[1].ends_with("name=\"purpose\"\r\n\r\nbatch\r\n"),
        "{text}"
    );
    assert!(
        parts[2].ends_with("name=\"expires_after[anchor]\"\r\n\r\ncreated_at\r\n"),
        "{text}"
    );
    assert!(
        parts[3].ends_with("name=\"expires_after[seconds]\"\r\n\r\n3600\r\n"),
        "{text}"
    );
    let (_, file) = parts[4].split_once("\r\n\r\n").unwrap();
    let lines: Vec<Value> = file
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let row = |id: &str| {
        json!({"custom_id": id, "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": [{"role": "user", "content": format!("say {id}")}]}})
    };
    assert_eq!(lines, [row("a"), row("b")]);

    let created = decoded("openai", &step, r#"{"id":"file-1","object":"file"}"#).unwrap();
    let step = Step::Create {
        file: Some("file-1".to_owned()),
    };
    assert_eq!(created.steps.as_slice(), std::slice::from_ref(&step));
    let (first, _, body) = encoded("openai", &step, &request).unwrap();
    assert_eq!(first, "POST /batches");
    let expected = json!({"input_file_id": "file-1", "endpoint": "/v1/chat/completions",
        "completion_window": "24h", "metadata": {"team": "x", "liter_batch": "mark-1"},
        "output_expires_after": {"anchor": "created_at", "seconds": 3600}});
    assert_eq!(json_of(&body), expected);
}

#[test]
fn the_address_of_the_rows_is_that_of_their_api() {
    let chats = request(json!({"action": "submit", "requests": rows(&["a"])}));
    let embed = json!([{"id": "a", "request": {"operation": "embed", "model": "e", "input": "x"}}]);
    let embed = request(json!({"action": "submit", "requests": embed}));
    for (name, request, endpoint) in [
        ("openai", &chats, "/v1/chat/completions"),
        ("openai/responses", &chats, "/v1/responses"),
        ("openai", &embed, "/v1/embeddings"),
        ("groq", &chats, "/v1/chat/completions"),
    ] {
        let step = Step::Create {
            file: Some("f".to_owned()),
        };
        let (_, _, body) = encoded(name, &step, request).unwrap();
        assert_eq!(json_of(&body)["endpoint"], endpoint, "{name}");
        let (_, _, body) = encoded(name, &Step::Upload, request).unwrap();
        let text = String::from_utf8(body).unwrap();
        assert!(text.contains(&format!("\"url\":\"{endpoint}\"")), "{text}");
    }
}

#[test]
fn azure_has_files_and_batches_beside_its_deployments() {
    let request = request(json!({"action": "submit", "requests": rows(&["a"])}));
    for (base, path) in [
        ("/openai/v1", "/files"),
        ("", "/openai/files?api-version=2024-10-21"),
        (
            "/openai/deployments/d",
            "/../../files?api-version=2024-10-21",
        ),
    ] {
        let (first, _, _) = encoded_at("azure", base, &Step::Upload, &request).unwrap();
        assert_eq!(first, format!("POST {path}"), "{base}");
    }
    let list = Step::List {
        page: Some("b".to_owned()),
    };
    let (first, _, _) = encoded_at("azure", "", &list, &request).unwrap();
    assert_eq!(
        first,
        "GET /openai/batches?api-version=2024-10-21&limit=100&after=b"
    );
}

#[test]
fn rows_stand_in_the_request_of_the_others() {
    let own = request(json!({"action": "submit", "requests": rows(&["a"])}));
    let (first, headers, body) = encoded("anthropic", &CREATE, &own).unwrap();
    assert_eq!(
        (first.as_str(), headers.as_str()),
        (
            "POST /../v1/messages/batches",
            "anthropic-version: 2023-06-01"
        )
    );
    let body = json_of(&body);
    let row = &body["requests"][0];
    assert_eq!(
        (&row["custom_id"], &row["params"]["model"]),
        (&json!("a"), &json!("m"))
    );
    assert!(row["params"]["max_tokens"].as_u64().unwrap() > 0);
    assert_eq!(row["params"].get("stream"), None);

    let (first, _, body) = encoded_at("gemini", "/v1beta", &CREATE, &own).unwrap();
    assert_eq!(first, "POST /models/m:batchGenerateContent");
    let contents = json!([{"role": "user", "parts": [{"text": "say a"}]}]);
    let expected = json!({"batch": {"displayName": "liter-batch-mark-1", "inputConfig":
        {"requests": {"requests": [{"request": {"contents": contents},
                                    "metadata": {"key": "a"}}]}}}});
    assert_eq!(json_of(&body), expected);

    let (first, _, body) = encoded("mistral", &CREATE, &own).unwrap();
    assert_eq!(first, "POST /batch/jobs");
    let body = json_of(&body);
    assert_eq!(body["model"], "m");
    assert_eq!(body["endpoint"], "/v1/chat/completions");
    assert_eq!(body["metadata"], json!({"liter_batch": "mark-1"}));
    assert_eq!(body["requests"][0]["custom_id"], "a");
    assert_eq!(
        body["requests"][0]["body"]["messages"][0]["content"],
        "say a"
    );
}

#[test]
fn many_rows_of_gemini_go_up_as_a_file() {
    let own = request(json!({"action": "submit", "requests": rows(&["a", "b"])}));
    assert_eq!(codec("gemini").submit(&own), CREATE);
    let text = "x".repeat(9_000_000);
    let row = |id: &str| {
        let messages = json!([{"role": "user", "content": text}]);
        json!({"id": id, "request": {"model": "m", "messages": messages}})
    };
    let large = request(json!({"action": "submit", "requests": [row("a"), row("b")]}));
    assert_eq!(codec("gemini").submit(&large), Step::Upload);

    let (first, headers, body) = encoded_at("gemini", "/v1beta", &Step::Upload, &own).unwrap();
    assert_eq!(first, "POST /../upload/v1beta/files");
    assert!(
        headers.contains("x-goog-upload-protocol: multipart"),
        "{headers}"
    );
    let text = String::from_utf8(body).unwrap();
    let parts: Vec<_> = text.split("\r\n").collect();
    let about = json!({"file": {"displayName": "liter-batch-mark-1",
        "mimeType": "application/jsonl"}});
    assert_eq!(json_of(parts[3].as_bytes()), about);
    let lines: Vec<Value> = parts[7]
        .lines()
        .map(|line| json_of(line.as_bytes()))
        .collect();
    let line = |id: &str| {
        let parts = json!([{"text": format!("say {id}")}]);
        json!({"key": id, "request": {"contents": [{"role": "user", "parts": parts}]}})
    };
    assert_eq!(lines, [line("a"), line("b")]);

    let answer = r#"{"file": {"name": "files/f-1", "state": "ACTIVE"}}"#;
    let answer = decoded("gemini", &Step::Upload, answer).unwrap();
    let step = Step::Create {
        file: Some("files/f-1".to_owned()),
    };
    assert_eq!(answer.steps.as_slice(), std::slice::from_ref(&step));
    let (first, _, body) = encoded_at("gemini", "/v1beta", &step, &own).unwrap();
    assert_eq!(first, "POST /models/m:batchGenerateContent");
    let expected = json!({"batch": {"displayName": "liter-batch-mark-1",
        "inputConfig": {"fileName": "files/f-1"}}});
    assert_eq!(json_of(&body), expected);
}

#[test]
fn vectors_of_gemini_have_one_input_in_each_row() {
    let row = |id: &str, input: Value| {
        let request = json!({"operation": "embed", "model": "e", "input": input});
        json!({"id": id, "request": request})
    };
    let own = json!([row("a", json!("x")), row("b", json!(["y"]))]);
    let own = request(json!({"action": "submit", "requests": own}));
    let (first, _, body) = encoded_at("gemini", "/v1beta", &CREATE, &own).unwrap();
    assert_eq!(first, "POST /models/e:asyncBatchEmbedContent");
    let requests = &json_of(&body)["batch"]["inputConfig"]["requests"]["requests"];
    assert_eq!(
        requests[1]["request"]["content"],
        json!({"parts": [{"text": "y"}]})
    );
    let own = json!([row("a", json!("x")), row("b", json!(["y", "z"]))]);
    let own = request(json!({"action": "submit", "requests": own}));
    let error = encoded_at("gemini", "/v1beta", &CREATE, &own).unwrap_err();
    assert_eq!(
        error.message,
        "requests[1].request.input: a row of a batch has one input"
    );
}

#[test]
fn an_empty_batch_of_xai_is_filled_in_pieces() {
    let ids: Vec<_> = (0..501).map(|number| number.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let own = request(json!({"action": "submit", "requests": rows(&ids)}));
    let (first, _, body) = encoded("xai", &CREATE, &own).unwrap();
    assert_eq!(first, "POST /batches");
    assert_eq!(json_of(&body), json!({"name": "liter-batch-mark-1"}));
    let answered = Answered {
        provider: provider("xai"),
        request: &own,
        text: r#"{"batch_id":"b-9","state":{"num_requests":0}}"#,
    };
    let answer = codec("xai").decode(&CREATE, &answered).unwrap();
    let [Step::Add { rows, .. }, last @ Step::Add { .. }, Step::Status { .. }] =
        answer.steps.as_slice()
    else {
        panic!("{answer:?}");
    };
    assert_eq!(
        (rows.clone(), answer.made.as_deref()),
        (0..500, Some("b-9"))
    );
    for (name, kind) in [
        ("xai", "chat_get_completion"),
        ("xai/responses", "responses"),
    ] {
        let (first, _, body) = encoded(name, last, &own).unwrap();
        assert_eq!(first, "POST /batches/b-9/requests");
        let body = json_of(&body);
        let [row] = body["batch_requests"].as_array().unwrap().as_slice() else {
            panic!("{body}");
        };
        assert_eq!(row["batch_request_id"], "500");
        assert_eq!(row["batch_request"][kind]["model"], "m");
    }
}

#[test]
fn a_wrong_row_is_named_before_anything_is_sent() {
    let submit = |requests: Value| parsed(json!({"action": "submit", "requests": requests}));
    let message = |requests: Value| submit(requests).unwrap_err().message;
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
    let row = |id: &str, request: &Value| json!({"id": id, "request": request});
    let fine = row("a", &chat);
    assert_eq!(
        message(json!([])),
        "requests is missing or empty; give at least one row"
    );
    assert_eq!(
        message(json!([fine, fine])),
        "requests[1].id is that of requests[0] too"
    );
    assert_eq!(
        message(json!([fine, {"id": "b"}])),
        "requests[1].request: missing"
    );
    assert_eq!(
        message(json!([fine, {"request": chat}])),
        "requests[1].id: missing"
    );
    assert_eq!(
        message(json!([fine, row("b", &json!({"model": "m"}))])),
        "requests[1].request.messages is missing or empty; give at least one message"
    );
    assert_eq!(
        message(json!([row("a", &json!({"model": "m", "messages": "x"}))])),
        "requests[0].request.messages: expected a list, got text"
    );
    let own = json!({"model": "m", "messages": [], "api_key": "sk-1"});
    let found = message(json!([row("a", &own)]));
    assert!(
        found.starts_with("requests[0].request.api_key is an option"),
        "{found}"
    );
    let embed = json!({"operation": "embed", "model": "m", "input": "x"});
    let found = message(json!([fine, row("b", &embed)]));
    assert!(
        found.starts_with("requests[1].request is for another operation"),
        "{found}"
    );
}

#[test]
fn what_only_the_encoder_finds_is_in_a_row_too() {
    let submit = |requests: Value| parsed(json!({"action": "submit", "requests": requests}));
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
    let row = |id: &str, request: &Value| json!({"id": id, "request": request});
    let fine = row("a", &chat);
    let mut other = chat.clone();
    other["seed"] = json!(3);
    let own = submit(json!([fine, row("b", &other)])).unwrap();
    let error = encoded("anthropic", &CREATE, &own).unwrap_err();
    assert!(
        error
            .message
            .starts_with("requests[1].request.seed cannot be sent"),
        "{error}"
    );
    let own = submit(json!([row("a b", &chat)])).unwrap();
    let error = encoded("anthropic", &CREATE, &own).unwrap_err();
    assert!(
        error
            .message
            .contains("requests[0].id: expected at most 64"),
        "{error}"
    );
    let mut other = chat.clone();
    other["model"] = json!("n");
    let own = submit(json!([fine, row("b", &other)])).unwrap();
    let error = encoded("mistral", &CREATE, &own).unwrap_err();
    assert!(
        error
            .message
            .starts_with("requests[1].request.model is another"),
        "{error}"
    );
}

#[test]
fn what_a_provider_cannot_be_told_is_refused() {
    let own = json!({"action": "submit", "requests": rows(&["a"]), "expires_after_s": 5});
    let own = request(own);
    for name in ["anthropic", "gemini", "mistral", "xai"] {
        let error = encoded(name, &CREATE, &own).unwrap_err();
        assert!(
            error.message.contains("expires_after_s cannot be sent"),
            "{error}"
        );
    }
}

/// Whoever finds them finds all of them at once.
#[test]
fn all_rows_that_cannot_be_sent_are_named() {
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
    let with = |name: &str, value: Value| {
        let mut request = chat.clone();
        request[name] = value;
        request
    };
    let submit = |requests: [&Value; 4]| {
        let rows = requests.iter().enumerate();
        let rows = rows.map(|(index, it)| json!({"id": index.to_string(), "request": it}));
        parsed(json!({"action": "submit", "requests": Value::from_iter(rows)}))
    };
    let refused = |error: LlmError| {
        let detail: Value = serde_json::from_str(&error.detail.unwrap()).unwrap();
        detail["refused_rows"].clone()
    };
    let wrong = with("messages", json!("x"));
    let error = submit([&chat, &wrong, &chat, &wrong]).unwrap_err();
    let expected = "messages: expected a list, got text";
    assert_eq!(error.message, format!("requests[1].request.{expected}"));
    assert_eq!(
        refused(error),
        json!([{"message": expected, "rows": [[1, 1], [3, 3]]}])
    );
    let empty = with("messages", json!([]));
    let error = submit([&chat, &empty, &empty, &chat]).unwrap_err();
    let expected = "messages is missing or empty; give at least one message";
    assert_eq!(
        refused(error),
        json!([{"message": expected, "rows": [[1, 2]]}])
    );
    let seeded = with("seed", json!(3));
    let own = submit([&seeded, &chat, &chat, &seeded]).unwrap();
    let error = encoded("anthropic", &CREATE, &own).unwrap_err();
    assert!(
        error
            .message
            .starts_with("requests[0].request.seed cannot be sent"),
        "{error}"
    );
    assert_eq!(refused(error)[0]["rows"], json!([[0, 0], [3, 3]]));
}

#[test]
fn a_name_is_the_one_label_of_some() {
    let submit = |metadata: Value| {
        request(json!({"action": "submit", "requests": rows(&["a"]), "metadata": metadata}))
    };
    for (name, base) in [("gemini", "/v1beta"), ("xai", "/v1")] {
        let own = submit(json!({"liter_batch": "mark-1"}));
        let (_, _, body) = encoded_at(name, base, &CREATE, &own).unwrap();
        let text = String::from_utf8(body).unwrap();
        assert!(text.contains("\"liter-batch-mark-1\""), "{text}");
        for (metadata, label) in [
            (json!({"liter_batch": "mark-1", "team": "x"}), "team"),
            (json!({"liter_batch": 7}), "liter_batch"),
        ] {
            let error = encoded_at(name, base, &CREATE, &submit(metadata)).unwrap_err();
            let expected = format!("{name}: metadata.{label} cannot be sent: its batches have a");
            assert!(error.message.starts_with(&expected), "{error}");
        }
    }
    let own = submit(json!({"liter_batch": "mark-1"}));
    let error = encoded("anthropic", &CREATE, &own).unwrap_err();
    assert!(error.message.contains("metadata cannot be sent"), "{error}");
}

#[test]
fn other_steps_are_small_requests() {
    let own = BatchRequest::default();
    let cancel = Step::Cancel {
        batch: "b-1".to_owned(),
    };
    let list = Step::List { page: None };
    for (name, base, step, expected) in [
        ("openai", "/v1", status(), "GET /batches/b-1"),
        ("openai", "/v1", cancel.clone(), "POST /batches/b-1/cancel"),
        ("openai", "/v1", list.clone(), "GET /batches?limit=100"),
        (
            "anthropic",
            "/v1",
            status(),
            "GET /../v1/messages/batches/b-1",
        ),
        (
            "anthropic",
            "",
            cancel.clone(),
            "POST /v1/messages/batches/b-1/cancel",
        ),
        (
            "anthropic",
            "/v1",
            list.clone(),
            "GET /../v1/messages/batches?limit=1000",
        ),
        ("gemini", "/v1beta", status(), "GET /batches/b-1"),
        (
            "gemini",
            "",
            cancel.clone(),
            "POST /v1beta/batches/b-1:cancel",
        ),
        ("mistral", "/v1", look(), "GET /batch/jobs/b-1?inline=true"),
        (
            "mistral",
            "/v1",
            cancel.clone(),
            "POST /batch/jobs/b-1/cancel",
        ),
        ("xai", "/v1", cancel, "POST /batches/b-1:cancel"),
        ("xai", "/v1", list, "GET /batches?limit=100"),
    ] {
        let (first, _, _) = encoded_at(name, base, &step, &own).unwrap();
        assert_eq!(first, expected, "{name}");
    }
    let results = codec("anthropic").results("b-1".to_owned());
    let (first, headers, _) = encoded("anthropic", &results, &own).unwrap();
    assert_eq!(first, "GET /../v1/messages/batches/b-1/results");
    assert!(headers.contains("accept: */*"), "{headers}");
    // An id of a response that would lead elsewhere.
    let step = Step::Lines {
        file: "../batches".to_owned(),
    };
    assert!(encoded("openai", &step, &own).is_err());
}
