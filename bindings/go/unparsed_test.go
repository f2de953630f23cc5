package literllm_test

import (
	"reflect"
	"sync"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

const startJSON = `{"id": "1", "model": "m", "request_id": "r", "warnings": ["first"]}`

const endJSON = `{"outcome": "complete", "finish_reason": "stop", "attempts": 2,
	"usage": {"output_tokens": 3, "raw": {"a": 1}}, "warnings": ["last"]}`

// scriptedWhole is a response that has come, read to its end.
func scriptedWhole(t *testing.T, onlyText bool, start, end string) *literllm.Stream {
	t.Helper()
	scripted := literllm.NewScripted()
	if onlyText {
		scripted.OnlyText()
	}
	scripted.Event(1, start)
	scripted.Text("one")
	scripted.End(end)
	if _, err := scripted.Read(); err != nil {
		t.Fatal(err)
	}
	return scripted.Stream
}

// A reader of text alone is told the same of the response as a reader of events.
func TestUnparsedEndsSayTheSame(t *testing.T) {
	parsed := scriptedWhole(t, false, startJSON, endJSON).Response()
	later := scriptedWhole(t, true, startJSON, endJSON)

	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			if response := later.Response(); !reflect.DeepEqual(response, parsed) {
				t.Errorf("%+v is not %+v", response, parsed)
			}
		}()
	}
	all.Wait()
	if parsed.ID != "1" || parsed.Attempts != 2 || len(parsed.Warnings) != 2 {
		t.Errorf("%+v", parsed)
	}
	shown := scriptedWhole(t, false, startJSON, endJSON).String()
	if later.String() != shown {
		t.Errorf("%s is not %s", later, shown)
	}
}

// An error is an error at once, and an end that cannot be parsed is no complete response.
func TestUnparsedEndsFail(t *testing.T) {
	failing := literllm.NewScripted()
	failing.OnlyText()
	failing.End(`{"outcome": "failed", "error": {"number": 13, "kind": "TIMEOUT", "message": "m"}}`)
	if _, err := failing.Read(); err == nil {
		t.Error("no error")
	}

	broken := scriptedWhole(t, true, `{"id": 1}`, `{"outcome": []}`).Response()
	if broken.Outcome != "failed" || broken.Text != "one" {
		t.Errorf("%+v", broken)
	}
}
