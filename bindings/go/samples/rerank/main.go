package main

import (
	"context"
	"fmt"
	"log"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

func main() {
	client, err := literllm.New(literllm.WithProvider("cohere"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	response, err := client.Rerank(context.Background(), literllm.RerankRequest{
		Model:     "rerank-v3.5",
		Query:     "Who owns a value?",
		Documents: []string{"Go collects garbage.", "In Rust a value has one owner."},
		TopN:      1,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, result := range response.Results {
		fmt.Println(result.Index, result.Document)
	}
}
