package literllm_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// A response that was written and read again gives the same message, signed blocks included.
func TestResponseSurvivesJSON(t *testing.T) {
	leavesNothing(t)
	client := newClient(t, literllm.WithProvider("anthropic"))
	key := plan(t, thinks())
	request := ask(key)
	request.MaxTokens = 100
	first, err := client.Complete(bounded(t), request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	var read literllm.Response
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(&read)
	if err != nil || string(again) != string(text) {
		t.Errorf("%v: %s, not\n%s", err, again, text)
	}
	if read.FirstToken != first.FirstToken || read.Text != first.Text || !read.Collected {
		t.Errorf("%+v", read.Receipt)
	}
	for _, message := range []literllm.Message{first.Message(), read.Message()} {
		next := request
		next.Messages = append(next.Messages, message, literllm.User("go on"))
		if _, err := client.Complete(bounded(t), next); err != nil {
			t.Fatal(err)
		}
	}
	sent := bodies(t, key)
	if len(sent) != 3 || !reflect.DeepEqual(sent[1]["messages"], sent[2]["messages"]) ||
		!strings.Contains(string(text), `"signature":"signed"`) {
		t.Errorf("%v", sent)
	}
}

// A response has the names of the guide, and what it does not have is left out.
func TestResponseAsJSON(t *testing.T) {
	response := &literllm.Response{Text: "a<b", Collected: true,
		ToolCalls: []literllm.ToolCall{{ID: "c", Name: "f", Arguments: "{}"}},
		Parts:     []literllm.Part{{Type: "refusal", Data: json.RawMessage(`{"type":"refusal"}`)}}}
	response.Provider, response.Model, response.Outcome = "openai", "m", literllm.OutcomeComplete
	response.Usage = &literllm.Usage{InputTokens: literllm.Ptr[int64](3)}
	response.Total = 1500000
	text, err := literllm.MarshalPlain(response)
	want := `{"provider":"openai","model":"m","text":"a<b",` +
		`"tool_calls":[{"index":0,"id":"c","name":"f","arguments":"{}"}],` +
		`"parts":[{"type":"refusal"}],"message":{"role":"assistant","content":"a<b",` +
		`"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
		`"collected":true,"outcome":"complete","usage":{"input_tokens":3},"timings":{"total_ms":1.5}}`
	if err != nil || string(text) != want {
		t.Errorf("%v\n%s, not\n%s", err, text, want)
	}
	empty, err := json.Marshal(literllm.Response{})
	if string(empty) != `{"text":"","collected":false,"timings":{}}` {
		t.Errorf("%s %v", empty, err)
	}
}
