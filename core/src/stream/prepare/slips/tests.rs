//! What is a slip, and above all what is none.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use serde_json::{json, Value};

use super::*;
use crate::providers;
use crate::request::AnyRequest;
use crate::stream::task::EmbedPiece;

fn found(provider: &str, fields: &Value) -> Vec<String> {
    let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    if fields.get("operation").is_some() {
        request = json!({"model": "m"});
    }
    let fields = fields.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(fields);
    let task = match AnyRequest::from_json(&request.to_string()).unwrap() {
        AnyRequest::Chat(request) => Task::Chat(Box::new(request)),
        AnyRequest::Rerank(request) => Task::Rerank(Box::new(request)),
        AnyRequest::Embed(request) => Task::Embed(EmbedPiece {
            inputs: 0..request.input.len(),
            request: Arc::new(request),
        }),
        other => unreachable!("{other:?}"),
    };
    warnings(&task, providers::by_name(provider).unwrap())
}

/// The one name that was meant.
fn meant(provider: &str, name: &str) -> Option<String> {
    let found = found(provider, &json!({ name: 1 }));
    assert!(found.len() <= 1, "{found:?}");
    let warning = found.first()?;
    let start = format!("\"{name}\" is unknown here and was sent as it is; did you mean \"");
    let rest = warning.strip_prefix(&start).unwrap();
    Some(rest.split('"').next().unwrap().to_owned())
}

#[test]
fn a_slip_of_a_field_or_an_option_is_named() {
    for (name, expected) in [
        ("max_token", "max_tokens"),
        ("maxTokens", "max_tokens"),
        ("maxOutputTokens", "max_tokens"),
        ("mesages", "messages"),
        ("temprature", "temperature"),
        ("response_fromat", "response_format"),
        ("responseFormat", "response_format"),
        ("stop_sequence", "stop"),
        ("stopSequences", "stop"),
        ("topP", "top_p"),
        ("topK", "top_k"),
        ("toolChoice", "tool_choice"),
        ("tool_choise", "tool_choice"),
        ("reasoningEffort", "reasoning_effort"),
        ("parallelToolCalls", "parallel_tool_calls"),
        ("presense_penalty", "presence_penalty"),
        ("max_completion_token", "max_completion_tokens"),
        ("extraBody", "extra_body"),
        ("apiKey", "api_key"),
        ("baseURL", "base_url"),
        ("api_base", "base_url"),
        ("timeout", "total_timeout_ms"),
        ("timeout_s", "total_timeout_ms"),
        ("timeout_ms", "total_timeout_ms"),
        ("idle_timeout", "idle_timeout_ms"),
        ("connect_timeout_seconds", "connect_timeout_ms"),
        ("retry_max", "retries_max"),
        ("max_retries", "retries_max"),
        ("maxRetries", "retries_max"),
        ("num_retries", "retries_max"),
        ("fallback", "fallbacks"),
    ] {
        for provider in ["openai", "groq", "vllm"] {
            let found = meant(provider, name);
            assert_eq!(found.as_deref(), Some(expected), "{provider}: {name}");
        }
    }
}

#[test]
fn a_slip_of_an_option_of_the_client_says_whose_it_is() {
    let found = found("openai", &json!({"logLevel": "debug", "ca_fil": "x"}));
    let said = "is unknown here and was sent as it is; did you mean";
    let expected = [
        format!("\"logLevel\" {said} \"log_level\", which is an option of the client?"),
        format!("\"ca_fil\" {said} \"ca_file\", which is an option of the client?"),
    ];
    assert_eq!(found, expected);
}

