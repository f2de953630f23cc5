//! The options that decide which connections can be shared.

/// What decides an HTTP stack: clients with equal ones can share connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpOptions {
    pub(crate) proxy: bool,
    pub(crate) ca_file: Option<String>,
    pub(crate) client_certificate_file: Option<String>,
    pub(crate) client_key_file: Option<String>,
    pub(crate) deny_private: bool,
    pub(crate) pool_idle_timeout_ms: u64,
    pub(crate) pool_idle_connections_max: usize,
    pub(crate) http2_ping_interval_ms: u64,
    pub(crate) http2_ping_timeout_ms: u64,
}
