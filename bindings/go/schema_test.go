package literllm_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

const schemaFile = "../../core/schema/schema.json"

// coreSchema has the core's lists. What this package has by hand is compared with them; the rest is
// generated from them.
type coreSchema struct {
	ClientOptions []schemaEntry `json:"client_options"`
	CallOptions   []schemaEntry `json:"call_options"`
	ErrorKinds    []schemaEntry `json:"error_kinds"`
	EventKinds    []schemaEntry `json:"event_kinds"`
	Operations    []schemaEntry `json:"operations"`
	lists         map[string]json.RawMessage
}

type schemaEntry struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Number  uint32 `json:"number"`
	Default any    `json:"default"`
	// Those of an operation.
	Fields []schemaEntry `json:"fields"`
}

func readSchema(t *testing.T) (schema coreSchema) {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		json.Unmarshal(text, &schema), json.Unmarshal(text, &schema.lists)); err != nil {
		t.Fatal(err)
	}
	return schema
}

// names are those of a list, sorted.
func (s *coreSchema) names(t *testing.T, list string) []string {
	t.Helper()
	var entries []schemaEntry
	if err := json.Unmarshal(s.lists[list], &entries); err != nil || len(entries) == 0 {
		t.Fatalf("%s: %v", list, err)
	}
	names := make([]string, len(entries))
	for index, entry := range entries {
		names[index] = entry.Name
	}
	slices.Sort(names)
	return names
}

// `go generate` was run after the last change of the schema.
func TestGeneratedFilesAreFresh(t *testing.T) {
	folder := t.TempDir()
	generate := exec.Command("go", "run", "./internal/generate", schemaFile, folder)
	if output, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	generated, err := os.ReadDir(folder)
	if err != nil || len(generated) != 7 {
		t.Fatalf("%d files: %v", len(generated), err)
	}
	for _, file := range generated {
		want, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(file.Name()); string(got) != string(want) {
			t.Errorf("%s is not as the schema is; run go generate", file.Name())
		}
	}
}

// Each field of the core's JSON has a field here, and none has one that the core does not know.
func TestFieldsAreThoseOfTheSchema(t *testing.T) {
	schema := readSchema(t)
	callOptions := schema.names(t, "call_options")
	for list, names := range literllm.JSONFields() {
		want := schema.names(t, list)
		switch list {
		case "request_fields":
			// A few options of a call have a field of the request too.
			names = slices.DeleteFunc(names, func(name string) bool {
				return slices.Contains(callOptions, name)
			})
		case "error_fields":
			// Kind is made of the number.
			want = slices.DeleteFunc(want, func(name string) bool { return name == "kind" })
		}
		slices.Sort(names)
		if !slices.Equal(names, want) {
			t.Errorf("%s: %v, and the schema has %v", list, names, want)
		}
	}
}

// The request of each operation has the fields of the schema, and those that every call has.
func TestFieldsOfOperationsAreThoseOfTheSchema(t *testing.T) {
	schema := readSchema(t)
	callOptions := schema.names(t, "call_options")
	got := literllm.OperationFields()
	if len(schema.Operations) != len(got) {
		t.Errorf("%d operations in the schema", len(schema.Operations))
	}
	every := []string{"api_key", "base_url", "headers", "provider"}
	for _, operation := range schema.Operations {
		names, known := got[operation.Name]
		own := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return slices.Contains(callOptions, name)
		})
		want := []string{}
		for _, field := range operation.Fields {
			want = append(want, field.Name)
		}
		slices.Sort(want)
		slices.Sort(own)
		if !known || !slices.Equal(own, want) {
			t.Errorf("%s: %v, and the schema has %v", operation.Name, own, want)
		}
		for _, name := range every {
			if names != nil && !slices.Contains(names, name) {
				t.Errorf("%s has no %s", operation.Name, name)
			}
		}
	}
}

