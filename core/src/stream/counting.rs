//! What a stream tells the counters of its client.

use std::sync::Arc;

use tokio::time::Instant;

use super::counters::ProviderCounters;
use super::{Inner, Task};
use crate::client::shared::Shared;
use crate::error::{ErrorKind, LlmError};
use crate::event::Usage;
use crate::request::Operation;

/// The counters of a call's provider.
#[derive(Debug, Default)]
pub(super) struct Counted {
    counters: Option<Arc<ProviderCounters>>,
    attempt_began: Option<Instant>,
}

impl Counted {
    pub(super) fn first_content(&self, task: &Task) {
        if task.operation() != Operation::Chat {
            return;
        }
        if let (Some(counters), Some(began)) = (&self.counters, self.attempt_began) {
            counters.first_token(began.elapsed());
        }
    }
}

impl Inner {
    /// A request is about to be sent.
    pub(super) fn count_attempt(&mut self) {
        let Some(provider) = self.provider else {
            return;
        };
        let counters = self.counted.counters.take();
        let counters = counters.unwrap_or_else(|| self.shared.counters.of(provider));
        counters.request(self.attempts > 1);
        self.counted.counters = Some(counters);
        self.counted.attempt_began = Some(Instant::now());
    }

    pub(super) fn count_failure(&self, error: &LlmError) {
        if error.kind == ErrorKind::RateLimited || error.status == Some(429) {
            if let Some(counters) = &self.counted.counters {
                counters.rate_limited();
            }
        }
    }

    pub(super) fn count_usage(&self, usage: Option<&Usage>) {
        if let (Some(counters), Some(usage)) = (&self.counted.counters, usage) {
            counters.usage(usage);
        }
    }
}

/// A call counts as live while this lives.
#[derive(Debug)]
pub(super) struct LiveCall(Arc<Shared>);

impl LiveCall {
    pub(super) fn begin(shared: &Arc<Shared>) -> Self {
        shared.counters.begin_call();
        Self(Arc::clone(shared))
    }
}

impl Drop for LiveCall {
    fn drop(&mut self) {
        self.0.counters.end_call();
    }
}
