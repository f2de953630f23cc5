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
	response, err := client.Complete(context.Background(), literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("Explain Rust ownership")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Text)
	if usage := response.Usage; usage != nil && usage.OutputTokens != nil {
		fmt.Println(response.FinishReason, *usage.OutputTokens)
	}
}
