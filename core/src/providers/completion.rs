//! Whether a response that ended is complete: one rule for every wire, from its decoder's state.
//! An end mark without content is an error, and so is a finish reason that names a failure.
//! Pure. What the end of the connection adds is the response reader's.

use super::event_writer::Content;
use super::Progress;
use crate::error::{ErrorKind, LlmError, Phase};
use crate::event::FinishReason;

/// The part of a decoder's state that decides whether its response is complete.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CompletionState<'d> {
    pub(crate) progress: Progress,
    pub(crate) content: Content,
    pub(crate) calls: ToolCallsState,
    /// Why the model stopped: our finish reason, and the provider's.
    pub(crate) reason: Option<FinishReason>,
    pub(crate) reason_raw: Option<&'d str>,
    /// What the provider wrote beside its reason.
    pub(crate) message: Option<&'d str>,
}

/// What the tool calls of a response have come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToolCallsState {
    None,
    /// The arguments of each are one JSON value, closed.
    Complete,
    /// Some call may go on.
    Open,
}

impl ToolCallsState {
    pub(crate) fn new(is_any: bool, are_complete: bool) -> Self {
        match (is_any, are_complete) {
            (false, _) => Self::None,
            (true, true) => Self::Complete,
            (true, false) => Self::Open,
        }
    }
}

/// The warning of a complete response without a finish reason.
const UNEXPLAINED: &str = "the provider sent no finish reason; the response may be cut";

