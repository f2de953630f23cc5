//! What we send for the unified form of each recorded request, against the recorded body; and what
//! we send when the recorded response is appended to it.

use super::recordings::{exchanges, wire};
use super::*;
use crate::error::LlmError;
use crate::providers::test_support::recordings::{apply, assert_none, Difference, Exchange};
use crate::providers::{EncodedRequest, Target};
use crate::request::Message;

/// Where our body means something else than the recorded one.
const DIFFERENCES: &[Difference] = &[(
    "azure-json-documented-400-content-filter",
    "/model",
    "\"my-deployment\"",
    "the deployment in the path is our model; Azure ignores the one in the body",
)];

/// Recorded requests that we do not send: exchange, the start of our error, and why.
const REFUSED: &[(&str, &str, &str)] = &list! {
    ("openai-stream-sdk_live_a491adda", "openai: n is more than 1",
        "one stream carries one response"),
    ("mistral-json-documented-422-validation", "messages is missing",
        "the request that its provider refuses is refused before it is sent"),
    ("mistral-json-documented-429-rate-limited", "messages is missing",
        "written from documentation, without messages"),
};

/// Those whose request was kept.
fn requests() -> Vec<Exchange> {
    let mut exchanges = exchanges();
    exchanges.retain(|exchange| exchange.request.is_object());
    exchanges
}

fn refusal(exchange: &Exchange) -> Option<&'static str> {
    let refused = REFUSED.iter().find(|(name, ..)| *name == exchange.name);
    refused.map(|(_, start, _)| *start)
}

#[test]
fn requests_mean_what_was_recorded() {
    let wrong = requests().into_iter().filter_map(|exchange| {
        match (encode(&exchange, Vec::new()), refusal(&exchange)) {
            (Err(error), Some(start)) if error.message.starts_with(start) => None,
            (Ok(encoded), None) => compare(&exchange, &encoded),
            (other, _) => Some(format!("{}: {other:?}", exchange.name)),
        }
    });
    assert_none(wrong);
}

/// The unified form: what we name otherwise, under our names; the rest as it is.
fn unified(exchange: &Exchange) -> Value {
    let mut body = exchange.request.clone();
    let fields = body.as_object_mut().unwrap();
    let mut rename = |theirs: &str, ours: &str| {
        if let Some(value) = fields.shift_remove(theirs) {
            fields.insert(ours.to_owned(), value);
        }
    };
    rename("max_completion_tokens", "max_tokens");
    if wire(exchange).name == "mistral" {
        rename("random_seed", "seed");
    }
    if wire(exchange).name == "mistral" && fields.get("tool_choice") == Some(&json!("any")) {
        fields.insert("tool_choice".to_owned(), json!("required"));
    }
    if fields.get("stream_options") == Some(&json!({"include_usage": true})) {
        fields.shift_remove("stream_options");
    }
    // Azure's dated API has the model in its path.
    if let Some((_, rest)) = exchange.path.split_once("/deployments/") {
        let deployment = rest.split('/').next().unwrap();
        fields.insert("model".to_owned(), json!(deployment));
    }
    // OpenRouter's field of this name is not ours, which names the provider.
    if let Some(provider) = fields.shift_remove("provider") {
        fields.insert("extra_body".to_owned(), json!({"provider": provider}));
    }
    body
}

/// Encodes the unified form, with more messages at its end.
fn encode(exchange: &Exchange, more: Vec<Message>) -> Result<EncodedRequest, LlmError> {
    let mut request = crate::LlmRequest::from_json(&unified(exchange).to_string())?;
    request.messages.extend(more);
    let provider = wire(exchange).provider();
    let base_path = base_path(exchange);
    let base_url = format!("https://{}{base_path}", exchange.host);
    let target = Target {
        own_endpoint: provider.base_url().is_empty() || base_url == provider.base_url(),
        host: &exchange.host,
        base_path,
        stream: request.stream == Some(true),
        ..target()
    };
    provider.request(&request, &target)
}

