package main

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	client, err := literllm.New(literllm.WithProvider("openai"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	// The deadline, and cancel, close the connection to the provider.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stream := client.Invoke(ctx, literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("Count to a million")},
	})
	for token, err := range stream.Tokens() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(token)
		if strings.Contains(token, "7") {
			break // closes the connection too
		}
	}
	fmt.Printf("\n%d bytes\n", len(stream.Response().Text))
}
