package typed_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every sample is built and run as a user would, and prints what it should.
func TestSamples(t *testing.T) {
	const brahms = `{"name":"Hamburg","people":1900000,"coast":"river","mayor":null,"rivers":["Elbe"]}`
	call := answer{reason: "tool_calls", calls: []any{map[string]any{"id": "c", "type": "function",
		"function": map[string]any{"name": "weather", "arguments": `{"city":"Hamburg"}`}}}}
	for _, sample := range []struct {
		name    string
		answers []answer
		printed string
	}{
		{"complete_as", []answer{{text: "Hm."}, {text: brahms}}, "Hamburg 1900000 [Elbe] stop\n"},
		{"complete_as", []answer{{text: "Hm", reason: "length"}},
			"the response is not what was asked for: it was cut by a token limit; raise MaxTokens: \"Hm\""},
		{"tools", []answer{call, {text: "Yes."}}, "\nYes.\n"},
		{"partials", []answer{{text: `{"title":"Elbe","stops":["a","b"]}`}},
			"El 0\nElbe 0\nElbe 1\nElbe 2\n"},
	} {
		t.Run(sample.name, func(t *testing.T) {
			p := &provider{answers: sample.answers}
			server := httptest.NewServer(p)
			defer server.Close()
			program := filepath.Join(t.TempDir(), sample.name)
			build := exec.Command("go", "build", "-o", program, "./samples/"+sample.name)
			if output, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			run := exec.Command(program)
			run.Env = append(os.Environ(), "OPENAI_API_KEY=test-key", "OPENAI_BASE_URL="+server.URL+"/v1")
			output, _ := run.CombinedOutput()
			if !strings.Contains(string(output), sample.printed) {
				t.Errorf("%s", output)
			}
			if sent := p.requests(); sample.name == "tools" &&
				in(sent[1], "messages.2.content") != `{"sky":"rain","celsius":9.5}` {
				t.Errorf("%v", sent[1])
			}
		})
	}
}
