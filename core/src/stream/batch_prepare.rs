//! What a call about a batch finds out before its first step: the provider, the batch that the
//! handle names, and the models without their prefixes. Owns what becomes of a handle.

use std::sync::Arc;

use super::batch_call::BatchCall;
use super::prepare;
use crate::error::{invalid_request, LlmError};
use crate::providers::operations::batch::first;
use crate::providers::operations::batch::handle::Handle;
use crate::providers::{self, lacks_operation};
use crate::request::{in_row, BatchAction, BatchRequest, BatchRow, Operation};

impl BatchCall {
    /// Finds the provider, the batch and the first step.
    pub(super) fn prepare(&mut self) -> Result<(), LlmError> {
        self.request.check()?;
        let shared = Arc::clone(&self.shared);
        let Some(request) = Arc::get_mut(&mut self.request) else {
            return Ok(());
        };
        let options = &shared.options;
        let mut id = String::new();
        if let (Some(batch), true) = (&request.batch, needs_batch(request.action)) {
            let handle = Handle::parse(batch)?;
            let named = request.call.provider.as_ref().or(options.provider.as_ref());
            if let Some(named) = named.filter(|named| **named != handle.provider) {
                let message = format!(
                    "batch: the handle is of a batch of {}, but provider is {named}",
                    providers::by_name(&handle.provider)?.name()
                );
                return Err(invalid_request(message));
            }
            request.call.provider = Some(handle.provider);
            if options.base_url.is_none() && request.call.base_url.is_none() {
                request.call.base_url = handle.base_url;
            }
            self.kind = handle.kind;
            id = handle.id;
        }
        let model = request.requests.first().map_or("", BatchRow::model);
        let found = prepare::provider(options, &request.call, model, Operation::Batch);
        let (provider, prefixed) = found?;
        if prefixed.is_some() {
            strip_prefixes(request, provider.name())?;
        }
        request.call.provider = Some(provider.name().to_owned());
        if let Some(row) = request.requests.first() {
            let kind = match row.operation() {
                Operation::Embed => Operation::Embed.name(),
                _ => provider.api(),
            };
            self.kind = Some(kind.to_owned());
        }
        let codec = provider.batches();
        let codec = codec.ok_or_else(|| lacks_operation(provider.name(), Operation::Batch))?;
        self.steps.push_back(first(codec, request, id));
        Ok(())
    }
}

fn needs_batch(action: BatchAction) -> bool {
    !matches!(action, BatchAction::Submit | BatchAction::List)
}

/// The prefix of the first model named the provider: takes it from all.
fn strip_prefixes(request: &mut BatchRequest, name: &str) -> Result<(), LlmError> {
    for (index, row) in request.requests.iter_mut().enumerate() {
        let Some((prefix, rest)) = row.model().split_once('/') else {
            continue;
        };
        if prefix == name {
            let rest = rest.to_owned();
            row.set_model(rest);
        } else if providers::by_name(prefix).is_ok() {
            let message = "model names another provider than that of requests[0]";
            return Err(in_row(index, invalid_request(message)));
        }
    }
    Ok(())
}
