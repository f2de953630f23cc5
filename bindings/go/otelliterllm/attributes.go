package otelliterllm

import (
	"errors"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// What spans say of a request and its response: gen-ai-spans.md of the conventions.

// attributes are gathered one by one; what is not known is left out.
type attributes []attribute.KeyValue

func (a *attributes) text(name, value string) {
	if value != "" {
		*a = append(*a, attribute.String(name, value))
	}
}

func (a *attributes) count(name string, value *int64) {
	if value != nil {
		*a = append(*a, attribute.Int64(name, *value))
	}
}

func (a *attributes) decimal(name string, value *float64) {
	if value != nil {
		*a = append(*a, attribute.Float64(name, *value))
	}
}

// requestAttributes are those of a request's settings.
func requestAttributes(call *literllm.Call) attributes {
	var all attributes
	if call.Stream {
		all = append(all, attribute.Bool("gen_ai.request.stream", true))
	}
	switch request := call.Request.(type) {
	case *literllm.Request:
		all = append(all, chatAttributes(request)...)
	case *literllm.EmbedRequest:
		if request.Dimensions > 0 {
			all = append(all, attribute.Int("gen_ai.embeddings.dimension.count", request.Dimensions))
		}
	}
	return all
}

func chatAttributes(request *literllm.Request) attributes {
	var all attributes
	if request.MaxTokens > 0 {
		all = append(all, attribute.Int("gen_ai.request.max_tokens", request.MaxTokens))
	}
	all.decimal("gen_ai.request.temperature", request.Temperature)
	all.decimal("gen_ai.request.top_p", request.TopP)
	all.count("gen_ai.request.seed", request.Seed)
	if len(request.Stop) > 0 {
		all = append(all, attribute.StringSlice("gen_ai.request.stop_sequences", request.Stop))
	}
	for _, name := range []string{"top_k", "frequency_penalty", "presence_penalty"} {
		if value, ok := number(request.Extra[name]); ok {
			all = append(all, attribute.Float64("gen_ai.request."+name, value))
		}
	}
	if request.ResponseFormat != nil {
		all.text("gen_ai.output.type", "json")
	}
	return all
}

// endAttributes are those of the response, or of as much of it as came.
func endAttributes(began *call, end literllm.CallEnd) attributes {
	response := end.Response
	all := attributes(began.whom())
	all.text("gen_ai.response.id", response.ID)
	all.text("gen_ai.response.model", response.Model)
	if response.FinishReason != "" {
		all = append(all, attribute.StringSlice("gen_ai.response.finish_reasons",
			[]string{response.FinishReason}))
	}
	if began.stream && response.FirstToken > 0 {
		all = append(all, attribute.Float64("gen_ai.response.time_to_first_chunk",
			response.FirstToken.Seconds()))
	}
	if usage := response.Usage; usage != nil {
		all.count("gen_ai.usage.input_tokens", inputTokens(usage))
		all.count("gen_ai.usage.output_tokens", usage.OutputTokens)
		all.count("gen_ai.usage.cache_read.input_tokens", usage.CachedInputTokens)
		all.count("gen_ai.usage.cache_creation.input_tokens", usage.CacheWriteTokens)
		all.count("gen_ai.usage.reasoning.output_tokens", usage.ReasoningTokens)
	}
	all.text("liter_llm.request_id", response.RequestID)
	if end.Stopped {
		all = append(all, attribute.Bool("liter_llm.stopped", true))
	}
	all.text("error.type", errorType(end.Err))
	return all
}

// errorType is the kind of an error, such as RATE_LIMITED; the guide lists them.
func errorType(err error) string {
	var failed *literllm.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failed):
		return failed.Kind.String()
	default:
		return "_OTHER"
	}
}

func setStatus(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
}

// addAttempts adds an event for each attempt. They are known when the call has ended, so that is
// their time; how long each took is an attribute.
func addAttempts(span trace.Span, began *call, end literllm.CallEnd) {
	tried, sent := end.Response.Tried, end.Response.Attempts
	var failed *literllm.Error
	if errors.As(end.Err, &failed) {
		sent = max(sent, failed.Attempts)
		if len(tried) == 0 {
			tried = failed.Tried
		}
	}
	if len(tried) == 0 && sent > 0 {
		// One attempt alone is not listed: it is the call.
		one := literllm.Tried{Provider: began.ownProvider, Model: began.model,
			Kind: errorType(end.Err), Milliseconds: float64(end.Response.Total.Microseconds()) / 1000}
		if failed != nil {
			one.Status, one.MaybeExecuted = failed.Status, failed.MaybeExecuted
		}
		tried = []literllm.Tried{one}
	}
	first := max(0, sent-len(tried))
	for index, attempt := range tried {
		span.AddEvent("liter_llm.attempt", trace.WithAttributes(attemptAttributes(
			first+index+1, attempt)...))
	}
}

func attemptAttributes(number int, attempt literllm.Tried) attributes {
	whom := call{}
	whom.named(attempt.Provider)
	all := attributes{attribute.Int("liter_llm.attempt.number", number),
		attribute.Float64("liter_llm.attempt.duration", attempt.Milliseconds/1000)}
	all.text("gen_ai.provider.name", whom.provider)
	all.text("gen_ai.request.model", attempt.Model)
	all.text("error.type", attempt.Kind)
	if attempt.Status > 0 {
		all = append(all, attribute.Int("http.response.status_code", attempt.Status))
	}
	if attempt.MaybeExecuted {
		all = append(all, attribute.Bool("liter_llm.attempt.maybe_executed", true))
	}
	return all
}
