package otelliterllm

import (
	"context"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// What is measured, with units and boundaries. The names are those of
// tests/telemetry/conventions.json, which are the same in every language.

type instruments struct {
	chat, operation, firstChunk metric.Float64Histogram
	// By the name of what is counted.
	used    map[string]metric.Int64Counter
	perCall map[string]metric.Int64Histogram
}

var (
	seconds = []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48,
		40.96, 81.92}
	tokens = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304,
		16777216, 67108864}
)

// newInstruments tells OpenTelemetry of what it cannot make; calls go on without it.
func newInstruments(meter metric.Meter) instruments {
	duration := func(name, description string) metric.Float64Histogram {
		made, err := meter.Float64Histogram(name, metric.WithUnit("s"),
			metric.WithDescription(description), metric.WithExplicitBucketBoundaries(seconds...))
		report(err)
		return made
	}
	made := instruments{
		chat: duration("gen_ai.client.inference.duration", "Duration of a chat."),
		operation: duration("gen_ai.client.operation.duration",
			"Duration of a call for embeddings or a ranking."),
		firstChunk: duration("gen_ai.client.inference.time_to_first_chunk",
			"Time until the first chunk of a streamed response."),
		used:    map[string]metric.Int64Counter{},
		perCall: map[string]metric.Int64Histogram{},
	}
	for _, name := range []string{inputTokens, outputTokens, cacheRead, cacheWrite, reasoning} {
		counter, err := meter.Int64Counter("gen_ai.client.inference.usage."+name,
			metric.WithUnit("{token}"), metric.WithDescription("Tokens: "+name+"."))
		report(err)
		made.used[name] = counter
	}
	for _, name := range []string{inputTokens, outputTokens} {
		histogram, err := meter.Int64Histogram("gen_ai.client.inference.operation."+name,
			metric.WithUnit("{token}"), metric.WithDescription("Tokens of one call: "+name+"."),
			metric.WithExplicitBucketBoundaries(tokens...))
		report(err)
		made.perCall[name] = histogram
	}
	return made
}

func report(err error) {
	if err != nil {
		otel.Handle(err)
	}
}

// record measures a call that has ended.
func (i *instruments) record(ctx context.Context, began *call, end literllm.CallEnd) {
	common := attributes(began.whom())
	common.text("gen_ai.response.model", end.Response.Model)
	of := func(more ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributes(append(common[:len(common):len(common)], more...)...)
	}
	ended := of()
	if kind := errorType(end.Err); kind != "" {
		ended = of(attribute.String("error.type", kind))
	}
	elapsed := time.Since(began.began).Seconds()
	if !began.isChat() {
		i.operation.Record(ctx, elapsed, ended)
		return
	}
	i.chat.Record(ctx, elapsed, ended)
	if first := end.Response.FirstToken; began.stream && first > 0 {
		i.firstChunk.Record(ctx, first.Seconds(), of())
	}
	// The modality is not known: providers count all tokens together.
	ofTokens := of(attribute.String("gen_ai.token.modality", "unknown"))
	for _, counted := range tokensOf(end.Response.Usage) {
		histogram, isPerCall := i.perCall[counted.name]
		switch {
		case counted.count != nil:
			i.used[counted.name].Add(ctx, *counted.count, ofTokens)
			if isPerCall {
				histogram.Record(ctx, *counted.count, of())
			}
		case isPerCall:
			// A call without a usage counts as 0, as the conventions want it.
			i.used[counted.name].Add(ctx, 0, ofTokens)
		}
	}
}
