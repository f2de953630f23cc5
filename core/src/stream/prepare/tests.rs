//! What is refused before any I/O, and where a request is sent.

#![allow(clippy::unwrap_used)]

use url::{Host, Url};

use super::*;
use crate::http::Authority;
#[cfg(feature = "openai")]
use crate::request::{LlmRequest, Message};

#[test]
fn a_key_over_plain_http_stays_on_this_machine() {
    let check = |url: &str, key| cleartext::check(&Url::parse(url).unwrap(), None, key, false);
    for good in [
        "http://127.0.0.1:1/v1",
        "http://127.8.8.8/v1",
        "http://0x7f.1/v1",
        "http://[::1]/v1",
        "http://[::ffff:127.0.0.1]/v1",
        "http://localhost/v1",
        "http://LocalHost./v1",
        "http://api.localhost/v1",
        "https://example.org",
    ] {
        assert!(check(good, true).is_ok(), "{good}");
    }
    for bad in [
        "http://example.org/v1",
        "http://evillocalhost/v1",
        "http://localhost.evil.example/v1",
        "http://127.0.0.1.evil.example/v1",
        "http://localhost-evil.example/v1",
        "http://evil.example/localhost",
        "http://evil.example?localhost",
        "http://127.0.0.1@evil.example/v1",
        "http://0.0.0.0/v1",
        "http://128.0.0.1/v1",
        "http://[::]/v1",
        "http://[::2]/v1",
    ] {
        let error = check(bad, true).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config, "{bad}");
        assert!(check(bad, false).is_ok(), "{bad}");
        assert!(cleartext::check(&Url::parse(bad).unwrap(), None, true, true).is_ok());
    }
}

fn proxy(host: &str, is_tls: bool) -> ProxyHost {
    let host = Host::parse(host).unwrap();
    let at = Authority { host, port: 3128 };
    ProxyHost { at, is_tls }
}

/// F72: a proxy reads what goes over plain http, whether or not TLS leads to it.
#[test]
fn a_key_over_plain_http_passes_no_proxy_on_another_machine() {
    let check = |url: &str, host: &str, is_tls, key, allow| {
        let url = Url::parse(url).unwrap();
        cleartext::check(&url, Some(&proxy(host, is_tls)), key, allow)
    };
    let here = "http://127.0.0.1:1/v1";
    for is_tls in [false, true] {
        for host in [
            "proxy.example",
            "10.0.0.1",
            "0.0.0.0",
            "[fd12::1]",
            "localhost.evil.example",
            "evillocalhost",
        ] {
            let error = check(here, host, is_tls, true, false).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Config);
            let scheme = if is_tls { "https" } else { "http" };
            let named = format!("through the proxy {scheme}://{host};");
            assert!(error.message.contains(&named), "{error}");
            assert!(check(here, host, is_tls, false, false).is_ok(), "no key");
            assert!(check(here, host, is_tls, true, true).is_ok(), "allowed");
            assert!(check("https://example.org", host, is_tls, true, false).is_ok());
        }
        for host in [
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "LOCALHOST.",
            "a.localhost",
        ] {
            assert!(check(here, host, is_tls, true, false).is_ok(), "{host}");
            // It would send the key on.
            assert!(check("http://example.org/v1", host, is_tls, true, false).is_err());
        }
    }
}

#[cfg(feature = "openai")]
fn chat(request: LlmRequest) -> Task {
    Task::Chat(Box::new(request))
}

