package literllm_test

import (
	"errors"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

var failing = object{"status": 401, "error": object{"message": "wrong key", "type": "t"}}

// next waits for what a handler says, but not for ever.
func next[T any](t *testing.T, said <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-said:
	case <-bounded(t).Done():
		t.Fatal("the handler was not called")
	}
	return value
}

func TestLogReachesAHandler(t *testing.T) {
	leavesNothing(t)
	lines := make(chan literllm.LogRecord, 100)
	client := newClient(t, literllm.WithLogHandler(func(line literllm.LogRecord) { lines <- line }))
	key := plan(t, failing)
	if _, err := client.Complete(bounded(t), ask(key)); err == nil {
		t.Fatal("401 is an error")
	}
	line := next(t, lines)
	if line.Level != "error" || line.Provider != "openai" || !strings.Contains(line.Message, "401") ||
		!strings.Contains(string(line.Data), line.Message) {
		t.Errorf("%+v", line)
	}
}

func TestLogLevelDecides(t *testing.T) {
	for level, want := range map[string]bool{"debug": true, "off": false} {
		lines := make(chan literllm.LogRecord, 100)
		client := newClient(t, literllm.With("log_level", level),
			literllm.WithLogHandler(func(line literllm.LogRecord) { lines <- line }))
		if _, err := client.Complete(bounded(t), ask(plan(t, hello))); err != nil {
			t.Fatal(err)
		}
		if want {
			if line := next(t, lines); line.Level != "debug" {
				t.Errorf("%+v", line)
			}
		} else if len(lines) > 0 {
			t.Errorf("%+v", <-lines)
		}
	}
}

// A handler that rests holds up no stream, and one may close its client.
func TestLogHandlerMayRestAndClose(t *testing.T) {
	leavesNothing(t)
	rest, closed := make(chan bool), make(chan bool, 100)
	var client *literllm.Client
	client = newClient(t, literllm.WithLogHandler(func(literllm.LogRecord) {
		<-rest
		client.Close()
		closed <- true
	}))
	_, _ = client.Complete(bounded(t), ask(plan(t, failing)))
	if reply, err := client.Complete(bounded(t), ask(plan(t, hello))); err != nil {
		t.Fatal(reply, err)
	}
	close(rest)
	next(t, closed)
}

func TestLogHandlerOfAnotherType(t *testing.T) {
	_, err := literllm.New(literllm.With("log_handler", 1))
	if !errors.Is(err, literllm.ErrConfig) || !strings.Contains(err.Error(), "log_handler is a int") {
		t.Error(err)
	}
}
