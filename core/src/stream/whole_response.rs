//! The response to an operation beside chat, which always comes whole, as the response reader takes
//! it: a decoder that hands the body to the codec of the operation. Owns what all operations have
//! in common: START, and what the receipt reports.

use http::HeaderMap;
use serde_json::{Map, Value};

use super::task::{EmbedPiece, Reading};
use crate::error::{ErrorKind, LlmError};
use crate::event::{are_finite, Event, EventBatch, FinishReason, RerankResult, Start, Vectors};
use crate::framing::Frame;
use crate::providers::completion::{CompletionState, ToolCallsState};
use crate::providers::operations::{
    Embedded, ModelsPage, Ranked, Reranked, ResponseFacts, TokenCount, WholeResponse,
};
use crate::providers::{Content, Decoder, OperationSummary, Progress, Provider, ResponseSummary};
use crate::request::{RerankDocument, RerankRequest};

/// Decodes one whole response.
#[derive(Debug)]
pub(crate) struct WholeDecoder {
    provider: &'static dyn Provider,
    reading: Reading,
    headers: HeaderMap,
    start: Start,
    is_done: bool,
    summary: ResponseSummary,
    operation: OperationSummary,
}

impl WholeDecoder {
    pub(crate) fn new(
        provider: &'static dyn Provider,
        reading: Reading,
        headers: HeaderMap,
        start: Start,
    ) -> Self {
        Self {
            provider,
            reading,
            headers,
            start,
            is_done: false,
            summary: ResponseSummary::default(),
            operation: OperationSummary::default(),
        }
    }

    /// What the codec makes of the body.
    fn decode(&mut self, body: &[u8]) -> Result<Event, LlmError> {
        let response = WholeResponse {
            headers: &self.headers,
            body,
        };
        match &self.reading {
            Reading::Embed(piece) => {
                let codec = self.provider.embeddings().ok_or_else(lost)?;
                let inputs = piece.inputs.len();
                let embedded = codec.decode(&piece.request, inputs, response)?;
                check_vectors(&embedded, inputs)?;
                let piece = piece.clone();
                Ok(Event::Vectors(self.take_vectors(embedded, &piece)))
            }
            Reading::Rerank(request) => {
                let codec = self.provider.rerank().ok_or_else(lost)?;
                let Reranked { facts, results } = codec.decode(request, response)?;
                let results: Result<Vec<_>, _> = results
                    .iter()
                    .map(|ranked| result(request, ranked))
                    .collect();
                let results = results?;
                self.take_facts(facts);
                Ok(object("results", Value::Array(results)))
            }
            Reading::Models => {
                let codec = self.provider.models().ok_or_else(lost)?;
                let ModelsPage { models, next } = codec.decode(response)?;
                self.operation.next_page = next;
                let models = models.into_iter().map(Value::Object).collect();
                Ok(object("models", models))
            }
            Reading::CountTokens => {
                let codec = self.provider.count_tokens().ok_or_else(lost)?;
                let TokenCount { input_tokens, more } = codec.decode(response)?;
                let mut counted =
                    Map::from_iter([("input_tokens".to_owned(), input_tokens.into())]);
                counted.extend(more);
                Ok(Event::Result(counted))
            }
            Reading::Chat | Reading::Batch(_) => Err(lost()),
        }
    }

    fn take_vectors(&mut self, embedded: Embedded, piece: &EmbedPiece) -> Vectors {
        let first = piece.inputs.start;
        let truncated = embedded.truncated.iter();
        let truncated = truncated.map(|position| (first + position) as u64);
        self.operation.truncated = truncated.collect();
        self.take_facts(embedded.facts);
        let mut values = embedded.values;
        if piece.request.normalize == Some(true) {
            normalize(&mut values, embedded.dimensions);
        }
        Vectors::new(values, embedded.dimensions)
    }

    fn take_facts(&mut self, facts: ResponseFacts) {
        self.start.id = facts.id;
        if let Some(model) = facts.model {
            self.start.model = model;
        }
        self.summary.usage = facts.usage;
    }
}

impl Decoder for WholeDecoder {
    fn decode_frame(&mut self, _: Frame<'_>, _: &mut EventBatch) -> Result<(), LlmError> {
        let message = "the response is a stream of events, which no response to this request is";
        Err(LlmError::new(ErrorKind::Protocol, message))
    }

    fn decode_body(&mut self, body: &[u8], out: &mut EventBatch) -> Result<(), LlmError> {
        self.operation.body_bytes = body.len();
        let event = self.decode(body)?;
        out.push(Event::Start(Box::new(std::mem::take(&mut self.start))));
        out.push(event);
        self.is_done = true;
        Ok(())
    }

    fn close(&mut self, _: &mut EventBatch) {}

    fn progress(&self) -> Progress {
        match self.is_done {
            true => Progress::Done,
            false => Progress::Empty,
        }
    }

