//go:build cgo

package literllm

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
)

// WithLogger sends the records of the library's log to a logger: each field of a record, such as
// provider and model, is an attribute. Without [WithLogLevel] the client logs what the logger is
// enabled for when the client is made.
//
// For a client only.
func WithLogger(logger *slog.Logger) Option { return setBy("WithLogger", loggerOption, logger) }

// levelOf is the level of the library's log that has all that the logger takes, and no more.
func levelOf(logger *slog.Logger) string {
	for _, level := range []LogLevel{LogDebug, LogInfo, LogWarn, LogError} {
		if logger.Enabled(context.Background(), slogLevel(string(level))) {
			return string(level)
		}
	}
	return string(LogOff)
}

func slogLevel(level string) slog.Level {
	switch LogLevel(level) {
	case LogError:
		return slog.LevelError
	case LogWarn:
		return slog.LevelWarn
	case LogDebug:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

// logTo is a handler of records that gives them to a logger.
func logTo(logger *slog.Logger) func(LogRecord) {
	return func(record LogRecord) {
		logger.LogAttrs(context.Background(), slogLevel(record.Level), record.Message,
			recordAttributes(record.Data)...)
	}
}

// recordAttributes are the fields of a record that slog has no place of its own for.
func recordAttributes(data json.RawMessage) []slog.Attr {
	var fields map[string]any
	// A record that cannot be parsed still has its message.
	_ = unmarshalNumbers(data, &fields)
	delete(fields, "level")
	delete(fields, "message")
	attributes := make([]slog.Attr, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		attributes = append(attributes, slog.Any(name, inLog(fields[name])))
	}
	return attributes
}

// inLog is a number as a number, which a json.Number is not to slog.
func inLog(value any) any {
	number, ok := value.(json.Number)
	if !ok {
		return value
	}
	if whole, err := number.Int64(); err == nil {
		return whole
	}
	if decimal, err := number.Float64(); err == nil {
		return decimal
	}
	return number.String()
}
