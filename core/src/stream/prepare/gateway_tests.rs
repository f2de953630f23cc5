//! What is sent to gateways, by their own documentation: URL and headers. And what holds for every
//! wire behind one: how a key is sent, and what stands in for it.

#![allow(clippy::unwrap_used)]

use serde_json::{json, Value};

use super::*;
use crate::request::{LlmRequest, Message};

fn prepared(request: &Value, options: &Value) -> Result<PreparedRequest, LlmError> {
    let options = ClientOptions::from_json(&options.to_string()).unwrap();
    let mut fields = json!({"messages": [{"role": "user", "content": "hi"}]});
    let object = request.as_object().unwrap().clone();
    fields.as_object_mut().unwrap().extend(object);
    let request = LlmRequest::from_json(&fields.to_string()).unwrap();
    let mut task = Task::Chat(Box::new(request));
    resolve(&options, &Environment::default(), |_| None, &mut task)
}

/// A model and options of a client, and the URL and headers that they lead to; null is none.
fn check(model: &str, options: Value, url: &str, headers: Value) {
    let prepared = prepared(&json!({ "model": model }), &options).unwrap();
    assert_eq!(prepared.http.url.as_str(), url, "{options}");
    for (name, expected) in headers.as_object().unwrap() {
        let value = prepared.http.headers.get(name);
        let value = value.map(|value| value.to_str().unwrap());
        assert_eq!(value, expected.as_str(), "{name} of {options}");
    }
}

#[test]
fn openrouter_takes_its_own_key_and_who_asks() {
    check(
        "anthropic/claude-sonnet-4",
        json!({"provider": "openrouter", "api_key": "sk-or-1", "headers": {
            "HTTP-Referer": "https://app.example", "X-OpenRouter-Title": "App"}}),
        "https://openrouter.ai/api/v1/chat/completions",
        json!({"authorization": "Bearer sk-or-1", "http-referer": "https://app.example",
            "x-openrouter-title": "App"}),
    );
}

#[test]
fn litellm_takes_a_virtual_key_and_passes_other_apis_through() {
    let proxy = "https://proxy.example";
    check(
        "bedrock/us.anthropic.claude",
        json!({"provider": "litellm", "base_url": format!("{proxy}/v1"), "api_key": "sk-virtual",
            "headers": {"x-litellm-tags": "a,b"}}),
        "https://proxy.example/v1/chat/completions",
        json!({"authorization": "Bearer sk-virtual", "x-litellm-tags": "a,b"}),
    );
    check(
        "claude-sonnet-4",
        json!({"provider": "anthropic", "base_url": format!("{proxy}/anthropic"),
            "api_key": "sk-virtual", "auth": "bearer"}),
        "https://proxy.example/anthropic/v1/messages",
        json!({"authorization": "Bearer sk-virtual", "x-api-key": null}),
    );
    check(
        "command-a",
        json!({"provider": "cohere", "base_url": format!("{proxy}/cohere"), "auth": "none",
            "headers": {"x-litellm-api-key": "Bearer sk-virtual"}}),
        "https://proxy.example/cohere/v2/chat",
        json!({"authorization": null, "x-litellm-api-key": "Bearer sk-virtual"}),
    );
    check(
        "qwen3",
        json!({"provider": "ollama", "api": "native", "base_url": format!("{proxy}/ollama/v1"),
            "api_key": "sk-virtual"}),
        "https://proxy.example/ollama/api/chat",
        json!({"authorization": "Bearer sk-virtual"}),
    );
}

#[test]
fn portkey_takes_its_key_beside_the_providers_own() {
    let url = "https://api.portkey.ai/v1/chat/completions";
    check(
        "gpt-4o",
        json!({"provider": "portkey", "api_key": "pk-1", "headers": {
            "x-portkey-provider": "openai", "authorization": "Bearer sk-openai"}}),
        url,
        json!({"x-portkey-api-key": "pk-1", "authorization": "Bearer sk-openai",
            "x-portkey-provider": "openai"}),
    );
    check(
        "@openai-prod/gpt-4o",
        json!({"provider": "portkey", "headers": {
            "x-portkey-api-key": "pk-1", "x-portkey-config": "pc-1"}}),
        url,
        json!({"x-portkey-api-key": "pk-1", "authorization": null, "x-portkey-config": "pc-1"}),
    );
    // A gateway of one's own.
    check(
        "gpt-4o",
        json!({"provider": "openai", "base_url": "http://localhost:8787/v1", "api_key": "sk-1",
            "headers": {"x-portkey-provider": "openai"}}),
        "http://localhost:8787/v1/chat/completions",
        json!({"authorization": "Bearer sk-1", "x-portkey-provider": "openai"}),
    );
}

