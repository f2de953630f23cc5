//! TLS 1.2 and 1.3 with rustls and ring. Owns which certificates are trusted and says where they
//! came from; there is no switch that turns verification off.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::error::LlmError;
use crate::options::{config, HttpOptions};

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

pub(super) fn client_config(options: &HttpOptions) -> Result<(ClientConfig, RootSource), LlmError> {
    let (mut roots, source) = roots()?;
    if let Some(file) = &options.ca_file {
        for certificate in certificates("ca_file", file)? {
            roots
                .add(certificate)
                .map_err(|error| unusable("ca_file", file, &error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| config(format!("TLS: {error}")))?
        .with_root_certificates(roots);
    let tls = match (&options.client_certificate_file, &options.client_key_file) {
        (None, None) => builder.with_no_client_auth(),
        (Some(chain), Some(key)) => {
            let certificates = certificates("client_certificate_file", chain)?;
            let private = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| unusable("client_key_file", key, &error))?;
            builder
                .with_client_auth_cert(certificates, private)
                .map_err(|error| unusable("client_certificate_file", chain, &error))?
        }
        _ => {
            return Err(config(
                "client_certificate_file and client_key_file go together",
            ))
        }
    };
    Ok((tls, source))
}

/// The platform's roots, or those that SSL_CERT_FILE and SSL_CERT_DIR name; Mozilla's where there
/// are none. A variable that names nothing usable is an error: the caller meant something by it.
fn roots() -> Result<(RootCertStore, RootSource), LlmError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (count, _) = roots.add_parsable_certificates(found.certs);
    if count > 0 {
        return Ok((roots, RootSource::Platform(count)));
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