// Each kind of event has a type, which is what its JSON is parsed to.
func TestEventKindsAreThoseOfTheSchema(t *testing.T) {
	schema := readSchema(t)
	types := map[string]any{
		"START": &literllm.Start{}, "TEXT": literllm.Text(""), "REASONING": literllm.Reasoning(""),
		"TOOL_DELTA": &literllm.ToolDelta{}, "TOOL_CALL": &literllm.ToolCall{},
		"PART": &literllm.Part{}, "END": &literllm.End{}, "LOG": literllm.LogRecord{},
		// Not for readers of a stream.
		"KEY": nil, "VECTORS": nil, "RESULT": nil,
	}
	if len(schema.EventKinds) != len(types) {
		t.Errorf("%d kinds in the schema", len(schema.EventKinds))
	}
	// These come with no JSON, or have a parser of their own.
	apart := []string{"TEXT", "REASONING", "END", "LOG", "KEY", "VECTORS", "RESULT"}
	for _, kind := range schema.EventKinds {
		want, known := types[kind.Name]
		if !known {
			t.Errorf("%s has no type", kind.Name)
			continue
		}
		event, err := literllm.ParseEvent(kind.Number, `{}`)
		if slices.Contains(apart, kind.Name) {
			want = nil
		}
		if err != nil || reflect.TypeOf(event) != reflect.TypeOf(want) {
			t.Errorf("%s is parsed to %T: %v", kind.Name, event, err)
		}
	}
}

// Each kind of error is a constant with the number and the name of the schema.
func TestErrorKindsAreThoseOfTheSchema(t *testing.T) {
	schema := readSchema(t)
	if len(schema.ErrorKinds) != len(errorKinds) {
		t.Fatalf("%d kinds in the schema", len(schema.ErrorKinds))
	}
	for index, kind := range schema.ErrorKinds {
		got := errorKinds[index]
		if got.String() != kind.Name || uint32(got) != kind.Number {
			t.Errorf("%v is %d, and the schema has %s, %d", got, got, kind.Name, kind.Number)
		}
	}
}

// A reader that acknowledges nothing yet holds back less than a part of the window.
func TestAcknowledgeStepFitsTheWindow(t *testing.T) {
	schema := readSchema(t)
	for _, option := range schema.ClientOptions {
		if option.Name != "stream_window_bytes" {
			continue
		}
		window := int(option.Default.(float64))
		if got, want := literllm.AcknowledgeBytes(), min(window/4, 16*1024); got != want {
			t.Errorf("%d bytes of a window of %d", got, window)
		}
	}
	for window, want := range map[int]int{0: 1, 1: 1, 7: 1, 400: 100, 1 << 20: 16 * 1024} {
		if got := literllm.AcknowledgeBytes(literllm.WithStreamWindowBytes(window)); got != want {
			t.Errorf("%d bytes of a window of %d", got, window)
		}
	}
}

// The library takes each option of the schema, with its default.
func TestLibraryTakesEveryOption(t *testing.T) {
	for _, option := range readSchema(t).ClientOptions {
		client, err := literllm.New(literllm.With(option.Name, option.Default))
		if err != nil {
			t.Errorf("%s: %v", option.Name, err)
			continue
		}
		client.Close()
	}
}

// exampleOf is a value of a type of the schema, as JSON.
func exampleOf(t *testing.T, option schemaEntry) string {
	t.Helper()
	example, known := map[string]string{
		"text": `"text"`, "any": `"text"`, "boolean": "true", "integer": "3", "bytes": "4096",
		"milliseconds": "1500",
		"headers":      `{"x-a":"b"}`, "object": `{"a":1}`, "log level": `"debug"`, "key": `"text"`,
		"list of text": `["text"]`, "list of models or objects": `["text",{"a":1}]`,
	}[option.Type]
	if !known {
		t.Fatalf("%s: no example of %q", option.Name, option.Type)
	}
	return fmt.Sprintf("%q:%s", option.Name, example)
}

// sortedJSON is an object with these fields as encoding/json writes a map.
func sortedJSON(fields []string) string {
	slices.Sort(fields)
	return "{" + strings.Join(fields, ",") + "}"
}
