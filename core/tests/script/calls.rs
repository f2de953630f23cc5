//! Chats that a script answers.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use liter_llm::{AnyRequest, Event, Outcome};
use serde_json::{json, Value};

use super::{call, chat, client, end, events, scripted, texts};

#[tokio::test]
async fn without_a_script_a_chat_gets_its_last_message_back() {
    let client = client(json!({}));
    let request = json!({"model": "script/m", "messages": [
        {"role": "system", "content": "no"},
        {"role": "user", "content": [{"type": "text", "text": "Hello,  big\nworld"}]},
        {"role": "assistant", "content": "no"},
    ]});
    let got = events(&client, request).await;
    assert_eq!(got[0][1]["model"], "m");
    assert_eq!(got[0][1]["provider"], "script");
    assert_eq!(texts(&got), ["Hello,", "  big", "\nworld"]);
    assert_eq!(end(&got)["finish_reason"], "stop");
}

#[tokio::test]
async fn an_answer_has_everything_that_a_response_can_have() {
    let client = scripted(json!([{
        "id": "r1", "model": "other", "request_id": "q1",
        "headers": {"x-ratelimit-remaining-requests": "7"},
        "reasoning": "so it is",
        "text": ["An", "swer"],
        "parts": [{"type": "citation", "url": "u"}],
        "tool_calls": [
            {"name": "weather", "arguments": {"city": "Rome"}},
            {"id": "own", "type": "function", "function": {"name": "time", "arguments": "{}"}},
        ],
        "usage": {"input_tokens": 3, "output_tokens": 5},
    }]));
    let got = call(&client, "x").await;
    let start = &got[0][1];
    assert_eq!(
        json!([
            start["id"],
            start["model"],
            start["request_id"],
            start["rate_limit"]
        ]),
        json!(["r1", "other", "q1", {"requests_remaining": 7}])
    );
    let call = |index: u32, id: &str, name: &str, text: &str| {
        let call = json!({"index": index, "id": id, "name": name});
        let mut call = call.as_object().unwrap().clone();
        call.insert("arguments".to_owned(), json!(text));
        call
    };
    let (first, second) = (
        call(0, "call_1", "weather", r#"{"city":"Rome"}"#),
        call(1, "own", "time", "{}"),
    );
    let expected = json!([
        ["REASONING", "so"], ["REASONING", " it"], ["REASONING", " is"],
        ["TEXT", "An"], ["TEXT", "swer"],
        ["PART", {"type": "citation", "url": "u"}],
        ["TOOL_DELTA", first], ["TOOL_DELTA", second],
        ["TOOL_CALL", first], ["TOOL_CALL", second],
    ]);
    assert_eq!(Value::from(&got[1..got.len() - 1]), expected);
    let end = end(&got);
    assert_eq!(
        json!([
            end["finish_reason"],
            end["usage"]["input_tokens"],
            end["usage"]["output_tokens"]
        ]),
        json!(["tool_calls", 3, 5])
    );
    assert_eq!(end["attempts"], 1);
}

#[tokio::test]
async fn a_whole_response_has_its_text_in_one_piece() {
    let client = scripted(json!(["one two three"]));
    let mut request = chat("x");
    request["stream"] = json!(false);
    assert_eq!(texts(&events(&client, request).await), ["one two three"]);
}

#[tokio::test(start_paused = true)]
async fn errors_before_content_are_retried_as_those_of_a_provider() {
    let client = scripted(json!([
        {"error": {"status": 429, "message": "slow", "retry_after_ms": 5}},
        {"error": "NETWORK"},
        "ok",
    ]));
    let got = call(&client, "x").await;
    assert_eq!(texts(&got), ["ok"]);
    let end = end(&got);
    let tried: Vec<_> = end["tried"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["kind"])
        .collect();
    assert_eq!((&end["attempts"], tried.len()), (&json!(3), 3));
    assert_eq!(
        (tried[0], tried[1]),
        (&json!("RATE_LIMITED"), &json!("NETWORK"))
    );
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_a_provider_can_be_played() {
    let kinds = [
        ("INVALID_REQUEST", 400, 1),
        ("AUTHENTICATION", 401, 1),
        ("PERMISSION", 403, 1),
        ("NOT_FOUND", 404, 1),
        ("RATE_LIMITED", 429, 2),
        ("QUOTA_EXCEEDED", 429, 1),
        ("OVERLOADED", 529, 2),
        ("PROVIDER", 500, 2),
        ("TOO_LARGE", 413, 1),
        ("NETWORK", 0, 2),
        ("TLS", 0, 1),
        ("TIMEOUT", 0, 2),
        ("PROTOCOL", 0, 1),
        ("TRUNCATED", 0, 2),
    ];
    for (kind, status, attempts) in kinds {
        let error = json!({"kind": kind, "message": "as written", "code": "c1"});
        let script = json!([{"error": error}, {"error": error}]);
        let client = client(json!({"script": script, "retries_max": 1}));
        let got = call(&client, "x").await;
        let found = &end(&got)["error"];
        assert_eq!(found["kind"], kind, "{found}");
        assert_eq!(found["attempts"], attempts, "{found}");
        assert_eq!(found["status"].as_u64().unwrap_or(0), status, "{found}");
        assert!(
            found["message"].as_str().unwrap().ends_with("as written"),
            "{found}"
        );
        assert!(
            found["message"].as_str().unwrap().starts_with("script: "),
            "{found}"
        );
    }
}

#[tokio::test]
async fn behind_content_an_error_a_cut_and_silence_end_the_response() {
    let client = scripted(json!([
        {"text": "half", "error": {"kind": "OVERLOADED", "message": "m"}},
        {"text": "half", "error": "NETWORK"},
        {"text": "half", "cut": true},
    ]));
    for (kind, outcome) in [
        ("OVERLOADED", "failed"),
        ("TRUNCATED", "truncated"),
        ("TRUNCATED", "truncated"),
    ] {
        let got = call(&client, "x").await;
        assert_eq!(texts(&got), ["half"]);
        let end = end(&got);
        assert_eq!(
            json!([end["error"]["kind"], end["outcome"]]),
            json!([kind, outcome])
        );
        assert_eq!(end["attempts"], 1, "never again behind content");
    }
}

#[tokio::test(start_paused = true)]
async fn delays_and_silence_meet_the_timers() {
    let script = json!([
        {"text": ["a", "b"], "delay_ms": 300, "piece_delay_ms": 200},
        {"hang": true},
        {"text": "a", "hang": true},
        {"error": {"status": 400}, "delay_ms": 5000},
    ]);
    let client = client(json!({
        "script": script, "retries_max": 0, "first_token_timeout_ms": 1000, "idle_timeout_ms": 1000,
    }));
    let began = tokio::time::Instant::now();
    let got = call(&client, "x").await;
    assert_eq!((texts(&got).len(), began.elapsed().as_millis()), (2, 500));
    for timer in ["first_token", "idle"] {
        let got = call(&client, "x").await;
        let error = &end(&got)["error"];
        assert_eq!(
            json!([error["kind"], error["timer"]]),
            json!(["TIMEOUT", timer])
        );
    }
    let began = tokio::time::Instant::now();
    let got = call(&client, "x").await;
    assert_eq!(end(&got)["error"]["kind"], "INVALID_REQUEST");
    assert_eq!(began.elapsed().as_millis(), 5000);
}

#[tokio::test]
async fn a_silent_answer_can_be_cancelled() {
    let client = scripted(json!([{"text": "a", "hang": true}]));
    let request = AnyRequest::from_json(&chat("x").to_string()).unwrap();
    let mut stream = client.start(request);
    let mut got = Vec::new();
    while let Some(event) = stream.next().await {
        let is_text = matches!(event, Event::Text(_));
        got.push(event);
        if is_text {
            break;
        }
    }
    let receipt = stream.abort(liter_llm::ErrorKind::Cancelled);
    assert_eq!((got.len(), receipt.outcome), (2, Outcome::Cancelled));
}

#[tokio::test]
async fn a_script_that_is_used_up_says_so() {
    let client = scripted(json!(["a"]));
    call(&client, "x").await;
    let got = call(&client, "x").await;
    let error = &end(&got)["error"];
    assert_eq!(error["kind"], "CONFIG");
    assert_eq!(
        error["message"],
        "script: all answers are used up (1), and this is request 2; add answers, or \
         \"repeat\": true to one"
    );
    assert_eq!(error["attempts"], 1);
}

#[tokio::test]
async fn answers_are_for_the_requests_that_they_name() {
    let client = scripted(json!([
        {"when": {"contains": "rome"}, "text": "about rome"},
        {"when": {"model": "big"}, "text": "big"},
        {"text": "first"},
        {"text": "rest", "repeat": true},
    ]));
    let mut big = chat("x");
    big["model"] = json!("script/big");
    assert_eq!(texts(&call(&client, "x").await), ["first"]);
    assert_eq!(
        texts(&call(&client, "to rome").await).concat(),
        "about rome"
    );
    assert_eq!(texts(&events(&client, big.clone()).await), ["big"]);
    for _ in 0..3 {
        assert_eq!(texts(&events(&client, big.clone()).await), ["rest"]);
    }
    let client = scripted(json!([{"when": {"model": "big"}, "text": "big"}]));
    let got = call(&client, "hello").await;
    assert_eq!(
        end(&got)["error"]["message"],
        "script: none of the 1 answers left in the script is for this request: chat of model \"m\""
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_may_bring_its_own_script() {
    let client = scripted(json!("of the client"));
    let mut request = chat("x");
    request["script"] = json!([{"error": 503}, "of the call"]);
    for _ in 0..2 {
        let got = events(&client, request.clone()).await;
        assert_eq!(texts(&got).concat(), "of the call");
        assert_eq!(end(&got)["attempts"], 2);
    }
    assert_eq!(texts(&call(&client, "x").await).concat(), "of the client");
    let request = json!({"model": "m", "provider": "nobody", "script": ["x"],
        "messages": [{"role": "user", "content": "x"}]});
    let got = events(&client, request).await;
    assert_eq!(end(&got)["error"]["kind"], "CONFIG", "{got:?}");
}

#[tokio::test]
#[cfg(feature = "openai")]
async fn a_script_for_another_provider_is_a_slip() {
    let client = scripted(json!("x"));
    let request = json!({"model": "openai/m", "api_key": "test-key-1", "script": ["x"],
        "messages": [{"role": "user", "content": "x"}]});
    let got = events(&client, request).await;
    assert_eq!(
        end(&got)["error"]["message"],
        "script: it is for provider script, not for openai; name the provider script, or \
         write the model as script/..."
    );
}

#[tokio::test(start_paused = true)]
async fn fallbacks_lead_from_script_to_script() {
    let client = client(json!({"retries_max": 0, "script": [
        {"when": {"model": "m"}, "error": "OVERLOADED"},
        {"when": {"model": "n"}, "text": "instead"},
    ]}));
    let mut request = chat("x");
    request["fallbacks"] = json!(["script/n"]);
    let got = events(&client, request).await;
    assert_eq!(texts(&got), ["instead"]);
    assert_eq!(got[0][1]["model"], "n");
    let tried = end(&got)["tried"].as_array().unwrap();
    assert_eq!(tried.len(), 2);
}

#[tokio::test]
#[cfg(feature = "openai")]
async fn a_fallback_leads_from_another_provider_to_a_script() {
    // Nothing listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = scripted(json!("instead"));
    let request = json!({"model": "openai/m", "base_url": base_url, "retries_max": 0,
        "fallbacks": [{"model": "script/n", "script": ["of the fallback"]}],
        "messages": [{"role": "user", "content": "x"}]});
    let got = events(&client, request).await;
    assert_eq!(texts(&got).concat(), "of the fallback", "{got:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_take_each_answer_once() {
    let script: Vec<String> = (0..2000).map(|number| format!("answer{number}")).collect();
    let client = scripted(json!(script));
    let began = Instant::now();
    let calls = (0..2000).map(|_| call(&client, "x"));
    let all = futures_util::future::join_all(calls).await;
    let mut found: Vec<_> = all.iter().map(|got| texts(got).concat()).collect();
    found.sort_by_key(|text| text.trim_start_matches("answer").parse::<u32>().unwrap());
    assert_eq!(found, script);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_large_answer_meets_the_limits_of_a_response() {
    let client = client(json!({
        "script": [{"text": ["x".repeat(5000)]}], "event_bytes_max": 1000, "retries_max": 0,
    }));
    let got = call(&client, "x").await;
    assert_eq!(end(&got)["error"]["kind"], "TOO_LARGE");
}
