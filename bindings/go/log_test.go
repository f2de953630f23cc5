package literllm_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

var failing = object{"status": 401, "error": object{"message": "wrong key", "type": "t"}}

// next waits until a handler was called, but not for ever.
func next[T any](t *testing.T, called <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-called:
	case <-bounded(t).Done():
		t.Fatal("the handler was not called")
	}
	return value
}

func TestLogReachesAHandler(t *testing.T) {
	leavesNothing(t)
	records := make(chan literllm.LogRecord, 100)
	client := newClient(t,
		literllm.WithLogHandler(func(record literllm.LogRecord) { records <- record }))
	key := plan(t, failing)
	if _, err := client.Complete(bounded(t), ask(key)); err == nil {
		t.Fatal("401 is an error")
	}
	record := next(t, records)
	if record.Level != "error" || record.Provider != "openai" ||
		!strings.Contains(record.Message, "401") ||
		!strings.Contains(string(record.Data), record.Message) {
		t.Errorf("%+v", record)
	}
}

func TestLogLevelDecides(t *testing.T) {
	for level, want := range map[string]bool{"debug": true, "off": false} {
		records := make(chan literllm.LogRecord, 100)
		client := newClient(t, literllm.With("log_level", level),
			literllm.WithLogHandler(func(record literllm.LogRecord) { records <- record }))
		if _, err := client.Complete(bounded(t), ask(plan(t, hello))); err != nil {
			t.Fatal(err)
		}
		if want {
			if record := next(t, records); record.Level != "debug" {
				t.Errorf("%+v", record)
			}
		} else if len(records) > 0 {
			t.Errorf("%+v", <-records)
		}
	}
}

// A slow handler holds up no stream, and a handler may close its client.
func TestLogHandlerMayBlockAndClose(t *testing.T) {
	leavesNothing(t)
	block, closed := make(chan bool), make(chan bool, 100)
	var client *literllm.Client
	client = newClient(t, literllm.WithLogHandler(func(literllm.LogRecord) {
		<-block
		client.Close()
		closed <- true
	}))
	_, _ = client.Complete(bounded(t), ask(plan(t, failing)))
	if response, err := client.Complete(bounded(t), ask(plan(t, hello))); err != nil {
		t.Fatal(response, err)
	}
	close(block)
	next(t, closed)
}

func TestLogHandlerOfAnotherType(t *testing.T) {
	_, err := literllm.New(literllm.With("log_handler", 1))
	want := "option log_handler: expected a func(LogRecord), got int"
	if !errors.Is(err, literllm.ErrConfig) || err.Error() != want {
		t.Error(err)
	}
}

// What was logged before the client was closed is handled when Close returns, so that a program may
// end then.
func TestCloseWaitsForTheLog(t *testing.T) {
	leavesNothing(t)
	handling, closed := make(chan bool, 100), make(chan bool)
	var handled, late atomic.Int32
	client := newClient(t, literllm.WithLogHandler(func(literllm.LogRecord) {
		handling <- true
		// A Close that does not wait returns at once.
		select {
		case <-closed:
			late.Add(1)
		case <-time.After(100 * time.Millisecond):
		}
		handled.Add(1)
	}))
	_, _ = client.Complete(bounded(t), ask(plan(t, failing)))
	next(t, handling)
	client.Close()
	close(closed)
	// A record of the error and one of the call.
	if handled.Load() != 2 || late.Load() != 0 {
		t.Errorf("%d records were handled, %d late", handled.Load(), late.Load())
	}
}
