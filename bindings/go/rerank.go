//go:build cgo

package literllm

import "context"

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
