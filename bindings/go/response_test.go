package literllm_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// thinks is a response of Anthropic's: signed thinking, text, redacted thinking, text.
func thinks() object {
	sse := func(data string, values ...any) object {
		return object{"sse": fmt.Sprintf(data, values...)}
	}
	text := func(index int, text string) []object {
		return []object{
			sse(`{"type": "content_block_start", "index": %d, "content_block": `+
				`{"type": "text", "text": ""}}`, index),
			sse(`{"type": "content_block_delta", "index": %d, "delta": `+
				`{"type": "text_delta", "text": %q}}`, index, text),
			sse(`{"type": "content_block_stop", "index": %d}`, index),
		}
	}
	thinking := func(index int, field, value string) object {
		return sse(`{"type": "content_block_delta", "index": %d, "delta": `+
			`{"type": "%s_delta", %q: %q}}`, index, field, field, value)
	}
	actions := []object{
		sse(`{"type": "message_start", "message": {"id": "m", "type": "message", "role": ` +
			`"assistant", "model": "m", "content": [], "usage": {"input_tokens": 1, "output_tokens": 1}}}`),
		sse(`{"type": "content_block_start", "index": 0, "content_block": ` +
			`{"type": "thinking", "thinking": "", "signature": ""}}`),
		thinking(0, "thinking", "hm"), thinking(0, "signature", "signed"),
		sse(`{"type": "content_block_stop", "index": 0}`),
	}
	actions = append(actions, text(1, "one ")...)
	actions = append(actions, sse(`{"type": "content_block_start", "index": 2, "content_block": `+
		`{"type": "redacted_thinking", "data": "b3BhcXVl"}}`),
		sse(`{"type": "content_block_stop", "index": 2}`))
	actions = append(actions, text(3, "two")...)
	actions = append(actions, sse(`{"type": "message_delta", "delta": {"stop_reason": "end_turn"}, `+
		`"usage": {"output_tokens": 2}}`), sse(`{"type": "message_stop"}`), object{"chunk_end": true})
	headers := [][]string{{"content-type", "text/event-stream"}}
	head := object{"head": object{"status": 200, "headers": headers, "chunked": true}}
	return object{"raw": append([]object{head}, actions...)}
}

// Blocks that only the provider understands go back where they were between the texts.
func TestContentKeepsOrder(t *testing.T) {
	leavesNothing(t)
	client := newClient(t, literllm.WithProvider("anthropic"))
	key := plan(t, thinks())
	first := ask(key)
	first.MaxTokens = 100
	stream := client.Invoke(bounded(t), first)
	for _, err := range stream.Tokens() {
		if err != nil {
			t.Fatal(err)
		}
		// Reading it early changes nothing.
		stream.Response()
	}
	next := first
	next.Messages = append(next.Messages, stream.Response().Message(), literllm.User("go on"))
	if _, err := client.Complete(bounded(t), next); err != nil {
		t.Fatal(err)
	}
	requests := seen(t, key)["requests"].([]any)
	sent := requests[1].(map[string]any)["body"].(map[string]any)["messages"].([]any)[1]
	var want any
	err := json.Unmarshal([]byte(`{"role": "assistant", "content": [
		{"type": "thinking", "thinking": "hm", "signature": "signed"}, {"type": "text", "text": "one "},
		{"type": "redacted_thinking", "data": "b3BhcXVl"}, {"type": "text", "text": "two"}]}`), &want)
	if err != nil || !reflect.DeepEqual(sent, want) {
		t.Errorf("%v went back", sent)
	}
}

// Fields of a call that only the provider knows go back to it with the call.
func TestCallKeepsItsFields(t *testing.T) {
	leavesNothing(t)
	call := `{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}, ` +
		`"extra_content": {"google": {"thought_signature": "c2ln", "n": 12345678901234567890}}}`
	key := plan(t, streamed(object{"sse": choices(`{"tool_calls": [`+call+`]}`, "null")},
		object{"finish": "tool_calls"}, object{"done": true}, object{"chunk_end": true}), hello)
	client := newClient(t)
	stream := client.Invoke(bounded(t), ask(key))
	for _, err := range stream.Tokens() {
		if err != nil {
			t.Fatal(err)
		}
	}
	next := ask(key)
	result := literllm.Message{Role: "tool", ToolCallID: "c1", Content: "r"}
	next.Messages = append(next.Messages, stream.Response().Message(), result)
	if _, err := client.Complete(bounded(t), next); err != nil {
		t.Fatal(err)
	}
	requests := seen(t, key)["requests"].([]any)
	sent := requests[1].(map[string]any)["body"].(map[string]any)["messages"].([]any)[1]
	var want any
	err := json.Unmarshal([]byte("["+call+"]"), &want)
	if err != nil || !reflect.DeepEqual(sent.(map[string]any)["tool_calls"], want) {
		t.Errorf("%v went back", sent)
	}
}

