//! TLS 1.2 and 1.3 with rustls and ring. Owns which certificates are trusted and reports where they
//! came from; there is no switch that turns verification off. The files that options name are read
//! when a client is made, so that one with other content is found then. The platform's roots, and a
//! `ca_file` that cannot be read, matter when the first connection needs them: a program that uses
//! plain http to its own machine needs none.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use url::Host;

use super::authority::{Authority, Peer};
use super::classify;
use super::options::HttpOptions;
use super::socket::Socket;
use crate::error::config;
use crate::error::{LlmError, Phase};
use crate::mutex::lock;

const CA_FILE: &str = "ca_file";

/// Where the trusted roots came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RootSource {
    Platform(usize),
    Mozilla,
}

impl fmt::Display for RootSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform(count) => write!(formatter, "{count} roots of the platform's store"),
            Self::Mozilla => formatter.write_str("Mozilla's roots; the platform's store is empty"),
        }
    }
}

#[derive(Debug)]
pub(super) struct Tls {
    authorities: Authorities,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    /// Made when it is first needed; a failure is not kept, since it may be over soon.
    configured: Mutex<Option<Configured>>,
}

/// The certificates of `ca_file`.
#[derive(Debug)]
enum Authorities {
    Read(Vec<CertificateDer<'static>>),
    /// The file could not be read when the client was made; it is read when it is needed.
    Later(String),
}

#[derive(Debug, Clone)]
struct Configured {
    host: Arc<ClientConfig>,
    proxy: Arc<ClientConfig>,
    roots: RootSource,
}

impl Tls {
    /// Reads the files that the options name.
    pub(super) fn new(options: &HttpOptions) -> Result<Self, LlmError> {
        let authorities = Authorities::of(options.ca_file.as_deref())?;
        let identity = match (&options.client_certificate_file, &options.client_key_file) {
            (None, None) => None,
            (Some(chain), Some(key)) => {
                let private = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| unusable("client_key_file", key, &error))?;
                Some((certificates("client_certificate_file", chain)?, private))
            }
            _ => {
                return Err(config(
                    "client_certificate_file and client_key_file go together",
                ))
            }
        };
        let tls = Self {
            authorities,
            identity,
            configured: Mutex::default(),
        };
        // Found now, and not with the first request: what cannot be used at all.
        let roots = match &tls.authorities {
            Authorities::Read(certificates) => own_roots(certificates)?,
            Authorities::Later(_) => RootCertStore::empty(),
        };
        tls.client_config(roots)?;
        Ok(tls)
    }

    /// Where the trusted roots came from, once a connection needed them.
    pub(super) fn roots(&self) -> Option<RootSource> {
        Some(lock(&self.configured).as_ref()?.roots)
    }

    /// Whether a TLS connection could be made, before anything is opened for it.
    pub(super) fn check(&self) -> Result<(), LlmError> {
        self.configured().map(drop)
    }

    /// Makes a TLS connection over another one; true where HTTP/2 was agreed on.
    pub(super) async fn connect(
        &self,
        socket: Socket,
        at: &Authority,
        peer: Peer,
    ) -> Result<(Socket, bool), LlmError> {
        let configured = self.configured()?;
        let config = match peer {
            Peer::Host => configured.host,
            Peer::Proxy => configured.proxy,
        };
        let failed = |error: &io::Error| classify::tls_failed(at, error);
        let name = server_name(&at.host).map_err(|error| failed(&io::Error::other(error)))?;
        let connector = TlsConnector::from(config);
        let stream = connector
            .connect(name, socket)
            .await
            .map_err(|error| failed(&error))?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Socket::Tls(Box::new(stream)), is_http2))
    }

    fn configured(&self) -> Result<Configured, LlmError> {
        let mut configured = lock(&self.configured);
        if let Some(configured) = &*configured {
            return Ok(configured.clone());
        }
        let made = self.configure();
        let made = made.map_err(|error| error.phase(Phase::Connect))?;
        Ok(configured.insert(made).clone())
    }

    fn configure(&self) -> Result<Configured, LlmError> {
        let (platform, roots) = platform_roots()?;
        let mut all = match &self.authorities {
            Authorities::Read(certificates) => own_roots(certificates)?,
            Authorities::Later(file) => own_roots(&certificates(CA_FILE, file)?)?,
        };
        all.extend(platform.roots.iter().cloned());
        let mut host = self.client_config(all)?;
        let mut proxy = host.clone();
        host.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        proxy.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Configured {
            host: Arc::new(host),
            proxy: Arc::new(proxy),
            roots,
        })
    }

    fn client_config(&self, roots: RootCertStore) -> Result<ClientConfig, LlmError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| config(format!("TLS: {error}")))?
            .with_root_certificates(roots);
        match &self.identity {
            None => Ok(builder.with_no_client_auth()),
            Some((chain, key)) => builder
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|error| {
                    config(format!("client_certificate_file cannot be used: {error}"))
                }),
        }
    }
}

