package test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/otelliterllm"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector receives OTLP over HTTP, as a collector does.
type collector struct {
	mutex   sync.Mutex
	spans   []string
	metrics []string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	text, _ := io.ReadAll(r.Body)
	switch r.URL.Path {
	case "/v1/traces":
		var sent tracepb.ExportTraceServiceRequest
		if proto.Unmarshal(text, &sent) == nil {
			for _, resource := range sent.ResourceSpans {
				for _, scope := range resource.ScopeSpans {
					for _, span := range scope.Spans {
						c.spans = append(c.spans, span.Name)
					}
				}
			}
		}
	case "/v1/metrics":
		var sent metricspb.ExportMetricsServiceRequest
		if proto.Unmarshal(text, &sent) == nil {
			for _, resource := range sent.ResourceMetrics {
				for _, scope := range resource.ScopeMetrics {
					for _, metric := range scope.Metrics {
						c.metrics = append(c.metrics, metric.Name)
					}
				}
			}
		}
	}
	w.Header().Set("content-type", "application/x-protobuf")
}

// The sample of the README is built and run as a user would, and its spans arrive.
func TestSampleReachesACollector(t *testing.T) {
	received := &collector{}
	server := httptest.NewServer(received)
	defer server.Close()
	program := filepath.Join(t.TempDir(), "sample")
	build := exec.Command("go", "build", "-o", program, "./sample")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	run := exec.Command(program)
	run.Env = append(os.Environ(), "OPENAI_API_KEY=test-key",
		"OPENAI_BASE_URL="+newProvider(t).URL+"/v1", "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL)
	if output, err := run.CombinedOutput(); err != nil || string(output) != "wait\n" {
		t.Errorf("%v: %s", err, output)
	}
	received.mutex.Lock()
	defer received.mutex.Unlock()
	if len(received.spans) != 2 || received.spans[0] != "chat gpt-4o-mini" ||
		received.spans[1] != "question" {
		t.Errorf("%q", received.spans)
	}
}

// The global providers of a program, with the exporters that it would use, reach a collector.
func TestCallsReachACollector(t *testing.T) {
	received := &collector{}
	server := httptest.NewServer(received)
	defer server.Close()
	ctx := bounded(t)
	spans, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(server.URL+"/v1/traces"))
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(server.URL+"/v1/metrics"))
	if err != nil {
		t.Fatal(err)
	}
	tracer := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)))
	// The providers may be set after the client was made.
	client := newClient(t, otelliterllm.Instrument())
	otel.SetTracerProvider(tracer)
	otel.SetMeterProvider(meter)
	provider := newProvider(t)
	for range client.Invoke(ctx, provider.ask()).Tokens() {
	}
	// What asks for no tokens is not reported.
	_, _ = client.Models(ctx, literllm.ModelsRequest{BaseURL: provider.URL})
	if _, err := client.Embed(ctx, literllm.EmbedRequest{Model: "e", Input: "a",
		BaseURL: provider.URL + "/v1"}); err != nil {
		t.Error(err)
	}
	if tracer.Shutdown(ctx) != nil || meter.Shutdown(ctx) != nil {
		t.Error("not shut down")
	}
	received.mutex.Lock()
	defer received.mutex.Unlock()
	if !slices.Equal(received.spans, []string{"chat m", "embeddings e"}) {
		t.Errorf("%q", received.spans)
	}
	if !slices.Contains(received.metrics, "gen_ai.client.inference.duration") ||
		!slices.Contains(received.metrics, "gen_ai.client.operation.duration") {
		t.Errorf("%q", received.metrics)
	}
}
