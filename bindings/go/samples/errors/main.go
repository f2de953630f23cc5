package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	client, err := literllm.New(
		literllm.WithProvider("openai"), literllm.WithIdleTimeout(20*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	stream := client.Invoke(context.Background(), literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("Explain Rust ownership")},
		Options:  []literllm.Option{literllm.WithRetriesMax(2)},
	})
	for token, err := range stream.Tokens() {
		var failed *literllm.Error
		switch {
		case err == nil:
			fmt.Print(token)
		case errors.As(err, &failed) && errors.Is(err, literllm.ErrRateLimited):
			fmt.Printf("\ntry again in %v\n", failed.RetryAfter)
		case errors.Is(err, literllm.ErrTruncated):
			fmt.Printf("\ncut after %d bytes: %v\n", len(failed.Partial.Text), err)
		case failed != nil:
			fmt.Printf("\n%v, status %d, worth a retry: %t: %v\n",
				failed.Kind, failed.Status, failed.Retryable, err)
		}
	}
}
