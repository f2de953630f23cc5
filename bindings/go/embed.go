//go:build cgo

package literllm

import (
	"context"
	"reflect"
)

// EmbedRequest is a request for embeddings. What is not set is not sent.
type EmbedRequest struct {
	// Provider names the provider to ask. It takes precedence over the client's and over the prefix
	// of Model.
	Provider string `json:"provider,omitempty"`
	// Model names the model, or provider/model where no provider is named otherwise.
	Model string `json:"model"`
	// Input is what to embed: a string, or a slice whose entries are strings, lists of token ids, or
	// lists of content parts. It may have any length: it is split into as many HTTP requests as the
	// provider needs, of which some run at once.
	Input any `json:"input"`
	// InputType says what the vectors are for: query, document, classification, clustering,
	// similarity, code_query, or the provider's own word.
	InputType string `json:"input_type,omitempty"`
	// Dimensions is the length of the vectors, where the model can do several.
	Dimensions int `json:"dimensions,omitempty"`
	// Truncate says what happens to an input that is too long: none (an error), start or end (which
	// of its ends is cut off).
	Truncate string `json:"truncate,omitempty"`
	// Normalize says whether the library scales the vectors to length 1.
	Normalize bool `json:"normalize,omitempty"`
	// InputsPerRequest is how many inputs one HTTP request has at most, below the provider's limit.
	InputsPerRequest int `json:"inputs_per_request,omitempty"`
	// User identifies the end user to the provider.
	User string `json:"user,omitempty"`
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

// EmbedResponse has a vector for each input, in the order of the inputs.
type EmbedResponse struct {
	Receipt
	Source
	// Vectors are the vectors, each of Dimensions numbers. They share the memory of Values.
	Vectors [][]float32
	// Values are the numbers of all vectors, one vector behind the other.
	Values []float32
}

// Embed turns inputs into vectors. The error is an *[Error]. Where an HTTP request fails for good,
// the call does; Partial of the error then has the Vectors that came, FinishedRanges and
// FailedRanges. When the context ends, all connections of the call are closed.
func (c *Client) Embed(ctx context.Context, request EmbedRequest) (*EmbedResponse, error) {
	stream := c.call(ctx, &request)
	stream.vectors = &vectors{inputs: request.inputs()}
	if _, err := stream.run(); err != nil {
		return nil, err
	}
	receipt, source := stream.collector.ends()
	response := &EmbedResponse{Receipt: receipt, Source: source}
	response.Vectors, response.Values = stream.vectors.split(), stream.vectors.values
	return response, nil
}

// inputs is how many there are, where that can be seen.
func (r *EmbedRequest) inputs() int {
	switch value := reflect.ValueOf(r.Input); {
	case r.Input == nil || writesItself(r.Input):
		return 0
	case value.Kind() == reflect.Slice:
		return value.Len()
	default:
		return 1
	}
}

func (r *EmbedRequest) provider() string { return r.Provider }

func (r *EmbedRequest) asked() any { return r }

func (r *EmbedRequest) json(_ bool, collect *bool, key *keyFunction) ([]byte, *Error) {
	sent := struct {
		Operation string `json:"operation"`
		EmbedRequest
	}{"embed", *r}
	var failed *Error
	if sent.Input, failed = listOf("input", r.Input); failed != nil {
		return nil, failed
	}
	return more{sent.Operation, r.Options, r.Extra, collect, key}.to(sent)
}
