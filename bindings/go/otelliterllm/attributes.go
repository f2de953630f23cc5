package otelliterllm

import (
	"context"
	"encoding/json"
	"errors"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// What spans say of a response, an error and attempts. The names are those of
// tests/telemetry/conventions.json, which are the same in every language.

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

// setting is a value of a request as its caller gave it.
func (a *attributes) setting(name string, value any) {
	switch given := value.(type) {
	case string:
		a.text(name, given)
	case int:
		*a = append(*a, attribute.Int(name, given))
	case int64:
		*a = append(*a, attribute.Int64(name, given))
	case float64:
		*a = append(*a, attribute.Float64(name, given))
	case json.Number:
		if whole, err := given.Int64(); err == nil {
			a.setting(name, whole)
		} else if decimal, err := given.Float64(); err == nil {
			a.setting(name, decimal)
		}
	}
}

// endAttributes are those of the response, or of as much of it as came.
func endAttributes(began *call, end literllm.CallEnd) attributes {
	response := end.Response
	all := attributes(began.whom())
	all.text("gen_ai.response.id", response.ID)
	all.text("gen_ai.response.model", response.Model)
	if reason := finishReason(response); reason != "" && began.isChat() {
		all = append(all,
			attribute.StringSlice("gen_ai.response.finish_reasons", []string{reason}))
	}
	if began.stream && response.FirstToken > 0 {
		all = append(all, attribute.Float64("gen_ai.response.time_to_first_chunk",
			response.FirstToken.Seconds()))
	}
	for _, counted := range tokensOf(response.Usage) {
		all.count("gen_ai.usage."+counted.name, counted.count)
	}
	if response.Attempts > 0 {
		all = append(all, attribute.Int("liter_llm.attempts", response.Attempts))
	}
	if response.Queued > 0 {
		all = append(all, attribute.Float64("liter_llm.queued_ms", response.Queued.Seconds()*1000))
	}
	all.text("liter_llm.request_id", response.RequestID)
	all.text("error.type", errorType(end.Err))
	return all
}

// finishReason is that of a whole response; one that broke off, or was left, has none of its own.
func finishReason(response *literllm.Response) string {
	if response.Outcome != literllm.OutcomeComplete {
		return literllm.FinishError
	}
	return response.FinishReason
}

// errorType is the kind of an error, such as RATE_LIMITED; the guide lists them. A caller that
// cancels its context wants no more, which is no error; a deadline that passes is one.
func errorType(err error) string {
	var failed *literllm.Error
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &failed):
		return "_OTHER"
	case failed.Kind == literllm.ErrCancelled && !errors.Is(err, context.DeadlineExceeded):
		return ""
	default:
		return failed.Kind.String()
	}
}

func setStatus(span trace.Span, err error) {
	if errorType(err) != "" {
		span.SetStatus(codes.Error, err.Error())
	}
}

// addAttempts adds an event for each attempt, where there were several. They are known when the
// call has ended, so that is their time; how long each took is an attribute.
func addAttempts(span trace.Span, tried []literllm.Tried) {
	if len(tried) < 2 {
		return
	}
	for _, attempt := range tried {
		span.AddEvent("liter_llm.attempt", trace.WithAttributes(attemptAttributes(attempt)...))
	}
}

func attemptAttributes(attempt literllm.Tried) attributes {
	whom := call{}
	whom.named(attempt.Provider)
	all := attributes{attribute.Float64("liter_llm.milliseconds", attempt.Milliseconds)}
	all.text("gen_ai.provider.name", whom.provider)
	all.text("gen_ai.request.model", attempt.Model)
	all.text("error.type", attempt.Kind)
	if attempt.Status > 0 {
		all = append(all, attribute.Int("http.response.status_code", attempt.Status))
	}
	return all
}
