//go:build cgo

package literllm

import "context"

// RerankRequest asks how well documents answer a query. What is not set is not sent.
type RerankRequest struct {
	// Provider names the provider to ask. It takes precedence over the client's and over the prefix
	// of Model.
	Provider string `json:"provider,omitempty"`
	// Model names the model, or provider/model where no provider is named otherwise.
	Model string `json:"model"`
	// Query is what the documents should answer.
	Query string `json:"query"`
	// Documents is a slice whose entries are strings, or objects.
	Documents any `json:"documents"`
	// TopN is how many results to return; by default all.
	TopN int `json:"top_n,omitempty"`
	// MaxTokensPerDoc is how many tokens of each document are read.
	MaxTokensPerDoc int `json:"max_tokens_per_doc,omitempty"`
	// Truncate says what happens to a document that is too long: none (an error), start or end
	// (which of its ends is cut off).
	Truncate string `json:"truncate,omitempty"`
	// APIKey is the key for this call.
	APIKey string `json:"api_key,omitempty"`
	// BaseURL is the base URL for this call.
	BaseURL string `json:"base_url,omitempty"`
	// Headers are sent beside the client's, and take precedence over them.
	Headers map[string]string `json:"headers,omitempty"`
	// Options are the options of this call. They take precedence over the client's and over the
	// fields above.
	Options []Option `json:"-"`
	// Extra holds any other fields, by their JSON names. Fields that the library does not know are
	// sent to the provider unchanged. Extra takes precedence over Options.
	Extra map[string]any `json:"-"`
}

// RerankResponse has the documents, best first.
type RerankResponse struct {
	Receipt
	Source
	// Results are best first.
	Results []RerankResult
}

// RerankResult is a document and how well it answers the query.
type RerankResult struct {
	// Index is the document's position in the request.
	Index int `json:"index"`
	// Score says how well it answers the query, by the model's own measure; nil where the provider
	// sent no number. Scores of two models cannot be compared.
	Score *float64 `json:"score"`
	// Document is the document as the request has it: a string, or a map[string]any.
	Document any `json:"document"`
}

// Rerank orders documents by how well they answer a query. The error is an *[Error].
func (c *Client) Rerank(ctx context.Context, request RerankRequest) (*RerankResponse, error) {
	var found struct {
		Results []RerankResult `json:"results"`
	}
	stream := c.call(ctx, &request)
	if err := stream.find(&found); err != nil {
		return nil, err
	}
	receipt, source := stream.collector.ends()
	return &RerankResponse{receipt, source, found.Results}, nil
}

func (r *RerankRequest) provider() string { return r.Provider }

func (r *RerankRequest) asked() any { return r }

func (r *RerankRequest) json(_ bool, collect *bool, key *keyFunction) ([]byte, *Error) {
	sent := struct {
		Operation string `json:"operation"`
		RerankRequest
	}{"rerank", *r}
	var failed *Error
	if sent.Documents, failed = listOf("documents", r.Documents); failed != nil {
		return nil, failed
	}
	return more{sent.Operation, r.Options, r.Extra, collect, key}.to(sent)
}
