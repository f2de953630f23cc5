package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

var weather = literllm.Tool{Type: "function", Function: literllm.ToolFunction{
	Name:        "weather",
	Description: "The weather in a city",
	Parameters: map[string]any{
		"type":       "object",
		"properties": map[string]any{"city": map[string]any{"type": "string"}},
	},
}}

// It works with any provider: go run ./samples/tools anthropic claude-sonnet-4-5
func main() {
	provider, model := "openai", "gpt-4o-mini"
	if len(os.Args) == 3 {
		provider, model = os.Args[1], os.Args[2]
	}
	client, err := literllm.New(literllm.WithProvider(provider))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	messages := []literllm.Message{literllm.User("Do I need an umbrella in Hamburg?")}
	for {
		stream := client.Invoke(context.Background(), literllm.Request{
			Model: model, Messages: messages, Tools: []literllm.Tool{weather},
		})
		for event, err := range stream.Events() {
			if err != nil {
				log.Fatal(err)
			}
			switch event := event.(type) {
			case literllm.Text:
				fmt.Print(event)
			case *literllm.ToolCall:
				fmt.Printf("%s(%s)\n", event.Name, event.Arguments)
			}
		}
		response := stream.Response()
		messages = append(messages, response.Message())
		for _, call := range response.ToolCalls {
			var arguments struct{ City string }
			if err := json.Unmarshal([]byte(call.Arguments), &arguments); err != nil {
				log.Fatal(err)
			}
			messages = append(messages,
				literllm.ToolResult(call.ID, "In "+arguments.City+" it rains."))
		}
		if len(response.ToolCalls) == 0 {
			return
		}
	}
}
