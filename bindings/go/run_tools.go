//go:build cgo

package literllm

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
)

// RunnableTool is a tool with the function that does what it says. The module
// github.com/liter-llm/liter-llm/bindings/go/typed makes one of a function of Go.
type RunnableTool struct {
	Tool
	// Run is given the arguments as the model wrote them. What it returns is the result: a string as
	// it is, anything else as JSON. An error is a result too, which the model reads.
	Run func(ctx context.Context, arguments json.RawMessage) (any, error)
}

// Tools are the descriptions of tools, for Request.Tools.
func Tools(tools ...RunnableTool) []Tool {
	described := make([]Tool, len(tools))
	for index, tool := range tools {
		described[index] = tool.Tool
	}
	return described
}

// RunTools runs the tool calls of one response, all at the same time, and returns their results in
// the order of the calls: messages that go behind [Response.Message] in the next request. What goes
// wrong is the result of its call, so that the model can do better: an error, a panic, a name that
// no tool has. It sends nothing and has no loop. It returns when all have returned; ctx is theirs.
func RunTools(ctx context.Context, response *Response, tools ...RunnableTool) []Message {
	if response == nil {
		return nil
	}
	results := make([]Message, len(response.ToolCalls))
	var all sync.WaitGroup
	for index, call := range response.ToolCalls {
		// It stands where the tool ends its goroutine, as FailNow of a test does.
		results[index] = ToolFailure(call.ID, "error: the tool ended without a result")
		all.Add(1)
		go func() {
			defer all.Done()
			results[index] = runTool(ctx, call, tools)
		}()
	}
	all.Wait()
	return results
}

// runTool is the result of one call.
func runTool(ctx context.Context, call ToolCall, tools []RunnableTool) (message Message) {
	defer func() {
		if panicked := recover(); panicked != nil {
			// The model needs no stack; the program's log does.
			slog.ErrorContext(ctx, "a tool panicked", "tool", call.Name, "panic", panicked,
				"stack", string(debug.Stack()))
			message = failure(call, "the tool panicked: %v", panicked)
		}
	}()
	names := make([]string, len(tools))
	for index, tool := range tools {
		names[index] = tool.Function.Name
		if tool.Function.Name == call.Name {
			result, err := tool.Run(ctx, json.RawMessage(call.Arguments))
			return toolResult(call, result, err)
		}
	}
	return failure(call, "there is no tool %q; there are %s", call.Name, strings.Join(names, ", "))
}

func toolResult(call ToolCall, result any, err error) Message {
	if err != nil {
		return failure(call, "%v", err)
	}
	if text, ok := result.(string); ok {
		return ToolResult(call.ID, text)
	}
	text, err := marshalPlain(result)
	if err != nil {
		return failure(call, "the result cannot be written as JSON: %v", err)
	}
	return ToolResult(call.ID, string(text))
}

func failure(call ToolCall, format string, values ...any) Message {
	return ToolFailure(call.ID, "error: "+fmt.Sprintf(format, values...))
}