#[test]
fn cloudflare_has_a_path_for_each_provider_and_a_token_of_its_own() {
    let gateway = "https://gateway.ai.cloudflare.com/v1/account/gate";
    let token = json!({"cf-aig-authorization": "Bearer cf-token"});
    let options = |provider: &str, path: &str| {
        json!({"provider": provider, "base_url": format!("{gateway}/{path}"),
            "api_key": "sk-1", "headers": token})
    };
    let bearer = json!({"authorization": "Bearer sk-1", "cf-aig-authorization": "Bearer cf-token"});
    for (provider, path, end) in [
        ("openai", "openai", "openai/chat/completions"),
        ("groq", "groq", "groq/chat/completions"),
        ("mistral", "mistral/v1", "mistral/v1/chat/completions"),
        ("cohere", "cohere", "cohere/v2/chat"),
    ] {
        let url = format!("{gateway}/{end}");
        check("m", options(provider, path), &url, bearer.clone());
    }
    let anthropic = format!("{gateway}/anthropic/v1/messages");
    let own = json!({"x-api-key": "sk-1", "cf-aig-authorization": "Bearer cf-token"});
    for path in ["anthropic", "anthropic/v1"] {
        check(
            "claude",
            options("anthropic", path),
            &anthropic,
            own.clone(),
        );
    }
    for (authorization, headers) in [
        (
            json!("Bearer sk-1"),
            json!({"authorization": "Bearer sk-1"}),
        ),
        (Value::Null, json!({})),
    ] {
        check(
            "openai/gpt-5",
            json!({"provider": "cloudflare", "base_url": format!("{gateway}/compat"),
                "api_key": "cf-token", "headers": headers}),
            &format!("{gateway}/compat/chat/completions"),
            json!({"authorization": authorization, "cf-aig-authorization": "Bearer cf-token"}),
        );
    }
    // Stored keys: none goes out.
    let mut stored = options("anthropic", "anthropic");
    stored["auth"] = json!("none");
    let none = json!({"x-api-key": null, "authorization": null,
        "cf-aig-authorization": "Bearer cf-token"});
    check("claude", stored, &anthropic, none);
}

#[test]
fn helicone_takes_its_key_in_a_header_or_alone() {
    check(
        "gpt-4o",
        json!({"provider": "openai", "base_url": "https://oai.helicone.ai/v1", "api_key": "sk-1",
            "headers": {"Helicone-Auth": "Bearer hk-1", "Helicone-Property-App": "a"}}),
        "https://oai.helicone.ai/v1/chat/completions",
        json!({"authorization": "Bearer sk-1", "helicone-auth": "Bearer hk-1",
            "helicone-property-app": "a"}),
    );
    check(
        "claude",
        json!({"provider": "anthropic", "base_url": "https://anthropic.helicone.ai",
            "api_key": "sk-1", "headers": {"Helicone-Auth": "Bearer hk-1"}}),
        "https://anthropic.helicone.ai/v1/messages",
        json!({"x-api-key": "sk-1", "helicone-auth": "Bearer hk-1"}),
    );
    check(
        "m",
        json!({"provider": "openai", "base_url": "https://gateway.helicone.ai/v1",
            "api_key": "sk-1", "headers": {"Helicone-Auth": "Bearer hk-1",
                "Helicone-Target-URL": "https://api.example"}}),
        "https://gateway.helicone.ai/v1/chat/completions",
        json!({"helicone-target-url": "https://api.example"}),
    );
    check(
        "helicone/claude-4.5/anthropic",
        json!({"api_key": "hk-1"}),
        "https://ai-gateway.helicone.ai/v1/chat/completions",
        json!({"authorization": "Bearer hk-1"}),
    );
}

