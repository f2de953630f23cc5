package literllmtest

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/internal/hooks"
)

// Script is a client whose calls are answered by the test, with a record of what was asked. Its
// methods fail the test where something goes wrong, so they are for the goroutine of the test.
type Script struct {
	*literllm.Client
	t testing.TB
}

// NewScript makes a client that is closed when the test ends. Each request takes the next answer,
// retries too; when none is left, a request fails with literllm.ErrConfig. Without any answer the
// client repeats the last message of the user.
//
// A call may name any model. One that names another provider is refused: nothing is ever sent.
func NewScript(t testing.TB, answers ...Answer) *Script {
	t.Helper()
	return NewScriptWith(t, nil, answers...)
}

// NewScriptWith is NewScript with options of the client.
func NewScriptWith(t testing.TB, options []literllm.Option, answers ...Answer) *Script {
	t.Helper()
	options = append(options[:len(options):len(options)],
		literllm.WithProvider(literllm.ProviderScript),
		// What is not scripted would have to be on a tape, and nothing is on this one.
		literllm.WithTape(map[string]any{"file": os.DevNull, "mode": "replay"}))
	if len(answers) > 0 {
		options = append(options, literllm.WithScript(answers))
	}
	return &Script{newClient(t, options), t}
}

func newClient(t testing.TB, options []literllm.Option) *literllm.Client {
	t.Helper()
	client, err := literllm.New(options...)
	if err != nil {
		t.Fatalf("literllmtest: %v", err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// report is what a client tells of its script.
type report struct {
	Requests []json.RawMessage `json:"requests"`
	Left     int               `json:"answers_left"`
}

func (s *Script) ask(change map[string]any) (told report) {
	s.t.Helper()
	request := map[string]any{"operation": "script"}
	for name, value := range change {
		request[name] = value
	}
	text, err := json.Marshal(request)
	if err != nil {
		s.t.Fatalf("literllmtest: %v", err)
	}
	if err := hooks.Ask(context.Background(), s.Client, text, &told); err != nil {
		s.t.Fatalf("literllmtest: %v", err)
	}
	return told
}

// Requests are those that were made so far, oldest first, each attempt of a call being one; of
// more than ten thousand the newest.
func (s *Script) Requests() []Request {
	s.t.Helper()
	told := s.ask(nil)
	requests := make([]Request, len(told.Requests))
	for index, text := range told.Requests {
		var err error
		if requests[index], err = parseRequest(text); err != nil {
			s.t.Fatalf("literllmtest: %v", err)
		}
	}
	return requests
}

// Last is the newest request; the test fails where there was none.
func (s *Script) Last() Request {
	s.t.Helper()
	requests := s.Requests()
	if len(requests) == 0 {
		s.t.Fatal("literllmtest: nothing was asked")
	}
	return requests[len(requests)-1]
}

// Only is the only request; the test fails where there was none, or more.
func (s *Script) Only() Request {
	s.t.Helper()
	requests := s.Requests()
	if len(requests) != 1 {
		s.t.Fatalf("literllmtest: %d requests were made, not one: %v", len(requests), requests)
	}
	return requests[0]
}

// Left is how many answers were not used, but for those that are there for every request.
func (s *Script) Left() int {
	s.t.Helper()
	return s.ask(nil).Left
}

// Add adds answers behind those that are left.
func (s *Script) Add(answers ...Answer) {
	s.t.Helper()
	if len(answers) > 0 {
		s.ask(map[string]any{"answers": answers})
	}
}

// Reset forgets the requests and the answers that are left; further answers are those given.
func (s *Script) Reset(answers ...Answer) {
	s.t.Helper()
	s.ask(map[string]any{"reset": true})
	s.Add(answers...)
}