/// A prepared request has the proxy of its own URL.
#[test]
#[cfg(feature = "openai")]
fn the_proxy_is_that_of_the_requests_own_url() {
    let resolve = |options: &str| {
        let options = ClientOptions::from_json(options).unwrap();
        let request = LlmRequest::new("vllm/m", vec![Message::user("hi")]);
        let proxy_of = |url: &Url| (url.port() == Some(81)).then(|| proxy("10.0.0.1", false));
        resolve(
            &options,
            &Environment::default(),
            proxy_of,
            &mut chat(request),
        )
    };
    let error = resolve(r#"{"base_url":"http://localhost:81/v1","api_key":"k-1234"}"#).unwrap_err();
    assert!(error.message.contains("the proxy http://10.0.0.1"));
    for options in [
        r#"{"base_url":"http://localhost:82/v1","api_key":"k-1234"}"#,
        r#"{"base_url":"http://localhost:81/v1"}"#,
        r#"{"base_url":"http://localhost:81/v1","api_key":"k-1234","allow_insecure_http":true}"#,
    ] {
        assert!(resolve(options).is_ok(), "{options}");
    }
}

/// A key in the query of a base URL is one as well.
#[test]
#[cfg(feature = "openai")]
fn a_key_in_a_query_stays_on_this_machine() {
    for query in [
        "api-key=hidden-1",
        "KEY=hidden-1",
        "x=1&sig=hidden-1",
        "code=hidden-1",
    ] {
        let options = |origin: &str| format!(r#"{{"base_url":"{origin}/v1?{query}"}}"#);
        let error = prepared("vllm/m", &options("http://example.org")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config, "{query}");
        assert!(!error.message.contains("hidden"), "{error}");
        assert!(prepared("vllm/m", &options("http://localhost")).is_ok());
        assert!(prepared("vllm/m", &options("https://example.org")).is_ok());
    }
    let harmless = r#"{"base_url":"http://example.org/v1?api-version=1"}"#;
    assert!(prepared("vllm/m", harmless).is_ok());
}

/// A secret in any header is as good as a key, and an own Authorization stands in for it.
#[test]
#[cfg(all(feature = "openai", feature = "anthropic"))]
fn an_own_header_is_a_key() {
    let options = |name: &str, url: &str| {
        let headers = serde_json::json!({ name: "Bearer hidden-0123456789" });
        serde_json::json!({"base_url": url, "headers": headers}).to_string()
    };
    for name in [
        "Authorization",
        "x-api-key",
        "API-Key",
        "x-goog-api-key",
        "Cookie",
        "X-Auth-Token",
        "proxy-authorization",
        "x-client_secret",
    ] {
        let error = prepared("vllm/m", &options(name, "http://example.org/v1")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config, "{name}");
        assert!(prepared("vllm/m", &options(name, "http://127.0.0.1/v1")).is_ok());
        assert!(prepared("vllm/m", &options(name, "https://example.org/v1")).is_ok());
    }
    for name in ["x-title", "idempotency-key", "x-author", "anthropic-beta"] {
        assert!(prepared("vllm/m", &options(name, "http://example.org/v1")).is_ok());
    }
    let both = r#"{"base_url":"https://h","api_key":"test-key",
        "headers":{"authorization":"Bearer own"}}"#;
    for model in ["anthropic/m", "openai/m", "azure/m"] {
        let headers = prepared(model, both).unwrap().http.headers;
        assert_eq!(headers.get("authorization").unwrap(), "Bearer own");
        assert!(
            !headers.values().any(|value| value == "test-key"),
            "{model}"
        );
    }
}

#[test]
fn headers_of_http_itself_and_line_breaks_are_refused() {
    for (name, value) in [
        ("Host", "x"),
        ("content-length", "1"),
        ("Transfer-Encoding", "chunked"),
        ("connection", "close"),
        ("Upgrade", "h2c"),
        ("expect", "100-continue"),
        ("x-a", "b\r\nc"),
        ("x-a", "b\0c"),
        ("x-a", "b\tc"),
        ("x-a", "é"),
        ("a b", "c"),
        ("", "c"),
        ("x-a: hidden", "c"),
    ] {
        let headers = [(name.to_owned(), value.to_owned())];
        let error = request_headers::of_caller(&[], &headers).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidArgument, "{name}");
        assert!(!error.message.contains("hidden"), "{error}");
    }
}

/// Prepares a request to this model with options in JSON and an empty environment.
#[cfg(feature = "openai")]
fn prepared(model: &str, options: &str) -> Result<PreparedRequest, LlmError> {
    let options = ClientOptions::from_json(options)?;
    let request = LlmRequest::new(model, vec![Message::user("hi")]);
    resolve(
        &options,
        &Environment::default(),
        |_| None,
        &mut chat(request),
    )
}

