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
type Option func(*optionSet)

// With sets an option by its name, such as "idle_timeout_ms". Options in milliseconds take a number
// or a [time.Duration], which is rounded up to whole milliseconds.
func With(name string, value any) Option {
	return func(set *optionSet) { set.put(name, value, "") }
}

// setBy is an option that the caller sets with a function: its errors speak of that.
func setBy(function, name string, value any) Option {
	return func(set *optionSet) { set.put(name, value, function) }
}

// WithCollect sets whether streams keep what they deliver, for [Stream.Response] and for the
// partial response of an error. With false, text, reasoning, refusal, tool calls and parts are
// empty there, and a stream holds no more memory than its window, however long the response is. How
// it began and ended is still known.
//
// For a client or a call. The default is true.
func WithCollect(collect bool) Option {
	return setBy("WithCollect", collectOption, collect)
}

// WithLogHandler sets a function that is called with the records of the library's log, one after
// another, on a goroutine of its own. Without [WithLogLevel] it gets those of level info and above.
//
// For a client only.
func WithLogHandler(handler func(LogRecord)) Option {
	return setBy("WithLogHandler", logHandlerOption, handler)
}

// The options that are this package's own.
const (
	collectOption    = "collect"
	logHandlerOption = "log_handler"
	loggerOption     = "logger"
	interceptOption  = "interceptor"
)

// Those of them that only a client has.
var ownOfClient = []string{logHandlerOption, loggerOption, interceptOption}

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
	// Called in this order when a call begins.
	interceptors []Interceptor
	// Whom requests go to that do not say.
	provider, baseURL string
	// How the caller wrote the options.
	options *optionSet
}

// readOptions returns the options as the library takes them, and the settings among them.
func readOptions(options []Option) ([]byte, settings, *Error) {
	read := settings{collect: true}
	set, failed := applyOptions(options)
	if failed != nil {
		return nil, read, failed
	}
	if failed := read.take(set); failed != nil {
		return nil, read, set.inGo(failed)
	}
	text, err := json.Marshal(set.fields)
	if err != nil {
		return nil, read, set.inGo(configError(notJSON(set.fields, err)))
	}
	text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	read.acknowledgeBytes = acknowledgeStep(text)
	return text, read, nil
}

// take takes this package's own options out of others, and keeps what it needs of those.
func (s *settings) take(set *optionSet) *Error {
	s.options = set
	s.provider, _ = set.fields["provider"].(string)
	s.baseURL, _ = set.fields["base_url"].(string)
	if failed := convertDurations(set.fields, configError, true); failed != nil {
		return failed
	}
	if failed := takeCollect(set.fields, &s.collect, configError); failed != nil {
		return failed
	}
	if failed := takeLog(set.fields, &s.log); failed != nil {
		return failed
	}
	if failed := takeInterceptors(set.fields, &s.interceptors); failed != nil {
		return failed
	}
	return takeKeyFunction(set.fields, &s.key, configError)
}

// applyOptions returns what options set.
func applyOptions(options []Option) (*optionSet, *Error) {
	set := &optionSet{fields: map[string]any{}, written: map[string]string{}}
	for index, option := range options {
		if option == nil {
			return nil, newError(ErrInvalidArgument, fmt.Sprintf("option %d of %d is nil; leave it out",
				index+1, len(options)))
		}
		option(set)
	}
	return set, nil
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

// configError is an error of a client's options.
func configError(message string) *Error { return newError(ErrConfig, "option "+message) }

// invalidRequest is an error of a request.
func invalidRequest(message string) *Error { return newError(ErrInvalidRequest, message) }
