package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	literllm "github.com/liter-llm/liter-llm/bindings/go"
	"github.com/liter-llm/liter-llm/bindings/go/typed"
)

type City struct {
	Name   string   `json:"name" jsonschema:"in English"`
	People int      `json:"people"`
	Coast  string   `json:"coast" enum:"sea,river,none"`
	Mayor  *string  `json:"mayor" jsonschema:"null where it has none"`
	Rivers []string `json:"rivers"`
}

func main() {
	client, err := literllm.New(literllm.WithProvider(literllm.ProviderOpenAI))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	request := literllm.Request{
		Model:    "gpt-4o-mini",
		Messages: []literllm.Message{literllm.User("Where was Brahms born?")},
	}
	city, response, err := typed.CompleteAs[City](
		context.Background(), client, request, typed.WithRepairs(1))
	var failed *typed.OutputError
	switch {
	case errors.As(err, &failed):
		log.Fatalf("%v: %q", err, failed.Text)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(city.Name, city.People, city.Rivers, response.FinishReason)
}
