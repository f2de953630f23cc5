package literllmtest

import (
	"errors"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// ReadTokens reads a stream to its end; the test fails where it fails.
func ReadTokens(t testing.TB, stream *literllm.Stream) []string {
	t.Helper()
	var tokens []string
	for token, err := range stream.Tokens() {
		if err != nil {
			t.Fatalf("literllmtest: after %q: %v", tokens, err)
		}
		tokens = append(tokens, token)
	}
	return tokens
}

// AsError is the library's error in err; the test fails where there is none.
func AsError(t testing.TB, err error) *literllm.Error {
	t.Helper()
	var failed *literllm.Error
	if !errors.As(err, &failed) {
		t.Fatalf("literllmtest: expected an error of the library, got %v", err)
	}
	return failed
}
