//! Operations beside the chat: any body is an error with a reason, or exactly the vectors, ranks,
//! models or counts that were asked for.

use http::{HeaderMap, HeaderValue};

use super::{check_error, one_of, seeded_rng};
use crate::providers;
use crate::providers::operations::{self, WholeResponse};
use crate::request::{EmbedRequest, RerankDocument, RerankRequest};

/// Names and APIs of the embeddings whose decoders differ.
const EMBEDDINGS: &[(&str, &str)] = &[
    ("openai", ""),
    ("perplexity", ""),
    ("voyage", ""),
    ("cohere", ""),
    ("gemini", ""),
    ("vertex", ""),
    ("bedrock", ""),
    ("ollama", "native"),
    ("tei", ""),
];
const INPUTS_MAX: usize = 5;

/// Decodes a body as the vectors of a few inputs, by every codec.
pub fn embeddings(bytes: &[u8]) {
    let mut rng = seeded_rng(bytes);
    let inputs = rng.usize(..=INPUTS_MAX);
    let dimensions = one_of(&[None, None, Some(1), Some(2), Some(4)], &mut rng);
    let request = EmbedRequest {
        dimensions,
        ..EmbedRequest::new("m", ["text"])
    };
    let mut headers = HeaderMap::new();
    headers.insert("num_tokens", HeaderValue::from_static("5"));
    let response = WholeResponse {
        headers: &headers,
        body: bytes,
    };
    let codecs = EMBEDDINGS.iter();
    for codec in codecs.filter_map(|(name, api)| operations::embeddings::of(name, api)) {
        match codec.decode(&request, inputs, response) {
            Err(error) => check_error(&error),
            Ok(got) => {
                assert_eq!(got.values.len(), inputs * got.dimensions, "{codec:?}");
                assert!(inputs == 0 || got.dimensions > 0, "{codec:?}");
                assert!(got.values.iter().all(|number| number.is_finite()));
                assert!(got.truncated.is_sorted(), "{codec:?}");
            }
        }
    }
}

/// Decodes a body as ranks, as a list of models and as a count, by every codec.
pub fn other_operations(bytes: &[u8]) {
    let mut rng = seeded_rng(bytes);
    let documents = rng.usize(..=INPUTS_MAX);
    let request = RerankRequest {
        model: "m".to_owned(),
        query: "q".to_owned(),
        documents: vec![RerankDocument::Text("d".to_owned()); documents],
        top_n: one_of(&[None, Some(1), Some(3)], &mut rng),
        ..RerankRequest::default()
    };
    let headers = HeaderMap::new();
    let response = WholeResponse {
        headers: &headers,
        body: bytes,
    };
    for provider in providers::all() {
        if let Some(codec) = provider.rerank() {
            match codec.decode(&request, response) {
                Err(error) => check_error(&error),
                Ok(got) => {
                    let mut indices: Vec<_> = got.results.iter().map(|one| one.index).collect();
                    let scores: Vec<_> = got.results.iter().map(|one| one.score).collect();
                    let mut pairs = scores.iter().zip(scores.iter().skip(1));
                    assert!(pairs.all(|(one, next)| next.is_nan() || one >= next));
                    indices.sort_unstable();
                    indices.dedup();
                    assert_eq!(indices.len(), got.results.len(), "an index twice");
                    assert!(indices.iter().all(|index| *index < documents));
                }
            }
        }
        if let Some(codec) = provider.models() {
            match codec.decode(response) {
                Err(error) => check_error(&error),
                Ok(page) => {
                    let ids = page.models.iter().map(|model| model.get("id"));
                    assert!(ids
                        .flatten()
                        .all(|id| id.as_str().is_some_and(|id| !id.is_empty())));
                    assert!(page.next.is_none_or(|next| !next.is_empty()));
                }
            }
        }
        if let Some(Err(error)) = provider.count_tokens().map(|codec| codec.decode(response)) {
            check_error(&error);
        }
    }
}
