package literllm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

const faultsKey = "test-key-0123456789"

type fault struct {
	Name        string          `json:"name"`
	Steps       json.RawMessage `json:"steps"`
	Request     map[string]any  `json:"request"`
	Expected    map[string]any  `json:"expected"`
	HTTP1Only   bool            `json:"http1_only"`
	CancelWhen  string          `json:"cancel_when"`
	Closed      bool            `json:"closed"`
	AnyRequests bool            `json:"any_requests"`
	Never       string          `json:"never"`
	MessageHas  string          `json:"message_has"`
	BasePath    *string         `json:"base_path"`
	Options     map[string]any  `json:"options"`
}

// transport is a way to the provider: which port of the mock is asked, and in which protocol.
type transport struct{ name, port, version string }

var transports = []transport{
	{"http1", "http", "HTTP/1.1"},
	{"tls", "https_http1", "HTTP/1.1"},
	{"http2", "https", "HTTP/2"},
}

// TestFaults plays every fault that all languages play, over every transport that can show it.
// LITER_LLM_FAULTS=F12.http2 plays those whose name with its transport holds that.
func TestFaults(t *testing.T) {
	text, err := os.ReadFile("../../tests/faults/faults.json")
	if err != nil {
		t.Fatal(err)
	}
	var faults []fault
	if err := json.Unmarshal(text, &faults); err != nil {
		t.Fatal(err)
	}
	for _, via := range transports {
		for number, fault := range faults {
			name := fault.Name + "." + via.name
			wanted := strings.Contains(name, os.Getenv("LITER_LLM_FAULTS"))
			_, isOperation := fault.Request["operation"]
			if !wanted || isOperation || via.name == "http2" && fault.HTTP1Only {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				options := []literllm.Option{
					literllm.WithAPIKey(faultsKey),
					literllm.With("ca_file", mockPlaces["ca_file"]),
					// Clients with equal options share connections; a fault needs its own.
					literllm.With("pool_idle_timeout_ms", 50_000+number),
				}
				for name, value := range fault.Options {
					options = append(options, literllm.With(name, value))
				}
				fault.play(t, via, newClient(t, options...))
			})
		}
	}
}

func (fault fault) play(t *testing.T, via transport, client *literllm.Client) {
	text := strings.ReplaceAll(string(fault.Steps), "{key}", faultsKey)
	var planned []any
	if err := json.Unmarshal([]byte(text), &planned); err != nil {
		t.Fatal(err)
	}
	key := plan(t, planned...)
	address := baseURLAt(via.port, key)
	if fault.BasePath != nil {
		address = strings.TrimSuffix(address, "/v1") + *fault.BasePath
	}
	fault.Request = fault.requestTo(t, address)
	began := time.Now()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if fault.CancelWhen != "" {
		go func() {
			defer cancel()
			waitFor(t, key, fault.CancelWhen)
		}()
	}
	seenByCaller := fault.call(t, ctx, client, address)
	elapsed := float64(time.Since(began).Milliseconds())
	fault.compare(t, seenByCaller)
	failed := seenByCaller.failed
	if least, ok := fault.Expected["at_least_ms"].(float64); ok && elapsed < least {
		t.Errorf("%v ms", elapsed)
	}
	if most, ok := fault.Expected["at_most_ms"].(float64); ok && elapsed > most {
		t.Errorf("%v ms", elapsed)
	}
	if fault.Closed {
		waitFor(t, key, "closed=1")
	}
	if !fault.AnyRequests {
		fault.compareRequests(t, via, seen(t, key))
	}
	seenByCaller.hides(t, strings.ReplaceAll(fault.Never, "{key}", faultsKey))
	host := strings.Split(strings.Split(address, "/")[2], ":")[0]
	part := strings.ReplaceAll(fault.MessageHas, "127.0.0.1", host)
	if part != "" && (failed == nil || !strings.Contains(failed.Message, part)) {
		t.Errorf("%v, and a message with %s expected", failed, part)
	}
}

// requestTo is the request with the base URL where it needs that again.
func (fault fault) requestTo(t *testing.T, address string) map[string]any {
	text, err := json.Marshal(fault.Request)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.ReplaceAll(string(text), "{base_url}", address))
	var request map[string]any
	if err := json.Unmarshal(text, &request); err != nil {
		t.Fatal(err)
	}
	return request
}

// triedOf are the attempts that an end or an error lists, as the faults have them.
func triedOf(attempts []literllm.Tried) []any {
	list := []any{}
	for _, tried := range attempts {
		var kind, status any = tried.Kind, tried.Status
		if tried.Kind == "" {
			kind = nil
		}
		if tried.Status == 0 {
			status = nil
		}
		list = append(list, []any{tried.Provider, tried.Model, kind, status, tried.MaybeExecuted})
	}
	return list
}

// compareRequests looks at how many came to the mock, where, and in which version of HTTP.
func (fault fault) compareRequests(t *testing.T, via transport, seen object) {
	if count := seen["requests_count"]; count != fault.Expected["requests"] {
		t.Errorf("%v requests", count)
	}
	for _, request := range seen["requests"].([]any) {
		request := request.(map[string]any)
		same(t, "version", request["version"], via.version)
		same(t, "place", request["place"], via.port)
	}
}

// outcome is what a caller gets of a call.
type outcome struct {
	failed *literllm.Error
	// In the words of the faults.
	fields   map[string]any
	warnings []string
	// All that a program could print of it.
	shown []any
}

