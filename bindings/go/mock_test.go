package literllm_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// The mock provider of this test run; it ends when its standard input closes.
var (
	mockPlaces map[string]any
	mockKeys   atomic.Int64
)

func TestMain(m *testing.M) {
	os.Exit(withMock(m))
}

func withMock(m *testing.M) int {
	program := os.Getenv("LITER_LLM_MOCK")
	if program == "" {
		program = "../../tests/mock/target/release/liter-llm-mock"
	}
	mock := exec.Command(program, "--tls", "--lifetime-seconds", "900")
	input, _ := mock.StdinPipe()
	output, _ := mock.StdoutPipe()
	if err := mock.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err, "(run make mock)")
		return 1
	}
	defer mock.Wait()
	defer input.Close()
	line, _ := bufio.NewReader(output).ReadBytes('\n')
	if err := json.Unmarshal(line, &mockPlaces); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

type steps []any

type object map[string]any

// plan sets what a new key plays, and returns the key.
func plan(t *testing.T, steps ...any) string {
	t.Helper()
	name := strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())
	key := fmt.Sprintf("%s~%d~%d", name, os.Getpid(), mockKeys.Add(1))
	control(t, "PUT", "plans/"+key, object{"steps": steps})
	return key
}

func baseURL(key string) string { return baseURLAt("http", key) }

// baseURLAt is the same at one of the mock's other ports.
func baseURLAt(port, key string) string { return fmt.Sprintf("%s/%s/v1", mockPlaces[port], key) }

// waitFor returns once the conditions hold.
func waitFor(t *testing.T, key, conditions string) object {
	t.Helper()
	seen := control(t, "GET", "wait/"+key+"?"+conditions+"&timeout_ms=10000", nil)
	if seen["held"] != true {
		t.Fatalf("%s did not come to %s: %v", key, conditions, seen)
	}
	return seen
}

// never gives the conditions a second in which they must not come to hold.
func never(t *testing.T, key, conditions string) {
	t.Helper()
	seen := control(t, "GET", "wait/"+key+"?"+conditions+"&timeout_ms=1000", nil)
	if seen["held"] == true {
		t.Fatalf("%s came to %s", key, conditions)
	}
}

func seen(t *testing.T, key string) object { return control(t, "GET", "seen/"+key, nil) }

func control(t *testing.T, method, path string, body any) object {
	t.Helper()
	text, _ := json.Marshal(body)
	address := fmt.Sprintf("%s/_/%s", mockPlaces["http"], path)
	request, _ := http.NewRequest(method, address, bytes.NewReader(text))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ = io.ReadAll(response.Body)
	var document object
	if err := json.Unmarshal(text, &document); err != nil && len(text) > 0 {
		t.Fatalf("%s %s: %s", method, path, text)
	}
	return document
}

// streamed is a step that streams these actions after the head of a response.
func streamed(actions ...object) object {
	headers := [][]string{{"content-type", "text/event-stream"}}
	head := object{"head": object{"status": 200, "headers": headers, "chunked": true}}
	return object{"raw": append([]object{head, {"start": true}}, actions...)}
}

func token(text string) object { return object{"token": text} }

var hello = object{"answer": object{"text": "Hello wide world"}}

var hang = object{"hang": true}

func newClient(t *testing.T, options ...literllm.Option) *literllm.Client {
	t.Helper()
	options = append([]literllm.Option{
		literllm.WithProvider("openai"), literllm.WithAPIKey("test-key-0123456789"),
	}, options...)
	client, err := literllm.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func ask(key string) literllm.Request {
	return literllm.Request{
		Model:    "test-model",
		Messages: []literllm.Message{literllm.User("hello")},
		BaseURL:  baseURL(key),
	}
}

// bodies are those of the requests that the mock was sent.
func bodies(t *testing.T, key string) (sent []map[string]any) {
	t.Helper()
	requests, _ := seen(t, key)["requests"].([]any)
	for _, request := range requests {
		body, _ := request.(map[string]any)["body"].(map[string]any)
		sent = append(sent, body)
	}
	return sent
}
