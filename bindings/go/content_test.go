package literllm_test

import (
	"encoding/json"
	"reflect"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// Each part, tool and format is the JSON that the guide describes.
func TestHelpersWriteTheirJSON(t *testing.T) {
	png := []byte{0x89, 'P', 'N', 'G'}
	cached := literllm.TextPart("long")
	cached.Extra = map[string]any{"cache_control": map[string]any{"type": "ephemeral"}}
	hinted := literllm.User("hi")
	hinted.Extra = map[string]any{"prefix": true, "role": "nobody"}
	tool := literllm.FunctionTool("weather", "The weather", json.RawMessage(`{"type":"object"}`))
	tool.Function.Strict = literllm.Ptr(true)
	search := literllm.Tool{Type: "web_search", Extra: map[string]any{"max_uses": 3}}
	for _, test := range []struct {
		value any
		want  string
	}{
		{literllm.TextPart(""), `{"type":"text","text":""}`},
		{literllm.TextPart("<b>"), `{"type":"text","text":"<b>"}`},
		{cached, `{"type":"text","text":"long","cache_control":{"type":"ephemeral"}}`},
		{literllm.ImagePart("https://x/y.png"),
			`{"type":"image_url","image_url":{"url":"https://x/y.png"}}`},
		{literllm.ImageDataPart("image/png", png),
			`{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw=="}}`},
		{literllm.AudioPart("wav", png),
			`{"type":"input_audio","input_audio":{"data":"iVBORw==","format":"wav"}}`},
		{literllm.FilePart("a", "a/b", png),
			`{"type":"file","file":{"filename":"a","file_data":"data:a/b;base64,iVBORw=="}}`},
		{literllm.FileIDPart("file-1"), `{"type":"file","file":{"file_id":"file-1"}}`},
		{hinted, `{"role":"user","content":"hi","prefix":true}`},
		{literllm.UserParts(literllm.TextPart("a")),
			`{"role":"user","content":[{"type":"text","text":"a"}]}`},
		{search, `{"type":"web_search","max_uses":3}`},
		{literllm.ToolChoiceFunction("f"), `{"type":"function","function":{"name":"f"}}`},
		{literllm.JSONObject(), `{"type":"json_object"}`},
		{literllm.JSONSchema("n", object{"a": 1}),
			`{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"a":1}}}`},
		{tool, `{"type":"function","function":{"name":"weather","description":"The weather",` +
			`"parameters":{"type":"object"},"strict":true}}`},
	} {
		text, err := literllm.MarshalPlain(test.value)
		if err != nil || string(text) != test.want {
			t.Errorf("%v: %s, not\n%s", err, text, test.want)
		}
	}
}

// What was written is read as it was, fields of the provider and long numbers included.
func TestMessagesAndToolsRoundTrip(t *testing.T) {
	for _, text := range []string{
		`{"role":"assistant","content":"hi","tool_calls":[{"id":"a","type":"function",` +
			`"function":{"name":"f","arguments":"{}"},"signature":"s"}],"seen":12345678901234567890}`,
		`{"role":"user","content":[{"type":"text","text":"a"},{"type":"own","n":1.50}]}`,
		`{"role":"tool","content":"4","tool_call_id":"a"}`,
		`{"role":"assistant","content":null}`,
	} {
		roundTrip[literllm.Message](t, text)
	}
	roundTrip[literllm.Tool](t, `{"type":"web_search","max_uses":3}`)
	roundTrip[literllm.Tool](t, `{"type":"function","function":{"name":"f","parameters":{"a":1}}}`)
	roundTrip[literllm.ContentPart](t, `{"type":"file","file":{"file_id":"x"},"title":"t"}`)
}

func roundTrip[Value any](t *testing.T, text string) {
	t.Helper()
	var value Value
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Errorf("%s: %v", text, err)
	}
	if written, err := json.Marshal(value); err != nil || string(written) != text {
		t.Errorf("%v: %s, not\n%s", err, written, text)
	}
}

// A value that is read twice has nothing of the first.
func TestExtraIsThatOfTheLastRead(t *testing.T) {
	var message literllm.Message
	for _, text := range []string{
		`{"role":"user","content":"a","x":1}`, `{"role":"user","content":"b"}`,
	} {
		if err := json.Unmarshal([]byte(text), &message); err != nil {
			t.Fatal(err)
		}
	}
	if want := literllm.User("b"); !reflect.DeepEqual(message, want) {
		t.Errorf("%#v", message)
	}
}

// What no JSON can carry is found in typed parts and in Extra.
func TestMistakesInTypedParts(t *testing.T) {
	bad := make(chan int)
	part := literllm.TextPart("a")
	part.Extra = map[string]any{"own": bad}
	message := literllm.User("a")
	message.Extra = map[string]any{"own": []any{1, bad}}
	for _, mistake := range []mistake{
		{"a part", asked(t, func(r *literllm.Request) {
			r.Messages = []literllm.Message{literllm.UserParts(literllm.TextPart("b"), part)}
		}), literllm.ErrInvalidRequest,
			"messages[0].content[1].own: expected a JSON value, got chan int"},
		{"a message", asked(t, func(r *literllm.Request) {
			r.Messages = []literllm.Message{message}
		}), literllm.ErrInvalidRequest, "messages[0].own[1]: expected a JSON value, got chan int"},
		{"a tool", asked(t, func(r *literllm.Request) {
			r.Tools = []literllm.Tool{{Type: "own", Extra: map[string]any{"deep": bad}}}
		}), literllm.ErrInvalidRequest, "tools[0].deep: expected a JSON value, got chan int"},
	} {
		mistake.check(t)
	}
}

// Typed parts and an image reach the provider.
func TestTypedPartsAreSent(t *testing.T) {
	key := plan(t, hello)
	request := ask(key)
	request.Messages = []literllm.Message{literllm.UserParts(
		literllm.TextPart("What is this?"), literllm.ImageDataPart("image/png", []byte("x")))}
	request.ToolChoice = literllm.ToolChoiceNone
	request.ResponseFormat = literllm.JSONObject()
	request.Tools = []literllm.Tool{literllm.FunctionTool("f", "", object{"type": "object"})}
	if _, err := newClient(t).Complete(bounded(t), request); err != nil {
		t.Fatal(err)
	}
	body := bodies(t, key)[0]
	parts := body["messages"].([]any)[0].(map[string]any)["content"].([]any)
	image := parts[1].(map[string]any)["image_url"].(map[string]any)["url"]
	if image != "data:image/png;base64,eA==" || body["tool_choice"] != "none" {
		t.Errorf("%v", body)
	}
}
