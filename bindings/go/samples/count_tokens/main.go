package main

import (
	"context"
	"fmt"
	"log"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	client, err := literllm.New(literllm.WithProvider("anthropic"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	response, err := client.CountTokens(context.Background(), literllm.Request{
		Model:    "claude-haiku-4-5",
		Messages: []literllm.Message{literllm.User("Explain Rust ownership")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.InputTokens)
}
