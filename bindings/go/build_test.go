package literllm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goTool runs the go tool on a program of one file, in this module, and returns what it prints.
func goTool(t *testing.T, source, environment string, arguments ...string) (string, error) {
	t.Helper()
	folder, err := os.MkdirTemp(".", "_built")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "main.go")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	tool := exec.Command("go", append(arguments, "./"+file)...)
	tool.Env = append(os.Environ(), environment)
	output, err := tool.CombinedOutput()
	return string(output), err
}

// Without cgo the compiler prints one error, which says what to do.
func TestWithoutCgoItIsSaid(t *testing.T) {
	source := `package main

import literllm "github.com/liter-llm/liter-llm/bindings/go"

func main() { literllm.Version() }
`
	output, err := goTool(t, source, "CGO_ENABLED=0", "build", "-o", os.DevNull)
	lines := strings.Split(strings.TrimSpace(output), "\n")
	wanted := "undefined: literllm_needs_cgo__set_CGO_ENABLED_to_1_and_install_a_C_compiler"
	if err == nil || len(lines) != 2 || !strings.HasSuffix(lines[1], wanted) {
		t.Errorf("%v\n%s", err, output)
	}
}

// go vet reports copies of a Client and of a Stream.
func TestVetReportsCopies(t *testing.T) {
	source := `package main

import literllm "github.com/liter-llm/liter-llm/bindings/go"

func main() {
	client, _ := literllm.New()
	copied := *client
	_ = copied.Close()
	stream := client.Invoke(nil, literllm.Request{})
	another := *stream
	_ = another.Response()
}
`
	output, err := goTool(t, source, "CGO_ENABLED=1", "vet")
	if err == nil || !strings.Contains(output, "main.go:7:12: assignment copies lock value") ||
		!strings.Contains(output, "main.go:10:13: assignment copies lock value") {
		t.Errorf("%v\n%s", err, output)
	}
}
