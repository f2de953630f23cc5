package literllm_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// Options of a client and of a call, with the examples of the schema test as values.
func sharedOptions() []literllm.Option {
	return []literllm.Option{
		literllm.WithProvider("text"), literllm.WithAPIKey("text"), literllm.WithBaseURL("text"),
		literllm.WithHeaders(map[string]string{"x-a": "b"}),
		literllm.WithKeyTimeout(1500 * time.Millisecond),
		literllm.WithConnectTimeout(1500 * time.Millisecond),
		literllm.WithHeadersTimeout(1500 * time.Millisecond),
		literllm.WithFirstTokenTimeout(1500 * time.Millisecond),
		literllm.WithIdleTimeout(1500 * time.Millisecond),
		literllm.WithTotalTimeout(1500 * time.Millisecond),
		literllm.WithRetriesMax(3), literllm.WithLenient(true),
		literllm.WithAPI("text"), literllm.WithAuth("text"),
		literllm.WithAWSRegion("text"), literllm.WithAWSAccessKeyID("text"),
		literllm.WithAWSSecretAccessKey("text"), literllm.WithAWSSessionToken("text"),
		literllm.WithAWSProfile("text"), literllm.WithAWSSigningURL("text"),
		literllm.WithVertexProject("text"), literllm.WithVertexLocation("text"),
		literllm.WithVertexQuotaProject("text"),
		literllm.WithFallbacks([]any{"text", map[string]any{"a": 1}}),
		literllm.WithScript("text"),
	}
}

func clientOptions() []literllm.Option {
	return append(sharedOptions(),
		literllm.WithReportHeaders([]string{"text"}),
		literllm.WithRetryAfterMax(1500*time.Millisecond),
		literllm.WithStreamWindowBytes(4096), literllm.WithQueueBytesMax(4096),
		literllm.WithEventBytesMax(4096), literllm.WithBodyBytesMax(4096),
		literllm.WithErrorBodyBytesMax(4096), literllm.WithHeaderBytesMax(4096),
		literllm.WithRequestBytesMax(4096), literllm.WithProxy(true), literllm.WithCAFile("text"),
		literllm.WithClientCertificateFile("text"), literllm.WithClientKeyFile("text"),
		literllm.WithAllowInsecureHTTP(true), literllm.WithDenyPrivate(true),
		literllm.WithPoolIdleTimeout(1500*time.Millisecond), literllm.WithPoolIdleConnectionsMax(3),
		literllm.WithHTTP2PingInterval(1500*time.Millisecond),
		literllm.WithHTTP2PingTimeout(1500*time.Millisecond),
		literllm.WithLogLevel(literllm.LogDebug), literllm.WithLogBodies(true),
		literllm.WithWorkerThreads(3), literllm.WithRetryBudget(3),
		literllm.WithRequestsPerMinute(3), literllm.WithTokensPerMinute(3),
		literllm.WithStreamsMax(3), literllm.WithQueuedMax(3), literllm.WithPacing("text"),
		literllm.WithTape(map[string]any{"a": 1}))
}

// There is a function for each option of a client, and each sets that option in its unit.
func TestEveryClientOptionHasAFunction(t *testing.T) {
	var want []string
	for _, option := range readSchema(t).ClientOptions {
		want = append(want, exampleOf(t, option))
	}
	got, err := literllm.OptionsJSON(clientOptions()...)
	if err != nil || got != sortedJSON(want) {
		t.Errorf("%v\n%s is written, not\n%s", err, got, sortedJSON(want))
	}
}

func TestEveryCallOptionHasAFunction(t *testing.T) {
	want := []string{`"model":"m"`, `"messages":[]`, `"stream":true`}
	for _, option := range readSchema(t).CallOptions {
		want = append(want, exampleOf(t, option))
	}
	got, err := literllm.RequestJSON(literllm.Request{
		Model: "m", Messages: []literllm.Message{},
		Options: append(sharedOptions(), literllm.WithExtraBody(map[string]any{"a": 1})),
	})
	if err != nil || got != sortedJSON(want) {
		t.Errorf("%v\n%s is written, not\n%s", err, got, sortedJSON(want))
	}
}

