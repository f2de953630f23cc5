package literllm_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// mistake is what a user may do wrong, and the whole message that says so.
type mistake struct {
	name    string
	do      func() error
	kind    literllm.Kind
	message string
}

func (m mistake) check(t *testing.T) {
	t.Helper()
	err := m.do()
	var failed *literllm.Error
	if !errors.As(err, &failed) {
		t.Errorf("%s: %v is no *Error", m.name, err)
	} else if failed.Kind != m.kind || failed.Message != m.message {
		t.Errorf("%s: got\n%v, %s, not\n%v, %s", m.name, failed.Kind, failed.Message, m.kind, m.message)
	}
}

// made returns the error of a client's options.
func made(options ...literllm.Option) func() error {
	return func() error {
		client, err := literllm.New(options...)
		if err == nil {
			client.Close()
		}
		return err
	}
}

// asked returns the error of a request that differs from a good one. Nothing of it is sent.
func asked(t *testing.T, change func(*literllm.Request)) func() error {
	client := newClient(t)
	return func() error {
		request := ask("never-asked")
		change(&request)
		_, err := client.Complete(bounded(t), request)
		return err
	}
}

// read returns the error of a stream.
func read(stream *literllm.Stream) (err error) {
	for _, err = range stream.Tokens() {
	}
	return err
}

// What Go's types let through in the use of clients, contexts and streams.
func TestMistakesOfUse(t *testing.T) {
	leavesNothing(t)
	client, closed := newClient(t), newClient(t)
	closed.Close()
	var zero literllm.Client
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	twice := client.Invoke(bounded(t), ask(plan(t, hello)))
	if err := read(twice); err != nil {
		t.Fatal(err)
	}
	complete := func(client *literllm.Client, ctx context.Context) func() error {
		return func() error {
			_, err := client.Complete(ctx, ask("never-asked"))
			return err
		}
	}
	const notMade = "the client was not made by New; call literllm.New"
	for _, mistake := range []mistake{
		{"a nil context", complete(client, nil),
			literllm.ErrInvalidArgument, "the context is nil; give context.Background()"},
		{"a cancelled context", complete(client, ended),
			literllm.ErrCancelled, "not sent, since the context has ended: context canceled"},
		{"a deadline that is over", complete(client, late),
			literllm.ErrCancelled, "not sent, since the context has ended: context deadline exceeded"},
		{"a call after Close", complete(closed, bounded(t)),
			literllm.ErrClosed, "the client is closed; make a new one"},
		{"a zero Client", complete(&zero, bounded(t)), literllm.ErrInvalidArgument, notMade},
		{"a nil Client", complete(nil, bounded(t)), literllm.ErrInvalidArgument, notMade},
		{"Close of a nil Client", (*literllm.Client)(nil).Close,
			literllm.ErrInvalidArgument, notMade},
		{"Close of a zero Client", zero.Close, literllm.ErrInvalidArgument, notMade},
		{"a zero Stream", func() error { return read(new(literllm.Stream)) },
			literllm.ErrInvalidArgument, "the stream was not made by Invoke; call Client.Invoke"},
		{"a stream that is read twice", func() error { return read(twice) },
			literllm.ErrInvalidArgument, "a stream is read once; call Invoke again for a new one"},
		{"a nil callback", func() error { return literllm.Invoke("openai", "{}", nil) },
			literllm.ErrInvalidArgument, "the callback is nil; give a func(token string)"},
	} {
		mistake.check(t)
	}
}

// A C string would end at a NUL, and the rest be lost.
func TestMistakesWithNUL(t *testing.T) {
	invoke := func(provider, request string) func() error {
		return func() error { return literllm.Invoke(provider, request, func(string) {}) }
	}
	const message = "the provider or the request has a NUL byte; remove it"
	for _, mistake := range []mistake{
		{"provider", invoke("openai\x00", invocation("never-asked")),
			literllm.ErrInvalidArgument, message},
		{"request", invoke("openai", invocation("never-asked")+"\x00"),
			literllm.ErrInvalidArgument, message},
	} {
		mistake.check(t)
	}
}

// Of two goroutines that read one stream one reads all of it, and the other is refused.
func TestMistakeOfTwoReaders(t *testing.T) {
	stream := newClient(t).Invoke(bounded(t), ask(plan(t, hello)))
	errs := make(chan error, 2)
	for range 2 {
		go func() { errs <- read(stream) }()
	}
	first, second := <-errs, <-errs
	if (first == nil) == (second == nil) ||
		!errors.Is(errors.Join(first, second), literllm.ErrInvalidArgument) {
		t.Errorf("%v, %v", first, second)
	}
}

