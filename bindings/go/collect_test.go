package literllm_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// empty fails when anything of what the model wrote is there.
func empty(t *testing.T, name string, response *literllm.Response) {
	t.Helper()
	if response.Collected || response.Text != "" || response.Reasoning != "" ||
		response.Refusal != "" || len(response.ToolCalls) > 0 || len(response.Parts) > 0 ||
		response.Message().Content != nil {
		t.Errorf("%s: %+v", name, response)
	}
}

// everything is a response with all that can be kept of one.
func everything() object {
	call := `{"tool_calls": [{"index": 0, "id": "c", "type": "function", ` +
		`"function": {"name": "f", "arguments": "{}"}}]}`
	return streamed(
		object{"sse": choices(`{"reasoning_content": "hm"}`, "null")}, token("one "), token("two"),
		object{"sse": choices(`{"refusal": "no"}`, "null")}, object{"sse": choices(call, "null")},
		object{"finish": "tool_calls"}, object{"usage": true}, object{"done": true},
		object{"chunk_end": true})
}

func TestCollectFalseKeepsNothing(t *testing.T) {
	leavesNothing(t)
	yes, no := true, false
	not, does := newClient(t, literllm.WithCollect(false)), newClient(t)
	perCall := ask(plan(t, everything()))
	perCall.Collect = &no
	extra := ask(plan(t, everything()))
	extra.Extra = map[string]any{"collect": false}
	for name, call := range map[string]struct {
		client  *literllm.Client
		request literllm.Request
	}{
		"client": {not, ask(plan(t, everything()))}, "call": {does, perCall}, "extra": {does, extra},
	} {
		stream := call.client.Invoke(bounded(t), call.request)
		kinds := map[string]int{}
		for event, err := range stream.Events() {
			if err != nil {
				t.Fatal(name, err)
			}
			kinds[fmt.Sprintf("%T", event)]++
		}
		if kinds["literllm.Text"] != 2 || kinds["*literllm.ToolCall"] != 1 ||
			kinds["*literllm.End"] != 1 {
			t.Errorf("%s: the reader got %v", name, kinds)
		}
		response := stream.Response()
		empty(t, name, response)
		if response.Outcome != "complete" || response.FinishReason != "tool_calls" ||
			response.Provider != "openai" || response.Attempts != 1 {
			t.Errorf("%s: %+v", name, response)
		}
		response, err := call.client.Complete(bounded(t), call.request)
		if err != nil {
			t.Fatal(name, err)
		}
		empty(t, name, response)
	}
	kept := ask(plan(t, everything()))
	kept.Collect = &yes
	response, err := not.Complete(bounded(t), kept)
	if err != nil || response.Text != "one two" || !response.Collected {
		t.Errorf("a call goes before its client: %+v %v", response, err)
	}
}

func TestCollectFalseLeavesPartialEmpty(t *testing.T) {
	leavesNothing(t)
	client := newClient(t, literllm.WithCollect(false))
	key := plan(t, streamed(token("one "), object{"reset": true}))
	var failed *literllm.Error
	for _, err := range client.Invoke(bounded(t), ask(key)).Tokens() {
		if err != nil && !errors.As(err, &failed) {
			t.Fatal(err)
		}
	}
	if failed == nil || failed.Kind != literllm.ErrTruncated || failed.Partial.Outcome != "truncated" {
		t.Fatalf("%+v", failed)
	}
	empty(t, "partial", failed.Partial)
}

func TestCollectIsTrueOrFalse(t *testing.T) {
	if _, err := literllm.New(literllm.With("collect", "no")); !errors.Is(err, literllm.ErrConfig) {
		t.Error(err)
	}
	client := newClient(t, literllm.With("collect", nil))
	key := plan(t, hello)
	number := ask(key)
	number.Extra = map[string]any{"collect": 0}
	if _, err := client.Complete(bounded(t), number); !errors.Is(err, literllm.ErrInvalidRequest) {
		t.Error(err)
	}
	if response, err := client.Complete(bounded(t), ask(key)); err != nil || response.Text == "" {
		t.Errorf("%+v %v", response, err)
	}
	if body := fmt.Sprint(seen(t, key)["requests"]); strings.Contains(body, "collect") {
		t.Error(body)
	}
}

// Extra leaves the other fields as they are written.
func TestExtraKeepsLargeNumbers(t *testing.T) {
	leavesNothing(t)
	key := plan(t, hello)
	request := ask(key)
	seed := int64(9007199254740993)
	request.Seed = &seed
	request.Extra = map[string]any{"own": 9007199254740993}
	if _, err := newClient(t).Complete(bounded(t), request); err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("%s/_/seen/%s", mockPlaces["http"], key)
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if strings.Count(string(body), "9007199254740993") < 2 {
		t.Errorf("%s", body)
	}
}

// Tens of megabytes that the reader does not keep do not stay in memory, in any way of reading.
func TestCollectFalseMemory(t *testing.T) {
	leavesNothing(t)
	const pieces, piece, window = 8000, 4096, 256 * 1024
	flood := object{"repeat": pieces, "actions": []object{token(strings.Repeat("x", piece))}}
	step := streamed(flood, object{"finish": "stop"}, object{"done": true}, object{"chunk_end": true})
	client := newClient(t, literllm.WithCollect(false))
	before, most, read := heap(), uint64(0), 0
	look := func(bytes int) {
		if read += bytes; read%(1024*piece) == 0 {
			most = max(most, heap())
		}
	}
	for token, err := range client.Invoke(bounded(t), ask(plan(t, step))).Tokens() {
		if err != nil {
			t.Fatal(err)
		}
		look(len(token))
	}
	for event, err := range client.Invoke(bounded(t), ask(plan(t, step))).Events() {
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := event.(literllm.Text); ok {
			look(len(text))
		}
	}
	streams := true
	request := ask(plan(t, step))
	request.Stream = &streams
	if _, err := client.Complete(bounded(t), request); err != nil {
		t.Fatal(err)
	}
	if read != 2*pieces*piece {
		t.Errorf("%d bytes", read)
	}
	// One read of the library may go past the window, and the test itself holds something.
	if grown := int64(most) - int64(before); grown > window+1024*1024 {
		t.Errorf("the heap grew by %d KiB", grown/1024)
	}
}

// heap is what is alive, in bytes.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// Nothing was kept, so the message is empty, and a request that has it is refused.
func TestMessageOfAnUncollectedResponseIsRefused(t *testing.T) {
	client := newClient(t, literllm.WithCollect(false))
	response, err := client.Complete(bounded(t), ask(plan(t, everything())))
	if err != nil {
		t.Fatal(err)
	}
	request := ask(plan(t, hello))
	request.Messages = append(request.Messages, response.Message(), literllm.User("and?"))
	_, err = client.Complete(bounded(t), request)
	if !errors.Is(err, literllm.ErrInvalidRequest) ||
		!strings.Contains(err.Error(), "messages[1]: the response was not collected") {
		t.Error(err)
	}
}