// A duration is rounded up to milliseconds, wherever it is given, and 0 stays 0.
func TestDurationsBecomeMilliseconds(t *testing.T) {
	for duration, want := range map[time.Duration]string{
		0: "0", 1: "1", time.Microsecond: "1", time.Millisecond: "1", time.Millisecond + 1: "2",
		20 * time.Second: "20000", time.Hour: "3600000",
		math.MaxInt64: "9223372036855",
	} {
		want := `"idle_timeout_ms":` + want
		for name, option := range map[string]literllm.Option{
			"typed": literllm.WithIdleTimeout(duration), "named": literllm.With("idle_timeout_ms", duration),
			"pointer": literllm.With("idle_timeout_ms", &duration),
		} {
			if got, err := literllm.OptionsJSON(option); err != nil || got != "{"+want+"}" {
				t.Errorf("%s %v: %s %v", name, duration, got, err)
			}
			request := literllm.Request{Options: []literllm.Option{option}}
			if got, err := literllm.RequestJSON(request); err != nil || !strings.Contains(got, want) {
				t.Errorf("%s %v of a call: %s %v", name, duration, got, err)
			}
		}
		request := literllm.Request{Extra: map[string]any{"idle_timeout_ms": duration}}
		if got, err := literllm.RequestJSON(request); err != nil || !strings.Contains(got, want) {
			t.Errorf("%v in Extra: %s %v", duration, got, err)
		}
	}
}

// What is not a duration reaches the library as it is.
func TestMillisecondsMayBeNumbers(t *testing.T) {
	got, err := literllm.OptionsJSON(literllm.With("idle_timeout_ms", 20_000),
		literllm.With("connect_timeout_ms", json.Number("1e3")),
		literllm.With("total_timeout_ms", (*time.Duration)(nil)), literllm.With("headers", nil))
	want := `{"connect_timeout_ms":1e3,"headers":null,"idle_timeout_ms":20000,"total_timeout_ms":null}`
	if err != nil || got != want {
		t.Error(got, err)
	}
}

// Fields of the request yield to its options, and these to Extra; the last of two options holds.
func TestOptionsOfACallHaveAnOrder(t *testing.T) {
	got, err := literllm.RequestJSON(literllm.Request{
		Model: "m", Messages: []literllm.Message{}, APIKey: "field", BaseURL: "field", Provider: "field",
		Options: []literllm.Option{
			literllm.WithAPIKey("first"), literllm.WithAPIKey("option"), literllm.WithBaseURL("option"),
		},
		Extra: map[string]any{"base_url": "extra"},
	})
	want := `{"api_key":"option","base_url":"extra","messages":[],"model":"m","provider":"field",` +
		`"stream":true}`
	if err != nil || got != want {
		t.Error(got, err)
	}
}

// An option of a call holds for that call, and reaches the library.
func TestOptionsOfACallAreUsed(t *testing.T) {
	leavesNothing(t)
	headers := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers <- r.Header
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	request := ask("")
	request.Options = []literllm.Option{
		literllm.WithBaseURL(server.URL + "/v1"), literllm.WithRetriesMax(0),
		literllm.WithHeaders(map[string]string{"x-own": "value"}), literllm.WithCollect(false),
	}
	client := newClient(t)
	_, err := client.Complete(bounded(t), request)
	var failed *literllm.Error
	if !errors.As(err, &failed) || failed.Status != 503 || failed.Attempts != 1 ||
		failed.Partial.Collected {
		t.Errorf("%+v", err)
	}
	if got := (<-headers).Get("x-own"); got != "value" {
		t.Errorf("%q was sent", got)
	}
	key := plan(t, streamed(token("one "), hang))
	request = ask(key)
	request.Options = []literllm.Option{literllm.WithIdleTimeout(50 * time.Millisecond)}
	for _, err = range client.Invoke(bounded(t), request).Tokens() {
	}
	if !errors.As(err, &failed) || failed.Kind != literllm.ErrTimeout || failed.Timer != "idle" {
		t.Errorf("%+v", err)
	}
}
