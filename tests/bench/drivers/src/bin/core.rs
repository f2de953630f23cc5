//! The Rust API of liter-llm.

use liter_llm::{Client, ClientOptions, Event, EventRef, LlmRequest, Message};
use liter_llm_bench::{run, runtime, Arguments, Stream, API_KEY, MODEL, PROMPT};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let mut options = json!({"provider": "openai", "api_key": API_KEY, "retries_max": 0});
    if let Some(file) = &arguments.ca {
        options["ca_file"] = json!(file);
    }
    let client = Client::new(ClientOptions::from_json(&options.to_string())?)?;
    let stream = !arguments.whole;
    runtime(&arguments)?.block_on(run(
        "core",
        "liter-llm 0.1.0",
        arguments,
        move |base_url, mut counted| {
            let client = client.clone();
            async move {
                let mut request = LlmRequest::new(MODEL, vec![Message::user(PROMPT)]);
                request.call.base_url = Some(base_url);
                request.stream = Some(stream);
                ask(&client, request, &mut counted).await;
                counted
            }
        },
    ));
    Ok(())
}

async fn ask(client: &Client, request: LlmRequest, counted: &mut Stream) {
    let mut stream = client.stream(request);
    while let Some(batch) = stream.next_batch().await {
        for event in batch.iter() {
            match event {
                EventRef::Text(text) => counted.token(text),
                EventRef::Other(Event::End(receipt)) => {
                    if let Some(error) = &receipt.error {
                        counted.error(error);
                    }
                }
                EventRef::Reasoning(_) | EventRef::Other(_) => {}
            }
        }
    }
}
