//! Whether what ended was an answer: one rule for every wire, from what its decoder saw. An end
//! mark without an answer is not an answer, and a reason that names a failure is not a success.
//! Pure; called by `answer`.

use super::event_writer::Said;
use super::Progress;
use crate::error::{ErrorKind, LlmError, Phase};
use crate::event::FinishReason;

/// What a decoder saw of one answer, as far as its end depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'d> {
    pub(crate) progress: Progress,
    pub(crate) said: Said,
    pub(crate) calls: Calls,
    /// Why the model stopped, in our words and in its own.
    pub(crate) reason: Option<FinishReason>,
    pub(crate) reason_raw: Option<&'d str>,
}

/// What the tool calls of an answer have come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    None,
    /// The arguments of each are one JSON value, closed.
    Whole,
    /// Some call may go on.
    Open,
}

impl Calls {
    pub(crate) fn new(is_any: bool, are_whole: bool) -> Self {
        match (is_any, are_whole) {
            (false, _) => Self::None,
            (true, true) => Self::Whole,
            (true, false) => Self::Open,
        }
    }
}

/// What the receipt of a complete answer says when nobody said why it ended.
const UNEXPLAINED: &str =
    "the provider did not say why the answer ended (no finish reason); it may be cut";

/// The end of an answer, by the protocol's mark or with its body: complete, perhaps with a warning,
/// or the error that it is.
pub(crate) fn judge(seen: Seen<'_>) -> Result<Option<&'static str>, LlmError> {
    let truncated = |message| Err(error(ErrorKind::Truncated, message));
    match (seen.progress, seen.reason) {
        (_, Some(FinishReason::Error)) => Err(failed(seen.reason_raw.unwrap_or_default())),
        (Progress::Answered | Progress::Done, Some(_)) => Ok(None),
        (Progress::Empty, _) => Err(error(ErrorKind::Protocol, "the stream held no answer")),
        (Progress::Open, _) => truncated("the stream ended before the answer did"),
        (Progress::Answered | Progress::Done, None) => match (seen.calls, seen.said) {
            (Calls::Open, _) => {
                truncated("the answer ended inside a tool call, without a finish reason")
            }
            (Calls::Whole, _) | (Calls::None, Said::Answer) => Ok(Some(UNEXPLAINED)),
            (Calls::None, Said::Aside) => {
                truncated("the answer ended before its text, without a finish reason")
            }
            (Calls::None, Said::Nothing) => Err(error(
                ErrorKind::Protocol,
                "the answer ended without content and without a finish reason",
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

/// Whether a finish reason that no table knows names a failure: `network_error` (Z.ai),
/// `insufficient_system_resource` (DeepSeek), `abort` (vLLM), `TIMEOUT` (Cohere) and their kin.
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

/// Somebody ended the generation on purpose: the same request meets the same end.
fn is_given_up(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("abort") || reason.contains("cancel")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn verdict(progress: Progress, reason: Option<&str>, said: Said, calls: Calls) -> String {
        let seen = Seen {
            progress,
            said,
            calls,
            reason: reason.map(|raw| match is_failure(raw) {
                true => FinishReason::Error,
                false => FinishReason::Stop,
            }),
            reason_raw: reason,
        };
        match judge(seen) {
            Ok(None) => "complete".to_owned(),
            Ok(Some(_)) => "unexplained".to_owned(),
            Err(error) => error.kind.name().to_owned(),
        }
    }

    #[test]
    fn an_end_mark_without_an_answer_is_no_answer() {
        use Progress::{Answered, Done, Empty, Open};
        use Said::{Answer, Aside, Nothing};
        let rows = [
            (Empty, None, Nothing, Calls::None, "PROTOCOL"),
            (Open, None, Nothing, Calls::None, "TRUNCATED"),
            (Open, None, Answer, Calls::None, "TRUNCATED"),
            (Open, None, Answer, Calls::Whole, "TRUNCATED"),
            (Open, Some("stop"), Answer, Calls::None, "TRUNCATED"),
            (Open, Some("error"), Answer, Calls::None, "PROVIDER"),
            (Answered, Some("stop"), Nothing, Calls::None, "complete"),
            (Answered, Some("stop"), Aside, Calls::Open, "complete"),
            (Answered, Some("error"), Answer, Calls::None, "PROVIDER"),
            (Done, Some("stop"), Nothing, Calls::None, "complete"),
            (Done, Some("TIMEOUT"), Nothing, Calls::None, "PROVIDER"),
            (Done, None, Nothing, Calls::None, "PROTOCOL"),
            (Done, None, Aside, Calls::None, "TRUNCATED"),
            (Done, None, Answer, Calls::None, "unexplained"),
            (Done, None, Aside, Calls::Whole, "unexplained"),
            (Done, None, Aside, Calls::Open, "TRUNCATED"),
            (Done, None, Answer, Calls::Open, "TRUNCATED"),
        ];
        for (progress, reason, said, calls, expected) in rows {
            let got = verdict(progress, reason, said, calls);
            assert_eq!(got, expected, "{progress:?} {reason:?} {said:?} {calls:?}");
        }
    }

    #[test]
    fn reasons_that_name_a_failure_say_whether_to_retry() {
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
