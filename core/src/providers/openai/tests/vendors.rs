//! Every vendor of the table, and what it changes in a request.

use super::*;
use crate::error::ErrorKind;
use crate::providers::{all, by_name, Target};

/// Name, own base URL, first key variable, base-URL variable, whether a key is needed.
const VENDORS: &[(&str, &str, &str, &str, bool)] = &list! {
    ("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", "OPENAI_BASE_URL", true),
    ("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", "GROQ_BASE_URL", true),
    ("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", "MISTRAL_BASE_URL", true),
    ("deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY", "DEEPSEEK_BASE_URL", true),
    ("xai", "https://api.x.ai/v1", "XAI_API_KEY", "XAI_BASE_URL", true),
    ("openrouter", "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", true),
    ("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY", "TOGETHER_BASE_URL", true),
    ("fireworks", "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY", "FIREWORKS_BASE_URL", true),
    ("perplexity", "https://api.perplexity.ai", "PERPLEXITY_API_KEY", "PERPLEXITY_BASE_URL", true),
    ("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", "CEREBRAS_BASE_URL", true),
    ("nvidia", "https://integrate.api.nvidia.com/v1", "NVIDIA_API_KEY", "NVIDIA_BASE_URL", true),
    ("moonshot", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY", "MOONSHOT_BASE_URL", true),
    ("huggingface", "https://router.huggingface.co/v1", "HF_TOKEN", "HUGGINGFACE_BASE_URL", true),
    ("ollama", "http://localhost:11434/v1", "OLLAMA_API_KEY", "OLLAMA_BASE_URL", false),
    ("vllm", "http://localhost:8000/v1", "VLLM_API_KEY", "VLLM_BASE_URL", false),
    ("lmstudio", "http://localhost:1234/v1", "LMSTUDIO_API_KEY", "LMSTUDIO_BASE_URL", false),
    ("llamacpp", "http://localhost:8080/v1", "LLAMACPP_API_KEY", "LLAMACPP_BASE_URL", false),
    ("azure", "", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", true),
};

/// Those that call `max_tokens` by its newer name.
const NEW_LIMIT: &[&str] = &["openai", "groq", "xai", "cerebras", "azure"];
/// Those whose streams do not request usage.
const NO_STREAM_OPTIONS: &[&str] = &["mistral", "perplexity"];
/// Those that know the role `developer`.
const DEVELOPER: &[&str] = &["openai", "openrouter", "azure"];

/// Of the providers, those of this wire.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let of_wire = all().filter(|provider| provider.wire() == "openai");
    of_wire.map(|provider| provider.name())
}

fn target_at(base_path: &str) -> Target<'_> {
    Target {
        base_path,
        ..streamed()
    }
}

/// A request that shows the differences.
fn example() -> Value {
    json!({
        "model": "m",
        "messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": "hi"},
        ],
        "max_tokens": 5,
        "seed": 7,
        "tool_choice": "required",
    })
}

#[test]
fn rows_have_the_address_and_the_key() {
    let expected: Vec<&str> = VENDORS.iter().map(|row| row.0).collect();
    assert_eq!(names().collect::<Vec<_>>(), expected);
    for (name, base_url, key, base_url_variable, needs_key) in VENDORS {
        let provider = by_name(name).unwrap();
        assert_eq!(provider.base_url(), *base_url);
        assert_eq!(provider.key_variables()[0], *key);
        assert_eq!(provider.base_url_variable(), *base_url_variable);
        assert_eq!(provider.needs_key(), *needs_key, "{name}");
    }
}

#[test]
fn rows_shape_the_request() {
    for (name, ..) in VENDORS {
        let (is_azure, is_mistral) = (*name == "azure", *name == "mistral");
        let encoded = Wire::sse(name)
            .encode(&example(), &target_at("/v1"))
            .unwrap();
        let azure = ["api-key", "test-key"];
        let header = if is_azure {
            azure
        } else {
            ["authorization", "Bearer test-key"]
        };
        check! {
            encoded.path => "/chat/completions";
            encoded.headers => [];
            Wire::sse(name).key_headers("test-key") => [header];
            encoded.warnings => [];
        }
        let role = if DEVELOPER.contains(name) {
            "developer"
        } else {
            "system"
        };
        let mut expected = json!({
            "model": "m",
            "messages": [
                {"role": role, "content": "be brief"},
                {"role": "user", "content": "hi"},
            ],
            "stream": true,
            "tool_choice": if is_mistral { "any" } else { "required" },
        });
        let is_new = NEW_LIMIT.contains(name);
        expected[if is_new {
            "max_completion_tokens"
        } else {
            "max_tokens"
        }] = json!(5);
        expected[if is_mistral { "random_seed" } else { "seed" }] = json!(7);
        if !NO_STREAM_OPTIONS.contains(name) {
            expected["stream_options"] = json!({"include_usage": true});
        }
        assert_eq!(body(&encoded), expected, "{name}");
    }
}

