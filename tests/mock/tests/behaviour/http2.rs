//! HTTP/2 by prior knowledge on the plain port, with hyper as the client.

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::Arc;

use hyper::body::{Body, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{json, Value};
use tokio::net::TcpStream;

use crate::program::{chat_path, Mock};

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test)
}

async fn connect(mock: &Mock) -> SendRequest<String> {
    let socket = TcpStream::connect(mock.http()).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket))
            .await
            .unwrap();
    tokio::spawn(connection);
    sender
}

async fn chat(sender: &mut SendRequest<String>, key: &str) -> hyper::Result<Response<Incoming>> {
    let uri = format!("http://mock{}", chat_path(key));
    let request = Request::post(uri)
        .body(r#"{"stream":true}"#.to_owned())
        .unwrap();
    sender.ready().await?;
    sender.send_request(request).await
}

async fn piece(body: &mut Incoming) -> Option<Result<String, hyper::Error>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
    Some(frame.map(|frame| String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()))
}

/// What came, and whether the end was an error.
async fn whole(mut body: Incoming) -> (String, bool) {
    let mut text = String::new();
    while let Some(part) = piece(&mut body).await {
        match part {
            Ok(part) => text.push_str(&part),
            Err(_) => return (text, true),
        }
    }
    (text, false)
}

#[test]
fn streams_share_one_connection() {
    let mock = Mock::start(&[]);
    run(async {
        let mut sender = connect(&mock).await;

        for key in ["k", "tokens~5~10~k"] {
            let response = chat(&mut sender, key).await.unwrap();
            assert_eq!(response.headers()["x-request-id"], "req_1");
            let (text, failed) = whole(response.into_body()).await;
            assert!(text.ends_with("data: [DONE]\n\n") && !failed, "{text}");
        }
    });
    assert_eq!(mock.stats()["connections_total"], 1);
    assert_eq!(
        mock.seen("k")["requests"][0]["body"],
        json!({"stream": true})
    );
}

#[test]
fn reset_is_of_the_stream_and_close_of_the_connection() {
    let mock = Mock::start(&[]);
    let head = json!({"head": {"status": 200, "chunked": true}});
    mock.raw("reset", json!([head, {"chunk": "a"}, {"reset": true}]));
    mock.raw("early", json!([{"reset": true}]));
    mock.raw("close", json!([head, {"chunk": "a"}, {"close": true}]));
    run(async {
        let mut sender = connect(&mock).await;

        let reset = chat(&mut sender, "reset").await.unwrap();
        assert!(whole(reset.into_body()).await.1);
        assert!(chat(&mut sender, "early").await.is_err());
        let close = chat(&mut sender, "close").await.unwrap();
        assert_eq!(whole(close.into_body()).await, ("a".to_owned(), true));
        assert!(chat(&mut sender, "k").await.is_err());
    });
}

#[test]
fn a_cancelled_stream_is_seen_and_the_connection_stays() {
    let mock = Arc::new(Mock::start(&[]));
    mock.raw(
        "k",
        json!([{"head": {"status": 200}}, {"chunk": "a"}, {"hang": true}]),
    );
    mock.raw("silent", json!([{"hang": true}]));
    run(async {
        let mut sender = connect(&mock).await;

        let mut body = chat(&mut sender, "k").await.unwrap().into_body();
        assert_eq!(piece(&mut body).await.unwrap().unwrap(), "a");
        drop(body);
        assert_eq!(wait(&mock, "k", "closed=1").await["connections_closed"], 0);
        let mut other = sender.clone();
        let silent = tokio::spawn(async move { chat(&mut other, "silent").await.is_ok() });
        wait(&mock, "silent", "requests=1").await;
        silent.abort();
        let seen = wait(&mock, "silent", "closed=1").await;
        assert!(seen["requests"][0]["closed_ms"].is_f64());

        let response = chat(&mut sender, "new").await.unwrap();
        assert!(!whole(response.into_body()).await.1);
    });
    assert_eq!(mock.stats()["connections_total"], 1);
}

#[test]
fn the_stream_limit_is_an_option() {
    let mock = Arc::new(Mock::start(&["--h2-max-streams", "2"]));
    mock.raw("k", json!([{"hang": true}]));
    run(async {
        let sender = connect(&mock).await;
        // The limit is known once the settings arrived, which the first response proves.
        whole(
            chat(&mut sender.clone(), "first")
                .await
                .unwrap()
                .into_body(),
        )
        .await;

        for _ in 0..3 {
            let mut sender = sender.clone();
            tokio::spawn(async move { chat(&mut sender, "k").await.is_ok() });
        }

        assert_eq!(wait(&mock, "k", "requests=2").await["held"], true);
        assert_eq!(
            wait(&mock, "k", "requests=3&timeout_ms=200").await["held"],
            false
        );
    });
}

#[test]
fn the_control_api_speaks_it_too() {
    let mock = Mock::start(&[]);
    run(async {
        let mut sender = connect(&mock).await;
        let request = Request::get("http://mock/_/stats")
            .body(String::new())
            .unwrap();

        let response = sender.send_request(request).await.unwrap();

        let (text, _) = whole(response.into_body()).await;
        assert!(text.contains("\"connections_total\":0"), "{text}");
    });
}

/// Waits beside the client, whose connection must go on meanwhile.
async fn wait(mock: &Arc<Mock>, key: &'static str, conditions: &'static str) -> Value {
    let mock = mock.clone();
    tokio::task::spawn_blocking(move || mock.wait(key, conditions))
        .await
        .unwrap()
}