// call makes the call of the fault, whatever it is for.
func (fault fault) call(
	t *testing.T, ctx context.Context, client *literllm.Client, address string,
) outcome {
	if operation, ok := fault.Request["operation"].(string); ok {
		return fault.callOperation(t, ctx, client, operation, address)
	}
	request := literllm.Request{
		Model: "test-model", Messages: []literllm.Message{literllm.User("hello")}, BaseURL: address,
		Extra: map[string]any{"stream": true},
	}
	maps.Copy(request.Extra, fault.Request)
	stream := client.Invoke(ctx, request)
	var failed *literllm.Error
	for _, err := range stream.Tokens() {
		if err != nil && !errors.As(err, &failed) {
			t.Fatalf("%T: %v", err, err)
		}
	}
	response := stream.Response()
	fields := receiptFields(response.Receipt)
	fields["provider"], fields["model"] = response.Provider, response.Model
	fields["text"], fields["text_length"] = response.Text, len([]rune(response.Text))
	// An empty list of Go may be nil.
	fields["tool_calls"] = append([]literllm.ToolCall{}, response.ToolCalls...)
	return outcome{failed, fields, response.Warnings, []any{response, response.Message(), stream}}
}

func receiptFields(receipt literllm.Receipt) map[string]any {
	return map[string]any{
		"outcome":       receipt.Outcome,
		"attempts":      receipt.Attempts,
		"finish_reason": receipt.FinishReason,
		"tried":         triedOf(receipt.Tried),
	}
}

// compare looks at the fields that the fault names, in its own words.
func (fault fault) compare(t *testing.T, seen outcome) {
	got, failed := seen.fields, seen.failed
	for name, want := range fault.Expected {
		switch name {
		case "requests", "at_least_ms", "at_most_ms", "error", "warnings":
		case "finish_reason":
			same(t, name, orNil(got[name], want), want)
		default:
			same(t, name, got[name], want)
		}
	}
	warnings, _ := fault.Expected["warnings"].([]any)
	same(t, "warnings", append([]string{}, seen.warnings...), append([]any{}, warnings...))
	if failed != nil && got["tried"] != nil {
		same(t, "error.tried", triedOf(failed.Tried), got["tried"])
	}
	wanted, _ := fault.Expected["error"].(map[string]any)
	if (failed == nil) != (wanted == nil) {
		t.Fatalf("error %v, and %v expected", failed, wanted)
	}
	for name, want := range wanted {
		same(t, "error."+name, fieldOf(t, failed, name, want), want)
	}
}

// fieldOf is a field of an error in the words of the fault.
func fieldOf(t *testing.T, failed *literllm.Error, name string, want any) any {
	t.Helper()
	present := map[string]any{
		"kind":           failed.Kind.String(),
		"message":        failed.Message,
		"retryable":      failed.Retryable,
		"maybe_executed": failed.MaybeExecuted,
		"attempts":       failed.Attempts,

		"retry_budget_exhausted": failed.RetryBudgetExhausted,
	}
	if value, ok := present[name]; ok {
		return value
	}
	optional := map[string]any{
		"status":         failed.Status,
		"code":           failed.Code,
		"retry_after_ms": failed.RetryAfter.Milliseconds(),
		"phase":          failed.Phase,
		"timer":          failed.Timer,
		"request_id":     failed.RequestID,
		"provider":       failed.Provider,
		"detail":         failed.Detail,
	}
	value, ok := optional[name]
	if !ok {
		t.Fatalf("no field of an error is called %s", name)
	}
	return orNil(value, want)
}

// orNil: where nothing is wanted of a field that may be absent, Go has the zero value of its type.
func orNil(value, want any) any {
	if want == nil && reflect.ValueOf(value).IsZero() {
		return nil
	}
	return value
}

func same(t *testing.T, name string, got, want any) {
	t.Helper()
	left, err := json.Marshal(got)
	right, _ := json.Marshal(want)
	if err != nil || string(left) != string(right) {
		t.Errorf("%s: %s, and %s expected (%v)", name, left, right, err)
	}
}

// hides fails when a piece of a secret can be seen in anything that the package shows.
func (o outcome) hides(t *testing.T, secret string) {
	t.Helper()
	if secret == "" {
		return
	}
	shown := o.shown
	if o.failed != nil {
		shown = append(shown, o.failed, o.failed.Partial, errors.Unwrap(o.failed))
	}
	var said strings.Builder
	for _, value := range shown {
		asJSON, _ := json.Marshal(value)
		fmt.Fprintf(&said, "%v %+v %#v %s\n", value, value, value, asJSON)
	}
	if piece := showsPiece(said.String(), secret); piece != "" {
		t.Errorf("%q of a secret is shown", piece)
	}
}

// showsPiece gives the first eight characters of a secret in a row that a text shows, if any.
func showsPiece(said, secret string) string {
	const least = 8
	for start := 0; start+least <= len(secret); start++ {
		if piece := secret[start : start+least]; strings.Contains(said, piece) {
			return piece
		}
	}
	return ""
}

func TestTheRunnerFindsPiecesOfSecrets(t *testing.T) {
	for said, found := range map[string]bool{
		"a " + faultsKey: true, "…0123456789": true, "test-key-": true,
		"test-ke": false, "3456789": false,
	} {
		if got := showsPiece(said, faultsKey); (got != "") != found {
			t.Errorf("%q in %q", got, said)
		}
	}
}
