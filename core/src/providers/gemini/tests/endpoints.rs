//! Where requests go, and with which credentials.

use super::*;
use crate::client::environment::Environment;
use crate::client::options::ClientOptions;
use crate::error::{ErrorKind, LlmError};
use crate::providers::{by_name, Target};
use crate::request::{CloudOptions, LlmRequest};
use crate::stream::prepare::resolve;
use crate::stream::task::Task;

fn cloud(project: &str, location: &str) -> CloudOptions {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    CloudOptions {
        vertex_project: some(project),
        vertex_location: some(location),
        ..CloudOptions::default()
    }
}

#[test]
fn hosts_are_of_three_kinds() {
    let vertex = by_name("vertex").unwrap();
    let host = |location: &str| vertex.base_url_of("m", &cloud("p", location)).unwrap();
    assert_eq!(host(""), "https://aiplatform.googleapis.com");
    assert_eq!(host("global"), "https://aiplatform.googleapis.com");
    assert_eq!(host("us"), "https://aiplatform.us.rep.googleapis.com");
    assert_eq!(host("eu"), "https://aiplatform.eu.rep.googleapis.com");
    assert_eq!(
        host("us-east5"),
        "https://us-east5-aiplatform.googleapis.com"
    );
    for bad in [
        cloud("p", "evil.example/"),
        cloud("p", "a b"),
        cloud("", "eu"),
    ] {
        let error = vertex.base_url_of("m", &bad).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config);
    }
}

fn path(wire: Wire, model: &str, base_path: &str, cloud: &CloudOptions) -> String {
    let target = Target {
        base_path,
        cloud,
        ..target()
    };
    let request = joined(request(json!({})), json!({"model": model}));
    wire.encode(&request, &target).unwrap().path
}

#[test]
fn names_of_models_become_paths() {
    let none = cloud("", "");
    let call = ":generateContent";
    for (model, base, expected) in [
        ("gemini-x", "", "/v1beta/models/gemini-x"),
        ("models/gemini-x", "/v1", "/models/gemini-x"),
        ("tunedModels/a?b#c", "", "/v1beta/tunedModels/a%3Fb%23c"),
        ("gemini-x", "/v1beta/models", "/gemini-x"),
        ("gemini-x", "/gateway", "/v1beta/models/gemini-x"),
    ] {
        assert_eq!(
            path(GEMINI, model, base, &none),
            format!("{expected}{call}")
        );
    }
    let place = "/projects/p1/locations/eu";
    for (model, base, expected) in [
        (
            "gemini-x",
            "",
            format!("/v1beta1{place}/publishers/google/models/gemini-x"),
        ),
        (
            "google/gemini-x",
            "/v1",
            format!("{place}/publishers/google/models/gemini-x"),
        ),
        (
            "mistralai/m",
            "/v1",
            format!("{place}/publishers/mistralai/models/m"),
        ),
        ("endpoints/123", "/v1", format!("{place}/endpoints/123")),
        (
            "projects/o/locations/l/endpoints/1",
            "/v1",
            "/projects/o/locations/l/endpoints/1".into(),
        ),
        (
            "gemini-x",
            "/v1/projects/o/locations/l",
            "/publishers/google/models/gemini-x".into(),
        ),
    ] {
        assert_eq!(
            path(VERTEX, model, base, &cloud("p1", "eu")),
            format!("{expected}{call}")
        );
    }
    for model in ["..", "a/../b", "models//x", "publishers/./x"] {
        let request = joined(request(json!({})), json!({"model": model}));
        GEMINI.refused(&request, &target());
    }
}

#[cfg(feature = "anthropic")]
#[test]
fn claude_is_a_model_of_another_publisher() {
    let claude = "/projects/p1/locations/eu/publishers/anthropic/models/claude-x:rawPredict";
    assert_eq!(path(VERTEX, "claude-x", "/v1", &cloud("p1", "eu")), claude);
}

#[test]
fn keys_and_tokens_are_told_apart() {
    let header = |wire: Wire, key: &str| wire.key_headers(key)[0].0;
    for (key, in_vertex) in [
        ("AIzaSy-1", "x-goog-api-key"),
        ("AQ.Ab8-1", "x-goog-api-key"),
        ("ya29.a0-1", "authorization"),
        ("eyJhbGci", "authorization"),
    ] {
        assert_eq!(header(VERTEX, key), in_vertex);
        assert_eq!(header(GEMINI, key), "x-goog-api-key");
    }
}

/// The error of a call that is refused before anything is sent.
fn refused(options: &Value) -> LlmError {
    let options = joined(json!({"provider": "vertex"}), options.clone());
    let options = ClientOptions::from_json(&options.to_string()).unwrap();
    let request = joined(request(json!({})), json!({"model": "gemini-2.5-flash"}));
    let request = LlmRequest::from_json(&request.to_string()).unwrap();
    let mut task = Task::Chat(Box::new(request));
    resolve(&options, &Environment::default(), |_| None, &mut task).unwrap_err()
}

#[test]
fn what_is_missing_for_vertex_is_named() {
    for (options, expected) in [
        (
            json!({"vertex_project": "p"}),
            "no key; pass an access token as api_key",
        ),
        (
            json!({"api_key": "ya29.test"}),
            "vertex_project is missing for an access token",
        ),
        (
            json!({"api_key": "AIza-test", "vertex_location": "eu"}),
            "vertex_project is missing beside",
        ),
    ] {
        let error = refused(&options);
        assert_eq!(error.kind, ErrorKind::Config, "{error}");
        assert!(error.message.starts_with(expected), "{error}");
    }
}