// What the package finds in options before the library sees them.
func TestMistakesInOptions(t *testing.T) {
	call := func(options ...literllm.Option) func() error {
		return asked(t, func(request *literllm.Request) { request.Options = options })
	}
	extra := func(fields map[string]any) func() error {
		return asked(t, func(request *literllm.Request) { request.Extra = fields })
	}
	handler := literllm.WithLogHandler(func(literllm.LogRecord) {})
	for _, mistake := range []mistake{
		{"a negative duration", made(literllm.WithIdleTimeout(-5 * time.Second)), literllm.ErrConfig,
			"WithIdleTimeout: must be at least 0, got -5s"},
		{"a negative duration by name", made(literllm.With("connect_timeout_ms", -time.Millisecond)),
			literllm.ErrConfig,
			"option connect_timeout_ms: must be at least 0, got -1ms"},
		{"a negative duration of a call", call(literllm.WithTotalTimeout(-1)),
			literllm.ErrInvalidRequest,
			"WithTotalTimeout: must be at least 0, got -1ns"},
		{"a duration of another option", made(literllm.With("retries_max", 20*time.Second)),
			literllm.ErrConfig, "option retries_max: got the time.Duration 20s; only an option in " +
				"milliseconds takes one"},
		{"a duration of another field", extra(map[string]any{"max_tokens": time.Minute}),
			literllm.ErrInvalidRequest, "max_tokens: got the time.Duration 1m0s; only an option in " +
				"milliseconds takes one"},
		{"a duration of a misspelled field", extra(map[string]any{"timeout": time.Minute}),
			literllm.ErrInvalidRequest, "timeout: got the time.Duration 1m0s; only an option in " +
				"milliseconds takes one"},
		{"a nil option", made(literllm.WithProvider("openai"), nil),
			literllm.ErrInvalidArgument, "option 2 of 2 is nil; leave it out"},
		{"a nil option of a call", call(nil),
			literllm.ErrInvalidArgument, "option 1 of 1 is nil; leave it out"},
		{"collect that is text", made(literllm.With("collect", "no")),
			literllm.ErrConfig, "option collect: expected true or false, got string"},
		{"collect of a call that is a number", extra(map[string]any{"collect": 0}),
			literllm.ErrInvalidRequest, "collect: expected true or false, got int"},
		{"a log handler of another type", made(literllm.With("log_handler", func(string) {})),
			literllm.ErrConfig, "option log_handler: expected a func(LogRecord), got func(string)"},
		{"a log handler of a call", call(handler), literllm.ErrConfig,
			"WithLogHandler is an option of the client, not of a call; give it to New"},
		{"a logger of a call", call(literllm.WithLogger(slog.Default())), literllm.ErrConfig,
			"WithLogger is an option of the client, not of a call; give it to New"},
		{"a logger in Extra", extra(map[string]any{"logger": 1}), literllm.ErrInvalidRequest,
			`"logger" is an option of the client, not of a call`},
		{"a logger of another type", made(literllm.With("logger", 1)), literllm.ErrConfig,
			"option logger: expected a *slog.Logger, got int"},
		{"an interceptor that is nil", made(literllm.WithInterceptor(nil)), literllm.ErrConfig,
			"WithInterceptor: the function is nil; leave the option out"},
		{"an interceptor of another type", made(literllm.With("interceptor", 1)), literllm.ErrConfig,
			"option interceptor: expected an Interceptor, got int"},
		{"an option that is a function", made(literllm.With("api_key", func() string { return "" })),
			literllm.ErrConfig, "option api_key: expected a JSON value, got func() string"},
	} {
		mistake.check(t)
	}
}

// What a request may hold in Go and JSON cannot carry: the message has its path.
func TestMistakesThatAreNotJSON(t *testing.T) {
	not := math.NaN()
	itself := map[string]any{}
	itself["deep"] = []any{1, itself}
	for name, mistake := range map[string]struct {
		change  func(*literllm.Request)
		message string
	}{
		"not a number": {func(r *literllm.Request) { r.Temperature = &not },
			"temperature: expected a finite number, got NaN"},
		"infinity": {func(r *literllm.Request) { r.Extra = map[string]any{"min_p": math.Inf(-1)} },
			"min_p: expected a finite number, got -Inf"},
		"a channel": {func(r *literllm.Request) {
			r.ToolChoice = map[string]any{"type": "function", "names": []any{"f", make(chan int)}}
		}, "tool_choice.names[1]: expected a JSON value, got chan int"},
		"a function": {func(r *literllm.Request) {
			r.Tools = []literllm.Tool{{Type: "function", Function: literllm.ToolFunction{
				Name: "weather", Parameters: func(city string) string { return city }}}}
		}, "tools[0].function.parameters: expected a JSON value, got func(string) string"},
		"keys that are not text": {func(r *literllm.Request) {
			r.Messages[0].Content = []any{map[any]any{"type": "text"}}
		}, "messages[0].content[0]: expected a JSON value, got map[interface {}]interface {}"},
		"bytes": {func(r *literllm.Request) { r.Messages[0].Content = []byte("hello") },
			"messages[0].content: expected text or a list of parts, got []byte; convert it with " +
				"string()"},
		"JSON that is none": {func(r *literllm.Request) {
			r.ResponseFormat = struct{ Schema any }{schemaText("{type: object}")}
		}, "response_format.Schema: expected a JSON value: invalid character 't' looking for " +
			"beginning of object key string"},
		"a value in itself": {func(r *literllm.Request) { r.Metadata = itself },
			"metadata.deep[1]: expected a JSON value, got one that contains itself"},
		"an extra header": {func(r *literllm.Request) {
			r.Options = []literllm.Option{literllm.With("headers", map[string]any{"x-a": not})}
		}, "headers.x-a: expected a finite number, got NaN"},
	} {
		failed := mistakeOf(name, asked(t, mistake.change), mistake.message)
		failed.check(t)
	}
}

func mistakeOf(name string, do func() error, message string) mistake {
	return mistake{name, do, literllm.ErrInvalidRequest, message}
}

// schemaText is JSON by its own word, which encoding/json does not believe.
type schemaText string

func (s schemaText) MarshalJSON() ([]byte, error) { return []byte(s), nil }
