//! The core's client as this crate uses it: with the bounds of its streams, and on a shared HTTP
//! stack. Owns the one that all calls of llm_invoke share: with it they share the keys that were
//! read from the environment, connections and the retry budget. It is made again when the
//! environment has changed.

use std::sync::Mutex;

use liter_llm_core::{Client, ClientOptions};

use crate::environment;
use crate::error::Failure;
use crate::http_cache::HttpCache;
use crate::sync::lock;

/// A client of the core and the bounds of its streams.
#[derive(Debug, Clone)]
pub struct CoreClient {
    /// The client.
    pub core: Client,
    /// Of the options.
    pub stream_window_bytes: usize,
    /// Of the options.
    pub queue_bytes_max: usize,
}

/// The client that all calls of llm_invoke share.
#[derive(Debug, Default)]
pub struct InvokeClient {
    made: Mutex<Option<Made>>,
}

#[derive(Debug)]
struct Made {
    environment: u64,
    client: CoreClient,
}

impl CoreClient {
    /// From options. Must be called inside the runtime.
    pub fn new(options: ClientOptions, http_cache: &HttpCache) -> Result<Self, Failure> {
        let http = http_cache.http(&options.http())?;
        Ok(Self {
            stream_window_bytes: options.stream_window_bytes,
            queue_bytes_max: options.queue_bytes_max,
            core: Client::with_http(options, http),
        })
    }
}

impl InvokeClient {
    /// The one that fits the environment as it is now. Must be called inside the runtime.
    pub fn get(&self, http_cache: &HttpCache) -> Result<CoreClient, Failure> {
        let environment = environment::fingerprint();
        let mut made = lock(&self.made);
        if let Some(made) = made.as_ref().filter(|made| made.environment == environment) {
            return Ok(made.client.clone());
        }
        let client = CoreClient::new(ClientOptions::from_json("{}")?, http_cache)?;
        *made = Some(Made {
            environment,
            client: client.clone(),
        });
        Ok(client)
    }
}
