package literllm_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// coreMistake is a row of the table that all languages read.
type coreMistake struct {
	Name    string          `json:"name"`
	Request json.RawMessage `json:"request"`
	Options map[string]any  `json:"options"`
	Kind    string          `json:"kind"`
	Message string          `json:"message"`
}

func (m coreMistake) check(t *testing.T, way string, err error) {
	t.Helper()
	var failed *literllm.Error
	if !errors.As(err, &failed) || failed.Kind.String() != m.Kind || failed.Message != m.Message {
		t.Errorf("%s, %s: got\n%v, not\n%s, %s", m.Name, way, err, m.Kind, m.Message)
	}
}

func coreMistakes(t *testing.T) (requests, options []coreMistake) {
	t.Helper()
	text, err := os.ReadFile("../../tests/mistakes.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Requests, Options []coreMistake }
	decoder := json.NewDecoder(bytes.NewReader(text))
	// The messages show numbers as they are written.
	decoder.UseNumber()
	if err := decoder.Decode(&table); err != nil {
		t.Fatal(err)
	}
	return table.Requests, table.Options
}

// The core's messages about a request reach a user of Go as they are, on each way.
func TestMistakesInRequests(t *testing.T) {
	requests, _ := coreMistakes(t)
	client := newClient(t)
	for _, mistake := range requests {
		var fields map[string]any
		decoder := json.NewDecoder(bytes.NewReader(mistake.Request))
		decoder.UseNumber()
		if decoder.Decode(&fields) != nil {
			fields = nil // It is no object, which Request cannot be.
		} else {
			mistake.check(t, "Extra", ofOperation(t, client, fields))
		}
		err := literllm.Invoke("openai", string(mistake.Request), func(string) {})
		if fields["operation"] == "embed" {
			mistake.Message = "Invoke hands over text, and embed has vectors; call Client.Embed"
		}
		mistake.check(t, "Invoke", err)
	}
	if len(requests) < 20 {
		t.Errorf("%d rows", len(requests))
	}
}

// ofOperation makes the call that the fields are for.
func ofOperation(t *testing.T, client *literllm.Client, fields map[string]any) (err error) {
	switch fields["operation"] {
	case "embed":
		_, err = client.Embed(bounded(t), literllm.EmbedRequest{Extra: fields})
	case "rerank":
		_, err = client.Rerank(bounded(t), literllm.RerankRequest{Extra: fields})
	case "models":
		_, err = client.Models(bounded(t), literllm.ModelsRequest{Extra: fields})
	case "count_tokens":
		_, err = client.CountTokens(bounded(t), literllm.Request{Extra: fields})
	default:
		_, err = client.Complete(bounded(t), literllm.Request{Extra: fields})
	}
	return err
}

func TestMistakesInNamedOptions(t *testing.T) {
	_, options := coreMistakes(t)
	for _, mistake := range options {
		var given []literllm.Option
		for name, value := range mistake.Options {
			given = append(given, literllm.With(name, value))
		}
		mistake.check(t, "New", made(given...)())
	}
	if len(options) < 20 {
		t.Errorf("%d rows", len(options))
	}
}

// Go's own ways to the core's messages: typed fields and options.
func TestMistakesThatTheCoreFinds(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "")
	with := func(change func(*literllm.Request)) func() error { return asked(t, change) }
	for _, mistake := range []mistake{
		{"no model", with(func(r *literllm.Request) { r.Model = "" }), literllm.ErrInvalidRequest,
			`model is missing; name one, such as "gpt-4o-mini"`},
		{"no messages", with(func(r *literllm.Request) { r.Messages = nil }),
			literllm.ErrInvalidRequest, "messages is missing or empty; give at least one message"},
		{"a message without a role", with(func(r *literllm.Request) { r.Messages[0].Role = "" }),
			literllm.ErrInvalidRequest, `messages[0].role: unknown role ""; known are developer, ` +
				"system, user, assistant, tool and function"},
		{"content that is a number", with(func(r *literllm.Request) { r.Messages[0].Content = 7 }),
			literllm.ErrInvalidRequest,
			"messages[0].content: expected text or a list of parts, got a number"},
		{"negative tokens", with(func(r *literllm.Request) { r.MaxTokens = -1 }),
			literllm.ErrInvalidRequest, "max_tokens: must be at least 0, got -1"},
		{"an option of the client", with(func(r *literllm.Request) {
			r.Options = []literllm.Option{literllm.WithWorkerThreads(2)}
		}), literllm.ErrConfig,
			"WithWorkerThreads is an option of the client, not of a call; give it to New"},
		{"an option of a call that is unknown", with(func(r *literllm.Request) {
			r.Options = []literllm.Option{literllm.With("timeout", 3)}
		}), literllm.ErrConfig,
			`option "timeout" is unknown; did you mean "key_timeout_ms", "idle_timeout_ms" or ` +
				`"total_timeout_ms"? (a field for the provider belongs in Extra)`},
		{"an option of the client by its name", with(func(r *literllm.Request) {
			r.Options = []literllm.Option{literllm.With("worker_threads", 2)}
		}), literllm.ErrConfig,
			`"worker_threads" is an option of the client, not of a call; give it to New`},
		{"an option of a call that is far from any", with(func(r *literllm.Request) {
			r.Options = []literllm.Option{literllm.With("frobnicate", 3)}
		}), literllm.ErrConfig,
			`option "frobnicate" is unknown (a field for the provider belongs in Extra)`},
		{"a field of a request", with(func(r *literllm.Request) {
			r.Options = []literllm.Option{literllm.With("max_tokens", 3)}
		}), literllm.ErrConfig,
			`option "max_tokens" is unknown (a field for the provider belongs in Extra)`},
		{"negative retries of a call", with(func(r *literllm.Request) {
			r.Options = []literllm.Option{literllm.WithRetriesMax(-1)}
		}), literllm.ErrInvalidRequest, "WithRetriesMax: must be at least 0, got -1"},
		{"a file that goes with another",
			made(literllm.WithClientKeyFile("key.pem")), literllm.ErrConfig,
			"WithClientCertificateFile and WithClientKeyFile go together"},
		{"an option of calls", made(literllm.WithExtraBody(map[string]any{"a": 1})),
			literllm.ErrConfig, `WithExtraBody is a field of a request, not an option of a client`},
		{"negative retries", made(literllm.WithRetriesMax(-1)), literllm.ErrConfig,
			"WithRetriesMax: must be at least 0, got -1"},
		{"a misspelled option that is a duration",
			made(literllm.With("idle_timout_ms", time.Second)), literllm.ErrConfig,
			`option "idle_timout_ms" is unknown; did you mean "idle_timeout_ms"?`},
		{"a log level in capitals", made(literllm.WithLogLevel("DEBUG")), literllm.ErrConfig,
			`WithLogLevel: expected off, error, warn, info or debug, got "DEBUG"`},
		{"a base URL without a scheme", made(literllm.WithBaseURL("localhost:8080")),
			literllm.ErrConfig,
			"WithBaseURL must begin with https:// or http://; write https://host/path"},
		{"a header with a line break", made(literllm.WithHeaders(map[string]string{"x-a": "a\nb"})),
			literllm.ErrInvalidArgument, "WithHeaders: x-a has a character that no header may have"},
		{"no key", completeBy(t, literllm.WithProvider("openai")), literllm.ErrConfig,
			"no key; set OPENAI_API_KEY or api_key"},
		{"no provider", completeBy(t, literllm.WithAPIKey("k")), literllm.ErrConfig,
			`no provider for model "test-model"; name one, or write provider/model`},
	} {
		mistake.check(t)
	}
	unknown := made(literllm.WithProvider("opanai"))()
	meant := `provider "opanai" is unknown; did you mean "openai"?`
	if !errors.Is(unknown, literllm.ErrConfig) || !strings.HasSuffix(unknown.Error(), meant) {
		t.Error(unknown)
	}
}

// completeBy asks through a client with these options only; it is refused before it is sent.
func completeBy(t *testing.T, options ...literllm.Option) func() error {
	client, err := literllm.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return func() error {
		request := ask("")
		request.BaseURL = ""
		_, err := client.Complete(bounded(t), request)
		return err
	}
}
