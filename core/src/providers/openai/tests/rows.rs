//! Every row of the table, and what it changes in a request.

use super::*;
use crate::error::ErrorKind;
use crate::providers::{self, Target};
use crate::request::LlmRequest;
use crate::secret::Secret;

/// Name, own base URL, first key variable, base-URL variable, whether a key is needed.
const ROWS: &[(&str, &str, &str, &str, bool)] = &[
    (
        "openai",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        true,
    ),
    (
        "groq",
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        "GROQ_BASE_URL",
        true,
    ),
    (
        "mistral",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        "MISTRAL_BASE_URL",
        true,
    ),
    (
        "deepseek",
        "https://api.deepseek.com",
        "DEEPSEEK_API_KEY",
        "DEEPSEEK_BASE_URL",
        true,
    ),
    (
        "xai",
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        "XAI_BASE_URL",
        true,
    ),
    (
        "openrouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        "OPENROUTER_BASE_URL",
        true,
    ),
    (
        "together",
        "https://api.together.xyz/v1",
        "TOGETHER_API_KEY",
        "TOGETHER_BASE_URL",
        true,
    ),
    (
        "fireworks",
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        "FIREWORKS_BASE_URL",
        true,
    ),
    (
        "perplexity",
        "https://api.perplexity.ai",
        "PERPLEXITY_API_KEY",
        "PERPLEXITY_BASE_URL",
        true,
    ),
    (
        "cerebras",
        "https://api.cerebras.ai/v1",
        "CEREBRAS_API_KEY",
        "CEREBRAS_BASE_URL",
        true,
    ),
    (
        "nvidia",
        "https://integrate.api.nvidia.com/v1",
        "NVIDIA_API_KEY",
        "NVIDIA_BASE_URL",
        true,
    ),
    (
        "moonshot",
        "https://api.moonshot.ai/v1",
        "MOONSHOT_API_KEY",
        "MOONSHOT_BASE_URL",
        true,
    ),
    (
        "huggingface",
        "https://router.huggingface.co/v1",
        "HF_TOKEN",
        "HUGGINGFACE_BASE_URL",
        true,
    ),
    (
        "ollama",
        "http://localhost:11434/v1",
        "OLLAMA_API_KEY",
        "OLLAMA_BASE_URL",
        false,
    ),
    (
        "vllm",
        "http://localhost:8000/v1",
        "VLLM_API_KEY",
        "VLLM_BASE_URL",
        false,
    ),
    (
        "lmstudio",
        "http://localhost:1234/v1",
        "LMSTUDIO_API_KEY",
        "LMSTUDIO_BASE_URL",
        false,
    ),
    (
        "llamacpp",
        "http://localhost:8080/v1",
        "LLAMACPP_API_KEY",
        "LLAMACPP_BASE_URL",
        false,
    ),
    (
        "azure",
        "",
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_ENDPOINT",
        true,
    ),
];

/// Rows that call `max_tokens` by its newer name.
const NEW_LIMIT: &[&str] = &["openai", "groq", "xai", "cerebras", "azure"];
/// Rows whose streams are not asked for usage.
const NO_STREAM_OPTIONS: &[&str] = &["mistral", "perplexity"];
/// Rows that know the role `developer`.
const DEVELOPER: &[&str] = &["openai", "openrouter", "azure"];

fn target<'a>(base_path: &'a str, key: Option<&'a Secret>) -> Target<'a> {
    Target {
        key,
        authorization: None,
        own_endpoint: true,
        host: "",
        query: "",
        base_path,
        stream: true,
        lenient: false,
    }
}

fn request() -> LlmRequest {
    let json = json!({
        "model": "m",
        "messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": "hi"},
        ],
        "max_tokens": 5,
        "seed": 7,
        "tool_choice": "required",
    });
    LlmRequest::from_json(&json.to_string()).unwrap()
}

