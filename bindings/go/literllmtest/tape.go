package literllmtest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// TapeVariable is the environment variable that says what [NewTape] does with its file: record
// sends every request and writes the file anew, auto plays what is on it and records what is not,
// replay plays it, which is the default.
const TapeVariable = "LITER_LLM_TAPE"

// NewTape makes a client whose calls are answered from a file of recorded exchanges, such as
// testdata/weather.jsonl. It needs no key, and a request that is not on the tape fails with
// literllm.ErrConfig, which says what differs from the nearest one: nothing is ever sent. To record
// the file, run the test once with a key and [TapeVariable]:
//
//	OPENAI_API_KEY=... LITER_LLM_TAPE=record go test -run TestWeather .
//
// The file has prompts and responses, and never a key. The client is closed when the test ends,
// which completes a recording.
func NewTape(t testing.TB, path string, options ...literllm.Option) *literllm.Client {
	t.Helper()
	mode := os.Getenv(TapeVariable)
	switch mode {
	case "":
		mode = "replay"
	case "record", "auto", "replay":
	default:
		t.Fatalf("literllmtest: %s is record, auto or replay, not %q", TapeVariable, mode)
	}
	if mode == "replay" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("literllmtest: there is no tape %s; record it: run this test once with %s=record "+
				"and a key", path, TapeVariable)
		}
	} else if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatalf("literllmtest: %v", err)
	}
	options = append(options[:len(options):len(options)],
		literllm.WithTape(map[string]any{"file": path, "mode": mode}))
	return newClient(t, options)
}
