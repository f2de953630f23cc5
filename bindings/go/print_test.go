package literllm_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

const printedSecret = "test-key-0123456789"

// Printed in any way, nothing shows the key, the headers or what was asked.
func TestPrintedFormsHaveNoSecrets(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	request := ask("printed")
	request.APIKey, request.Headers = printedSecret, map[string]string{"x-token": printedSecret}
	request.Messages = []literllm.Message{literllm.User("my " + printedSecret)}
	stream := client.Invoke(bounded(t), request)
	values := []any{client, stream, request, &request, literllm.MapResult{Request: request},
		literllm.EmbedRequest{APIKey: printedSecret, Model: "m"},
		literllm.RerankRequest{APIKey: printedSecret, Query: printedSecret},
		literllm.ModelsRequest{APIKey: printedSecret},
		literllm.BatchRequest{APIKey: printedSecret, Requests: []literllm.BatchRow{{Request: request}}}}
	for _, value := range values {
		var logged bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&logged, nil))
		if _, isResult := value.(literllm.MapResult); !isResult && value != any(client) &&
			value != any(stream) {
			logger.Info("asked", "request", value)
		}
		for _, text := range []string{fmt.Sprint(value), fmt.Sprintf("%+v", value),
			fmt.Sprintf("%#v", value), fmt.Sprintf("%s", value), logged.String()} {
			if strings.Contains(text, printedSecret) {
				t.Errorf("%T: %s", value, text)
			}
		}
	}
}

// What is printed says what it is and how far.
func TestPrintedFormsAreUseful(t *testing.T) {
	leavesNothing(t)
	client := newClient(t)
	stream := client.Invoke(bounded(t), ask(plan(t, hello)))
	before, during := fmt.Sprint(stream), ""
	for range stream.Tokens() {
	}
	left := client.Invoke(bounded(t), ask(plan(t, streamed(token("one "), hang))))
	for range left.Tokens() {
		during = fmt.Sprint(client, left)
		break
	}
	failed := client.Invoke(bounded(t), ask(plan(t, failing)))
	for range failed.Tokens() {
	}
	request := ask("x")
	request.Tools = []literllm.Tool{{}, {}}
	long := &literllm.Response{Text: strings.Repeat("ä", 81)}
	gone := newClient(t)
	gone.Close()
	for _, test := range []struct {
		value any
		want  string
	}{
		{gone, "literllm.Client{openai, 0 live calls, closed}"},
		{stream, "literllm.Stream{openai/test-model, ended: complete}"},
		{failed, "literllm.Stream{openai/test-model, ended: failed}"},
		{request, "literllm.Request{test-model, 1 message, 2 tools}"},
		{long, `literllm.Response{"` + strings.Repeat("ä", 80) + `..."}`},
		{literllm.EmbedRequest{Provider: "jina", Model: "m"}, "literllm.EmbedRequest{jina/m}"},
		{literllm.BatchRequest{Provider: "openai"}, "literllm.BatchRequest{openai, 0 rows}"},
		{(*literllm.Client)(nil), "literllm.Client{not made by New}"},
		{new(literllm.Stream), "literllm.Stream{not made by Invoke}"},
		{*long, fmt.Sprint(long)},
		{(*literllm.Response)(nil), "<nil>"},
		{stream.Response(),
			`literllm.Response{openai/test-model, stop, 9+3 tokens, "Hello wide world"}`},
	} {
		if got := fmt.Sprint(test.value); got != test.want {
			t.Errorf("%s, not %s", got, test.want)
		}
	}
	if before != "literllm.Stream{openai/test-model, not read}" ||
		during != "literllm.Client{openai, 1 live call} "+
			"literllm.Stream{openai/test-model, being read}" {
		t.Error(before, during)
	}
	if got := left.String(); !strings.Contains(got, "left") && !strings.Contains(got, "cancelled") {
		t.Error(got)
	}
}
