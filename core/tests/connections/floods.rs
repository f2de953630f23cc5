//! F68 and F69: a socket that always has data, and packed data that grows, hold up no timer, no
//! cancel and no other stream, on one thread.

use std::io::Write;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::prelude::{Engine, BASE64_STANDARD};
use flate2::write::GzEncoder;
use flate2::Compression;
use futures_util::StreamExt;
use liter_llm::{ErrorKind, Event, EventRef};
use serde_json::{json, Value};

use crate::support::Mock;
use crate::{ask, base_url, client, pair, request, stream_head, text, until, within, PATIENCE};

/// No flood holds a test longer.
const LIMIT: Duration = Duration::from_secs(60);

/// Ends the process with the name of a test whose only thread a flood keeps busy: no timer of its
/// own can do that.
struct TimeLimit(#[allow(dead_code)] mpsc::Sender<()>);

impl TimeLimit {
    fn of(test: &'static str) -> Self {
        let (dropped, ended) = mpsc::channel();
        std::thread::spawn(move || {
            if ended.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                let line = format!("{test}: its thread is busy for {LIMIT:?}\n");
                std::io::stderr().write_all(line.as_bytes()).unwrap();
                std::process::exit(1);
            }
        });
        Self(dropped)
    }
}

const ENDLESS: u64 = 1_000_000_000;
/// Where a limit may find it first.
const ANY: [&str; 3] = ["PROTOCOL", "TRUNCATED", "TIMEOUT"];

fn written(mock: &Mock, key: &str) -> u64 {
    mock.seen(key)["bytes_written"].as_u64().unwrap()
}

/// Connections that the client ended. It does not wait: there is only one thread.
fn left(mock: &Mock, key: &str) -> u64 {
    mock.seen(key)["closed_by_peer"].as_u64().unwrap()
}

fn endless(bytes: &str) -> Value {
    json!({"repeat": ENDLESS, "actions": [{ "write": bytes }]})
}

/// Endless bodies without content, with the kinds of error that may end them.
fn floods() -> Vec<(&'static str, Value, Vec<&'static str>)> {
    let head = stream_head(json!([]));
    let zeros = "0".repeat(16 * 1024);
    let comments = ": empty comments\n".repeat(1000);
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let tiny = chunk("\n").repeat(2000);
    let plain = json!({"head": {"status": 200, "headers": [["content-type", "text/plain"]],
        "chunked": true}});
    let tiny_comments = chunk(":\n").repeat(2000);
    let extension = format!("1;{}", "x".repeat(64));
    vec![
        (
            "zeros of a chunk size",
            json!([head, endless(&zeros)]),
            ANY.to_vec(),
        ),
        (
            "comments",
            json!([head, endless(&chunk(&comments))]),
            vec!["TIMEOUT"],
        ),
        (
            "line ends",
            json!([head, endless(&chunk(&"\n".repeat(16_000)))]),
            vec!["TIMEOUT"],
        ),
        (
            "line ends, a chunk each",
            json!([head, endless(&tiny)]),
            vec!["TIMEOUT"],
        ),
        (
            "comments before the kind of body is known, a chunk each",
            json!([plain, endless(&tiny_comments)]),
            vec!["TIMEOUT"],
        ),
        (
            "an extension without end",
            json!([head, {"write": extension}, endless(&"x".repeat(16_000))]),
            ANY.to_vec(),
        ),
        (
            "interim heads",
            json!([endless(
                &"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(400)
            )]),
            ANY.to_vec(),
        ),
    ]
}

/// The total timer holds, with one thread for everything, and the request is not sent again.
#[tokio::test(flavor = "current_thread")]
async fn the_total_timer_holds_under_a_flood() {
    let _limit = TimeLimit::of("the_total_timer_holds_under_a_flood");
    let (mock, client) = pair(json!({"retries_max": 0, "total_timeout_ms": 600}));
    for place in crate::HTTP1_PLACES {
        for (number, (name, flood, kinds)) in floods().into_iter().enumerate() {
            let key = format!("{place}-{number}");
            mock.plan(&key, json!([{ "raw": flood }]));
            let began = Instant::now();
            let error = crate::refused(&client, &base_url(&mock, place, &key)).await;
            let took = began.elapsed();
            assert!(
                kinds.contains(&error.kind.name()),
                "{place}: {name}: {error}"
            );
            assert!(took < Duration::from_secs(3), "{place}: {name}: {took:?}");
            assert!(error.maybe_executed, "{place}: {name}: {error}");
            until(name, || left(&mock, &key) == 1).await;
        }
    }
}

