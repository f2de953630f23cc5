//! The script that a call brings, for provider `script`. Owns that no other provider gets it.

use std::sync::{Arc, Mutex};

use crate::error::{invalid_request, LlmError};
use crate::providers::Provider;
use crate::request::CallOptions;
use crate::script::{self, Playlist};

/// What the call's own script answers. One for another provider is a slip that could cost money.
pub(super) fn of_call(
    provider: &dyn Provider,
    call: &CallOptions,
) -> Result<Option<Arc<Mutex<Playlist>>>, LlmError> {
    let Some(script) = &call.script else {
        return Ok(None);
    };
    if provider.name() != script::PROVIDER && call.fallbacks.is_none() {
        let name = provider.name();
        return Err(invalid_request(format!(
            "script: it is for provider script, not for {name}; name the provider script, or \
             write the model as script/..."
        )));
    }
    Ok(Some(Arc::new(Mutex::new(Playlist::new(Some(script))))))
}
