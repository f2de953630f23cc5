package test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/otelliterllm"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// conventions are the names that every language reports under.
type conventions struct {
	Spans        map[string]string          `json:"spans"`
	Attributes   map[string]json.RawMessage `json:"attributes"`
	AttemptEvent struct {
		Name       string   `json:"name"`
		Attributes []string `json:"attributes"`
	} `json:"attempt event"`
	Metrics map[string]struct {
		Instrument string `json:"instrument"`
		Unit       string `json:"unit"`
	} `json:"metrics"`
	Buckets   map[string][]float64 `json:"buckets"`
	Providers map[string]string    `json:"providers"`
}

func readConventions(t *testing.T) *conventions {
	t.Helper()
	text, err := os.ReadFile("../../../../tests/telemetry/conventions.json")
	if err != nil {
		t.Fatal(err)
	}
	listed := &conventions{}
	if err := json.Unmarshal(text, listed); err != nil {
		t.Fatal(err)
	}
	return listed
}

// attributeNames are all that a span may have.
func (c *conventions) attributeNames(t *testing.T) (names []string) {
	t.Helper()
	for group, text := range c.Attributes {
		var list []string
		named := map[string]string{}
		if json.Unmarshal(text, &list) != nil && json.Unmarshal(text, &named) != nil {
			t.Fatalf("%s: %s", group, text)
		}
		names = append(names, list...)
		for name, value := range named {
			// An attribute with the only value that it has, or a field with its attribute.
			if strings.HasPrefix(name, "gen_ai.") {
				value = name
			}
			names = append(names, value)
		}
	}
	return names
}

// whole makes calls that report as much as there is.
func whole(t *testing.T) *reported {
	t.Helper()
	provider := newProvider(t, 503)
	r := reporting(t, []otelliterllm.Option{otelliterllm.WithContent(true)},
		literllm.WithStreamsMax(1), literllm.WithLenient(true))
	request := provider.ask()
	request.Temperature, request.TopP = literllm.Ptr(0.5), literllm.Ptr(0.9)
	request.MaxTokens, request.Seed, request.Stop = 100, literllm.Ptr[int64](7), []string{"END"}
	request.ResponseFormat, request.ReasoningEffort = literllm.JSONObject(), "low"
	request.Tools = []literllm.Tool{literllm.FunctionTool("weather", "", nil)}
	request.Extra = map[string]any{"frequency_penalty": 1, "presence_penalty": 1, "top_k": 4, "n": 2}
	ctx := bounded(t)
	for _, err := range r.client.Invoke(ctx, request).Tokens() {
		if err != nil {
			t.Fatal(err)
		}
	}
	provider.behindAnother(t, r.client, func() { embed(ctx, r.client, provider) })
	provider.change(func() {
		provider.failures = []int{401}
		provider.usage = map[string]any{"input_tokens": 1, "cache_creation_input_tokens": 1}
	})
	_, _ = r.client.Complete(ctx, request)
	_, _ = r.client.Complete(ctx, provider.ask())
	return r
}

func embed(ctx context.Context, client *literllm.Client, provider *provider) {
	_, _ = client.Embed(ctx, literllm.EmbedRequest{Model: "e", Dimensions: 2, Input: "a",
		BaseURL: provider.URL + "/v1"})
}

// Every name that is reported is one of those that all languages report under, and all of those
// are reported.
func TestSpanNamesAreThoseOfAllLanguages(t *testing.T) {
	listed, r := readConventions(t), whole(t)
	known, seen := listed.attributeNames(t), map[string]bool{}
	check := func(attributes []attribute.KeyValue, known []string) {
		for name := range values(attributes) {
			if seen[name] = true; !slices.Contains(known, name) {
				t.Errorf("%s is not listed", name)
			}
		}
	}
	for _, span := range r.spans.GetSpans() {
		operation := map[string]string{"chat": "chat", "embeddings": "embed"}[span.Name[:len(
			span.Name)-2]]
		want := strings.ReplaceAll(listed.Spans[operation], "{model}", span.Name[len(span.Name)-1:])
		if span.Name != want {
			t.Errorf("%s, not %s", span.Name, want)
		}
		check(span.Attributes, known)
		for _, event := range span.Events {
			if event.Name != listed.AttemptEvent.Name {
				t.Errorf("%s is not listed", event.Name)
			}
			check(event.Attributes, listed.AttemptEvent.Attributes)
		}
	}
	for _, name := range slices.Concat(known, listed.AttemptEvent.Attributes) {
		// The provider of these tests sends no request id.
		if !seen[name] && name != "liter_llm.request_id" {
			t.Errorf("%s is listed and was not reported", name)
		}
	}
}

// So are those of metrics, with their units and boundaries.
func TestMetricNamesAreThoseOfAllLanguages(t *testing.T) {
	listed, r := readConventions(t), whole(t)
	found := r.metrics(t)
	for name, metric := range found {
		want, known := listed.Metrics[name]
		instrument, bounds := shape(metric.Data)
		if !known || metric.Unit != want.Unit || instrument != want.Instrument {
			t.Errorf("%s (%s, %s) is not listed so: %+v", name, instrument, metric.Unit, want)
		}
		if instrument == "histogram" && !slices.Equal(bounds, listed.Buckets[metric.Unit]) {
			t.Errorf("%s: %v", name, bounds)
		}
	}
	for name := range listed.Metrics {
		if _, measured := found[name]; !measured {
			t.Errorf("%s is listed and was not measured", name)
		}
	}
}

// shape is what a metric is, and where its buckets end.
func shape(data metricdata.Aggregation) (instrument string, bounds []float64) {
	switch data := data.(type) {
	case metricdata.Histogram[float64]:
		return "histogram", data.DataPoints[0].Bounds
	case metricdata.Histogram[int64]:
		return "histogram", data.DataPoints[0].Bounds
	case metricdata.Sum[int64]:
		return "counter", nil
	default:
		return "", nil
	}
}

// So are those of providers.
func TestProviderNamesAreThoseOfAllLanguages(t *testing.T) {
	listed := readConventions(t)
	own := []string{literllm.ProviderOpenAI, literllm.ProviderAnthropic, literllm.ProviderGroq}
	for name := range listed.Providers {
		own = append(own, name)
	}
	for _, name := range own {
		r := reporting(t, nil)
		// Nobody listens there; whom it asks is known before.
		request := literllm.Request{Provider: name, Model: "m", BaseURL: "http://127.0.0.1:1",
			Messages: []literllm.Message{literllm.User("a")}, APIKey: "k"}
		request.Options = []literllm.Option{literllm.WithRetriesMax(0)}
		_, _ = r.client.Complete(bounded(t), request)
		want, known := listed.Providers[name]
		if !known {
			want = name
		}
		if got := values(r.span(t).Attributes)["gen_ai.provider.name"]; got != want {
			t.Errorf("%s is %v, not %s", name, got, want)
		}
	}
}
