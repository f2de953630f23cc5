package literllmtest

import (
	"context"
	"errors"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// Response is what a call returns that is answered so, for functions that take one. The library
// itself makes it, of an answer that is cut or fails as much as came. Its durations are 0, and its
// model is test-model where the answer names none.
func Response(t testing.TB, answer Answer) *literllm.Response {
	t.Helper()
	options := []literllm.Option{literllm.WithRetriesMax(0)}
	script := NewScriptWith(t, options, answer)
	defer script.Close()
	response, err := script.Complete(context.Background(), literllm.Request{Model: "test-model",
		Messages: []literllm.Message{literllm.User("test")}})
	var failed *literllm.Error
	if errors.As(err, &failed) {
		response = failed.Partial
	}
	if response == nil {
		t.Fatalf("literllmtest: %v", err)
	}
	response.FirstToken, response.Total, response.Queued = 0, 0, 0
	return response
}
