//! A call that the client answers itself, as one RESULT: `stats`, what it has counted, and
//! `script`, what its provider of that name was asked. Owns that the answer is there at once and
//! asks nobody.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::parts::Totals;
use crate::client::shared::Shared;
use crate::error::ErrorKind;
use crate::event::{Event, EventBatch, Outcome, Receipt};
use crate::mutex::lock;
use crate::request::ScriptRequest;

/// What the client is asked.
pub(super) enum Question {
    /// Its counters.
    Stats,
    /// What its script was asked; it may take further answers.
    Script(Box<ScriptRequest>),
}

/// One call that nobody else is asked for.
pub(super) struct LocalCall {
    shared: Arc<Shared>,
    question: Question,
    batch: EventBatch,
    is_ended: bool,
}

impl LocalCall {
    pub(super) fn new(shared: Arc<Shared>, question: Question) -> Self {
        Self {
            shared,
            question,
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
        let result = match &self.question {
            Question::Stats => stats(&self.shared),
            Question::Script(request) => script(&self.shared, request),
        };
        self.batch.push(Event::Result(result));
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

fn stats(shared: &Shared) -> Map<String, Value> {
    match serde_json::to_value(shared.stats()) {
        Ok(Value::Object(stats)) => stats,
        _ => Map::new(),
    }
}

fn script(shared: &Shared, request: &ScriptRequest) -> Map<String, Value> {
    let script = &shared.script;
    let report = script.report(request.reset);
    if let Some(answers) = &request.answers {
        lock(script.playlist()).add(answers);
    }
    report
}
