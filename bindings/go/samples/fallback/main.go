package main

import (
	"context"
	"fmt"
	"log"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	client, err := literllm.New(
		literllm.WithProvider("openai"),
		literllm.WithRetriesMax(1),
		literllm.WithFallbacks([]any{
			"gpt-4o-mini",
			map[string]any{"provider": "anthropic", "model": "claude-sonnet-4-5", "max_tokens": 1000},
		}))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	response, err := client.Complete(context.Background(), literllm.Request{
		Model:    "gpt-4o",
		Messages: []literllm.Message{literllm.User("Explain Rust ownership")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Text)
	fmt.Println("from", response.Provider, response.Model)
	for _, attempt := range response.Tried {
		fmt.Println(attempt.Provider, attempt.Model, attempt.Kind, attempt.Status)
	}
}