    /// A whole document that could be decoded is a complete response.
    fn completion_state(&self) -> CompletionState<'_> {
        CompletionState {
            progress: self.progress(),
            content: Content::Primary,
            calls: ToolCallsState::None,
            reason: self.is_done.then_some(FinishReason::Stop),
            reason_raw: None,
            message: None,
        }
    }

    fn summary(&self) -> ResponseSummary {
        self.summary.clone()
    }

    fn operation(&self) -> Option<&OperationSummary> {
        Some(&self.operation)
    }
}

/// The codecs hold this; a program is not to trust it blindly all the same.
fn check_vectors(embedded: &Embedded, inputs: usize) -> Result<(), LlmError> {
    let Embedded {
        values, dimensions, ..
    } = embedded;
    let expected = inputs.checked_mul(*dimensions);
    if *dimensions == 0 || expected != Some(values.len()) {
        let numbers = values.len();
        let message = format!(
            "{inputs} vectors of {dimensions} numbers were expected, got {numbers} numbers"
        );
        return Err(LlmError::new(ErrorKind::Protocol, message));
    }
    if are_finite(values) {
        return Ok(());
    }
    let position = values.iter().position(|value| !value.is_finite());
    let vector = position.unwrap_or_default() / dimensions;
    let message = format!("vector {vector} of the response has a number that is not finite");
    Err(LlmError::new(ErrorKind::Protocol, message))
}

/// A document with the caller's own text, so that no provider is asked to send it back.
fn result(request: &RerankRequest, ranked: &Ranked) -> Result<Value, LlmError> {
    let Some(document) = request.documents.get(ranked.index) else {
        let (index, count) = (ranked.index, request.documents.len());
        let message = format!("results name document {index}, but there are only {count}");
        return Err(LlmError::new(ErrorKind::Protocol, message));
    };
    let document = match document {
        RerankDocument::Text(text) => Value::from(text.as_str()),
        RerankDocument::Fields(fields) => Value::Object(fields.clone()),
    };
    let result = RerankResult {
        index: ranked.index,
        score: Some(ranked.score).filter(|score| score.is_finite()),
        document,
    };
    Ok(serde_json::to_value(result).unwrap_or_default())
}

/// Scales each vector to length 1; one of zeros stays as it is.
fn normalize(values: &mut [f32], dimensions: usize) {
    for vector in values.chunks_exact_mut(dimensions.max(1)) {
        let squares = vector.iter().map(|value| f64::from(*value).powi(2));
        let length = squares.sum::<f64>().sqrt();
        if length > 0.0 {
            for value in vector {
                #[allow(clippy::cast_possible_truncation, reason = "at most 1")]
                let scaled = (f64::from(*value) / length) as f32;
                *value = scaled;
            }
        }
    }
}

fn object(name: &str, value: Value) -> Event {
    Event::Result(Map::from_iter([(name.to_owned(), value)]))
}

/// A request was encoded, so there is a codec for its response.
fn lost() -> LlmError {
    LlmError::new(ErrorKind::Internal, "there is no codec for this response")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_normalized_vector_has_length_1_and_zeros_stay() {
        let mut values = vec![3.0, 4.0, 0.0, 0.0, f32::MAX, f32::MAX];
        normalize(&mut values, 2);
        let half = 0.5_f32.sqrt();
        assert_eq!(values, [0.6, 0.8, 0.0, 0.0, half, half]);
    }

    #[test]
    fn vectors_that_are_not_as_many_as_inputs_or_not_finite_are_no_response() {
        let embedded = |values: &[f32], dimensions| Embedded {
            values: values.to_vec(),
            dimensions,
            ..Embedded::default()
        };
        let message = |values: &[f32], dimensions, inputs| {
            let error = check_vectors(&embedded(values, dimensions), inputs).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Protocol);
            error.message
        };
        assert!(check_vectors(&embedded(&[1.0; 6], 3), 2).is_ok());
        assert!(message(&[1.0; 6], 3, 3).contains("3 vectors of 3 numbers"));
        assert!(message(&[], 0, 0).contains("got 0 numbers"));
        let nan = message(&[1.0, 1.0, 1.0, f32::NAN], 2, 2);
        assert_eq!(
            nan,
            "vector 1 of the response has a number that is not finite"
        );
    }

    #[test]
    fn a_result_has_the_callers_document_and_no_score_where_there_is_none() {
        let request = RerankRequest {
            documents: vec![RerankDocument::Text("a".to_owned())],
            ..RerankRequest::default()
        };
        let ranked = |index, score| Ranked { index, score };
        let found = result(&request, &ranked(0, f64::NAN)).unwrap();
        assert_eq!(found.to_string(), r#"{"index":0,"document":"a"}"#);
        let found = result(&request, &ranked(0, 0.5)).unwrap();
        assert_eq!(
            found.to_string(),
            r#"{"index":0,"score":0.5,"document":"a"}"#
        );
        let error = result(&request, &ranked(1, 0.5)).unwrap_err();
        assert!(error.message.contains("document 1"), "{error}");
    }
}
