//! Which inputs of a request for embeddings one HTTP request has. Pure.

use std::ops::Range;

use crate::providers::operations::EmbedLimits;
use crate::request::{EmbedInput, EmbedRequest};

/// Bytes of a text that count as a token. English has about four; what a text has more is the
/// provider's to refuse or cut, and then `inputs_per_request` helps.
const TOKEN_BYTES: usize = 4;

/// The end of the first HTTP request for these inputs: by the provider's limits and the caller's,
/// and one input at least.
pub(crate) fn end_of_piece(
    request: &EmbedRequest,
    inputs: Range<usize>,
    limits: EmbedLimits,
) -> usize {
    let per_request = request.inputs_per_request.unwrap_or(u64::MAX);
    let per_request = usize::try_from(per_request).unwrap_or(usize::MAX);
    let inputs_max = limits.inputs_max.min(per_request).max(1);
    let tokens_max = limits.tokens_max.unwrap_or(usize::MAX);
    let mut tokens = 0_usize;
    let fits = request
        .input
        .get(inputs.clone())
        .unwrap_or_default()
        .iter()
        .take(inputs_max)
        .take_while(|input| {
            tokens = tokens.saturating_add(tokens_of(input));
            tokens <= tokens_max
        });
    let count = fits.count().max(1);
    (inputs.start + count).min(inputs.end)
}

/// About how many tokens an input has.
fn tokens_of(input: &EmbedInput) -> usize {
    match input {
        EmbedInput::Text(text) => text.len().div_ceil(TOKEN_BYTES),
        EmbedInput::Tokens(tokens) => tokens.len(),
        EmbedInput::Parts(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.map(|text| text.len().div_ceil(TOKEN_BYTES)).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(request: &EmbedRequest, inputs_max: usize, tokens_max: Option<usize>) -> Vec<usize> {
        let limits = EmbedLimits {
            inputs_max,
            tokens_max,
        };
        let mut ends = vec![0];
        while let Some(start) = ends.last().filter(|end| **end < request.input.len()) {
            ends.push(end_of_piece(request, *start..request.input.len(), limits));
        }
        ends.split_off(1)
    }

    #[test]
    fn a_request_has_as_many_inputs_as_all_limits_allow() {
        let mut request = EmbedRequest::new("m", vec!["abcdefgh"; 7]);
        assert_eq!(ends(&request, 3, None), [3, 6, 7]);
        assert_eq!(ends(&request, 100, None), [7]);
        assert_eq!(ends(&request, 100, Some(4)), [2, 4, 6, 7]);
        assert_eq!(ends(&request, 1, Some(1_000)), [1, 2, 3, 4, 5, 6, 7]);
        request.inputs_per_request = Some(5);
        assert_eq!(ends(&request, 100, None), [5, 7]);
        assert_eq!(ends(&request, 2, None), [2, 4, 6, 7]);
    }

    #[test]
    fn an_input_above_the_limit_goes_alone_and_tokens_count_as_they_are() {
        let mut request = EmbedRequest::new("m", ["x".repeat(400), "a".to_owned()]);
        assert_eq!(ends(&request, 100, Some(10)), [1, 2]);
        request.input = vec![EmbedInput::Tokens(vec![1; 6]); 3];
        assert_eq!(ends(&request, 100, Some(12)), [2, 3]);
        assert_eq!(ends(&request, 0, Some(0)), [1, 2, 3]);
    }
}