/// The end of a response, by the protocol's mark or with its body: complete, perhaps with a
/// warning, or the error that it is.
pub(crate) fn check_complete(state: CompletionState<'_>) -> Result<Option<&'static str>, LlmError> {
    let truncated = |message| Err(error(ErrorKind::Truncated, message));
    match (state.progress, state.reason) {
        (_, Some(FinishReason::Error)) => {
            let error = failed(state.reason_raw.unwrap_or_default());
            Err(match state.message {
                Some(message) => error.detail(message.as_bytes()),
                None => error,
            })
        }
        (Progress::Finished | Progress::Done, Some(_)) => Ok(None),
        (Progress::Empty, _) => Err(error(ErrorKind::Protocol, "the stream held no response")),
        (Progress::Open, _) => truncated("the stream ended before the response was complete"),
        (Progress::Finished | Progress::Done, None) => match (state.calls, state.content) {
            (ToolCallsState::Open, _) => {
                truncated("the response ended inside a tool call, without a finish reason")
            }
            (ToolCallsState::Complete, _) | (ToolCallsState::None, Content::Primary) => {
                Ok(Some(UNEXPLAINED))
            }
            (ToolCallsState::None, Content::Secondary) => {
                truncated("the response ended before its text, without a finish reason")
            }
            (ToolCallsState::None, Content::None) => Err(error(
                ErrorKind::Protocol,
                "the response ended without content and without a finish reason",
            )),
        },
    }
}

fn error(kind: ErrorKind, message: &str) -> LlmError {
    LlmError::new(kind, message).phase(Phase::Body)
}

/// A finish reason that is a failure.
fn failed(reason: &str) -> LlmError {
    let message = format!("the generation failed with finish reason \"{reason}\"");
    let mut error = error(ErrorKind::Provider, &message).retryable(!is_given_up(reason));
    error.code = Some(reason.to_owned());
    error
}

/// Whether a finish reason that is in no table names a failure: `network_error` (Z.ai),
/// `insufficient_system_resource` (DeepSeek), `abort` (vLLM), `TIMEOUT` (Cohere) and the like.
pub(crate) fn is_failure(reason: &str) -> bool {
    const WORDS: &[&str] = &[
        "error",
        "fail",
        "exception",
        "timeout",
        "timed",
        "network",
        "connection",
        "insufficient",
        "exhausted",
        "rate_limit",
        "overload",
        "unavailable",
        "malformed",
        "unexpected",
    ];
    let reason = reason.to_ascii_lowercase();
    WORDS.iter().any(|word| reason.contains(word)) || is_given_up(&reason)
}

/// The server ended the generation on purpose: a retry would end the same way.
fn is_given_up(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("abort") || reason.contains("cancel")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn verdict(
        progress: Progress,
        reason: Option<&str>,
        content: Content,
        calls: ToolCallsState,
    ) -> String {
        let state = CompletionState {
            progress,
            content,
            calls,
            reason: reason.map(|raw| match is_failure(raw) {
                true => FinishReason::Error,
                false => FinishReason::Stop,
            }),
            reason_raw: reason,
            message: None,
        };
        match check_complete(state) {
            Ok(None) => "complete".to_owned(),
            Ok(Some(_)) => "unexplained".to_owned(),
            Err(error) => error.kind.name().to_owned(),
        }
    }

    #[test]
    fn an_end_mark_without_a_response_is_no_response() {
        use Content::{Primary, Secondary};
        use Progress::{Done, Empty, Finished, Open};
        use ToolCallsState as Calls;
        let rows = [
            (Empty, None, Content::None, Calls::None, "PROTOCOL"),
            (Open, None, Content::None, Calls::None, "TRUNCATED"),
            (Open, None, Primary, Calls::None, "TRUNCATED"),
            (Open, None, Primary, Calls::Complete, "TRUNCATED"),
            (Open, Some("stop"), Primary, Calls::None, "TRUNCATED"),
            (Open, Some("error"), Primary, Calls::None, "PROVIDER"),
            (
                Finished,
                Some("stop"),
                Content::None,
                Calls::None,
                "complete",
            ),
            (Finished, Some("stop"), Secondary, Calls::Open, "complete"),
            (Finished, Some("error"), Primary, Calls::None, "PROVIDER"),
            (Done, Some("stop"), Content::None, Calls::None, "complete"),
            (
                Done,
                Some("TIMEOUT"),
                Content::None,
                Calls::None,
                "PROVIDER",
            ),
            (Done, None, Content::None, Calls::None, "PROTOCOL"),
            (Done, None, Secondary, Calls::None, "TRUNCATED"),
            (Done, None, Primary, Calls::None, "unexplained"),
            (Done, None, Secondary, Calls::Complete, "unexplained"),
            (Done, None, Secondary, Calls::Open, "TRUNCATED"),
            (Done, None, Primary, Calls::Open, "TRUNCATED"),
        ];
        for (progress, reason, content, calls, expected) in rows {
            let got = verdict(progress, reason, content, calls);
            assert_eq!(
                got, expected,
                "{progress:?} {reason:?} {content:?} {calls:?}"
            );
        }
    }

    #[test]
    fn reasons_that_name_a_failure_decide_on_a_retry() {
        let rows = [
            ("error", Some(true)),
            ("network_error", Some(true)),
            ("insufficient_system_resource", Some(true)),
            ("TIMEOUT", Some(true)),
            ("server_error", Some(true)),
            ("Upstream_Failed", Some(true)),
            ("MALFORMED_FUNCTION_CALL", Some(true)),
            ("engine_overloaded", Some(true)),
            ("timed out", Some(true)),
            ("connection_lost", Some(true)),
            ("resource_exhausted", Some(true)),
            ("USER_CANCEL", Some(false)),
            ("abort", Some(false)),
            ("cancelled", Some(false)),
            ("stop", None),
            ("length", None),
            ("sensitive", None),
            ("something new", None),
        ];
        for (reason, retryable) in rows {
            assert_eq!(is_failure(reason), retryable.is_some(), "{reason}");
            if let Some(retryable) = retryable {
                let error = failed(reason);
                assert_eq!(
                    (error.kind, error.retryable, error.code.as_deref()),
                    (ErrorKind::Provider, retryable, Some(reason))
                );
            }
        }
    }
}
