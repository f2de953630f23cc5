//! The attempts of a call, for END to list. Owns which are listed: those of a call that has
//! fallbacks, and of one that failed and went on. A call whose first attempt is its last costs
//! nothing here.

use std::time::Duration;

use tokio::time::Instant;

use super::prepare::PreparedRequest;
use super::Inner;
use crate::error::LlmError;
use crate::event::Tried;

/// So many attempts are listed, the last ones.
const TRIED_MAX: usize = 64;

/// The attempts of a call so far.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    list: Vec<Tried>,
    /// When the attempt that runs began.
    began: Option<Instant>,
    /// Also the first is listed when it begins.
    lists_all: bool,
    /// The last of the list runs.
    is_open: bool,
}

impl Attempts {
    pub(super) fn list_all(&mut self) {
        self.lists_all = true;
    }

    /// Whether an attempt runs, rather than the key of one being asked for.
    pub(super) fn is_running(&self) -> bool {
        self.began.is_some()
    }

    pub(super) fn list(&self) -> Vec<Tried> {
        self.list.clone()
    }

    pub(super) fn begin(&mut self, request: &PreparedRequest) {
        self.began = Some(Instant::now());
        if self.lists_all || !self.list.is_empty() {
            self.open(request);
        }
    }

    fn open(&mut self, request: &PreparedRequest) {
        if self.list.len() >= TRIED_MAX {
            self.list.remove(0);
        }
        self.is_open = true;
        self.list.push(Tried {
            provider: request.provider.name(),
            model: request.model.clone(),
            kind: None,
            status: None,
            milliseconds: 0.0,
            maybe_executed: false,
        });
    }

    /// The attempt that runs has ended: with an error, or whole.
    pub(super) fn close(&mut self, status: Option<u16>, error: Option<&LlmError>) {
        let took = self
            .began
            .take()
            .map_or(Duration::ZERO, |began| began.elapsed());
        let is_open = std::mem::take(&mut self.is_open);
        let Some(last) = self.list.last_mut().filter(|_| is_open) else {
            return;
        };
        last.milliseconds = took.as_secs_f64() * 1000.0;
        last.status = error.and_then(|error| error.status).or(status);
        last.kind = error.map(|error| error.kind);
        last.maybe_executed = error.is_some_and(|error| error.maybe_executed);
    }
}

impl Inner {
    /// An attempt failed, and the call goes on: from now on its attempts are listed.
    pub(super) fn note_failed(&mut self, error: &LlmError) {
        if !self.tried.is_running() {
            return;
        }
        if let (false, Some(prepared)) = (self.tried.is_open, &self.prepared) {
            self.tried.open(prepared);
        }
        self.tried.close(self.status, Some(error));
    }
}
