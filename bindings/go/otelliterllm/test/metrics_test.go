package test

import (
	"reflect"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/otelliterllm"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// What is measured of a stream.
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
	for _, name := range []string{"gen_ai.client.inference.duration",
		"gen_ai.client.inference.time_to_first_chunk"} {
		point := found[name].Data.(metricdata.Histogram[float64]).DataPoints[0]
		if point.Count != 1 || point.Sum <= 0 ||
			!reflect.DeepEqual(set(point.Attributes), common) {
			t.Errorf("%s: %+v", name, found[name])
		}
	}
	if _, measured := found["gen_ai.client.operation.duration"]; measured {
		t.Error("a chat is measured as another operation")
	}
	for name, want := range map[string]int64{"input_tokens": 12, "output_tokens": 3} {
		data := found["gen_ai.client.inference.operation."+name].Data.(metricdata.Histogram[int64])
		if point := data.DataPoints[0]; point.Sum != want ||
			!reflect.DeepEqual(set(point.Attributes), common) {
			t.Errorf("%s: %+v", name, data)
		}
	}
	common["gen_ai.token.modality"] = "unknown"
	want := map[string]int64{"input_tokens": 12, "output_tokens": 3,
		"cache_read.input_tokens": 5, "reasoning.output_tokens": 2}
	for name, want := range want {
		data := found["gen_ai.client.inference.usage."+name].Data.(metricdata.Sum[int64])
		if point := data.DataPoints[0]; point.Value != want || !data.IsMonotonic ||
			!reflect.DeepEqual(set(point.Attributes), common) {
			t.Errorf("%s: %+v", name, data)
		}
	}
	if _, measured := found["gen_ai.client.inference.usage.cache_write.input_tokens"]; measured {
		t.Error("a count that is not known is measured")
	}
}

// A call that failed is measured with its error and counts 0 tokens; a whole one has no first
// chunk.
func TestErrorsAndWholeResponsesAreMeasured(t *testing.T) {
	provider := newProvider(t, 401)
	r := reporting(t, nil)
	if _, err := r.client.Complete(bounded(t), provider.ask()); err == nil {
		t.Fatal("401 is an error")
	}
	if sums := r.counted(t, "input_tokens"); !reflect.DeepEqual(sums, []int64{0}) {
		t.Errorf("%v", sums)
	}
	if _, err := r.client.Complete(bounded(t), provider.ask()); err != nil {
		t.Fatal(err)
	}
	found := r.metrics(t)
	kinds := map[any]uint64{}
	durations := found["gen_ai.client.inference.duration"].Data.(metricdata.Histogram[float64])
	for _, point := range durations.DataPoints {
		kinds[set(point.Attributes)["error.type"]] += point.Count
	}
	if !reflect.DeepEqual(kinds, map[any]uint64{nil: 1, "AUTHENTICATION": 1}) {
		t.Errorf("%v", kinds)
	}
	if _, measured := found["gen_ai.client.inference.time_to_first_chunk"]; measured {
		t.Error("a whole response has no first chunk")
	}
	tokens := found["gen_ai.client.inference.operation.input_tokens"]
	if points := tokens.Data.(metricdata.Histogram[int64]).DataPoints; len(points) != 1 {
		t.Errorf("a call without a usage has no tokens of its own: %+v", points)
	}
}

// Embeddings and rankings have an operation, attributes and a duration of their own.
func TestOtherOperationsAreReported(t *testing.T) {
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
		fields["gen_ai.usage.input_tokens"] != int64(4) ||
		fields["gen_ai.response.finish_reasons"] != nil {
		t.Errorf("%s %v", span.Name, fields)
	}
	if _, err := r.client.Rerank(bounded(t), literllm.RerankRequest{Model: "r", Query: "q",
		Documents: []string{"a"}, Provider: literllm.ProviderVoyage,
		BaseURL: provider.URL + "/v1"}); err != nil {
		t.Fatal(err)
	}
	if name := r.spans.GetSpans()[1].Name; name != "rerank r" {
		t.Error(name)
	}
	found := r.metrics(t)
	data := found["gen_ai.client.operation.duration"].Data.(metricdata.Histogram[float64])
	if len(found) != 1 || len(data.DataPoints) != 2 {
		t.Errorf("%+v", found)
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
		fields["gen_ai.usage.cache_write.input_tokens"] != int64(1000) {
		t.Errorf("%v", fields)
	}
	if sums := r.counted(t, "input_tokens"); !reflect.DeepEqual(sums, []int64{1110}) {
		t.Errorf("%v", sums)
	}
}

// OpenAI's prompt_tokens have the cached ones, whatever a gateway puts beside them.
func TestPromptTokensHaveCachedOnesAlready(t *testing.T) {
	provider := newProvider(t)
	provider.change(func() { provider.usage["cache_read_input_tokens"] = 5 })
	r := reporting(t, nil)
	if _, err := r.client.Complete(bounded(t), provider.ask()); err != nil {
		t.Fatal(err)
	}
	fields := values(r.span(t).Attributes)
	if fields["gen_ai.usage.input_tokens"] != int64(12) ||
		fields["gen_ai.usage.cache_read.input_tokens"] != int64(5) {
		t.Errorf("%v", fields)
	}
	if sums := r.counted(t, "input_tokens"); !reflect.DeepEqual(sums, []int64{12}) {
		t.Errorf("%v", sums)
	}
}

// What is billed is what counts, where it is another number.
func TestBilledTokensCount(t *testing.T) {
	provider := newProvider(t)
	r := reporting(t, nil)
	request := provider.ask()
	request.Provider, request.BaseURL = literllm.ProviderCohere, provider.URL+"/v2"
	response, err := r.client.Complete(bounded(t), request)
	if err != nil {
		t.Fatal(err)
	}
	fields := values(r.span(t).Attributes)
	if *response.Usage.InputTokens != 70 || fields["gen_ai.usage.input_tokens"] != int64(7) ||
		fields["gen_ai.usage.output_tokens"] != int64(2) {
		t.Errorf("%v", fields)
	}
	if sums := r.counted(t, "output_tokens"); !reflect.DeepEqual(sums, []int64{2}) {
		t.Errorf("%v", sums)
	}
}

// counted are the sums of a counter of tokens.
func (r *reported) counted(t *testing.T, name string) (sums []int64) {
	t.Helper()
	data := r.metrics(t)["gen_ai.client.inference.usage."+name].Data.(metricdata.Sum[int64])
	for _, point := range data.DataPoints {
		sums = append(sums, point.Value)
	}
	return sums
}

func set(attributes attribute.Set) map[string]any { return values(attributes.ToSlice()) }
