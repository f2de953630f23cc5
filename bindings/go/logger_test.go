package literllm_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// kept hands each record of a logger to a test.
type kept struct {
	slog.Handler
	records chan slog.Record
}

func (k kept) Handle(_ context.Context, record slog.Record) error {
	k.records <- record
	return nil
}

func keptLogger(level slog.Level) (*slog.Logger, chan slog.Record) {
	records := make(chan slog.Record, 100)
	handler := slog.NewTextHandler(new(bytes.Buffer), &slog.HandlerOptions{Level: level})
	return slog.New(kept{handler, records}), records
}

// A record is logged at its level, with its fields as attributes.
func TestLogReachesALogger(t *testing.T) {
	leavesNothing(t)
	logger, records := keptLogger(slog.LevelError)
	handled := make(chan literllm.LogRecord, 100)
	client := newClient(t, literllm.WithLogger(logger),
		literllm.WithLogHandler(func(record literllm.LogRecord) { handled <- record }))
	if _, err := client.Complete(bounded(t), ask(plan(t, failing))); err == nil {
		t.Fatal("401 is an error")
	}
	record := next(t, records)
	for record.Level != slog.LevelError {
		record = next(t, records)
	}
	attributes := map[string]any{}
	record.Attrs(func(attribute slog.Attr) bool {
		attributes[attribute.Key] = attribute.Value.Any()
		return true
	})
	if !strings.Contains(record.Message, "401") || attributes["provider"] != "openai" ||
		attributes["message"] != nil || attributes["level"] != nil {
		t.Errorf("%v %v", record, attributes)
	}
	// A handler beside it gets the same.
	next(t, handled)
}

// The client logs what the logger takes, unless it is told another level.
func TestLevelOfALoggerIsAskedFor(t *testing.T) {
	for level, want := range map[slog.Level]string{
		slog.LevelDebug - 1: "debug", slog.LevelDebug: "debug", slog.LevelInfo: "info",
		slog.LevelWarn: "warn", slog.LevelError: "error", slog.LevelError + 1: "off",
	} {
		logger, _ := keptLogger(level)
		got, err := literllm.OptionsJSON(literllm.WithLogger(logger))
		if err != nil || got != `{"log_level":"`+want+`"}` {
			t.Errorf("%v: %s %v", level, got, err)
		}
	}
	logger, _ := keptLogger(slog.LevelDebug)
	warn := literllm.WithLogLevel(literllm.LogWarn)
	got, _ := literllm.OptionsJSON(literllm.WithLogger(logger), warn)
	if got != `{"log_level":"warn"}` {
		t.Error(got)
	}
	if got, _ := literllm.OptionsJSON(literllm.WithLogger(nil)); got != `{}` {
		t.Error(got)
	}
}

// Numbers and text of a record are numbers and text of slog.
func TestFieldsOfARecordBecomeAttributes(t *testing.T) {
	attributes := literllm.RecordAttributes(
		`{"level":"info","message":"m","tokens":3,"seconds":1.5,"model":"x","deep":{"a":1}}`)
	got := slog.GroupValue(attributes...).String()
	if got != "[deep=map[a:1] model=x seconds=1.5 tokens=3]" ||
		attributes[3].Value.Kind() != slog.KindInt64 ||
		attributes[2].Value.Kind() != slog.KindFloat64 {
		t.Error(got)
	}
}
