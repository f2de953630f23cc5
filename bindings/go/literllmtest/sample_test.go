package literllmtest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/literllmtest"
)

// weather is what is tested.
func weather(ctx context.Context, client *literllm.Client, city string) (string, error) {
	response, err := client.Complete(ctx, literllm.Request{
		Model: "gpt-4o-mini",
		Messages: []literllm.Message{literllm.System("Answer in one word"),
			literllm.User("How is the weather in " + city + "?")},
	})
	if errors.Is(err, literllm.ErrQuotaExceeded) {
		return "unknown", nil
	}
	if err != nil {
		return "", err
	}
	return strings.ToLower(response.Text), nil
}

func TestWeatherIsAskedAgain(t *testing.T) {
	script := literllmtest.NewScript(t,
		literllmtest.RateLimited(5*time.Millisecond),
		literllmtest.Text("Rain").Usage(12, 1))
	answer, err := weather(context.Background(), script.Client, "Hamburg")
	if err != nil || answer != "rain" {
		t.Errorf("got %q, %v", answer, err)
	}
	if asked := script.Last().UserText(); !strings.Contains(asked, "Hamburg") {
		t.Errorf("asked %q", asked)
	}
	if attempts := len(script.Requests()); attempts != 2 {
		t.Errorf("%d attempts", attempts)
	}
}

func TestWeatherWithoutCredit(t *testing.T) {
	script := literllmtest.NewScript(t, literllmtest.Fail(literllm.ErrQuotaExceeded, "no credit"))
	answer, err := weather(context.Background(), script.Client, "Hamburg")
	if err != nil || answer != "unknown" {
		t.Errorf("got %q, %v", answer, err)
	}
}

// Recorded once with LITER_LLM_TAPE=record and a key; played without either from then on.
func TestWeatherAsItWas(t *testing.T) {
	client := literllmtest.NewTape(t, "testdata/weather.jsonl",
		literllm.WithProvider(literllm.ProviderOpenAI))
	answer, err := weather(context.Background(), client, "Hamburg")
	if err != nil || answer != "rain" {
		t.Errorf("got %q, %v", answer, err)
	}
}
