//! The genai crate: a target of its own per base URL, one client for all.

use futures_util::StreamExt as _;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatRequest, ChatStreamEvent};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ServiceTarget};
use liter_llm_bench::{run, runtime, Arguments, Stream, API_KEY, MODEL, PROMPT};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let http = reqwest::Client::builder().no_proxy().build()?;
    let client = Client::builder().with_reqwest(http).build()?;
    let whole = arguments.whole;
    runtime(&arguments)?.block_on(run(
        "genai",
        "genai 0.7",
        arguments,
        move |base_url, mut counted| {
            let client = client.clone();
            async move {
                if let Err(error) = ask(&client, &base_url, whole, &mut counted).await {
                    counted.error(error);
                }
                counted
            }
        },
    ));
    Ok(())
}

async fn ask(
    client: &Client,
    base_url: &str,
    whole: bool,
    counted: &mut Stream,
) -> Result<(), genai::Error> {
    let target = ServiceTarget {
        endpoint: Endpoint::from_owned(format!("{base_url}/")),
        auth: AuthData::from_single(API_KEY),
        model: ModelIden::new(AdapterKind::OpenAI, MODEL),
    };
    let request = ChatRequest::new(vec![ChatMessage::user(PROMPT)]);
    if whole {
        let reply = client.exec_chat(target, request, None).await?;
        counted.token(reply.first_text().unwrap_or_default());
        return Ok(());
    }
    let mut events = client.exec_chat_stream(target, request, None).await?.stream;
    while let Some(event) = events.next().await {
        if let ChatStreamEvent::Chunk(chunk) = event? {
            if !chunk.content.is_empty() {
                counted.token(&chunk.content);
            }
        }
    }
    Ok(())
}