/// A flood and its cancel, and a quick stream beside it, on one thread.
#[tokio::test(flavor = "current_thread")]
async fn cancel_and_other_streams_come_through_a_flood() {
    let _limit = TimeLimit::of("cancel_and_other_streams_come_through_a_flood");
    let (mock, client) = pair(json!({"retries_max": 0}));
    let quiet = Mock::start(&[]);
    let beside = quiet.base_url("beside");
    for place in crate::HTTP1_PLACES {
        for (number, (name, flood, kinds)) in floods().into_iter().enumerate() {
            if kinds.contains(&"PROTOCOL") {
                continue;
            }
            let key = format!("{place}-{number}");
            mock.plan(&key, json!([{ "raw": flood }]));
            let mut stream = client.stream(request(&base_url(&mock, place, &key)));
            let began = Instant::now();
            tokio::select! {
                event = stream.next() => panic!("{name}: {event:?}"),
                () = async {
                    until(name, || written(&mock, &key) > 1 << 20).await;
                    for _ in 0..3 {
                        assert_eq!(text(&client, &beside).await, "Hello world");
                    }
                } => {}
            }
            assert!(began.elapsed() < Duration::from_secs(3), "{place}: {name}");
            let cancelled = Instant::now();
            let _receipt = stream.abort(ErrorKind::Cancelled);
            until("it is closed", || left(&mock, &key) == 1).await;
            assert!(
                cancelled.elapsed() < Duration::from_millis(600),
                "{place}: {name}"
            );
        }
    }
}

/// One HTTP chunk that is a whole gzip member of 4 MiB of line ends.
fn gzip_member() -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b'\n'; 4 << 20]).unwrap();
    let packed = encoder.finish().unwrap();
    let mut chunk = format!("{:x}\r\n", packed.len()).into_bytes();
    chunk.extend_from_slice(&packed);
    chunk.extend_from_slice(b"\r\n");
    BASE64_STANDARD.encode(chunk)
}

/// F69: four endless compressed streams delay no other stream beside them on one thread.
#[tokio::test(flavor = "current_thread")]
async fn decompressing_delays_no_other_stream() {
    let _limit = TimeLimit::of("decompressing_delays_no_other_stream");
    let (mock, client) = (Mock::start(&["--tls"]), client(json!({"retries_max": 0})));
    let quiet = Mock::start(&[]);
    let (lively, beside) = (quiet.base_url("tokens~40~10"), quiet.base_url("beside"));
    let packed = json!({"repeat": ENDLESS, "actions": [{ "write_base64": gzip_member() }]});
    let head = stream_head(json!([["content-encoding", "gzip"]]));
    mock.plan("packed", json!([{"raw": [head, packed]}]));
    let base_url = base_url(&mock, "http", "packed");
    let mut floods: Vec<_> = (0..4)
        .map(|_| {
            let mut stream = client.stream(request(&base_url));
            tokio::spawn(async move { stream.next().await })
        })
        .collect();
    until("the floods flow", || written(&mock, "packed") > 1 << 20).await;
    let mut stream = client.stream(request(&lively));
    let began = Instant::now();
    let mut last = Instant::now();
    let mut longest = Duration::ZERO;
    within(PATIENCE, async {
        loop {
            match stream.next().await {
                Some(Event::Text(_)) => longest = longest.max(last.elapsed()),
                Some(Event::End(receipt)) => {
                    assert!(receipt.error.is_none(), "{receipt:?}");
                    break;
                }
                Some(_) => {}
                None => panic!("no END event"),
            }
            last = Instant::now();
        }
    })
    .await;
    // 20 ms is the promise of a release build; decompressing without a pause delays every token.
    assert!(
        longest < Duration::from_secs(1),
        "{longest:?} without a token"
    );
    let took = began.elapsed();
    assert!(
        took < Duration::from_secs(4),
        "40 tokens, 10 ms apart, in {took:?}"
    );
    assert_eq!(ask(&client, &beside).await.unwrap().text, "Hello world");
    for flood in &floods {
        assert!(!flood.is_finished(), "the floods go on");
    }
    let cancelled = Instant::now();
    floods.iter().for_each(tokio::task::JoinHandle::abort);
    for flood in &mut floods {
        assert!(flood.await.unwrap_err().is_cancelled());
    }
    until("they are closed", || left(&mock, "packed") == 4).await;
    assert!(
        cancelled.elapsed() < Duration::from_millis(600),
        "{:?}",
        cancelled.elapsed()
    );
}