impl Authorities {
    fn of(file: Option<&str>) -> Result<Self, LlmError> {
        let Some(file) = file else {
            return Ok(Self::Read(Vec::new()));
        };
        match std::fs::File::open(file) {
            Ok(_) => certificates(CA_FILE, file).map(Self::Read),
            Err(_) => Ok(Self::Later(file.to_owned())),
        }
    }
}

fn own_roots(certificates: &[CertificateDer<'static>]) -> Result<RootCertStore, LlmError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots
            .add(certificate.clone())
            .map_err(|error| config(format!("{CA_FILE} cannot be used: {error}")))?;
    }
    Ok(roots)
}

/// The platform's roots, or those that SSL_CERT_FILE and SSL_CERT_DIR name; Mozilla's where there
/// are none. A variable that names nothing usable is an error: a typing mistake must not change
/// which roots are trusted.
fn platform_roots() -> Result<(RootCertStore, RootSource), LlmError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (count, _) = roots.add_parsable_certificates(found.certs);
    if count > 0 {
        return Ok((roots, RootSource::Platform(count)));
    }
    if let Some(error) = found.errors.iter().find(|error| is_passing(error)) {
        return Err(config(format!("the platform's certificates: {error}")));
    }
    for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        if let Some(path) = std::env::var_os(variable) {
            let message = format!(
                "no certificate found in {}; set {variable} to a readable PEM store or unset it",
                path.to_string_lossy()
            );
            return Err(config(message));
        }
    }
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok((roots, RootSource::Mozilla))
}

/// Whether the error may be over soon, such as too many open files: there may be certificates, so
/// the store does not count as empty.
fn is_passing(error: &rustls_native_certs::Error) -> bool {
    use io::ErrorKind as Kind;
    match &error.kind {
        rustls_native_certs::ErrorKind::Io { inner, .. } => !matches!(
            inner.kind(),
            Kind::NotFound | Kind::PermissionDenied | Kind::NotADirectory
        ),
        _ => false,
    }
}

fn server_name(host: &Host<String>) -> Result<ServerName<'static>, rustls::Error> {
    let name = match host {
        Host::Domain(name) => ServerName::try_from(name.clone()),
        Host::Ipv4(address) => return Ok(ServerName::from(std::net::IpAddr::V4(*address))),
        Host::Ipv6(address) => return Ok(ServerName::from(std::net::IpAddr::V6(*address))),
    };
    name.map_err(|error| rustls::Error::General(error.to_string()))
}

fn certificates(option: &str, file: &str) -> Result<Vec<CertificateDer<'static>>, LlmError> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(option, file, &error))?;
    if certificates.is_empty() {
        return Err(config(format!("{option} {file} holds no PEM certificate")));
    }
    Ok(certificates)
}

fn unusable(option: &str, file: &str, error: &dyn fmt::Display) -> LlmError {
    config(format!("{option} {file} cannot be used: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_store_that_may_be_there_is_an_error() {
        let is_passing = |inner: io::Error| {
            let path = std::path::PathBuf::from("/certificates");
            is_passing(&rustls_native_certs::Error {
                context: "a test",
                kind: rustls_native_certs::ErrorKind::Io { inner, path },
            })
        };
        // EIO, ENFILE and EMFILE, which have the same numbers on Linux and macOS, and then ENOENT,
        // EACCES and ENOTDIR. On Windows: too many files, not ready, bad data; no such file, access
        // denied, no folder.
        let (passing, lasting) = match cfg!(windows) {
            true => ([4, 21, 23], [2, 5, 267]),
            false => ([5, 23, 24], [2, 13, 20]),
        };
        let is_passing = |number| is_passing(io::Error::from_raw_os_error(number));
        assert_eq!(passing.map(is_passing), [true; 3]);
        assert_eq!(lasting.map(is_passing), [false; 3]);
        let pem = rustls_native_certs::ErrorKind::Pem(rustls::pki_types::pem::Error::NoItemsFound);
        assert!(!super::is_passing(&rustls_native_certs::Error {
            context: "a test",
            kind: pem,
        }));
    }

    #[test]
    fn the_log_says_where_roots_came_from() {
        let platform = RootSource::Platform(3).to_string();
        assert_eq!(platform, "3 roots of the platform's store");
        assert!(RootSource::Mozilla
            .to_string()
            .starts_with("Mozilla's roots"));
    }
}
