//! Tapes: whole exchanges with providers in a file, one line of JSON each, to be played again
//! without network and key. What is above sees an exchange like any other, so retries, timers,
//! cancellation and redaction work as ever. Owns which exchange is played and which is recorded.

mod exchange;
mod failure;
mod fields;
mod file;
mod nearest;
mod opened;
mod options;
mod recorder;
mod recordings;
mod request;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokio::sync::OnceCell;
use tokio::time::{sleep, Instant};

use super::{Exchange, Http, HttpRequest, HttpResponse};
use crate::error::{config, ErrorKind, LlmError};
use exchange::{Received, TapedEnd, TapedExchange};
use opened::OpenTape;
pub use options::{TapeMode, TapeOptions, TapePace};
use recorder::Begun;
pub(crate) use recorder::Recorder;
use request::TapedRequest;

/// Takes the secrets of a call out of a text; `None` where it has none.
pub(crate) type Clean = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Whether something reads the header of a response that has this name, in lower case.
pub(crate) type Keeps = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// How its exchanges are told from those of a connection, in the log.
const PROTOCOL: &str = "a tape";

/// The tape of one client. Its file is opened with the first request.
pub(crate) struct Tape {
    options: TapeOptions,
    keeps: Keeps,
    opened: OnceCell<Result<Arc<OpenTape>, LlmError>>,
}

/// One request on its way through a tape.
pub(crate) struct TapedCall<'c> {
    pub(crate) http: &'c Http,
    pub(crate) provider: &'static str,
    pub(crate) request: &'c HttpRequest,
    pub(crate) exchange: &'c Arc<Exchange>,
    pub(crate) clean: Clean,
    /// Why it could not be sent: there is no key.
    pub(crate) no_key: Option<&'c LlmError>,
}

impl Tape {
    pub(crate) fn new(options: TapeOptions, keeps: Keeps) -> Arc<Self> {
        Arc::new(Self {
            options,
            keeps,
            opened: OnceCell::new(),
        })
    }

    fn options(&self) -> &TapeOptions {
        &self.options
    }

    /// Plays the next recording of a request, or sends and records it, as the mode says.
    pub(crate) async fn send(
        self: &Arc<Self>,
        call: TapedCall<'_>,
    ) -> Result<HttpResponse, LlmError> {
        let opened = self.opened().await?;
        let request = TapedRequest::new(call.provider, call.request, &call.clean);
        if self.options.mode != TapeMode::Record {
            let key = request.key();
            let found = crate::mutex::lock(&opened.recordings).next(&key);
            if let Some(found) = found {
                return self.play(&found, call.exchange).await;
            }
            let missing = || {
                let why = crate::mutex::lock(&opened.recordings).missing(&request, &key);
                format!("tape: {} {why}", Path::new(&self.options.file).display())
            };
            match call.no_key {
                _ if self.options.mode == TapeMode::Replay => return Err(config(missing())),
                Some(no_key) => {
                    let message = format!("{}; it cannot be recorded: {no_key}", missing());
                    return Err(config(message));
                }
                None => {}
            }
        }
        let number = opened.begin(self.options.file_bytes_max)?;
        let begun = Begun {
            request,
            number,
            at: Instant::now(),
            clean: call.clean,
        };
        match call.http.send(call.request, call.exchange).await {
            Ok(response) => Ok(Recorder::wrap(Arc::clone(self), begun, response)),
            Err(error) => {
                if failure::is_held(error.kind) {
                    let number = begun.number;
                    let exchange = TapedExchange::of_failure(begun.request, &error, &begun.clean);
                    opened.push(exchange, number);
                }
                Err(error)
            }
        }
    }

    async fn play(
        &self,
        found: &TapedExchange,
        exchange: &Exchange,
    ) -> Result<HttpResponse, LlmError> {
        let played = found.play(self.options.pace);
        let (status, headers, body) = played.map_err(|error| self.named(error))?;
        if self.options.pace == TapePace::Recorded {
            exchange.begin_played();
            sleep(found.head_after()).await;
        }
        Ok(HttpResponse::played(
            exchange, status, headers, body, PROTOCOL,
        ))
    }

    /// A failure that was recorded. Where others are sent, it has to be known for one.
    fn named(&self, mut error: LlmError) -> LlmError {
        if self.options.mode == TapeMode::Auto {
            let file = Path::new(&self.options.file).display();
            error.message += &format!("; so it is on the tape {file}, which plays it");
        }
        error
    }

    /// Opens the file once; what failed then fails every call.
    async fn opened(&self) -> Result<&Arc<OpenTape>, LlmError> {
        let open = || async {
            let (options, place) = (self.options.clone(), Arc::new(OnceLock::new()));
            let opened = Arc::clone(&place);
            let opening = opened::on_a_thread_that_may_block(Box::new(move || {
                let _ = opened.set(OpenTape::open(&options));
            }));
            let _ = opening.await;
            let failed = || LlmError::new(ErrorKind::Internal, "tape: opening it failed");
            place.get().cloned().unwrap_or_else(|| Err(failed()))
        };
        let opened = self.opened.get_or_init(open).await;
        opened.as_ref().map_err(Clone::clone)
    }

    fn write_response(
        &self,
        begun: Begun,
        received: Received,
        end: TapedEnd,
        reason: Option<String>,
    ) {
        if let Some(Ok(opened)) = self.opened.get() {
            let response = received.tape(end, reason, &self.keeps, &begun.clean);
            opened.push(
                TapedExchange::of_response(begun.request, response),
                begun.number,
            );
        }
    }

    fn refuse_more(&self) {
        if let Some(Ok(opened)) = self.opened.get() {
            opened.refuse_more();
        }
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        if let Some(Ok(opened)) = self.opened.get() {
            opened.end_use();
        }
    }
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Tape")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
