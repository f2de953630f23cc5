package literllmtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/literllmtest"
)

func ExampleNewScript() {
	t := new(testing.T) // the one of the test
	script := literllmtest.NewScript(t,
		literllmtest.Reasoning("Look it up.").
			ToolCall("weather", map[string]any{"city": "Rome"}),
		literllmtest.Tokens("It ", "rains"))
	defer script.Close() // a test does so itself
	request := literllm.Request{Model: "m", Messages: []literllm.Message{literllm.User("Rain?")}}
	response, err := script.Complete(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(response.ToolCalls[0].Name, response.ToolCalls[0].Arguments)
	request.Messages = append(request.Messages, response.Message(),
		literllm.ToolResult(response.ToolCalls[0].ID, "heavy rain"))
	fmt.Printf("%q\n", literllmtest.ReadTokens(t, script.Invoke(context.Background(), request)))
	fmt.Println(script.Last().ToolResults()["call_1"])
	// Output:
	// weather {"city":"Rome"}
	// ["It " "rains"]
	// heavy rain
}

func ExampleNewTape() {
	t := new(testing.T) // the one of the test
	client := literllmtest.NewTape(t, "testdata/weather.jsonl",
		literllm.WithProvider(literllm.ProviderOpenAI))
	defer client.Close() // a test does so itself
	answer, err := weather(context.Background(), client, "Hamburg")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(answer)
	// Output: rain
}

func ExampleError() {
	var err error = literllmtest.Error(literllm.ErrRateLimited, "slow",
		literllmtest.RetryAfter(5*time.Millisecond))
	var failed *literllm.Error
	if errors.As(err, &failed) && errors.Is(err, literllm.ErrRateLimited) {
		fmt.Println(failed, failed.Status, failed.Retryable, failed.RetryAfter)
	}
	// Output: slow 429 true 5ms
}

func ExampleResponse() {
	t := new(testing.T) // the one of the test
	response := literllmtest.Response(t, literllmtest.Text("It rains").Usage(12, 3))
	fmt.Println(response.Text, response.FinishReason, *response.Usage.OutputTokens)
	// Output: It rains stop 3
}

func ExampleFail() {
	t := new(testing.T) // the one of the test
	script := literllmtest.NewScriptWith(t, []literllm.Option{literllm.WithRetriesMax(0)},
		literllmtest.Fail(literllm.ErrOverloaded, "busy"))
	defer script.Close() // a test does so itself
	_, err := script.Complete(context.Background(), literllm.Request{Model: "m",
		Messages: []literllm.Message{literllm.User("Hello")}})
	fmt.Println(literllmtest.AsError(t, err).Kind)
	// Output: OVERLOADED
}
