package literllm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

const batteryKey = "test-key-0123456789"

type scenario struct {
	Name        string          `json:"name"`
	Steps       json.RawMessage `json:"steps"`
	Request     map[string]any  `json:"request"`
	Expected    map[string]any  `json:"expected"`
	Closed      bool            `json:"closed"`
	AnyRequests bool            `json:"any_requests"`
	Never       string          `json:"never"`
	MessageHas  string          `json:"message_has"`
}

// TestBattery plays every scenario that all languages play.
func TestBattery(t *testing.T) {
	text, err := os.ReadFile("../../tests/battery/faults.json")
	if err != nil {
		t.Fatal(err)
	}
	var scenarios []scenario
	if err := json.Unmarshal(text, &scenarios); err != nil {
		t.Fatal(err)
	}
	for number, scenario := range scenarios {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			// Clients with equal options share connections; a scenario needs its own.
			own := literllm.With("pool_idle_timeout_ms", 50_000+number)
			scenario.play(t, newClient(t, literllm.WithAPIKey(batteryKey), own))
		})
	}
}

func (scenario scenario) play(t *testing.T, client *literllm.Client) {
	text := strings.ReplaceAll(string(scenario.Steps), "{key}", batteryKey)
	var planned []any
	if err := json.Unmarshal([]byte(text), &planned); err != nil {
		t.Fatal(err)
	}
	key := plan(t, planned...)
	request := ask(key)
	request.Extra = map[string]any{"stream": true}
	for name, value := range scenario.Request {
		request.Extra[name] = value
	}
	began := time.Now()
	stream := client.Invoke(context.Background(), request)
	var failed *literllm.Error
	for _, err := range stream.Tokens() {
		if err != nil && !errors.As(err, &failed) {
			t.Fatalf("%T: %v", err, err)
		}
	}
	elapsed := float64(time.Since(began).Milliseconds())
	response := stream.Response()
	scenario.compare(t, response, failed)
	if least, ok := scenario.Expected["at_least_ms"].(float64); ok && elapsed < least {
		t.Errorf("%v ms", elapsed)
	}
	if most, ok := scenario.Expected["at_most_ms"].(float64); ok && elapsed > most {
		t.Errorf("%v ms", elapsed)
	}
	if scenario.Closed {
		waitFor(t, key, "closed=1")
	}
	if !scenario.AnyRequests {
		if count := seen(t, key)["requests_count"]; count != scenario.Expected["requests"] {
			t.Errorf("%v requests", count)
		}
	}
	said := fmt.Sprintf("%+v %+v %v", response, failed, failed)
	never := strings.ReplaceAll(scenario.Never, "{key}", batteryKey)
	if never != "" && strings.Contains(said, never) {
		t.Error("a secret is shown")
	}
	if failed != nil && !strings.Contains(failed.Message, scenario.MessageHas) {
		t.Error(failed.Message)
	}
}

// compare looks at the fields that the scenario names, in its own words.
func (scenario scenario) compare(
	t *testing.T, response *literllm.Response, failed *literllm.Error,
) {
	got := map[string]any{
		"outcome":       response.Outcome,
		"text":          response.Text,
		"text_length":   len([]rune(response.Text)),
		"attempts":      response.Attempts,
		"finish_reason": orNil(response.FinishReason),
		"tool_calls":    response.ToolCalls,
	}
	for name, want := range scenario.Expected {
		switch name {
		case "requests", "at_least_ms", "at_most_ms", "error":
		default:
			same(t, name, got[name], want)
		}
	}
	wanted, _ := scenario.Expected["error"].(map[string]any)
	if (failed == nil) != (wanted == nil) {
		t.Fatalf("error %v, and %v expected", failed, wanted)
	}
	for name, want := range wanted {
		same(t, "error."+name, fieldOf(failed, name), want)
	}
}

func fieldOf(failed *literllm.Error, name string) any {
	return map[string]any{
		"kind":           failed.Kind.String(),
		"status":         orNil(failed.Status),
		"code":           orNil(failed.Code),
		"message":        failed.Message,
		"retryable":      failed.Retryable,
		"retry_after_ms": orNil(failed.RetryAfter.Milliseconds()),
		"maybe_executed": failed.MaybeExecuted,
		"attempts":       failed.Attempts,
		"phase":          orNil(failed.Phase),
		"timer":          orNil(failed.Timer),
		"request_id":     orNil(failed.RequestID),
		"provider":       orNil(failed.Provider),
		"detail":         orNil(failed.Detail),
	}[name]
}

// orNil: the zero value of Go stands for an absent one.
func orNil[T comparable](value T) any {
	var zero T
	if value == zero {
		return nil
	}
	return value
}

func same(t *testing.T, name string, got, want any) {
	t.Helper()
	left, _ := json.Marshal(got)
	right, _ := json.Marshal(want)
	// Go has a zero value for what is empty, and for what is absent.
	if string(left) == "null" && (string(right) == "[]" || string(right) == `""`) {
		return
	}
	if string(left) != string(right) {
		t.Errorf("%s: %s, and %s expected", name, left, right)
	}
}
