package main

import (
	"context"
	"fmt"
	"log"
	"sync/atomic"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

var tokens atomic.Int64

// token is your own: from a vault, or from the library of your cloud, which refreshes it.
func token(context.Context) (string, error) {
	return fmt.Sprintf("token-%d", tokens.Add(1)), nil
}

func main() {
	client, err := literllm.New(
		literllm.WithProvider("openai"), literllm.WithAPIKeyFunc(token))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	response, err := client.Complete(context.Background(), literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("Explain Rust ownership")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Text, response.Attempts)
}