#[test]
fn rows_name_themselves_in_errors_and_start() {
    for (name, _, key, ..) in VENDORS {
        let wire = Wire::sse(name);
        let error = wire.error(401, r#"{"error":{"message":"wrong key"}}"#);
        check! { error.message => (format!("{name}: 401 wrong key; set {key} or api_key")); }

        let hello = r#"{"choices":[{"delta":{"content":"Hello"}}]}"#;
        let decoded = wire.frames([("", hello), ("", "nonsense")]);
        assert_eq!(decoded.whole_events[0][0], "START");
        assert_eq!(decoded.response.start.provider, *name);
        let error = decoded.error.unwrap();
        check! { (error.kind, error.provider) => [ErrorKind::Protocol, *name]; }
        check! { error.message.starts_with(&format!("{name}: an event of")) => true, error; }
    }
}

#[test]
fn azure_goes_where_the_base_url_leads() {
    let version = "?api-version=2024-10-21";
    let dated = format!("/deployments/my%2Fmodel/chat/completions{version}");
    let plain = "/chat/completions";
    let newer = "max_completion_tokens";
    let rows = list! {
        ("", format!("/openai{dated}"), newer),
        ("/gateway", format!("/openai{dated}"), newer),
        ("/openai", dated, newer),
        ("/openai/deployments/d", format!("{plain}{version}"), newer),
        ("/models", format!("{plain}?api-version=2024-05-01-preview"), "max_tokens"),
        ("/openai/v1", plain.to_owned(), newer),
    };
    for (base_path, path, limit) in rows {
        let request = joined(example(), json!({"model": "my/model"}));
        let encoded = Wire::sse("azure")
            .encode(&request, &target_at(base_path))
            .unwrap();
        let body = body(&encoded);
        let got = (encoded.path, &body[limit], &body["model"]);
        check! { got => [path, 5, "my/model"], base_path; }
    }
}

#[test]
fn the_host_decides_whose_models_respond() {
    let newer = list! {
        "api.openai.com", "eu.api.openai.com", "us.api.openai.com", "x.openai.azure.com",
    };
    let unknown = list! {
        "", "api.openai.com.example.org", "myapi.openai.com", "openai.com", "localhost",
    };
    for host in newer.iter().chain(&unknown) {
        let target = Target {
            own_endpoint: false,
            host,
            ..target_at("/v1")
        };
        let sent = |fields: Value| body(&OPENAI.encode(&request(fields), &target).unwrap());
        let is_newer = newer.contains(host);
        let limit = if is_newer {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        let body = sent(json!({"max_tokens": 5}));
        assert_eq!(body[limit], 5, "{host}");
        assert_eq!(body.get("max_tokens").is_some(), !is_newer, "{host}");
        let body = sent(json!({"max_completion_tokens": 5, "max_tokens": null}));
        assert_eq!(body["max_completion_tokens"], 5, "{host}");
    }
}

#[test]
fn requests_to_versions_of_azure_with_the_option_request_usage() {
    let sent_usage = |base_path: &str, query: &str, fields: Value| {
        let target = Target {
            query,
            ..target_at(base_path)
        };
        let request = request(joined(json!({"max_tokens": 5}), fields));
        let body = body(&Wire::sse("azure").encode(&request, &target).unwrap());
        let is_newer = body.get("max_completion_tokens").is_some();
        assert_ne!(is_newer, body.get("max_tokens").is_some());
        (body.get("stream_options").is_some(), is_newer)
    };
    let requests_usage = |fields: Value| sent_usage("", "", fields).0;
    let own = json!({"stream_options": {"include_usage": true}});
    for (query, expected) in list! {
        ("", true), ("api-version=2023-05-15", false), ("x=1&api-version=2024-06-01", false),
        ("api-version=2024-09-01-preview", true), ("api-version=2024-10-21", true),
        ("api-version=2025-04-01-preview", true), ("api-version=preview", true),
    } {
        for base_path in ["", "/openai", "/openai/deployments/d"] {
            let got = sent_usage(base_path, query, json!({}));
            assert_eq!(got, (expected, expected), "{base_path} {query}");
        }
        assert!(sent_usage("/openai/v1", query, json!({})).0);
        check! {
            sent_usage("", query, own.clone()).0 => true, format!("what the caller wrote goes out");
        }
    }
    for data in ["data_sources", "dataSources"] {
        assert!(!requests_usage(json!({data: [{"type": "azure_search"}]})));
        assert!(!requests_usage(json!({"extra_body": {data: []}})));
        assert!(requests_usage(json!({data: null})));
    }
}

#[test]
fn a_field_that_the_provider_refuses_is_refused() {
    let mistral = Wire::sse("mistral");
    let with_user = joined(example(), json!({"user": "u"}));
    let message = mistral.refused(&with_user, &target_at("/v1"));
    assert!(message.starts_with("user cannot be sent"), "{message}");

    let encoded = mistral.encode(&with_user, &lenient()).unwrap();
    check! {
        body(&encoded).get("user") => null;
        encoded.warnings => ["user was left out: the provider refuses it"];
    }
    let own_word = joined(example(), json!({"extra_body": {"user": "u"}}));
    let encoded = mistral.encode(&own_word, &target_at("/v1")).unwrap();
    assert_eq!(body(&encoded)["user"], "u");
}
