//! Throw-away certificates, made at start: a CA, a good certificate under it, and one for every
//! reason for which a client must refuse. Owns the folder in which clients find the CA.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    date_time_ymd, BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    KeyUsagePurpose,
};
use tokio_rustls::rustls::crypto::ring::{default_provider, Ticketer};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// The ports by the names under which they are announced.
pub const NAMES: [&str; 6] = [
    "https",
    HTTP1_NAME,
    CLIENT_NAME,
    "https_wrong_name",
    "https_expired",
    "https_self_signed",
];
/// As good, but without HTTP/2.
const HTTP1_NAME: &str = "https_http1";
/// As good, and requests the client's certificate; whether one came is seen with each request.
const CLIENT_NAME: &str = "https_client_certificate";
pub const OLD_NAME: &str = "https_tls11";

pub struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
}

/// Removed with its content when dropped.
pub struct Folder(PathBuf);

impl Certificates {
    pub fn make() -> Result<Self, String> {
        let mut params = named("liter-llm mock CA", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = CertifiedIssuer::self_signed(params, key()?).map_err(shown)?;
        Ok(Self { authority })
    }

    pub fn write_ca(&self) -> Result<Folder, String> {
        let name = format!("liter-llm-mock-{}", std::process::id());
        let folder = Folder(std::env::temp_dir().join(name));
        fs::create_dir_all(&folder.0).map_err(shown)?;
        fs::write(folder.ca_file(), self.authority.pem()).map_err(shown)?;
        let key = key()?;
        let client = named("liter-llm mock client", &["client.example"])?
            .signed_by(&key, &self.authority)
            .map_err(shown)?;
        fs::write(folder.client_certificate_file(), client.pem()).map_err(shown)?;
        fs::write(folder.client_key_file(), key.serialize_pem()).map_err(shown)?;
        Ok(folder)
    }

    /// What the port of this name presents; HTTP/2 first.
    pub fn acceptor(&self, name: &str) -> Result<TlsAcceptor, String> {
        let hosts: &[&str] = match name {
            "https_wrong_name" => &["wrong.example"],
            _ => &["localhost", "127.0.0.1"],
        };
        let mut params = named(name, hosts)?;
        if name == "https_expired" {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2001, 2, 1);
        }
        let key = key()?;
        let certificate = match name {
            "https_self_signed" => params.self_signed(&key),
            _ => params.signed_by(&key, &self.authority),
        };
        let versions: &[&[u8]] = match name {
            HTTP1_NAME => &[b"http/1.1"],
            _ => &[b"h2", b"http/1.1"],
        };
        let requests_one = name == CLIENT_NAME;
        let verifier = requests_one.then(|| self.client_verifier()).transpose()?;
        let certificate = certificate.map_err(shown)?.der().clone();
        server(certificate, key, versions, verifier)
    }

    fn client_verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, String> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).map_err(shown)?;
        let provider = Arc::new(default_provider());
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .allow_unauthenticated()
            .build()
            .map_err(shown)
    }
}

impl Folder {
    pub fn ca_file(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    pub fn client_certificate_file(&self) -> PathBuf {
        self.0.join("client.pem")
    }

    pub fn client_key_file(&self) -> PathBuf {
        self.0.join("client.key")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Somebody else may have cleaned up already.
        let _gone = fs::remove_dir_all::<&Path>(&self.0);
    }
}

/// A ServerHello of TLS 1.1 with TLS_RSA_WITH_AES_128_CBC_SHA (RFC 4346, 7.4.1.3).
pub fn old_server_hello() -> Vec<u8> {
    let mut hello = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend([0x5a; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    hello
}

fn named(name: &str, hosts: &[&str]) -> Result<CertificateParams, String> {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).map_err(shown)?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn server(
    certificate: CertificateDer<'static>,
    key: KeyPair,
    versions: &[&[u8]],
    verifier: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<TlsAcceptor, String> {
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(shown)?;
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder
        .with_single_cert(vec![certificate], key)
        .map_err(shown)?;
    // Tickets that it need not remember, as servers of many machines have them.
    config.ticketer = Ticketer::new().map_err(shown)?;
    config.alpn_protocols = versions.iter().map(|version| version.to_vec()).collect();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn key() -> Result<KeyPair, String> {
    KeyPair::generate().map_err(shown)
}

fn shown(error: impl std::fmt::Display) -> String {
    error.to_string()
}
