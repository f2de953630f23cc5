//go:build cgo

package literllm

import "context"

// CountTokensResponse says how many tokens a request has.
type CountTokensResponse struct {
	Receipt
	Source
	TokenCount
}

// TokenCount is the provider's count.
type TokenCount struct {
	// InputTokens are those of the request.
	InputTokens int64 `json:"input_tokens"`
	// CachedInputTokens are those of them that would be read from a cache; nil where the provider
	// does not say.
	CachedInputTokens *int64 `json:"cached_input_tokens"`
	// TokenIDs are the tokens themselves, where the provider returns them.
	TokenIDs []int64 `json:"token_ids"`
	// Details has the number of tokens by kind of content, in the provider's words.
	Details any `json:"details"`
	// BillableCharacters are charged, where the provider charges those; else nil.
	BillableCharacters *int64 `json:"billable_characters"`
}

// CountTokens has the provider count the tokens of a request, which it does not answer. Nothing is
// estimated: where the provider cannot count, the error is [ErrInvalidRequest]. Stream and Collect
// of the request are not used.
func (c *Client) CountTokens(ctx context.Context, request Request) (*CountTokensResponse, error) {
	response := &CountTokensResponse{}
	stream := c.call(ctx, &countRequest{request})
	if err := stream.find(&response.TokenCount); err != nil {
		return nil, err
	}
	response.Receipt, response.Source = stream.collector.ends()
	return response, nil
}

// countRequest is a request whose tokens are counted.
type countRequest struct{ Request }

func (r *countRequest) asked() any { return &r.Request }

func (r *countRequest) json(_ bool, collect *bool, key *keyFunction) ([]byte, *Error) {
	sent := struct {
		Operation string `json:"operation"`
		Request
	}{"count_tokens", r.Request}
	sent.Stream = nil
	if failed := sent.check(); failed != nil {
		return nil, failed
	}
	return more{sent.Operation, r.Options, r.Extra, collect, key}.to(sent)
}