/// The path of the base URL that leads to the recorded path.
fn base_path(exchange: &Exchange) -> &str {
    let ends = ["/chat/completions", "/openai/deployments", "/chat"];
    let places = ends.iter().filter_map(|end| exchange.path.find(end));
    exchange.path.get(..places.min().unwrap()).unwrap()
}

fn compare(exchange: &Exchange, encoded: &EncodedRequest) -> Option<String> {
    let path = |text: &str| text.split('?').next().unwrap().to_owned();
    let theirs = path(&exchange.path);
    let ours = format!("{}{}", base_path(exchange), path(&encoded.path));
    // Writer has a path of its own, and no row.
    if ours != theirs && theirs != "/v1/chat" {
        return Some(format!("{}: path {ours}", exchange.name));
    }
    let mut want = meaning(&exchange.request, true);
    let got = meaning(&body(encoded), want.get("stream_options").is_some());
    let newer = "max_completion_tokens";
    let is_newer = got.get(newer).is_some();
    rename_limit(&mut want, if is_newer { newer } else { "max_tokens" });
    apply(DIFFERENCES, &exchange.name, &mut want);
    (got != want).then(|| format!("{}\n  got  {got}\n  want {want}", exchange.name))
}

/// Both names of the limit mean the same; we write the one that the server's row has.
fn rename_limit(body: &mut Value, name: &str) {
    let fields = body.as_object_mut().unwrap();
    let old = fields.shift_remove("max_tokens");
    if let Some(limit) = old.or(fields.shift_remove("max_completion_tokens")) {
        fields.insert(name.to_owned(), limit);
    }
}

/// A body without what means nothing: nulls, empty lists of calls, `"stream": false`, the spelling
/// of numbers, one stop that is not a list; and the option for usage, where the recorded client did
/// not set it.
fn meaning(body: &Value, asks_for_usage: bool) -> Value {
    let mut body = simple(body);
    let fields = body.as_object_mut().unwrap();
    if fields.get("stream") == Some(&json!(false)) {
        fields.shift_remove("stream");
    }
    if let Some(Value::String(stop)) = fields.get("stop") {
        fields["stop"] = json!([stop]);
    }
    if !asks_for_usage {
        fields.shift_remove("stream_options");
    }
    body
}

fn simple(value: &Value) -> Value {
    let is_nothing = |name: &str, value: &Value| {
        value.is_null() || (name == "tool_calls" && *value == json!([]))
    };
    match value {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .filter(|(name, value)| !is_nothing(name, value));
            fields
                .map(|(name, value)| (name.clone(), simple(value)))
                .collect()
        }
        Value::Array(list) => list.iter().map(simple).collect(),
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

#[test]
fn a_recorded_reply_goes_back_as_it_came() {
    let mut count = 0;
    for exchange in requests() {
        if exchange.expected["outcome"] != "ok" || refusal(&exchange).is_some() {
            continue;
        }
        count += 1;
        let (decoded, message) = exchange.reply(wire(&exchange));
        let (name, response) = (&exchange.name, &decoded.response);
        let encoded = encode(&exchange, vec![message]).unwrap();
        let body = body(&encoded);
        let sent = body["messages"].as_array().unwrap().last().unwrap();
        check! {
            sent["role"] => "assistant", name;
            encoded.warnings => [], name;
            text_of(&sent["content"]) => (response.text), name;
        }
        let calls = sent["tool_calls"].as_array().cloned().unwrap_or_default();
        assert_eq!(calls.len(), response.tool_calls.len());
        for (sent, call) in calls.iter().zip(&response.tool_calls) {
            let function = json!({"name": call.name, "arguments": call.arguments});
            check! { (&sent["id"], &sent["function"]) => [call.id, function], name; }
        }
        if wire(&exchange).name == "deepseek" && !response.reasoning.is_empty() {
            assert_eq!(sent["reasoning_content"], response.reasoning, "{name}");
        }
    }
    assert!(count > 40 || exchanges().is_empty(), "{count}");
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}
