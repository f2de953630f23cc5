//! Certificates of the client.

use serde_json::{json, Value};

use crate::support::Mock;
use crate::{base_url, client, requests, text};

/// The option's certificate is sent to a server that requests one, in either version.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_certificate_is_sent_where_it_is_requested() {
    let mock = Mock::start(&["--tls"]);
    let place = "https_client_certificate";
    let files = |names: &[&str]| {
        let mut options = json!({"retries_max": 0});
        for name in names {
            options[name] = mock.ready[name].clone();
        }
        options
    };
    let all = ["ca_file", "client_certificate_file", "client_key_file"];
    for (names, place, shown) in [
        (all.as_slice(), place, true),
        (&all[..1], place, false),
        (&all, "https", false),
    ] {
        let key = format!("{place}-{}", names.len());
        let client = client(files(names));
        let response = text(&client, &base_url(&mock, place, &key)).await;
        assert_eq!(response, "Hello world", "{key}");
        let seen = mock.seen(&key);
        assert_eq!(
            requests(&seen)[0]["client_certificate"],
            shown,
            "{key}: {seen}"
        );
        assert_eq!(requests(&seen)[0]["version"], "HTTP/2", "{key}");
    }
}

/// A new connection goes on with the session of an earlier one: a handshake without certificates,
/// at a fraction of its cost. Another client, which trusts other roots, has sessions of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_resumed_by_the_next_connection_of_its_client() {
    let mock = Mock::start(&["--tls"]);
    // Each connection serves once.
    let options = json!({"ca_file": mock.ready["ca_file"], "pool_idle_timeout_ms": 0});
    let (first, other) = (client(options.clone()), client(options));
    for (name, client, resumed) in [
        ("first", &first, false),
        ("second", &first, true),
        ("third", &first, true),
        ("other", &other, false),
    ] {
        let base_url = base_url(&mock, "https_http1", name);
        assert_eq!(text(client, &base_url).await, "Hello world", "{name}");
        let seen = mock.seen(name);
        assert_eq!(requests(&seen)[0]["tls_resumed"], resumed, "{name}: {seen}");
    }
}

/// Half of a pair, or a file that holds no certificate, is a mistake in the options.
#[test]
fn a_client_certificate_that_cannot_be_used_is_a_config_error() {
    let mock = Mock::start(&["--tls"]);
    let (certificate, key) = (
        &mock.ready["client_certificate_file"],
        &mock.ready["client_key_file"],
    );
    for (certificate, key) in [
        (certificate, &Value::Null),
        (&Value::Null, key),
        (key, certificate),
        (certificate, &json!("/nonexistent/client.key")),
        (&json!("/nonexistent/client.pem"), key),
    ] {
        let options = json!({"provider": "openai", "api_key": "test-key-0123456789",
            "client_certificate_file": certificate, "client_key_file": key});
        let made = liter_llm::ClientOptions::from_json(&options.to_string())
            .and_then(liter_llm::Client::new);
        let error = made.unwrap_err();
        assert_eq!(error.kind.name(), "CONFIG", "{certificate} {key}: {error}");
        assert!(error.message.contains("client_"), "{error}");
    }
}
