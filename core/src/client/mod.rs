//! A client: options, keys, connections and the retry budget that its streams share. Cheap to
//! clone, usable from any thread; used inside one tokio runtime.

pub(crate) mod environment;

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::client::environment::Environment;
use crate::error::LlmError;
use crate::event::{LlmResponse, Outcome};
use crate::http::Http;
use crate::options::{ClientOptions, LogLevel, LogRecord};
use crate::request::LlmRequest;
use crate::secret::Secrets;
use crate::stream::prepare as plan;
use crate::stream::retry::Budget;
use crate::stream::LlmStream;

type Logger = Arc<dyn Fn(&LogRecord) + Send + Sync>;

/// Talks to providers.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

/// What the streams of a client share.
pub(crate) struct Shared {
    pub(crate) options: ClientOptions,
    pub(crate) http: Arc<Http>,
    pub(crate) environment: Environment,
    pub(crate) budget: Budget,
    /// Made when something is to be looked at for the first time.
    secrets: OnceLock<Secrets>,
    logger: Option<Logger>,
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
        let environment = Environment::read();
        let budget = Budget::default();
        let shared = Shared {
            options,
            http,
            environment,
            budget,
            secrets: OnceLock::new(),
            logger: None,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Sends log records of the client's level somewhere. The logger is called on the threads of
    /// the runtime and must not block.
    #[must_use]
    pub fn with_logger(self, logger: Arc<dyn Fn(&LogRecord) + Send + Sync>) -> Self {
        let shared = match Arc::try_unwrap(self.shared) {
            Ok(shared) => Shared {
                logger: Some(logger),
                ..shared
            },
            Err(shared) => Shared {
                options: shared.options.clone(),
                http: Arc::clone(&shared.http),
                environment: shared.environment.clone(),
                budget: Budget::default(),
                secrets: OnceLock::new(),
                logger: Some(logger),
            },
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Starts a request. Nothing is sent until the stream is polled; dropping it closes the
    /// connection. The answer comes in pieces unless the request says otherwise.
    #[must_use]
    pub fn stream(&self, request: LlmRequest) -> LlmStream {
        LlmStream::new(Arc::clone(&self.shared), request)
    }

    /// Sends a request and waits for the whole answer, which comes in one piece unless the request
    /// says otherwise.
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

impl Shared {
    /// The secrets that all of its calls share.
    pub(crate) fn secrets(&self) -> &Secrets {
        self.secrets
            .get_or_init(|| plan::client_secrets(&self.options, &self.environment))
    }

    /// Logs a line about a call, made only when its level is wanted, and redacted.
    pub(crate) fn log(
        &self,
        level: LogLevel,
        provider: Option<&'static str>,
        request: Option<&LlmRequest>,
        message: impl FnOnce() -> String,
    ) {
        let Some(logger) = self
            .logger
            .as_ref()
            .filter(|_| level <= self.options.log_level)
        else {
            return;
        };
        let message = plan::redactor(self, request).clean_line(message());
        logger(&LogRecord {
            level,
            message,
            provider,
        });
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
