package literllmtest_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/literllmtest"
)

// recordable answers as OpenAI does, and counts what it is asked.
func recordable(t *testing.T) (string, *atomic.Int64) {
	t.Helper()
	asked := &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number := asked.Add(1)
		w.Header().Set("content-type", "text/event-stream")
		w.Header().Set("set-cookie", "session=secret-cookie")
		fmt.Fprintf(w, `data: {"id":"r","model":"m","object":"chat.completion.chunk","choices":[{`+
			`"index":0,"delta":{"content":"answer %d"},"finish_reason":"stop"}]}`+
			"\n\ndata: [DONE]\n\n", number)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1", asked
}

// A tape is recorded once, and then needs neither network nor key.
func TestTapeIsRecordedAndPlayed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "testdata", "weather.jsonl")
	address, asked := recordable(t)
	t.Setenv("OPENAI_API_KEY", "")
	provider := literllm.WithProvider(literllm.ProviderOpenAI)
	t.Run("record", func(t *testing.T) {
		t.Setenv(literllmtest.TapeVariable, "record")
		client := literllmtest.NewTape(t, path, provider, literllm.WithBaseURL(address),
			literllm.WithAPIKey("secret-key"))
		for _, want := range []string{"answer 1", "answer 2"} {
			tokens := literllmtest.ReadTokens(t, client.Invoke(bounded(t), ask("weather?")))
			if strings.Join(tokens, "") != want {
				t.Errorf("%q", tokens)
			}
		}
	})
	text, err := os.ReadFile(path)
	if err != nil || bytes.Count(text, []byte("\n")) != 2 || bytes.Contains(text, []byte("secret")) {
		t.Fatalf("%v: %s", err, text)
	}
	t.Run("replay", func(t *testing.T) {
		client := literllmtest.NewTape(t, path, provider)
		for _, want := range []string{"answer 1", "answer 2"} {
			tokens := literllmtest.ReadTokens(t, client.Invoke(bounded(t), ask("weather?")))
			if strings.Join(tokens, "") != want {
				t.Errorf("%q", tokens)
			}
		}
		request := ask("weather?")
		request.BaseURL, request.Temperature = address, literllm.Ptr(0.5)
		_, err := client.Complete(bounded(t), request)
		if !errors.Is(err, literllm.ErrConfig) || !strings.Contains(err.Error(), "temperature") {
			t.Error(err)
		}
	})
	if asked.Load() != 2 {
		t.Errorf("%d requests were sent", asked.Load())
	}
}

// With auto, what is not on the tape is recorded.
func TestTapeGrows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weather.jsonl")
	address, asked := recordable(t)
	t.Setenv(literllmtest.TapeVariable, "auto")
	for _, text := range []string{"a", "b", "a", "b"} {
		t.Run(text, func(t *testing.T) {
			client := literllmtest.NewTape(t, path, literllm.WithProvider(literllm.ProviderOpenAI),
				literllm.WithBaseURL(address), literllm.WithAPIKey("k"))
			literllmtest.ReadTokens(t, client.Invoke(bounded(t), ask(text)))
		})
	}
	if asked.Load() != 2 {
		t.Errorf("%d requests were sent", asked.Load())
	}
}

// A tape that is not there, and a mode that is none, are said.
func TestTapeMistakes(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.jsonl")
	newTape := func(t testing.TB) { literllmtest.NewTape(t, missing) }
	if said := fails(t, newTape); !strings.Contains(said, "run this test once with "+
		"LITER_LLM_TAPE=record") {
		t.Error(said)
	}
	t.Setenv(literllmtest.TapeVariable, "play")
	if said := fails(t, newTape); !strings.Contains(said, `record, auto or replay, not "play"`) {
		t.Error(said)
	}
}
