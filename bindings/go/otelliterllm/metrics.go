package otelliterllm

import (
	"context"
	"slices"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// What is measured: gen-ai-metrics.md of the conventions, their units and boundaries too.

type instruments struct {
	duration   metric.Float64Histogram
	firstChunk metric.Float64Histogram
	tokens     metric.Int64Histogram
}

var (
	seconds = []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48,
		40.96, 81.92}
	tokens = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304,
		16777216, 67108864}
)

// newInstruments tells OpenTelemetry of what it cannot make; calls go on without it.
func newInstruments(meter metric.Meter) (made instruments) {
	var err error
	if made.duration, err = meter.Float64Histogram("gen_ai.client.operation.duration",
		metric.WithUnit("s"), metric.WithDescription("GenAI operation duration."),
		metric.WithExplicitBucketBoundaries(seconds...)); err != nil {
		otel.Handle(err)
	}
	if made.firstChunk, err = meter.Float64Histogram("gen_ai.client.operation.time_to_first_chunk",
		metric.WithUnit("s"), metric.WithDescription("Time to receive the first chunk."),
		metric.WithExplicitBucketBoundaries(seconds...)); err != nil {
		otel.Handle(err)
	}
	if made.tokens, err = meter.Int64Histogram("gen_ai.client.token.usage",
		metric.WithUnit("{token}"),
		metric.WithDescription("Number of input and output tokens used."),
		metric.WithExplicitBucketBoundaries(tokens...)); err != nil {
		otel.Handle(err)
	}
	return made
}

// record measures a call that has ended.
func (i *instruments) record(ctx context.Context, began *call, end literllm.CallEnd) {
	var common attributes = began.whom()
	common.text("gen_ai.response.model", end.Response.Model)
	of := func(more ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributes(append(common[:len(common):len(common)], more...)...)
	}
	ended := of()
	if kind := errorType(end.Err); kind != "" {
		ended = of(attribute.String("error.type", kind))
	}
	i.duration.Record(ctx, time.Since(began.began).Seconds(), ended)
	if first := end.Response.FirstToken; began.stream && first > 0 {
		i.firstChunk.Record(ctx, first.Seconds(), of())
	}
	input, output := used(end.Response.Usage)
	if input != nil {
		i.tokens.Record(ctx, *input, of(attribute.String("gen_ai.token.type", "input")))
	}
	if output != nil {
		i.tokens.Record(ctx, *output, of(attribute.String("gen_ai.token.type", "output")))
	}
}

// used is what is charged, where that is another number, as the conventions want it.
func used(usage *literllm.Usage) (input, output *int64) {
	if usage == nil {
		return nil, nil
	}
	input, output = inputTokens(usage), usage.OutputTokens
	if usage.BilledInputTokens != nil {
		input = usage.BilledInputTokens
	}
	if usage.BilledOutputTokens != nil {
		output = usage.BilledOutputTokens
	}
	return input, output
}

// Counts of cached tokens that are not among the input tokens: Anthropic's API reference, usage,
// and AWS's, TokenUsage of Converse.
var apart = []string{"cache_read_input_tokens", "cache_creation_input_tokens",
	"cacheReadInputTokens", "cacheWriteInputTokens"}

// inputTokens are all of the request, as the conventions count them: cached ones too.
func inputTokens(usage *literllm.Usage) *int64 {
	if usage.InputTokens == nil || usage.Raw["prompt_tokens"] != nil {
		return usage.InputTokens
	}
	isApart := func(name string) bool { return usage.Raw[name] != nil }
	if !slices.ContainsFunc(apart, isApart) {
		return usage.InputTokens
	}
	sum := *usage.InputTokens
	for _, cached := range []*int64{usage.CachedInputTokens, usage.CacheWriteTokens} {
		if cached != nil {
			sum += *cached
		}
	}
	return &sum
}