// An event that only a later library knows is skipped, and counts as read all the same.
func TestUnknownEventsAreIgnored(t *testing.T) {
	scripted := literllm.NewScripted()
	scripted.Event(200, `{"of": "a later library"}`)
	scripted.Text("one ")
	scripted.Event(77, "neither JSON")
	scripted.Event(1, `{"id": "1", "new_field": {"a": [1]}}`)
	scripted.Text("two")
	scripted.End(`{"outcome": "complete", "finish_reason": "stop", "new_field": 1}`)
	events, err := scripted.Read()
	if err != nil || len(events) != 3 || events[0] != literllm.Event(literllm.Text("one ")) {
		t.Fatalf("%v %v", events, err)
	}
	response := scripted.Response()
	if response.Text != "one two" || response.ID != "1" || response.Outcome != "complete" {
		t.Errorf("%+v", response)
	}
	bytes := len(`{"of": "a later library"}one neither JSON{"id": "1", "new_field": {"a": [1]}}two`)
	if got := scripted.Acknowledged(); got != bytes {
		t.Errorf("%d of %d bytes acknowledged", got, bytes)
	}
}

// Fields of a part are the provider's, whatever they are called.
func TestPartsAreKeptAsTheyAre(t *testing.T) {
	scripted := literllm.NewScripted()
	parts := []string{`{"type": "citation", "text": {"a": 1}}`, `{"type": "audio", "content": 7}`}
	for _, part := range parts {
		scripted.Event(6, part)
	}
	scripted.Event(6, `{"type": "refusal", "text": "no"}`)
	scripted.End(`{"outcome": "complete"}`)
	events, err := scripted.Read()
	response := scripted.Response()
	if err != nil || len(events) != 3 || len(response.Parts) != 2 || response.Refusal != "no" {
		t.Fatalf("%v %v %+v", events, err, response)
	}
	for index, part := range response.Parts {
		if string(part.Data) != parts[index] {
			t.Errorf("%s", part.Data)
		}
	}
}

// An event that cannot be parsed ends its stream with an internal error, and later ones change
// nothing.
func TestUnparsedEventEndsTheStream(t *testing.T) {
	scripted := literllm.NewScripted()
	scripted.Text("one ")
	if scripted.Event(5, `{"index": "no number"}`) {
		t.Error("a tool call without a number was parsed")
	}
	scripted.Text("two")
	scripted.End(`{"outcome": "complete"}`)
	scripted.End(`{"outcome": "complete"}`)
	events, err := scripted.Read()
	var failed *literllm.Error
	if !errors.As(err, &failed) || failed.Kind != literllm.ErrInternal || len(events) != 1 {
		t.Fatalf("%v %v", events, err)
	}
	if failed.Partial.Text != "one " || failed.Partial.Outcome != "failed" {
		t.Errorf("%+v", failed.Partial)
	}
}

// In the order of their numbers.
var errorKinds = []literllm.Kind{
	literllm.ErrInvalidArgument, literllm.ErrConfig, literllm.ErrInvalidRequest,
	literllm.ErrAuthentication, literllm.ErrPermission, literllm.ErrNotFound,
	literllm.ErrRateLimited, literllm.ErrQuotaExceeded, literllm.ErrOverloaded,
	literllm.ErrProvider, literllm.ErrNetwork, literllm.ErrTLS, literllm.ErrTimeout,
	literllm.ErrProtocol, literllm.ErrTruncated, literllm.ErrTooLarge, literllm.ErrCancelled,
	literllm.ErrClosed, literllm.ErrInternal,
}

// Each number of the header has its kind, and an error is of that kind only.
func TestErrorsMapToClasses(t *testing.T) {
	header, err := os.ReadFile("../../include/liter_llm.h")
	if err != nil {
		t.Fatal(err)
	}
	defined := regexp.MustCompile(`(?m)^#define LLM_ERROR_(\w+) ([1-9]\d*)$`)
	numbers := defined.FindAllStringSubmatch(string(header), -1)
	if len(numbers) != len(errorKinds) {
		t.Fatalf("%d kinds in the header", len(numbers))
	}
	for index, match := range numbers {
		name, number := match[1], match[2]
		scripted := literllm.NewScripted()
		scripted.End(`{"outcome": "failed", "error": {"number": ` + number + `, "message": "m"}}`)
		_, got := scripted.Read()
		for other, kind := range errorKinds {
			if errors.Is(got, kind) != (other == index) {
				t.Errorf("%s is %v: %t", name, kind, other != index)
			}
		}
		if kind := errorKinds[index]; kind.String() != name || strconv.Itoa(int(kind)) != number {
			t.Errorf("%v is %d, and %s is %s", kind, kind, name, number)
		}
	}
	scripted := literllm.NewScripted()
	scripted.End(`{"outcome": "failed", "error": {"number": 77, "message": "of a later library"}}`)
	if _, got := scripted.Read(); got.Error() != "of a later library" {
		t.Error(got)
	}
}

