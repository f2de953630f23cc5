package literllm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

type contextKey struct{}

// told is what an interceptor saw of one call.
type told struct {
	call literllm.Call
	ends []literllm.CallEnd
}

// watched makes a client whose calls are written down.
func watched(t *testing.T, options ...literllm.Option) (*literllm.Client, *[]*told) {
	t.Helper()
	all := &[]*told{}
	watch := func(ctx context.Context, call *literllm.Call) (context.Context, func(literllm.CallEnd)) {
		one := &told{call: *call}
		*all = append(*all, one)
		return context.WithValue(ctx, contextKey{}, "of the call"),
			func(end literllm.CallEnd) { one.ends = append(one.ends, end) }
	}
	return newClient(t, append(options, literllm.WithInterceptor(watch))...), all
}

// Each call is told of once, and how it ended once: whole, failed, left early, refused, panicked.
func TestInterceptorIsToldOfEachCallAndItsEnd(t *testing.T) {
	leavesNothing(t)
	client, all := watched(t)
	request := ask(plan(t, hello))
	if _, err := client.Complete(bounded(t), request); err != nil {
		t.Fatal(err)
	}
	_, failed := client.Complete(bounded(t), ask(plan(t, failing)))
	for range client.Invoke(bounded(t), ask(plan(t, streamed(token("one "), hang)))).Tokens() {
		break
	}
	wrong := ask("never-asked")
	wrong.Messages = nil
	_, refused := client.Complete(bounded(t), wrong)
	func() {
		defer func() { recover() }()
		for range client.Invoke(bounded(t), ask(plan(t, hello))).Events() {
			panic("the reader's")
		}
	}()
	client.Close()
	_, closed := client.Complete(bounded(t), ask("never-asked"))
	if len(*all) != 6 {
		t.Fatalf("%d calls", len(*all))
	}
	for index, want := range []struct {
		err     error
		stopped bool
		text    string
		stream  bool
	}{
		{nil, false, "Hello wide world", false}, {failed, false, "", false},
		{nil, true, "one ", true}, {refused, false, "", false}, {nil, true, "", true},
		{closed, false, "", false},
	} {
		one := (*all)[index]
		if len(one.ends) != 1 {
			t.Errorf("%d: %d ends", index, len(one.ends))
			continue
		}
		end := one.ends[0]
		if !errors.Is(end.Err, want.err) || end.Stopped != want.stopped ||
			end.Response.Text != want.text || one.call.Stream != want.stream {
			t.Errorf("%d: %+v", index, end)
		}
	}
	call := (*all)[0].call
	if call.Operation != literllm.OperationChat || call.Provider != literllm.ProviderOpenAI ||
		call.Model != "test-model" || call.BaseURL != request.BaseURL ||
		!reflect.DeepEqual(call.Request, &request) {
		t.Errorf("%+v", call)
	}
}

// Operations beside chat are told of with their own requests; statistics ask nobody.
func TestInterceptorIsToldOfOperations(t *testing.T) {
	leavesNothing(t)
	client, all := watched(t)
	key := plan(t, hello)
	input := []string{"a"}
	if _, err := client.Embed(bounded(t), literllm.EmbedRequest{
		Model: "e", Input: input, BaseURL: baseURL(key)}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Models(bounded(t), literllm.ModelsRequest{BaseURL: baseURL(key)}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Stats(bounded(t)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range *all {
		got = append(got, fmt.Sprintf("%s %T %d", one.call.Operation, one.call.Request, len(one.ends)))
	}
	want := []string{"embed *literllm.EmbedRequest 1", "models *literllm.ModelsRequest 1"}
	if !slices.Equal(got, want) {
		t.Error(got)
	}
}

// Whom a call asks is found as the library finds it.
func TestInterceptorSeesWhomACallAsks(t *testing.T) {
	t.Setenv("GROQ_BASE_URL", "http://127.0.0.1:9/groq")
	for _, test := range []struct {
		client, provider, model, base string
		options                       []literllm.Option
		want                          [3]string
	}{
		{"openai", "", "m", "", nil, [3]string{"openai", "m", "https://api.openai.com/v1"}},
		{"openai", "", "a/m", "", nil, [3]string{"openai", "a/m", "https://api.openai.com/v1"}},
		{"", "", "mistral/m/x", "", nil, [3]string{"mistral", "m/x", "https://api.mistral.ai/v1"}},
		{"openai", "groq", "m", "", nil, [3]string{"groq", "m", "http://127.0.0.1:9/groq"}},
		{"openai", "", "m", "http://127.0.0.1:9/call", nil,
			[3]string{"openai", "m", "http://127.0.0.1:9/call"}},
		{"openai", "", "m", "", []literllm.Option{literllm.WithProvider("azure")},
			[3]string{"azure", "m", ""}},
		// The client's base URL is that of its own provider.
		{"ollama", "", "m", "", nil, [3]string{"ollama", "m", "http://127.0.0.1:9/client"}},
		{"ollama", "openai", "m", "", nil, [3]string{"openai", "m", "https://api.openai.com/v1"}},
	} {
		var got [3]string
		options := []literllm.Option{
			literllm.WithInterceptor(func(
				_ context.Context, call *literllm.Call,
			) (context.Context, func(literllm.CallEnd)) {
				got = [3]string{call.Provider, call.Model, call.BaseURL}
				return nil, nil
			}),
			literllm.WithDenyPrivate(true), literllm.WithRetriesMax(0),
		}
		if test.client != "" {
			options = append(options, literllm.WithProvider(test.client))
		}
		if test.client == "ollama" {
			options = append(options, literllm.WithBaseURL("http://127.0.0.1:9/client"))
		}
		client, err := literllm.New(options...)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(bounded(t))
		request := literllm.Request{Provider: test.provider, Model: test.model, BaseURL: test.base,
			Options: test.options}
		_, _ = client.Complete(ctx, request)
		cancel()
		client.Close()
		if got != test.want {
			t.Errorf("%v, not %v", got, test.want)
		}
	}
}

// Headers of interceptors are sent; those that the caller set take precedence.
func TestInterceptorsAddHeaders(t *testing.T) {
	leavesNothing(t)
	sent := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent <- r.Header
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	add := func(name, value string) literllm.Option {
		return literllm.WithInterceptor(func(
			_ context.Context, call *literllm.Call,
		) (context.Context, func(literllm.CallEnd)) {
			call.Headers[name] = value
			return nil, nil
		})
	}
	client := newClient(t, add("Traceparent", "00-a"), add("X-Own", "interceptor"),
		add("X-Other", "interceptor"))
	request := ask("")
	request.BaseURL = server.URL + "/v1"
	request.Headers = map[string]string{"x-own": "field"}
	request.Options = []literllm.Option{
		literllm.WithHeaders(map[string]string{"x-OTHER": "option", "x-own": "option"})}
	_, _ = client.Complete(bounded(t), request)
	header := <-sent
	for name, want := range map[string]string{
		"traceparent": "00-a", "x-own": "option", "x-other": "option"} {
		if got := header.Values(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The context of an interceptor is that of the call, which the function of its key sees.
func TestContextOfAnInterceptorIsTheCalls(t *testing.T) {
	leavesNothing(t)
	var seenByKey any
	client, _ := watched(t, literllm.WithAPIKeyFunc(func(ctx context.Context) (string, error) {
		seenByKey = ctx.Value(contextKey{})
		return "key", nil
	}))
	if _, err := client.Complete(bounded(t), ask(plan(t, hello))); err != nil {
		t.Fatal(err)
	}
	if seenByKey != "of the call" {
		t.Error(seenByKey)
	}
}
