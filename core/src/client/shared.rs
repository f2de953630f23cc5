//! What the streams of a client share: options, connections, the environment's keys, the retry
//! budget, the redactor and the log. Depends on neither the client nor a stream.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::environment::Environment;
use super::secrets::{self, CallSecrets};
use crate::client::log_record::LogRecord;
use crate::client::options::{ClientOptions, LogLevel};
use crate::event::Stats;
use crate::http::tape::Tape;
use crate::http::Http;
use crate::providers::response_headers;
use crate::request::{CallLimits, CallOptions};
use crate::script::ScriptState;
use crate::secret::{Redactor, Secrets};
use crate::stream::clock::Clock;
use crate::stream::counters::Counters;
use crate::stream::pacing::pacer::Pacer;
use crate::stream::pacing::PacingLimits;
use crate::stream::retry::Budget;

/// Called with each log record.
pub(crate) type Logger = Arc<dyn Fn(&LogRecord) + Send + Sync>;

/// What the streams of a client share.
pub(crate) struct Shared {
    pub(crate) options: ClientOptions,
    pub(crate) http: Arc<Http>,
    pub(crate) environment: Environment,
    pub(crate) budget: Budget,
    /// Where requests have to wait for their turn.
    pub(crate) pacer: Option<Arc<Pacer>>,
    pub(crate) counters: Counters,
    /// Where exchanges are recorded and played, if the client has one.
    pub(crate) tape: Option<Arc<Tape>>,
    /// What provider `script` answers.
    pub(crate) script: ScriptState,
    /// The time where a signature is checked.
    pub(crate) clock: Clock,
    /// Made when a text is to be redacted for the first time.
    secrets: OnceLock<Secrets>,
    call_secrets: CallSecrets,
    logger: Option<Logger>,
}

impl Shared {
    pub(super) fn new(
        options: ClientOptions,
        http: Arc<Http>,
        environment: Environment,
        logger: Option<Logger>,
    ) -> Self {
        let pacer = PacingLimits::of(&options).map(Pacer::new);
        let reported = options.report_headers.clone();
        let keeps = move |name: &str| {
            let is_reported = || reported.iter().any(|own| own.eq_ignore_ascii_case(name));
            response_headers::is_read(name) || is_reported()
        };
        let tape = options.tape.clone();
        Self {
            tape: tape.map(|tape| Tape::new(tape, Arc::new(keeps))),
            script: ScriptState::new(options.script.as_ref()),
            budget: Budget::new(options.retry_budget),
            options,
            http,
            environment,
            pacer,
            counters: Counters::default(),
            clock: Clock::default(),
            secrets: OnceLock::new(),
            call_secrets: CallSecrets::default(),
            logger,
        }
    }

    /// The same with another logger.
    pub(super) fn with_logger(self, logger: Logger) -> Self {
        Self {
            logger: Some(logger),
            ..self
        }
    }

    /// What was counted so far.
    pub(crate) fn stats(&self) -> Stats {
        let queued = self.pacer.as_ref().map_or(0, |pacer| pacer.queued());
        self.counters.snapshot(queued)
    }

    /// Timers and retries of a call: its own, else the client's, else the defaults.
    pub(crate) fn call_limits(&self, call: &CallOptions) -> CallLimits {
        call.limits.or(self.options.limits).or(CallLimits::DEFAULTS)
    }

    /// Takes the secrets of this client, and of the call, out of what leaves the core. Made where
    /// it is needed and not kept: thousands of streams may live at once.
    pub(crate) fn redactor(&self, call: Option<&CallOptions>) -> Redactor<'_> {
        self.redactor_with(call.and_then(|call| self.secrets_of(call)))
    }

    /// The secrets that a call brings, if it brings any.
    pub(crate) fn secrets_of(&self, call: &CallOptions) -> Option<Arc<Secrets>> {
        self.call_secrets.of(call)
    }

    /// The redactor of this client and of such a call.
    pub(crate) fn redactor_with(&self, of_call: Option<Arc<Secrets>>) -> Redactor<'_> {
        let of_client = self
            .secrets
            .get_or_init(|| secrets::of_client(&self.options, &self.environment));
        Redactor::new(of_client, of_call)
    }

    /// Logs a line about a call, made only when its level is logged, and redacted.
    pub(crate) fn log(
        &self,
        level: LogLevel,
        provider: Option<&'static str>,
        call: Option<&CallOptions>,
        message: impl FnOnce() -> String,
    ) {
        if let Some(logger) = self.logger_of(level) {
            logger(&LogRecord {
                level,
                message: self.redactor(call).clean_line(message()),
                provider,
                ..LogRecord::default()
            });
        }
    }

    /// Whether lines of this level are logged.
    pub(crate) fn logs(&self, level: LogLevel) -> bool {
        self.logger_of(level).is_some()
    }

    /// Logs the record of a call, whose texts are redacted.
    pub(crate) fn log_call(&self, record: &LogRecord) {
        if let Some(logger) = self.logger_of(record.level) {
            logger(record);
        }
    }

    fn logger_of(&self, level: LogLevel) -> Option<&Logger> {
        let logger = self.logger.as_ref();
        logger.filter(|_| level <= self.options.log_level)
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