#[test]
fn rows_say_where_and_with_which_key() {
    let names: Vec<&str> = CODECS.iter().map(|codec| codec.name()).collect();
    let wanted: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
    assert_eq!(names, wanted);
    for (name, base_url, key, base_url_variable, needs_key) in ROWS {
        let provider = providers::by_name(name).unwrap();
        assert_eq!(provider.base_url(), *base_url);
        assert_eq!(provider.key_variables()[0], *key);
        assert_eq!(provider.base_url_variable(), *base_url_variable);
        assert_eq!(provider.needs_key(), *needs_key, "{name}");
    }
}

#[test]
fn rows_shape_the_request() {
    let key = Secret::new("test-key".to_owned()).unwrap();
    for (name, ..) in ROWS {
        let encoded = codec(name)
            .request(&request(), &target("/v1", Some(&key)))
            .unwrap();
        assert_eq!(encoded.path, "/chat/completions");
        let header = match *name {
            "azure" => ("api-key", "test-key".to_owned()),
            _ => ("authorization", "Bearer test-key".to_owned()),
        };
        assert_eq!(encoded.headers, [header]);
        assert_eq!(encoded.warnings, Vec::<String>::new());

        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
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
            "tool_choice": if *name == "mistral" { "any" } else { "required" },
        });
        let limit = if NEW_LIMIT.contains(name) {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        expected[limit] = json!(5);
        expected[if *name == "mistral" {
            "random_seed"
        } else {
            "seed"
        }] = json!(7);
        if !NO_STREAM_OPTIONS.contains(name) {
            expected["stream_options"] = json!({"include_usage": true});
        }
        assert_eq!(body, expected, "{name}");
    }
}

#[test]
fn rows_name_themselves_in_errors_and_start() {
    for (name, _, key, ..) in ROWS {
        let error = codec(name).error(401, br#"{"error":{"message":"wrong key"}}"#);
        let message = format!("{name}: 401 wrong key; set {key} or api_key");
        assert_eq!((error.message, error.provider), (message, Some(*name)));

        let mut decoder = decoder_of(name);
        let mut batch = EventBatch::default();
        let hello = r#"{"choices":[{"delta":{"content":"Hello"}}]}"#;
        let frame = |data| Frame { name: "", data };
        decoder.frame(frame(hello), &mut batch).unwrap();
        let Event::Start(start) = &batch.drain()[0] else {
            panic!("no START");
        };
        assert_eq!(start.provider, *name);
        let error = decoder.frame(frame("nonsense"), &mut batch).unwrap_err();
        assert_eq!(
            (error.kind, error.provider),
            (ErrorKind::Protocol, Some(*name))
        );
        assert!(
            error.message.starts_with(&format!("{name}: an event of")),
            "{error}"
        );
    }
}

#[test]
fn azure_goes_where_the_base_url_leads() {
    let version = "?api-version=2024-10-21";
    let dated = format!("/deployments/my%2Fmodel/chat/completions{version}");
    let plain = "/chat/completions".to_owned();
    let rows = [
        ("", format!("/openai{dated}"), "max_completion_tokens"),
        (
            "/gateway",
            format!("/openai{dated}"),
            "max_completion_tokens",
        ),
        ("/openai", dated, "max_completion_tokens"),
        (
            "/openai/deployments/d",
            format!("{plain}{version}"),
            "max_completion_tokens",
        ),
        (
            "/models",
            format!("{plain}?api-version=2024-05-01-preview"),
            "max_tokens",
        ),
        ("/openai/v1", plain, "max_completion_tokens"),
    ];
    for (base_path, path, limit) in rows {
        let request = LlmRequest {
            model: "my/model".to_owned(),
            ..request()
        };
        let encoded = codec("azure")
            .request(&request, &target(base_path, None))
            .unwrap();
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        assert_eq!(
            (encoded.path, &body[limit]),
            (path, &json!(5)),
            "{base_path}"
        );
        assert_eq!(body["model"], "my/model");
    }
}

#[test]
fn the_host_says_whose_models_answer() {
    let newer = [
        "api.openai.com",
        "eu.api.openai.com",
        "us.api.openai.com",
        "x.openai.azure.com",
    ];
    let unknown = [
        "",
        "api.openai.com.example.org",
        "myapi.openai.com",
        "openai.com",
        "localhost",
    ];
    for host in newer.iter().chain(&unknown) {
        let target = Target {
            authorization: None,
            own_endpoint: false,
            host,
            ..target("/v1", None)
        };
        let sent = |fields: Value| -> Value {
            let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "a"}]});
            request
                .as_object_mut()
                .unwrap()
                .extend(fields.as_object().unwrap().clone());
            let request = LlmRequest::from_json(&request.to_string()).unwrap();
            let encoded = codec("openai").request(&request, &target).unwrap();
            serde_json::from_slice(&encoded.body).unwrap()
        };
        let is_newer = newer.contains(host);
        let name = if is_newer {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        let body = sent(json!({"max_tokens": 5}));
        assert_eq!(body[name], 5, "{host}");
        assert_eq!(body.get("max_tokens").is_some(), !is_newer, "{host}");
        let body = sent(json!({"max_completion_tokens": 5, "max_tokens": null}));
        assert_eq!(body["max_completion_tokens"], 5, "{host}");
    }
}

