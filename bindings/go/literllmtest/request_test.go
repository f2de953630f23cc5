package literllmtest_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/literllmtest"
)

// A request is seen as it was made, extra fields included, without key and options.
func TestRequestIsSeenAsMade(t *testing.T) {
	script := literllmtest.NewScript(t)
	made := literllm.Request{
		Model: "m", APIKey: "secret-key", MaxTokens: 100, Temperature: literllm.Ptr(0.5),
		Seed: literllm.Ptr[int64](7), Stop: []string{"END"}, User: "u",
		ReasoningEffort: "low",
		Messages: []literllm.Message{literllm.System("be brief"),
			literllm.UserParts(literllm.TextPart("what is "), literllm.TextPart("this?"),
				literllm.ImagePart("https://x.example/y.png")),
			{Role: literllm.RoleAssistant, ToolCalls: []literllm.MessageToolCall{{ID: "call_1",
				Type: "function", Function: literllm.Function{Name: "look", Arguments: "{}"}}}},
			literllm.ToolResult("call_1", "a cat")},
		Tools: []literllm.Tool{literllm.FunctionTool("look", "looks", map[string]any{
			"type": "object"})},
		Extra:   map[string]any{"big": json.Number("12345678901234567890"), "top_k": 4},
		Options: []literllm.Option{literllm.WithRetriesMax(0)},
	}
	complete(t, script.Client, made)
	seen := script.Only()
	if seen.Operation != literllm.OperationChat || seen.UserText() != "what is this?" ||
		seen.SystemText() != "be brief" || seen.MaxTokens != 100 || *seen.Temperature != 0.5 ||
		*seen.Seed != 7 || seen.User != "u" || seen.ReasoningEffort != "low" ||
		!reflect.DeepEqual(seen.Stop, made.Stop) || *seen.Stream || seen.APIKey != "" {
		t.Errorf("%v", seen)
	}
	if got := seen.ToolNames(); !reflect.DeepEqual(got, []string{"look"}) {
		t.Errorf("%q", got)
	}
	results := map[string]string{"call_1": "a cat"}
	if got := seen.ToolResults(); !reflect.DeepEqual(got, results) {
		t.Errorf("%q", got)
	}
	if got := seen.Messages[2].ToolCalls; !reflect.DeepEqual(got, made.Messages[2].ToolCalls) {
		t.Errorf("%+v", got)
	}
	extra := map[string]any{"big": json.Number("12345678901234567890"), "top_k": json.Number("4")}
	if !reflect.DeepEqual(seen.Extra, extra) {
		t.Errorf("%v", seen.Extra)
	}
	if printed := fmt.Sprintf("%v %#v", seen, seen); printed != string(seen.JSON)+" "+
		string(seen.JSON) {
		t.Error(printed)
	}
}

// So are those of other operations.
func TestOtherRequestsAreSeenAsMade(t *testing.T) {
	script := literllmtest.NewScript(t)
	ctx := bounded(t)
	_, _ = script.Embed(ctx, literllm.EmbedRequest{Model: "e", Input: "one", Dimensions: 4})
	embed := script.Last()
	if embed.Model != "e" || !reflect.DeepEqual(embed.Input, []string{"one"}) ||
		!reflect.DeepEqual(embed.Extra, map[string]any{"dimensions": json.Number("4")}) {
		t.Errorf("%v %q %v", embed, embed.Input, embed.Extra)
	}
	_, _ = script.Rerank(ctx, literllm.RerankRequest{Model: "r", Query: "q",
		Documents: []any{"a", map[string]any{"text": "b"}}})
	rerank := script.Last()
	if rerank.Query != "q" || len(rerank.Documents) != 2 || rerank.Documents[0] != "a" {
		t.Errorf("%v", rerank)
	}
}

// Of a value that the fields have no type for, JSON has it all the same.
func TestOddRequestIsSeen(t *testing.T) {
	script := literllmtest.NewScript(t)
	request := ask("hello")
	request.Extra = map[string]any{"seed": json.Number("18446744073709551615")}
	complete(t, script.Client, request)
	var all struct {
		Seed json.Number `json:"seed"`
	}
	seen := script.Only()
	if json.Unmarshal(seen.JSON, &all) != nil || all.Seed != "18446744073709551615" ||
		seen.UserText() != "hello" {
		t.Errorf("%v", seen)
	}
}
