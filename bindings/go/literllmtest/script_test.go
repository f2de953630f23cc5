package literllmtest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/literllmtest"
)

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func ask(text string) literllm.Request {
	return literllm.Request{Model: "m", Messages: []literllm.Message{literllm.User(text)}}
}

// complete is a call that has to succeed.
func complete(t *testing.T, client *literllm.Client, request literllm.Request) *literllm.Response {
	t.Helper()
	response, err := client.Complete(bounded(t), request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// Answers are used in order, and have everything that a response of a provider has.
func TestAnswersInOrder(t *testing.T) {
	script := literllmtest.NewScript(t,
		literllmtest.Reasoning("Look it up.").Text("One moment").
			ToolCall("weather", map[string]any{"city": "Rome"}).ToolCall("now", `{}`).
			Usage(12, 3).ID("r-1").Model("m-2026").RequestID("q-1").
			Header("x-ratelimit-remaining-requests", "5").Header("x-other", "1"),
		literllmtest.Tokens("18", " deg", "rees").FinishReason("length"))
	response := complete(t, script.Client, ask("weather?"))
	want := []literllm.ToolCall{{ID: "call_1", Name: "weather", Arguments: `{"city":"Rome"}`},
		{Index: 1, ID: "call_2", Name: "now", Arguments: "{}"}}
	if response.Text != "One moment" || response.Reasoning != "Look it up." ||
		!reflect.DeepEqual(response.ToolCalls, want) ||
		response.FinishReason != literllm.FinishToolCalls || *response.Usage.InputTokens != 12 ||
		*response.Usage.OutputTokens != 3 || response.ID != "r-1" || response.Model != "m-2026" ||
		response.RequestID != "q-1" || response.RateLimit["requests_remaining"] == nil {
		t.Errorf("%+v", response)
	}
	stream := script.Invoke(bounded(t), ask("and now?"))
	tokens := literllmtest.ReadTokens(t, stream)
	if !reflect.DeepEqual(tokens, []string{"18", " deg", "rees"}) ||
		stream.Response().FinishReason != literllm.FinishLength {
		t.Errorf("%q, %v", tokens, stream.Response())
	}
	_, err := script.Complete(bounded(t), ask("and now?"))
	if failed := literllmtest.AsError(t, err); failed.Kind != literllm.ErrConfig {
		t.Error(err)
	}
}

// Retries are the library's own, and each attempt is a request.
func TestEachAttemptIsARequest(t *testing.T) {
	script := literllmtest.NewScript(t, literllmtest.RateLimited(time.Millisecond),
		literllmtest.Fail(literllm.ErrOverloaded, "busy", literllmtest.RetryAfter(1)),
		literllmtest.Text("now"))
	response := complete(t, script.Client, ask("hello"))
	if response.Text != "now" || response.Attempts != 3 || len(script.Requests()) != 3 {
		t.Errorf("%v, %v", response, script.Requests())
	}
	if kind := response.Tried[0].Kind; kind != "RATE_LIMITED" {
		t.Error(kind)
	}
}

// Without answers, the last message comes back.
func TestEcho(t *testing.T) {
	script := literllmtest.NewScript(t)
	if text := complete(t, script.Client, ask("hello there")).Text; text != "hello there" {
		t.Error(text)
	}
}

// A response may be cut, hang, or fail behind its content.
func TestIncompleteAnswers(t *testing.T) {
	script := literllmtest.NewScript(t, literllmtest.Text("It rains").Cut(),
		literllmtest.Text("It rains").Hang(),
		literllmtest.Text("It rains").Fail(literllm.ErrProvider, "sorry"))
	for _, want := range []error{literllm.ErrTruncated, literllm.ErrCancelled, literllm.ErrProvider} {
		ctx, cancel := context.WithCancel(bounded(t))
		var last error
		for token, err := range script.Invoke(ctx, ask("weather?")).Tokens() {
			if last = err; token == " rains" && want == literllm.ErrCancelled {
				cancel()
			}
		}
		cancel()
		failed := literllmtest.AsError(t, last)
		if !errors.Is(failed, want) || failed.Partial.Text != "It rains" {
			t.Errorf("%v, not %v", failed, want)
		}
	}
	script.Add(literllmtest.Cut(), literllmtest.Hang())
	options := []literllm.Option{literllm.WithRetriesMax(0),
		literllm.WithIdleTimeout(20 * time.Millisecond),
		literllm.WithFirstTokenTimeout(20 * time.Millisecond)}
	for _, want := range []error{literllm.ErrTruncated, literllm.ErrTimeout} {
		request := ask("weather?")
		request.Options = options
		if _, err := script.Complete(bounded(t), request); !errors.Is(err, want) {
			t.Errorf("%v, not %v", err, want)
		}
	}
}

// Answers may be for some requests only, and stay.
func TestConditions(t *testing.T) {
	script := literllmtest.NewScript(t,
		literllmtest.Text("sun").ForText("Rome").Always(),
		literllmtest.Text("rain").ForText("Hamburg").ForModel("other"),
		literllmtest.Embeddings([]float32{1}).ForOperation(literllm.OperationEmbed),
		literllmtest.Text("fog"))
	for _, want := range []string{"Rome sun", "Hamburg fog", "Rome sun"} {
		city, weather, _ := strings.Cut(want, " ")
		if text := complete(t, script.Client, ask(city)).Text; text != weather {
			t.Errorf("%s in %s", text, city)
		}
	}
	if left := script.Left(); left != 2 {
		t.Errorf("%d answers are left", left)
	}
}

// The other operations have answers of their own.
func TestOtherOperations(t *testing.T) {
	script := literllmtest.NewScript(t, literllmtest.Embeddings([]float32{1, 2}, []float32{3, 4}),
		literllmtest.Scores(0.5, 0.75), literllmtest.Models("a", "b"), literllmtest.InputTokens(7))
	ctx := bounded(t)
	embedded, err := script.Embed(ctx, literllm.EmbedRequest{Model: "e", Input: []string{"x", "y"}})
	if err != nil || !reflect.DeepEqual(embedded.Values, []float32{1, 2, 3, 4}) {
		t.Errorf("%v %v", embedded, err)
	}
	ranked, err := script.Rerank(ctx, literllm.RerankRequest{Model: "r", Query: "q",
		Documents: []string{"c", "d"}})
	if err != nil || ranked.Results[0].Document != "d" || *ranked.Results[0].Score != 0.75 {
		t.Errorf("%v %v", ranked, err)
	}
	models, err := script.Models(ctx, literllm.ModelsRequest{})
	if err != nil || len(models.Models) != 2 || models.Models[1].ID != "b" {
		t.Errorf("%v %v", models, err)
	}
	counted, err := script.CountTokens(ctx, ask("hello"))
	if err != nil || counted.InputTokens != 7 {
		t.Errorf("%v %v", counted, err)
	}
	var operations []string
	for _, request := range script.Requests() {
		operations = append(operations, request.Operation)
	}
	if !reflect.DeepEqual(operations, []string{"embed", "rerank", "models", "count_tokens"}) {
		t.Errorf("%q", operations)
	}
}

// A test may add answers, and begin anew.
func TestAddAndReset(t *testing.T) {
	script := literllmtest.NewScript(t, literllmtest.Text("a"))
	script.Add(literllmtest.Text("b"))
	if left := script.Left(); left != 2 {
		t.Errorf("%d answers are left", left)
	}
	complete(t, script.Client, ask("1"))
	script.Reset(literllmtest.Text("c"))
	if text := complete(t, script.Client, ask("2")).Text; text != "c" || script.Left() != 0 {
		t.Error(text)
	}
	if asked := script.Only().UserText(); asked != "2" {
		t.Error(asked)
	}
}

// A call that names another provider, or falls back to one, sends nothing.
func TestNothingIsSent(t *testing.T) {
	var sent atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		sent.Add(1)
	}))
	defer server.Close()
	script := literllmtest.NewScript(t, literllmtest.Fail(literllm.ErrNotFound, "no model"))
	other := ask("hello")
	other.Provider, other.BaseURL, other.APIKey = literllm.ProviderOpenAI, server.URL, "k"
	falls := ask("hello")
	falls.Options = []literllm.Option{literllm.WithFallbacks([]any{map[string]any{
		"provider": "openai", "model": "o", "base_url": server.URL, "api_key": "k"}})}
	for _, request := range []literllm.Request{other, falls} {
		if _, err := script.Complete(bounded(t), request); !errors.Is(err, literllm.ErrConfig) {
			t.Error(err)
		}
	}
	if sent.Load() != 0 {
		t.Errorf("%d requests were sent", sent.Load())
	}
}
