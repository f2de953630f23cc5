//! `stats`: what the client has counted, as one RESULT. Owns that it is there at once and asks
//! nobody.

use std::sync::Arc;

use serde_json::Value;

use super::parts::Totals;
use crate::client::shared::Shared;
use crate::error::ErrorKind;
use crate::event::{Event, EventBatch, Outcome, Receipt};

/// One call for the client's own counters.
pub(super) struct StatsCall {
    shared: Arc<Shared>,
    batch: EventBatch,
    is_ended: bool,
}

impl StatsCall {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
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
        let stats = serde_json::to_value(self.shared.stats()).unwrap_or_default();
        if let Value::Object(stats) = stats {
            self.batch.push(Event::Result(stats));
        }
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
