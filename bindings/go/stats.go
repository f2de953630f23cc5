//go:build cgo

package literllm

import (
	"context"
	"encoding/json"
)

// Stats is what a client has done since it was made, and does now.
type Stats struct {
	// Live are calls that were started and have not ended, those that wait for their turn among
	// them.
	Live int64 `json:"live"`
	// Queued are requests that wait for their turn, as the client's pacing options want it.
	Queued int64 `json:"queued"`
	// Providers is what was sent to each provider, by its name.
	Providers map[string]ProviderStats `json:"providers"`
}

// ProviderStats is what a client has sent to one provider.
type ProviderStats struct {
	// Requests are HTTP requests, retries among them.
	Requests int64 `json:"requests"`
	// Retries are requests that were not the first attempt of their call.
	Retries int64 `json:"retries"`
	// RateLimited are requests that the provider refused with 429, or as rate limited in its own
	// words.
	RateLimited int64 `json:"rate_limited"`
	// InputTokens are those of requests, as far as receipts say.
	InputTokens int64 `json:"input_tokens"`
	// OutputTokens are those of responses, as far as receipts say.
	OutputTokens int64 `json:"output_tokens"`
	// FirstTokenP50MS: half of the chats had their first content sooner, in milliseconds since
	// their request was sent and exact to 12 %; 0 before the first one.
	FirstTokenP50MS float64 `json:"first_token_p50_ms"`
	// FirstTokenP99MS is the same for 99 of 100 chats.
	FirstTokenP99MS float64 `json:"first_token_p99_ms"`
}

// Stats says what the client has done so far. It asks nobody, so it comes at once.
func (c *Client) Stats(ctx context.Context) (*Stats, error) {
	stats := &Stats{}
	if err := c.call(ctx, statsRequest{}).find(stats); err != nil {
		return nil, err
	}
	return stats, nil
}

// statsRequest has no fields.
type statsRequest struct{}

func (statsRequest) provider() string { return "" }

func (statsRequest) asked() any { return nil }

func (statsRequest) json(bool, *bool, *keyFunction) ([]byte, *Error) {
	return json.RawMessage(`{"operation":"stats"}`), nil
}
