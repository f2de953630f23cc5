//! Reranking as a row: providers differ in names. Owns what a row can express, and the codec that
//! it makes.

use super::documents::{self, Documents};
use super::response;
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::truncate::Truncate;
use crate::providers::operations::{address, bedrock, cohere, Rerank, Reranked, WholeResponse};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::RerankRequest;

/// One provider.
#[derive(Debug)]
pub(crate) struct RerankRow {
    pub(super) provider: &'static str,
    pub(super) place: Place,
    /// The name of the list of documents.
    pub(super) documents: &'static str,
    pub(super) form: Documents,
    /// The name of the number of results; empty where all of them come always.
    pub(super) top_n: &'static str,
    /// The name of the limit of tokens of each document; empty where there is none.
    pub(super) max_tokens_per_doc: &'static str,
    pub(super) truncate: Truncate,
    /// Sends the documents back unless it is told not to; the caller has them.
    pub(super) returns_documents: bool,
}

/// Where requests go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind the base URL.
    Behind,
    /// Beside the version in the base URL.
    Beside,
    /// Where Cohere's version has it.
    Cohere,
    /// Behind the model.
    Bedrock,
}

pub(super) const PLAIN: RerankRow = RerankRow {
    provider: "",
    place: Place::Behind,
    documents: "documents",
    form: Documents::Texts,
    top_n: "top_n",
    max_tokens_per_doc: "",
    truncate: Truncate::Always,
    returns_documents: false,
};

impl RerankRow {
    fn path(&self, request: &RerankRequest, target: &Target<'_>) -> String {
        match self.place {
            Place::Behind => address::path(target, "/rerank"),
            Place::Beside if target.base_path.ends_with("/rerank") => String::new(),
            Place::Beside => address::beside_version(target, "/rerank"),
            Place::Cohere => cohere::path(target, "/rerank"),
            Place::Bedrock => bedrock::path(&request.model, "invoke"),
        }
    }
}

impl Rerank for RerankRow {
    fn encode(
        &self,
        request: &RerankRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        let mut warnings = Vec::new();
        let unsupported = &mut Unsupported::new(self.provider, target, &mut warnings);
        let mut body = Body::new(&request.extra, &request.extra_body);
        let is_v1 = self.place == Place::Cohere && cohere::is_v1(target);
        if self.place == Place::Bedrock {
            // Amazon's own model has none.
            let is_cohere = bedrock::Maker::of(&request.model) == bedrock::Maker::Cohere;
            body.put_some("api_version", is_cohere.then_some(2));
        } else if self.place != Place::Beside {
            body.put("model", &request.model);
        }
        body.put("query", &request.query);
        let form = if is_v1 { Documents::Objects } else { self.form };
        let list = documents::encode(self.provider, form, &request.documents)?;
        body.put(self.documents, list);
        if !self.top_n.is_empty() {
            body.put_some(self.top_n, request.top_n);
        }
        if let Some(tokens) = request.max_tokens_per_doc {
            match self.max_tokens_per_doc {
                name if !name.is_empty() && !is_v1 => body.put(name, tokens),
                _ => unsupported.refuse("max_tokens_per_doc", "the provider has no such limit")?,
            }
        }
        let truncate = request.truncate.as_deref();
        self.truncate.put(truncate, &mut body, unsupported)?;
        if self.returns_documents {
            body.put("return_documents", false);
        }
        body.post(self.provider, self.path(request, target), warnings)
    }

    fn decode(
        &self,
        request: &RerankRequest,
        response: WholeResponse<'_>,
    ) -> Result<Reranked, LlmError> {
        let documents = request.documents.len();
        response::decode(self.provider, documents, request.top_n, response)
    }
}