#[test]
fn versions_of_azure_that_know_the_option_are_asked_for_usage() {
    let told = |base_path: &str, query: &str, fields: &str| {
        let json = format!(
            r#"{{"model":"m","max_tokens":5,"messages":[{{"role":"user","content":"a"}}]{fields}}}"#
        );
        let target = Target {
            query,
            ..target(base_path, None)
        };
        let request = LlmRequest::from_json(&json).unwrap();
        let encoded = codec("azure").request(&request, &target).unwrap();
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        let is_newer = body.get("max_completion_tokens").is_some();
        assert_ne!(is_newer, body.get("max_tokens").is_some());
        (body.get("stream_options").is_some(), is_newer)
    };
    let asks = |base_path: &str, query: &str, fields: &str| told(base_path, query, fields).0;
    for (query, expected) in [
        ("", true),
        ("api-version=2023-05-15", false),
        ("x=1&api-version=2024-06-01", false),
        ("api-version=2024-09-01-preview", true),
        ("api-version=2024-10-21", true),
        ("api-version=2025-04-01-preview", true),
        ("api-version=preview", true),
    ] {
        for base_path in ["", "/openai", "/openai/deployments/d"] {
            let told = told(base_path, query, "");
            assert_eq!(told, (expected, expected), "{base_path} {query}");
        }
        assert!(asks("/openai/v1", query, ""));
        let own = r#","stream_options":{"include_usage":true}"#;
        assert!(asks("", query, own), "what the caller wrote goes out");
    }
    for data in ["data_sources", "dataSources"] {
        assert!(!asks(
            "",
            "",
            &format!(r#","{data}":[{{"type":"azure_search"}}]"#)
        ));
        assert!(!asks("", "", &format!(r#","extra_body":{{"{data}":[]}}"#)));
        assert!(asks("", "", &format!(r#","{data}":null"#)));
    }
}

#[test]
fn a_field_that_the_provider_answers_with_an_error_is_refused() {
    let with_user = LlmRequest {
        user: Some("u".to_owned()),
        ..request()
    };
    let strict = target("/v1", None);
    let error = codec("mistral").request(&with_user, &strict).unwrap_err();
    assert_eq!(
        (error.kind, error.provider),
        (ErrorKind::InvalidRequest, Some("mistral"))
    );
    assert!(
        error.message.starts_with("mistral: user cannot be sent"),
        "{error}"
    );

    let lenient = Target {
        lenient: true,
        ..target("/v1", None)
    };
    let encoded = codec("mistral").request(&with_user, &lenient).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(body.get("user"), None);
    assert_eq!(
        encoded.warnings,
        ["user was left out: the provider refuses it"]
    );

    let mut own_word = request();
    own_word.extra_body.insert("user".to_owned(), json!("u"));
    let encoded = codec("mistral").request(&own_word, &strict).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(body["user"], "u");
}
