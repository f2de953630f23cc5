//go:build cgo

package literllm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Interceptor is called when a call begins, on the goroutine that reads it, before anything is
// sent. The context that it returns is that of the call, for the functions that give its keys too;
// nil leaves the one it was given. What it may return beside that is called once when the call has
// ended, or its reader has left it. Neither may keep what it is given.
type Interceptor func(ctx context.Context, call *Call) (context.Context, func(CallEnd))

// Call is a call that begins.
type Call struct {
	// Operation is [OperationChat], [OperationEmbed] and so on.
	Operation string
	// Provider is the provider that is asked first; empty where none is named.
	Provider string
	// Model is the model, without the provider's name.
	Model string
	// BaseURL is the base URL that the caller, the environment or the library's list has; empty
	// where the provider has no fixed one.
	BaseURL string
	// Stream says whether the response is streamed.
	Stream bool
	// Request is the *[Request], *[EmbedRequest], *[RerankRequest], *[ModelsRequest] or
	// *[BatchRequest].
	Request any
	// Headers are sent with each attempt; those that the caller set take precedence.
	Headers map[string]string
}

// CallEnd is how a call ended.
type CallEnd struct {
	// Response is what was received, never nil. It has no text where it was not collected.
	Response *Response
	// Err is the error of the call, an *[Error]; nil where the response is whole or Stopped is true.
	Err error
	// Stopped says that the reader left the call before its end.
	Stopped bool
}

// WithInterceptor has a function called for each call of the client: for telemetry, or to add
// headers. Given several times, all of them are called.
//
// For a client only.
func WithInterceptor(interceptor Interceptor) Option {
	return setBy("WithInterceptor", interceptOption, interceptor)
}

// takeInterceptors takes the functions out of the options.
func takeInterceptors(fields map[string]any, interceptors *[]Interceptor) *Error {
	given, _ := fields[interceptOption].([]any)
	delete(fields, interceptOption)
	for _, value := range given {
		var interceptor Interceptor
		switch function := value.(type) {
		case Interceptor:
			interceptor = function
		case func(context.Context, *Call) (context.Context, func(CallEnd)):
			interceptor = function
		default:
			return configError(fmt.Sprintf("%s: expected an Interceptor, got %T", interceptOption, value))
		}
		if interceptor == nil {
			return configError(interceptOption + ": the function is nil; leave the option out")
		}
		*interceptors = append(*interceptors, interceptor)
	}
	return nil
}

// intercept tells the client's interceptors of a call, and returns its request with their headers.
func (s *Stream) intercept(text []byte) ([]byte, *Error) {
	asked := s.request.asked()
	if len(s.client.interceptors) == 0 || asked == nil {
		return text, nil
	}
	call := s.client.describe(text)
	call.Request = asked
	for _, interceptor := range s.client.interceptors {
		ctx, atEnd := interceptor(s.ctx, call)
		if ctx != nil {
			s.ctx = ctx
		}
		if atEnd != nil {
			s.atEnd = slices.Insert(s.atEnd, 0, atEnd)
		}
	}
	return withHeaders(text, call.Headers)
}

// tellEnd is called once, at the end.
func (s *Stream) tellEnd() {
	if len(s.atEnd) == 0 {
		return
	}
	end := CallEnd{Response: s.collector.response(), Err: s.result, Stopped: !s.finished}
	for _, atEnd := range s.atEnd {
		atEnd(end)
	}
}

// describe reads off a request whom it asks for what.
func (c *nativeClient) describe(text []byte) *Call {
	var fields struct {
		Operation string          `json:"operation"`
		Provider  json.RawMessage `json:"provider"`
		Model     string          `json:"model"`
		BaseURL   string          `json:"base_url"`
		Stream    bool            `json:"stream"`
	}
	// What has another type is refused by the library.
	_ = json.Unmarshal(text, &fields)
	call := &Call{Operation: cmp.Or(fields.Operation, OperationChat), Model: fields.Model,
		Stream: fields.Stream, BaseURL: fields.BaseURL, Headers: map[string]string{}}
	// An object of this name is for the provider.
	_ = json.Unmarshal(fields.Provider, &call.Provider)
	call.Provider = cmp.Or(call.Provider, c.provider)
	if prefix, rest, found := strings.Cut(fields.Model, "/"); found && call.Provider == "" {
		call.Provider, call.Model = prefix, rest
	}
	if call.BaseURL == "" && (c.provider == "" || c.provider == call.Provider) {
		call.BaseURL = c.baseURL
	}
	address := providerAddresses[call.Provider]
	call.BaseURL = cmp.Or(call.BaseURL, os.Getenv(address.variable), address.baseURL)
	return call
}

// withHeaders puts headers below those that a request has.
func withHeaders(text []byte, headers map[string]string) ([]byte, *Error) {
	if len(headers) == 0 {
		return text, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, invalidRequest(err.Error())
	}
	sent := map[string]any{}
	for name, value := range headers {
		sent[strings.ToLower(name)] = value
	}
	var own map[string]json.RawMessage
	// What is no object is refused by the library.
	if given := fields["headers"]; given != nil && json.Unmarshal(given, &own) != nil {
		return text, nil
	}
	for name, value := range own {
		delete(sent, strings.ToLower(name))
		sent[name] = value
	}
	written, err := json.Marshal(sent)
	if err != nil {
		return nil, invalidRequest(err.Error())
	}
	fields["headers"] = written
	text, err = json.Marshal(fields)
	if err != nil {
		return nil, invalidRequest(err.Error())
	}
	return text, nil
}
