package literllm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every sample is built and run as a user would, and prints what it should.
func TestSamples(t *testing.T) {
	busy := object{"status": 429, "headers": [][]string{{"retry-after", "120"}}, "body": "{}"}
	refused := object{"status": 401, "error": object{"message": "wrong key", "type": "t"}}
	missing := object{"status": 404, "error": object{"message": "no model", "type": "t"}}
	cut := streamed(token("Rust "), token("owns"), object{"reset": true})
	numbers := streamed(object{"repeat": 100, "actions": []object{token("17 ")}}, hang)
	call := []object{
		{"sse": choices(`{"tool_calls": [{"index": 0, "id": "call_1", "type": "function", `+
			`"function": {"name": "weather", "arguments": "{\"city\":\"Hamburg\"}"}}]}`, "null")},
		{"sse": choices("{}", `"tool_calls"`)},
		{"done": true}, {"chunk_end": true},
	}
	for _, sample := range []struct {
		name      string
		steps     []any
		printed   string
		arguments []string
	}{
		{"stream", steps{hello}, "Hello wide world\n", nil},
		{"whole_response", steps{hello}, "Hello wide world\nstop 3\n", nil},
		{"many_at_once", steps{hello}, "What is a borrow? Hello wide world\n", nil},
		{"fallback", steps{missing, missing, hello}, "Hello wide world\n" +
			"from anthropic claude-sonnet-4-5\nopenai gpt-4o NOT_FOUND 404\n" +
			"openai gpt-4o-mini NOT_FOUND 404\nanthropic claude-sonnet-4-5", nil},
		{"map", steps{hello}, "0 Hello wide world\n", nil},
		{"map", steps{refused}, "0 openai: 401 wrong key; set", nil},
		{"cancel", steps{numbers}, "17 \n", nil},
		{"errors", steps{hello}, "Hello wide world", nil},
		{"errors", steps{busy}, "try again in 2m0s", nil},
		{"errors", steps{cut}, "Rust owns\ncut after 9 bytes: ", nil},
		{"errors", steps{refused}, "AUTHENTICATION, status 401, worth a retry: false: openai: ", nil},
		{"tools", steps{streamed(call...), hello},
			"weather({\"city\":\"Hamburg\"})\nHello wide world", nil},
		{"key_function", steps{refused, hello}, "Hello wide world 2\n", nil},
		{"embed", steps{hello}, "Go collects garbage 8 [", nil},
		{"embed", steps{refused}, "vectors of [], none of [[0 3]]: openai: ", nil},
		{"rerank", steps{hello}, "1 In Rust a value has one owner.\n", nil},
		{"models", steps{hello}, "model-e mock\n", nil},
		{"count_tokens", steps{hello}, "3\n", nil},
		{"batch", steps{document(object{"id": "file-1"}), document(batchState(nil)), ended(nil),
			ended(nil), rowFile(answeredRow("borrow", "A loan"), refusedRow)},
			"ended map[failed:0 succeeded:0 total:2]\nborrow succeeded A loan\nb failed openai: 429",
			[]string{filepath.Join(t.TempDir(), "batch.json")}},
		{"image", steps{hello}, "Hello wide world\n", []string{picture(t)}},
		{"logger", steps{hello}, `"msg":"answered","response":"literllm.Response{openai/`, nil},
		{"logger", steps{refused}, `"level":"ERROR","msg":"openai: 401 wrong key`, nil},
		{"bare_header", steps{hello}, "Hello wide world\n", nil},
		{"invoke", steps{hello}, "Hello wide world\n", []string{"openai", `{"model": "m", ` +
			`"messages": [{"role": "user", "content": "hello"}]}`}},
	} {
		t.Run(sample.name, func(t *testing.T) {
			program := build(t, sample.name)
			run := exec.Command(program, sample.arguments...)
			address := baseURL(plan(t, sample.steps...))
			host := strings.TrimSuffix(address, "/v1")
			run.Stdin = strings.NewReader("What is a borrow?\n")
			run.Env = append(os.Environ(), "OPENAI_API_KEY=test-key", "OPENAI_BASE_URL="+address,
				"CO_API_KEY=test-key", "CO_API_URL="+host,
				"ANTHROPIC_API_KEY=test-key", "ANTHROPIC_BASE_URL="+host)
			output, err := run.CombinedOutput()
			// log.Fatal ends the program with 1.
			fails := strings.Contains(sample.printed, "none of")
			if (err != nil) != fails || !strings.Contains(string(output), sample.printed) {
				t.Fatalf("%v: %s", err, output)
			}
		})
	}
}

// picture is a file that an image is in, as far as the mock knows.
func picture(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "picture.png")
	if err := os.WriteFile(name, []byte("PNG"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func choices(delta, reason string) string {
	// Without an id, as the mock's own pieces beside it have one: all are of one response.
	return `{"object": "chat.completion.chunk", "created": 1, "model": "m", ` +
		`"choices": [{"index": 0, "delta": ` + delta + `, "finish_reason": ` + reason + `}]}`
}

func build(t *testing.T, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	command := exec.Command("go", "build", "-o", program, "./samples/"+name)
	if name == "bare_header" {
		shared, _ := filepath.Abs("../../build/lib")
		include, _ := filepath.Abs("../../include")
		command.Env = append(os.Environ(), "CGO_CFLAGS=-I"+include,
			"CGO_LDFLAGS=-L"+shared+" -lliter_llm -Wl,-rpath,"+shared)
	}
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return program
}