// n is left out with a warning, since a stream carries one response; no finish reason comes.
func TestWarningsOfTheStartAndOfTheEnd(t *testing.T) {
	leavesNothing(t)
	key := plan(t, object{"raw": []object{
		{"head": object{"status": 200, "chunked": true,
			"headers": [][]string{{"content-type", "text/event-stream"}}}},
		{"sse": `{"choices": [{"index": 0, "delta": {"content": "one"}}]}`},
		{"done": true}, {"chunk_end": true},
	}})
	request := ask(key)
	request.Extra = map[string]any{"n": 2, "lenient": true}
	stream := newClient(t).Invoke(bounded(t), request)
	var start, end []string
	for event, err := range stream.Events() {
		if err != nil {
			t.Fatal(err)
		}
		switch event := event.(type) {
		case *literllm.Start:
			start = event.Warnings
		case *literllm.End:
			end = event.Warnings
		}
	}
	if len(start) != 1 || !strings.HasPrefix(start[0], "n was left out") {
		t.Errorf("start: %q", start)
	}
	if len(end) != 1 || !strings.Contains(end[0], "no finish reason") {
		t.Errorf("end: %q", end)
	}
	if all := stream.Response().Warnings; !slices.Equal(all, append(start, end...)) {
		t.Errorf("response: %q", all)
	}
}

func TestHeadersOfTheResponseAreReported(t *testing.T) {
	leavesNothing(t)
	client := newClient(t, literllm.WithReportHeaders([]string{"x-cost", "x-missing"}))
	headers := [][]string{
		{"content-type", "application/json"}, {"X-Cost", "0.1"}, {"x-other", "1"},
	}
	body := `{"choices": [{"index": 0, "finish_reason": "stop",
		"message": {"role": "assistant", "content": "hi"}}]}`
	step := object{"status": 200, "headers": headers, "body": body}
	response, err := client.Complete(bounded(t), ask(plan(t, step)))
	if err != nil || !maps.Equal(response.Headers, map[string]string{"x-cost": "0.1"}) {
		t.Errorf("%v %+v", err, response)
	}
}

func TestErrorsCarryEveryField(t *testing.T) {
	scripted := literllm.NewScripted()
	scripted.End(`{"outcome": "failed", "attempts": 3, "error": {"number": 13, "kind": "TIMEOUT",
		"message": "m", "status": 503, "code": "c", "provider": "p", "request_id": "r",
		"retryable": true, "retry_after_ms": 1500, "attempts": 3, "phase": "body", "timer": "idle",
		"maybe_executed": true, "detail": "d"}}`)
	_, err := scripted.Read()
	var failed *literllm.Error
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	if failed.Partial == nil || failed.Partial.Attempts != 3 {
		t.Errorf("partial: %+v", failed.Partial)
	}
	failed.Partial = nil
	want := literllm.Error{
		Kind: literllm.ErrTimeout, Message: "m", Status: 503, Code: "c", Provider: "p",
		RequestID: "r", Retryable: true, RetryAfter: 1500 * time.Millisecond, Attempts: 3,
		Phase: "body", Timer: "idle", MaybeExecuted: true, Detail: "d",
	}
	if !reflect.DeepEqual(*failed, want) {
		t.Errorf("%+v", *failed)
	}
}

// An error carries everything that came before it, however the stream is read.
func TestPartialIsAttached(t *testing.T) {
	leavesNothing(t)
	client := newClient(t, literllm.With("retries_max", 0))
	thought := object{"sse": choices(`{"reasoning_content": "hm"}`, "null")}
	step := streamed(thought, token("one "), token("two"), object{"reset": true})
	for name, read := range ways {
		if name == "whole" {
			continue
		}
		_, err := read(bounded(t), client, ask(plan(t, step)))
		var failed *literllm.Error
		if !errors.As(err, &failed) || failed.Kind != literllm.ErrTruncated || failed.Partial == nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		partial := failed.Partial
		if partial.Text != "one two" || partial.Reasoning != "hm" || partial.Outcome != "truncated" ||
			partial.Provider != "openai" || partial.Attempts != 1 {
			t.Errorf("%s: %+v", name, partial)
		}
	}
}

// A library that is older than the package is refused; a newer one is not.
func TestAbiIsChecked(t *testing.T) {
	header, err := os.ReadFile("../../include/liter_llm.h")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`(?m)^#define LLM_ABI_VERSION (\d+)$`).FindSubmatch(header)
	needed, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	literllm.SetLibraryABI(t, uint32(needed)+1)
	client, err := literllm.New(literllm.WithProvider("openai"), literllm.WithAPIKey("k"))
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	literllm.SetLibraryABI(t, uint32(needed)-1)
	_, refused := literllm.New()
	for _, err := range []error{refused, literllm.Invoke("openai", "{}", func(string) {})} {
		if !errors.Is(err, literllm.ErrConfig) ||
			!strings.Contains(err.Error(), fmt.Sprintf("version %d,", needed-1)) ||
			!strings.Contains(err.Error(), fmt.Sprintf("for %d;", needed)) {
			t.Error(err)
		}
	}
}
