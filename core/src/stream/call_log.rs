//! The one line of the log for a call that has ended: who answered, how often it was tried, what it
//! used, how long it took, how it ended. Made only where that level is logged, of what the call
//! delivers, so that a call of one HTTP request and one of many have the same.

use std::fmt::Write;
use std::sync::Arc;

use crate::client::log_record::LogRecord;
use crate::client::options::LogLevel;
use crate::client::shared::Shared;
use crate::event::{Event, EventBatch, EventRef, Receipt};
use crate::request::AnyRequest;

const LEVEL: LogLevel = LogLevel::Info;

/// What is known of a call before it ends.
#[derive(Debug)]
pub(super) struct CallLog {
    shared: Arc<Shared>,
    /// Its provider is known from START on.
    record: LogRecord,
}

impl CallLog {
    /// `None` where nobody would read it.
    pub(super) fn begin(shared: &Arc<Shared>, request: &AnyRequest) -> Option<Box<Self>> {
        if !shared.logs(LEVEL) {
            return None;
        }
        let model = match request {
            AnyRequest::Chat(request) | AnyRequest::CountTokens(request) => &request.model,
            AnyRequest::Embed(request) => &request.model,
            AnyRequest::Rerank(request) => &request.model,
            AnyRequest::Models(_) | AnyRequest::Batch(_) => "",
            AnyRequest::Stats(_) | AnyRequest::Script(_) => return None,
        };
        let model = Some(model).filter(|model| !model.is_empty());
        let redactor = shared.redactor(Some(request.call()));
        let record = LogRecord {
            level: LEVEL,
            operation: Some(request.operation().name()),
            model: model.map(|model| redactor.clean_line(model.to_owned())),
            ..LogRecord::default()
        };
        Some(Box::new(Self {
            shared: Arc::clone(shared),
            record,
        }))
    }

    /// Looks for START, and once the call has ended for its receipt.
    pub(super) fn note(&mut self, batch: &EventBatch, is_ended: bool) {
        if self.record.provider.is_some() && !is_ended {
            return;
        }
        for event in batch.iter() {
            match event {
                EventRef::Other(Event::Start(start)) => {
                    self.record.provider = Some(start.provider);
                    if !start.model.is_empty() {
                        self.record.model = Some(start.model.clone());
                    }
                }
                EventRef::Other(Event::End(receipt)) => self.end(receipt),
                EventRef::Other(_) | EventRef::Text(_) | EventRef::Reasoning(_) => {}
            }
        }
    }

    /// Logs the line. The texts of the receipt were redacted.
    pub(super) fn end(&mut self, receipt: &Receipt) {
        let record = &mut self.record;
        let error = receipt.error.as_ref();
        if record.provider.is_none() {
            let last = receipt.tried.last();
            record.model = last.map(|last| last.model.clone()).or(record.model.take());
            record.provider = error.and_then(|error| error.provider);
        }
        let usage = receipt.usage.as_ref();
        record.outcome = Some(receipt.outcome);
        record.request_id.clone_from(&receipt.request_id);
        record.attempts = Some(receipt.attempts);
        record.input_tokens = usage.and_then(|usage| usage.input_tokens);
        record.output_tokens = usage.and_then(|usage| usage.output_tokens);
        record.milliseconds = Some(receipt.timings.total_ms);
        record.kind = error.map(|error| error.kind);
        record.message = line(record);
        self.shared.log_call(record);
    }
}

/// `chat complete provider=openai model=gpt-4o attempts=1 ...`; what is not known is left out.
fn line(record: &LogRecord) -> String {
    let outcome = record.outcome.unwrap_or_default().name();
    let mut line = format!("{} {outcome}", record.operation.unwrap_or_default());
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    let texts = [
        ("kind", record.kind.map(|kind| kind.name().to_owned())),
        ("provider", record.provider.map(str::to_owned)),
        ("model", record.model.clone()),
        ("request_id", record.request_id.clone()),
        ("attempts", number(record.attempts.map(u64::from))),
        ("input_tokens", number(record.input_tokens)),
        ("output_tokens", number(record.output_tokens)),
        (
            "milliseconds",
            record.milliseconds.map(|took| format!("{took:.0}")),
        ),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            // Writing to a text does not fail.
            let _ = write!(line, " {name}={text}");
        }
    }
    line
}
