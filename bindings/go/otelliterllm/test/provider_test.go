// Package test proves what otelliterllm reports, with the real SDK and exporters.
package test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/otelliterllm"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// provider answers as OpenAI does, and keeps the headers that it was sent.
type provider struct {
	*httptest.Server
	mutex   sync.Mutex
	headers []http.Header
	// Statuses of the first requests; those after them are answered.
	failures []int
	// Fields of the answer's usage; without any there is none.
	usage map[string]any
	// So many streams stay open behind their first chunk, until the client leaves them.
	hangs int
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.headers = append(p.headers, r.Header)
	text, _ := io.ReadAll(r.Body)
	var body struct {
		Stream bool `json:"stream"`
		Input  any  `json:"input"`
	}
	_ = json.Unmarshal(text, &body)
	if len(p.failures) > 0 {
		status := p.failures[0]
		p.failures = p.failures[1:]
		w.WriteHeader(status)
		fmt.Fprint(w, `{"error":{"message":"not now","type":"t"}}`)
		return
	}
	p.answer(w, r, body.Stream, body.Input != nil)
	if p.hangs > 0 {
		p.hangs--
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

// change changes what it answers.
func (p *provider) change(change func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	change()
}

func (p *provider) answer(w http.ResponseWriter, r *http.Request, stream, embed bool) {
	usage, _ := json.Marshal(p.usage)
	switch {
	case r.URL.Path == "/v1/rerank":
		w.Header().Set("content-type", "application/json")
		fmt.Fprint(w, `{"id":"r","results":[{"index":0,"relevance_score":0.5}]}`)
	case r.URL.Path == "/v2/chat":
		w.Header().Set("content-type", "application/json")
		fmt.Fprint(w, `{"id":"c","message":{"role":"assistant","content":[{"type":"text",`+
			`"text":"a"}]},"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":7,`+
			`"output_tokens":2},"tokens":{"input_tokens":70,"output_tokens":20}}}`)
	case embed:
		w.Header().Set("content-type", "application/json")
		fmt.Fprint(w, `{"data":[{"index":0,"embedding":[0.5,0.25]}],"model":"embedder",`+
			`"usage":{"prompt_tokens":4,"total_tokens":4}}`)
	case stream:
		w.Header().Set("content-type", "text/event-stream")
		const chunk = "data: " + `{"id":"r-1","model":"m-2026","object":"chat.completion.chunk",` +
			`"choices":[{"index":0,"delta":%s,"finish_reason":%s}]}` + "\n\n"
		fmt.Fprintf(w, chunk, `{"content":"It rains"}`, "null")
		if p.hangs > 0 {
			return
		}
		fmt.Fprintf(w, chunk, `{}`, `"stop"`)
		fmt.Fprintf(w, `data: {"id":"r-1","model":"m-2026","choices":[],"usage":%s}`+"\n\n", usage)
		fmt.Fprint(w, "data: [DONE]\n\n")
	default:
		w.Header().Set("content-type", "application/json")
		fmt.Fprintf(w, `{"id":"r-1","model":"m-2026","object":"chat.completion","choices":[{`+
			`"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"wait",`+
			`"tool_calls":[{"id":"c","type":"function","function":{"name":"weather",`+
			`"arguments":"{\"city\":\"Hamburg\"}"}}]}}],"usage":%s}`, usage)
	}
}

func (p *provider) sent(index int) http.Header {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.headers[index]
}

func (p *provider) port(t *testing.T) int {
	t.Helper()
	parsed, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.Atoi(parsed.Port())
	return port
}

func newProvider(t *testing.T, failures ...int) *provider {
	t.Helper()
	p := &provider{failures: failures, usage: map[string]any{
		"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15,
		"prompt_tokens_details":     map[string]any{"cached_tokens": 5},
		"completion_tokens_details": map[string]any{"reasoning_tokens": 2}}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// reported is what the SDK was given.
type reported struct {
	spans  *tracetest.InMemoryExporter
	tracer *sdktrace.TracerProvider
	reader *sdkmetric.ManualReader
	client *literllm.Client
}

// reporting makes a client whose calls are reported to the SDK, in memory.
func reporting(
	t *testing.T, options []otelliterllm.Option, more ...literllm.Option,
) *reported {
	t.Helper()
	r := &reported{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	r.tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans))
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader))
	options = append([]otelliterllm.Option{otelliterllm.WithTracerProvider(r.tracer),
		otelliterllm.WithMeterProvider(meter)}, options...)
	r.client = newClient(t, append(more, otelliterllm.Instrument(options...))...)
	return r
}

func newClient(t *testing.T, options ...literllm.Option) *literllm.Client {
	t.Helper()
	client, err := literllm.New(append([]literllm.Option{
		literllm.WithProvider(literllm.ProviderOpenAI), literllm.WithAPIKey("test-key")},
		options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// span is the only one that has ended.
func (r *reported) span(t *testing.T) tracetest.SpanStub {
	t.Helper()
	spans := r.spans.GetSpans()
	if len(spans) != 1 {
		t.Fatalf("%d spans", len(spans))
	}
	return spans[0]
}

// metrics are those that were measured, by name.
func (r *reported) metrics(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	found := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		for _, metric := range scope.Metrics {
			found[metric.Name] = metric
		}
	}
	return found
}

// values are attributes as they are.
func values(attributes []attribute.KeyValue) map[string]any {
	found := map[string]any{}
	for _, each := range attributes {
		found[string(each.Key)] = each.Value.AsInterface()
	}
	return found
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func (p *provider) ask() literllm.Request {
	return literllm.Request{Model: "m", Messages: []literllm.Message{literllm.User("my secret")},
		BaseURL: p.URL + "/v1"}
}

// behindAnother makes a call that has to wait for another of the same client, which has to have one
// turn only.
func (p *provider) behindAnother(t *testing.T, client *literllm.Client, call func()) {
	t.Helper()
	p.change(func() { p.hangs = 1 })
	ctx := bounded(t)
	var calls sync.WaitGroup
	for range client.Invoke(ctx, p.ask()).Tokens() {
		calls.Go(call)
		for {
			if stats, err := client.Stats(ctx); err != nil || stats.Queued == 1 {
				break
			}
		}
		break
	}
	calls.Wait()
}
