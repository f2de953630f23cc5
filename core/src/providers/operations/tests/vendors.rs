//! Providers without a chat, and what each provider is said to do.

use super::*;
use crate::error::ErrorKind;
use crate::providers::operations::names;
use crate::providers::{all, by_name};
use crate::request::{LlmRequest, Message};

#[test]
fn there_is_no_chat() {
    let cloud = CloudOptions::default();
    let request = LlmRequest::new("m", vec![Message::user("hi")]);
    for name in ["voyage", "jina", "tei"] {
        let provider = by_name(name).unwrap();
        let error = provider.request(&request, &target("", &cloud)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidRequest);
        assert_eq!(
            error.message,
            format!("{name}: it has no chat; use it for embed or rerank")
        );
        assert!(!provider.has_chat());
    }
}

#[test]
fn addresses_and_keys_are_the_providers() {
    let rows = [
        (
            "voyage",
            "https://api.voyageai.com/v1",
            &["VOYAGE_API_KEY"][..],
            true,
        ),
        ("jina", "https://api.jina.ai/v1", &["JINA_API_KEY"], true),
        ("tei", "http://localhost:8080", &["TEI_API_KEY"], false),
    ];
    for (name, base_url, variables, needs_key) in rows {
        let provider = by_name(name).unwrap();
        assert_eq!(provider.base_url(), base_url);
        assert_eq!(provider.key_variables(), variables);
        assert_eq!(provider.needs_key(), needs_key);
    }
}

#[test]
fn errors_are_those_of_their_documentation() {
    let rows = [
        (
            "voyage",
            400,
            r#"{"detail":"too many inputs"}"#,
            ErrorKind::InvalidRequest,
            false,
        ),
        (
            "voyage",
            429,
            r#"{"detail":"slow down"}"#,
            ErrorKind::RateLimited,
            true,
        ),
        (
            "jina",
            403,
            r#"{"code":"AUTHZ_INSUFFICIENT_BALANCE","detail":"no"}"#,
            ErrorKind::QuotaExceeded,
            false,
        ),
        (
            "jina",
            403,
            r#"{"code":"AUTHZ_OTHER","detail":"no"}"#,
            ErrorKind::Permission,
            false,
        ),
        (
            "jina",
            401,
            r#"{"code":"AUTH_FAILED","detail":"no"}"#,
            ErrorKind::Authentication,
            false,
        ),
        (
            "jina",
            429,
            r#"{"code":"RATE_LIMIT","detail":"no"}"#,
            ErrorKind::RateLimited,
            true,
        ),
        (
            "tei",
            424,
            r#"{"error":"not a re-ranker","error_type":"Backend"}"#,
            ErrorKind::InvalidRequest,
            false,
        ),
        (
            "tei",
            422,
            r#"{"error":"too long","error_type":"Validation"}"#,
            ErrorKind::InvalidRequest,
            false,
        ),
        ("tei", 401, "", ErrorKind::Authentication, false),
    ];
    for (name, status, body, kind, retryable) in rows {
        let error = by_name(name).unwrap().error(status, body.as_bytes());
        assert_eq!(
            (error.kind, error.retryable),
            (kind, retryable),
            "{name} {body}"
        );
    }
}

#[test]
fn operations_are_named_as_requests_name_them() {
    let of = |name: &str| names(by_name(name).unwrap());
    assert_eq!(of("voyage"), ["embed", "rerank"]);
    assert_eq!(of("tei"), ["embed", "rerank", "models", "count_tokens"]);
    #[cfg(feature = "cohere")]
    assert_eq!(
        of("cohere"),
        ["chat", "embed", "rerank", "models", "count_tokens"]
    );
    #[cfg(feature = "anthropic")]
    assert_eq!(of("anthropic"), ["chat", "models", "count_tokens", "batch"]);
    #[cfg(feature = "openai")]
    {
        assert_eq!(of("mistral"), ["chat", "embed", "models", "batch"]);
        assert_eq!(of("groq"), ["chat", "models", "batch"]);
        assert_eq!(
            of("vllm"),
            ["chat", "embed", "rerank", "models", "count_tokens"]
        );
    }
    for provider in all() {
        let names = names(provider);
        assert_eq!(names.contains(&"chat"), provider.has_chat());
        assert!(!names.is_empty(), "{}", provider.name());
    }
}
