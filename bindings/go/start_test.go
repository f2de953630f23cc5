//go:build !windows && !literllm_poll

package literllm_test

import (
	"context"
	"fmt"
	"testing"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// first starts a stream and sends its first token.
func first(ctx context.Context, client *literllm.Client, key string) <-chan string {
	came := make(chan string, 1)
	go func() {
		for token := range client.Invoke(ctx, ask(key)).Tokens() {
			came <- token
			return
		}
	}()
	return came
}

func TestStartsPollWhereThePollerHasNoTurn(t *testing.T) {
	ctx := bounded(t)
	client := literllm.NewUnpolled(t, literllm.WithProvider("openai"), literllm.WithAPIKey("k"))
	defer client.Close()
	defer literllm.Poll(client)
	came := first(ctx, client, plan(t, streamed(token("Hello"), hang)))
	literllm.WaitForEvents(client)
	silent := plan(t, hang)
	// The START comes before the text, or together with it: then the first poll has both.
	for started := 1; started <= 4*literllm.StartsPerPoll; started++ {
		first(ctx, client, silent)
		waitFor(t, silent, fmt.Sprintf("requests=%d", started))
		select {
		case text := <-came:
			if text != "Hello" || started < literllm.StartsPerPoll-1 {
				t.Fatal(text, started)
			}
			return
		default:
		}
	}
	t.Fatal("no start polled")
}
