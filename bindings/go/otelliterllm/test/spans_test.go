package test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/otelliterllm"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// A stream is one span, with the attributes of the conventions and nothing else.
func TestStreamIsASpan(t *testing.T) {
	provider := newProvider(t)
	r := reporting(t, nil)
	request := provider.ask()
	request.Temperature, request.TopP = literllm.Ptr(0.5), literllm.Ptr(0.9)
	request.MaxTokens, request.Seed, request.Stop = 100, literllm.Ptr[int64](7), []string{"END"}
	request.ReasoningEffort = "low"
	request.Extra = map[string]any{"frequency_penalty": 1, "presence_penalty": json.Number("0.5"),
		"top_k": 40, "n": 2}
	request.ResponseFormat = literllm.JSONObject()
	request.Options = []literllm.Option{literllm.WithLenient(true)}
	stream := r.client.Invoke(bounded(t), request)
	for _, err := range stream.Tokens() {
		if err != nil {
			t.Fatal(err)
		}
	}
	span := r.span(t)
	if span.Name != "chat m" || span.SpanKind != trace.SpanKindClient ||
		span.Status.Code != codes.Unset || span.InstrumentationScope.Version != literllm.Version() {
		t.Errorf("%+v", span)
	}
	first := stream.Response().FirstToken.Seconds()
	want := map[string]any{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
		"gen_ai.request.model": "m", "server.address": "127.0.0.1",
		"server.port": int64(provider.port(t)), "gen_ai.request.stream": true,
		"gen_ai.request.max_tokens": int64(100), "gen_ai.request.temperature": 0.5,
		"gen_ai.request.top_p": 0.9, "gen_ai.request.seed": int64(7),
		"gen_ai.request.stop_sequences":    []string{"END"},
		"gen_ai.request.frequency_penalty": int64(1), "gen_ai.request.presence_penalty": 0.5,
		"gen_ai.request.top_k": int64(40), "gen_ai.request.choice.count": int64(2),
		"gen_ai.request.reasoning.level": "low", "liter_llm.attempts": int64(1),
		"gen_ai.output.type": "json", "gen_ai.response.id": "r-1",
		"gen_ai.response.model": "m-2026", "gen_ai.response.finish_reasons": []string{"stop"},
		"gen_ai.response.time_to_first_chunk": first,
		"gen_ai.usage.input_tokens":           int64(12), "gen_ai.usage.output_tokens": int64(3),
		"gen_ai.usage.cache_read.input_tokens": int64(5),
		"gen_ai.usage.reasoning.output_tokens": int64(2),
	}
	if got := values(span.Attributes); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, not\n%v", got, want)
	}
	if first <= 0 {
		t.Error(first)
	}
	if len(span.Events) != 0 {
		t.Errorf("the only attempt is the call: %v", span.Events)
	}
}

// What Extra has is what is sent, so it is what the span says.
func TestExtraTakesPrecedence(t *testing.T) {
	provider := newProvider(t)
	r := reporting(t, nil)
	request := provider.ask()
	request.MaxTokens, request.Stop = 100, []string{"END"}
	request.Extra = map[string]any{"max_completion_tokens": 50, "stop": "FIN", "n": 1,
		"response_format": map[string]any{"type": "text"}}
	if _, err := r.client.Complete(bounded(t), request); err != nil {
		t.Fatal(err)
	}
	fields := values(r.span(t).Attributes)
	if fields["gen_ai.request.max_tokens"] != int64(50) || fields["gen_ai.output.type"] != nil ||
		fields["gen_ai.request.choice.count"] != nil ||
		!reflect.DeepEqual(fields["gen_ai.request.stop_sequences"], []string{"FIN"}) {
		t.Errorf("%v", fields)
	}
}

// The span is a child of the caller's, and the provider is sent its traceparent with each attempt.
func TestParentAndTraceparent(t *testing.T) {
	provider := newProvider(t, 500)
	var ofKey trace.SpanContext
	r := reporting(t, nil, literllm.WithRetriesMax(1),
		literllm.WithAPIKeyFunc(func(ctx context.Context) (string, error) {
			ofKey = trace.SpanContextFromContext(ctx)
			return "key", nil
		}))
	ctx, parent := r.tracer.Tracer("caller").Start(bounded(t), "request")
	_, err := r.client.Complete(ctx, provider.ask())
	if err != nil {
		t.Fatal(err)
	}
	span := r.span(t)
	if span.Parent.SpanID() != parent.SpanContext().SpanID() ||
		span.SpanContext.TraceID() != parent.SpanContext().TraceID() {
		t.Errorf("%v is the parent", span.Parent)
	}
	// What the function of the key asks is a part of the call.
	if !ofKey.Equal(span.SpanContext) {
		t.Errorf("the function of the key ran in %v", ofKey)
	}
	want := fmt.Sprintf("00-%s-%s-01", span.SpanContext.TraceID(), span.SpanContext.SpanID())
	for attempt := range 2 {
		if got := provider.sent(attempt).Get("traceparent"); got != want {
			t.Errorf("%s was sent, not %s", got, want)
		}
	}
	silent := reporting(t, []otelliterllm.Option{
		otelliterllm.WithPropagator(nil)})
	if _, err := silent.client.Complete(bounded(t), provider.ask()); err != nil {
		t.Fatal(err)
	}
	if got := provider.sent(2).Get("traceparent"); got != "" {
		t.Errorf("%s was sent", got)
	}
}

