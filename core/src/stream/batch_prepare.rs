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
        let (mut provider, prefixed) = found?;
        if prefixed.is_some() {
            strip_prefixes(request, provider.name())?;
        }
        if prepare::is_own_endpoint(provider, options, &request.call, &shared.environment) {
            if let Some(api) = prepare::api::of_rows(provider, options, request)? {
                provider = providers::by_operation(provider.name(), Some(api), Operation::Batch)?;
                request.call.api = Some(api.to_owned());
            }
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

#[cfg(all(test, feature = "openai", feature = "openai_responses"))]
#[allow(clippy::unwrap_used, clippy::unreachable, clippy::indexing_slicing)]
mod tests {
    use serde_json::{json, Value};

    use crate::client::options::ClientOptions;
    use crate::client::Client;
    use crate::error::LlmError;
    use crate::request::AnyRequest;
    use crate::stream::Work;

    /// The API and the kind of rows of these models.
    fn prepared(
        models: &[&str],
        more: Value,
    ) -> Result<(Option<String>, Option<String>), LlmError> {
        let row = |model: &&str| {
            let messages = json!([{"role": "user", "content": "hi"}]);
            json!({"id": model, "request": {"model": model, "messages": messages}})
        };
        let rows = Value::from_iter(models.iter().map(row));
        let mut request = json!({"operation": "batch", "action": "submit", "requests": rows});
        request["api_key"] = json!("test-key-0123456789");
        for (name, value) in more.as_object().unwrap() {
            request[name] = value.clone();
        }
        let request = AnyRequest::from_json(&request.to_string()).unwrap();
        let client = Client::new(ClientOptions::default()).unwrap();
        let mut stream = client.start(request);
        let Work::Batch(call) = &mut stream.work else {
            unreachable!("a batch");
        };
        call.prepare()?;
        Ok((call.request.call.api.clone(), call.kind.clone()))
    }

    #[test]
    fn rows_of_a_model_that_only_one_api_has_go_there() {
        let api = |models: &[&str], more: Value| prepared(models, more).unwrap();
        let some = |text: &str| Some(text.to_owned());
        let responses = (some("responses"), some("responses"));
        let openai = json!({"provider": "openai"});
        assert_eq!(api(&["o1-pro", "gpt-5-codex"], openai.clone()), responses);
        assert_eq!(api(&["openai/o1-pro"], json!({})), responses);
        assert_eq!(api(&["gpt-4o"], openai.clone()), (None, some("chat")));
        let named = json!({"provider": "openai", "api": "chat"});
        let chat = (some("chat"), some("chat"));
        assert_eq!(api(&["o1-pro", "gpt-4o"], named), chat);
        // Another server may have other models of this name.
        let other = json!({"provider": "openai", "base_url": "https://example.org/v1"});
        assert_eq!(api(&["o1-pro", "gpt-4o"], other), (None, some("chat")));
        let error = prepared(&["gpt-4o", "o1-pro"], openai).unwrap_err();
        let expected = "requests[1].request.model has another API than that of requests[0]";
        assert!(error.message.starts_with(expected), "{error}");
    }
}
