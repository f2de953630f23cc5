//go:build cgo

package literllm

import (
	"bytes"
	"encoding/json"
	"fmt"
)

//go:generate go run ./internal/generate ../../core/schema/schema.json .

// Option sets one option of a client, or of one call if it is given in [Request.Options]. There is
// a function for each option of the library; [With] sets any of them by its name.
type Option func(map[string]any)

// With sets an option by its name, such as "idle_timeout_ms". Options in milliseconds take a number
// or a [time.Duration], which is rounded up to whole milliseconds.
func With(name string, value any) Option {
	return func(options map[string]any) { options[name] = value }
}

// WithCollect sets whether streams keep what they deliver, for [Stream.Response] and for the
// partial response of an error. With false, text, reasoning, refusal, tool calls and parts are
// empty there, and a stream holds no more memory than its window, however long the response is. How
// it began and ended is still known.
//
// For a client or a call. The default is true.
func WithCollect(collect bool) Option { return With(collectOption, collect) }

// WithLogHandler sets a function that is called with the records of the library's log, one after
// another, on a goroutine of its own. Without [WithLogLevel] it gets those of level info and above.
//
// For a client only.
func WithLogHandler(handler func(LogRecord)) Option { return With(logHandlerOption, handler) }

// The options that are this package's own.
const (
	collectOption    = "collect"
	logHandlerOption = "log_handler"
)

// At most so many bytes are read before they are acknowledged.
const acknowledgeBytesMax = 16 * 1024

// settings are the options that this package itself needs.
type settings struct {
	// Streams acknowledge what was read in steps of so many bytes.
	acknowledgeBytes int
	collect          bool
	// nil where the key is text.
	key keyFunction
	// nil without a handler.
	log *logQueue
}

// readOptions returns the options as the library takes them, and the settings among them.
func readOptions(options []Option) ([]byte, settings, *Error) {
	read := settings{collect: true}
	fields, failed := applyOptions(options)
	if failed != nil {
		return nil, read, failed
	}
	if failed := convertDurations(fields, configError, true); failed != nil {
		return nil, read, failed
	}
	if failed := takeCollect(fields, &read.collect, configError); failed != nil {
		return nil, read, failed
	}
	if failed := takeLogHandler(fields, &read.log); failed != nil {
		return nil, read, failed
	}
	if failed := takeKeyFunction(fields, &read.key, configError); failed != nil {
		return nil, read, failed
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, read, configError(notJSON(fields, err))
	}
	text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	read.acknowledgeBytes = acknowledgeStep(text)
	return text, read, nil
}

// applyOptions returns what options set.
func applyOptions(options []Option) (map[string]any, *Error) {
	fields := map[string]any{}
	for index, set := range options {
		if set == nil {
			return nil, newError(ErrInvalidArgument, fmt.Sprintf("option %d of %d is nil; leave it out",
				index+1, len(options)))
		}
		set(fields)
	}
	return fields, nil
}

// acknowledgeStep is at most a quarter of the window: as fewer bytes may stay unacknowledged, a
// larger step could leave a small window closed with all of it read.
func acknowledgeStep(options []byte) int {
	window := struct {
		Bytes int `json:"stream_window_bytes"`
	}{streamWindowBytesDefault}
	// What is not a number is refused by the library.
	if json.Unmarshal(options, &window) != nil {
		return 1
	}
	return max(1, min(window.Bytes/4, acknowledgeBytesMax))
}

// takeCollect takes the option that is not the library's out of others.
func takeCollect(fields map[string]any, collect *bool, refuse func(string) *Error) *Error {
	value, given := fields[collectOption]
	delete(fields, collectOption)
	switch value := value.(type) {
	case bool:
		*collect = value
	case nil:
	default:
		if given {
			return refuse(fmt.Sprintf("%s: expected true or false, got %T", collectOption, value))
		}
	}
	return nil
}

// takeLogHandler takes the function out of the options, and asks the library for records.
func takeLogHandler(fields map[string]any, log **logQueue) *Error {
	value, given := fields[logHandlerOption]
	if !given {
		return nil
	}
	delete(fields, logHandlerOption)
	handler, ok := value.(func(LogRecord))
	if !ok {
		return configError(fmt.Sprintf("%s: expected a func(LogRecord), got %T",
			logHandlerOption, value))
	}
	if handler == nil {
		return nil
	}
	*log = &logQueue{handle: handler}
	if _, given := fields["log_level"]; !given {
		fields["log_level"] = "info"
	}
	return nil
}

// configError is an error of a client's options.
func configError(message string) *Error { return newError(ErrConfig, "option "+message) }

// invalidRequest is an error of a request.
func invalidRequest(message string) *Error { return newError(ErrInvalidRequest, message) }
