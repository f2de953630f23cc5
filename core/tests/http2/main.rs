//! What HTTP/2 may do to a call, played by a server that is not hyper's: frozen connections,
//! windows that nobody reads, resets, early responses, heads without end, limits on streams. Every
//! test checks what the server saw, so that a scenario that was not played cannot pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod cancelled;
mod frozen;
mod goaway;
mod heads;
mod limits;
mod resets;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod uploads;
mod windows;

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use liter_llm::{Client, Event, LlmError, LlmRequest, LlmResponse, LlmStream, Message, Receipt};
use serde_json::{json, Value};

use server::{trusting, Listener};

/// No test waits longer for anything; what must be quicker has a limit of its own.
const PATIENCE: Duration = Duration::from_secs(20);

fn client(options: Value) -> Client {
    support::client(trusting(options))
}

/// A server that announces room for 100 streams, and a client.
fn pair(options: Value) -> (Listener, Client) {
    (Listener::new(json!({})), client(options))
}

fn request(base_url: &str) -> LlmRequest {
    let mut request = LlmRequest::new("test-model", vec![Message::user("hello")]);
    request.call.base_url = Some(base_url.to_owned());
    request.stream = Some(true);
    request
}

async fn ask(client: &Client, base_url: &str) -> Result<LlmResponse, LlmError> {
    within(PATIENCE, client.complete(request(base_url))).await
}

async fn text(client: &Client, base_url: &str) -> String {
    ask(client, base_url).await.unwrap().text
}

async fn refused(client: &Client, base_url: &str) -> LlmError {
    match ask(client, base_url).await {
        Ok(response) => panic!("served with {:?}", response.text),
        Err(error) => error,
    }
}

async fn within<F: Future>(limit: Duration, future: F) -> F::Output {
    match tokio::time::timeout(limit, future).await {
        Ok(output) => output,
        Err(_) => panic!("nothing came within {limit:?}"),
    }
}

/// Reads until the first text is there.
async fn first_text(stream: &mut LlmStream) -> String {
    within(PATIENCE, async {
        loop {
            match stream.next().await {
                Some(Event::Text(text)) => return text,
                Some(Event::End(receipt)) => panic!("ended before any text: {receipt:?}"),
                Some(_) => {}
                None => panic!("no END event"),
            }
        }
    })
    .await
}

/// Reads to the end.
async fn rest(stream: &mut LlmStream) -> (String, Receipt) {
    within(PATIENCE, async {
        let mut text = String::new();
        loop {
            match stream.next().await {
                Some(Event::Text(more)) => text.push_str(&more),
                Some(Event::End(receipt)) => return (text, *receipt),
                Some(_) => {}
                None => panic!("no END event"),
            }
        }
    })
    .await
}

/// Kind, whether the provider may have run the request, and how many requests were sent.
fn verdict(error: &LlmError) -> (&'static str, bool, u32) {
    (error.kind.name(), error.maybe_executed, error.attempts)
}
