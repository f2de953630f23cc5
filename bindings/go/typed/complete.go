package typed

import (
	"context"
	"fmt"
	"reflect"
	"regexp"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// Option changes how a T is asked for.
type Option func(*settings)

type settings struct {
	name        string
	description string
	repairs     int
}

// WithName sets the name that the model is told of the schema; by default it is that of the type.
func WithName(name string) Option { return func(s *settings) { s.name = name } }

// WithDescription says what the T is, to the model.
func WithDescription(description string) Option {
	return func(s *settings) { s.description = description }
}

// WithRepairs sets how many times the model is asked again when its response is no T: it is shown
// its response, and what is wrong with it. Each time is a call of its own, which is paid for. The
// default is 0.
func WithRepairs(count int) Option { return func(s *settings) { s.repairs = count } }

// OutputError says that a whole response is no T: it was cut by a token limit or a filter, the
// model refused, or its text is no JSON of the type.
type OutputError struct {
	// Text is what the model wrote.
	Text string
	// Response is the last response.
	Response *literllm.Response
	// Err says why.
	Err error
}

// Error says why, without the text.
func (e *OutputError) Error() string {
	return "the response is not what was asked for: " + e.Err.Error()
}

// Unwrap returns Err.
func (e *OutputError) Unwrap() error { return e.Err }

// CompleteAs sends a request whose response is a T, as strict JSON in the form that the provider
// takes, and returns it with the response. A request that has a ResponseFormat keeps it. The error
// is a *[literllm.Error] of the call, an *[OutputError] with the response's text, or says that T
// has no JSON schema.
func CompleteAs[T any](
	ctx context.Context, client *literllm.Client, request literllm.Request, options ...Option,
) (T, *literllm.Response, error) {
	var value T
	shape, set, err := prepare[T](&request, options)
	if err != nil {
		return value, nil, err
	}
	for repairs := 0; ; repairs++ {
		response, err := client.Complete(ctx, request)
		if err != nil {
			return value, nil, err
		}
		var whole T
		failed := shape.read(response, &whole)
		if failed == nil {
			return whole, response, nil
		}
		if repairs >= set.repairs || !failed.canBeRepaired() {
			return value, response, failed
		}
		// The caller's messages are left alone.
		request.Messages = append(request.Messages[:len(request.Messages):len(request.Messages)],
			response.Message(), literllm.User("That is not what was asked for: "+
				failed.Err.Error()+". Answer again, with nothing but JSON that keeps to the schema."))
	}
}

// prepare puts the schema of T into a request.
func prepare[T any](request *literllm.Request, options []Option) (*shape, *settings, error) {
	of := reflect.TypeFor[T]()
	set := &settings{name: nameOf(of)}
	for _, option := range options {
		option(set)
	}
	shape, err := shapeOf(of)
	if err != nil {
		return nil, nil, err
	}
	// Without its text there is nothing to read.
	request.Collect = literllm.Ptr(true)
	if request.ResponseFormat == nil {
		format := literllm.JSONSchema(set.name, shape.schema)
		format.JSONSchema.Description, format.JSONSchema.Strict = set.description, shape.strict
		request.ResponseFormat = format
	}
	return shape, set, nil
}

// What may stand in the name of a schema: OpenAI's API reference, response_format.
var notInNames = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

const nameBytesMax = 64

func nameOf(of reflect.Type) string {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	name := notInNames.ReplaceAllString(of.Name(), "_")
	if name == "" {
		return "output"
	}
	return name[:min(len(name), nameBytesMax)]
}

// read reads a T from a response.
func (s *shape) read(response *literllm.Response, into any) *OutputError {
	failed := &OutputError{Text: response.Text, Response: response}
	switch {
	case response.Refusal != "":
		failed.Err = errRefused
	case response.FinishReason == literllm.FinishLength:
		failed.Err = fmt.Errorf("%w by a token limit; raise MaxTokens", errCut)
	case response.FinishReason == literllm.FinishContentFilter:
		failed.Err = fmt.Errorf("%w by the provider's filter", errCut)
	case response.Text == "" && len(response.ToolCalls) > 0:
		failed.Err = errCallsTools
	default:
		failed.Err = s.decode(response.Text, into)
	}
	if failed.Err == nil {
		return nil
	}
	return failed
}
