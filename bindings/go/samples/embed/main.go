package main

import (
	"context"
	"errors"
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
	texts := []string{"Rust owns", "Go collects garbage", "C trusts you"}
	response, err := client.Embed(context.Background(), literllm.EmbedRequest{
		Model: "text-embedding-3-small",
		Input: texts,
	})
	var failed *literllm.Error
	if errors.As(err, &failed) && failed.Partial != nil {
		// What came before a part failed is not lost.
		log.Fatalf("vectors of %v, none of %v: %v",
			failed.Partial.FinishedRanges, failed.Partial.FailedRanges, err)
	}
	if err != nil {
		log.Fatal(err)
	}
	for index, vector := range response.Vectors {
		fmt.Println(texts[index], len(vector), vector[:2])
	}
}
