package literllm_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"runtime"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func runnable(
	name string, run func(context.Context, json.RawMessage) (any, error),
) literllm.RunnableTool {
	return literllm.RunnableTool{Tool: literllm.FunctionTool(name, "", nil), Run: run}
}

// Calls of one response run at the same time; results and errors keep their order.
func TestRunToolsRunsAllCallsAtOnce(t *testing.T) {
	meet := make(chan bool)
	waits := func(ctx context.Context, arguments json.RawMessage) (any, error) {
		// Only two that run at the same time can meet.
		select {
		case meet <- true:
		case <-meet:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return string(arguments), nil
	}
	tools := []literllm.RunnableTool{
		runnable("waits", waits),
		runnable("fails", func(context.Context, json.RawMessage) (any, error) {
			return nil, errors.New("no such city")
		}),
		runnable("panics", func(context.Context, json.RawMessage) (any, error) { panic("at once") }),
		runnable("object", func(ctx context.Context, _ json.RawMessage) (any, error) {
			return map[string]any{"of": ctx.Value(contextKey{}), "html": "<b>"}, nil
		}),
		runnable("unwritable", func(context.Context, json.RawMessage) (any, error) {
			return make(chan int), nil
		}),
	}
	response := &literllm.Response{ToolCalls: []literllm.ToolCall{
		{ID: "1", Name: "waits", Arguments: `{"a":1}`}, {ID: "2", Name: "fails"},
		{ID: "3", Name: "waits", Arguments: `{"a":2}`}, {ID: "4", Name: "panics"},
		{ID: "5", Name: "object"}, {ID: "6", Name: "unwritable"}, {ID: "7", Name: "other"},
	}}
	ctx := context.WithValue(bounded(t), contextKey{}, "ctx")
	results := literllm.RunTools(ctx, response, tools...)
	want := []literllm.Message{
		literllm.ToolResult("1", `{"a":1}`), literllm.ToolFailure("2", "error: no such city"),
		literllm.ToolResult("3", `{"a":2}`),
		literllm.ToolFailure("4", "error: the tool panicked: at once"),
		literllm.ToolResult("5", `{"html":"<b>","of":"ctx"}`),
		literllm.ToolFailure("6", "error: the result cannot be written as JSON: "+
			"json: unsupported type: chan int"),
		literllm.ToolFailure("7", `error: there is no tool "other"; there are waits, fails, panics, `+
			`object, unwritable`),
	}
	if !reflect.DeepEqual(results, want) {
		t.Errorf("%+v", results)
	}
	ends := literllm.RunnableTool{Run: func(context.Context, json.RawMessage) (any, error) {
		runtime.Goexit()
		return nil, nil
	}}
	response = &literllm.Response{ToolCalls: []literllm.ToolCall{{ID: "8"}}}
	ended := literllm.RunTools(ctx, response, ends)
	if !reflect.DeepEqual(ended, []literllm.Message{
		literllm.ToolFailure("8", "error: the tool ended without a result"),
	}) {
		t.Errorf("%+v", ended)
	}
	if none := literllm.RunTools(ctx, nil, tools...); none != nil {
		t.Error(none)
	}
	if described := literllm.Tools(tools[:2]...); len(described) != 2 ||
		described[1].Function.Name != "fails" {
		t.Errorf("%+v", described)
	}
}
