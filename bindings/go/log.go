//go:build cgo

package literllm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"
)

// LogRecord is one record of the library's log.
type LogRecord struct {
	// Level is error, warn, info or debug.
	Level   string `json:"level"`
	Message string `json:"message"`
	// Provider is the provider that the record is about, if any.
	Provider string `json:"provider"`
	// Outcome and the fields below are in the record of a call that has ended, as far as known.
	Outcome      string   `json:"outcome"`
	Operation    string   `json:"operation"`
	Model        string   `json:"model"`
	RequestID    string   `json:"request_id"`
	Attempts     int      `json:"attempts"`
	InputTokens  *uint64  `json:"input_tokens"`
	OutputTokens *uint64  `json:"output_tokens"`
	Milliseconds *float64 `json:"milliseconds"`
	// Kind is the name of the error's kind, unless the call is complete.
	Kind string `json:"kind"`
	// Data is the whole record as JSON, including fields that this version does not know.
	Data json.RawMessage `json:"-"`
}

// logRecordsMax bounds the records that wait for a handler; more are dropped.
const logRecordsMax = 1024

// logWaitMax is how long [Client.Close] waits for a handler that has records left.
const logWaitMax = 5 * time.Second

// takeLog takes the functions that get records out of the options, and asks the library for those.
func takeLog(fields map[string]any, log **logQueue) *Error {
	var handlers []func(LogRecord)
	level := ""
	switch handler := fields[logHandlerOption].(type) {
	case nil:
	case func(LogRecord):
		if handler != nil {
			handlers, level = append(handlers, handler), string(LogInfo)
		}
	default:
		return configError(fmt.Sprintf("%s: expected a func(LogRecord), got %T",
			logHandlerOption, handler))
	}
	switch logger := fields[loggerOption].(type) {
	case nil:
	case *slog.Logger:
		if logger != nil {
			handlers = append(handlers, logTo(logger))
			level = cmp.Or(level, levelOf(logger))
		}
	default:
		return configError(fmt.Sprintf("%s: expected a *slog.Logger, got %T", loggerOption, logger))
	}
	delete(fields, logHandlerOption)
	delete(fields, loggerOption)
	if len(handlers) == 0 {
		return nil
	}
	*log = &logQueue{handle: func(record LogRecord) {
		for _, handle := range handlers {
			handle(record)
		}
	}}
	if _, given := fields["log_level"]; !given {
		fields["log_level"] = level
	}
	return nil
}

// logQueue gives records to a handler, one after another, on a goroutine that lives while there are
// any. So a slow handler holds up no stream, and a handler may close the client.
type logQueue struct {
	handle  func(LogRecord)
	mutex   sync.Mutex
	waiting []LogRecord
	// handled is closed once no record is left; nil while nothing runs.
	handled chan struct{}
}

func (q *logQueue) add(data string) {
	record := LogRecord{Data: json.RawMessage(data)}
	// A record that cannot be parsed still has its Data.
	_ = json.Unmarshal(record.Data, &record)
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if len(q.waiting) == logRecordsMax {
		return
	}
	q.waiting = append(q.waiting, record)
	if q.handled == nil {
		q.handled = make(chan struct{})
		go q.run()
	}
}

func (q *logQueue) run() {
	for records := q.take(); len(records) > 0; records = q.take() {
		for _, record := range records {
			q.handle(record)
		}
	}
}

// take takes all records that wait; none end the goroutine.
func (q *logQueue) take() []LogRecord {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	records := q.waiting
	q.waiting = nil
	if len(records) == 0 {
		close(q.handled)
		q.handled = nil
	}
	return records
}

// wait returns once every record was handled, at the latest after [logWaitMax]. A handler that
// closes its client would wait for itself.
func (q *logQueue) wait() {
	q.mutex.Lock()
	handled := q.handled
	q.mutex.Unlock()
	if handled == nil || isInLogHandler() {
		return
	}
	select {
	case <-handled:
	case <-time.After(logWaitMax):
	}
}

// isInLogHandler tells whether this goroutine is the one that handles records.
func isInLogHandler() bool {
	callers := make([]uintptr, 1024)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, ".(*logQueue).run") {
			return true
		}
		if !more {
			return false
		}
	}
}
