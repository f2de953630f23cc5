package literllm_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// callOperation makes the call of a fault that is about an operation beside chat.
func (fault fault) callOperation(
	t *testing.T, ctx context.Context, client *literllm.Client, operation, address string,
) outcome {
	fields := maps.Clone(fault.Request)
	delete(fields, "operation")
	got := outcome{fields: map[string]any{}}
	var err error
	switch operation {
	case "embed":
		request := literllm.EmbedRequest{
			Model: "test-model", BaseURL: address, Extra: callOptions(fields),
		}
		fault.fill(t, fields, &request)
		var response *literllm.EmbedResponse
		if response, err = client.Embed(ctx, request); err == nil {
			got = whole(response.Receipt, response)
			got.fields["vectors"] = len(response.Vectors)
			got.fields["dimensions"] = response.Dimensions
			got.fields["vectors_sha256"] = sumOf(t, response.Values)
		}
	case "rerank":
		request := literllm.RerankRequest{
			Model: "test-model", BaseURL: address, Extra: callOptions(fields),
		}
		fault.fill(t, fields, &request)
		var response *literllm.RerankResponse
		if response, err = client.Rerank(ctx, request); err == nil {
			got = whole(response.Receipt, response)
			ranked := []int{}
			for _, result := range response.Results {
				ranked = append(ranked, result.Index)
			}
			got.fields["ranked"] = ranked
		}
	case "models":
		request := literllm.ModelsRequest{BaseURL: address}
		fault.fill(t, fields, &request)
		var response *literllm.ModelsResponse
		if response, err = client.Models(ctx, request); err == nil {
			got = whole(response.Receipt, response)
			got.fields["models"] = len(response.Models)
		}
	case "count_tokens":
		request := literllm.Request{Model: "test-model", BaseURL: address}
		fault.fill(t, fields, &request)
		var response *literllm.CountTokensResponse
		if response, err = client.CountTokens(ctx, request); err == nil {
			got = whole(response.Receipt, response)
			got.fields["counted"] = response.InputTokens
		}
	default:
		t.Fatalf("no method for %s", operation)
	}
	if err != nil {
		if !errors.As(err, &got.failed) {
			t.Fatalf("%T: %v", err, err)
		}
		got.fields = receiptFields(got.failed.Partial.Receipt)
	}
	return got
}

// callOptions are the fields that no struct of a request has.
func callOptions(fields map[string]any) map[string]any {
	found := map[string]any{}
	for _, name := range []string{"fallbacks", "retries_max"} {
		if value, ok := fields[name]; ok {
			found[name] = value
		}
	}
	return found
}

// fill sets the fields of a request that the fault has.
func (fault) fill(t *testing.T, fields map[string]any, request any) {
	t.Helper()
	text, _ := json.Marshal(fields)
	if err := json.Unmarshal(text, request); err != nil {
		t.Fatal(err)
	}
}

func whole(receipt literllm.Receipt, response any) outcome {
	return outcome{
		fields: receiptFields(receipt), warnings: receipt.Warnings, shown: []any{response},
	}
}

// sumOf is that of the numbers as the library has them.
func sumOf(t *testing.T, values []float32) string {
	t.Helper()
	text, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
