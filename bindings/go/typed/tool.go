package typed

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// The names that providers take.
var toolName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// NewTool makes a tool of a function, whose arguments the model writes as an Args, a struct. What
// does not keep to its schema is a result that tells the model so; the function is not called. Run
// the calls of a response with [literllm.RunTools].
//
// It panics where Args is no struct or has no JSON schema, or no provider takes the name: mistakes
// of the program.
func NewTool[Args any](
	name, description string, run func(ctx context.Context, arguments Args) (any, error),
) literllm.RunnableTool {
	if !toolName.MatchString(name) {
		panic(fmt.Sprintf("typed: the name of tool %q: providers take up to 64 letters of English, "+
			"digits, _ and -", name))
	}
	shape, err := shapeOf(reflect.TypeFor[Args]())
	if err != nil {
		panic(err)
	}
	if shape.wrapped {
		panic(fmt.Sprintf("typed: the arguments of %s are %v; make them a struct", name,
			reflect.TypeFor[Args]()))
	}
	tool := literllm.FunctionTool(name, description, shape.schema)
	if shape.strict {
		tool.Function.Strict = literllm.Ptr(true)
	}
	return literllm.RunnableTool{Tool: tool, Run: func(
		ctx context.Context, text json.RawMessage,
	) (any, error) {
		var arguments Args
		if err := shape.decode(string(text), &arguments); err != nil {
			return nil, fmt.Errorf("the arguments are wrong: %w", err)
		}
		return run(ctx, arguments)
	}}
}