// Each attempt is an event, and the error's kind is the type of the span's.
func TestAttemptsAreEvents(t *testing.T) {
	provider := newProvider(t, 503, 429, 401)
	r := reporting(t, nil, literllm.WithRetriesMax(5))
	_, err := r.client.Complete(bounded(t), provider.ask())
	if err == nil {
		t.Fatal("401 is an error")
	}
	span := r.span(t)
	if values(span.Attributes)["error.type"] != "AUTHENTICATION" || span.Status.Code != codes.Error ||
		span.Status.Description != err.Error() {
		t.Errorf("%v %v", span.Attributes, span.Status)
	}
	var got []string
	for _, event := range span.Events {
		fields := values(event.Attributes)
		if fields["liter_llm.milliseconds"].(float64) <= 0 {
			t.Errorf("%v", fields)
		}
		got = append(got, fmt.Sprintln(event.Name, fields["error.type"],
			fields["http.response.status_code"], fields["gen_ai.provider.name"],
			fields["gen_ai.request.model"]))
	}
	want := []string{"liter_llm.attempt PROVIDER 503 openai m\n",
		"liter_llm.attempt RATE_LIMITED 429 openai m\n",
		"liter_llm.attempt AUTHENTICATION 401 openai m\n"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	fields := values(span.Attributes)
	if fields["liter_llm.attempts"] != int64(3) ||
		!reflect.DeepEqual(fields["gen_ai.response.finish_reasons"], []string{"error"}) {
		t.Errorf("%v", fields)
	}
}

// A request that is never sent has a span with its error.
func TestWrongRequestIsASpan(t *testing.T) {
	provider := newProvider(t)
	r := reporting(t, nil)
	wrong := provider.ask()
	wrong.Messages = nil
	_, _ = r.client.Complete(bounded(t), wrong)
	span := r.span(t)
	if len(span.Events) != 0 || values(span.Attributes)["error.type"] != "INVALID_REQUEST" {
		t.Errorf("%+v", span)
	}
}

// How long a call waited for its turn is said, where the client paces calls.
func TestWaitForItsTurnIsSaid(t *testing.T) {
	provider := newProvider(t)
	r := reporting(t, nil, literllm.WithStreamsMax(1))
	provider.behindAnother(t, r.client, func() {
		if _, err := r.client.Complete(bounded(t), provider.ask()); err != nil {
			t.Error(err)
		}
	})
	for _, span := range r.spans.GetSpans() {
		fields := values(span.Attributes)
		queued, _ := fields["liter_llm.queued_ms"].(float64)
		if isFirst := fields["gen_ai.request.stream"] == true; isFirst != (queued == 0) {
			t.Errorf("%v", fields)
		}
	}
}

// Who answered in place of another is who the span names at its end.
func TestFallbackIsNamed(t *testing.T) {
	first, second := newProvider(t, 503), newProvider(t)
	r := reporting(t, nil)
	request := first.ask()
	request.Options = []literllm.Option{literllm.WithFallbacks([]any{map[string]any{
		"provider": "mistral", "model": "other", "base_url": second.URL + "/v1", "api_key": "k"}})}
	request.Options = append(request.Options, literllm.WithRetriesMax(0))
	if _, err := r.client.Complete(bounded(t), request); err != nil {
		t.Fatal(err)
	}
	span := r.span(t)
	if fields := values(span.Attributes); fields["gen_ai.provider.name"] != "mistral_ai" ||
		fields["gen_ai.request.model"] != "m" || len(span.Events) != 2 {
		t.Errorf("%v %v", fields, span.Events)
	}
	// The library sends a call's headers to the provider that they were meant for.
	if sent := second.sent(0).Get("traceparent"); sent != "" {
		t.Errorf("%q was sent to the fallback", sent)
	}
}

// Content is reported to who asks for it only.
func TestContentIsOptIn(t *testing.T) {
	provider := newProvider(t)
	request := provider.ask()
	request.Messages = []literllm.Message{literllm.System("be brief"), literllm.UserParts(
		literllm.TextPart("my secret"), literllm.ImageDataPart("image/png", []byte("x")),
		literllm.ImagePart("https://x/y"), literllm.FileIDPart("f"), literllm.AudioPart("wav", nil))}
	request.Messages = append(request.Messages, literllm.Message{Role: "assistant",
		ToolCalls: []literllm.MessageToolCall{{ID: "a", Type: "function",
			Function: literllm.Function{Name: "weather", Arguments: `{"b":1}`}}}},
		literllm.ToolResult("a", "rain"), literllm.Message{Role: "tool", ToolCallID: "a",
			Content: []literllm.ContentPart{literllm.ImageDataPart("image/png", []byte("x"))}})
	schema := map[string]any{"type": "object"}
	request.Tools = []literllm.Tool{literllm.FunctionTool("weather", "d", schema),
		{Type: "web_search"}}
	silent := reporting(t, nil)
	if _, err := silent.client.Complete(bounded(t), request); err != nil {
		t.Fatal(err)
	}
	span := silent.span(t)
	text := fmt.Sprintf("%+v", span)
	if strings.Contains(text, "secret") || strings.Contains(text, "wait") {
		t.Error(text)
	}
	r := reporting(t, []otelliterllm.Option{otelliterllm.WithContent(true)})
	if _, err := r.client.Complete(bounded(t), request); err != nil {
		t.Fatal(err)
	}
	fields := values(r.span(t).Attributes)
	for name, want := range map[string]string{
		"gen_ai.input.messages": `[{"role":"system","parts":[{"content":"be brief","type":"text"}]},` +
			`{"role":"user","parts":[{"content":"my secret","type":"text"},` +
			`{"type":"image_url"},{"type":"image_url"},{"type":"file"},{"type":"input_audio"}]},` +
			`{"role":"assistant","parts":[{"arguments":{"b":1},"id":"a","name":"weather",` +
			`"type":"tool_call"}]},` +
			`{"role":"tool","parts":[{"id":"a","response":"rain","type":"tool_call_response"}]},` +
			`{"role":"tool","parts":[{"id":"a","response":[{"type":"image_url"}],` +
			`"type":"tool_call_response"}]}]`,
		"gen_ai.tool.definitions": `[{"name":"weather","type":"function"},` +
			`{"name":"web_search","type":"web_search"}]`,
		"gen_ai.output.messages": `[{"role":"assistant","parts":[{"content":"wait","type":"text"},` +
			`{"arguments":{"city":"Hamburg"},"id":"c","name":"weather","type":"tool_call"}]}]`,
	} {
		if fields[name] != want {
			t.Errorf("%s: %s, not\n%s", name, fields[name], want)
		}
	}
}

// A reader that leaves early, or cancels its context, ends the span without an error.
func TestSpanOfAReaderThatLeaves(t *testing.T) {
	provider := newProvider(t)
	leave := func(r *reported) {
		provider.change(func() { provider.hangs = 1 })
		for range r.client.Invoke(bounded(t), provider.ask()).Tokens() {
			break
		}
	}
	cancel := func(r *reported) {
		provider.change(func() { provider.hangs = 1 })
		ctx, cancel := context.WithCancel(bounded(t))
		defer cancel()
		for _, err := range r.client.Invoke(ctx, provider.ask()).Tokens() {
			cancel()
			if err != nil && !errors.Is(err, literllm.ErrCancelled) {
				t.Error(err)
			}
		}
	}
	for name, read := range map[string]func(*reported){"leaves": leave, "cancels": cancel} {
		r := reporting(t, nil)
		read(r)
		span := r.span(t)
		fields := values(span.Attributes)
		if span.Status.Code != codes.Unset || fields["error.type"] != nil ||
			!reflect.DeepEqual(fields["gen_ai.response.finish_reasons"], []string{"error"}) {
			t.Errorf("%s: %+v", name, span)
		}
	}
}

// A deadline of the caller's that passes is an error.
func TestDeadlineIsAnError(t *testing.T) {
	provider := newProvider(t)
	provider.change(func() { provider.hangs = 1 })
	r := reporting(t, nil)
	ctx, cancel := context.WithTimeout(bounded(t), 50*time.Millisecond)
	defer cancel()
	for range r.client.Invoke(ctx, provider.ask()).Tokens() {
	}
	span := r.span(t)
	if span.Status.Code != codes.Error ||
		values(span.Attributes)["error.type"] != "CANCELLED" {
		t.Errorf("%+v", span)
	}
}
