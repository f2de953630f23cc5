package literllm_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// sentBody is the body that a provider receives, as it is.
func sentBody(t *testing.T, request literllm.Request) string {
	t.Helper()
	bodies := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	request.BaseURL = server.URL + "/v1"
	var failed *literllm.Error
	_, err := newClient(t).Complete(bounded(t), request)
	if !errors.As(err, &failed) || failed.Status != http.StatusBadRequest {
		t.Fatal(err)
	}
	return <-bodies
}

// A seed of 64 bits reaches the provider whole, with other fields beside it and without.
func TestNumbersReachTheProvider(t *testing.T) {
	seed, tenth := int64(9007199254740993), 0.1
	request := ask("")
	request.Seed, request.Temperature = &seed, &tenth
	request.Tools = []literllm.Tool{{Type: "function", Function: literllm.ToolFunction{
		Name: "f", Parameters: json.RawMessage(`{"type": "integer", "maximum": 9007199254740993}`),
	}}}
	for _, extra := range []map[string]any{
		nil, {"marker": uint64(18446744073709551615), "nested": map[string]any{"at": int64(-1 << 63)}},
	} {
		request.Extra = extra
		body := sentBody(t, request)
		wanted := []string{`"seed":9007199254740993`, `"temperature":0.1`, `"maximum":9007199254740993`}
		if extra != nil {
			wanted = append(wanted, `"marker":18446744073709551615`, `"at":-9223372036854775808`)
		}
		for _, want := range wanted {
			if !strings.Contains(body, want) {
				t.Errorf("no %s in %s", want, body)
			}
		}
	}
}

// A seed of 64 bits without a sign is one too, and one that is longer is refused, not rounded.
func TestSeedHasSixtyFourBits(t *testing.T) {
	for _, provider := range []string{"openai", "mistral", "cohere"} {
		request := ask("")
		request.Provider = provider
		request.Extra = map[string]any{"seed": uint64(18446744073709551615)}
		if body := sentBody(t, request); !strings.Contains(body, `seed":18446744073709551615`) {
			t.Errorf("%s: %s", provider, body)
		}
		request.Extra["seed"] = json.Number("18446744073709551616")
		_, err := newClient(t).Complete(bounded(t), request)
		if !errors.Is(err, literllm.ErrInvalidRequest) || !strings.Contains(err.Error(), "seed: ") {
			t.Errorf("%s: %v", provider, err)
		}
	}
}

// The package itself changes no digit of what it is given, however long.
func TestNumbersKeepTheirDigits(t *testing.T) {
	request := ask("")
	request.ToolChoice = json.RawMessage(`{"a": 1e400}`)
	request.Messages = append(request.Messages, literllm.Message{
		Role: "user", Content: json.RawMessage(`[{"type": "x", "at": 0.10}]`)})
	request.Extra = map[string]any{
		"seed": json.Number("123456789012345678901234567890"), "t": json.Number("1.50e+3"),
	}
	text, err := literllm.RequestJSON(request)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"a":1e400}`, `"at":0.10`, `"seed":123456789012345678901234567890`, `"t":1.50e+3`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

// Numbers of a response keep their digits too, and one that is too large does not fail it.
func TestNumbersOfResponses(t *testing.T) {
	scripted := literllm.NewScripted()
	scripted.Event(1, `{"id": "a", "rate_limit": {"left": 9007199254740993, "much": 1e400}}`)
	scripted.Text("hello")
	scripted.Event(6, `{"type": "x", "at": 9007199254740993}`)
	scripted.End(`{"outcome": "complete", "usage": {"input_tokens": 18446744073709551615,
		"output_tokens": 3, "raw": {"n": 12345678901234567890123, "much": 1e400}}}`)
	if _, err := scripted.Read(); err != nil {
		t.Fatal(err)
	}
	response := scripted.Response()
	usage := response.Usage
	if response.Text != "hello" || *usage.InputTokens != 0 || *usage.OutputTokens != 3 {
		t.Errorf("%+v %+v", response, usage)
	}
	for want, got := range map[string]any{
		"9007199254740993": response.RateLimit["left"], "12345678901234567890123": usage.Raw["n"],
		"1e400": usage.Raw["much"],
	} {
		if got != json.Number(want) {
			t.Errorf("%v (%T) instead of %s", got, got, want)
		}
	}
	if at := string(response.Parts[0].Data); !strings.Contains(at, "9007199254740993") {
		t.Error(at)
	}
}

// What is not Unicode becomes U+FFFD in every place, as in encoding/json.
func TestInvalidTextIsReplaced(t *testing.T) {
	request := ask("")
	request.Messages = []literllm.Message{
		literllm.User("a\xffb"), {Role: "user", Content: json.RawMessage("\"c\xffd\"")}}
	for _, extra := range []map[string]any{nil, {"user": "g\xffh"}} {
		request.Extra = extra
		body := sentBody(t, request)
		wanted := []string{"a\uFFFDb", "c\uFFFDd"}
		if extra != nil {
			wanted = append(wanted, "g\uFFFDh")
		}
		for _, want := range wanted {
			if !strings.Contains(body, want) {
				t.Errorf("no %q in %q", want, body)
			}
		}
	}
}