#[test]
#[cfg(feature = "openai")]
fn the_first_segment_of_a_model_names_its_provider() {
    let rows = [
        ("groq/llama-3", "https://api.groq.com/openai/v1", "llama-3"),
        (
            "openrouter/anthropic/claude",
            "https://openrouter.ai/api/v1",
            "anthropic/claude",
        ),
        ("deepseek/chat", "https://api.deepseek.com", "chat"),
        (
            "together/meta/llama:free",
            "https://api.together.xyz/v1",
            "meta/llama:free",
        ),
    ];
    for (model, base_url, rest) in rows {
        let request = prepared(model, r#"{"api_key":"test-key"}"#).unwrap();
        assert_eq!(request.model, rest);
        assert_eq!(
            request.http.url.as_str(),
            format!("{base_url}/chat/completions")
        );
    }
    // A provider that is named leaves the model alone.
    let options = r#"{"provider":"openrouter","api_key":"test-key"}"#;
    let request = prepared("deepseek/chat", options).unwrap();
    assert_eq!(
        (request.provider.name(), request.model.as_str()),
        ("openrouter", "deepseek/chat")
    );
    let error = prepared("nobody/chat", r#"{"api_key":"test-key"}"#).unwrap_err();
    assert_eq!(
        error.message,
        r#"no provider for model "nobody/chat"; name one, or write provider/model"#
    );
    let error = prepared("opnai/gpt-4", r#"{"api_key":"test-key"}"#).unwrap_err();
    assert_eq!(
        error.message,
        r#"no provider for model "opnai/gpt-4"; did you mean "openai/gpt-4"?"#
    );
    let unknown = |name: &str| crate::providers::by_name(name).unwrap_err().message;
    let meant = r#"provider " OpenAI" is unknown; did you mean "openai"?"#;
    assert_eq!(unknown(" OpenAI"), meant);
    let meant = r#"provider "opneai" is unknown; did you mean "openai"?"#;
    assert_eq!(unknown("opneai"), meant);
}

#[test]
#[cfg(feature = "openai")]
fn a_key_in_place_of_a_provider_or_a_model_is_not_repeated() {
    let key = "sk-hidden-0123456789";
    let from_options = ClientOptions::from_json(&format!(r#"{{"provider":"{key}"}}"#)).unwrap_err();
    let mut request = LlmRequest::new("m", vec![Message::user("hi")]);
    request.call.provider = Some(key.to_owned());
    let (options, environment) = (ClientOptions::default(), Environment::default());
    let from_request = resolve(&options, &environment, |_| None, &mut chat(request)).unwrap_err();
    for error in [from_options, from_request] {
        assert_eq!(error.kind, ErrorKind::Config);
        assert!(
            error.message.starts_with(
                "provider is unknown (not shown: it may be a key, which \
                 belongs in api_key); known are: openai, "
            ),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
    }
    for model in [
        key.to_owned(),
        format!("{key}/gpt-4o"),
        format!("nobody/{key}"),
    ] {
        let error = prepared(&model, "{}").unwrap_err();
        assert_eq!(
            error.message,
            "no provider for the model (not shown: it may be a key, which belongs in api_key); \
             name one, or write provider/model"
        );
    }
}

#[test]
#[cfg(feature = "openai")]
fn an_unknown_provider_is_named_with_the_nearest_one() {
    let message = |name: &str| {
        let options = format!(r#"{{"provider":"{name}"}}"#);
        ClientOptions::from_json(&options).unwrap_err().message
    };
    let near = message("opanai");
    assert_eq!(
        near,
        r#"provider "opanai" is unknown; did you mean "openai"?"#
    );
    let far = message("nobody");
    assert!(
        far.starts_with(r#"provider "nobody" is unknown; known are: openai, "#),
        "{far}"
    );
}

#[test]
#[cfg(feature = "openai")]
fn a_key_is_needed_where_the_provider_asks_for_one() {
    for model in ["ollama/m", "vllm/m", "lmstudio/m", "llamacpp/m"] {
        let request = prepared(model, "{}").unwrap();
        assert_eq!(request.http.headers.get("authorization"), None, "{model}");
    }
    let with_key = prepared("vllm/m", r#"{"api_key":"test-key"}"#).unwrap();
    assert_eq!(
        with_key.http.headers.get("authorization").unwrap(),
        "Bearer test-key"
    );
    for (model, variables) in [
        ("groq/m", "GROQ_API_KEY"),
        ("perplexity/m", "PERPLEXITY_API_KEY or PPLX_API_KEY"),
    ] {
        let error = prepared(model, "{}").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config);
        assert!(
            error.message.contains(&format!("set {variables} or")),
            "{error}"
        );
    }
    // Another endpoint may need none.
    assert!(prepared("groq/m", r#"{"base_url":"https://h/v1"}"#).is_ok());
}

#[test]
#[cfg(feature = "openai")]
fn azure_needs_an_address_and_a_key_and_keeps_the_version_that_was_named() {
    let error = prepared("azure/m", r#"{"api_key":"test-key"}"#).unwrap_err();
    assert!(error.message.contains("AZURE_OPENAI_ENDPOINT"), "{error}");
    let error = prepared("azure/m", r#"{"base_url":"https://h"}"#).unwrap_err();
    assert!(error.message.contains("AZURE_OPENAI_API_KEY"), "{error}");
    let token = r#"{"base_url":"https://h","headers":{"Authorization":"Bearer token"}}"#;
    assert!(prepared("azure/m", token).is_ok());

    let rows = [
        (
            "https://h",
            "https://h/openai/deployments/m/chat/completions?api-version=2024-10-21",
        ),
        (
            "https://h/?api-version=2024-02-01",
            "https://h/openai/deployments/m/chat/completions?api-version=2024-02-01",
        ),
        (
            "https://h/openai/v1/",
            "https://h/openai/v1/chat/completions",
        ),
        (
            "https://h/openai/v1?api-version=preview",
            "https://h/openai/v1/chat/completions?api-version=preview",
        ),
        (
            "https://h/models?x=1",
            "https://h/models/chat/completions?x=1&api-version=2024-05-01-preview",
        ),
    ];
    for (base_url, url) in rows {
        let options = format!(r#"{{"base_url":"{base_url}","api_key":"test-key"}}"#);
        let request = prepared("azure/m", &options).unwrap();
        assert_eq!(request.http.url.as_str(), url);
        assert_eq!(request.http.headers.get("api-key").unwrap(), "test-key");
        assert_eq!(request.http.headers.get("authorization"), None);
    }
}