/// One step takes what is ready up to a bound, so that a stream with much of it lets others run.
#[tokio::test(flavor = "current_thread")]
async fn a_step_takes_no_more_than_its_share() {
    const READ_BYTES: usize = 16 * 1024;
    const PIECES: usize = 100;
    let (mock, client) = pair(json!({"retries_max": 0}));
    let piece = "x".repeat(1000);
    let token = |text: &str| {
        let choice = json!({"index": 0, "delta": {"content": text}, "finish_reason": "stop"});
        format!(
            "data: {}\n\n",
            json!({"id": "chatcmpl-1", "choices": [choice]})
        )
    };
    let framed = |bytes: &str| format!("{:x}\r\n{bytes}\r\n", bytes.len());
    let first = framed(&token("first"));
    let rest = framed(&token(&piece).repeat(PIECES)) + "0\r\n\r\n";
    let acts = [
        stream_head(json!([])),
        json!({ "write": first }),
        json!({"await": "go"}),
        json!({ "write": rest }),
        json!({"signal": "ready"}),
    ];
    mock.plan("much", json!([{ "raw": acts }]));
    let mut stream = client.stream(request(&base_url(&mock, "http", "much")));
    while !matches!(stream.next().await, Some(Event::Text(_))) {}
    mock.signal("much", "go");
    mock.wait("much", "signal=ready");
    let mut whole = 0;
    while let Some(batch) = within(PATIENCE, stream.next_batch()).await {
        let text = batch.iter().map(|event| match event {
            EventRef::Text(text) => text.len(),
            EventRef::Reasoning(_) | EventRef::Other(_) => 0,
        });
        let bytes: usize = text.sum();
        // The read that passes the bound is the last one.
        assert!(bytes <= 2 * READ_BYTES, "{bytes} bytes in one step");
        whole += bytes;
    }
    assert_eq!(whole, PIECES * piece.len());
}

/// A response with a finish reason is complete, whatever follows it: silence, or a server that
/// never stops sending.
#[tokio::test(flavor = "current_thread")]
async fn a_timer_behind_a_whole_response_ends_it_well() {
    let _limit = TimeLimit::of("a_timer_behind_a_whole_response_ends_it_well");
    let (mock, client) = pair(json!({"retries_max": 0, "total_timeout_ms": 600}));
    let choice = json!({"index": 0, "delta": {"content": "whole"}, "finish_reason": "stop"});
    let token = format!(
        "data: {}\n\n",
        json!({"id": "chatcmpl-1", "choices": [choice]})
    );
    let framed = |bytes: &str| format!("{:x}\r\n{bytes}\r\n", bytes.len());
    let comments = framed(&": empty comments\n".repeat(1000));
    let behind = [
        ("silence", json!({"hang": true})),
        ("comments", endless(&comments)),
    ];
    for (place, (name, then)) in crate::HTTP1_PLACES.iter().flat_map(|place| {
        let each = behind.iter();
        each.map(move |behind| (place, behind))
    }) {
        let acts = json!([stream_head(json!([])), { "write": framed(&token) }, then]);
        let key = format!("{place}-{name}");
        mock.plan(&key, json!([{ "raw": acts }]));
        let base_url = base_url(&mock, place, &key);
        assert_eq!(text(&client, &base_url).await, "whole", "{key}");
        until(name, || left(&mock, &key) == 1).await;
    }
}