#[test]
fn azure_api_management_takes_a_subscription_key_in_place_of_azures() {
    let host = "https://apim.azure-api.net/team";
    let key = json!({"Ocp-Apim-Subscription-Key": "sub-1"});
    for (base_url, url) in [
        ("/openai/v1?x=1", "/openai/v1/chat/completions?x=1"),
        (
            "?api-version=2024-10-21",
            "/openai/deployments/m/chat/completions?api-version=2024-10-21",
        ),
        (
            "/openai/deployments/d",
            "/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
    ] {
        check(
            "m",
            json!({"provider": "azure", "base_url": format!("{host}{base_url}"), "headers": key}),
            &format!("{host}{url}"),
            json!({"ocp-apim-subscription-key": "sub-1", "api-key": null}),
        );
    }
    check(
        "m",
        json!({"provider": "azure", "base_url": format!("{host}/openai/v1"), "auth": "bearer",
            "api_key": "entra-token", "headers": key}),
        "https://apim.azure-api.net/team/openai/v1/chat/completions",
        json!({"authorization": "Bearer entra-token", "api-key": null}),
    );
}

#[test]
fn vercel_takes_models_with_the_name_of_their_maker() {
    check(
        "vercel/openai/gpt-5",
        json!({"api_key": "vck-1"}),
        "https://ai-gateway.vercel.sh/v1/chat/completions",
        json!({"authorization": "Bearer vck-1"}),
    );
}

#[test]
fn a_model_with_slashes_goes_through_where_a_provider_is_named() {
    for model in ["openai/gpt-4o", "anthropic/claude", "ollama/qwen3", "a/b/c"] {
        let options = json!({"provider": "litellm", "base_url": "https://h/v1"});
        let request = prepared(&json!({ "model": model }), &options).unwrap();
        assert_eq!(request.model, model);
        let body: Value = serde_json::from_slice(&request.http.body).unwrap();
        assert_eq!(body["model"], model);
    }
}

/// Every codec, by its provider and its API.
fn every_wire() -> Vec<(&'static str, &'static str)> {
    let wires = crate::providers::all().filter(|provider| provider.has_chat());
    wires
        .map(|provider| (provider.name(), provider.api()))
        .collect()
}

fn at_a_gateway(provider: &str, api: &str, more: &Value) -> Value {
    let mut options = json!({"provider": provider, "api": api, "api_key": "gateway-key-1",
        "base_url": "https://gate.example/path?tenant=1", "aws_region": "us-east-1",
        "vertex_project": "p"});
    let more = more.as_object().unwrap().clone();
    options.as_object_mut().unwrap().extend(more);
    options
}

#[test]
fn every_wire_keeps_the_path_and_the_query_of_a_base_url() {
    for (provider, api) in every_wire() {
        let options = at_a_gateway(provider, api, &json!({}));
        let request = prepared(&json!({"model": "m"}), &options).unwrap();
        let url = &request.http.url;
        assert!(url.path().starts_with("/path/"), "{provider} {api} {url}");
        assert!(url.query().unwrap().starts_with("tenant=1"), "{url}");
        assert!(!url.path().contains("/v1/v1"), "{url}");
    }
    for (provider, api) in every_wire() {
        let options = at_a_gateway(
            provider,
            api,
            &json!({"base_url": "https://gate.example/v1/"}),
        );
        let request = prepared(&json!({"model": "m"}), &options).unwrap();
        let path = request.http.url.path();
        assert!(
            !path.contains("v1/v1") && !path.contains("//"),
            "{provider} {api} {path}"
        );
    }
}

#[test]
fn every_wire_sends_no_key_or_a_bearer_where_the_caller_says_so() {
    for (provider, api) in every_wire() {
        let options = at_a_gateway(provider, api, &json!({"auth": "none"}));
        let none = prepared(&json!({"model": "m"}), &options).unwrap().http;
        let has_key = |text: &str| text.contains("gateway-key-1");
        let mut values = none.headers.values().map(|value| value.to_str().unwrap());
        assert!(!values.any(has_key), "{provider} {api}");
        assert!(!has_key(none.url.as_str()), "{provider} {api}");

        let options = at_a_gateway(provider, api, &json!({"auth": "bearer"}));
        let bearer = prepared(&json!({"model": "m"}), &options).unwrap().http;
        let sent = bearer.headers.get("authorization").unwrap();
        assert_eq!(sent, "Bearer gateway-key-1", "{provider} {api}");
        let keys = bearer
            .headers
            .values()
            .filter(|value| has_key(value.to_str().unwrap()));
        assert_eq!(keys.count(), 1, "{provider} {api}");
    }
}

#[test]
fn without_a_key_only_what_stands_in_for_one_will_do() {
    let to = |options: &str| {
        let Ok(options) = ClientOptions::from_json(options) else {
            return false;
        };
        let mut task = Task::Chat(Box::new(LlmRequest::new("m", vec![Message::user("hi")])));
        resolve(&options, &Environment::default(), |_| None, &mut task).is_ok()
    };
    assert!(!to(r#"{"provider":"openai"}"#));
    assert!(to(r#"{"provider":"openai","auth":"none"}"#));
    assert!(!to(r#"{"provider":"openai","headers":{"x-other":"1"}}"#));
    for name in request_headers::KEY_HEADERS {
        let options = format!(r#"{{"provider":"openai","headers":{{"{name}":"v"}}}}"#);
        assert!(to(&options), "{name}");
    }
    // No key goes out, so none crosses a network in the clear.
    let open = r#"{"provider":"openai","api_key":"k-12345678","base_url":"http://h/v1""#;
    assert!(!to(&format!("{open}}}")));
    assert!(to(&format!(r#"{open},"auth":"none"}}"#)));
}

#[test]
fn ollama_is_found_whichever_address_is_named() {
    for base_url in [
        "",
        "/",
        "/v1",
        "/v1/",
        "/api",
        "/api/chat",
        "/v1/chat/completions",
    ] {
        check(
            "qwen3",
            json!({"provider": "ollama", "api": "native",
                "base_url": format!("http://localhost:11434{base_url}")}),
            "http://localhost:11434/api/chat",
            json!({"authorization": null}),
        );
    }
    check(
        "ollama/qwen3",
        json!({"api": "native"}),
        "http://127.0.0.1:11434/api/chat",
        json!({}),
    );
    check(
        "ollama/qwen3",
        json!({}),
        "http://localhost:11434/v1/chat/completions",
        json!({}),
    );
}

/// What one provider gave out would be shown to another. A base URL says whom a key is for.
#[test]
fn the_key_of_a_client_does_not_go_to_another_provider() {
    let key_of = |mut options: Value, mut call: Value| {
        options["provider"] = json!("openai");
        options["api_key"] = json!("key-of-openai");
        call["model"] = json!("m");
        let prepared = prepared(&call, &options)?;
        let key = prepared.http.headers.get("authorization");
        Ok::<_, LlmError>(key.map(|key| key.to_str().unwrap().to_owned()))
    };
    let gateway = "https://gateway/v1";
    for (options, call) in [
        (json!({}), json!({})),
        (json!({}), json!({"provider": "openai"})),
        (json!({}), json!({"provider": "groq", "base_url": gateway})),
        (json!({ "base_url": gateway }), json!({"provider": "groq"})),
    ] {
        let key = key_of(options, call.clone()).unwrap();
        assert_eq!(key.as_deref(), Some("Bearer key-of-openai"), "{call}");
    }
    let own = json!({"provider": "groq", "api_key": "key-of-groq"});
    let own = key_of(json!({}), own).unwrap();
    assert_eq!(own.as_deref(), Some("Bearer key-of-groq"));
    let local = json!({"provider": "llamacpp"});
    assert_eq!(key_of(json!({}), local).unwrap(), None);
    let error = key_of(json!({}), json!({"provider": "groq"})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.message.contains("set GROQ_API_KEY or"), "{error}");
    let reason = "; the client's api_key is that of openai";
    assert!(error.message.ends_with(reason), "{error}");
}
