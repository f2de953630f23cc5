//! Who answers a request: the provider that it names, or its client, or the prefix of its model.
//! Owns the error of a model that leads to none.

use super::api;
use crate::client::options::ClientOptions;
use crate::error::{config, LlmError};
use crate::providers::{self, Provider};
use crate::request::{CallOptions, Operation};
use crate::secret::may_be_key;

/// The call's provider, else the client's, else the prefix of the model; then also the model
/// without it.
pub(in crate::stream) fn provider(
    options: &ClientOptions,
    call: &CallOptions,
    model: &str,
    operation: Operation,
) -> Result<(&'static dyn Provider, Option<String>), LlmError> {
    let named = call.provider.as_deref().filter(|name| !name.is_empty());
    let own = options.provider.as_deref().filter(|name| !name.is_empty());
    let api = api::named(options, call);
    if let Some(name) = named.or(own) {
        return Ok((providers::by_operation(name, api, operation)?, None));
    }
    let prefix = model.split_once('/');
    let prefix = prefix.filter(|(name, _)| providers::by_name(name).is_ok());
    match prefix {
        Some((name, rest)) => {
            let provider = providers::by_operation(name, api, operation)?;
            Ok((provider, Some(rest.to_owned())))
        }
        None => Err(no_provider(model, operation)),
    }
}

/// The error of a model without a known prefix. A model that may be a key is not repeated.
fn no_provider(model: &str, operation: Operation) -> LlmError {
    if operation == Operation::Batch && model.is_empty() {
        return config("no provider; name the one that has the batches");
    }
    if operation == Operation::Models {
        return config("no provider; name the one whose models are wanted");
    }
    let shown = match may_be_key(model) {
        true => "the model (not shown: it may be a key, which belongs in api_key)".to_owned(),
        false => format!("model \"{model}\""),
    };
    let advice = match model.split_once('/') {
        Some((prefix, rest)) if !may_be_key(model) => {
            providers::nearest_name(prefix).map(|meant| format!("did you mean \"{meant}/{rest}\"?"))
        }
        _ => None,
    };
    let advice = advice.unwrap_or_else(|| "name one, or write provider/model".to_owned());
    config(format!("no provider for {shown}; {advice}"))
}
