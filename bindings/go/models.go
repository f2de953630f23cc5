//go:build cgo

package literllm

import "context"

// ModelsRequest asks for a provider's models.
type ModelsRequest struct {
	// Provider names the provider to ask. It takes precedence over the client's.
	Provider string `json:"provider,omitempty"`
	// APIKey is the key for this call.
	APIKey string `json:"api_key,omitempty"`
	// BaseURL is the base URL for this call.
	BaseURL string `json:"base_url,omitempty"`
	// Headers are sent beside the client's, and take precedence over them.
	Headers map[string]string `json:"headers,omitempty"`
	// Options are the options of this call. They take precedence over the client's and over the
	// fields above.
	Options []Option `json:"-"`
	// Extra holds any other fields, by their JSON names. Those that the library does not know go to
	// the query of the URL. Extra takes precedence over Options.
	Extra map[string]any `json:"-"`
}

// ModelsResponse has the models of a provider.
type ModelsResponse struct {
	Receipt
	Source
	// Models are those of all pages of the provider's list.
	Models []Model
}

// Model is a model, as far as the provider says: what it does not say is zero.
type Model struct {
	// ID is what a request names it.
	ID string `json:"id"`
	// Name is its name for people.
	Name string `json:"name"`
	// Created is when it was made, in seconds since 1970.
	Created int64 `json:"created"`
	// Owner made it or has it.
	Owner string `json:"owner"`
	// InputTokensMax is how many tokens a request may have.
	InputTokensMax int64 `json:"input_tokens_max"`
	// OutputTokensMax is how many tokens a response may have.
	OutputTokensMax int64 `json:"output_tokens_max"`
	// Capabilities say what it can do: chat, embed, rerank, batch, tools, image_input,
	// structured_output, reasoning.
	Capabilities []string `json:"capabilities"`
	// Deprecated says whether it is deprecated.
	Deprecated bool `json:"deprecated"`
	// RetiresAt is when it is switched off, in seconds since 1970.
	RetiresAt int64 `json:"retires_at"`
	// Raw is the provider's own object; numbers are a json.Number.
	Raw map[string]any `json:"raw"`
}

// Models lists the models of a provider. The error is an *[Error].
func (c *Client) Models(ctx context.Context, request ModelsRequest) (*ModelsResponse, error) {
	var found struct {
		Models []Model `json:"models"`
	}
	stream := c.call(ctx, &request)
	if err := stream.find(&found); err != nil {
		return nil, err
	}
	receipt, source := stream.collector.ends()
	return &ModelsResponse{receipt, source, found.Models}, nil
}

func (r *ModelsRequest) provider() string { return r.Provider }

func (r *ModelsRequest) asked() any { return r }

func (r *ModelsRequest) json(_ bool, collect *bool, key *keyFunction) ([]byte, *Error) {
	sent := struct {
		Operation string `json:"operation"`
		ModelsRequest
	}{"models", *r}
	return more{sent.Operation, r.Options, r.Extra, collect, key}.to(sent)
}
