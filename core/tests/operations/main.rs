//! The operations beside chat over sockets: order, splitting, bounds, what is left of a call of
//! which a part fails, pages, and results.
#![cfg(all(
    feature = "anthropic",
    feature = "cohere",
    feature = "gemini",
    feature = "openai"
))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod batch;
mod embed;
#[path = "../support/http_request.rs"]
mod http_request;
mod results;
mod server;

use liter_llm::{AnyRequest, Client, ClientOptions, EmbedRequest};
use serde_json::{json, Value};

/// A client of this provider at the base URL of a server.
fn client(provider: &str, base_url: &str) -> Client {
    let options = json!({"provider": provider, "base_url": base_url, "api_key": "key-of-the-test"});
    Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap()
}

fn embed_request(fields: Value) -> EmbedRequest {
    let mut request = json!({"operation": "embed", "model": "m"});
    for (name, value) in fields.as_object().unwrap() {
        request[name] = value.clone();
    }
    match AnyRequest::from_json(&request.to_string()).unwrap() {
        AnyRequest::Embed(request) => request,
        other => panic!("{other:?}"),
    }
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("t{number}")).collect()
}

/// The numbers of the texts `t0`, `t1` and so on of an OpenAI request.
fn numbers(body: &Value) -> Vec<u64> {
    let input = body["input"].as_array().unwrap();
    let number = |text: &Value| text.as_str().unwrap().replace('t', "").parse().unwrap();
    input.iter().map(number).collect()
}

/// A response of OpenAI: the vector of text n is [n, 1, 0].
fn vectors(numbers: &[u64]) -> Value {
    let data = numbers.iter().enumerate().map(|(index, number)| {
        json!({"object": "embedding", "index": index, "embedding": [number, 1, 0]})
    });
    let tokens = numbers.len();
    json!({"object": "list", "data": data.collect::<Vec<_>>(), "model": "m-1",
           "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})
}
