//! Where the exchange of an attempt takes place: over the network, on the client's tape, or in a
//! script. Owns which; all of them look alike from above.

use std::sync::Arc;

use tokio::time::sleep;

use super::prepare::PreparedRequest;
use super::task::Reading;
use crate::client::shared::Shared;
use crate::error::LlmError;
use crate::http::tape::{Clean, TapedCall};
use crate::http::{Exchange, HttpRequest, HttpResponse, PlayedBody};
use crate::mutex::lock;
use crate::request::{CallOptions, Operation};
use crate::script::{Asked, Rendered, ScriptAnswer};

/// How the response of a script is told from others, in the log.
const PROTOCOL: &str = "a script";

/// What takes the secrets of a call out of what its client's tape holds; `None` without a tape.
pub(super) fn clean(shared: &Arc<Shared>, call: &CallOptions) -> Option<Clean> {
    shared.tape.as_ref()?;
    let secrets = shared.secrets_of(call);
    let shared = Arc::clone(shared);
    Some(Arc::new(move |text| {
        let redactor = shared.redactor_with(secrets.clone());
        redactor.clean_known(text)
    }))
}

/// Sends a request, or finds what answers it, and waits for the head of the response.
pub(super) async fn send(
    shared: &Shared,
    prepared: &PreparedRequest,
    request: &HttpRequest,
    exchange: &Arc<Exchange>,
    clean: Option<Clean>,
) -> Result<HttpResponse, LlmError> {
    if prepared.is_scripted() {
        return scripted(shared, prepared, request, exchange).await;
    }
    match (&shared.tape, clean) {
        (Some(tape), Some(clean)) => {
            let call = TapedCall {
                http: &shared.http,
                provider: prepared.provider.name(),
                request,
                exchange,
                clean,
                no_key: prepared.no_key.as_deref(),
            };
            // In a box, since most clients have none and would keep room for it.
            Box::pin(tape.send(call)).await
        }
        _ => shared.http.send(request, exchange).await,
    }
}

async fn scripted(
    shared: &Shared,
    prepared: &PreparedRequest,
    request: &HttpRequest,
    exchange: &Exchange,
) -> Result<HttpResponse, LlmError> {
    let rendered = {
        let operation = operation(&prepared.reading);
        let body = &request.body;
        let asked = Asked::new(operation, &prepared.model, body, prepared.stream);
        shared.script.see(&asked);
        let playlist = match &prepared.playlist {
            Some(own) => own,
            None => shared.script.playlist(),
        };
        // The lock is not held while an answer is made and rendered.
        let answer = lock(playlist).next(&asked)?;
        let answer = answer.unwrap_or_else(|| Arc::new(ScriptAnswer::unscripted(&asked)));
        answer.play(&asked)?
    };
    let after = match &rendered {
        Rendered::Failure { after, .. } => *after,
        Rendered::Response(response) => response.after,
    };
    if !after.is_zero() {
        exchange.begin_played();
        sleep(after).await;
    }
    match rendered {
        Rendered::Failure { error, .. } => Err(*error),
        Rendered::Response(response) => {
            let body = PlayedBody::new(response.pieces, response.end);
            let (status, headers) = (response.status, response.headers);
            Ok(HttpResponse::played(
                exchange, status, headers, body, PROTOCOL,
            ))
        }
    }
}

fn operation(reading: &Reading) -> Operation {
    match reading {
        Reading::Chat => Operation::Chat,
        Reading::Embed(_) => Operation::Embed,
        Reading::Rerank(_) => Operation::Rerank,
        Reading::Models => Operation::Models,
        Reading::CountTokens => Operation::CountTokens,
        Reading::Batch(_) => Operation::Batch,
    }
}
