//! The https ports: a good one, and one for every reason to refuse.

use std::sync::Arc;

use serde_json::json;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::{connect, Connection, End};
use crate::program::{chat_path, Mock};

fn open(mock: &Mock, place: &str, protocol: &str) -> std::io::Result<Connection> {
    open_as(mock, place, protocol, false)
}

/// With the client's certificate or without.
fn open_as(
    mock: &Mock,
    place: &str,
    protocol: &str,
    shows_certificate: bool,
) -> std::io::Result<Connection> {
    let ca_file = mock.places["ca_file"].as_str().unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(ca_file).unwrap())
        .unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let file = |name: &str| mock.places[name].as_str().unwrap().to_owned();
    let mut config = if shows_certificate {
        let certificate = CertificateDer::from_pem_file(file("client_certificate_file")).unwrap();
        let key = PrivateKeyDer::from_pem_file(file("client_key_file")).unwrap();
        builder
            .with_client_auth_cert(vec![certificate], key)
            .unwrap()
    } else {
        builder.with_no_client_auth()
    };
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let port = mock.address(place).split_once(':').unwrap().1.to_owned();
    let mut socket = connect(&format!("127.0.0.1:{port}"));
    while client.is_handshaking() {
        client.complete_io(&mut socket)?;
    }
    assert_eq!(client.alpn_protocol(), Some(protocol.as_bytes()));
    Ok(Connection::over(StreamOwned::new(client, socket)))
}

#[test]
fn a_good_certificate_serves_streams() {
    let mock = Mock::start(&["--tls"]);
    let mut connection = open(&mock, "https", "http/1.1").unwrap();

    for key in ["k", "tokens~5~10~k"] {
        connection.send("POST", &chat_path(key), r#"{"stream":true}"#);
        let response = connection.response();
        assert_eq!(
            (response.events().last().unwrap().as_str(), response.end),
            ("[DONE]", End::Whole)
        );
    }
}

#[test]
fn a_slow_reader_gets_every_paced_byte() {
    let mock = Mock::start(&["--tls"]);
    let text = "x".repeat(200_000);
    mock.plan(
        "k",
        json!([{"tokens": 100, "interval_ms": 1, "text": text}]),
    );
    let mut connection = open(&mock, "https", "http/1.1").unwrap();

    connection.send("POST", &chat_path("k"), r#"{"stream":true}"#);
    assert_eq!(
        mock.wait("k", "bytes=20000000&timeout_ms=300")["held"],
        false
    );

    let response = connection.response();
    assert!(response
        .tokens()
        .iter()
        .all(|token| token.len() == text.len()));
    assert_eq!(response.tokens().len(), 100);
}

#[test]
fn a_reset_is_no_close_notify() {
    let mock = Mock::start(&["--tls"]);
    mock.raw(
        "k",
        json!([{"head": {"status": 200, "chunked": true}}, {"chunk": "a"}, {"reset": true}]),
    );
    let mut connection = open(&mock, "https", "http/1.1").unwrap();

    connection.send("POST", &chat_path("k"), "{}");

    let response = connection.response();
    assert_eq!((response.text().as_str(), response.end), ("a", End::Reset));
}

#[test]
fn bad_certificates_are_refused_by_their_reason() {
    let mock = Mock::start(&["--tls"]);

    for (place, reason) in [
        ("https_wrong_name", "not valid for name"),
        ("https_expired", "expired"),
        ("https_self_signed", "UnknownIssuer"),
        ("https_tls11", "DoesNotSupportTls12"),
    ] {
        let refused = open(&mock, place, "http/1.1")
            .err()
            .expect(place)
            .to_string();
        assert!(refused.contains(reason), "{place}: {refused}");
        assert_eq!(mock.stats()["accepted"][place], 1, "{place}");
    }
    assert_eq!(mock.stats()["connections_total"], 0);
}

#[test]
fn http2_is_chosen_by_alpn() {
    let mock = Mock::start(&["--tls"]);

    assert!(open(&mock, "https", "h2").is_ok());
}

#[test]
fn a_client_certificate_is_requested_and_reported() {
    let mock = Mock::start(&["--tls"]);
    for (place, shows, reported) in [
        ("https_client_certificate", true, true),
        ("https_client_certificate", false, false),
        ("https", true, false),
    ] {
        let mut connection = open_as(&mock, place, "http/1.1", shows).unwrap();

        connection.send("POST", &chat_path("k"), "{}");

        assert_eq!(connection.response().status, 200);
        let seen = mock.seen("k");
        let last = seen["requests"].as_array().unwrap().last().unwrap();
        assert_eq!(last["client_certificate"], reported, "{place} {shows}");
        assert_eq!(last["place"], place);
    }
}
