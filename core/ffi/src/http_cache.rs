//! The HTTP stacks of this process: clients whose options for it are equal share one, and so its
//! open connections. Owns the cache; a stack lives as long as a client uses it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, Weak};

use liter_llm_core::{Http, HttpOptions};

use crate::error::Failure;
use crate::sync::lock;

/// What decides a stack beside the options: a client that is made after one of these has changed
/// gets another.
const ENVIRONMENT: [&str; 10] = [
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

type Key = (HttpOptions, [Option<OsString>; ENVIRONMENT.len()]);

/// Stacks that are in use, by what they were made of.
#[derive(Default)]
pub struct HttpCache {
    used: Mutex<HashMap<Key, Weak<Http>>>,
}

impl HttpCache {
    /// The stack for these options. Must be called inside the runtime.
    pub fn http(&self, options: &HttpOptions) -> Result<Arc<Http>, Failure> {
        let key = (options.clone(), ENVIRONMENT.map(std::env::var_os));
        let mut used = lock(&self.used);
        if let Some(http) = used.get(&key).and_then(Weak::upgrade) {
            return Ok(http);
        }
        let http = Arc::new(Http::new(options)?);
        used.retain(|_, http| http.strong_count() > 0);
        used.insert(key, Arc::downgrade(&http));
        Ok(http)
    }
}
