package typed_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// provider answers with texts, one for each request, and keeps what it was asked.
type provider struct {
	mutex   sync.Mutex
	answers []answer
	asked   []map[string]any
}

type answer struct {
	text, reason string
	refusal      string
	calls        []any
}

// letters is how many letters each piece of a streamed answer has.
const letters = 3

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	text, _ := io.ReadAll(r.Body)
	var body map[string]any
	_ = json.Unmarshal(text, &body)
	p.asked = append(p.asked, body)
	now := p.answers[0]
	p.answers = p.answers[1:]
	if now.reason == "" {
		now.reason = "stop"
	}
	if body["stream"] == true {
		p.stream(w, now)
		return
	}
	w.Header().Set("content-type", "application/json")
	message := map[string]any{"role": "assistant", "content": now.text}
	if now.refusal != "" {
		message["content"], message["refusal"] = nil, now.refusal
	}
	if now.calls != nil {
		message["tool_calls"] = now.calls
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"id": "r", "object": "chat.completion",
		"model": "m", "choices": []any{map[string]any{"index": 0, "message": message,
			"finish_reason": now.reason}}})
}

// requests are those that came.
func (p *provider) requests() []map[string]any {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.asked
}

func (p *provider) stream(w http.ResponseWriter, now answer) {
	w.Header().Set("content-type", "text/event-stream")
	send := func(delta, reason any) {
		chunk, _ := json.Marshal(map[string]any{"id": "r", "object": "chat.completion.chunk",
			"model": "m", "choices": []any{map[string]any{"index": 0, "delta": delta,
				"finish_reason": reason}}})
		fmt.Fprintf(w, "data: %s\n\n", chunk)
	}
	runes := []rune(now.text)
	for begin := 0; begin < len(runes); begin += letters {
		piece := string(runes[begin:min(begin+letters, len(runes))])
		send(map[string]any{"content": piece}, nil)
	}
	send(map[string]any{}, now.reason)
	fmt.Fprint(w, "data: [DONE]\n\n")
}

// served makes a client of a provider with these answers.
func served(t *testing.T, answers ...answer) (*literllm.Client, *provider) {
	t.Helper()
	p := &provider{answers: answers}
	server := httptest.NewServer(p)
	client, err := literllm.New(literllm.WithProvider(literllm.ProviderOpenAI),
		literllm.WithAPIKey("test-key"), literllm.WithBaseURL(server.URL+"/v1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client, p
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func ask() literllm.Request {
	return literllm.Request{Model: "m", Messages: []literllm.Message{literllm.User("Where?")}}
}

// in follows a path of names and positions through JSON.
func in(value any, path string) any {
	for _, name := range strings.Split(path, ".") {
		switch parent := value.(type) {
		case map[string]any:
			value = parent[name]
		case []any:
			var index int
			fmt.Sscan(name, &index)
			value = parent[index]
		}
	}
	return value
}
