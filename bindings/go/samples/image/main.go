package main

import (
	"context"
	"fmt"
	"log"
	"os"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
)

// The first argument names a PNG file.
func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: image FILE")
	}
	picture, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	client, err := literllm.New(literllm.WithProvider(literllm.ProviderOpenAI))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	response, err := client.Complete(context.Background(), literllm.Request{
		Model:       "gpt-4o-mini",
		Temperature: literllm.Ptr(0.2),
		Messages: []literllm.Message{
			literllm.System("Be brief."),
			literllm.UserParts(
				literllm.TextPart("What is in this picture?"),
				literllm.ImageDataPart("image/png", picture),
			),
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Text)
	if response.FinishReason == literllm.FinishLength {
		fmt.Println("(cut)")
	}
}
