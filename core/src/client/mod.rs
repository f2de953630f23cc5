//! A client: options, keys, connections and the retry budget that its streams share. Cheap to
//! clone, usable from any thread; used inside one tokio runtime.

mod check;
pub(crate) mod environment;
mod from_json;
mod key_answer;
pub(crate) mod log_record;
mod operations;
pub(crate) mod options;
mod secrets;
pub(crate) mod shared;

use std::sync::Arc;

use crate::client::log_record::LogRecord;
use crate::client::options::ClientOptions;
use crate::error::LlmError;
use crate::event::{LlmResponse, Outcome};
use crate::http::Http;
use crate::request::{AnyRequest, LlmRequest};
use crate::stream::LlmStream;
use environment::Environment;
use shared::Shared;

/// A client for every provider.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

impl Client {
    /// Makes a client with connections of its own. Reads keys and base URLs from the environment
    /// once; opens no connection.
    ///
    /// # Errors
    /// `CONFIG` when a certificate file cannot be used.
    pub fn new(options: ClientOptions) -> Result<Self, LlmError> {
        let http = Arc::new(Http::new(&options.http())?);
        Ok(Self::with_http(options, http))
    }

    /// Makes a client that shares connections with others.
    #[must_use]
    pub fn with_http(options: ClientOptions, http: Arc<Http>) -> Self {
        let shared = Shared::new(options, http, Environment::read(), None);
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Sends log records of the client's level somewhere. The logger is called on the threads of
    /// the runtime and must not block.
    #[must_use]
    pub fn with_logger(self, logger: Arc<dyn Fn(&LogRecord) + Send + Sync>) -> Self {
        let shared = match Arc::try_unwrap(self.shared) {
            Ok(shared) => shared.with_logger(logger),
            Err(shared) => Shared::new(
                shared.options.clone(),
                Arc::clone(&shared.http),
                shared.environment.clone(),
                Some(logger),
            ),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Starts a request. Nothing is sent until the stream is polled; dropping it closes the
    /// connection. The response is streamed unless the request sets `stream` to false.
    #[must_use]
    pub fn stream(&self, request: LlmRequest) -> LlmStream {
        self.start(AnyRequest::Chat(request))
    }

    /// Starts a request for any operation; see [`Client::stream`].
    #[must_use]
    pub fn start(&self, request: AnyRequest) -> LlmStream {
        LlmStream::new(Arc::clone(&self.shared), request)
    }

    /// Sends a request and waits for the whole response, which is not streamed unless the request
    /// sets `stream`.
    ///
    /// # Errors
    /// Any kind; `partial` holds what had been received.
    pub async fn complete(&self, mut request: LlmRequest) -> Result<LlmResponse, LlmError> {
        request.stream.get_or_insert(false);
        let mut stream = self.stream(request);
        let mut response = LlmResponse::default();
        while stream.next_batch().await.is_some() {
            stream
                .drain()
                .into_iter()
                .for_each(|event| response.push(event));
        }
        match (response.receipt.outcome, response.receipt.error.take()) {
            (Outcome::Complete, _) | (_, None) => Ok(response),
            (_, Some(mut error)) => {
                error.partial = Some(Box::new(response));
                Err(error)
            }
        }
    }
}