/// Every field that a provider knows passes in silence: `tests/known_fields.json`, by the
/// references of the providers.
#[test]
fn no_known_field_of_a_provider_is_a_slip() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/known_fields.json");
    let known: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut tried = 0;
    for (operation, own) in [
        ("chat", json!({})),
        ("embed", json!({"operation": "embed", "input": ["a"]})),
        (
            "rerank",
            json!({"operation": "rerank", "query": "q", "documents": ["a"]}),
        ),
    ] {
        for (provider, names) in known[operation].as_object().unwrap() {
            if providers::by_name(provider).is_err() {
                continue;
            }
            for name in names.as_array().unwrap() {
                let mut fields = own.clone();
                fields[name.as_str().unwrap()] = json!(1);
                assert_eq!(
                    found(provider, &fields),
                    Vec::<String>::new(),
                    "{provider}: {name}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

/// Their own spelling is theirs only.
#[test]
fn a_spelling_of_another_wire_is_a_slip() {
    assert_eq!(meant("openai", "topP").as_deref(), Some("top_p"));
    assert_eq!(meant("litellm", "timeout"), None);
    let embed = |provider| {
        found(
            provider,
            &json!({"operation": "embed", "input": "a", "dimension": 1}),
        )
    };
    assert_eq!((embed("openai").len(), embed("dashscope").len()), (1, 0));
    #[cfg(feature = "gemini")]
    assert_eq!(
        (meant("gemini", "topP"), meant("gemini", "stopSequences")),
        (None, None)
    );
    #[cfg(feature = "gemini")]
    assert_eq!(meant("gemini", "maxTokens").as_deref(), Some("max_tokens"));
}

#[test]
fn what_is_meant_for_the_provider_stands_in_extra_body() {
    let fields = json!({"extra_body": {"max_token": 5}, "provider": {"order": []}, "n": 1,
        "frobnicate": 1, "x_custom": true, "enable_magic": true});
    assert_eq!(found("openai", &fields), Vec::<String>::new());
}

#[test]
fn slips_inside_of_messages_tools_and_formats_are_named() {
    let fields = json!({
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "txt": "a", "text": "b"},
                {"type": "image_url", "imageUrl": {"url": "https://host/a.png"}},
                {"type": "imageUrl", "image_url": {"url": "https://host/a.png"}},
                {"type": "image", "source": {}}, {"type": "input_image", "image_url": "x"}]},
            {"role": "assistant", "content": "", "toolCalls": [], "reasoning": "x"},
            {"role": "assistant", "content": "", "toolCalls": [1], "name": "x"},
            {"role": "tool", "content": "x", "toolCallId": "a"}],
        "tools": [
            {"type": "function", "function": {"name": "f", "discription": "x", "parameter": {}}},
            {"type": "function", "functon": {"name": "f"}},
            {"name": "f", "input_schema": {}}, {"type": "web_search", "functions": []}],
        "response_format": {"type": "json_schema", "jsonSchema": {"name": "x"}}});
    let said = |place: &str, meant: &str| {
        format!("\"{place}\" is unknown here; did you mean \"{meant}\"?")
    };
    let kind = "messages[0].content[2].type \"imageUrl\" is unknown here; \
                did you mean \"image_url\"?";
    let expected = [
        said("messages[0].content[1].imageUrl", "image_url"),
        kind.to_owned(),
        said("messages[2].toolCalls", "tool_calls"),
        said("messages[3].toolCallId", "tool_call_id"),
        said("tools[0].function.discription", "description"),
        said("tools[0].function.parameter", "parameters"),
        said("tools[1].functon", "function"),
        said("response_format.jsonSchema", "json_schema"),
    ];
    assert_eq!(found("openai", &fields), expected);
}

#[test]
fn other_operations_have_fields_of_their_own() {
    let rerank = json!({"operation": "rerank", "query": "q", "documents": ["a"], "topN": 1,
        "return_documents": true, "top_k": 3, "temprature": 1});
    let said = "is unknown here and was sent as it is; did you mean";
    let expected = [format!("\"topN\" {said} \"top_n\"?")];
    assert_eq!(found("jina", &rerank), expected);
}

#[test]
fn a_flood_of_slips_is_bounded() {
    let names = (0..100).map(|at| (format!("max_token{}", "-".repeat(at)), json!(1)));
    let fields = Value::Object(names.filter(|(name, _)| name.len() < 60).collect());
    assert_eq!(found("openai", &fields).len(), SLIPS_MAX);
}
