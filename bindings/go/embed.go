//go:build cgo

package literllm

import (
	"context"
	"reflect"
)

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
