//! The least that a Rust program can do with reqwest: cut server-sent events, parse the delta,
//! count. No retry, no timer, no error kinds, no cancel.

use std::borrow::Cow;

use liter_llm_bench::{run, runtime, Arguments, Stream, API_KEY, MODEL, PROMPT};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, alias = "message")]
    delta: Delta<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Option<Text<'a>>,
}

/// Text that was escaped is copied, all other is not: serde borrows no `Cow` inside an `Option`.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder().no_proxy().tcp_nodelay(true);
    if let Some(file) = &arguments.ca {
        builder = builder.tls_certs_only([reqwest::Certificate::from_pem(&std::fs::read(file)?)?]);
    }
    let client = builder.build()?;
    let stream = !arguments.whole;
    let body = json!({"model": MODEL, "stream": stream,
        "messages": [{"role": "user", "content": PROMPT}]})
    .to_string();
    runtime(&arguments)?.block_on(run(
        "bare",
        "reqwest 0.13",
        arguments,
        move |base_url, mut counted| {
            let (client, body) = (client.clone(), body.clone());
            async move {
                if let Err(error) = ask(&client, &base_url, body, stream, &mut counted).await {
                    counted.error(error);
                }
                counted
            }
        },
    ));
    Ok(())
}

async fn ask(
    client: &reqwest::Client,
    base_url: &str,
    body: String,
    stream: bool,
    counted: &mut Stream,
) -> Result<(), reqwest::Error> {
    let request = client
        .post(format!("{base_url}/chat/completions"))
        .bearer_auth(API_KEY)
        .header("content-type", "application/json")
        .body(body);
    let mut response = request.send().await?.error_for_status()?;
    if !stream {
        let body = response.bytes().await?;
        text_of(&body, counted);
        return Ok(());
    }
    let mut buffer: Vec<u8> = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        buffer.extend_from_slice(&chunk);
        let mut start = 0;
        while let Some(length) = memchr::memchr(b'\n', &buffer[start..]) {
            let line = &buffer[start..start + length];
            start += length + 1;
            if let Some(data) = line.strip_prefix(b"data: ") {
                text_of(data, counted);
            }
        }
        buffer.drain(..start);
    }
    Ok(())
}

/// `[DONE]` is no JSON, and has no text.
fn text_of(data: &[u8], counted: &mut Stream) {
    let Ok(chunk) = serde_json::from_slice::<Chunk<'_>>(data) else {
        return;
    };
    let text = chunk
        .choices
        .first()
        .and_then(|choice| choice.delta.content.as_ref());
    if let Some(Text(text)) = text.filter(|Text(text)| !text.is_empty()) {
        counted.token(text);
    }
}
