//! The async-openai crate: a client per base URL over one client of HTTP.

use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
};
use async_openai::Client;
use futures_util::StreamExt as _;
use liter_llm_bench::{run, runtime, Arguments, Stream, API_KEY, MODEL, PROMPT};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let http = reqwest::Client::builder().no_proxy().build()?;
    let whole = arguments.whole;
    let request = CreateChatCompletionRequestArgs::default()
        .model(MODEL)
        .messages([ChatCompletionRequestUserMessage::from(PROMPT).into()])
        .build()?;
    runtime(&arguments)?.block_on(run(
        "async-openai",
        "async-openai 0.43",
        arguments,
        move |base_url, mut counted| {
            let (http, request) = (http.clone(), request.clone());
            async move {
                let config = OpenAIConfig::new()
                    .with_api_base(base_url)
                    .with_api_key(API_KEY);
                let client = Client::build(http, config);
                if let Err(error) = ask(&client, request, whole, &mut counted).await {
                    counted.error(error);
                }
                counted
            }
        },
    ));
    Ok(())
}

async fn ask(
    client: &Client<OpenAIConfig>,
    request: CreateChatCompletionRequest,
    whole: bool,
    counted: &mut Stream,
) -> Result<(), OpenAIError> {
    if whole {
        let reply = client.chat().create(request).await?;
        let text = reply
            .choices
            .first()
            .and_then(|one| one.message.content.as_ref());
        counted.token(text.map_or("", String::as_str));
        return Ok(());
    }
    let mut chunks = client.chat().create_stream(request).await?;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        let text = chunk
            .choices
            .first()
            .and_then(|one| one.delta.content.as_ref());
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            counted.token(text);
        }
    }
    Ok(())
}
