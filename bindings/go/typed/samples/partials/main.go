package main

import (
	"context"
	"fmt"
	"log"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/typed"
)

type Tour struct {
	Title string   `json:"title"`
	Stops []string `json:"stops"`
}

func main() {
	client, err := literllm.New(literllm.WithProvider(literllm.ProviderOpenAI))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	request := literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("A tour through Hamburg")},
	}
	for tour, err := range typed.StreamAs[Tour](context.Background(), client, request) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(tour.Title, len(tour.Stops))
	}
}
