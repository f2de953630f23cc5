//! The operations beside chat, each as one function that waits for all of it.

use super::Client;
use crate::error::LlmError;
use crate::event::{
    CountTokensResponse, EmbedResponse, Event, Found, ModelsResponse, Outcome, Receipt,
    RerankResponse, Stats,
};
use crate::request::{AnyRequest, EmbedRequest, LlmRequest, ModelsRequest, RerankRequest};

impl Client {
    /// Makes a vector of each input, in their order.
    ///
    /// # Errors
    /// Any kind; `partial_vectors` holds the vectors that came.
    pub async fn embed(&self, request: EmbedRequest) -> Result<EmbedResponse, LlmError> {
        let mut response = EmbedResponse::default();
        self.take(AnyRequest::Embed(request), |event| response.push(event))
            .await;
        match failure(&mut response.receipt) {
            None => Ok(response),
            Some(mut error) => {
                error.partial_vectors = Some(Box::new(response));
                Err(error)
            }
        }
    }

    /// Ranks documents by how well they answer a query.
    ///
    /// # Errors
    /// Any kind.
    pub async fn rerank(&self, request: RerankRequest) -> Result<RerankResponse, LlmError> {
        let found = self.find(AnyRequest::Rerank(request)).await;
        found.map(Found::into_rerank)
    }

    /// Lists the models of a provider, all pages.
    ///
    /// # Errors
    /// Any kind.
    pub async fn models(&self, request: ModelsRequest) -> Result<ModelsResponse, LlmError> {
        let found = self.find(AnyRequest::Models(request)).await;
        found.map(Found::into_models)
    }

    /// Has the provider count the tokens of a request for a chat.
    ///
    /// # Errors
    /// Any kind; `INVALID_REQUEST` where the provider cannot.
    pub async fn count_tokens(&self, request: LlmRequest) -> Result<CountTokensResponse, LlmError> {
        let found = self.find(AnyRequest::CountTokens(request)).await;
        found.map(Found::into_count)
    }

    /// What this client, with all its clones, has done so far. Asks nobody.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    async fn find(&self, request: AnyRequest) -> Result<Found, LlmError> {
        let mut found = Found::default();
        self.take(request, |event| found.push(event)).await;
        match failure(&mut found.receipt) {
            None => Ok(found),
            Some(error) => Err(error),
        }
    }

    async fn take(&self, request: AnyRequest, mut take: impl FnMut(Event)) {
        let mut stream = self.start(request).without_cuts();
        while stream.next_batch().await.is_some() {
            stream.drain().into_iter().for_each(&mut take);
        }
    }
}

fn failure(receipt: &mut Receipt) -> Option<LlmError> {
    match receipt.outcome {
        Outcome::Complete => None,
        _ => receipt.error.take(),
    }
}
