//! What we send for the unified form of each recorded request, against the recorded body; and what
//! we send when the recorded answer is appended to it.

use super::recorded::{exchanges, read, Exchange};
use super::*;
use crate::message::Message;
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;

/// Where our body means something else than the recorded one: exchange, place, what we send there
/// (nothing: "-"), and why.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[(
    "azure-json-documented-400-content-filter",
    "/model",
    "\"my-deployment\"",
    "the deployment in the path is our model; Azure ignores the one in the body",
)];

/// Recorded requests that we do not send: exchange, the start of our error, and why.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "openai-stream-sdk_live_a491adda",
        "openai: n is more than 1",
        "one stream carries one answer",
    ),
    (
        "mistral-json-documented-422-validation",
        "messages is missing",
        "the request that its provider refuses is refused before it is sent",
    ),
    (
        "mistral-json-documented-429-rate-limited",
        "messages is missing",
        "written from documentation, without messages",
    ),
];

#[test]
fn requests_mean_what_was_recorded() {
    let mut wrong = Vec::new();
    for exchange in exchanges()
        .iter()
        .filter(|one| one.request["body"].is_object())
    {
        let refused = REFUSED.iter().find(|(name, ..)| *name == exchange.name);
        match (encode(exchange, Vec::new()), refused) {
            (Err(error), Some((_, start, _))) if error.message.starts_with(start) => {}
            (Ok(encoded), None) => wrong.extend(compare(exchange, &encoded)),
            (other, _) => wrong.push(format!("{}: {other:?}", exchange.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The unified form: what we name otherwise, under our names; the rest as it is.
fn unified(exchange: &Exchange) -> Value {
    let mut body = exchange.request["body"].clone();
    let fields = body.as_object_mut().unwrap();
    let limit = fields.shift_remove("max_completion_tokens");
    if let Some(limit) = limit {
        fields.insert("max_tokens".to_owned(), limit);
    }
    if fields.get("stream_options") == Some(&json!({"include_usage": true})) {
        fields.shift_remove("stream_options");
    }
    if exchange.codec.name() == "mistral" {
        if let Some(seed) = fields.shift_remove("random_seed") {
            fields.insert("seed".to_owned(), seed);
        }
        if fields.get("tool_choice") == Some(&json!("any")) {
            fields.insert("tool_choice".to_owned(), json!("required"));
        }
    }
    // Azure's dated API has the model in its path.
    let path = exchange.request["path"].as_str().unwrap();
    if let Some((_, rest)) = path.split_once("/deployments/") {
        let deployment = rest.split('/').next().unwrap();
        fields.insert("model".to_owned(), json!(deployment));
    }
    // OpenRouter's field of this name is not ours, which names whom to ask.
    if let Some(provider) = fields.shift_remove("provider") {
        fields.insert("extra_body".to_owned(), json!({"provider": provider}));
    }
    body
}

/// Encodes the unified form, with more messages at its end.
fn encode(exchange: &Exchange, more: Vec<Message>) -> Result<EncodedRequest, LlmError> {
    let mut request = LlmRequest::from_json(&unified(exchange).to_string())?;
    request.messages.extend(more);
    let host = exchange.request["host"].as_str().unwrap();
    let base_path = base_path(exchange);
    let base_url = format!("https://{host}{base_path}");
    let own = exchange.codec.base_url();
    exchange.codec.request(
        &request,
        &Target {
            key: None,
            authorization: None,
            own_endpoint: own.is_empty() || base_url == own,
            host,
            query: "",
            base_path,
            stream: request.stream == Some(true),
            lenient: false,
        },
    )
}

/// The path of the base URL that leads to the recorded path.
fn base_path(exchange: &Exchange) -> &str {
    let path = exchange.request["path"].as_str().unwrap();
    let ends = ["/chat/completions", "/openai/deployments", "/chat"];
    let place = ends.iter().rev().filter_map(|end| path.find(end)).min();
    path.get(..place.unwrap()).unwrap()
}

fn compare(exchange: &Exchange, encoded: &EncodedRequest) -> Option<String> {
    let theirs = exchange.request["path"].as_str().unwrap();
    let path = |text: &str| text.split('?').next().unwrap().to_owned();
    let ours = format!("{}{}", base_path(exchange), path(&encoded.path));
    // Writer has a path of its own, and no row.
    if ours != path(theirs) && theirs != "/v1/chat" {
        return Some(format!("{}: path {ours}", exchange.name));
    }
    let mut want = meaning(&exchange.request["body"], true);
    let mut got: Value = serde_json::from_slice(&encoded.body).unwrap();
    got = meaning(&got, want.get("stream_options").is_some());
    let newer = "max_completion_tokens";
    let is_newer = got.get(newer).is_some();
    rename_limit(&mut want, if is_newer { newer } else { "max_tokens" });
    for (_, place, ours, _) in DIFFERENCES.iter().filter(|(id, ..)| *id == exchange.name) {
        let (parent, name) = place.rsplit_once('/').unwrap();
        let parent = want.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match *ours {
            "-" => parent.shift_remove(name),
            text => parent.insert(name.to_owned(), serde_json::from_str(text).unwrap()),
        };
    }
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
/// of numbers, one stop that is no list; and, where the recorded client did not ask for usage, our
/// asking.
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
    match value {
        Value::Object(fields) => {
            let is_nothing = |name: &str, value: &Value| {
                value.is_null() || (name == "tool_calls" && *value == json!([]))
            };
            let kept = fields
                .iter()
                .filter(|(name, value)| !is_nothing(name, value));
            kept.map(|(name, value)| (name.clone(), simple(value)))
                .collect()
        }
        Value::Array(list) => list.iter().map(simple).collect(),
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

#[test]
fn a_recorded_reply_goes_back_as_it_was_said() {
    let mut count = 0;
    for exchange in exchanges()
        .iter()
        .filter(|one| one.request["body"].is_object())
    {
        let is_refused = REFUSED.iter().any(|(name, ..)| *name == exchange.name);
        if exchange.expected["outcome"] != "ok" || is_refused {
            continue;
        }
        count += 1;
        let whole = read(exchange, exchange.body.len()).whole;
        let message = whole.message();
        let json = serde_json::to_value(&message).unwrap();
        assert_eq!(serde_json::from_value::<Message>(json).unwrap(), message);

        let encoded = encode(exchange, vec![message]).unwrap();
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        let sent = body["messages"].as_array().unwrap().last().unwrap();
        let name = &exchange.name;
        assert_eq!(
            (&sent["role"], encoded.warnings.len()),
            (&json!("assistant"), 0),
            "{name}"
        );
        assert_eq!(text_of(&sent["content"]), whole.text, "{name}");
        let calls = sent["tool_calls"].as_array().cloned().unwrap_or_default();
        let pairs = calls.iter().zip(&whole.tool_calls);
        assert_eq!(calls.len(), whole.tool_calls.len());
        for (sent, said) in pairs {
            let function = json!({"name": said.name, "arguments": said.arguments});
            assert_eq!(
                (&sent["id"], &sent["function"]),
                (&json!(said.id), &function),
                "{name}"
            );
        }
        if exchange.codec.name() == "deepseek" && !whole.reasoning.is_empty() {
            assert_eq!(sent["reasoning_content"], whole.reasoning, "{name}");
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
