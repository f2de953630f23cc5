//! `script`: what the client's provider of that name was asked, as one RESULT; first it takes
//! further answers. Owns that it is there at once and asks nobody.

use std::sync::Arc;

use super::parts::Totals;
use crate::client::shared::Shared;
use crate::error::ErrorKind;
use crate::event::{Event, EventBatch, Outcome, Receipt};
use crate::mutex::lock;
use crate::request::ScriptRequest;

/// One call about the client's script.
pub(super) struct ScriptCall {
    shared: Arc<Shared>,
    request: ScriptRequest,
    batch: EventBatch,
    is_ended: bool,
}

impl ScriptCall {
    pub(super) fn new(shared: Arc<Shared>, request: ScriptRequest) -> Self {
        Self {
            shared,
            request,
            batch: EventBatch::default(),
            is_ended: false,
        }
    }

    pub(super) fn batch(&mut self) -> &mut EventBatch {
        &mut self.batch
    }

    pub(super) fn is_ended(&self) -> bool {
        self.is_ended
    }

    pub(super) fn step(&mut self) -> bool {
        self.batch.clear();
        if std::mem::replace(&mut self.is_ended, true) {
            return false;
        }
        let script = &self.shared.script;
        let report = match self.request.reset {
            // What was asked before it is told once more.
            true => {
                let report = script.report();
                script.reset();
                report
            }
            false => script.report(),
        };
        if let Some(answers) = &self.request.answers {
            lock(script.playlist()).add(answers);
        }
        self.batch.push(Event::Result(report));
        let receipt = Receipt {
            outcome: Outcome::Complete,
            ..Receipt::default()
        };
        self.batch.push(Event::End(Box::new(receipt)));
        true
    }

    pub(super) fn abort(&mut self, kind: ErrorKind) -> Receipt {
        self.batch.clear();
        self.is_ended = true;
        Receipt::failed(Totals::new().ended_from_outside(kind))
    }
}
