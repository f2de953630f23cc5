package test

import (
	"reflect"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/otelliterllm"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// What is measured of a stream, with the units and boundaries of the conventions.
func TestStreamIsMeasured(t *testing.T) {
	provider := newProvider(t)
	r := reporting(t, nil)
	for _, err := range r.client.Invoke(bounded(t), provider.ask()).Tokens() {
		if err != nil {
			t.Fatal(err)
		}
	}
	found := r.metrics(t)
	common := map[string]any{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
		"gen_ai.request.model": "m", "gen_ai.response.model": "m-2026",
		"server.address": "127.0.0.1", "server.port": int64(provider.port(t)),
	}
	for _, name := range []string{"gen_ai.client.operation.duration",
		"gen_ai.client.operation.time_to_first_chunk"} {
		histogram := found[name].Data.(metricdata.Histogram[float64])
		point := histogram.DataPoints[0]
		if found[name].Unit != "s" || point.Count != 1 || point.Sum <= 0 ||
			point.Bounds[0] != 0.01 || len(point.Bounds) != 14 ||
			!reflect.DeepEqual(set(point.Attributes), common) {
			t.Errorf("%s: %+v", name, found[name])
		}
	}
	usage := found["gen_ai.client.token.usage"]
	sums := map[any]int64{}
	for _, point := range usage.Data.(metricdata.Histogram[int64]).DataPoints {
		sums[set(point.Attributes)["gen_ai.token.type"]] = point.Sum
		if point.Bounds[13] != 67108864 {
			t.Errorf("%v", point.Bounds)
		}
	}
	want := map[any]int64{"input": 12, "output": 3}
	if usage.Unit != "{token}" || !reflect.DeepEqual(sums, want) {
		t.Errorf("%+v", usage)
	}
}

// A call that failed is measured with its error, and has no tokens; a whole one no first chunk.
func TestErrorsAndWholeResponsesAreMeasured(t *testing.T) {
	provider := newProvider(t, 401)
	r := reporting(t, nil)
	if _, err := r.client.Complete(bounded(t), provider.ask()); err == nil {
		t.Fatal("401 is an error")
	}
	if _, err := r.client.Complete(bounded(t), provider.ask()); err != nil {
		t.Fatal(err)
	}
	found := r.metrics(t)
	kinds := map[any]uint64{}
	durations := found["gen_ai.client.operation.duration"].Data.(metricdata.Histogram[float64])
	for _, point := range durations.DataPoints {
		kinds[set(point.Attributes)["error.type"]] += point.Count
	}
	if !reflect.DeepEqual(kinds, map[any]uint64{nil: 1, "AUTHENTICATION": 1}) {
		t.Errorf("%v", kinds)
	}
	if _, measured := found["gen_ai.client.operation.time_to_first_chunk"]; measured {
		t.Error("a whole response has no first chunk")
	}
	tokens := found["gen_ai.client.token.usage"].Data.(metricdata.Histogram[int64])
	if len(tokens.DataPoints) != 2 {
		t.Errorf("%+v", tokens)
	}
}

// Embeddings have an operation and attributes of their own.
func TestEmbedIsReported(t *testing.T) {
	provider := newProvider(t)
	r := reporting(t, []otelliterllm.Option{otelliterllm.WithContent(true)})
	if _, err := r.client.Embed(bounded(t), literllm.EmbedRequest{Model: "e", Dimensions: 2,
		Input: []string{"a"}, BaseURL: provider.URL + "/v1"}); err != nil {
		t.Fatal(err)
	}
	span := r.span(t)
	fields := values(span.Attributes)
	if span.Name != "embeddings e" || fields["gen_ai.operation.name"] != "embeddings" ||
		fields["gen_ai.embeddings.dimension.count"] != int64(2) ||
		fields["gen_ai.usage.input_tokens"] != int64(4) {
		t.Errorf("%s %v", span.Name, fields)
	}
}

// Tokens from a cache are among those of the request, whatever the provider counts.
func TestInputTokensHaveCachedOnes(t *testing.T) {
	provider := newProvider(t)
	provider.change(func() {
		provider.usage = map[string]any{"input_tokens": 10, "output_tokens": 1,
			"cache_read_input_tokens": 100, "cache_creation_input_tokens": 1000}
	})
	r := reporting(t, nil)
	if _, err := r.client.Complete(bounded(t), provider.ask()); err != nil {
		t.Fatal(err)
	}
	fields := values(r.span(t).Attributes)
	if fields["gen_ai.usage.input_tokens"] != int64(1110) ||
		fields["gen_ai.usage.cache_creation.input_tokens"] != int64(1000) {
		t.Errorf("%v", fields)
	}
}

func set(attributes attribute.Set) map[string]any { return values(attributes.ToSlice()) }
