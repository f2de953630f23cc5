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
	response, err := client.Models(context.Background(), literllm.ModelsRequest{})
	if err != nil {
		log.Fatal(err)
	}
	for _, model := range response.Models {
		fmt.Println(model.ID, model.Owner)
	}
}
