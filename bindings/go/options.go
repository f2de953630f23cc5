//go:build cgo

package literllm

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Option sets one option of a client.
type Option func(map[string]any)

// WithProvider sets the provider of requests that name none.
func WithProvider(name string) Option { return With("provider", name) }

// WithAPIKey sets the key; without it the provider's variable is read, such as OPENAI_API_KEY.
func WithAPIKey(key string) Option { return With("api_key", key) }

// WithBaseURL sets where the API is, for servers of one's own.
func WithBaseURL(url string) Option { return With("base_url", url) }

// WithCollect sets whether streams keep what they deliver for Stream.Response and for the partial
// answer of errors. It is true without this. With false text, reasoning, refusal, tool calls and
// parts are empty there, and a stream holds no more than its window, however long it is; how it
// began and ended is still told. A request's Collect goes before it.
func WithCollect(collect bool) Option { return With("collect", collect) }

// WithLogHandler gives the lines of the library's log to a function, one after another, on a
// goroutine of their own. Without the option log_level it gets those of level info and above;
// With("log_level", "debug") asks for all.
func WithLogHandler(handler func(LogRecord)) Option { return With(logHandler, handler) }

// With sets any option of the guide by its name, such as "idle_timeout_ms".
func With(name string, value any) Option {
	return func(options map[string]any) { options[name] = value }
}

// The option that is this package's own.
const logHandler = "log_handler"

// At most so many bytes are read before the library is told, which then reads on.
const acknowledgeBytesMax = 16 * 1024

// settings are the options that this package itself needs.
type settings struct {
	// Streams acknowledge what was read in steps of so many bytes.
	acknowledgeBytes int
	collect          bool
	// nil without a handler.
	log *logLines
}

// readOptions gives the options as the library takes them, and the settings among them.
func readOptions(options []Option) ([]byte, settings, *Error) {
	fields := map[string]any{}
	for _, set := range options {
		set(fields)
	}
	read := settings{acknowledgeBytes: acknowledgeBytesMax, collect: true}
	if failed := takeCollect(fields, &read.collect, ErrConfig); failed != nil {
		return nil, read, failed
	}
	if failed := takeLogHandler(fields, &read.log); failed != nil {
		return nil, read, failed
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, read, failure(ErrConfig, "options: "+err.Error())
	}
	text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	var window struct {
		Bytes *int `json:"stream_window_bytes"`
	}
	// What is not a number is refused by the library.
	if json.Unmarshal(text, &window) == nil && window.Bytes != nil {
		// A part of the window only, or a small one would be shut with all of it read.
		read.acknowledgeBytes = max(1, min(*window.Bytes/4, acknowledgeBytesMax))
	}
	return text, read, nil
}

// takeCollect takes the field that is not the library's out of others.
func takeCollect(fields map[string]any, collect *bool, kind Kind) *Error {
	value, given := fields["collect"]
	delete(fields, "collect")
	switch value := value.(type) {
	case bool:
		*collect = value
	case nil:
	default:
		if given {
			return failure(kind, fmt.Sprintf("collect is %v; it may be true or false", value))
		}
	}
	return nil
}

// takeLogHandler takes the function out of the options, and asks the library for lines.
func takeLogHandler(fields map[string]any, log **logLines) *Error {
	value, given := fields[logHandler]
	if !given {
		return nil
	}
	delete(fields, logHandler)
	handler, ok := value.(func(LogRecord))
	if !ok {
		return failure(ErrConfig, fmt.Sprintf("%s is a %T; it may be a func(LogRecord)",
			logHandler, value))
	}
	if handler == nil {
		return nil
	}
	*log = &logLines{handle: handler}
	if _, given := fields["log_level"]; !given {
		fields["log_level"] = "info"
	}
	return nil
}
