package literllm_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// slowly is how often a test repeats: `make test-slow` sets LITER_LLM_SLOW.
func slowly(usually, slow int) int {
	if os.Getenv("LITER_LLM_SLOW") == "" {
		return usually
	}
	return slow
}

func TestTenThousandStreams(t *testing.T) {
	streams, each := slowly(500, 10_000), 20
	client := newClient(t)
	counts := make(chan int, streams)
	for range streams {
		go func() {
			count := 0
			request := ask("tokens~20~100~go")
			for _, err := range client.Invoke(context.Background(), request).Tokens() {
				if err != nil {
					t.Error(err)
					break
				}
				count++
			}
			counts <- count
		}()
	}
	for range streams {
		if count := <-counts; count != each {
			t.Fatalf("%d of %d tokens", count, each)
		}
	}
}

// The provider sees every cancel as a closed connection, soon.
func TestCancelsAreSeen(t *testing.T) {
	client := newClient(t)
	var took []time.Duration
	for number := range slowly(200, 10_000) {
		key := fmt.Sprintf("tokens~2~60000~cancel-%d-%d", os.Getpid(), number)
		ctx, cancel := context.WithCancel(context.Background())
		stream := client.Invoke(ctx, ask(key))
		var began time.Time
		for _, err := range stream.Tokens() {
			if err == nil {
				began = time.Now()
				cancel()
			}
		}
		cancel()
		waitFor(t, key, "closed=1")
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	worst := took[len(took)*99/100]
	t.Logf("%d cancels: p50 %v, p99 %v, the question included", len(took), took[len(took)/2], worst)
	if worst > 2*time.Second {
		t.Errorf("p99 %v", worst)
	}
}
