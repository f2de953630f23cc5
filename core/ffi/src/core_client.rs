//! What llm_invoke keeps from one call to the next: a client of the core, and with it the keys that
//! were read from the environment, the connections and the retry budget, which would be none if
//! every call had its own. Made again when the environment has changed. Owned by `runtime`, used by
//! `invoke`.

use std::sync::Mutex;

use liter_llm_core::{Client, ClientOptions};

use crate::environment;
use crate::error::Failure;
use crate::http_cache::Pools;
use crate::sync::lock;

/// A client of the core and the bounds of its streams.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The client.
    pub core: Client,
    /// Of the options.
    pub stream_window_bytes: usize,
    /// Of the options.
    pub queue_bytes_max: usize,
}

/// The place for one of these.
#[derive(Debug, Default)]
pub struct Kept {
    made: Mutex<Option<Made>>,
}

#[derive(Debug)]
struct Made {
    environment: u64,
    prepared: Prepared,
}

impl Prepared {
    /// From options. Must be called inside the runtime.
    pub fn new(options: ClientOptions, pools: &Pools) -> Result<Self, Failure> {
        let http = pools.http(&options.http())?;
        Ok(Self {
            stream_window_bytes: options.stream_window_bytes,
            queue_bytes_max: options.queue_bytes_max,
            core: Client::with_http(options, http),
        })
    }
}

impl Kept {
    /// The one that fits the environment as it is now. Must be called inside the runtime.
    pub fn get(&self, pools: &Pools) -> Result<Prepared, Failure> {
        let environment = environment::fingerprint();
        let mut made = lock(&self.made);
        if let Some(made) = made.as_ref().filter(|made| made.environment == environment) {
            return Ok(made.prepared.clone());
        }
        let prepared = Prepared::new(ClientOptions::from_json("{}")?, pools)?;
        *made = Some(Made {
            environment,
            prepared: prepared.clone(),
        });
        Ok(prepared)
    }
}
