package literllm_test

import (
	"errors"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// What is wrong with a row is named, and nothing is sent.
func TestWrongRowsOfABatch(t *testing.T) {
	leavesNothing(t)
	messages := []literllm.Message{literllm.User("hello")}
	option := []literllm.Option{literllm.WithRetriesMax(1)}
	for want, request := range map[string]any{
		"requests[1].request.messages is missing": map[string]any{"model": "m"},
		"requests[1].request.api_key is an option of the call": literllm.Request{
			Model: "m", Messages: messages, APIKey: "secret-of-a-row"},
		"requests[1].request.Options: these are of a call": literllm.Request{
			Model: "m", Messages: messages, Options: option},
		"requests[1].request.messages[0].content: expected text": literllm.Request{
			Model: "m", Messages: []literllm.Message{{Role: "user", Content: []byte("a")}}},
		"requests[1].request.operation: got": literllm.Request{
			Model: "m", Messages: messages, Extra: map[string]any{"operation": "models"}},
		"requests[1].request.input: expected text, got []byte": literllm.EmbedRequest{
			Model: "m", Input: []byte("a")},
		"requests[1].request is for another operation": literllm.EmbedRequest{Model: "m", Input: "a"},
		"requests[1].request: expected an object":      "a text",
	} {
		key := plan(t, hello)
		rows := append(batchRows()[:1], literllm.BatchRow{ID: "wrong", Request: request})
		_, err := newClient(t).SubmitBatch(bounded(t), literllm.BatchRequest{
			Requests: rows, BaseURL: baseURL(key),
			// A function of the call is not what a field of a row is called.
			Options: []literllm.Option{literllm.WithAPIKey("of-the-call")}})
		if !errors.Is(err, literllm.ErrInvalidRequest) || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%v, and %s expected", err, want)
		}
		if requests, _ := seen(t, key)["requests"].([]any); len(requests) > 0 {
			t.Errorf("%s: %v", want, requests)
		}
	}
}

func TestWrongArgumentsOfBatches(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	state := func(_ *literllm.Batch, err error) error { return err }
	results := func(client *literllm.Client, batch string, options ...literllm.Option) error {
		rows, err := readRows(client.BatchResults(bounded(t), batch, options...))
		if len(rows) > 0 {
			t.Errorf("%+v", rows)
		}
		return err
	}
	_, tooFew := client.ListBatches(bounded(t), -1)
	for want, err := range map[string]error{
		"requests is missing or empty": state(
			client.SubmitBatch(bounded(t), literllm.BatchRequest{})),
		"batch is missing":           state(client.BatchStatus(bounded(t), "")),
		"expected the handle":        state(client.CancelBatch(bounded(t), "batch-1")),
		"limit":                      tooFew,
		"batch: expected the handle": results(client, "batch-1"),
	} {
		if !errors.Is(err, literllm.ErrInvalidRequest) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, and %s expected", err, want)
		}
	}
	unknown := state(client.BatchStatus(bounded(t), "x", literllm.With("timeout", 3)))
	if !errors.Is(unknown, literllm.ErrConfig) ||
		!strings.HasPrefix(unknown.Error(), `option "timeout" is unknown`) {
		t.Error(unknown)
	}
	if err := results(nil, "x"); !errors.Is(err, literllm.ErrInvalidArgument) {
		t.Error(err)
	}
	// A batch is none of the operations that another function of the client has.
	request := ask(plan(t, hello))
	request.Extra = map[string]any{"operation": "batch"}
	_, err := client.Complete(bounded(t), request)
	if !errors.Is(err, literllm.ErrInvalidRequest) || !strings.Contains(err.Error(), "SubmitBatch") {
		t.Error(err)
	}
}

func TestBatchAsJSON(t *testing.T) {
	chat := literllm.Request{Model: "m", Messages: []literllm.Message{}, Stream: new(bool),
		Extra: map[string]any{"top_k": 3}}
	embed := literllm.EmbedRequest{Model: "m", Input: []string(nil)}
	got, err := literllm.OperationJSON(literllm.BatchRequest{
		Provider: "openai", ExpiresAfterS: 3600, Requests: []literllm.BatchRow{
			{ID: "a", Request: chat}, {ID: "b", Request: &embed}, {ID: "c", Request: object{"x": 1}},
		},
	})
	want := `{"operation":"batch","action":"submit","provider":"openai","expires_after_s":3600,` +
		`"requests":[{"id":"a","request":{"messages":[],"model":"m","top_k":3}},` +
		`{"id":"b","request":{"operation":"embed","model":"m","input":[]}},` +
		`{"id":"c","request":{"x":1}}]}`
	if err != nil || got != want {
		t.Errorf("%s %v, and %s expected", got, err, want)
	}
}
