package main

import (
	"context"
	"fmt"
	"log"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	client, err := literllm.New(literllm.WithProvider("openai"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	stream := client.Invoke(context.Background(), literllm.Request{
		Model:     "gpt-4o-mini",
		Messages:  []literllm.Message{literllm.User("Explain Rust ownership")},
		MaxTokens: 200,
	})
	for token, err := range stream.Tokens() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(token)
	}
	fmt.Println()
}
