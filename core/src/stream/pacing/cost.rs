//! What one request costs of a provider's limits. The estimate is from its size, before it is sent;
//! what it really cost is in the receipt. Pure.

use crate::event::Usage;
use crate::stream::task::Task;

/// Bytes of a body that count as one token.
const BYTES_PER_TOKEN: u64 = 4;
/// Tokens of a response whose request sets no limit.
const OUTPUT_TOKENS_ESTIMATE: u64 = 1_000;
/// Tokens of an image or a document in base64: no provider counts its bytes.
const MEDIA_TOKENS_ESTIMATE: u64 = 1_000;
/// A text of JSON that is longer and looks like base64 is one.
const MEDIA_BYTES_MIN: usize = 8 * 1024;

/// What a provider counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    Requests,
    Tokens,
    InputTokens,
    OutputTokens,
}

impl Resource {
    pub(super) const ALL: [Self; 4] = [
        Self::Requests,
        Self::Tokens,
        Self::InputTokens,
        Self::OutputTokens,
    ];
}

/// Tokens of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(super) input: u64,
    pub(super) output: u64,
}

impl Cost {
    pub(super) fn tokens(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    pub(super) fn of(self, resource: Resource) -> u64 {
        match resource {
            Resource::Requests => 1,
            Resource::Tokens => self.tokens(),
            Resource::InputTokens => self.input,
            Resource::OutputTokens => self.output,
        }
    }

    /// By the size of the body.
    pub(crate) fn estimate(body: &[u8], output: u64, operation_has_tokens: bool) -> Self {
        match operation_has_tokens {
            true => Self {
                input: input_tokens(body),
                output,
            },
            false => Self::default(),
        }
    }
}

/// What a receipt says, if it says something.
pub(super) fn tokens_of(usage: &Usage) -> Option<u64> {
    let parts = (usage.input_tokens, usage.output_tokens);
    let sum = || match parts {
        (None, None) => None,
        (input, output) => {
            let input = input.unwrap_or_default();
            Some(input.saturating_add(output.unwrap_or_default()))
        }
    };
    usage.total_tokens.or_else(sum)
}

/// Whether a provider counts the tokens of this operation, and how many the response may have. Of
/// the task before it is encoded.
pub(crate) fn output_tokens(task: &Task) -> u64 {
    match task {
        Task::Chat(request) => {
            let newer = request.extra.get("max_completion_tokens");
            let limit = newer.and_then(serde_json::Value::as_u64);
            let limit = limit.or(request.max_tokens);
            limit.unwrap_or(OUTPUT_TOKENS_ESTIMATE)
        }
        Task::Embed(_)
        | Task::Rerank(_)
        | Task::Models(_)
        | Task::CountTokens(_)
        | Task::Batch(_)
        | Task::Sent(_) => 0,
    }
}

fn input_tokens(body: &[u8]) -> u64 {
    let (mut bytes, mut media) = (body.len() as u64, 0);
    let mut begin = 0;
    for quote in memchr::memchr_iter(b'"', body) {
        let text = body.get(begin..quote).unwrap_or_default();
        begin = quote + 1;
        if text.len() >= MEDIA_BYTES_MIN && is_base64(text) {
            bytes -= text.len() as u64;
            media += MEDIA_TOKENS_ESTIMATE;
        }
    }
    bytes.div_ceil(BYTES_PER_TOKEN) + media
}

/// Looks at a kilobyte behind what a data URL begins with.
fn is_base64(text: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_\\".contains(byte);
    text.get(1024..2048)
        .is_some_and(|piece| piece.iter().all(is_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{LlmRequest, Message};

    #[test]
    fn an_estimate_is_a_quarter_of_the_bytes_and_the_longest_response() {
        let mut request = LlmRequest::new("m", vec![Message::user("hi")]);
        let output = |request: &LlmRequest| output_tokens(&Task::Chat(Box::new(request.clone())));
        assert_eq!(output(&request), OUTPUT_TOKENS_ESTIMATE);
        request.max_tokens = Some(7);
        assert_eq!(output(&request), 7);
        request
            .extra
            .insert("max_completion_tokens".to_owned(), 9.into());
        assert_eq!(output(&request), 9);
        let cost = Cost::estimate(&[b'x'; 401], 9, true);
        assert_eq!((cost.input, cost.tokens()), (101, 110));
        assert_eq!(Cost::estimate(&[b'x'; 401], 9, false).tokens(), 0);
        let endless = Cost {
            input: u64::MAX,
            output: u64::MAX,
        };
        assert_eq!(endless.tokens(), u64::MAX);
    }

    #[test]
    fn an_image_does_not_count_by_its_bytes() {
        let image = format!(
            r#"{{"url":"data:image/png;base64,{}"}}"#,
            "Ab+/".repeat(50_000)
        );
        let tokens = input_tokens(image.as_bytes());
        assert!((1_000..1_010).contains(&tokens), "{tokens}");
        let prose = format!(r#"{{"text":"{}"}}"#, "some words ".repeat(4_000));
        assert_eq!(
            input_tokens(prose.as_bytes()),
            prose.len().div_ceil(4) as u64
        );
    }

    #[test]
    fn usage_is_the_total_or_the_sum() {
        let usage = |input, output, total| Usage {
            input_tokens: input,
            output_tokens: output,
            total_tokens: total,
            ..Usage::default()
        };
        assert_eq!(tokens_of(&usage(Some(1), Some(2), Some(9))), Some(9));
        assert_eq!(tokens_of(&usage(Some(1), Some(2), None)), Some(3));
        assert_eq!(tokens_of(&usage(None, Some(2), None)), Some(2));
        assert_eq!(tokens_of(&usage(None, None, None)), None);
    }
}
