package literllmtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/literllmtest"
)

// failing is a test that fails, and says why.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}

func (f *failing) Fatal(values ...any) {
	f.said = fmt.Sprint(values...)
	runtime.Goexit()
}

func (f *failing) Fatalf(format string, values ...any) { f.Fatal(fmt.Sprintf(format, values...)) }

// fails runs a part of a test that has to fail, and returns what it says.
func fails(t *testing.T, run func(testing.TB)) string {
	t.Helper()
	f := &failing{TB: t}
	ended := make(chan bool)
	go func() {
		defer close(ended)
		run(f)
	}()
	<-ended
	return f.said
}

// What is wrong with a test is said where it is, and ends the test.
func TestMistakes(t *testing.T) {
	failed := func(options ...literllmtest.ErrorOption) literllmtest.Answer {
		return literllmtest.Fail(literllm.ErrProvider, "slow", options...)
	}
	wrong := func(answer literllmtest.Answer) func(testing.TB) {
		return func(t testing.TB) { literllmtest.NewScript(t, answer) }
	}
	for want, run := range map[string]func(testing.TB){
		`WithScript[0].error: "CLOSED" is no error of a provider`: wrong(
			literllmtest.Fail(literllm.ErrClosed, "closed")),
		"the arguments of weather: json: unsupported type": wrong(
			literllmtest.ToolCall("weather", func() {})),
		"Partial is for Error":   wrong(failed(literllmtest.Partial(&literllm.Response{}))),
		"Cause is for Error":     wrong(failed(literllmtest.Cause(errors.New("x")))),
		"it cannot both cut":     wrong(literllmtest.Cut().Hang()),
		"nothing was asked":      func(t testing.TB) { literllmtest.NewScript(t).Last() },
		"0 requests were made":   func(t testing.TB) { literllmtest.NewScript(t).Only() },
		"expected an error":      func(t testing.TB) { literllmtest.AsError(t, errors.New("x")) },
		`after ["It"]: script: `: readCut,
		`"txt" is unknown`: func(t testing.TB) {
			literllmtest.NewScript(t).Add(literllmtest.Text("b").With("txt", "c"))
		},
	} {
		if said := fails(t, run); !strings.Contains(said, want) {
			t.Errorf("%q, not %q", said, want)
		}
	}
}

func readCut(t testing.TB) {
	script := literllmtest.NewScript(t, literllmtest.Text("It").Cut())
	literllmtest.ReadTokens(t, script.Invoke(context.Background(), ask("hello")))
}

// Every field that an answer may have can be set, under the name that the library reads.
func TestEveryFieldHasAFunction(t *testing.T) {
	text, err := os.ReadFile("../../../core/schema/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Fields []struct {
			Name string `json:"name"`
		} `json:"script_answer_fields"`
	}
	if err := json.Unmarshal(text, &schema); err != nil || len(schema.Fields) < 20 {
		t.Fatal(err, schema)
	}
	answer := literllmtest.Reasoning("r").Text("t").ToolCall("f", nil).FinishReason("stop").
		Usage(1, 2).ID("i").Model("m").RequestID("q").Header("a", "b").Delay(1).
		PieceDelay(1500*time.Microsecond).Fail(literllm.ErrProvider, "x").Cut().Hang().
		ForModel("m").ForOperation("chat").ForText("a").Always()
	set := map[string]any{}
	for _, each := range []literllmtest.Answer{answer, literllmtest.Embeddings([]float32{1}),
		literllmtest.Scores(1), literllmtest.Models("a"), literllmtest.InputTokens(1),
		literllmtest.Text("").With("parts", []any{})} {
		written, err := json.Marshal(each)
		if err != nil || json.Unmarshal(written, &set) != nil {
			t.Fatal(err)
		}
	}
	if set["delay_ms"] != 1.0 || set["piece_delay_ms"] != 2.0 {
		t.Errorf("%v", set)
	}
	for _, field := range schema.Fields {
		if _, known := set[field.Name]; !known {
			t.Errorf("%s cannot be set", field.Name)
		}
		delete(set, field.Name)
	}
	if len(set) != 0 {
		t.Errorf("an answer has no %v", set)
	}
}

// An answer is a value: adding to it changes no other.
func TestAnswersAreValues(t *testing.T) {
	one := literllmtest.Text("a").Header("a", "b").ForModel("m").ToolCall("f", "{}")
	before, _ := json.Marshal(one)
	one.Text("b").Header("c", "d").ForText("x").ToolCall("g", "{}").ToolCall("h", "{}")
	if after, _ := json.Marshal(one); string(after) != string(before) {
		t.Errorf("%s, not %s", after, before)
	}
	three := one.ToolCall("g", "{}").ToolCall("h", "{}")
	four := three.ToolCall("i", "{}")
	three.ToolCall("j", "{}")
	if written, _ := json.Marshal(four); !strings.Contains(string(written), `"i"`) {
		t.Errorf("%s", written)
	}
}
